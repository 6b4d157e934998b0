"""What runs: the Celery app and its beat, the steps of an article's way, settings, `up`.

A step (polling and fetching in `network`, `processing`, `delivering`) is: load, a pure function of
`ingest`, one store transaction, a nudge for what comes next. `tasks` hands the steps to Celery,
`run_to_end` runs the same steps in one process.
"""
