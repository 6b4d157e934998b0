"""Stories as rows, without the pipeline that makes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from store.database.connection import Database
from store.tables import (
    Article,
    Revision,
    Source,
    Stage,
    Story,
    Tagging,
    TaggingActor,
    TaggingTopic,
    digest,
)
from tests.store.building import NOW


@dataclass(frozen=True, slots=True)
class NamedSource:
    """Who prints a copy."""

    number: int = 1
    country: str = "US"
    kind: str = "newspaper"
    state_media: bool = False


def add_story(
    database: Database,
    number: int,
    text: str,
    *,
    title: str = "",
    sources: Sequence[NamedSource] = (NamedSource(),),
    published: datetime | None = None,
    relevance: str = "primary",
    stance: str = "neutral",
    topics: Sequence[str] = (),
    actors: Sequence[tuple[str, str]] = (),
) -> None:
    """A story with a copy for each outlet; its id, and those of its article and texts, are known:
    the number, then tens of it."""
    first = 10 * number
    judged = {"relevance": relevance, "score": 0.5, "stance": stance}
    with database.writing() as session:
        session.add(
            Story(
                id=number,
                title=title,
                first_seen_at=NOW,
                first_published_at=published,
                article_id=first,
                tagging_id=number,
                articles=len(sources),
                sources=len(sources),
                **judged,
            )
        )
        for source in sources:
            if session.get(Source, source.number) is None:
                session.add(
                    Source(
                        id=source.number,
                        name=f"Outlet {source.number}",
                        country=source.country,
                        kind=source.kind,
                        state_media=source.state_media,
                    )
                )
        session.flush()
        for copy, source in enumerate(sources, start=first):
            session.add(_article(copy, number, source, title))
            session.flush()
            session.add(_revision(copy, title, text))
        session.flush()
        session.add(
            Tagging(
                id=number,
                revision_id=first,
                tagged_at=NOW,
                tagger_version="test",
                lexicon_version="test",
                evidence=[],
                **judged,
            )
        )
        session.flush()
        session.add_all(TaggingTopic(tagging_id=number, topic=name, score=0.5) for name in topics)
        session.add_all(
            TaggingActor(
                tagging_id=number,
                actor=actor,
                name=name,
                kind="person",
                side="us",
                mentions=1,
                first_offset=0,
            )
            for actor, name in actors
        )


def _article(copy: int, story: int, source: NamedSource, title: str) -> Article:
    url = f"http://outlet{source.number}.example/{copy}"
    return Article(
        id=copy,
        url=url,
        url_hash=digest(url),
        source_id=source.number,
        first_seen_at=NOW,
        stage=Stage.DONE,
        next_attempt_at=NOW,
        host=f"outlet{source.number}.example",
        revisions=1,
        revision_id=copy,
        tagging_id=story,
        story_id=story,
        title=title,
    )


def _revision(copy: int, title: str, text: str) -> Revision:
    return Revision(
        id=copy,
        article_id=copy,
        number=1,
        seen_at=NOW,
        title=title,
        text=text,
        content_hash=digest(text),
        text_hash=digest(text),
        authors=[],
        quality="ok",
        taken_from="page",
        extractor_version="test",
    )
