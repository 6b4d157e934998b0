"""When our own network is down nothing is held against anybody, and all goes on when it is back."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from ingest.crawl_policy.outage_blame import LONGEST_AGAIN, MANY
from ingest.http import Fetcher
from store.crawl import outages
from store.tables import Article, EventRow, Poll, Stage
from tests.site import LOOPBACK, Site
from tests.worker.standins import Clock, Heard
from tests.worker.wire import (
    HOST,
    add_feed,
    all_are,
    drain,
    host_row,
    item,
    make_due,
    only,
    publish,
    rows,
    rss,
)
from worker.context import Context
from worker.network.host_drain import Drained

HOSTS = [f"outlet{number}.test" for number in range(MANY + 1)]
SOON = LONGEST_AGAIN * 1.25


@dataclass
class Names:
    """A name server: none of the `dead` names is known, and none at all while it is `down`."""

    down: bool = False
    dead: set[str] = field(default_factory=set)

    def __call__(self, name: str) -> Sequence[str]:
        if name != HOST and (self.down or name in self.dead):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [HOST]


def go_down(context: Context, web: Names) -> None:
    """Our network goes, with the connections that are kept."""
    web.down = True
    context.fetcher.close()


@pytest.fixture
def web(context: Context) -> Names:
    """What the names of `context` are known by."""
    names = Names()
    context.settings = context.settings.model_copy(update={"host_delay": 0.0})
    context.fetcher = Fetcher(user_agent="test", private_hosts=LOOPBACK, resolve=names)
    return names


def add_feeds(context: Context, site: Site) -> dict[str, int]:
    """A feed a host, all with the same entries: pages of the last host."""
    publish(site, [item(number, host=HOSTS[-1]) for number in range(3)])
    return {host: add_feed(context.database, site.url("/feed.xml", host=host)) for host in HOSTS}


def drain_all(context: Context, nudges: Heard) -> list[Drained]:
    return [drain(context, nudges, host) for host in HOSTS]


def outcomes(context: Context, feed_id: int) -> list[str]:
    return [poll.outcome for poll in rows(context.database, Poll) if poll.feed_id == feed_id]


def told(context: Context) -> list[str]:
    """The events, without those of every day."""
    kinds = [event.kind for event in rows(context.database, EventRow)]
    return [kind for kind in kinds if not kind.startswith(("feed.polled", "article."))]


def test_an_outage_of_our_own_is_no_failure_of_theirs_and_ends_by_itself(
    context: Context, site: Site, nudges: Heard, clock: Clock, web: Names
) -> None:
    feed_ids = add_feeds(context, site)
    drain(context, nudges, HOSTS[0])  # finds pages of the last host, which are not asked for yet
    go_down(context, web)
    tries = 0
    while clock.ahead < timedelta(hours=2):
        clock.forward(minutes=40)
        for feed_id in feed_ids.values():
            make_due(context.database, feed_id)
        drain_all(context, nudges)
        tries += 1
        waits = [host_row(context, host).next_request_at - clock() for host in HOSTS]
        assert max(waits) <= SOON
    with context.database.reading() as session:
        down_since = outages.down_since(session)
    assert down_since is not None
    assert clock() - down_since > timedelta(hours=1)
    assert told(context) == ["network.down"]
    for host, feed_id in feed_ids.items():
        assert outcomes(context, feed_id)[-tries:] == ["unreached"] * tries, host
    assert {row.attempts for row in rows(context.database, Article)} == {0}
    assert site.count("/0.html") == 0

    web.down = False
    clock.forward(seconds=SOON.total_seconds())
    for feed_id in feed_ids.values():
        make_due(context.database, feed_id)
    assert set(drain_all(context, nudges)) == {Drained.EMPTY}
    assert all_are(context.database, Stage.PROCESS, of=3)
    assert told(context) == ["network.down", "network.up"]
    with context.database.reading() as session:
        assert outages.down_since(session) is None


def test_a_host_that_is_down_while_others_answer_has_failed(
    context: Context, site: Site, nudges: Heard, clock: Clock, web: Names
) -> None:
    feed_ids = add_feeds(context, site)
    web.dead = {HOSTS[0]}
    for _ in range(4):
        drain_all(context, nudges)
        clock.forward(minutes=2)
        for feed_id in feed_ids.values():
            make_due(context.database, feed_id)
    polls = outcomes(context, feed_ids[HOSTS[0]])
    assert polls == ["unreached", "failed", "failed", "failed"]
    assert told(context) == ["feed.failing"]


def test_a_page_whose_host_is_down_is_given_up_in_the_end(
    context: Context, site: Site, nudges: Heard, clock: Clock, web: Names
) -> None:
    site.feed("/feed.xml", rss(site, [item(1, host=HOSTS[1])]))
    feed_id = add_feed(context.database, site.url("/feed.xml", host=HOSTS[0]))
    web.dead = {HOSTS[1]}
    attempts = []
    for _ in range(3):
        make_due(context.database, feed_id)
        drain(context, nudges, HOSTS[0])  # answers
        drain(context, nudges, HOSTS[1])
        attempts.append(only(context.database, Article).attempts)
        clock.forward(minutes=10)
    assert attempts == [0, 1, 2]


def test_the_operators_own_hosts_say_nothing_of_the_way_to_the_web(
    context: Context, site: Site, nudges: Heard, clock: Clock, web: Names
) -> None:
    feed_ids = add_feeds(context, site)
    own = add_feed(context.database, site.url("/own.xml"))
    site.feed("/own.xml", rss(site, []))
    go_down(context, web)
    for _ in range(3):
        drain_all(context, nudges)
        drain(context, nudges, HOST)
        make_due(context.database, own)
        for feed_id in feed_ids.values():
            make_due(context.database, feed_id)
        clock.forward(minutes=5)
    assert outcomes(context, own) == ["read", "unchanged", "unchanged"]
    assert told(context) == ["network.down"]
    assert host_row(context).reached_at is None


def test_a_target_of_a_redirect_that_is_down_is_their_fault_at_once(
    context: Context, site: Site, nudges: Heard, web: Names
) -> None:
    site.redirect("/old.xml", site.url("/feed.xml", host=HOSTS[1]))
    web.dead = {HOSTS[1]}
    feed_id = add_feed(context.database, site.url("/old.xml", host=HOSTS[0]))
    drain(context, nudges, HOSTS[0])
    assert outcomes(context, feed_id) == ["failed"]
