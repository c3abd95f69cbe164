"""Indicators, curves and the case log: read-only towards the model."""
