"""A text as the tagger reads it: its sentences, and who and what is named in each."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal, NamedTuple

from ingest.relations.matching import Match, Matcher
from ingest.relations.sentences import sentence_ends
from ingest.relations.vocabulary import Side

Field = Literal["title", "text"]

# So many characters of a title and of a text are read, which is more than the longest speech has;
# what follows is not looked at, so that a text of names alone cannot fill the memory: it takes
# some 10 MB so, hundreds for a text of 5 MB.
LONGEST = 200_000

# How far into the text the opening reaches that may tell whose government speaks: letterhead,
# place, date and first answer of a briefing stand within it.
VOICE_REACH = 1000

# A piece of at most so many characters is a headline with a line or two.
BRIEF = 400

# What makes a name at the beginning of a line a speaker's label in a transcript: `Guo Jiakun:`,
# `President Trump (20:22):`, `耿爽：`.
_LABEL_END = re.compile(r"\s{0,2}(?:\([^()\n]{1,20}\)\s?)?[:：]")


# What most places of most sentences hold. Shared, and so never added to.
_NOTHING: list[Match] = []


class Sentence:
    """One sentence in which something of the lexicon is named. Matches stand in order of offset."""

    __slots__ = (
        "china", "end", "field", "frames", "genres", "number", "relations", "start", "taiwan",
        "third", "topics", "us", "voices",
    )  # fmt: skip

    def __init__(self, field: Field, number: int, start: int, end: int) -> None:
        self.field: Field = field
        self.number = number  # which sentence of its field, from 0
        self.start, self.end = start, end
        self.us = self.china = self.taiwan = self.third = _NOTHING
        self.frames = self.voices = self.genres = self.relations = self.topics = _NOTHING


class Reading(NamedTuple):
    """What was read: sentences that name something, in order, the title's first."""

    title: str
    text: str
    sentences: Sequence[Sentence]
    voice: Side | None  # the side whose government speaks, where the text itself tells
    title_ends: Sequence[int] = ()  # where the title's sentences end, all of them; see sentences.py
    text_ends: Sequence[int] = ()

    @property
    def brief(self) -> bool:
        return len(self.title) + len(self.text) <= BRIEF

    def between(self, sentence: Sentence, first: Match, second: Match) -> str:
        """What stands between two matches of a sentence."""
        whole = self.title if sentence.field == "title" else self.text
        return whole[first.end : second.start]


def read(title: str, text: str, matcher: Matcher) -> Reading:
    """Read the first LONGEST characters of each."""
    title, text = title[:LONGEST], text[:LONGEST]
    sentences: list[Sentence] = []
    title_ends, text_ends = sentence_ends(title), sentence_ends(text)
    voice = _read_field("title", title, title_ends, matcher, sentences)
    voice_in_text = _read_field("text", text, text_ends, matcher, sentences)
    return Reading(title, text, sentences, voice or voice_in_text, title_ends, text_ends)


def _read_field(
    field: Field, text: str, ends: Sequence[int], matcher: Matcher, sentences: list[Sentence]
) -> Side | None:
    """Append the sentences that name something; return the side whose government first speaks."""
    matches = matcher.find(text)
    if not matches:
        return None
    voice: Side | None = None
    sentence = Sentence(field, 0, 0, 0)
    for match in matches:
        start, _, entry = match
        if start >= sentence.end:
            number = bisect_right(ends, start)
            sentence = Sentence(field, number, ends[number - 1] if number else 0, ends[number])
            sentences.append(sentence)
        place = entry.place
        held = getattr(sentence, place)
        if held:
            held.append(match)
        else:
            setattr(sentence, place, [match])
        if (voice is None and start < VOICE_REACH) and (
            place == "voices" or (entry.kind == "person" and _is_label(match, field, text))
        ):
            voice = entry.side
    return voice


def _is_label(match: Match, field: Field, text: str) -> bool:
    """Whether a person of one of the two sides is named as the speaker of what follows."""
    start, end, entry = match
    if field == "title" or entry.side not in (Side.US, Side.CHINA):
        return False
    return (start == 0 or text[start - 1] == "\n") and bool(_LABEL_END.match(text, end))
