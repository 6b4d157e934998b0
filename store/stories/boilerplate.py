"""What a source prints on every page, kept in the process so that it is read seldom."""

import math
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import Session

from ingest.duplicates.boilerplate import repeated
from ingest.pages.quality import Quality
from store.tables import Article, Revision, table

# So many pages of different stories show what is on all of them.
PAGES = 8
# Looked through for these: copies within one source are few, so three times as many are enough.
LATEST = 3 * PAGES
# Redesigns of a site are rarer by far.
KEEP_SECONDS = 600.0
# More sources than a service has; a paragraph set is a few hundred bytes.
MOST_SOURCES = 4096

_articles, _revisions = table(Article), table(Revision)
_LATEST: Any = (
    select(_articles.c.story_id, _revisions.c.title, _revisions.c.text)
    .join(_revisions, _revisions.c.id == _articles.c.revision_id)
    .where(_articles.c.source_id == bindparam("of"), _articles.c.quality == Quality.OK)
    .order_by(_articles.c.id.desc())
    .limit(LATEST)
)


@dataclass(slots=True)
class _Known:
    paragraphs: frozenset[str]
    uses: float  # how often it may be used still
    until: float


class Boilerplate:
    """The boilerplate of every source that this process has met; safe to share between threads.

    What is known of a source is read anew after ten minutes, and sooner while it has few pages.
    """

    def __init__(self) -> None:
        self._of: dict[int, _Known] = {}

    def of(self, session: Session, source_id: int) -> frozenset[str]:
        """Normalised paragraphs that stand on several of the source's latest pages."""
        known = self._of.get(source_id)
        if known is None or known.uses <= 0 or known.until < time.monotonic():
            known = _read(session, source_id)
            if len(self._of) >= MOST_SOURCES:
                self._of.clear()
            self._of[source_id] = known
        known.uses -= 1
        return known.paragraphs


def _read(session: Session, source_id: int) -> _Known:
    pages = dict[int | None, tuple[str, str]]()
    for story_id, title, text in session.execute(_LATEST, {"of": source_id}):
        pages.setdefault(story_id, (title, text))
    chosen = list(pages.values())[:PAGES]
    # With few pages yet, the next ones tell much: as many again, and it is read anew.
    uses = max(1, len(chosen)) if len(chosen) < PAGES else math.inf
    return _Known(repeated(chosen), uses, time.monotonic() + KEEP_SECONDS)
