"""Which of some stories answer a query best: BM25 over their texts, with headlines beside.

The weights are of "The Probabilistic Relevance Framework" (Robertson and Zaragoza, 2009). How rare
a word is, is told among these stories: all that can be compared are here.
"""

import math
from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, select
from sqlmodel import Session

from store.search.query import Node, Phrase, wanted
from store.search.tokens import as_printed
from store.tables import Article, Revision, Story, table

# A word said ten times counts about twice as much as one said once, and three quarters of a text's
# length are allowed for: what BM25 is commonly used with.
SATURATION = 1.2
LENGTH_SHARE = 0.75
# A headline that holds the word counts as much as a text that says little else.
HEADLINE = 2.0
# Shorter words begin too many others.
LEAST_BEGINNING = 4

_FOLDING = bytes(
    byte if byte > 0x7F else ord(chr(byte).lower()) if chr(byte).isalnum() else ord(" ")
    for byte in range(256)
)

_stories, _articles, _revisions = table(Story), table(Article), table(Revision)
_TEXTS = (
    select(_stories.c.id, _stories.c.title, _revisions.c.text)
    .join(_articles, _articles.c.id == _stories.c.article_id)
    .join(_revisions, _revisions.c.id == _articles.c.revision_id)
    .where(_stories.c.id.in_(bindparam("ids", expanding=True)))
)


def texts(session: Session, story_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """The headline and the text of each of these stories."""
    return {
        story_id: (title, body)
        for story_id, title, body in session.execute(_TEXTS, {"ids": story_ids})
    }


def best_first(
    query: Node | None, story_ids: Sequence[int], texts: Mapping[int, tuple[str, str]]
) -> list[int]:
    """These stories, the best answers first; equal ones stay in their order."""
    there = [story_id for story_id in story_ids if story_id in texts]
    scores = weigh(list(wanted(query)), [texts[story_id] for story_id in there])
    order = sorted(range(len(there)), key=lambda number: -scores[number])
    return [there[number] for number in order]


def weigh(phrases: Sequence[Phrase], texts: Sequence[tuple[str, str]]) -> list[float]:
    """A score for each (headline, text): the higher, the better it answers."""
    folded = [(_folded(title), _folded(body)) for title, body in texts]
    average = sum(len(body) for _, body in folded) / max(1, len(folded))
    lengths = [1 - LENGTH_SHARE + LENGTH_SHARE * len(body) / average for _, body in folded]
    scores = [0.0] * len(folded)
    for phrase in phrases:
        part = _part(phrase)
        said = [(part in title, body.count(part)) for title, body in folded]
        holding = sum(1 for title, body in said if title or body)
        rarity = math.log(1 + len(said) / holding) if holding else 0.0
        for number, (title, body) in enumerate(said):
            often = body * (SATURATION + 1) / (body + SATURATION * lengths[number])
            scores[number] += rarity * (often + HEADLINE * title)
    return scores


def _folded(text: str) -> bytes:
    """The text in lower case, a space for whatever is ASCII and no letter or digit.

    Bytes are folded and counted in some 10 µs an article, a tenth of what `words` takes; that
    curly quotes and accents are read less well is no harm where hits are told already.
    """
    return b" %b " % text.encode("utf-8", "surrogatepass").translate(_FOLDING)


def _part(phrase: Phrase) -> bytes:
    """The phrase as it stands in a folded text."""
    *before, last = as_printed(phrase.words)
    part = "".join(f" {one}" if one.isascii() else one for one in (*before, last))
    # "trader" may stand for "trade", which is no harm here; "use" may not for "us".
    whole = last.isascii() and len(last) < LEAST_BEGINNING and not phrase.open_end
    return (f"{part} " if whole else part).encode()
