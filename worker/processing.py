"""Processing an article: its snapshots become a tagged revision in a story."""

from dataclasses import replace

import structlog

from ingest.agency import credited_agency
from ingest.dates import not_after
from ingest.edition import choose, is_new_revision
from ingest.extract import Document, Hint, carries_full_text, extract_entry, extract_page
from ingest.quality import Quality
from store import articles
from store import processing as store
from store.processing import Work
from worker import context as clock
from worker.context import Context

log = structlog.get_logger(__name__)


def process_article(context: Context, article_id: int, *, owner: str) -> None:
    """Do what an article that waits for processing needs; nothing where it does not wait.

    Any error is written on the article's row, which decides between another attempt and
    quarantine: a page that cannot be read must not stop the queue.
    """
    with context.database.writing() as session:
        if not articles.claim_processing(session, article_id, owner=owner, now=clock.now()):
            return
        work = store.load(session, article_id)
    try:
        document = make_document(work)
        if document is None or not is_new_revision(document, work.current):
            with context.database.writing() as session:
                store.finish_unchanged(session, work)
            return
        published = document.published.at if document.published else None
        judgement = context.tagger.tag(
            document.title,
            document.text,
            source_side=work.source_side,
            date=(published or work.first_seen_at).date(),
        )
        with context.database.reading() as session:
            examined = store.examine(session, work, document, context.boilerplate)
    except Exception as error:
        with context.database.writing() as session:
            is_there = articles.release_processing(
                session, article_id, f"{type(error).__name__}: {error}", now=clock.now()
            )
        if is_there:
            log.exception("processing.failed", article=article_id, url=work.url)
        return
    number = store.settle(context.database, work, examined, judgement, now=clock.now())
    log.info(
        "article.processed", url=work.url, revision=number, quality=document.quality,
        relevance=judgement.relevance,
    )  # fmt: skip


def warm_up(context: Context) -> None:
    """Load what processing needs and libraries load at first use: two seconds, once a process."""
    page = "<html><body><article><p>" + "The envoy spoke of the visit. " * 20 + "</p></article>"
    document = extract_page(page.encode(), url="http://warm.example/")
    context.tagger.tag(document.title, document.text)
    credited_agency(document.title, document.text)


def make_document(work: Work) -> Document | None:
    """The text of an article, from its page or from its feed's entry, whichever is to be kept."""
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
