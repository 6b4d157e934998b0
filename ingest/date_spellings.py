"""Odd spellings of dates, respelled so that `ingest.dates` reads them: other languages, other
software's forms, markup around them. What none of the rules knows comes back as it is.
"""

import html
import re
import unicodedata

_TIME_TAG = re.compile(r"""<time\b[^<>]*?\bdatetime\s*=\s*["']?([^"'<>]+)""", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")

# /Date(1790000000000+0800)/, as ASP.NET writes JSON: the offset is for showing only.
_MICROSOFT = re.compile(r"\\?/?(?:new )?Date\((-?[0-9]{9,13})(?:[+-][0-9]{4})?\)\\?/?;?")
# 20261127T100000+0800; without an offset `ingest.dates` reads it itself.
_COMPACT = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})[T ]?([0-9]{2})([0-9]{2})([0-9]{2})?(?:[.,][0-9]{1,9})?\s?"
    r"([+-][0-9]{2}:?[0-9]{2}|Z)"
)
# As Go prints times: +0000 UTC, +0800 CST m=+0.01
_AFTER_OFFSET = re.compile(
    r"(?<=[0-9])(\s?[+-][0-9]{2}:?[0-9]{2})\s\(?[A-Z]{1,5}\)?(?:\sm=[+-][0-9.]+)?$"
)
# As Java prints them: +08:00[Asia/Shanghai]
_ZONE_ID = re.compile(
    r"(\s?[+-][0-9]{2}:?[0-9]{2}|Z)?\s?[\[(]?\b([A-Z][A-Za-z]+/[A-Z][A-Za-z_]+)[\])]?"
)
_ZONE_IDS = {
    **dict.fromkeys(
        [
            "Shanghai",
            "Chongqing",
            "Harbin",
            "Hong_Kong",
            "Macau",
            "Macao",
            "Taipei",
            "Singapore",
            "Manila",
            "Kuala_Lumpur",
        ],
        "+08:00",
    ),
    **dict.fromkeys(["Tokyo", "Seoul", "Pyongyang"], "+09:00"),
    **dict.fromkeys(["Bangkok", "Jakarta", "Ho_Chi_Minh", "Saigon"], "+07:00"),
    **dict.fromkeys(["Kolkata", "Calcutta"], "+05:30"),
    **dict.fromkeys(["UTC", "GMT"], "+00:00"),
}
_LONG_ZONES = (
    (re.compile(r"\bEastern (Standard|Daylight) Time\b", re.I), "E{}T"),
    (re.compile(r"\bCentral (Standard|Daylight) Time\b", re.I), "C{}T"),
    (re.compile(r"\bMountain (Standard|Daylight) Time\b", re.I), "M{}T"),
    (re.compile(r"\bPacific (Standard|Daylight) Time\b", re.I), "P{}T"),
)
_US_ZONE = re.compile(r"\b(Eastern|Central|Mountain|Pacific)(?: Time)?$", re.IGNORECASE)

# 20:0:0, 9:5
_SHORT_TIME = re.compile(r"(?<![0-9:.+\-])([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2}))?(?![0-9:])")
# a. m., P.M., and hours without minutes: 10 a.m.
_HALF = re.compile(r"(?<=[0-9 ])([ap])\.?\s?m(?:\.|\b)", re.IGNORECASE)
_HOUR_ALONE = re.compile(r"(?<![0-9:.])([0-9]{1,2})\s?(?=[ap]m\b)", re.IGNORECASE)
_DOTTED_HOUR = re.compile(r"(?<![0-9:.])([0-9]{1,2})\.([0-9]{2})(?=\s?[ap]m\b)", re.IGNORECASE)
_FRENCH_HOUR = re.compile(r"(?<![0-9:])([0-9]{1,2})\s?[hH]\s?([0-9]{2})(?![0-9])")

