"""The tagger: from a text by way of a reading and its features to a judgement with its evidence."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Literal

from ingest.relations.codebook import Relevance, Stance
from ingest.relations.dealings import Dealings, find_dealings
from ingest.relations.matching import Match, Matcher
from ingest.relations.model import Model, load_model, probability
from ingest.relations.reading import Reading, Sentence, read
from ingest.relations.relevance import MOST_SHOWN, Measure, relevance_features
from ingest.relations.stance import stance_features
from ingest.relations.tagging import Actor, Evidence, Reason, Tagging, Topic
from ingest.relations.topic_features import speaking_for, topic_features
from ingest.relations.vocabulary import Entry, Role, Side, load_lexicon
from ingest.text.language import detect_language, is_plainly_english

# Raised with every change of code or weights that can change a judgement; the lexicon has a
# version of its own.
TAGGER_VERSION = "5"

# Characters that tell the language.
LANGUAGE_SAMPLE = 400


@dataclass(frozen=True, slots=True)
class Tagger:
    """A matcher of names and a model; safe to share between threads."""

    matcher: Matcher
    model: Model
    lexicon_version: str

    def tag(
        self,
        title: str,
        text: str,
        *,
        source_side: Literal["us", "china"] | None = None,
        date: date | None = None,
    ) -> Tagging:
        """As `tag` below says."""
        model = self.model
        reading = read(title, text, self.matcher)
        if source_side is not None:
            reading = reading._replace(voice=Side(source_side))
        dealings = find_dealings(reading)
        measures = relevance_features(dealings)
        reckoning = tuple(_reckon(measures, model))
        score = probability(model.relevant.intercept + sum(r.to_relevant for r in reckoning))
        primary = probability(model.primary.intercept + sum(r.to_primary for r in reckoning))
        relevance = Relevance.NONE
        topics: tuple[Topic, ...] = ()
        stance = None
        if score >= model.relevant.threshold:
            main = primary >= model.primary.threshold
            relevance = Relevance.PRIMARY if main else Relevance.SECONDARY
            topics = tuple(Topic(*pair) for pair in model.choose_topics(topic_features(dealings)))
            stance = Stance(model.choose_stance(stance_features(dealings, measures)))
        return Tagging(
            relevance=relevance,
            score=score,
            primary=primary,
            intercept=model.relevant.intercept,
            primary_intercept=model.primary.intercept,
            topics=topics,
            stance=stance,
            actors=_actors(reading, date),
            evidence=tuple(_evidence(reckoning, measures, topics, dealings, title, text)),
            reckoning=reckoning,
            language=_language(title, text),
            tagger_version=TAGGER_VERSION,
            lexicon_version=self.lexicon_version,
        )


@cache
def load_tagger(overlay: Path | None = None) -> Tagger:
    """The shipped lexicon, with the operator's `overlay` where there is one, and the shipped model.

    Raises LexiconError for a lexicon that cannot be used.
    """
    lexicon = load_lexicon(overlay)
    return Tagger(Matcher(lexicon), load_model(), lexicon.version)


def tag(
    title: str,
    text: str,
    *,
    source_side: Literal["us", "china"] | None = None,
    date: date | None = None,
) -> Tagging:
    """Judge a piece by the shipped lexicon. Any text is fine; time is linear in its length, and of
    a text of more than LONGEST characters (reading.py) the beginning is judged.

    `source_side` is the side whose government publishes the piece, where the caller knows; the
    piece's own opening tells otherwise. `date` is the day for which actors' roles are looked up.
    """
    return load_tagger().tag(title, text, source_side=source_side, date=date)


def _reckon(measures: Mapping[str, Measure], model: Model) -> Iterator[Reason]:
    for rule, measure in measures.items():
        value = measure.value
        if value:
            yield Reason(
                rule,
                value,
                model.relevant.weights.get(rule, 0.0) * value,
                model.primary.weights.get(rule, 0.0) * value,
            )


def _actors(reading: Reading, day: date | None) -> tuple[Actor, ...]:
    first: dict[Entry, tuple[Sentence, Match]] = {}
    counts: dict[Entry, int] = {}
    for sentence in reading.sentences:
        for match in (*sentence.us, *sentence.china, *sentence.taiwan):
            entry = match.entry
            if entry in counts:
                counts[entry] += 1
            else:
                counts[entry] = 1
                first[entry] = (sentence, match)
    return tuple(
        Actor(
            id=entry.id,
            name=entry.name,
            side=entry.side or Side.THIRD,
            kind=entry.kind,
            role=_role(entry.roles, day),
            count=counts[entry],
            first_field=sentence.field,
            first_offset=match.start,
        )
        for entry, (sentence, match) in first.items()
    )


def _role(roles: Iterable[Role], day: date | None) -> str | None:
    if day is None:
        return None
    return next((role.title for role in roles if role.held_on(day)), None)


def _evidence(
    reckoning: Iterable[Reason],
    measures: Mapping[str, Measure],
    topics: Iterable[Topic],
    dealings: Dealings,
    title: str,
    text: str,
) -> Iterator[Evidence]:
    def span(
        sentence: Sentence, match: Match, rule: str, topic: str | None, weight: float
    ) -> Evidence:
        field, (start, end, entry) = sentence.field, match
        words = (title if field == "title" else text)[start:end]
        return Evidence(field, start, end, words, rule, entry.side, topic, weight)

    for reason in reckoning:
        shown = measures[reason.rule].matches
        if not shown:
            yield Evidence("text", 0, 0, "", reason.rule, None, None, reason.to_relevant)
        for sentence, match in shown:
            topic = match.entry.topics[0] if match.entry.topics else None
            yield span(sentence, match, reason.rule, topic, reason.to_relevant / len(shown))
    if topics:
        for scored in topics:
            for sentence, match in islice(speaking_for(scored.id, dealings), MOST_SHOWN):
                yield span(sentence, match, "topic", scored.id, 0.0)
        words = ((d.sentence, word) for d in dealings.found for word in d.words)
        for sentence, match in islice(words, MOST_SHOWN):
            yield span(sentence, match, "stance", None, 0.0)


def _language(title: str, text: str) -> str | None:
    sample = text[:LANGUAGE_SAMPLE] or title[:LANGUAGE_SAMPLE]
    if is_plainly_english(sample):
        return "en"
    return detect_language(f"{title}\n{sample}")
