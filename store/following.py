"""What is still waiting among the articles of some feeds, for whoever follows them to the end."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func
from sqlmodel import Session, col, select

from store.tables import Article, Feed, Revision, Sighting, Stage

# Articles named at a time; the rest are named when these are done.
LIMIT = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """Hosts with due work, articles with bytes, and how many articles are on the way in all."""

    hosts: tuple[str, ...]
    articles: tuple[int, ...]
    left: int

    @property
    def nothing(self) -> bool:
        """Whether all is done, as far as it can be now."""
        return self.left == 0 and not self.hosts


def waiting(
    session: Session,
    feed_ids: Collection[int],
    *,
    owner: str,
    now: datetime,
    patience: timedelta,
) -> Waiting:
    """What these feeds and their articles wait for; work that is due after `patience` is left out.

    Articles that another than `owner` is processing are waited for, not named.
    """
    mine = exists().where(
        col(Sighting.article_id) == col(Article.id), col(Sighting.feed_id).in_(feed_ids)
    )
    fetch, process = col(Article.stage) == Stage.FETCH, col(Article.stage) == Stage.PROCESS
    page_hosts = session.exec(
        select(Article.host).where(fetch, col(Article.next_attempt_at) <= now, mine).distinct()
    ).all()
    feed_hosts = session.exec(
        select(Feed.host)
        .where(col(Feed.id).in_(feed_ids), col(Feed.next_poll_at) <= now)
        .where(col(Feed.paused).is_(False), col(Feed.gone_at).is_(None))
        .distinct()
    ).all()
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
        .where(process | (fetch & (col(Article.next_attempt_at) <= now + patience)))
    ).one()
    return Waiting(
        hosts=tuple(sorted({*page_hosts, *feed_hosts})),
        articles=tuple(article_id for article_id in ready if article_id is not None),
        left=left,
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
