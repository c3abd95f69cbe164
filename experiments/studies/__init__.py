"""What each study of `study=` does."""
