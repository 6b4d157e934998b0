"""The names of the queues, apart from the Celery app, whose import takes half a second."""

NETWORK = "network"  # fetching: threads
CPU = "cpu"  # extracting and tagging: processes
