"""The agents, and the decisions each makes alone."""
