"""Keyed random numbers."""
