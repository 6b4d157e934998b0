"""What an answer means, for a feed and for a page."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.crawl_policy.response_verdicts import (
    HOST_PAUSE,
    HOST_PAUSE_LONGEST,
    PageOutcome,
    PollOutcome,
    host_pause,
    judge_page,
    judge_poll,
)
from ingest.http import (
    DeadlineExceeded,
    FetchError,
    Refused,
    Response,
    RulesWithheld,
    TooLarge,
    Unreachable,
    Validators,
)

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
RSS = (
    b'<rss version="2.0"><channel><title>Outlet</title><item><title>One</title>'
    b"<link>http://outlet.example/1</link></item></channel></rss>"
)
ANSWER = Response(
    url="http://outlet.example/feed",
    final_url="http://outlet.example/feed",
    status=200,
    headers={"etag": '"e"', "last-modified": "Mon, 02 Nov 2026 08:00:00 GMT"},
    body=RSS,
    content_type="application/rss+xml",
    permanent_url=None,
    wire_bytes=len(RSS),
    elapsed=0.2,
)


def _poll(answer: Response | FetchError, body_hash: bytes | None = None):  # type: ignore[no-untyped-def]
    return judge_poll(answer, body_hash=body_hash, refusals=0, country=None, now=NOW)


def test_a_feed_that_came_is_read_and_its_validators_kept() -> None:
    verdict = _poll(ANSWER)
    assert verdict.outcome is PollOutcome.READ
    assert verdict.feed is not None
    assert [entry.title for entry in verdict.feed.entries] == ["One"]
    assert verdict.validators.etag == '"e"'
    assert verdict.body_hash == hashlib.sha256(RSS).digest()


def test_of_a_damaged_feed_no_validators_are_kept_so_that_it_comes_whole_next_time() -> None:
    cut = RSS + b"<item><title>Tw"
    verdict = _poll(replace(ANSWER, body=cut))
    assert verdict.outcome is PollOutcome.READ
    assert verdict.feed is not None
    assert verdict.feed.damaged
    assert verdict.validators == Validators()
    assert verdict.body_hash == hashlib.sha256(cut).digest()


def test_the_same_bytes_again_are_not_parsed() -> None:
    verdict = _poll(ANSWER, hashlib.sha256(RSS).digest())
    assert (verdict.outcome, verdict.feed) == (PollOutcome.UNCHANGED, None)


def test_not_modified_is_unchanged() -> None:
    assert _poll(replace(ANSWER, status=304, body=b"")).outcome is PollOutcome.UNCHANGED


@pytest.mark.parametrize(
    ("answer", "error", "gone"),
    [
        (replace(ANSWER, status=404), "the server answered 404", False),
        (replace(ANSWER, status=410), "gone for good (410)", True),
        (replace(ANSWER, status=500), "the server answered 500", False),
        (Unreachable("no such host"), "no such host", False),
    ],
)
def test_a_failed_poll_says_why(answer: Response | FetchError, error: str, gone: bool) -> None:
    verdict = _poll(answer)
    assert (verdict.outcome, verdict.error, verdict.gone) == (PollOutcome.FAILED, error, gone)


@pytest.mark.parametrize("body", [b"", b"<!doctype html><html><body>Hello</body></html>"])
def test_what_is_no_feed_fails_and_is_asked_for_unconditionally_next_time(body: bytes) -> None:
    verdict = _poll(replace(ANSWER, body=body, content_type="text/html"))
    assert verdict.outcome is PollOutcome.FAILED
    assert (verdict.body_hash, verdict.validators.etag) == (None, None)
    assert verdict.error


@pytest.mark.parametrize(
    ("status", "headers", "refusals", "pause"),
    [
        (200, {}, 3, None),
        (500, {}, 0, None),
        (429, {}, 0, HOST_PAUSE),
        (503, {}, 2, HOST_PAUSE * 4),
        (503, {}, 99, HOST_PAUSE_LONGEST),
        (429, {"retry-after": "2"}, 5, timedelta(seconds=2)),
        (503, {"retry-after": "Mon, 02 Nov 2026 08:05:00 GMT"}, 0, timedelta(minutes=5)),
        # said to us, and kept for a day; said of a page's machine, for an hour
        (429, {"retry-after": "10800"}, 0, timedelta(hours=3)),
        (429, {"retry-after": "Mon, 02 Nov 2026 20:00:00 GMT"}, 0, timedelta(hours=12)),
        (429, {"retry-after": "999999"}, 0, timedelta(hours=24)),
        (503, {"retry-after": "10800"}, 0, HOST_PAUSE_LONGEST),
        (503, {"retry-after": "10800"}, 0, timedelta(hours=1)),
        (429, {}, 4, timedelta(minutes=16)),
        (429, {"retry-after": "soon"}, 0, HOST_PAUSE),
    ],
)
def test_a_host_that_refuses_is_left_alone(
    status: int, headers: dict[str, str], refusals: int, pause: timedelta | None
) -> None:
    assert host_pause(status, headers.get("retry-after"), refusals, NOW) == pause
    answer = replace(ANSWER, status=status, headers=headers)
    told = judge_poll(answer, body_hash=None, refusals=refusals, country=None, now=NOW)
    assert told.host_pause == pause
    assert judge_page(answer, refusals=refusals, now=NOW).host_pause == pause


@pytest.mark.parametrize(
    ("status", "pause"), [(429, HOST_PAUSE * 2), (503, HOST_PAUSE * 2), (500, None)]
)
def test_a_robots_txt_that_is_refused_is_a_refusal_of_the_host(
    status: int, pause: timedelta | None
) -> None:
    verdict = judge_page(RulesWithheld("news.example", status, None), refusals=1, now=NOW)
    assert (verdict.outcome, verdict.status, verdict.host_pause) == (
        PageOutcome.LATER, None, pause,
    )  # fmt: skip
    asked = judge_page(RulesWithheld("news.example", status, "90"), refusals=1, now=NOW)
    assert asked.retry_after == timedelta(seconds=90)
    assert "robots.txt" in (verdict.error or "")


@pytest.mark.parametrize(
    ("answer", "outcome", "gone"),
    [
        (ANSWER, PageOutcome.FETCHED, False),
        (replace(ANSWER, status=304), PageOutcome.UNCHANGED, False),
        (replace(ANSWER, status=404), PageOutcome.WITHHELD, True),
        (replace(ANSWER, status=410), PageOutcome.WITHHELD, True),
        (replace(ANSWER, status=401), PageOutcome.WITHHELD, False),
        (replace(ANSWER, status=403), PageOutcome.WITHHELD, False),
        (replace(ANSWER, status=451), PageOutcome.WITHHELD, False),
        (replace(ANSWER, status=204), PageOutcome.WITHHELD, False),
        (replace(ANSWER, status=408), PageOutcome.LATER, False),
        (replace(ANSWER, status=425), PageOutcome.LATER, False),
        (replace(ANSWER, status=429), PageOutcome.LATER, False),
        (replace(ANSWER, status=500), PageOutcome.LATER, False),
        (replace(ANSWER, status=599), PageOutcome.LATER, False),
        (Unreachable("reset"), PageOutcome.LATER, False),
        (DeadlineExceeded("30 s"), PageOutcome.LATER, False),
        (Refused("a private address"), PageOutcome.WITHHELD, False),
        (TooLarge("5 MB"), PageOutcome.WITHHELD, False),
    ],
)
def test_what_the_answer_to_a_page_means(
    answer: Response | FetchError, outcome: PageOutcome, gone: bool
) -> None:
    verdict = judge_page(answer, refusals=0, now=NOW)
    assert (verdict.outcome, verdict.gone) == (outcome, gone)
    assert (verdict.response is not None) is (outcome is PageOutcome.FETCHED)


@pytest.mark.parametrize(
    ("asked", "came", "gone"),
    [
        ("http://outlet.example/2026/visit.html", "http://outlet.example/", True),
        ("http://outlet.example/2026/visit.html", "https://www.outlet.example", True),
        ("http://outlet.example/?p=12", "http://outlet.example/", True),
        ("http://outlet.example/2026/visit.html", "http://outlet.example/visit", False),
        ("http://outlet.example/2026/visit.html", "http://outlet.example/?p=12", False),
        ("http://outlet.example/", "https://outlet.example/", False),
        ("http://links.example/x7", "http://outlet.example/", False),
    ],
)
@pytest.mark.parametrize("status", [200, 304])
def test_an_article_that_leads_to_its_sites_front_page_is_gone(
    asked: str, came: str, gone: bool, status: int
) -> None:
    answer = replace(ANSWER, url=asked, final_url=came, status=status)
    verdict = judge_page(answer, refusals=0, now=NOW)
    assert verdict.gone is gone
    assert (verdict.response is None) is (gone or status == 304)


def test_a_page_says_for_how_long_it_is_fresh() -> None:
    fresh = replace(ANSWER, headers={"cache-control": "max-age=600"})
    for answer in (fresh, replace(fresh, status=304)):
        verdict = judge_page(answer, refusals=0, now=NOW)
        assert verdict.fresh_for == timedelta(minutes=10)


def test_an_error_that_is_a_novel_is_cut() -> None:
    verdict = judge_page(Unreachable("no\n" * 5_000), refusals=0, now=NOW)
    assert verdict.error is not None
    assert len(verdict.error) <= 300
    assert "\n" not in verdict.error