_NUMERALS = {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "两": 2}
_HAN_YEAR = re.compile(r"[〇零○一二三四五六七八九]{4}(?=\s?年)")
_HAN_NUMBER = re.compile(
    r"(?<![一二三四五六七八九十週周期拜])(?:[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])(?=\s?[月日号號])"
)
_DAY_MONTH_YEAR = re.compile(
    r"(?<![0-9])([0-9]{1,2})[\s,]+([0-9]{1,2})\s?月[\s,份]+([0-9]{4})(?![0-9年])"
)
_MONTH_DAY_YEAR = re.compile(
    r"(?<![0-9年])([0-9]{1,2})\s?月份?\s?([0-9]{1,2})[日号號]?[\s,]+([0-9]{4})(?![0-9])"
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

# Months and weekdays of languages that the sources' neighbours write in, without accents.
_WORDS = {
    word: english
    for english, words in (
        ("Jan", "janvier janv enero ene januar janeiro gennaio genn gen"),
        ("Feb", "fevrier fevr fev febrero februar fevereiro febbraio febb"),
        ("Mar", "mars marzo marz maerz marco"),
        ("Apr", "avril avr abril abr aprile"),
        ("May", "mai mayo maio maggio magg"),
        ("Jun", "juin junio juni junho giugno giu"),
        ("Jul", "juillet juil julio juli julho luglio lug"),
        ("Aug", "aout agosto ago"),
        ("Sep", "septembre septiembre setiembre setembro settembre sett"),
        ("Oct", "octobre octubre oktober okt outubro out ottobre ott"),
        ("Nov", "novembre noviembre novembro"),
        ("Dec", "decembre dec diciembre dic dezember dez dezembro dicembre"),
        ("Mon", "lundi lun lunes montag segunda-feira lunedi"),
        ("Tue", "mardi martes dienstag terca-feira martedi"),
        ("Wed", "mercredi mercr mer miercoles mie mittwoch quarta-feira mercoledi"),
        ("Thu", "jeudi jeu jueves jue donnerstag quinta-feira giovedi"),
        ("Fri", "vendredi ven viernes vie freitag sexta-feira venerdi"),
        ("Sat", "samedi sam sabado sab samstag sonnabend sabato"),
        ("Sun", "dimanche dim domingo dom sonntag domenica"),
    )
    for word in words.split()
}
_WORD = re.compile(r"[^\W\d_]{3,}(?:-feira)?")
# French and Spanish write "mar." for Tuesday too, beside a month.
_TUESDAY = re.compile(r"\bmar\.?,?\s+(?=[0-9]{1,2}\s+(?:de\s+)?(?!at\b)[^\W\d_]{3})", re.IGNORECASE)
# "27 de noviembre de 2026", "le 27 novembre 2026 à 10h30", "a las 10:30", "um 10:30 Uhr"
_PARTICLES = re.compile(
    r"(?<![^\W\d_])(?:de|del|do|le|il|el|à|a las|às|alle|um|uhr|den)(?![^\W\d_])", re.I
)
_FIRST = re.compile(r"(?<![0-9])1(?:er|º|°)(?=\s)", re.IGNORECASE)
_GERMAN_DAY = re.compile(r"(?<![0-9.])([0-9]{1,2})\.(?=\s?[^\W\d_]{3})")


def without_markup(text: str) -> str:
    """What a date's element says, where its markup was escaped into the field."""
    if "&" in text:
        text = html.unescape(text)
    if "<" not in text:
        return text
    machine = _TIME_TAG.search(text)
    return machine[1].strip() if machine else " ".join(_TAG.sub(" ", text).split())


def respelled(text: str) -> str:
    """The date in a spelling of English or of ISO 8601, if it is in one that is known here.

    `text` is one line, normalised by NFKC.
    """
    if number := _MICROSOFT.fullmatch(text):
        return number[1]
    if compact := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second, zone = compact.groups()
        return f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{zone}"
    text = _AFTER_OFFSET.sub(r"\1", text)
    text = _ZONE_ID.sub(_offset, text)
    text = _from_chinese(text)
    text = _from_other_languages(text)
    text = _FRENCH_HOUR.sub(r"\1:\2", text)
    text = _HALF.sub(r"\1m", text)
    text = _DOTTED_HOUR.sub(r"\1:\2", text)
    text = _HOUR_ALONE.sub(r"\1:00 ", text)
    text = _SHORT_TIME.sub(_padded, text)
    for pattern, name in _LONG_ZONES:
        text = pattern.sub(lambda found, name=name: name.format(found[1][0].upper()), text)  # type: ignore[misc]
    return _US_ZONE.sub(lambda found: f"{found[1][0].upper()}T", text)


def _offset(found: re.Match[str]) -> str:
    """The offset beside a zone's name, or that of a zone without summer time."""
    if found[1]:
        return found[1]
    return _ZONE_IDS.get(found[2].rpartition("/")[2], " ")


def _padded(found: re.Match[str]) -> str:
    return ":".join(
        part if number == 0 else part.zfill(2) for number, part in enumerate(found.groups()) if part
    )


def _from_chinese(text: str) -> str:
    if "月" not in text and "年" not in text:
        return text
    text = _HAN_YEAR.sub(lambda found: "".join(str(_NUMERALS[c]) for c in found[0]), text)
    text = _HAN_NUMBER.sub(lambda found: str(_number(found[0])), text)
    text = _DAY_MONTH_YEAR.sub(lambda found: _english(found[1], found[2], found[3], found[0]), text)
    return _MONTH_DAY_YEAR.sub(lambda found: _english(found[2], found[1], found[3], found[0]), text)


def _number(numeral: str) -> int:
    """二十七 as 27: below a hundred."""
    tens, ten, ones = numeral.rpartition("十")
    if not ten:
        return _NUMERALS[ones]
    return 10 * (_NUMERALS[tens] if tens else 1) + (_NUMERALS[ones] if ones else 0)


def _english(day: str, month: str, year: str, otherwise: str) -> str:
    return f"{day} {_MONTHS[int(month) - 1]} {year}" if 1 <= int(month) <= 12 else otherwise


def _from_other_languages(text: str) -> str:
    text = _TUESDAY.sub("Tue ", text, count=1)
    words = {_bare(found[0]) for found in _WORD.finditer(text)}
    if not any(word in _WORDS for word in words):
        return text
    text = _FIRST.sub("1", _PARTICLES.sub(" ", _GERMAN_DAY.sub(r"\1 ", text)))
    text = _WORD.sub(lambda found: _WORDS.get(_bare(found[0]), found[0]), text)
    return " ".join(text.split())


def _bare(word: str) -> str:
    """In lower case, without accents."""
    apart = unicodedata.normalize("NFD", word.lower())
    return "".join(c for c in apart if not unicodedata.combining(c))
