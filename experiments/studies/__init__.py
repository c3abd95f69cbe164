"""The kinds of study that `study=` can name."""
