"""Bytes to text where the label on them is wrong, missing, or the bytes are damaged.

What was declared is believed as long as the text that comes out is plausible. Where it is not,
every encoding that a source of ours could mean is tried and the most plausible text wins.
"Plausible" is measured: the share of characters that no writer puts there (unassigned and private
ones, rare Han characters, rows of accented Latin letters), which is near 0 in any right reading and
above a third in a wrong one.

In GB18030 and Big5 a lost byte shifts all pairs after it; such runs are put back in step.
"""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# A declaration stands at the head of a document: HTML asks for the first 1,024 bytes, pages of
# newspapers put scripts before it.
_HEAD = 8_192
# Characters beyond ASCII that are judged: enough that a share of 2 % is no accident.
_SAMPLE = 4_000
# Above this share of implausible characters a reading is doubted. Chinese news has under 1 % of
# them (names in rare characters), a misread text 30 % and more.
_DOUBTED = 0.05
# Below this share a double-byte text is in step everywhere.
_SOUND = 0.01
# Above this share the bytes are in another encoding, and no mending makes them this one.
_HOPELESS = 0.5
# UTF-8 is too strict to be met by accident, but for a handful of bytes.
_CERTAIN_SEQUENCES = 8

# Without any declaration, so few sequences are enough if each has three bytes, and so many damaged
# places are overlooked beside as many sound ones: a curly quote or two in an English text.
_LIKELY_SEQUENCES = 2
_OVERLOOKED = 5

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:()\-]{1,39}")
_DECLARATION = re.compile(
    rb"""<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([^"'>]{1,40})"""
    rb"""|<meta[^>]{0,200}?\scharset\s*=\s*["']?\s*([^"'\s/>;]{1,40})"""
    rb"""|<meta[^>]{0,200}?;\s*charset\s*=\s*([^"'\s/>;]{1,40})""",
    re.IGNORECASE,
)
# Labels that are read as the larger encoding that browsers (WHATWG Encoding) take them for.
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "hz": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}
# What a document on the web can be in (WHATWG Encoding); Python's other codecs are none.
_ENCODINGS = frozenset(
    {
        *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
        *("gb18030", "big5hkscs", "cp932", "euc_jp", "iso2022_jp", "cp949"),
        *(f"cp{number}" for number in (866, 874, *range(1250, 1259))),
        *(f"iso8859-{number}" for number in (*range(2, 9), 10, *range(13, 17))),
        *("koi8-r", "koi8-u", "mac-roman", "mac-cyrillic"),
    }
)
# What is tried where nothing that was declared holds, the likeliest first.
_FALLBACKS = ("utf-8", "gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp1252")


@dataclass(frozen=True, slots=True)
class _Reading:
    text: str
    encoding: str
    doubt: float  # share of implausible characters among those beyond ASCII, 0 to 1


def decode(body: bytes, *, declared: str | None) -> tuple[str, str]:
    """The text of a page or feed, and the encoding (Python's name for it) that it was read in.

    `declared` is the charset of the Content-Type header. A byte order mark wins; then come the
    header, the document's own declaration, and what the bytes look like. Bytes that are no
    character become U+FFFD. Never raises.
    """
    for mark, marked in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(marked, "replace"), marked
    labels = (declared, _declared_inside(body), _wide_without_mark(body))
    candidates = [encoding for encoding in map(_encoding, labels) if encoding is not None]
    if body.isascii() and not any(_is_not_ascii_based(encoding) for encoding in candidates):
        return body.decode("ascii"), "utf-8"
    if (utf8 := _certain_utf8(body)) is not None:
        return utf8, "utf-8"
    if not candidates and (utf8 := _likely_utf8(body)) is not None:
        return utf8, "utf-8"
    for encoding in candidates:
        reading = _read(body, encoding)
        # Bytes that are UTF-8 to the last one, and said to be, are that: even a single rare name.
        if reading.doubt <= _DOUBTED or (encoding == "utf-8" and "\ufffd" not in reading.text):
            return reading.text, encoding
    readings = (_read(body, encoding) for encoding in (*_FALLBACKS, *candidates))
    best = min(readings, key=lambda reading: reading.doubt)
    return best.text, best.encoding


