"""Where the lexicon's names stand in a text: one pass, longest name first, offsets into the
original.

A name that ends in a Latin letter must end where a word ends: `us` is not found in `trust`. A
term that holds another name (`Chinese students`) does not hide it: the name inside is found too.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from ingest.relations.vocabulary import Entry, Lexicon, Sense, Side, Table, fold

# Where the scripts without spaces between words begin (CJK radicals): a Han letter next to a
# Latin name is no part of it, as in 美国FBI称.
_FIRST_CJK = "\u2e80"

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

# An acronym in a line that is all capitals is not told from a word (TELL US MORE): this many
# characters on each side are looked at for one small letter.
SHOUTING_REACH = 24
_LONGEST_DOUBTFUL_ACRONYM = 3

# Tables whose phrases let the names inside them through, layer by layer (the China in `tariffs on
# China`). What an actor's name holds (the trade in US Trade Representative) is part of that name,
# save the other side's country, and a mask is there to hide. A country's is no more than the
# country with what it is said of (美大豆, 美关税), and hides no term.
_TRANSPARENT = frozenset({Table.TOPIC, Table.RELATION, Table.FRAME, Table.VOICE, Table.GENRE})
_TERMS = frozenset({Table.TOPIC, Table.RELATION})  # common nouns, which have plurals
_NAMES = frozenset({Table.ACTOR, Table.FRAME, Table.MASK})
_OPPOSITE = {Side.US: Side.CHINA, Side.CHINA: Side.US}


class Match(NamedTuple):
    """`text[start:end]` names `entry`."""

    start: int
    end: int
    entry: Entry


class _Pattern(NamedTuple):
    senses: tuple[Sense, ...]
    only: Entry | None  # what it means where it means one thing in any case and holds nothing
    starts_word: bool  # begins with a letter of a spaced script: a word must begin there
    ends_word: bool
    takes_plural: bool
    inside: "tuple[_Inner, ...]"  # names of other layers within this one
    instead: "tuple[_Inner, ...]"  # shorter names to try where this one fails


class _Inner(NamedTuple):
    start: int
    end: int
    pattern: _Pattern


class Matcher:
    """Finds a lexicon's names. Built once, then safe to share between threads."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._senses = lexicon.senses
        self._spellings = list(lexicon.senses)
        self._longest = AhoCorasick(
            self._spellings, matchkind=MatchKind.LeftmostLongest, store_patterns=False
        )
        self._numbers = {spelling: number for number, spelling in enumerate(self._spellings)}
        # Made when first met: most names of a lexicon never are, and all at once would take
        # longer than reading the files.
        self._patterns: list[_Pattern | None] = [None] * len(self._spellings)

    def find(self, text: str) -> list[Match]:
        """Every name in `text`, in order of offset; masks are found and left out."""
        folded = fold(text)
        if not folded.isascii():
            folded = _LONE_SURROGATE.sub("\ufffd", folded)  # which the automaton cannot take
        # The character before a name stands at its start, the one behind it just after its end.
        around = f" {folded} "
        found: list[Match] = []
        patterns = self._patterns
        for number, start, end in self._longest.find_matches_as_indexes(folded):
            pattern = patterns[number] or self._pattern(number)
            _, only, starts_word, ends_word, takes_plural, _, instead = pattern
            # The two plain cases, which are nearly all, without a call: letters inside another
            # word that hold no other name, and a word that stands by itself and means one thing.
            # Spaces and most marks sort before the digits, which spares asking what they are.
            before, behind = around[start], around[end + 1]
            if (starts_word and before >= "0" and _in_word(before)) or (
                ends_word and behind >= "0" and _in_word(behind)
            ):
                if instead or takes_plural:
                    _take(pattern, start, end, text, folded, found)
            elif only is not None:
                found.append(Match(start, end, only))
            else:
                _take(pattern, start, end, text, folded, found)
        return found

    def _pattern(self, number: int) -> _Pattern:
        """The pattern of a spelling, with the other names inside it."""
        spelling = self._spellings[number]
        senses = self._senses[spelling]
        length = len(spelling)
        within = [
            _Inner(start, end, self._patterns[other] or self._pattern(other))
            for start in range(length)
            for end in range(start + 1, length + 1)
            if (other := self._numbers.get(spelling[start:end])) not in (None, number)
        ]
        last = spelling[-1]
        own = {sense.entry.table for sense in senses}
        transparent = all(
            sense.entry.table in _TRANSPARENT or sense.entry.kind == "country" for sense in senses
        )
        inside: tuple[_Inner, ...] = ()
        if transparent and within:
            inside = tuple(_inside(own, within, spelling))
        elif within and own == {Table.ACTOR}:
            inside = tuple(_other_side(senses, within, spelling))
        plain = len(senses) == 1 and senses[0].exact is None and Table.MASK not in own
        pattern = _Pattern(
            senses=senses,
            only=senses[0].entry if plain and not inside else None,
            starts_word=_in_word(spelling[0]),
            # U.S. is no part of U.S.S.R.
            ends_word=_in_word(last) or last == ".",
            takes_plural=own <= _TERMS and _in_word(last),
            inside=inside,
            instead=tuple(_longest_first(within)),
        )
        self._patterns[number] = pattern
        return pattern


