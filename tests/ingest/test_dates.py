from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dates import Confidence, Dated, not_after, parse_date

SURE, LIKELY, GUESS = Confidence.SURE, Confidence.LIKELY, Confidence.GUESS


def read(raw, country=None):
    dated = parse_date(raw, origin="feed", country=country)
    at = dated.at.strftime("%Y-%m-%d %H:%M:%S") if dated.at else None
    return at, dated.confidence


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Sat, 03 Oct 2026 08:05:00 GMT", "2026-10-03 08:05:00"),
        ("Sat, 3 Oct 2026 08:05 +0800", "2026-10-03 00:05:00"),
        ("03-Oct-2026 08:05:00 GMT", "2026-10-03 08:05:00"),
        ("Sat, 3 Oct 26 08:05:00 UT", "2026-10-03 08:05:00"),
        ("Sat, 05 Sep 2026 08:05:00 EDT", "2026-09-05 12:05:00"),
        ("Mon, 05 Jan 2026 08:05:00 EST", "2026-01-05 13:05:00"),
        ("2026-10-03T08:05:00Z", "2026-10-03 08:05:00"),
        ("2026-10-03T08:05:00.25+05:30", "2026-10-03 02:35:00"),
        ("2026-10-03T08:05-0500", "2026-10-03 13:05:00"),
        ("2026-10-03T08:05+08", "2026-10-03 00:05:00"),
        ("2026-10-03 08:05:00 +0000", "2026-10-03 08:05:00"),
        ("20261003T080500Z", "2026-10-03 08:05:00"),
        ("2026-10-03T24:00:00Z", "2026-10-04 00:00:00"),
        ("2026-12-31T23:59:60Z", "2027-01-01 00:00:00"),
        ("Sat Oct 03 2026 08:05:00 GMT+0800 (China Standard Time)", "2026-10-03 00:05:00"),
        ("Sat Oct  3 08:05:00 UTC 2026", "2026-10-03 08:05:00"),
        ("1790000000", "2026-09-21 14:13:20"),
        ("1790000000123", "2026-09-21 14:13:20"),
        ("北京时间2026年10月3日 08:05", "2026-10-03 00:05:00"),
    ],
)
def test_a_date_with_one_reading_is_sure(raw, expected):
    assert read(raw) == (expected, SURE)


@pytest.mark.parametrize(
    ("raw", "country", "expected", "confidence"),
    [
        ("Sat, 03 Oct 2026 08:05:00 CST", "CN", "2026-10-03 00:05:00", SURE),
        ("Sat, 03 Oct 2026 08:05:00 CST", "TW", "2026-10-03 00:05:00", SURE),
        ("Sat Oct 03 08:05:00 CST 2026", "HK", "2026-10-03 00:05:00", SURE),
        ("Sat, 03 Oct 2026 08:05:00 CST", "US", "2026-10-03 14:05:00", LIKELY),
        ("Sat, 03 Oct 2026 08:05:00 CST", None, "2026-10-03 14:05:00", LIKELY),
    ],
)
def test_cst_is_chinas_where_the_publisher_is_chinese_and_else_not_sure(
    raw, country, expected, confidence
):
    assert read(raw, country) == (expected, confidence)


@pytest.mark.parametrize(
    ("raw", "country", "expected"),
    [
        ("2026-10-03 08:05:00", "CN", "2026-10-03 00:05:00"),
        ("2026年10月3日 08:05", "CN", "2026-10-03 00:05:00"),
        ("2026年10月3日星期六 下午3时05分", "CN", "2026-10-03 07:05:00"),
        ("２０２６年１０月３日　０８：０５", "SG", "2026-10-03 00:05:00"),
        ("民國115年10月3日 08:05", "TW", "2026-10-03 00:05:00"),
        ("2016/6/29", "CN", "2016-06-29 00:00:00"),
        ("2016/6/29 7:03", "CN", "2016-06-28 23:03:00"),
        ("2026-10-03T08:05:00", None, "2026-10-03 08:05:00"),
        ("Sat Oct  3 08:05:00 2026", None, "2026-10-03 08:05:00"),
        ("2026-10-03", None, "2026-10-03 00:00:00"),
        ("20261003", None, "2026-10-03 00:00:00"),
        ("October 3, 2026", "US", "2026-10-03 00:00:00"),
        ("3rd of October, 2026", "GB", "2026-10-03 00:00:00"),
        ("Oct. 3, 2026, 8:05 p.m. ET", "US", "2026-10-04 00:05:00"),
        ("Sat, 10/03/2026 - 08:05", "GB", "2026-10-03 08:05:00"),
        ("10/03/2026", "US", "2026-10-03 00:00:00"),
        ("25/12/2026", None, "2026-12-25 00:00:00"),
        ("2026-10-03T08:05:00+99:00", None, "2026-10-03 08:05:00"),
        ("Mon, 05 Jan 2026 08:05:00 AEST", "AU", "2026-01-04 22:05:00"),
        ("Fri, 02 Apr 2004 16:23:35 EDT", "US", "2004-04-02 20:23:35"),
        ("Mon, 05 Mar 2012 08:05:00 MSK", "RU", "2012-03-05 05:05:00"),
        # "EST" in summer: most who write so mean the time on the clock.
        ("Wed, 15 Jul 2026 10:00:00 EST", "US", "2026-07-15 15:00:00"),
    ],
)
def test_a_date_that_rests_on_an_assumption_is_likely(raw, country, expected):
    assert read(raw, country) == (expected, LIKELY)


