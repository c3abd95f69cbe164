"""Whether results are, to the last bit, those of another commit."""