def _take(
    pattern: _Pattern, start: int, end: int, text: str, folded: str, found: list[Match]
) -> None:
    """Add what `pattern`, seen at `start`, names there; what is inside it or shorter where it
    fails."""
    senses, _, starts_word, ends_word, takes_plural, inside, instead = pattern
    if starts_word and start and folded[start - 1] < _FIRST_CJK and folded[start - 1].isalnum():
        return _take_each(instead, start, text, folded, found)
    if ends_word and folded[end : end + 1].isalnum() and folded[end] < _FIRST_CJK:
        if not takes_plural or folded[end] != "s" or _in_word(folded[end + 1 : end + 2]):
            return _take_each(instead, start, text, folded, found)
        end += 1
    meant = False
    for entry, exact in senses:
        if exact is None or (text[start:end] == exact and not _shouted(exact, start, end, text)):
            meant = True
            if entry.table is not Table.MASK:
                found.append(Match(start, end, entry))
    inner = inside if meant else instead
    return _take_each(inner, start, text, folded, found) if inner else None


def _take_each(
    inner: Iterable[_Inner], start: int, text: str, folded: str, found: list[Match]
) -> None:
    for left, right, pattern in inner:
        _take(pattern, start + left, start + right, text, folded, found)


def _in_word(character: str) -> bool:
    """Whether a character (or none, "") belongs to a word of a spaced script."""
    return character < _FIRST_CJK and character.isalnum()


def _shouted(name: str, start: int, end: int, text: str) -> bool:
    """Whether an acronym stands among capitals only, where it may be a word."""
    if len(name) > _LONGEST_DOUBTFUL_ACRONYM or not name.isupper():
        return False
    around = text[max(0, start - SHOUTING_REACH) : start] + text[end : end + SHOUTING_REACH]
    # No letters at all around it (a label, a list of codes) is no shouting.
    return around.isupper()


def _inside(own: set[Table], within: list[_Inner], spelling: str) -> list[_Inner]:
    """The whole words in `spelling` that belong to layers which it has no meaning of its own in."""
    whole = [inner for inner in within if _is_whole_word(inner, spelling)]
    names = frozenset({Table.ACTOR}) if Table.FRAME in own else _NAMES
    found: list[_Inner] = []
    for layer in (names, frozenset({Table.TOPIC}), frozenset({Table.RELATION})):
        if own.isdisjoint(layer):
            found += _longest_first(
                inner._replace(pattern=only)
                for inner in whole
                if (only := _of(inner.pattern, layer))
            )
    return sorted(found, key=lambda inner: inner.start)


def _other_side(senses: tuple[Sense, ...], within: list[_Inner], spelling: str) -> list[_Inner]:
    """The country or place of the other side that a body or firm carries in its name, as an embassy
    in Washington does, or what means both sides (US-China Business Council)."""
    entries = [sense.entry for sense in senses]
    side = entries[0].side
    if side not in _OPPOSITE or any(
        entry.side is not side or entry.kind not in ("institution", "company") for entry in entries
    ):
        return []
    names = _longest_first(
        inner._replace(pattern=only)
        for inner in within
        if _is_whole_word(inner, spelling)
        and (only := _of(inner.pattern, _NAMES))
        # A shorter name of its own (中国驻美大使 in 中国驻美大使馆) tells nothing more.
        and not any(sense.entry in entries for sense in only.senses)
    )
    return [
        inner
        for inner in names
        if all(
            sense.entry.table is Table.FRAME
            or (sense.entry.side is _OPPOSITE[side] and sense.entry.kind in ("country", "place"))
            for sense in inner.pattern.senses
        )
    ]


def _of(pattern: _Pattern, layer: frozenset[Table]) -> _Pattern | None:
    kept = tuple(sense for sense in pattern.senses if sense.entry.table in layer)
    return pattern._replace(senses=kept, only=None, inside=()) if kept else None


def _is_whole_word(inner: _Inner, spelling: str) -> bool:
    start, end, pattern = inner
    return not (
        (pattern.starts_word and start and _in_word(spelling[start - 1]))
        or (pattern.ends_word and end < len(spelling) and _in_word(spelling[end]))
    )


def _longest_first(hits: Iterable[_Inner]) -> list[_Inner]:
    """Of overlapping hits the leftmost, of those the longest."""
    chosen: list[_Inner] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if not chosen or hit.start >= chosen[-1].end:
            chosen.append(hit)
    return chosen
