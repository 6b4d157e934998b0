"""Reprocessing: what changes, what is kept, what a second run does, what undo restores."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlmodel import select

from ingest.pages.quality import Quality
from ingest.relations.codebook import Relevance
from store.database.connection import Database
from store.reprocessing import runs, undo
from store.reprocessing import selection as selecting
from store.reprocessing.runs import RunError
from store.reprocessing.selection import Selection
from store.tables import (
    Article,
    EventRow,
    Revision,
    Run,
    RunChange,
    Step,
    Story,
    StoryMove,
    StoryRedirect,
    StoryText,
    Tagging,
)
from tests.store.building import (
    NOW,
    add_feed,
    discover,
    discovery,
    document,
    fetch,
    ingest_one,
    process,
    tagger_output,
)
from tests.support import printings
from worker.context import Context
from worker.processing import make_document
from worker.reprocessing.report import Report, report
from worker.reprocessing.steps import preview, redo, versions
from worker.reprocessing.working import work_off

PAGE = (
    "<html><head><title>Envoy settles visit</title></head><body><article><h1>Envoy settles visit"
    "</h1>"
    + "".join(f"<p>{line}</p>" for line in printings.text(1, words=90).splitlines())
    + "<p>President Trump and President Xi Jinping agreed that China would buy American soybeans,"
    " the White House said, and that tariffs on Chinese goods would be lowered.</p>"
    "<p>Beijing confirmed the deal with Washington: the two presidents are to meet again, China's"
    " foreign ministry said, and American farmers would ship the first soybeans to China.</p>"
    "</article></body></html>"
)


@pytest.fixture
def database(context: Context) -> Iterator[Database]:
    yield context.database


def begin(context: Context, step: Step, **selection: object) -> int:
    chosen = Selection(**selection)  # type: ignore[arg-type]
    today = versions(context)
    with context.database.writing() as session:
        articles = selecting.choose(session, chosen, step, today)
        pageless = selecting.without_page(session, articles) if step is Step.EXTRACT else 0
        return runs.begin(
            session, articles, without_page=pageless, step=step, selection=chosen,
            versions=today, by="me", now=NOW,
        )  # fmt: skip


def reprocess(context: Context, step: Step, **selection: object) -> int:
    run_id = begin(context, step, **selection)
    while work_off(context, run_id):
        pass
    with context.database.reading() as session:
        assert runs.get(session, run_id).state == runs.DONE
        assert runs.errors(session, run_id) == []
    return run_id


def rows(database: Database, table: type) -> list:  # type: ignore[type-arg]
    with database.reading() as session:
        return list(session.exec(select(table).order_by(table.id)))  # type: ignore[attr-defined]


def article(database: Database, article_id: int) -> Article:
    with database.reading() as session:
        return session.get_one(Article, article_id)


def judged_long_ago(database: Database) -> int:
    """An article whose page was read by today's extractor, and judged by another tagger."""
    feed = add_feed(database)
    discover(database, feed, discovery())
    return fetch(database, "outlet1.example", body=PAGE.encode())


def read_by_today(context: Context, article_id: int) -> None:
    from store.articles import inputs

    with context.database.reading() as session:
        made = make_document(inputs.load(session, article_id))
    assert made is not None
    process(context.database, article_id, made, tagger_output(relevance=Relevance.NONE, topics=()))


def test_from_tag_appends_a_judgement_and_lets_the_article_show_it(context: Context) -> None:
    article_id = judged_long_ago(context.database)
    read_by_today(context, article_id)
    run_id = reprocess(context, Step.TAG)
    old, new = rows(context.database, Tagging)
    assert (old.relevance, old.run_id, new.relevance, new.run_id) == (
        "none", None, "primary", run_id,
    )  # fmt: skip
    assert article(context.database, article_id).tagging_id == new.id
    (story,) = rows(context.database, Story)
    assert (story.relevance, story.tagging_id) == ("primary", new.id)
    told = [event for event in rows(context.database, EventRow) if event.kind == "story.tagged"]
    assert told[-1].payload["relevance"] == "primary"
    assert len(rows(context.database, Revision)) == 1


