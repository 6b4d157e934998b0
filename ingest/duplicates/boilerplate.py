"""Paragraphs that a source repeats on its pages: follow us, about the author, all rights."""

from collections import Counter
from collections.abc import Sequence

from ingest.text.shingles import paragraphs

# Of different stories so many that print a paragraph make it the source's, not theirs.
PAGES = 3


def repeated(pages: Sequence[tuple[str, str]]) -> frozenset[str]:
    """The normalised paragraphs that stand on several of these pages.

    `pages` are title and text of a source's latest articles, each of another story.
    """
    seen: Counter[str] = Counter()
    for _, text in pages:
        seen.update({plain for _, plain in paragraphs(text)})
    return frozenset(plain for plain, times in seen.items() if times >= PAGES)
