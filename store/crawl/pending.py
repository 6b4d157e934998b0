"""What is still waiting among the articles of some feeds, for whoever follows them to the end."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, false, func
from sqlmodel import Session, col, select

from store.crawl.refetches import due_for_refetch
from store.tables import Article, Feed, Host, Revision, Sighting, Stage, is_due, table

# Articles named at a time; the rest are named when these are done.
LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """Hosts that can be asked for due work, articles to process, and how much is on the way in all.

    `left` counts articles, `feeds_left` feeds that are due.
    """

    hosts: tuple[str, ...]
    articles: tuple[int, ...]
    left: int
    feeds_left: int

    @property
    def nothing(self) -> bool:
        """Whether all is done, as far as it can be now."""
        return self.left == 0 and self.feeds_left == 0


def waiting(
    session: Session,
    feed_ids: Collection[int],
    *,
    owner: str,
    now: datetime,
    patience: timedelta,
    refetches: bool = False,
) -> Waiting:
    """What these feeds and their articles wait for.

    Work that is due only after `patience` is skipped, and so is that of hosts that want to be left
    alone for longer or could not be reached. With `refetches`, an article whose page is due to be
    fetched again waits for that too. Hosts that are leased, and articles that another than `owner`
    has claimed, are counted and not named.
    """
    asleep = select(Host.name).where(
        (col(Host.next_request_at) > now + patience)
        | (col(Host.unreached_since).is_not(None) & (col(Host.next_request_at) > now))
    )
    taken = select(Host.name).where(
        (col(Host.next_request_at) > now) | (col(Host.lease_until) > now)
    )
    mine = exists().where(
        col(Sighting.article_id) == col(Article.id), col(Sighting.feed_id).in_(feed_ids)
    )
    fetch, process = col(Article.stage) == Stage.FETCH, col(Article.stage) == Stage.PROCESS
    refetch = due_for_refetch(table(Article), now) if refetches else false()
    page_hosts = session.exec(
        select(Article.host)
        .where((fetch & (col(Article.next_attempt_at) <= now)) | refetch, mine)
        .where(col(Article.host).not_in(taken))
        .distinct()
    ).all()
    due_feeds = (
        select(Feed.host)
        .where(col(Feed.id).in_(feed_ids), is_due(now))
        .where(col(Feed.host).not_in(asleep))
    )
    feed_hosts = session.exec(due_feeds.where(col(Feed.host).not_in(taken)).distinct()).all()
    ready = session.exec(
        select(Article.id)
        .where(process, mine)
        .where(
            col(Article.claimed_until).is_(None)
            | (col(Article.claimed_until) <= now)
            | (col(Article.claimed_by) == owner)
        )
        .order_by(col(Article.id))
        .limit(LIMIT)
    ).all()
    left = session.exec(
        select(func.count())
        .select_from(Article)
        .where(mine)
        .where(
            process
            | (
                fetch
                & (col(Article.next_attempt_at) <= now + patience)
                & col(Article.host).not_in(asleep)
            )
            | (refetch & col(Article.host).not_in(asleep))
        )
    ).one()
    feeds_left = session.exec(select(func.count()).select_from(due_feeds.subquery())).one()
    return Waiting(
        hosts=tuple(sorted({*page_hosts, *feed_hosts})),
        articles=tuple(article_id for article_id in ready if article_id is not None),
        left=left,
        feeds_left=feeds_left,
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one feed's articles since a moment."""

    new: int
    revised: int
    failed: int


def outcome(session: Session, feed_id: int, *, since: datetime) -> Outcome:
    """Count a feed's articles that are new since then, that have a new revision, that are not done.

    `failed` counts those that are quarantined or wait for another attempt after an error.
    """
    mine = col(Sighting.feed_id) == feed_id
    joined = select(func.count(func.distinct(col(Article.id)))).join(
        Sighting, col(Sighting.article_id) == col(Article.id)
    )
    new = session.exec(joined.where(mine, col(Article.first_seen_at) >= since)).one()
    revised = session.exec(
        select(func.count())
        .select_from(Revision)
        .join(Sighting, col(Sighting.article_id) == col(Revision.article_id))
        .where(mine, col(Revision.seen_at) >= since, col(Revision.number) > 1)
    ).one()
    failed = session.exec(joined.where(mine, col(Article.stage) != Stage.DONE)).one()
    return Outcome(new, revised, failed)