def test_a_second_run_finds_nothing_to_do(context: Context) -> None:
    read_by_today(context, judged_long_ago(context.database))
    reprocess(context, Step.EXTRACT)
    before = {table: len(rows(context.database, table)) for table in (Tagging, Revision, EventRow)}
    run_id = reprocess(context, Step.EXTRACT)
    assert before == {table: len(rows(context.database, table)) for table in before}
    with context.database.reading() as session:
        assert runs.changed(session, [run_id])[run_id] == runs.Changed(0, 0, 0)


def test_a_text_that_comes_out_differently_is_a_revision_of_the_run(context: Context) -> None:
    article_id = judged_long_ago(context.database)
    process(context.database, article_id, document("A text as an older extractor left it. " * 30))
    run_id = reprocess(context, Step.EXTRACT)
    old, new = rows(context.database, Revision)
    assert (old.run_id, new.run_id, new.number) == (None, run_id, 2)
    assert "soybeans" in new.text
    now = article(context.database, article_id)
    assert (now.revision_id, now.revisions, now.stage) == (new.id, 2, "done")
    assert now.title == "Envoy settles visit"


def test_a_text_that_comes_out_the_same_is_confirmed_and_not_outdated_any_more(
    context: Context,
) -> None:
    article_id = judged_long_ago(context.database)
    read_by_today(context, article_id)
    with context.database.writing() as session:
        session.execute(text("UPDATE revisions SET extractor_version = '0'"))
    assert reprocess(context, Step.EXTRACT, outdated=True)
    (revision,) = rows(context.database, Revision)
    assert revision.extractor_version == "0"
    with context.database.reading() as session:
        old = Selection(outdated=True)
        chosen = selecting.choose(session, old, Step.EXTRACT, versions(context))
    assert chosen == []


def test_undo_lets_an_article_show_what_it_showed_before(context: Context) -> None:
    article_id = judged_long_ago(context.database)
    older = document("A text as an older extractor left it. " * 30, title="As it was")
    process(context.database, article_id, older)
    before = article(context.database, article_id)
    run_id = reprocess(context, Step.EXTRACT)
    (part,) = undo.undo(context.database, run_id, now=NOW)
    assert (part.looked_at, part.restored) == (1, 1)
    after = article(context.database, article_id)
    assert (after.revision_id, after.tagging_id, after.title, after.story_id) == (
        before.revision_id, before.tagging_id, "As it was", before.story_id,
    )  # fmt: skip
    (run,) = rows(context.database, Run)
    assert (run.state, run.undone_at) == (runs.UNDONE, NOW)
    assert len(rows(context.database, Revision)) == 2
    with context.database.reading() as session, pytest.raises(RunError, match="already"):
        undo.begin(session, run_id, now=NOW)


def test_undo_leaves_what_has_changed_since(context: Context) -> None:
    article_id = judged_long_ago(context.database)
    read_by_today(context, article_id)
    run_id = reprocess(context, Step.TAG)
    with context.database.writing() as session:
        session.execute(text("UPDATE articles SET tagging_id = NULL"))
    (part,) = undo.undo(context.database, run_id, now=NOW)
    assert (part.looked_at, part.restored) == (1, 0)
    assert article(context.database, article_id).tagging_id is None


def test_after_an_undo_the_same_can_be_done_again(context: Context) -> None:
    article_id = judged_long_ago(context.database)
    read_by_today(context, article_id)
    first = reprocess(context, Step.TAG)
    list(undo.undo(context.database, first, now=NOW))
    reprocess(context, Step.TAG)
    old, new = rows(context.database, Tagging)
    assert article(context.database, article_id).tagging_id == new.id != old.id


