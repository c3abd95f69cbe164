"""What each agent is, and what it decides alone."""
