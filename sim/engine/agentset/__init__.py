"""Cohorts of agents that are Mesa agent sets."""
