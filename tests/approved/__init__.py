"""Approved values of five runs, and the command that approves them anew."""
