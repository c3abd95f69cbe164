"""The story of one person: what happened, and why."""
