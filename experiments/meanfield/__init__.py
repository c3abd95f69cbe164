"""A mean-field model of the same city, for comparison."""
