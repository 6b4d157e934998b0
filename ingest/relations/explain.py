"""A tagging in plain words: the reckoning line by line, and the text with its evidence marked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from ingest.relations.codebook import Relevance
from ingest.relations.evidence import SENTENCE_RULES
from ingest.relations.model import probability
from ingest.relations.reading import Field
from ingest.relations.tagging import Evidence, Reason, Tagging

# What each rule means to a reader. A test holds that none is forgotten.
RULES = {
    "both-sides": "a sentence holds both sides",
    "both-sides-often": "many sentences hold both sides",
    "both-sides-close": "the two sides are named close together",
    "both-sides-share": "such sentences are a share of the piece",
    "both-sides-in-turn": "neighbouring sentences name one side each",
    "topic-in-turn": "such neighbours speak of what the two deal about",
    "sides-apart": "no sentence holds both sides",
    "dealing-word": "a word for dealings stands with both sides",
    "title-both": "the title holds both sides",
    "title-china": "the title names the China side",
    "title-us": "the title names the US side",
    "title-third": "the title names a third country",
    "title-genre": "by its title the piece is of a kind that is about something else",
    "lead-both": "the lead holds both sides",
    "us-often": "the US side is named often",
    "china-often": "the China side is named often",
    "lesser-side-often": "even the side named less is named often",
    "crowd": "third countries crowd the sentences that hold both sides",
    "listed": "a side stands in a list with third countries",
    "voiced-often": "one side's government speaks of the other",
    "taiwan-and-us": "Taiwan and the US stand in one sentence",
    "length": "the length of the piece",
    SENTENCE_RULES["title"]: "what the title's sentence says, number",
    SENTENCE_RULES["text"]: "what the text's sentence says, number",
}
# Rules whose value is a sentence's number.
_NUMBERED = frozenset(SENTENCE_RULES.values())

_VERDICTS = {
    Relevance.NONE: "not about US–China relations",
    Relevance.SECONDARY: "touches on US–China relations",
    Relevance.PRIMARY: "is about US–China relations",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text, and the rules that it speaks under (none: plain text). `weight` is what
    they add to the score's log-odds together."""

    text: str
    rules: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    weight: float = 0.0


def verdict(tagging: Tagging) -> str:
    """One sentence: what the piece is, how sure that is, its topics and stance."""
    main = f", as a main subject {tagging.primary:.2f}" if tagging.topics else ""
    parts = [f"{_VERDICTS[tagging.relevance]} (probability {tagging.score:.2f}{main})"]
    if tagging.topics:
        named = ", ".join(f"{topic.id} {topic.score:.2f}" for topic in tagging.topics)
        parts.append(f"topics: {named}")
    if tagging.stance:
        parts.append(f"stance: {tagging.stance}")
    return "; ".join(parts)


def reckoning(tagging: Tagging) -> list[str]:
    """How the two probabilities came about: a line a reason, the weightiest first, then the sums.

    Each line holds what is added to the log-odds of being relevant, then of being primary.
    """
    rows = [(tagging.intercept, tagging.primary_intercept, "to begin with")]
    rows += [
        (reason.to_relevant, reason.to_primary, _words(reason))
        for reason in sorted(tagging.reckoning, key=lambda reason: -abs(reason.to_relevant))
    ]
    relevant, primary = sum(row[0] for row in rows), sum(row[1] for row in rows)
    chances = f"{probability(relevant):.2f} relevant, {probability(primary):.2f} primary"
    rows.append((relevant, primary, f"in all, as probabilities: {chances}"))
    return [f"{first:+6.2f} {second:+6.2f}  {words}" for first, second, words in rows]


def _words(reason: Reason) -> str:
    if reason.rule in _NUMBERED:
        return f"{RULES[reason.rule]} {reason.value:.0f}"
    return f"{RULES[reason.rule]} ({reason.value:.2f})"


def marked(text: str, tagging: Tagging, field: Field = "text") -> list[Segment]:
    """`text` (the title or the text that was tagged) cut where evidence begins and ends.

    The segments' texts joined are `text`. Where spans overlap, a segment carries the rules of all.
    """
    spans = [e for e in tagging.evidence if e.field == field and e.end > e.start]
    cuts = sorted({0, len(text), *(e.start for e in spans), *(e.end for e in spans)})
    spans.sort(key=lambda e: e.start)
    return list(_segments(text, cuts, spans))


def _segments(text: str, cuts: list[int], spans: Iterable[Evidence]) -> Iterator[Segment]:
    waiting = iter(spans)
    open_now: list[Evidence] = []
    following = next(waiting, None)
    for start, end in pairwise(cuts):
        open_now = [e for e in open_now if e.end > start]
        while following is not None and following.start <= start:
            open_now.append(following)
            following = next(waiting, None)
        yield Segment(
            text=text[start:end],
            rules=tuple(dict.fromkeys(e.rule for e in open_now)),
            sides=tuple(dict.fromkeys(str(e.side) for e in open_now if e.side)),
            weight=sum(e.weight for e in open_now),
        )
