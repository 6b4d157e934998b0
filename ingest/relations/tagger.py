"""The tagger: from a text by way of a reading and its features to a judgement with its evidence."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from ingest.relations.codebook import Relevance, Stance
from ingest.relations.dealings import find_dealings
from ingest.relations.evidence import SENTENCE_RULES, told, weighed
from ingest.relations.matching import Match, Matcher
from ingest.relations.model import (
    DECIMALS,
    Linear,
    Model,
    load_model,
    named_outputs,
    probability,
)
from ingest.relations.reading import Reading, Sentence, read
from ingest.relations.relevance import relevance_features
from ingest.relations.sentence_marks import (
    NOTHING_MARKED,
    Floats,
    MarkedPiece,
    mark,
    names_a_side,
)
from ingest.relations.sentence_network import SentenceNetwork, load_network
from ingest.relations.stance import stance_features
from ingest.relations.tagging import Actor, Reason, Tagging, Topic
from ingest.relations.topic_features import topic_features
from ingest.relations.vocabulary import Entry, Role, Side, load_lexicon
from ingest.text.language import detect_language, is_plainly_english

# Raised with every change of code or weights that can change a judgement; the lexicon has a
# version of its own.
TAGGER_VERSION = "6"

# Characters that tell the language.
LANGUAGE_SAMPLE = 400


@dataclass(frozen=True, slots=True)
class Tagger:
    """A matcher of names and a model; safe to share between threads."""

    matcher: Matcher
    model: Model
    network: SentenceNetwork
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
        reading = read(title, text, self.matcher)
        if source_side is not None:
            reading = reading._replace(voice=Side(source_side))
        dealings = find_dealings(reading)
        values = relevance_features(dealings)
        heads = self.model.heads(brief=reading.brief)
        first = round(heads.first.log_odds(values), DECIMALS)
        settled = first < heads.settled_below or not names_a_side(reading)
        # What is not relevant is not primary either: the first step's sum stands for both.
        to_relevant, to_primary = (
            (heads.first, heads.first) if settled else (heads.relevant, heads.primary)
        )
        marked = NOTHING_MARKED if settled else mark(reading, self.network.wordpieces)
        given = self.network.give(marked)
        given[:, :2] *= heads.stretch
        reckoning = tuple(_reckon(to_relevant, to_primary, values, marked, given))
        score = to_relevant.intercept + sum(r.to_relevant for r in reckoning)
        primary = to_primary.intercept + sum(r.to_primary for r in reckoning)
        relevance = Relevance.NONE
        topics: tuple[Topic, ...] = ()
        stance: Stance | None = None
        if not settled and round(score, DECIMALS) >= heads.relevant_threshold:
            main = round(primary, DECIMALS) >= heads.primary_threshold
            relevance = Relevance.PRIMARY if main else Relevance.SECONDARY
            of_sentences = named_outputs(given.sum(0))
            of_topics = topic_features(dealings)
            chosen = heads.choose_topics(values, of_topics, of_sentences)
            topics = tuple(Topic(*pair) for pair in chosen)
            tones = stance_features(dealings, values)
            stance = heads.choose_stance({**values, **tones}, of_sentences)
        return Tagging(
            relevance=relevance,
            score=probability(score),
            primary=probability(primary),
            intercept=to_relevant.intercept,
            primary_intercept=to_primary.intercept,
            topics=topics,
            stance=stance,
            actors=_actors(reading, date),
            evidence=(
                *weighed(reckoning, marked, title, text),
                *(told(topics, dealings, title, text) if topics else ()),
            ),
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
    return Tagger(Matcher(lexicon), load_model(), load_network(), lexicon.version)


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


def _reckon(
    to_relevant: Linear,
    to_primary: Linear,
    values: Mapping[str, float],
    marked: MarkedPiece,
    given: Floats,
) -> Iterator[Reason]:
    for rule, value in values.items():
        if value:
            relevant, primary = to_relevant.weights[rule], to_primary.weights[rule]
            yield Reason(rule, value, relevant * value, primary * value)
    for sentence, row in zip(marked.sentences, given, strict=True):
        rule = SENTENCE_RULES[sentence.field]
        yield Reason(rule, float(sentence.number + 1), float(row[0]), float(row[1]))


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


def _language(title: str, text: str) -> str | None:
    sample = text[:LANGUAGE_SAMPLE] or title[:LANGUAGE_SAMPLE]
    if is_plainly_english(sample):
        return "en"
    return detect_language(f"{title}\n{sample}")
