"""Users' files and command-line words: found, read strictly, checked and composed."""
