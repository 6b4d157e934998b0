"""Clocks that were wrong: times that lie further ahead than anything is ever waited for.

A clock that stood a day ahead for a minute leaves leases, claims and due times behind that nobody
would come to for a day. Once it is right again they can be told, and what they hold up is due.
"""

from datetime import datetime, timedelta

from sqlalchemy import or_
from sqlmodel import Session

from ingest.crawl_policy.feed_schedule import LONGEST_RETRY_AFTER
from ingest.crawl_policy.page_retry import LONGEST_WAIT
from store.tables import Article, Feed, Host, Outage, RunChunk, Stage, table

# Machines of one service may differ so much. More than any lease or claim, so that none that is
# held is taken from its holder.
TOLERANCE = timedelta(minutes=10)
# What failed is tried again after this at the latest, with what its jitter adds.
LONGEST = max(LONGEST_WAIT * 1.1, LONGEST_RETRY_AFTER)

_hosts, _feeds, _articles = table(Host), table(Feed), table(Article)
_outages, _chunks = table(Outage), table(RunChunk)


def mend(
    session: Session, *, now: datetime, longest_interval: timedelta, longest_refetch: timedelta
) -> int:
    """Make due what only a wrong clock has put off; returns how many rows that were.

    No feed is polled later than after `longest_interval` and its jitter, and no page fetched
    again later than after `longest_refetch`. A feed that was polled in the future is polled again
    now: its next time may be hours too late, or right, which one poll more finds out.
    """
    ahead, far = now + TOLERANCE, now + TOLERANCE + LONGEST
    far_poll = now + TOLERANCE + max(longest_interval * 1.1, LONGEST)
    waiting = _articles.c.stage.in_([Stage.FETCH, Stage.PROCESS])
    statements = (
        _hosts.update()
        .where(or_(_hosts.c.lease_until > ahead, _hosts.c.nudged_until > ahead))
        .values(lease_owner=None, lease_until=None, nudged_until=None),
        # Without a refusal there is only the pace between two requests, of seconds.
        _hosts.update()
        .where(_hosts.c.next_request_at > ahead, _hosts.c.refusals == 0)
        .values(next_request_at=now),
        _hosts.update().where(_hosts.c.next_request_at > far).values(next_request_at=now),
        _feeds.update()
        .where(_feeds.c.last_polled_at > ahead, _feeds.c.next_poll_at > now)
        .values(next_poll_at=now, last_polled_at=None),
        _feeds.update().where(_feeds.c.next_poll_at > far_poll).values(next_poll_at=now),
        # What is not known of a host is found out by the next request.
        _hosts.update()
        .where(or_(_hosts.c.reached_at > ahead, _hosts.c.unreached_since > ahead))
        .values(reached_at=None, unreached_since=None),
        _outages.update()
        .where(_outages.c.ongoing.is_(True), _outages.c.noticed_at > ahead)
        .values(began_at=now, noticed_at=now),
        _articles.update()
        .where(_articles.c.refetch_at > ahead + longest_refetch)
        .values(refetch_at=now),
        _chunks.update().where(_chunks.c.claimed_until > ahead).values(claimed_until=None),
        _articles.update()
        .where(waiting, _articles.c.next_attempt_at > far)
        .values(next_attempt_at=now),
        _articles.update()
        .where(waiting, _articles.c.claimed_until > ahead)
        .values(claimed_until=None, next_attempt_at=now),
    )
    mended = 0
    for each in statements:
        mended += int(session.execute(each).rowcount)  # type: ignore[attr-defined]
    return mended
