"""Which text of an article is kept: the page's or the feed's, the new one or the one before."""

from dataclasses import dataclass, replace

from ingest.duplicates.fingerprint import revision_hash
from ingest.pages.extract import Document
from ingest.pages.quality import Quality

# How much a document of each quality is worth beside another of the same article. A short text
# is a text; a wall, an error page or unreadable bytes are not.
_WORTH = {Quality.OK: 2, Quality.SHORT: 1}


@dataclass(frozen=True, slots=True)
class Current:
    """The revision that stands now."""

    content_hash: bytes
    quality: Quality


def choose(page: Document | None, entry: Document | None) -> Document | None:
    """The better of what the page and the feed gave; the page where they are worth the same.

    Where the page is a wall, the feed's text is kept and marked with what the page was, so that
    an analyst sees why there is only a summary.
    """
    if page is None or entry is None:
        return page or entry
    if _worth(page) >= _worth(entry) or not entry.text:
        return page
    return replace(entry, quality=_wall(page) if _worth(page) == 0 else entry.quality)


def is_new_revision(document: Document, current: Current | None) -> bool:
    """Whether this document becomes a revision: it changed, and does not put a wall over a text."""
    if current is None:
        return True
    if _worth(document) == 0 and current.quality in _WORTH:
        return False
    return revision_hash(document.title, document.text) != current.content_hash


def differs(document: Document, current: Current) -> bool:
    """Whether the same bytes, read again, come out otherwise: another text, or seen through."""
    revision = revision_hash(document.title, document.text)
    return revision != current.content_hash or document.quality is not current.quality


def _worth(document: Document) -> int:
    if document.taken_from == "page" and not document.text:
        return 0
    return _WORTH.get(document.quality, 0)


def _wall(page: Document) -> Quality:
    """What a page is that gives no text of its own; one that is merely empty withholds it too."""
    return Quality.BLOCKED if page.quality in _WORTH else page.quality
