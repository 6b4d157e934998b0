"""The names of the queues, apart from the Celery app, whose import takes half a second.

A worker of several queues serves them in the order of the alphabet (`queue_order_strategy` in
worker/app.py): what is live comes before what is done again.
"""

BEAT = "beat"  # beat's orders, which wake all others: they never wait behind their work
NETWORK = "network"  # fetching: threads
CPU = "cpu"  # extracting and tagging: processes
REPROCESS = "reprocess"  # the same for what is stored already

# Messages that wait for a CPU worker, some twenty seconds of work: what is overdue is in line.
LONG_QUEUE = 100
