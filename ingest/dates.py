"""Dates as publishers write them, read with how sure we can be of them.

A date is called sure only where the text leaves one reading: day, time and an offset that means one
thing. All else is read too, and marked: `LIKELY` where the day is certain and the hour rests on an
assumption (a missing zone, an abbreviation of many countries), `GUESS` where the day may be wrong.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

from ingest.date_spellings import respelled
from ingest.text.sanitise import clean_line

# The longest date form is JavaScript's, some 70 characters. Longer texts are prose, not dates.
MAX_LENGTH = 120
# Publishers stamp a piece with its time of release ahead; more than a day ahead is an error.
MAX_AHEAD = timedelta(days=1)
# Clocks of servers differ; a date further ahead than this says that zone or day was misread.
CLOCK_SKEW = timedelta(minutes=10)
# Newspapers' archives on the web reach into the 19th century; years before are placeholders.
EARLIEST_YEAR, LATEST_YEAR = 1850, 2100


class Confidence(StrEnum):
    SURE = "sure"
    LIKELY = "likely"
    GUESS = "guess"


@dataclass(frozen=True, slots=True)
class Dated:
    """A date, and where it is from.

    `at` is aware and in UTC, or None where `raw`, the text as given, is unreadable. `origin` is
    "feed", "json-ld", "opengraph", "meta", "time-tag", "text" or "url".
    """

    at: datetime | None
    raw: str
    origin: str
    confidence: Confidence


def parse_date(raw: str, *, origin: str, country: str | None = None) -> Dated:
    """Read a date of RFC 822, RFC 3339, ISO 8601, epoch seconds, Chinese and other real forms.

    What is longer than `MAX_LENGTH` is no date, and only the beginning is kept as `raw`. `country`
    is the publisher's (ISO 3166 alpha-2): it decides what "CST" and a missing zone mean, and
    whether 03/10 is in October or in March. Never raises.
    """
    raw = clean_line(raw[: 4 * MAX_LENGTH])
    text = respelled(raw)
    text = text if len(text) <= MAX_LENGTH else ""
    at, confidence = _read_number(text) or _read(text, country) or (None, Confidence.GUESS)
    return Dated(at=at, raw=raw, origin=origin, confidence=confidence)


def not_after(dated: Dated, first_seen: datetime) -> Dated:
    """The date, held against when we first saw what it dates (aware).

    More than a day later it is no date at all; later by more than clocks differ, it is a guess.
    """
    if dated.at is None or dated.at <= first_seen + CLOCK_SKEW:
        return dated
    if dated.at > first_seen + MAX_AHEAD:
        return replace(dated, at=None, confidence=Confidence.GUESS)
    return replace(dated, confidence=Confidence.GUESS)


# --- the parts of a date -----------------------------------------------------------------------

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "mon monday 一",
            "tue tues tuesday 二",
            "wed weds wednesday 三",
            "thu thur thurs thursday 四",
            "fri friday 五",
            "sat saturday 六",
            "sun sunday 日 天",
        )
    )
    for name in names.split()
}

# What an abbreviation of a time zone means: hours from UTC, and the season in which it is in force.
# Those of RFC 822, then those of the regions that the sources are in.
_ALWAYS, _WINTER, _SUMMER = range(3)
_ZONES: dict[str, tuple[float, int]] = {
    "z": (0, _ALWAYS),
    "ut": (0, _ALWAYS),
    "utc": (0, _ALWAYS),
    "gmt": (0, _ALWAYS),
    "est": (-5, _WINTER),
    "edt": (-4, _SUMMER),
    "cdt": (-5, _SUMMER),
    "mst": (-7, _WINTER),
    "mdt": (-6, _SUMMER),
    "pst": (-8, _WINTER),
    "pdt": (-7, _SUMMER),
    "hkt": (8, _ALWAYS),
    "sgt": (8, _ALWAYS),
    "jst": (9, _ALWAYS),
    "kst": (9, _ALWAYS),
    "cet": (1, _WINTER),
    "cest": (2, _SUMMER),
    "aedt": (11, _WINTER),  # the south's summer
}
# Abbreviations of several zones: what they mean for publishers of which countries, and otherwise.
_CHINA = ("CN", "TW", "HK", "MO")
_SHARED_ZONES: dict[str, tuple[dict[str, float], float]] = {
    "cst": (dict.fromkeys(_CHINA, 8.0), -6),
    "ist": ({"IN": 5.5}, 5.5),
    "bst": ({}, 1),
    "aest": ({}, 10),  # also written in summer, which once began in August
    "msk": ({}, 3),  # it was four hours from 2011 to 2014
}
# "8:05 p.m. ET": the hour of standard time; which of both is in force is to be told by the month.
_US_ZONES = {"et": -5, "ct": -6, "mt": -7, "pt": -8}
# Countries of one zone and no summer time: what a time without a zone means there.
_COUNTRY_ZONES = {
    "CN": 8.0,
    "HK": 8.0,
    "IN": 5.5,
    "JP": 9.0,
    "KR": 9.0,
    "MO": 8.0,
    "MY": 8.0,
    "PH": 8.0,
    "SG": 8.0,
    "TW": 8.0,
    "VN": 7.0,
}

_EPOCH = re.compile(r"([0-9]{9,10})(?:\.[0-9]+)?|([0-9]{12,13})")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T?([0-9]{2})([0-9]{2})([0-9]{2})?)?")
_TIME = re.compile(
    r"""
    (?P<half_zh>上午|下午|凌晨|早上|中午|晚上)? \s*
    (?<![0-9:.]) (?P<hour>[0-9]{1,2}) (?: \s?[:時时点點]\s? ) (?P<minute>[0-9]{2})
    (?: 分 | [:分] (?P<second>[0-9]{2}) (?:[.,](?P<fraction>[0-9]{1,9}))? 秒? )?
    (?! [0-9:] )
    \s* (?P<half>[ap]\.?m\b\.?)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OFFSET = re.compile(
    r"\s*\(?(?:GMT|UTC)?\s?(?P<sign>[+\-−])(?P<hours>[0-9]{1,2}):?(?P<minutes>[0-9]{2})?(?![0-9])\)?",
    re.IGNORECASE,
)
_ZONE_NAME = re.compile(r"\s*\(?(?P<name>[A-Z]{1,4})\)?(?![A-Za-z])", re.IGNORECASE)
_BEIJING = re.compile(
    r"\(?(?:北京|台北|臺北|香港|港澳)(?:时间|時間)[:)]?|\(?Beijing time\)?", re.IGNORECASE
)

