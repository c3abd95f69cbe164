"""The engine room: columns, keyed draws, calendars, queues and capacities.

Nothing in this package knows a word of health or migration; every module can be
read, tested and reused alone.
"""
