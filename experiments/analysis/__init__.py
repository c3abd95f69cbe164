"""Statistics, reports and folders of results."""