_DATES = (
    # 2026-10-03, 2026/10/3, 2026.10.3, 2026年10月3日
    re.compile(
        r"(?<![0-9\-])(?P<year>[0-9]{4})\s?[-/.年]\s?(?P<month>[0-9]{1,2})\s?[-/.月]\s?"
        r"(?P<day>[0-9]{1,2})(?:日|号|號|(?![0-9]))"
    ),
    # 民國115年10月3日, the calendar of Taiwan's government
    re.compile(
        r"(?:民國|民国)\s?(?P<roc>[0-9]{2,3})\s?年\s?(?P<month>[0-9]{1,2})\s?月\s?(?P<day>[0-9]{1,2})\s?日"
    ),
    # 3 Oct 2026, 03-Oct-26, 3rd of October, 2026
    re.compile(
        r"(?<![0-9])(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?(?:\s?-\s?|\s+(?:of\s+)?)"
        r"(?P<name>[A-Z]{3,9})\.?,?(?:\s?-\s?|\s+)(?P<year>[0-9]{4}|[0-9]{2})(?![0-9])",
        re.IGNORECASE,
    ),
    # October 3, 2026; Oct 3 2026 (JavaScript); Oct  3 … 2026 (asctime, its time cut out before)
    re.compile(
        r"(?<![A-Z])(?P<name>[A-Z]{3,9})\.?\s+(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?,?\s+(?:at\s+)?"
        r"(?P<year>[0-9]{4})(?![0-9])",
        re.IGNORECASE,
    ),
    # 10/03/2026, 3.10.2026: which is the month depends
    re.compile(
        r"(?<![0-9])(?P<first>[0-9]{1,2})(?P<mark>[/.\-])(?P<second>[0-9]{1,2})(?P=mark)"
        r"(?P<year>[0-9]{4})(?![0-9])"
    ),
)
_WEEKDAY = re.compile(
    r"(?:星期|周|週|礼拜|禮拜)([一二三四五六日天])|\b([A-Z]{3,9})\b\.?", re.IGNORECASE
)
# What may stand around a date and changes nothing: separators, a zone's long name in brackets.
_NOISE = re.compile(
    r"\([^()0-9]*\)|\bat\b|[\s,;|·\-–—()]|(?<![A-Za-z])T(?![A-Za-z])", re.IGNORECASE
)
_DIGIT = re.compile(r"[0-9]")


