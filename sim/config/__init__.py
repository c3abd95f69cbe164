"""Files and words of users: found, read strictly, checked, and put together."""
