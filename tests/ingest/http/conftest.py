"""A site and a fetcher that may reach it."""

from collections.abc import Iterator

import pytest

from ingest.http import Fetcher
from tests.site import LOOPBACK, Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(user_agent="Transpacific/test", private_hosts=LOOPBACK) as fetching:
        yield fetching