# --- reading -----------------------------------------------------------------------------------

_Reading = tuple[datetime, Confidence]


def _read_number(text: str) -> _Reading | None:
    """Epoch seconds or milliseconds, and ISO 8601's compact form."""
    if epoch := _EPOCH.fullmatch(text):
        seconds = int(epoch[1]) if epoch[1] else int(epoch[2]) / 1000
        # Before 2000 the numbers are too short to tell from others.
        if seconds >= 946_684_800:
            return _plausible(datetime.fromtimestamp(seconds, UTC), Confidence.SURE)
    digits, z, _ = text.partition("Z")
    if compact := _COMPACT.fullmatch(digits):
        year, month, day, hour, minute, second = (int(part or 0) for part in compact.groups())
        try:
            at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            return None
        sure = z and compact[4] is not None
        return _plausible(at, Confidence.SURE if sure else Confidence.LIKELY)
    return None


def _read(text: str, country: str | None) -> _Reading | None:
    text, beijing = _BEIJING.subn(" ", text)
    time = _TIME.search(text)
    zone: _Zone | None = None
    if time:
        zone, end = _read_zone(text, time.end())
        text = f"{text[: time.start()]} {text[end:]}"
    for pattern in _DATES:
        if found := pattern.search(text):
            break
    else:
        return None
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    if _DIGIT.search(rest):
        return None  # two dates, or a number that we do not understand
    weekday, rest = _read_weekday(rest)
    named = _read_day(found, weekday, country)
    if named is None:
        return None
    day, confidence = named
    if _NOISE.sub("", rest):
        confidence = Confidence.GUESS  # words around it: it may be the date of something else
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        return None
    if time is None:
        return _plausible(
            datetime(day.year, day.month, day.day, tzinfo=UTC), _at_most_likely(confidence)
        )
    clock = _read_time(time)
    if clock is None:
        return None
    if beijing and zone is None:
        zone = _Zone(8, sure=True)
    zone = _resolved(zone, day, country)
    local = datetime(day.year, day.month, day.day, tzinfo=timezone(timedelta(hours=zone.hours)))
    if not zone.sure:
        confidence = _at_most_likely(confidence)
    return _plausible((local + clock).astimezone(UTC), confidence)


def _plausible(at: datetime, confidence: Confidence) -> _Reading | None:
    # 1970-01-01 is what software writes for "no date".
    if not EARLIEST_YEAR <= at.year <= LATEST_YEAR or abs(at.timestamp()) < 86_400:
        return None
    return at, confidence


def _at_most_likely(confidence: Confidence) -> Confidence:
    return Confidence.LIKELY if confidence is Confidence.SURE else confidence


def _read_day(
    found: re.Match[str], weekday: int | None, country: str | None
) -> tuple[date, Confidence] | None:
    parts = found.groupdict()
    if "first" in parts:
        return _read_ambiguous_day(parts, weekday, country)
    year = int(parts["roc"]) + 1911 if "roc" in parts else int(parts["year"])
    if len(parts.get("year", "")) == 2:  # RFC 2822, 4.3
        year += 2000 if year < 50 else 1900
    month = _MONTHS.get(parts["name"].lower(), 0) if "name" in parts else int(parts["month"])
    day = _date(year, month, int(parts["day"]))
    if day is None:
        return None
    agrees = weekday is None or weekday == day.weekday()
    # A weekday that contradicts the day: one of both is wrong.
    return day, Confidence.SURE if agrees else Confidence.GUESS


