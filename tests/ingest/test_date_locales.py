"""Dates in the spellings of servers' locales, of languages' printers, and with their markup."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dates import Confidence, parse_date

# The text; what it means in UTC where the publisher's country is not known.
SURE = """
<time datetime='2026-11-27T02:00:00Z'>x</time>               | 2026-11-27 02:00:00
<span>Fri, 27 Nov 2026 02:00:00 GMT</span>                   | 2026-11-27 02:00:00
Fri, 27 Nov 2026 2:0:0 GMT                                   | 2026-11-27 02:00:00
2026-11-27T2:0:0Z                                            | 2026-11-27 02:00:00
星期五, 27 十一月 2026 10:00:00 +0800                        | 2026-11-27 02:00:00
周五, 27 11月 2026 10:00:00 +0800                            | 2026-11-27 02:00:00
20261127T100000+0800                                         | 2026-11-27 02:00:00
20261127T100000Z                                             | 2026-11-27 10:00:00
20261127T1000+08:00                                          | 2026-11-27 02:00:00
20261127100000+0800                                          | 2026-11-27 02:00:00
20261127T10:00:00.123+08                                     | 2026-11-27 02:00:00
/Date(1795744800000)/                                        | 2026-11-27 02:00:00
/Date(1795744800000+0800)/                                   | 2026-11-27 02:00:00
Date(1795744800)                                             | 2026-11-27 02:00:00
2026-11-27 02:00:00 +0000 UTC                                | 2026-11-27 02:00:00
2026-11-27 10:00:00 +0800 CST m=+0.0012                      | 2026-11-27 02:00:00
2026-11-27 10:00:00 +0800 +08                                | 2026-11-27 02:00:00
Fri, 27 Nov 2026 10:00:00 CST +0800                          | 2026-11-27 02:00:00
2026-11-27T10:00:00+08:00[Asia/Shanghai]                     | 2026-11-27 02:00:00
2026-11-27T10:00:00[Asia/Shanghai]                           | 2026-11-27 02:00:00
2026-11-27T10:00+08:00[Asia/Shanghai][u-ca=gregory]          | 2026-11-27 02:00:00
2026-11-27 10:00:00 Asia/Shanghai                            | 2026-11-27 02:00:00
2026-07-27T10:00:00[America/New_York]                        | 2026-07-27 14:00:00
ven., 27 nov. 2026 10:00:00 +0100                            | 2026-11-27 09:00:00
vie, 27 nov 2026 10:00:00 +0100                              | 2026-11-27 09:00:00
27 Mei 2026 10:00 WIB                                        | 2026-05-27 03:00:00
Nov 27, 2026 8:05 p.m. GMT+8                                 | 2026-11-27 12:05:00
27 Nov 2026 8.05pm HKT                                       | 2026-11-27 12:05:00
8:05 p.m. EDT, Aug. 27, 2026                                 | 2026-08-28 00:05:00
Nov 27, 2026 10 a.m. Beijing time                            | 2026-11-27 02:00:00
"""
LIKELY = """
2026-11-27 20:0:0                                            | 2026-11-27 20:00:00
27 11月 2026                                                 | 2026-11-27 00:00:00
27 十二月 2026                                               | 2026-12-27 00:00:00
星期五, 十一月 27, 2026 - 10:00                              | 2026-11-27 10:00:00
27-11月-2026 10:00                                           | 2026-11-27 10:00:00
二〇二六年十一月二十七日                                     | 2026-11-27 00:00:00
2026년 11월 27일 (금) 오전 10:00                             | 2026-11-27 10:00:00
2026年11月27日(金) 午後1時05分                               | 2026-11-27 13:05:00
2026年11月27日 10时5分                                       | 2026-11-27 10:05:00
2026/11/27 3:05 下午                                         | 2026-11-27 15:05:00
20261127100000                                               | 2026-11-27 10:00:00
27 novembre 2026                                             | 2026-11-27 00:00:00
vendredi 27 novembre 2026 à 10h30                            | 2026-11-27 10:30:00
1er décembre 2026                                            | 2026-12-01 00:00:00
27 févr. 2026                                                | 2026-02-27 00:00:00
mar., 3 févr. 2026 10:00                                     | 2026-02-03 10:00:00
27 de noviembre de 2026                                      | 2026-11-27 00:00:00
viernes, 27 de noviembre de 2026, 10:00                      | 2026-11-27 10:00:00
27 enero 2026 10:30 p. m.                                    | 2026-01-27 22:30:00
27. März 2026, 10:00 Uhr                                     | 2026-03-27 10:00:00
Freitag, 27. November 2026, 11:00 MEZ                        | 2026-11-27 10:00:00
27. November 2026 um 10:00 Uhr                               | 2026-11-27 10:00:00
27 de março de 2026 às 10h30                                 | 2026-03-27 10:30:00
27 ноября 2026 г. в 10:00                                    | 2026-11-27 10:00:00
27 tháng 11, 2026                                            | 2026-11-27 00:00:00
Nov. 27, 2026, 10:00 a.m. ET                                 | 2026-11-27 15:00:00
Nov. 27, 2026 10 a.m. ET                                     | 2026-11-27 15:00:00
Nov 27, 2026 12 p.m. Eastern time                            | 2026-11-27 17:00:00
Nov 27, 2026 12 a.m.                                         | 2026-11-27 00:00:00
Mar. 3, 2026                                                 | 2026-03-03 00:00:00
"""
NONE = (
    "/Date(123)/|27 13月 2026|27 brumaire 2026|2026-11-27 20:61:0|<time>yesterday</time>"
    "|31 février 2026"
)


def cases(table: str) -> list[tuple[str, str]]:
    lines = (line.rpartition("|") for line in table.strip().splitlines())
    return [(raw.strip(), at.strip()) for raw, _, at in lines]


def read(raw: str, country: str | None = None) -> tuple[str | None, Confidence]:
    dated = parse_date(raw, origin="feed", country=country)
    return f"{dated.at:%Y-%m-%d %H:%M:%S}" if dated.at else None, dated.confidence


@pytest.mark.parametrize(("raw", "at"), cases(SURE))
def test_what_has_one_reading_is_sure(raw: str, at: str) -> None:
    assert read(raw) == (at, Confidence.SURE)


@pytest.mark.parametrize(("raw", "at"), cases(LIKELY))
def test_what_rests_on_an_assumption_is_likely(raw: str, at: str) -> None:
    assert read(raw) == (at, Confidence.LIKELY)


@pytest.mark.parametrize("raw", NONE.split("|"))
def test_what_is_no_date_stays_undated(raw: str) -> None:
    assert read(raw) == (None, Confidence.GUESS)


def test_a_weekday_of_another_language_that_contradicts_is_heeded() -> None:
    assert read("lundi 27 novembre 2026") == ("2026-11-27 00:00:00", Confidence.GUESS)


def test_a_local_time_is_that_of_the_country() -> None:
    assert read("20261127100000", "CN") == ("2026-11-27 02:00:00", Confidence.LIKELY)
    assert read("27 11月 2026 20:0:0", "CN") == ("2026-11-27 12:00:00", Confidence.LIKELY)


def test_markup_longer_than_a_date_is_looked_into() -> None:
    title = "Friday, November 27, 2026 - 10:00, as the newsroom of Bay News had it"
    tag = f'<time class="x" title="{title}" datetime="2026-11-27T10:00:00+08:00">27 Nov 2026</time>'
    escaped = tag.replace("<", "&lt;").replace('"', "&quot;")
    for raw in (tag, escaped, escaped.replace("&", "&amp;")):
        assert read(raw) == ("2026-11-27 02:00:00", Confidence.SURE)


PIECES = """
    <time datetime= &lt; &amp; /Date( 27 2026 11 月 十 年 : h p.m. +0800 [Asia/X] mar , . T janv
"""


@given(st.lists(st.sampled_from(PIECES.split()) | st.text(max_size=4), max_size=40).map(" ".join))
def test_nothing_is_raised_and_nothing_takes_long(raw: str) -> None:
    started = time.perf_counter()
    parse_date(raw, origin="feed")
    assert time.perf_counter() - started < 0.5
