"""Planning, carrying out, storing and reading runs."""