# --- what is declared --------------------------------------------------------------------------


def _declared_inside(body: bytes) -> str | None:
    found = _DECLARATION.search(body[:_HEAD])
    if found is None:
        return None
    return next(label for label in found.groups() if label).decode("latin-1")


def _wide_without_mark(body: bytes) -> str | None:
    """UTF-16 as it shows in the first character of any markup."""
    return {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(body[:2])


def _encoding(label: str | None) -> str | None:
    """Python's name of the encoding that a label means, None where it means none we would read."""
    if label is None or not _LABEL.fullmatch(label.strip(" \"'")):
        return None
    try:
        name = codecs.lookup(label.strip(" \"'")).name
    except LookupError:
        return None
    name = _SUPERSETS.get(name, name)
    return name if name in _ENCODINGS else None


def _is_not_ascii_based(encoding: str) -> bool:
    return encoding.startswith(("utf-16", "utf-32", "iso2022"))


# --- reading -----------------------------------------------------------------------------------


def _certain_utf8(body: bytes) -> str | None:
    """The text, if the bytes are UTF-8 beyond doubt, with U+FFFD for a few damaged places."""
    text = body.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    sequences = len(text) - len(text.encode("ascii", "ignore")) - damaged
    # A tenth: one damaged byte leaves up to three marks, and nothing else comes near it.
    if sequences >= _CERTAIN_SEQUENCES and damaged <= sequences / 10:
        return text
    return None


# Half of a surrogate pair, put into three bytes each by software that counts in UTF-16.
_ENCODED_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
# Characters of three bytes and more; those of two are met by accident.
_LONG_SEQUENCE = re.compile("[\u0800-\U0010ffff]")
_NONCHARACTER = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")


def _likely_utf8(body: bytes) -> str | None:
    """The text, if the bytes look like UTF-8 but for a handful of places, with U+FFFD there."""
    text = _ENCODED_SURROGATE.sub("\ufffd".encode(), body).decode("utf-8", "replace")
    text = _NONCHARACTER.sub("\ufffd", text)
    damaged = text.count("\ufffd")
    sound = sum(1 for char in _LONG_SEQUENCE.findall(text) if char != "\ufffd")
    if sound >= max(_LIKELY_SEQUENCES, damaged) and damaged <= max(_OVERLOOKED, sound / 100):
        return text
    return None


def _read(body: bytes, encoding: str) -> _Reading:
    text = body.decode(encoding, "replace")
    doubt = _doubt(text)
    damaged = doubt > _SOUND or "\ufffd" in text
    if encoding in _DOUBLE_BYTE and damaged and doubt < _HOPELESS:
        text = _decode_in_step(body, encoding)
        doubt = _doubt(text)
    return _Reading(text, encoding, doubt)


def _doubt(text: str) -> float:
    beyond_ascii = re.findall(r"[^\x00-\x7f]+", text[: 50 * _SAMPLE])
    judged = implausible = 0
    for run in beyond_ascii:
        judged += len(run)
        implausible += _implausible_in(run)
        if judged > _SAMPLE:
            break
    return implausible / judged if judged else 0.0


def _implausible_in(run: str) -> int:
    # Accented Latin letters stand between others: three in a row are bytes of something else.
    if len(run) >= 3 and all(char <= "\u024f" or char in _CP1252_EXTRAS for char in run):
        return len(run)
    return sum(1 for char in run if _is_implausible(char))


@lru_cache(maxsize=65_536)
def _is_implausible(char: str) -> bool:
    if "\u3400" <= char <= "\u9fff":
        return char not in _common_han()
    return (
        char == "\ufffd"
        or "\u0080" <= char <= "\u009f"
        # Half-width kana: Latin and Chinese bytes read as Shift_JIS.
        or "\uff61" <= char <= "\uff9f"
        or unicodedata.category(char) in ("Cn", "Co", "Cs")
    )


# The characters that Windows-1252 has at 0x80 to 0x9F.
_CP1252_EXTRAS = frozenset(bytes(range(0x80, 0xA0)).decode("cp1252", "ignore"))


@lru_cache(maxsize=1)
def _common_han() -> frozenset[str]:
    """The first levels of GB 2312 (3,755 characters), Big5 (5,401) and JIS X 0208 (2,965).

    The standards put what is in common use there.
    """
    high, low = range(0xA1, 0xFF), range(0x40, 0x7F)
    levels = (
        ("gb2312", range(0xB0, 0xD8), high),
        ("big5", range(0xA4, 0xC7), (*low, *high)),
        ("euc_jp", range(0xB0, 0xD0), high),
    )
    return frozenset(
        character
        for encoding, leads, trails in levels
        for lead in leads
        for trail in trails
        for character in bytes((lead, trail)).decode(encoding, "ignore")
    )


# --- double-byte text with bytes lost ----------------------------------------------------------

_DOUBLE_BYTE = ("gb18030", "big5hkscs")
# Bytes that are part of no pair, nor of GB18030's fours: after one of them the text is in step.
_SEGMENT = re.compile(rb"[0-9\x40-\xff]*[\x00-\x2f\x3a-\x3f]*", re.DOTALL)
# A damaged page has a few damaged paragraphs; what needs more mending than this is no text.
_MENDED_AT_MOST = 500_000  # bytes
# How unlikely it is to meet each of these in Chinese text, on one scale: a common character costs
# nothing, so a reading out of step, where two characters of three are rare, costs more and more.
_RARE, _IN_FOUR_BYTES, _LETTER, _LOST = 1.0, 1.5, 0.3, 3.0


def _decode_in_step(body: bytes, encoding: str) -> str:
    """Decode segment by segment, so that a damaged one spoils no other, and mend the damaged.

    Two lost bytes put a text in step again and no decoder complains of what is between them, so a
    segment is judged by its text.
    """
    pieces = []
    may_mend = _MENDED_AT_MOST
    for found in _SEGMENT.finditer(body):
        text = found[0].decode(encoding, "replace")
        if _doubt(text) > _SOUND:
            may_mend -= len(found[0])
            if may_mend < 0:
                pieces.append(body[found.start() :].decode(encoding, "replace"))
                break
            text = _mended(found[0], encoding)
        pieces.append(text)
    return "".join(pieces)


def _mended(segment: bytes, encoding: str) -> str:
    """The likeliest way to cut the bytes into characters, U+FFFD for bytes that belong to none.

    The cheapest path through the segment, byte by byte (Viterbi).
    """
    length = len(segment)
    cost = [0.0] + [float("inf")] * length
    taken = [0] * (length + 1)  # how many bytes the last character of the cheapest path has
    for start in range(length):
        for size in (1, 2, 4):
            end = start + size
            if end > length:
                break
            here = cost[start] + _cost(segment[start:end], encoding)
            if here < cost[end]:
                cost[end], taken[end] = here, size
    pieces = []
    end = length
    while end:
        start = end - taken[end]
        pieces.append(segment[start:end].decode(encoding, "replace"))
        end = start
    return "".join(reversed(pieces))


@lru_cache(maxsize=65_536)
def _cost(character: bytes, encoding: str) -> float:
    if len(character) == 1:
        return _LETTER if character < b"\x80" else _LOST
    try:
        text = character.decode(encoding)
    except UnicodeDecodeError:
        return float("inf")
    if len(text) != 1:  # two characters of fewer bytes
        return float("inf")
    if len(character) == 4:
        return _IN_FOUR_BYTES
    return 0.0 if text in _common_han() or text in _PUNCTUATION else _RARE


_PUNCTUATION = frozenset("　、。，．；：？！“”‘’「」『』（）《》〈〉【】—…·％０１２３４５６７８９")