def test_an_article_that_breaks_our_code_is_told_of_and_the_others_are_done(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ingest_one(context.database, 1, made=document("The first envoy spoke at length. " * 20))
    second = ingest_one(
        context.database, 2, made=document("Another one was silent for days. " * 20)
    )
    tag = context.tagger.tag

    class Breaking:
        lexicon_version = "next"

        def tag(self, title: str, body: str, **_about: object) -> object:
            if "first envoy" in body:
                raise ValueError("what a text")
            return tag(title, body)

    monkeypatch.setitem(context.__dict__, "tagger", Breaking())
    run_id = begin(context, Step.TAG)
    while work_off(context, run_id):
        pass
    with context.database.reading() as session:
        assert runs.errors(session, run_id) == [f"article {first}: ValueError: what a text"]
    assert [change.article_id for change in _changes(context.database)] == [second]


def _changes(database: Database) -> list[RunChange]:
    with database.reading() as session:
        return list(session.exec(select(RunChange)))


# --- the story decision ---

WHOLE = printings.text(1, words=400)


def bring(context: Context, number: int, printed: str, title: str = printings.title(1)) -> int:
    return ingest_one(context.database, number, made=document(printed, title=title))


def stories_of(context: Context, *articles: int) -> list[int | None]:
    return [article(context.database, each).story_id for each in articles]


def apart(context: Context, article_id: int) -> None:
    """Put an article into a story of its own, as a worse decision would have left it."""
    with context.database.writing() as session:
        row = session.get_one(Article, article_id)
        story = Story(first_seen_at=NOW, article_id=article_id, title=row.title, articles=1)
        session.add(story)
        session.flush()
        row.story_id = story.id
        session.add(row)
        session.execute(
            text(
                "UPDATE story_texts SET story_id = :story WHERE revision_id IN"
                " (SELECT id FROM revisions WHERE article_id = :article)"
            ),
            {"story": story.id, "article": article_id},
        )


def test_stories_that_are_one_by_the_rules_of_today_are_merged_and_undo_parts_them(
    context: Context,
) -> None:
    first, second = bring(context, 1, WHOLE), bring(context, 2, printings.edited(WHOLE, 1))
    apart(context, second)
    kept, lost = stories_of(context, first, second)
    run_id = reprocess(context, Step.DEDUPE)
    assert stories_of(context, first, second) == [kept, kept]
    (redirect,) = _redirects(context.database)
    assert (redirect.story_id, redirect.into_id) == (lost, kept)
    list(undo.undo(context.database, run_id, now=NOW))
    assert stories_of(context, first, second) == [kept, lost]
    assert _redirects(context.database) == []
    assert [story.articles for story in rows(context.database, Story)] == [1, 1]
    texts = {text.story_id for text in rows(context.database, StoryText)}
    assert texts == {kept, lost}


def _redirects(database: Database) -> list[StoryRedirect]:
    with database.reading() as session:
        return list(session.exec(select(StoryRedirect)))


def test_an_article_that_is_no_copy_splits_off_and_undo_brings_it_back(context: Context) -> None:
    first, second = bring(context, 1, WHOLE), bring(context, 2, printings.text(2, words=400))
    one, other = stories_of(context, first, second)
    with context.database.writing() as session:
        session.execute(text(f"UPDATE articles SET story_id = {one} WHERE id = {second}"))
        session.execute(text(f"UPDATE story_texts SET story_id = {one}"))
        session.execute(text(f"DELETE FROM stories WHERE id = {other}"))
    run_id = reprocess(context, Step.DEDUPE)
    stays, splits = stories_of(context, first, second)
    assert stays == one != splits
    (move,) = rows(context.database, StoryMove)
    assert (move.article_id, move.from_id, move.to_id) == (second, one, splits)
    assert article(context.database, second).joined_because == "first of its text"
    list(undo.undo(context.database, run_id, now=NOW))
    assert stories_of(context, first, second) == [one, one]
    assert [story.articles for story in rows(context.database, Story)] == [2]


def test_stories_that_are_right_stay_as_they_are(context: Context) -> None:
    articles = [
        bring(context, 1, WHOLE),
        bring(context, 2, WHOLE),
        bring(context, 3, printings.abridged(WHOLE)),
        bring(context, 4, printings.text(2, words=400), title=printings.title(2)),
    ]
    before = stories_of(context, *articles)
    run_id = reprocess(context, Step.DEDUPE)
    assert stories_of(context, *articles) == before
    with context.database.reading() as session:
        assert runs.changed(session, [run_id])[run_id].stories == 0


def test_walls_and_boilerplate_stay_apart(context: Context) -> None:
    wall = document("Subscribe to go on reading this article of ours.", quality=Quality.PAYWALL)
    articles = [ingest_one(context.database, number, made=wall) for number in (1, 2)]
    feed = add_feed(context.database, 3)
    for number in (3, 4, 5):
        found = discovery(number, url=f"http://outlet3.example/{number}.html")
        discover(context.database, feed, found)
        articles.append(fetch(context.database, found.host))
        made = document(printings.text(9, words=200), title=printings.title(number))
        process(context.database, articles[-1], made)
    before = stories_of(context, *articles)
    assert len(set(before)) == 5
    reprocess(context, Step.DEDUPE)
    assert stories_of(context, *articles) == before


def test_texts_of_an_older_fingerprint_get_that_of_today(context: Context) -> None:
    bring(context, 1, WHOLE)
    with context.database.writing() as session:
        session.execute(text("UPDATE story_texts SET algorithm_version = '0'"))
        session.execute(text("DELETE FROM story_keys"))
    reprocess(context, Step.DEDUPE, outdated=True)
    second = bring(context, 2, printings.edited(WHOLE, 1))
    assert stories_of(context, second) == stories_of(context, 1)


# --- the dry run ---


def test_a_dry_run_writes_nothing_and_tells_what_would_change(context: Context) -> None:
    article_id = judged_long_ago(context.database)
    process(
        context.database,
        article_id,
        document("A text as an older extractor left it. " * 10),
        tagger_output(relevance=Relevance.NONE, topics=(), stance=None),
    )
    first, second = bring(context, 2, WHOLE), bring(context, 3, printings.edited(WHOLE, 1))
    apart(context, second)
    before = {table: len(rows(context.database, table)) for table in (Tagging, Revision, Story)}

    def refetch(step: Step, *articles: int) -> Report:
        return report(preview(context, each) for each in redo(context, articles, step))

    told = refetch(Step.EXTRACT, article_id)
    assert told.articles == 1
    assert told.relevance == {"none -> primary": 1}
    assert told.topics_gained["agriculture"] == 1
    assert told.texts == {"grew by more than a tenth": 1}
    (example,) = told.examples["none -> primary"]
    assert example.article == article_id
    assert {"President Xi Jinping", "before: envoy"} & set(example.evidence)
    plain = json.loads(json.dumps(told.described()))
    assert plain["topics_gained"] == dict(told.topics_gained)
    assert plain["examples"]["none -> primary"][0]["article"] == article_id
    (example,) = told.examples["+ agriculture"]
    assert "soybeans" in example.evidence
    (example,) = told.examples["grew by more than a tenth"]
    assert example.evidence == ("380 -> 801 characters",)
    told = refetch(Step.DEDUPE, first, second)
    assert told.stories == {"stories merge": 2}
    (_, example) = told.examples["stories merge"]
    assert "a copy of article" in example.evidence[0]
    assert before == {table: len(rows(context.database, table)) for table in before}


def test_a_dry_run_foresees_stories_that_new_texts_would_make_one(context: Context) -> None:
    article_id = judged_long_ago(context.database)
    process(context.database, article_id, document("A text as an older extractor left it. " * 30))
    (each,) = redo(context, [article_id], Step.EXTRACT)
    assert each.document is not None
    copy = ingest_one(context.database, 2, made=each.document)
    before = rows(context.database, Story)
    told = report([preview(context, each)])
    assert told.stories == {"stories merge": 1}
    (example,) = told.examples["stories merge"]
    assert example.evidence == (f"the same text as article {copy}",)
    assert rows(context.database, Story) == before
