"""Pages in many encodings, under right and wrong labels, with bytes lost and changed."""

import random
from collections.abc import Callable
from difflib import SequenceMatcher

from ingest.text.charset import decode
from tests.faults.rows import Row, row
from tests.faults.strangers.texts import SAMPLES

ASKED = 99.5  # percent

# What pages of a language are written in.
_ENCODINGS = {
    "en": ("utf-8", "cp1252"),
    "zh-Hans": ("utf-8", "gb18030", "gbk", "gb2312"),
    "zh-Hant": ("utf-8", "big5", "gb18030"),
    "ja": ("utf-8", "shift_jis", "euc_jp"),
    "ko": ("utf-8", "cp949"),
    "ru": ("utf-8", "cp1251", "koi8-r"),
    "fr": ("utf-8", "cp1252"),
}


# The languages of our sources: their pages come with the right label, none, or a wrong one. Others
# are read as they are labelled.
_UNLABELLED = ("en", "zh-Hans", "zh-Hant", "fr")
_LABELS = ("right", None, "iso-8859-1")


def _at(rng: random.Random, body: bytes) -> int:
    """A place in the body's text; the markup around it is ASCII and shrugs damage off."""
    return rng.randrange(len(body) // 10, len(body) * 9 // 10)


def _dropped(rng: random.Random, body: bytes) -> bytes:
    at = _at(rng, body)
    return body[:at] + body[at + 1 :]


def _changed(rng: random.Random, body: bytes) -> bytes:
    at = _at(rng, body)
    return body[:at] + bytes([rng.randrange(256)]) + body[at + 1 :]


def _inserted(rng: random.Random, body: bytes) -> bytes:
    at = _at(rng, body)
    return body[:at] + b"\xff" + body[at:]


def _nul(rng: random.Random, body: bytes) -> bytes:
    at = _at(rng, body)
    return body[:at] + b"\x00" + body[at:]


def _cut(_: random.Random, body: bytes) -> bytes:
    return body[:-1]


def _thrice(rng: random.Random, body: bytes) -> bytes:
    return _dropped(rng, _changed(rng, _inserted(rng, body)))


def _whole(_: random.Random, body: bytes) -> bytes:
    return body


_CORRUPTIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _whole,
    _dropped,
    _changed,
    _inserted,
    _nul,
    _cut,
    _thrice,
)


def charsets(pages: int = 300) -> Row:
    """`pages` pages, each in all encodings of its language and with each kind of damage."""
    rng = random.Random(7)
    characters = right = readings = 0
    worst = ("", 1.0)
    languages = list(SAMPLES)
    for number in range(pages):
        language = languages[number % len(languages)]
        paragraphs = rng.choices(SAMPLES[language], k=20)
        for encoding in _ENCODINGS[language]:
            clean = "\n".join(paragraphs).encode(encoding, "ignore")
            lines = clean.decode(encoding).split("\n")
            label = _LABELS[number % 3] if language in _UNLABELLED else encoding
            label = encoding if label == "right" else label
            for corrupt in _CORRUPTIONS:
                body = b"<html><body><p>\n" + corrupt(rng, clean) + b"\n</p></body></html>"
                text, _ = decode(body, declared=label)
                same = _same(lines, text)
                total = sum(map(len, lines))
                characters, right, readings = characters + total, right + same, readings + 1
                name = f"{language} {encoding} {corrupt.__name__.strip('_')} said {label}"
                worst = min(worst, (name, same / total), key=lambda one: one[1])
    percent = 100 * right / characters
    return row(
        "pages in damaged encodings",
        times=readings,
        items=pages,
        asked=f">= {ASKED} % of characters right",
        measured=f"{percent:.3f} %; worst {worst[0]}: {100 * worst[1]:.1f} %",
        ok=percent >= ASKED,
    )


def _same(lines: list[str], text: str) -> int:
    """How many characters of the lines stand in the text, line by line.

    A damaged line is compared with the one that holds most of it: damage can join two lines.
    """
    read = text.split("\n")
    missing = set(read)
    same = sum(len(line) for line in lines if line in missing)
    for line in lines:
        if line not in missing:
            others = (other for other in read if other not in lines)
            same += max((_shared(line, other) for other in others), default=0)
    return same


def _shared(line: str, other: str) -> int:
    matcher = SequenceMatcher(None, line, other, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks())
