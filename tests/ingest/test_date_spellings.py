"""Spellings of dates beside the usual ones."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dates import Confidence, parse_date

SURE, LIKELY = Confidence.SURE, Confidence.LIKELY
TEN_IN_CHINA = "2026-11-27 02:00"

SPELLINGS = [
    # markup
    ('<time datetime="2026-11-27T10:00:00+08:00">27/11/2026</time>', TEN_IN_CHINA, SURE),
    ('&lt;time datetime="2026-11-27T10:00:00+08:00"&gt;Friday&lt;/time&gt;', TEN_IN_CHINA, SURE),
    (
        '<time class="datetime a-long-name-of-a-class another" '
        'datetime="2026-11-27T02:00:00Z" title="Friday, November 27, 2026 - 10:00 in Beijing">'
        "Fri, 11/27/2026 - 10:00</time>",
        TEN_IN_CHINA,
        SURE,
    ),
    ("<time datetime=2026-11-27T02:00:00Z>Friday</time>", TEN_IN_CHINA, SURE),
    ("<span>27 Nov 2026 10:00:00 +0800</span>", TEN_IN_CHINA, SURE),
    ("27&nbsp;Nov&nbsp;2026 10:00:00 +0800", TEN_IN_CHINA, SURE),
    # short times
    ("Fri, 27 Nov 2026 10:0:0 +0800", TEN_IN_CHINA, SURE),
    ("2026-11-27 20:0:0 +0800", "2026-11-27 12:00", SURE),
    ("2026-11-27T9:5:7Z", "2026-11-27 09:05", SURE),
    ("2026/11/27 9:5 +0800", "2026-11-27 01:05", SURE),
    # Chinese
    ("星期五, 27 十一月 2026 10:00:00 +0800", TEN_IN_CHINA, SURE),
    ("周五, 27 11月 2026 10:00:00 +0800", TEN_IN_CHINA, SURE),
    ("週五, 27 11 月 2026 10:00:00 +0800", TEN_IN_CHINA, SURE),
    ("27 十一月, 2026 10:00 +0800", TEN_IN_CHINA, SURE),
    ("十一月 27, 2026 10:00 +0800", TEN_IN_CHINA, SURE),
    ("二〇二六年十一月二十七日 10:00 +0800", TEN_IN_CHINA, SURE),
    ("2026年十一月二十七日", "2026-11-27 00:00", LIKELY),
    ("星期日, 01 二月 2026 08:00:00 +0000", "2026-02-01 08:00", SURE),
    ("星期四, 10 十二月 2026 08:00:00 +0000", "2026-12-10 08:00", SURE),
    # software
    ("20261127T100000+0800", TEN_IN_CHINA, SURE),
    ("20261127T1000+08:00", TEN_IN_CHINA, SURE),
    ("20261127100000+0800", TEN_IN_CHINA, SURE),
    ("20261127T020000.000Z", TEN_IN_CHINA, SURE),
    ("/Date(1795744800000)/", TEN_IN_CHINA, SURE),
    ("\\/Date(1795744800000+0800)\\/", TEN_IN_CHINA, SURE),
    ("new Date(1795744800000)", TEN_IN_CHINA, SURE),
    ("2026-11-27 02:00:00 +0000 UTC", TEN_IN_CHINA, SURE),
    ("2026-11-27 10:00:00.123456789 +0800 CST", TEN_IN_CHINA, SURE),
    ("2026-11-27 10:00:00 +0800 CST m=+0.000123", TEN_IN_CHINA, SURE),
    ("Fri, 27 Nov 2026 02:00:00 +0000 GMT", TEN_IN_CHINA, SURE),
    ("2026-11-27T10:00:00+08:00[Asia/Shanghai]", TEN_IN_CHINA, SURE),
    ("2026-11-27T10:00+08:00[Asia/Hong_Kong]", TEN_IN_CHINA, SURE),
    ("2026-11-27T10:00:00[Asia/Shanghai]", TEN_IN_CHINA, SURE),
    ("2026-11-27 10:00:00 Asia/Taipei", TEN_IN_CHINA, SURE),
    ("2026-11-26T21:00:00-05:00[America/New_York]", TEN_IN_CHINA, SURE),
    # French, Spanish and their neighbours
    ("27 novembre 2026", "2026-11-27 00:00", LIKELY),
    ("vendredi 27 novembre 2026 à 10h30", "2026-11-27 10:30", LIKELY),
    ("ven., 27 nov. 2026 10:00:00 +0800", TEN_IN_CHINA, SURE),
    ("1er août 2026", "2026-08-01 00:00", LIKELY),
    ("14 févr. 2026", "2026-02-14 00:00", LIKELY),
    ("mar. 24 nov. 2026", "2026-11-24 00:00", LIKELY),
    ("3 MARS 2026", "2026-03-03 00:00", LIKELY),
    ("27 de noviembre de 2026", "2026-11-27 00:00", LIKELY),
    ("viernes, 27 de noviembre de 2026 10:00 +0800", TEN_IN_CHINA, SURE),
    ("Vie, 27 Nov 2026 10:00:00 +0800", TEN_IN_CHINA, SURE),
    ("15 ene 2026", "2026-01-15 00:00", LIKELY),
    ("miércoles 5 de agosto de 2026, 8:15 p. m.", "2026-08-05 20:15", LIKELY),
    ("27. Oktober 2026", "2026-10-27 00:00", LIKELY),
    # halves of the day
    ("Jan. 9, 2026, 8:05 p.m. EST", "2026-01-10 01:05", SURE),
    ("Nov. 27, 2026 10:00 a.m. +0800", TEN_IN_CHINA, SURE),
    ("Nov. 27, 2026 10 a.m. (HKT)", TEN_IN_CHINA, SURE),
    ("November 27, 2026 10AM HKT", TEN_IN_CHINA, SURE),
    ("27 November 2026 10.00 A.M. SGT", TEN_IN_CHINA, SURE),
    ("Jan 9, 2026 8:05 PM Eastern Standard Time", "2026-01-10 01:05", SURE),
    ("Jan 9, 2026 8:05 PM Eastern", "2026-01-10 01:05", LIKELY),
    ("Nov 27, 2026, 12:30 a.m. SGT", "2026-11-26 16:30", SURE),
]


@pytest.mark.parametrize(("raw", "expected", "confidence"), SPELLINGS)
def test_a_date_is_read_in_whatever_spelling(
    raw: str, expected: str, confidence: Confidence
) -> None:
    dated = parse_date(raw, origin="feed")
    assert dated.at is not None
    assert (dated.at.strftime("%Y-%m-%d %H:%M"), dated.confidence) == (expected, confidence)


@pytest.mark.parametrize(
    "raw",
    [
        "<time>soon</time>",
        "/Date(12)/",
        "27 十三月 2026",
        "27 brumaire 2026",
        "20261327T100000+0800",
        "<b></b>",
        "&#0;",
        "Marseille",
        "[Asia/Shanghai]",
        "10 a.m.",
    ],
)
def test_what_is_no_date_is_none(raw: str) -> None:
    assert parse_date(raw, origin="feed").at is None


@given(st.text(alphabet="0123456789 :.-+/Tapm年月日十一二&<>[]()", max_size=60))
def test_nothing_raises(raw: str) -> None:
    parse_date(raw, origin="feed")


@pytest.mark.parametrize("unit", ["<time ", "十一月", "1 ", "Asia/", "+0800 CST ", "&lt;", "a.m. "])
def test_long_texts_take_no_time(unit: str) -> None:
    started = time.process_time()
    parse_date(unit * 10_000, origin="feed")
    assert time.process_time() - started < 1
