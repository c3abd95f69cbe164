"""Indicators, curves and the case log; they only read the model."""
