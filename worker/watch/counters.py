"""What workers count and time of their own work, for `/metrics` (metrics_endpoint.py serves it).

Labels have few values, all of them ours: never an address, a feed or a word from outside.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram

from ingest.http import FetchError, Response

FEED, PAGE = "feed", "page"  # what is asked for
EXTRACT, TAG, COMPARE, STORE = "extract", "tag", "compare", "store"  # steps of processing
FAILED, UNCHANGED, FIRST, REVISED = "failed", "unchanged", "first", "revised"  # what comes of it

# Seconds. An exchange takes a tenth as a rule and 35 at most (the deadline of `ingest.http`).
EXCHANGE_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0)
# A page takes some hundredths as a rule; a worker is told to stop at 40 seconds.
STEP_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 20.0, 60.0)

REGISTRY = CollectorRegistry()

POLLS = Counter(
    "transpacific_polls", "Feeds asked for, by what came of it.", ["outcome"], registry=REGISTRY
)
ENTRIES = Counter(
    "transpacific_entries", "Entries that were new or had changed.", ["what"], registry=REGISTRY
)
PAGES = Counter(
    "transpacific_pages", "Pages asked for, by what came of it.", ["outcome"], registry=REGISTRY
)
EXCHANGE_SECONDS = Histogram(
    "transpacific_exchange_seconds",
    "From the request to the last byte, redirects and their waits included.",
    ["what"],
    buckets=EXCHANGE_BUCKETS,
    registry=REGISTRY,
)
EXCHANGE_FAILURES = Counter(
    "transpacific_exchange_failures",
    "Requests without an answer (its kind of error) or with one of 400 or more (its class).",
    ["what", "kind"],
    registry=REGISTRY,
)
WIRE_BYTES = Counter(
    "transpacific_wire_bytes", "Bytes of bodies as they were sent.", ["what"], registry=REGISTRY
)
STEP_SECONDS = Histogram(
    "transpacific_processing_seconds",
    "What a step of an article's processing took.",
    ["step"],
    buckets=STEP_BUCKETS,
    registry=REGISTRY,
)
PROCESSED = Counter(
    "transpacific_articles_processed",
    "Articles that were processed, by what came of it.",
    ["outcome"],
    registry=REGISTRY,
)
DOCUMENTS = Counter(
    "transpacific_documents", "Texts that were read, by quality.", ["quality"], registry=REGISTRY
)


def count_exchange(what: str, answer: Response | FetchError) -> None:
    """Count what a request has brought."""
    if isinstance(answer, FetchError):
        EXCHANGE_FAILURES.labels(what, type(answer).__name__).inc()
        return
    WIRE_BYTES.labels(what).inc(answer.wire_bytes)
    if answer.status >= 400:
        EXCHANGE_FAILURES.labels(what, f"{answer.status // 100}xx").inc()
