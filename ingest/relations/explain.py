"""A tagging in plain words: the reckoning line by line, and the text with its evidence marked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingest.relations.model import probability
from ingest.relations.reading import Field
from ingest.relations.tagging import Evidence, Relevance, Tagging

# What each feature means to a reader. A test holds that none is forgotten.
RULES = {
    "both-sides": "a sentence names both sides",
}

_VERDICTS = {
    Relevance.NONE: "not about US–China relations",
    Relevance.SECONDARY: "touches on US–China relations",
    Relevance.PRIMARY: "is about US–China relations",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text, and the rules that it speaks under (none: plain text). `weight` is what they
    add to the score's log-odds together."""

    text: str
    rules: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    weight: float = 0.0


def verdict(tagging: Tagging) -> str:
    """One sentence: what the piece is, how sure that is, its topics and stance."""
    parts = [f"{_VERDICTS[tagging.relevance]} (probability {tagging.score:.2f}"]
    parts[0] += f", as a main subject {tagging.primary:.2f})" if tagging.topics else ")"
    if tagging.topics:
        named = ", ".join(f"{topic.id} {topic.score:.2f}" for topic in tagging.topics)
        parts.append(f"topics: {named}")
    if tagging.stance:
        parts.append(f"stance: {tagging.stance}")
    return "; ".join(parts)


def reckoning(tagging: Tagging) -> list[str]:
    """How the two probabilities came about: a line a reason, the weightiest first, then the sums."""
    lines = [f"{tagging.intercept:+6.2f} {tagging.primary_intercept:+6.2f}  to begin with"]
    for reason in sorted(tagging.reckoning, key=lambda r: -abs(r.to_relevant)):
        words = RULES.get(reason.rule, reason.rule)
        lines.append(
            f"{reason.to_relevant:+6.2f} {reason.to_primary:+6.2f}  {words} ({reason.value:.2f})"
        )
    relevant = tagging.intercept + sum(r.to_relevant for r in tagging.reckoning)
    primary = tagging.primary_intercept + sum(r.to_primary for r in tagging.reckoning)
    lines.append(
        f"{relevant:+6.2f} {primary:+6.2f}  in all: probabilities "
        f"{probability(relevant):.2f} of being relevant, {probability(primary):.2f} of being primary"
    )
    return lines


def marked(text: str, tagging: Tagging, field: Field = "text") -> list[Segment]:
    """`text` (the title or the text that was tagged) cut where evidence begins and ends.

    The segments' texts joined are `text`. Where spans overlap, a segment carries the rules of all.
    """
    spans = [e for e in tagging.evidence if e.field == field and e.end > e.start]
    cuts = sorted({0, len(text), *(e.start for e in spans), *(e.end for e in spans)})
    spans.sort(key=lambda e: e.start)
    return list(_segments(text, cuts, spans))


def _segments(text: str, cuts: list[int], spans: Iterable[Evidence]) -> Iterator[Segment]:
    waiting, open_now = iter(spans), list[Evidence]()
    following = next(waiting, None)
    for start, end in zip(cuts, cuts[1:], strict=False):
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
