"""Fetching pages: those of new articles, and those that are fetched again for edits."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlmodel import Session

from ingest.crawl_policy.outage_blame import Blame
from ingest.crawl_policy.response_verdicts import PageOutcome, PageVerdict, judge_page
from ingest.http import PAGE_LIMITS, FetchError, HostBusy, Response, Validators
from store.crawl import page_fetches, refetches
from store.crawl.page_fetches import PageToFetch
from store.tables import Stage
from worker import clock
from worker.context import Context, Nudges
from worker.network import host_lease
from worker.network.host_lease import HostLease
from worker.watch import counters, logs

log = structlog.get_logger(__name__)

PAGE_ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"


def fetch_all(
    context: Context, pages: Sequence[PageToFetch], lease: HostLease, nudges: Nudges
) -> None:
    """Fetch claimed pages as long as the time allows; the rest are put back."""
    fetched = []
    for number, page in enumerate(pages):
        if not lease.wait():
            with context.database.writing() as session:
                for left in pages[number:]:
                    release(session, left, clock.now())
            break
        with logs.about(page.id, page.url):
            if _fetch(context, page, lease) is Stage.PROCESS:
                fetched.append(page.id)
    if fetched:
        nudges.process_articles(fetched)


def release(session: Session, page: PageToFetch, again_at: datetime) -> None:
    """Put a claimed page back: it was no attempt."""
    give_back = page_fetches.release_fetch if page.refetch is None else refetches.release
    give_back(session, page, again_at=again_at)


def _fetch(context: Context, page: PageToFetch, lease: HostLease) -> Stage | None:
    """Fetch an article's page, and write down what came of it: what it waits for now."""
    try:
        if not lease.read_robots(page.url):
            _put_back(context, page, lease.next_request_at)
            return None
        with counters.EXCHANGE_SECONDS.labels(counters.PAGE).time():
            answer: Response | FetchError = context.fetcher.get(
                page.url,
                limits=PAGE_LIMITS,
                accept=PAGE_ACCEPT,
                validators=Validators(page.etag, page.last_modified),
                lease=lease.elsewhere,
                obey_robots=True,
            )
    except HostBusy as busy:
        lease.asked()
        _put_back(context, page, host_lease.after(busy))
        return None
    except FetchError as error:
        answer = error
    now = clock.now()
    verdict = judge_page(answer, refusals=lease.refusals_of(answer), now=now)
    counters.count_exchange(counters.PAGE, answer)
    if lease.answered(answer, verdict.host_pause) is not Blame.THEIRS:
        _put_back(context, page, lease.next_request_at)
        log.info("page.unreached", url=page.url, error=verdict.error)
        return None
    stage = _record(context, page, verdict, now)
    counters.PAGES.labels(verdict.outcome).inc()
    log.info(
        "page.fetched" if verdict.outcome is PageOutcome.FETCHED else "page.not_fetched",
        url=page.url, status=verdict.status, error=verdict.error, next=stage,
    )  # fmt: skip
    return stage


def _record(
    context: Context, page: PageToFetch, verdict: PageVerdict, now: datetime
) -> Stage | None:
    schedule = context.settings.refetch
    with context.database.writing() as session:
        if page.refetch is not None:
            return refetches.record(
                session, page, page.refetch, verdict, schedule=schedule, now=now
            )
        return page_fetches.record_fetch(
            session, page, verdict, schedule=schedule, jitter=clock.jitter(), now=now
        )


def _put_back(context: Context, page: PageToFetch, again_at: datetime) -> None:
    with context.database.writing() as session:
        release(session, page, again_at)
