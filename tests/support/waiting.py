"""Waiting for a condition instead of sleeping for a time."""

import time
from collections.abc import Callable

# Seconds; many times what anything here needs on a loaded machine of two cores.
PATIENCE = 60.0

_POLL_SECONDS = 0.02


def until(condition: Callable[[], bool], promise: str, *, seconds: float = PATIENCE) -> None:
    """Returns as soon as `condition` holds; fails with `promise` when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {promise}"
        time.sleep(_POLL_SECONDS)
