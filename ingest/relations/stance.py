"""In what tone the dealings are told: the features of stance."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import inf, log1p

from ingest.relations.dealings import EASING, Dealings, within
from ingest.relations.matching import Match
from ingest.relations.reading import Reading, Sentence
from ingest.relations.vocabulary import Polarity

# How much a sentence tells of the dealings by its place: one that holds a dealing all, one that
# follows it BESIDE, the next FADE of that, and so on. What leads up to a dealing is as far off as
# what follows twice as late, and no place counts less than ANYWHERE. An answer or a reaction runs
# on for some sentences without naming both sides again.
BESIDE = 0.5
FADE = 0.7
ANYWHERE = 0.1
LEADING_UP = 2

# Words of the title count so much more.
TITLE_TONE = 2.0
# A sentence counts this much where one side is not named but speaks: a briefing passes from one
# country to the next.
VOICED = 0.5
# Likewise one that names a side and a third country: whom the words are for is open.
WITH_THIRD = 0.3
_WITH_OTHERS = frozenset({"us-with-others", "china-with-others"})
# Likewise a journalist's question: its words are not the speaker's.
ASKED = 0.3

# Terms of topics that are seldom friendly count this much of a word of conflict.
GRIM_TONE = 0.3
_GRIM_TOPICS = frozenset(
    {"military", "human-rights", "espionage-cyber", "hong-kong", "sanctions", "taiwan"}
)
# A word of easing within this many characters turns a burden into a relief: cutting China tariffs.
EASING_REACH = 45
_BURDENS = frozenset({"tariff", "ban", "sanction", "export-control", "blacklist", "trade-war"})

# A negation within this many characters before a word denies it. Denied conflict is nothing (no
# trade war); denied cooperation (no deal) is conflict of this weight.
NEGATION_REACH = 28
DENIED = 0.5
_DENIAL = re.compile(
    r"(?:\b(?:no|not(?! only)|never|without|cannot|avoid(?:s|ed|ing)?|prevent(?:s|ed|ing)?"
    r"|rather than|instead of|neither|nor)|n['’]t)\W+(?:\w+\W+){0,2}$"
    r"|(?:不(?![仅僅断斷但只])|没有|沒有|无(?!论)|無(?!論)|未(?!来|來)|避免|防止|并非|並非|勿)"
    r"[^，。；、]{0,3}$"
)
# What the pattern begins with. Most sentences hold none of it, and looking is quicker than asking
# the pattern before every word.
_DENYING_WORDS = frozenset(
    {
        "no", "not", "never", "without", "cannot", "avoid", "avoids", "avoided", "avoiding",
        "prevent", "prevents", "prevented", "preventing", "rather", "instead", "neither", "nor",
    }
)  # fmt: skip
_DENYING_SIGNS = (
    "n't", "n’t", "不", "没", "沒", "无", "無", "未", "勿", "避免", "防止", "并非", "並非",
)  # fmt: skip

# Words of conflict that name what the quarrel is about or what it costs. Talks are about them too;
# the others (accuse, threaten, protest, sanction) are the quarrel itself.
_MATTERS = _BURDENS - {"sanction", "blacklist"} | {
    "cancel", "concern", "decoupling", "delisting", "failure", "fentanyl-blame", "fine", "harm",
    "probe", "quarrel", "stand-against",
}  # fmt: skip
_DESCRIBING = frozenset({"data", "trade-flow", "comparison", "description"})

# What is told of beside its tone: kinds of words that say give and take, ownership, a quarrel as
# the backdrop, and topics of which one tone is commoner than of others.
_TOLD_KINDS = frozenset({"bargaining", "holding", "trade-war"})
_TOLD_TOPICS = frozenset({"technology"})

# A speaker's label of a question in a transcript (`QUESTION:`, `Reporter 2: (01:10)`, `问：`), and
# what may stand behind a question mark.
_QUESTIONER = re.compile(
    r"\s*(?:(?:Q|QUESTION|Question|REPORTER|Reporter|PRESS|Press|Speaker)(?:\s\d+)?"
    r"(?:\s?\([\d:]+\))?\s?[:：]|[问問]\s?[:：])"
)
_CLOSING = " \n\t\"'”’」』)）"


def stance_features(dealings: Dealings, relevance: Mapping[str, float]) -> dict[str, float]:
    """Features of the stance beside those of relevance, which are `relevance` and count for it too:
    dealings told in passing are told with less colour."""
    reading = dealings.reading
    named = {id(d.sentence): d.named for d in dealings.found}
    good = bad = title_good = title_bad = 0.0
    told: defaultdict[str, float] = defaultdict(float)
    for sentence, place in zip(reading.sentences, places(dealings), strict=True):
        if not (sentence.relations or sentence.topics):
            continue
        is_named = named.get(id(sentence))
        if is_named is False:
            place *= VOICED
        if not is_named and (sentence.us or sentence.china) and _names_others(sentence):
            place *= WITH_THIRD
        words = _words(reading, sentence)
        if sentence.field == "text" and _asks(words):
            place *= ASKED
        friendly, hostile = _tones(sentence, words)
        good += place * friendly
        bad += place * hostile
        if sentence.field == "title":
            title_good += place * friendly
            title_bad += place * hostile
        _count_told(sentence, place, told)
    loud_good = good + (TITLE_TONE - 1) * title_good
    loud_bad = bad + (TITLE_TONE - 1) * title_bad
    return {
        "cooperation": log1p(loud_good),
        "conflict": log1p(loud_bad),
        "balance": _balance(loud_good, loud_bad),
        "balance-throughout": _balance(good, bad),
        "weaker-tone": log1p(min(good, bad)),
        "hostility": log1p(told["hostility"]),
        "hostility-in-dealings": log1p(told["hostility"]) / (1.0 + relevance["both-sides-often"]),
        "description": log1p(told["description"]),
        "question": float(_asks(reading.title)),
        **{f"tells-of-{name}": log1p(told[name]) for name in sorted(_TOLD_KINDS | _TOLD_TOPICS)},
    }


def places(dealings: Dealings) -> list[float]:
    """How much each of the reading's sentences tells of the dealings by its place, up to 1.

    Where no sentence holds a dealing, those that name the China side stand for them, else all.
    """
    sentences = dealings.reading.sentences
    of = dealings.nearness.of
    held = [of(sentence) == 0 for sentence in sentences]
    if not any(held):
        held = [bool(sentence.china or sentence.taiwan) for sentence in sentences]
    if not any(held):
        return [1.0] * len(sentences)
    # The title stands before the text.
    numbers = [-1 if s.field == "title" else s.number for s in sentences]
    after = _distances(zip(numbers, held, strict=True))
    before = _distances(zip(reversed(numbers), reversed(held), strict=True))
    before.reverse()
    return [
        1.0 if is_held else _fading(min(behind, LEADING_UP * ahead))
        for is_held, behind, ahead in zip(held, after, before, strict=True)
    ]


def _distances(numbered: Iterable[tuple[int, bool]]) -> list[float]:
    """How many sentences each stands from the held one met last."""
    distances: list[float] = []
    last: float = inf
    for number, is_held in numbered:
        if is_held:
            last = number
        distances.append(abs(number - last))
    return distances


def _fading(distance: float) -> float:
    return max(ANYWHERE, BESIDE * float(FADE ** (distance - 1.0)))


def _balance(good: float, bad: float) -> float:
    """-1 all friendly to 1 all hostile, near 0 where little is said."""
    return (bad - good) / (bad + good + 1.0)


def _words(reading: Reading, sentence: Sentence) -> str:
    whole = reading.title if sentence.field == "title" else reading.text
    return whole[sentence.start : sentence.end]


def _names_others(sentence: Sentence) -> bool:
    names = (*sentence.us, *sentence.china)
    return bool(sentence.third) or any(match.entry.id in _WITH_OTHERS for match in names)


def _asks(words: str) -> bool:
    return words.rstrip(_CLOSING).endswith(("?", "？")) or bool(_QUESTIONER.match(words))


def _count_told(sentence: Sentence, place: float, told: defaultdict[str, float]) -> None:
    for match in sentence.relations:
        kind = match.entry.kind
        if match.entry.polarity is Polarity.CONFLICT and kind not in _MATTERS:
            told["hostility"] += place
        elif kind in _DESCRIBING:
            told["description"] += place
        if kind in _TOLD_KINDS:
            told[kind] += place
        if match.entry.topics:
            _count_topics(match, place, told)
    for match in sentence.topics:
        _count_topics(match, place, told)


def _count_topics(match: Match, place: float, told: defaultdict[str, float]) -> None:
    for topic in match.entry.topics:
        if topic in _TOLD_TOPICS:
            told[topic] += place


def _tones(sentence: Sentence, words: str) -> tuple[float, float]:
    """The weights of a sentence's words of cooperation and of conflict."""
    good = bad = 0.0
    words = words.lower()
    denies = bool(sentence.relations) and _may_deny(words)
    easings = [m.start for m in sentence.relations if m.entry.kind == EASING]
    for start, _, entry in sentence.relations:
        if entry.polarity is Polarity.NEUTRAL:
            continue
        friendly = entry.polarity is Polarity.COOPERATION or (
            bool(easings) and entry.kind in _BURDENS and within(easings, start, EASING_REACH)
        )
        if denies and _is_denied(words, start - sentence.start):
            if friendly:
                bad += DENIED * entry.weight
        elif friendly:
            good += entry.weight
        else:
            bad += entry.weight
    for match in sentence.topics:
        if not _GRIM_TOPICS.isdisjoint(match.entry.topics):
            bad += GRIM_TONE
    return good, bad


def _may_deny(words: str) -> bool:
    return not _DENYING_WORDS.isdisjoint(words.split()) or any(s in words for s in _DENYING_SIGNS)


def _is_denied(words: str, start: int) -> bool:
    return bool(_DENIAL.search(words[max(0, start - NEGATION_REACH) : start]))