def _read_ambiguous_day(
    parts: dict[str, str], weekday: int | None, country: str | None
) -> tuple[date, Confidence] | None:
    first, second, year = int(parts["first"]), int(parts["second"]), int(parts["year"])
    month_first, day_first = _date(year, first, second), _date(year, second, first)
    candidates = [day for day in (month_first, day_first) if day is not None]
    if weekday is not None:
        candidates = [day for day in candidates if day.weekday() == weekday]
    if not candidates:
        return None
    if len(set(candidates)) == 1:
        return candidates[0], Confidence.SURE
    if parts["mark"] == "/" and country in ("US", "PH"):
        return candidates[0], Confidence.LIKELY
    return candidates[-1], Confidence.GUESS


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _read_weekday(rest: str) -> tuple[int | None, str]:
    for found in _WEEKDAY.finditer(rest):
        weekday = _WEEKDAYS.get((found[1] or found[2]).lower())
        if weekday is not None:
            return weekday, f"{rest[: found.start()]} {rest[found.end() :]}"
    return None, rest


def _read_time(found: re.Match[str]) -> timedelta | None:
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    half = (found["half"] or "").lower()[:1] or _CHINESE_HALVES.get(found["half_zh"] or "", "")
    if half == "a" and hour > 12:
        return None
    if half == "p" and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    # 24:00 is midnight at the day's end (ISO 8601), :60 a leap second.
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        return None
    microseconds = int((found["fraction"] or "").ljust(6, "0")[:6])
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=microseconds)


_CHINESE_HALVES = {"上午": "a", "凌晨": "a", "早上": "a", "中午": "p", "下午": "p", "晚上": "p"}


# --- zones -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Zone:
    hours: float
    sure: bool
    name: str = ""  # an abbreviation that only the date and the country make clear


def _read_zone(text: str, position: int) -> tuple[_Zone | None, int]:
    """The zone that follows a time, and where it ends."""
    if offset := _OFFSET.match(text, position):
        hours = int(offset["hours"]) + int(offset["minutes"] or 0) / 60
        # +1400 is the largest in use (Kiribati), -1200 the smallest.
        sure = hours <= 14 and int(offset["minutes"] or 0) in (0, 30, 45)
        hours = -hours if offset["sign"] != "+" else hours
        return (_Zone(hours, sure) if sure else None), offset.end()
    named = _ZONE_NAME.match(text, position)
    if named:
        name = named["name"].lower()
        if name in _ZONES or name in _SHARED_ZONES or name in _US_ZONES:
            return _Zone(0, sure=False, name=name), named.end()
    return None, position


def _resolved(zone: _Zone | None, day: date, country: str | None) -> _Zone:
    if zone is None:
        return _Zone(_COUNTRY_ZONES.get(country or "", 0), sure=False)
    if not zone.name:
        return zone
    if zone.name in _US_ZONES:
        summer = 4 <= day.month <= 10
        return _Zone(_US_ZONES[zone.name] + summer, sure=False)
    if zone.name in _SHARED_ZONES:
        by_country, otherwise = _SHARED_ZONES[zone.name]
        if country in by_country:
            return _Zone(by_country[country], sure=True)
        return _Zone(otherwise, sure=False)
    hours, season = _ZONES[zone.name]
    return _Zone(hours, sure=_in_season(season, day))


def _in_season(season: int, day: date) -> bool:
    """Whether the abbreviation can be meant as written: many write "EST" all year round.

    The months in which clocks are changed, or were (April), count as neither.
    """
    if season == _WINTER:
        return day.month in (12, 1, 2)
    if season == _SUMMER:
        return 5 <= day.month <= 9
    return True
