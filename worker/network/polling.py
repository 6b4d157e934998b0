"""Polling a feed: asking for it, reading what came, and writing down what it brought."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from ingest.crawl_policy.feed_schedule import PollFacts, asks_anew, next_interval, next_poll
from ingest.crawl_policy.outage_blame import Blame
from ingest.crawl_policy.response_verdicts import PollOutcome, PollVerdict, judge_poll
from ingest.feeds.entries import Discovery, discoveries
from ingest.http import FEED_LIMITS, FetchError, HostBusy, Response, Validators
from store.intake import entries as discovered
from store.intake import polls
from store.intake.entries import Recorded
from store.intake.polls import DueFeed, NextPoll, PollCounts
from worker import clock
from worker.context import Context, Nudges
from worker.network import host_lease
from worker.network.host_lease import HostLease
from worker.watch import counters, logs

log = structlog.get_logger(__name__)

# The newest entries tell a feed's rhythm; more of them make the scheduling no better.
RHYTHM_ENTRIES = 50

FEED_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)


def poll(context: Context, feed: DueFeed, lease: HostLease, nudges: Nudges) -> None:
    """Ask for a claimed feed, and write down what it brought."""
    try:
        with counters.EXCHANGE_SECONDS.labels(counters.FEED).time():
            answer: Response | FetchError = context.fetcher.get(
                feed.location,
                limits=FEED_LIMITS,
                accept=FEED_ACCEPT,
                validators=_validators(feed),
                lease=lease.elsewhere,
            )
    except HostBusy as busy:
        lease.asked()
        with context.database.writing() as session:
            polls.release(session, feed, again_at=host_lease.after(busy))
        return
    except FetchError as error:
        answer = error
    now = clock.now()
    verdict, found = _read(context, feed, answer, lease, now)
    if lease.answered(answer, verdict.host_pause) is not Blame.THEIRS:
        verdict = replace(verdict, outcome=PollOutcome.UNREACHED)
    with context.database.writing() as session:
        if not polls.is_there(session, feed.id):
            return  # removed meanwhile
        recorded = discovered.record(session, feed, found, now=now)
        polls.record_poll(
            session,
            feed,
            verdict,
            PollCounts(
                entries=len(verdict.feed.entries) if verdict.feed else 0,
                new=recorded.new,
                revised=recorded.changed,
                rolled_over=recorded.rolled_over,
            ),
            _next(context, feed, verdict, recorded, lease, now),
            now=now,
        )
    _tell(feed, answer, verdict, recorded)
    if recorded.process:
        nudges.process_articles(recorded.process)


def _validators(feed: DueFeed) -> Validators:
    """What a poll is conditional on: nothing now and then (`asks_anew`)."""
    offset = timedelta(minutes=feed.id)
    if asks_anew(feed.read_at, feed.polled_at, clock.now(), offset=offset):
        return Validators()
    return Validators(feed.etag, feed.last_modified)


def _read(
    context: Context, feed: DueFeed, answer: Response | FetchError, lease: HostLease, now: datetime
) -> tuple[PollVerdict, Sequence[Discovery]]:
    """What a poll's answer means and brings. A feed that breaks our reading has failed."""
    try:
        verdict = judge_poll(
            answer,
            body_hash=feed.body_hash,
            refusals=lease.refusals_of(answer),
            country=feed.country,
            now=now,
        )
        if verdict.feed is None:
            return verdict, ()
        found = discoveries(verdict.feed, context.settings.full_text, feed_url=feed.url)
    except Exception as error:
        log.exception("feed.unreadable", url=feed.url)
        reason = f"it could not be read ({type(error).__name__}): please report this feed"
        return PollVerdict(PollOutcome.FAILED, error=reason), ()
    return verdict, found


def _next(
    context: Context,
    feed: DueFeed,
    verdict: PollVerdict,
    recorded: Recorded,
    lease: HostLease,
    now: datetime,
) -> NextPoll:
    """When the feed is polled next, and the interval to go on from, where this poll tells one."""
    if verdict.outcome is PollOutcome.UNREACHED:
        return NextPoll(lease.next_request_at)
    facts = _facts(feed, verdict, recorded, now)
    bounds = context.settings.bounds
    at = next_poll(facts, bounds, clock.jitter())
    return NextPoll(at, next_interval(facts, bounds) if facts.succeeded else None)


def _facts(feed: DueFeed, verdict: PollVerdict, recorded: Recorded, now: datetime) -> PollFacts:
    read = verdict.feed
    ttl, period = (read.ttl, read.update_period) if read else (None, None)
    dates = [entry.published or entry.updated for entry in read.entries] if read else []
    published = sorted((date.at for date in dates if date and date.at), reverse=True)
    succeeded = verdict.outcome is not PollOutcome.FAILED
    return PollFacts(
        now=now,
        succeeded=succeeded,
        interval=feed.interval,
        published=tuple(published[:RHYTHM_ENTRIES]),
        new_entries=recorded.new,
        rolled_over=recorded.rolled_over,
        failures=0 if succeeded else feed.failures + 1,
        fresh_for=verdict.fresh_for,
        ttl=timedelta(minutes=ttl) if ttl else None,
        update_period=timedelta(seconds=period) if period else None,
        retry_after=verdict.retry_after,
    )


def _tell(
    feed: DueFeed, answer: Response | FetchError, verdict: PollVerdict, recorded: Recorded
) -> None:
    """Count a poll, and log it with what it has found."""
    counters.count_exchange(counters.FEED, answer)
    counters.POLLS.labels(verdict.outcome).inc()
    counters.ENTRIES.labels("new").inc(recorded.new)
    counters.ENTRIES.labels("changed").inc(recorded.changed)
    log.info(
        "feed.polled", feed=feed.id, url=feed.url, outcome=verdict.outcome, status=verdict.status,
        new=recorded.new, changed=recorded.changed, error=verdict.error,
    )  # fmt: skip
    if recorded.rolled_over:
        log.warning("feed.gap", feed=feed.id, url=feed.url)
    for article_id, url in recorded.articles.items():
        with logs.about(article_id, url):
            log.info("article.discovered", feed=feed.id, url=url)
