"""What the service tells of itself: logs, counters, metrics, signs of life, time limits."""
