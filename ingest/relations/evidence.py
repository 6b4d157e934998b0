"""What a judgement rests on, as places in the text that can be shown."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from ingest.relations.dealings import Dealings
from ingest.relations.matching import Match
from ingest.relations.reading import Field
from ingest.relations.sentence_marks import MarkedPiece, MarkedSentence
from ingest.relations.tagging import Evidence, Reason, Topic
from ingest.relations.topic_features import speaking_for

# The rules under which a sentence speaks, by its field.
SENTENCE_RULES: dict[Field, str] = {"title": "title-sentence", "text": "text-sentence"}

# The weightiest sentences are shown, each by its first names; what the others give is one line.
MOST_SENTENCES_SHOWN = 5
OTHER_SENTENCES = "other-sentences"
# What many matches speak for is shown by the first of them.
MOST_SHOWN = 3

# Features of the whole piece that rest on the sentences that hold both sides: what they weigh is
# shown there, at the first of them. A reader asked for the sentence that decides names one of these
# first three in 86 of 100 articles; the sentence that gives most is another in every fourth.
_RESTING_ON_BOTH = frozenset(
    {
        "both-sides", "both-sides-often", "both-sides-close", "both-sides-share", "dealing-word",
        "lead-both", "title-both", "lesser-side-often", "us-often", "china-often",
    }
)  # fmt: skip
_OTHER_SIDE = frozenset({"china", "taiwan"})

# Which of a sentence's names show best what it is about.
_ORDER = {
    place: number
    for number, place in enumerate(
        ("frames", "us", "china", "taiwan", "relations", "topics", "third", "voices", "genres")
    )
}


def weighed(
    reckoning: Iterable[Reason], marked: MarkedPiece, title: str, text: str
) -> Iterator[Evidence]:
    """What adds up to the score: their weights are the score's log-odds less the intercept.

    What the piece as a whole gives has no place; a sentence in which nothing is named is shown
    whole.
    """
    sentences = {
        (SENTENCE_RULES[sentence.field], sentence.number + 1): sentence
        for sentence in marked.sentences
    }
    resting = [sentence for sentence in marked.sentences if _holds_both(sentence)][:MOST_SHOWN]
    speaking: list[tuple[Reason, MarkedSentence]] = []
    for reason in reckoning:
        sentence = sentences.get((reason.rule, int(reason.value)))
        if reason.rule in _RESTING_ON_BOTH and resting:
            for shown in resting:
                weight = reason.to_relevant / len(resting)
                yield _span(shown.field, _of_a_side(shown), reason.rule, None, weight, title, text)
        elif sentence is None or reason.rule not in SENTENCE_RULES.values():
            yield Evidence("text", 0, 0, "", reason.rule, None, None, reason.to_relevant)
        else:
            speaking.append((reason, sentence))
    speaking.sort(key=lambda pair: -abs(pair[0].to_relevant))
    for reason, sentence in speaking[:MOST_SENTENCES_SHOWN]:
        yield from _of_sentence(reason, sentence, title, text)
    others = [reason.to_relevant for reason, _ in speaking[MOST_SENTENCES_SHOWN:]]
    if others:
        yield Evidence("text", 0, 0, "", OTHER_SENTENCES, None, None, sum(others))


def told(topics: Sequence[Topic], dealings: Dealings, title: str, text: str) -> Iterator[Evidence]:
    """What speaks for the topics and the stance; it adds nothing to the score."""
    for scored in topics:
        for sentence, match in islice(speaking_for(scored.id, dealings), MOST_SHOWN):
            yield _span(sentence.field, match, "topic", scored.id, 0.0, title, text)
    words = ((d.sentence, word) for d in dealings.found for word in d.words)
    for sentence, match in islice(words, MOST_SHOWN):
        yield _span(sentence.field, match, "stance", None, 0.0, title, text)


def _holds_both(sentence: MarkedSentence) -> bool:
    places = {match.entry.place for match in sentence.matches}
    return "frames" in places or ("us" in places and not places.isdisjoint(_OTHER_SIDE))


def _of_a_side(sentence: MarkedSentence) -> Match:
    """The first name of a side."""
    sides = _OTHER_SIDE | {"frames", "us"}
    return next(match for match in sentence.matches if match.entry.place in sides)


def _of_sentence(
    reason: Reason, sentence: MarkedSentence, title: str, text: str
) -> Iterator[Evidence]:
    shown = sorted(sentence.matches, key=lambda match: (_ORDER[match.entry.place], match.start))
    # Of every kind of name one before a second of any.
    first = list({match.entry.place: match for match in reversed(shown)}.values())[::-1]
    chosen = (first + [match for match in shown if match not in first])[:MOST_SHOWN]
    for match in sorted(chosen, key=lambda match: match.start):
        topic = match.entry.topics[0] if match.entry.topics else None
        weight = reason.to_relevant / len(chosen)
        yield _span(sentence.field, match, reason.rule, topic, weight, title, text)
    if not chosen:
        whole = title if sentence.field == "title" else text
        words = whole[sentence.start : sentence.end]
        start = sentence.start + len(words) - len(words.lstrip())
        words = words.strip()
        yield Evidence(
            sentence.field, start, start + len(words), words, reason.rule, None, None,
            reason.to_relevant,
        )  # fmt: skip


def _span(
    field: Field, match: Match, rule: str, topic: str | None, weight: float, title: str, text: str
) -> Evidence:
    start, end, entry = match
    words = (title if field == "title" else text)[start:end]
    return Evidence(field, start, end, words, rule, entry.side, topic, weight)
