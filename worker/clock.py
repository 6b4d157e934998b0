"""The clock of the service, and the chance that spreads its work out."""

import random
from datetime import UTC, datetime


def now() -> datetime:
    """The clock of the service: everything below `worker` is handed its time."""
    return datetime.now(UTC)


def jitter() -> float:
    """A number in [0, 1) that spreads work out."""
    return random.random()
