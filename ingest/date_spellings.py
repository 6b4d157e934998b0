"""Dates as software and languages misspell them, put into the words that `ingest.dates` reads.

What leaves a feed is often a date that was formatted in the locale of its server (27 十一月 2026,
27 nov. 2026), printed by a language's own printer (Go, .NET, Java), or escaped with its markup.
Nothing is decided here: what the date means, and how sure that is, is read from the new spelling.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from html import unescape
from zoneinfo import ZoneInfo

# Markup that was escaped, and once more on its way into the feed.
_MOST_ESCAPES = 3

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _by_word(words: list[str], lists: str) -> dict[str, str]:
    """The English word for each of another language's; a line has one language's, in order."""
    found: dict[str, str] = {}
    for line in lists.strip().splitlines():
        for english, others in zip(words, line.split(), strict=True):
            found |= dict.fromkeys(others.split("/"), english.title())
    return found


# Without accents, as they are looked up; / parts two names of one. English and what is spelled
# like it are left out of nothing: "april" is April.
_MONTHS_ELSEWHERE = _by_word(
    _MONTHS,
    """
    janvier/janv fevrier/fevr/fev mars avril/avr mai juin juillet/juil aout septembre octobre novembre decembre
    enero/ene febrero marzo abril/abr mayo junio julio agosto/ago septiembre/setiembre octubre noviembre diciembre/dic
    januar/janner februar marz/mrz april mai juni juli august september oktober/okt november dezember/dez
    janeiro fevereiro marco abril maio junho julho agosto setembro outubro/out novembro dezembro
    gennaio/gen febbraio marzo aprile maggio/mag giugno/giu luglio/lug agosto settembre ottobre/ott novembre dicembre
    januari februari maret/maart april/apr mei juni juli agustus/augustus/agt september oktober november desember/december/des
    января/янв февраля/фев/февр марта/мар апреля/апр мая/маи июня/июн июля/июл августа/авг сентября/сен/сент октября/окт ноября/ноя/нояб декабря/дек
    """,  # noqa: E501
)
_DAYS_ELSEWHERE = _by_word(
    _DAYS,
    """
    lundi/lun mardi/mar mercredi/mer jeudi/jeu vendredi/ven samedi/sam dimanche/dim
    lunes/lun martes/mar miercoles/mie jueves/jue viernes/vie sabado/sab domingo/dom
    montag/mo dienstag/di mittwoch/mi donnerstag/do freitag/fr samstag/sa sonntag/so
    segunda/segunda-feira terca/terca-feira quarta/quarta-feira quinta/quinta-feira sexta/sexta-feira sabado domingo
    lunedi martedi mercoledi giovedi venerdi sabato domenica
    senin selasa rabu kamis jumat sabtu minggu
    понедельник/пн вторник/вт среда/ср четверг/чт пятница/пт суббота/сб воскресенье/вс
    """,  # noqa: E501
)
# What Chinese, Japanese and Korean dates are made of, as Chinese ones are.
_EAST = (
    (re.compile(r"(?<=[0-9])\s?년"), "年"),
    (re.compile(r"(?<=[0-9])\s?월"), "月"),
    (re.compile(r"(?<=[0-9])\s?일"), "日"),
    (re.compile(r"(?<=[0-9])\s?시\s?(?=[0-9])"), ":"),
    (re.compile(r"(?<=[0-9])\s?분"), " "),
    (re.compile(r"오전|午前"), "上午"),
    (re.compile(r"오후|午後"), "下午"),
    (re.compile(r"[월화수목금토일]요일|[月火水木金土日]曜日?"), " "),
)
_US = ("eastern", "central", "mountain", "pacific")
_SEASONS = ("standard", "daylight")
# Zones of one meaning that `ingest.dates` has no names for.
_ZONES = {
    **dict.fromkeys(("pht", "myt", "awst", "wita", "hong kong time", "taipei time"), "+0800"),
    **dict.fromkeys(("china standard time", "singapore time"), "+0800"),
    **dict.fromkeys(("wib", "ict", "hanoi time"), "+0700"),
    **dict.fromkeys(("tokyo time", "seoul time"), "+0900"),
    **{"pkt": "+0500", "nzdt": "+1300", "nzst": "+1200", "hst": "-1000", "wet": "+0000"},
    **{"eet": "+0200", "eest": "+0300", "brt": "-0300", "eat": "+0300", "sast": "+0200"},
    **{f"{name} {season}": f"{name[0]}{season[0]}t".upper() for name in _US for season in _SEASONS},
    **{"mez": "CET", "mesz": "CEST"},
    **{"eastern": "ET", "central": "CT", "mountain": "MT", "pacific": "PT"},
}

_TIME_TAG = re.compile(r"<time\b[^>]*?\bdatetime\s*=\s*[\"']?([^\"'>]+)", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_DOT_NET = re.compile(r"\\?/?(?:new )?\bDate\(([0-9]{9,13})(?:[+-][0-9]{4})?\)\\?/?;?")
_COMPACT = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T|\s|(?=[0-9]{6}))([0-9]{2}):?([0-9]{2})(?::?([0-9]{2}))?"
    r"(?:[.,][0-9]+)?\s*(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?",
    re.IGNORECASE,
)
_REGION = re.compile(r"\s*[\[(]?\b([A-Z][A-Za-z]+/[A-Z][A-Za-z_]+)\b[\])]?")
_ANNOTATION = re.compile(r"\[!?[a-z][a-z0-9-]*=[^\[\]]*\]")  # RFC 9557
_LOCAL = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]+)?"
)
_OFFSET = r"[+-][0-9]{2}:?[0-9]{2}"
_GO_CLOCK = re.compile(r"\s+m=[+-][0-9.]+$")
# "+0800 CST", "+0000 UTC", "+0800 +08"; "EST -0500".
_TOLD_TWICE = re.compile(
    rf"(?<=[0-9])\s*({_OFFSET})\s+\(?(?:[A-Z]{{1,5}}|[+-][0-9]{{2,4}})\)?(?!\w)"
)
_NAME_FIRST = re.compile(rf"\b(?!GMT|UTC)[A-Z]{{2,4}}\s?({_OFFSET})(?![0-9])")
_CLOCK = re.compile(
    r"(?<![0-9:+\-])([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2}))?(?![0-9:])|"
    r"(?<![0-9])([0-9]{1,2})\s?[時时点點]\s?(?:([0-9]{1,2})\s?分(?:\s?([0-9]{1,2})\s?秒)?|整)"
)
_HALF = re.compile(
    r"(?<![0-9:.])([0-9]{1,2})(?:[:.]([0-9]{2})(?::([0-9]{2}))?)?\s?([ap])\s?\.?\s?m\b\.?",
    re.IGNORECASE,
)
_HALF_BEHIND = re.compile(r"([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)\s?(上午|下午)")
_FRENCH_CLOCK = re.compile(r"(?<![0-9])([0-9]{1,2})\s?h(?:\s?([0-9]{2}))?(?![\w])", re.IGNORECASE)
_ZONE_NAME = re.compile(
    rf"(?<=[0-9mM. ])({'|'.join(sorted(_ZONES, key=len, reverse=True))})"
    r"(?:\stime)?\b",
    re.IGNORECASE,
)
_CHINESE_MONTH = re.compile(
    r"(?<![0-9年])([0-9]{1,2})(\s+|-|/)(十[一二]?|[一二三四五六七八九]|[0-9]{1,2})\s?月(\s+|-|/|,\s*)"
    r"([0-9]{4}|[0-9]{2})(?![0-9])"
)
_CHINESE_MONTH_FIRST = re.compile(
    r"(?<![0-9年〇零一二三四五六七八九十])(十[一二]?|[一二三四五六七八九]|[0-9]{1,2})月\s*([0-9]{1,2})日?,?\s+([0-9]{4})(?![0-9])"
)
_CHINESE_NUMERALS = re.compile(
    r"([〇零○一二三四五六七八九]{4}|[0-9]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})[日号號]"
)
_VIETNAMESE = re.compile(
    r"([0-9]{1,2})\s+thang\s+([0-9]{1,2}),?\s+(?:nam\s+)?([0-9]{4})", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_DAY_FIRST = re.compile(r"^\s*([^\W\d_]{2,}(?:-feira)?)(\.?,|\.?)\s*(?=[0-9])")
_DAY_AND_MONTH = re.compile(r"[0-9]{1,2}\s+(?:de\s+)?(?!at\b|a\b)[^\W\d_]{3,}")
_PARTICLES = re.compile(
    r"(?<![\w.])(?:le|a las?|de|del|um|uhr|den|alle(?: ore)?|ore|as|pukul|hrs?|hs|г|в|a(?= [0-9]))"
    r"(?![\w])\.?",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"\b([0-9]{1,2})(?:er|º|ª|o|\.)(?=\s+[^\W\d_])", re.IGNORECASE)
_DIGITS = {digit: number for number, digit in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}


def respelled(raw: str) -> str:
    """The date of a text in the spelling that is read; any other text much as it was."""
    text = unicodedata.normalize("NFKC", _out_of_markup(raw)).strip()
    if found := _DOT_NET.fullmatch(text):
        return found[1]
    if (found := _COMPACT.fullmatch(text)) and (found[7] or not text.isdigit() or len(text) == 14):
        year, month, day, hour, minute, second, zone = found.groups()
        return f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{zone or ''}"
    for step in _STEPS:
        text = step(text)
    return text


def _out_of_markup(raw: str) -> str:
    for _ in range(_MOST_ESCAPES):
        if "&" not in raw:
            break
        raw = unescape(raw)
    if "<" not in raw:
        return raw
    tagged = _TIME_TAG.search(raw)
    return tagged[1] if tagged else _TAG.sub(" ", raw)


def _without_doubled_zones(text: str) -> str:
    text = _ANNOTATION.sub("", _GO_CLOCK.sub("", text))
    text = _REGION.sub(lambda region: _offset_there(text, region[1]), text)
    return _NAME_FIRST.sub(r"\1", _TOLD_TWICE.sub(r" \1", text))


def _offset_there(text: str, region: str) -> str:
    """The offset in a region (Asia/Shanghai) at a local time; "" where another is told or none."""
    local = _LOCAL.search(text)
    if local is None or re.match(rf"\s*(?:Z|{_OFFSET}|[A-Z]{{3}}\b)", text[local.end() :]):
        return ""
    try:
        there = datetime.fromisoformat(f"{local[1]}T{local[2]}").replace(tzinfo=ZoneInfo(region))
    except (ValueError, OSError, KeyError):  # no such time, no such region
        return ""
    return f" {there:%z}"[:6]


def _of_the_east(text: str) -> str:
    if text.isascii():
        return text
    for pattern, instead in _EAST:
        text = pattern.sub(instead, text)
    text = _CHINESE_NUMERALS.sub(_from_numerals, text)
    text = _CHINESE_MONTH.sub(
        lambda found: f"{found[1]} {_month(found[3])} {found[5]}" if _month(found[3]) else found[0],
        text,
    )
    text = _CHINESE_MONTH_FIRST.sub(
        lambda found: f"{found[2]} {_month(found[1])} {found[3]}" if _month(found[1]) else found[0],
        text,
    )
    return _HALF_BEHIND.sub(r"\2 \1", text)


def _month(numeral: str) -> str:
    number = int(numeral) if numeral.isdecimal() and numeral.isascii() else _number(numeral)
    return _MONTHS[number - 1].title() if 1 <= number <= 12 else ""


def _number(numeral: str) -> int:
    """A number up to 99 in Chinese."""
    tens, ten, ones = numeral.rpartition("十")
    if not ten:
        return _DIGITS[ones]
    return (_DIGITS[tens[-1]] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def _from_numerals(found: re.Match[str]) -> str:
    try:
        year = "".join(str(_DIGITS.get(digit, digit)) for digit in found[1])
        return f"{year}年{_number(found[2])}月{_number(found[3])}日"
    except (KeyError, ValueError):
        return found[0]


def _in_english(text: str) -> str:
    """Months and weekdays of other languages, and the particles about them."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)
    )
    plain = unicodedata.normalize("NFC", plain)
    plain = _VIETNAMESE.sub(r"\3-\2-\1", plain)
    if day := _DAY_FIRST.match(plain):
        english = _DAYS_ELSEWHERE.get(day[1].lower())
        # "mar 3" is a month; "mar, 3", "mardi 3" and "mar 3 nov" are days.
        sure = "," in day[2] or len(day[1]) > 3 or _DAY_AND_MONTH.match(plain, day.end())
        if english and sure:
            plain = f"{english}, {plain[day.end() :]}"
    words = {word.lower() for word in _WORD.findall(plain)}
    if not words & (_MONTHS_ELSEWHERE.keys() | {"uhr"}):
        return plain if plain.isascii() else text
    plain = _ORDINAL.sub(r"\1", plain)
    plain = _WORD.sub(lambda word: _MONTHS_ELSEWHERE.get(word[0].lower(), word[0]), plain)
    plain = _FRENCH_CLOCK.sub(lambda found: f"{found[1]}:{found[2] or '00'}", plain)
    return _PARTICLES.sub(" ", plain)


def _on_the_clock(text: str) -> str:
    """Hours, minutes and seconds of two digits; 10 p.m. as 10:00 pm; zones by their offsets."""
    text = _HALF.sub(
        lambda found: (
            f"{found[1]}:{found[2] or '00'}{':' + found[3] if found[3] else ''} {found[4].lower()}m"
        ),
        text,
    )
    text = _CLOCK.sub(_padded, text)
    return _ZONE_NAME.sub(lambda name: _ZONES[name[1].lower()], text)


def _padded(found: re.Match[str]) -> str:
    if found[1]:
        return ":".join(part.zfill(2) for part in (found[1], found[2], found[3]) if part)
    return ":".join((part or "0").zfill(2) for part in (found[4], found[5], found[6] or "0"))


_STEPS: tuple[Callable[[str], str], ...] = (
    _without_doubled_zones,
    _of_the_east,
    _in_english,
    _on_the_clock,
)
