"""Processing an article: its snapshots become a tagged revision in a story."""

from dataclasses import replace

import structlog
from billiard.exceptions import SoftTimeLimitExceeded

from ingest.dates import not_after
from ingest.pages.agency import credited_agency
from ingest.pages.choose_text import choose, is_new_revision
from ingest.pages.extract import Document, Hint, carries_full_text, extract_entry, extract_page
from ingest.pages.quality import Quality
from ingest.relations.tagger import Tagger
from store.articles import inputs, lookup, stages
from store.articles import processing as store
from store.articles.inputs import Work
from store.articles.same_page import Folded
from store.database.faults import described, fault_of
from worker import clock
from worker.context import Context
from worker.watch import counters, logs
from worker.watch.time_limits import only_waited, time_limit_in

log = structlog.get_logger(__name__)


def process_article(context: Context, article_id: int, *, owner: str) -> None:
    """Do what an article that waits for processing needs; nothing where it does not wait.

    Any error is written on the article's row, which decides between another attempt and
    quarantine: a page that cannot be read, or a text that cannot be stored, must not stop the
    queue. Raises `SoftTimeLimitExceeded` where the time is up, and `DBAPIError` where the database
    is away, busy or unable (`fault_of`): then with the article still claimed.
    """
    try:
        with context.database.writing() as session:
            if not stages.claim_processing(session, article_id, owner=owner, now=clock.now()):
                return
            url = lookup.url_of(session, article_id)
        with logs.about(article_id, url):
            _process(context, article_id, url)
    except Exception as error:
        limit = time_limit_in(error)
        if limit is None or limit is error:
            raise
        raise limit from None  # what it broke off has said something else


def end_attempt(context: Context, owner: str, limit: SoftTimeLimitExceeded) -> None:
    """Release what the owner held when its time was up: an attempt, unless it only waited."""
    with context.database.writing() as session:
        if only_waited(limit):
            stages.put_back(session, owner, now=clock.now())
        else:
            stages.out_of_time(session, owner, now=clock.now())


def _process(context: Context, article_id: int, url: str) -> None:
    try:
        _settle(context, article_id)
    except SoftTimeLimitExceeded:
        raise  # no error of the page's: whoever set the limit knows what is to be done
    except Exception as error:
        if time_limit_in(error) is not None or fault_of(error) is not None:
            raise
        with context.database.writing() as session:
            is_there = stages.release_processing(
                session, article_id, described(error), now=clock.now()
            )
        counters.PROCESSED.labels(counters.FAILED).inc()
        if is_there:
            log.exception("processing.failed", url=url)


def _settle(context: Context, article_id: int) -> None:
    """Make an article's text, judge it, and store both."""
    with context.database.reading() as session:
        work = inputs.load(session, article_id)
    with counters.STEP_SECONDS.labels(counters.EXTRACT).time():
        document = make_document(work)
    if document is None or not is_new_revision(document, work.current):
        with context.database.writing() as session:
            store.finish_unchanged(session, work)
        counters.PROCESSED.labels(counters.UNCHANGED).inc()
        log.info("article.unchanged", url=work.url)
        return
    published = document.published.at if document.published else None
    with counters.STEP_SECONDS.labels(counters.TAG).time():
        tagger_output = context.tagger.tag(
            document.title,
            document.text,
            source_side=work.source_side,
            date=(published or work.first_seen_at).date(),
        )
    compared = counters.STEP_SECONDS.labels(counters.COMPARE)
    with compared.time(), context.database.reading() as session:
        to_store = store.prepare(session, work, document, context.boilerplate)
    with counters.STEP_SECONDS.labels(counters.STORE).time():
        written = store.settle(context.database, work, to_store, tagger_output, now=clock.now())
    if written is None:
        log.info("article.not_waiting", url=work.url)  # done by another worker, or purged
        return
    if isinstance(written, Folded):
        counters.PROCESSED.labels(counters.UNCHANGED).inc()
        log.info("article.merged", url=work.url, into=written.into)
        return
    counters.DOCUMENTS.labels(document.quality).inc()
    counters.PROCESSED.labels(counters.FIRST if written.number == 1 else counters.REVISED).inc()
    log.info(
        "article.processed", url=work.url, revision=written.number, quality=document.quality,
        relevance=tagger_output.relevance, story=written.joined.story_id,
        because=written.joined.because, happened=written.joined.event,
    )  # fmt: skip


def warm_up(context: Context) -> None:
    """Load what processing needs: two seconds, once a process. May raise `LexiconError`."""
    rehearse(context.tagger)


def rehearse(tagger: Tagger) -> None:
    """Process a page that nobody keeps: libraries load what they need at first use."""
    page = "<html><body><article><p>" + "The envoy spoke of the visit. " * 20 + "</p></article>"
    document = extract_page(page.encode(), url="http://warm.example/")
    tagger.tag(document.title, document.text)
    credited_agency(document.title, document.text)


def make_document(work: Work) -> Document | None:
    """The text of an article, from its page or from its feed's entry, whichever is to be kept.

    None where neither can be read; and where the page is let go, which the entry would not make up
    for: what was read from it stays.
    """
    if work.page_is_let_go and not _entry_is_the_newer_text(work):
        return None
    page = _from_page(work)
    if page is not None and page.quality is Quality.OK:
        chosen: Document | None = page
    else:
        chosen = choose(page, extract_entry(work.entry) if work.entry else None)
    if chosen is None or chosen.published is None:
        return chosen
    return replace(chosen, published=not_after(chosen.published, work.first_seen_at))


def _from_page(work: Work) -> Document | None:
    if work.page is None or _entry_is_the_newer_text(work):
        return None
    hint = Hint()
    if work.entry is not None:
        entry = work.entry
        hint = Hint(entry.title, entry.authors, entry.published, entry.language)
    return extract_page(
        work.page.body,
        url=work.page.url,
        content_type=work.page.content_type,
        hint=hint,
        country=work.country,
    )


def _entry_is_the_newer_text(work: Work) -> bool:
    """The feed brought its full text after the page was fetched: the page is out of date."""
    if work.entry is None or work.entry_snapshot is None or work.page_snapshot is None:
        return False
    return work.entry_snapshot > work.page_snapshot and carries_full_text(work.entry)