@pytest.mark.parametrize(
    ("raw", "country", "expected"),
    [
        ("03/10/2026", "GB", "2026-10-03 00:00:00"),
        ("Updated 3 October 2026 08:05 GMT", None, "2026-10-03 08:05:00"),
        ("Sun, 03 Oct 2026 08:05:00 GMT", None, "2026-10-03 08:05:00"),  # it was a Saturday
    ],
)
def test_a_date_whose_day_may_be_wrong_is_a_guess(raw, country, expected):
    assert read(raw, country) == (expected, GUESS)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "yesterday",
        "3 hours ago",
        "2026-02-30",
        "2026-13-01T00:00:00Z",
        "2026-10-03T25:00:00Z",
        "2026-10-03 to 2026-10-05",
        "0001-01-01T00:00:00Z",
        "0001-01-01T000000Z",
        "00010101",
        "00010101T000000Z",
        "18491231235959Z",
        "0001-01-01T00:00:00+14:00",
        "1850-01-01T00:00:00+08:00",
        "99991231235959Z",
        "Mon, 30 Nov -0001 00:00:00 +0000",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "9999-12-31T23:59:59Z",
        "123",
        "99999999999999999999",
        "2026",
        "x" * 5_000,
    ],
)
def test_what_is_no_date_stays_undated(raw):
    assert read(raw) == (None, GUESS)


def test_the_raw_text_and_its_origin_are_kept():
    dated = parse_date("  no\x00 date ", origin="json-ld")
    assert dated == Dated(at=None, raw="no date", origin="json-ld", confidence=GUESS)


DATES = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1))
OFFSETS = st.sampled_from([-720, -300, 0, 330, 480, 840])
FORMATS = st.sampled_from(
    ["%a, %d %b %Y %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z", "%a %b %d %Y %H:%M:%S GMT%z"]
)


@given(DATES, OFFSETS, FORMATS)
def test_standard_forms_are_read_exactly_whatever_the_offset(moment, minutes, form):
    sign = "-" if minutes < 0 else "+"
    offset = f"{sign}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
    raw = moment.strftime(form.removesuffix("%z")) + offset
    expected = (moment - timedelta(minutes=minutes)).replace(microsecond=0, tzinfo=UTC)
    dated = parse_date(raw, origin="feed", country="CN")
    assert (dated.at, dated.confidence) == (expected, SURE)


@given(st.text(max_size=200) | st.from_regex(r"[0-9A-Za-z:/.,+年月日 \-]{0,60}"))
def test_no_text_makes_it_raise(raw):
    dated = parse_date(raw, origin="text", country="US")
    assert dated.at is None or dated.at.tzinfo is UTC
    assert dated.at is not None or dated.confidence is GUESS


SEEN = datetime(2026, 10, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ahead", "at_is_kept", "confidence"),
    [
        (timedelta(days=-400), True, SURE),
        (timedelta(minutes=5), True, SURE),
        (timedelta(hours=3), True, GUESS),
        (timedelta(days=1), True, GUESS),
        (timedelta(days=1, seconds=1), False, GUESS),
    ],
)
def test_a_date_after_it_was_first_seen_is_doubted_and_then_dropped(ahead, at_is_kept, confidence):
    dated = Dated(at=SEEN + ahead, raw="as given", origin="feed", confidence=SURE)
    held = not_after(dated, SEEN)
    assert held.at == (dated.at if at_is_kept else None)
    assert held.confidence is confidence
    assert held.raw == "as given"


def test_an_undated_thing_stays_undated():
    dated = Dated(at=None, raw="?", origin="feed", confidence=GUESS)
    assert not_after(dated, SEEN) == dated
