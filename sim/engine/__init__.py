"""The engine: columns, keyed draws, calendars, queues and capacities.

Nothing in this package refers to health or migration; every module can be read, tested and reused
on its own.
"""
