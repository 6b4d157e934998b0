"""Dates as pages write them, brought into the forms that `ingest.dates` reads.

The years of Taiwan's calendar with and without its name, numbers in characters, Korean and Japanese
halves of the day, hours without minutes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest.dates import Confidence, Dated, parse_date

CHINESE = frozenset({"CN", "TW", "HK", "MO", "SG"})
# The first year of the Republic is 1912. Two digits of its calendar are a past century's.
_ROC = 1911

_DIGITS = {
    char: str(n) for n, chars in enumerate(("〇零○Ｏ", *"一二三四五六七八九")) for char in chars
}
_NUMERAL = "〇零○一二三四五六七八九十百"
_IN_CHARACTERS = re.compile(rf"([{_NUMERAL}]{{1,9}})(?=\s?[年月日号號])")
_ROC_NAMED = re.compile(r"(?:中[華华])?民[國国]\s?(\d{2,3})\s?年")
_ROC_YEAR = re.compile(
    r"(?<![\d.])(1\d{2})(?=\s?年\s?\d{1,2}\s?月|([-/.])(?:0?[1-9]|1[0-2])\2\d{1,2}(?!\d))"
)
_SHORT_YEAR = re.compile(r"(?<![\d\-/.])(\d{2})(?=-(?:0[1-9]|1[0-2])-(?:[0-2]\d|3[01])(?![\d\-]))")
_HALVES = {"오전": "上午", "오후": "下午", "午前": "上午", "午後": "下午", "午后": "下午"}
_WHOLE_HOUR = re.compile(r"(?<![\d:])(\d{1,2})\s*([ap])\.?\s?m\b\.?", re.IGNORECASE)
_GLUED_YEAR = re.compile(r",(?=\d{4})")
_YEAR_MARK = re.compile(r"(?<=\d)\s?(?:년|年)\s?(?=\d)|(?<=\d)\s?(?:월|月)\s?(?=\d)")
_KOREAN = str.maketrans({"년": "年", "월": "月", "일": "日"})

_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = (
    r"(?:\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}(?!\d)日?"
    rf"|(?<!\d)\d{{1,2}}(?:st|nd|rd|th)?[\s-]+(?:of\s+)?{_MONTHS}\.?,?[\s-]+\d{{4}}(?!\d)"
    rf"|\b{_MONTHS}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s*\d{{4}}(?!\d)"
    r"|(?<![\d/])\d{1,2}/\d{1,2}/\d{4}(?!\d))"
)
_CLOCK = (
    r"(?:[上下]午|凌晨|早上|中午|晚上)?\s?(?<!\d)\d{1,2}\s?[:时時点點]\s?\d{2}(?:\s?[:分]\s?\d{2}|分)?"
    r"(?:\s*[ap]\.?m\b\.?)?(?:\s*\(?(?:[A-Z]{2,4}\b|(?:GMT|UTC)?[+-]\d{1,2}:?\d{0,2})\)?)?"
)
_DATE = re.compile(
    rf"(?:(?P<before>{_CLOCK}),?\s*(?:[-–|·]\s*)?(?:on\s+)?)?(?P<day>{_DAY})"
    rf"(?:T(?=\d)|at\b|[\s,.|·–-]|\(?(?:星期|周|週|[禮礼]拜)?[一二三四五六日天]\)?){{0,6}}(?P<after>{_CLOCK})?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A date within a text, and where it stands there."""

    dated: Dated
    start: int
    end: int
    text: str  # that it was found in, in the forms that are read


def page_form(raw: str, *, country: str | None = None, chinese: bool = False) -> str:
    """A date as a page writes it, in a form that `parse_date` reads."""
    text = raw.translate(_KOREAN) if not raw.isascii() else raw
    for half, ours in _HALVES.items():
        text = text.replace(half, ours)
    text = _IN_CHARACTERS.sub(lambda number: _number(number[1]), text)
    text = _ROC_NAMED.sub(lambda year: f"{int(year[1]) + _ROC}年", text)
    text = _ROC_YEAR.sub(lambda year: str(int(year[1]) + _ROC), text)
    if chinese or country in CHINESE:
        text = _SHORT_YEAR.sub(r"20\1", text)
    return _GLUED_YEAR.sub(", ", _WHOLE_HOUR.sub(_with_minutes, text))


def read_date(raw: str, *, origin: str, country: str | None = None) -> Dated:
    """`parse_date` for what a page states, kept as it was given."""
    dated = parse_date(raw, origin=origin, country=country)
    if dated.at is not None and dated.confidence is not Confidence.GUESS:
        return dated
    form = page_form(raw, country=country)
    if form == raw:
        return dated
    again = parse_date(form, origin=origin, country=country)
    return replace(again, raw=dated.raw) if again.at is not None else dated


def find_dates(text: str, *, country: str | None, chinese: bool) -> Iterator[Found]:
    """The dates within a short text, each with the hour that stands beside it."""
    form = page_form(text, country=country, chinese=chinese)
    for found in _DATE.finditer(form):
        clock = found["after"] or found["before"] or ""
        dated = parse_date(f"{found['day']} {clock}", origin="text", country=country)
        if dated.at is None and clock:
            dated = parse_date(found["day"], origin="text", country=country)
        if dated.at is not None:
            yield Found(replace(dated, raw=found[0].strip()), found.start(), found.end(), form)


def _with_minutes(hour: re.Match[str]) -> str:
    return f"{hour[1]}:00 {hour[2]}m"


def _number(characters: str) -> str:
    """二〇二六 and 一百一十五 in digits."""
    if not re.search("[十百]", characters):
        return "".join(_DIGITS[char] for char in characters)
    hundreds, _, rest = characters.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    value = 100 * (int(_DIGITS.get(hundreds[-1:], "1")) if "百" in characters else 0)
    value += 10 * (int(_DIGITS.get(tens[-1:], "1")) if ten else 0)
    return str(value + int(_DIGITS.get(ones[-1:], "0")))
