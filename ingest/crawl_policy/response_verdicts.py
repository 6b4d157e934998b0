"""What an HTTP answer means: for a feed that was polled, for a page that was fetched.

Pure decisions. The caller has asked (`ingest.http`) and will store what is decided here.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from ingest.crawl_policy.feed_schedule import cache_lifetime, parse_retry_after
from ingest.feeds.identity import without_article
from ingest.feeds.parse import Feed, FeedError, parse_feed
from ingest.http import FetchError, Refused, Response, RulesWithheld, TooLarge, Validators
from ingest.text.sanitise import clean_line

# A host that says "too many requests" without saying for how long; a minute is what crawlers
# commonly wait, doubled with each refusal in a row up to an hour.
HOST_PAUSE = timedelta(minutes=1)
HOST_PAUSE_LONGEST = timedelta(hours=1)
# What Retry-After asks for is kept by the whole host: 429 is said to us, whatever was asked for,
# and a day of silence is as long as the longest interval of a feed. 503 may be the trouble of one
# page's machine: that page (page_retry.py), or feed (feed_schedule.py), waits for as long as it
# says, the host an hour.
ASKED_LONGEST = {429: timedelta(hours=24), 503: HOST_PAUSE_LONGEST}
# An error is shown in tables and kept in every poll's row; the rest of it helps nobody.
ERROR_CHARACTERS = 300


# Of a 206, from its first byte on.
_CONTENT_RANGE = re.compile(r"bytes 0-(?P<last>[0-9]{1,15})/(?P<all>[0-9]{1,15})", re.IGNORECASE)


class PollOutcome(StrEnum):
    READ = "read"
    UNCHANGED = "unchanged"  # 304, or the same bytes again
    FAILED = "failed"
    UNREACHED = "unreached"  # nobody could be: not this feed's failure (outage_blame.py)


@dataclass(frozen=True, slots=True)
class PollVerdict:
    """What a poll has shown.

    `moved_to` is where the feed has moved for good; `gone` means 410: never ask again;
    `host_pause` holds for every request to the host, not for this feed alone.
    """

    outcome: PollOutcome
    status: int | None = None
    error: str | None = None
    feed: Feed | None = None
    body_hash: bytes | None = None
    validators: Validators = Validators()
    moved_to: str | None = None
    gone: bool = False
    host_pause: timedelta | None = None
    retry_after: timedelta | None = None
    fresh_for: timedelta | None = None
    wire_bytes: int = 0
    seconds: float = 0.0


def judge_poll(
    answer: Response | FetchError,
    *,
    body_hash: bytes | None,
    refusals: int,
    country: str | None,
    now: datetime,
) -> PollVerdict:
    """Decide what the answer to a feed's poll means.

    `body_hash` is that of the last body that was parsed, `refusals` the host's count of 429 and
    503 in a row, `country` the source's (for dates whose zone is ambiguous).
    """
    if isinstance(answer, FetchError):
        return PollVerdict(PollOutcome.FAILED, error=_short(str(answer)))
    retry_after = answer.headers.get("retry-after")
    told = PollVerdict(
        PollOutcome.FAILED,
        status=answer.status,
        wire_bytes=answer.wire_bytes,
        seconds=answer.elapsed,
        moved_to=answer.permanent_url,
        # With an answer that is one, it speaks of nothing that we wait for.
        retry_after=None if _is_ok(answer) else parse_retry_after(retry_after, now),
        host_pause=host_pause(answer.status, retry_after, refusals, now),
    )
    if answer.status == 304 and not answer.conditional:
        return replace(told, error="the server answered 304 (unchanged) to a first request")
    if answer.status == 304:
        fresh_for = cache_lifetime(answer.headers, now)
        return replace(told, outcome=PollOutcome.UNCHANGED, fresh_for=fresh_for)
    if not 200 <= answer.status < 300:
        gone = answer.status == 410
        error = "gone for good (410)" if gone else f"the server answered {answer.status}"
        return replace(told, error=error, gone=gone)
    new_hash = hashlib.sha256(answer.body).digest()
    read = replace(
        told,
        outcome=PollOutcome.READ,
        body_hash=new_hash,
        validators=answer.validators,
        fresh_for=cache_lifetime(answer.headers, now),
    )
    if new_hash == body_hash:
        return replace(read, outcome=PollOutcome.UNCHANGED)
    try:
        feed = parse_feed(
            answer.body, content_type=answer.content_type, url=answer.final_url, country=country
        )
    except FeedError as error:
        # The validators are not kept: the next poll must get the body again, not a 304.
        said = str(error) if is_whole(answer) else f"the server answered {answer.status}"
        return replace(told, error=_short(said))
    if feed.damaged and not is_whole(answer):
        return replace(told, error=f"a part alone was sent ({answer.status})")
    if feed.damaged:
        # Nor here: what was lost may be there again under the same ETag.
        read = replace(read, validators=Validators())
    return replace(read, feed=feed, error=_left_out(feed))


def is_whole(answer: Response) -> bool:
    """Whether an answer is the resource itself: 200, 203 (changed by a proxy), or all of a 206.

    We ask for no part, and some servers send one all the same.
    """
    if answer.status != 206:
        return answer.status in (200, 203)
    sent = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", "").strip())
    return sent is not None and int(sent["last"]) + 1 == int(sent["all"])


def _is_ok(answer: Response) -> bool:
    return 200 <= answer.status < 300 or answer.status == 304


def _left_out(feed: Feed) -> str | None:
    """What is wrong with a feed that was read all the same."""
    lost = without_article(feed.entries)
    without = f"{lost} {'entry' if lost == 1 else 'entries'} without a link" if lost else None
    return "; ".join(filter(None, (feed.damaged, without))) or None


class PageOutcome(StrEnum):
    FETCHED = "fetched"  # bytes to keep and process
    UNCHANGED = "unchanged"  # 304
    WITHHELD = "withheld"  # refused, forbidden, gone, too large: what the feed gave must do
    LATER = "later"  # a passing fault


@dataclass(frozen=True, slots=True)
class PageVerdict:
    """What the fetch of a page has shown.

    `gone` means that the page is not there (any more), `fresh_for` for how long it says that it
    will not change.
    """

    outcome: PageOutcome
    status: int | None = None
    error: str | None = None
    gone: bool = False
    host_pause: timedelta | None = None
    retry_after: timedelta | None = None
    fresh_for: timedelta | None = None
    response: Response | None = None


def judge_page(answer: Response | FetchError, *, refusals: int, now: datetime) -> PageVerdict:
    """Decide what the answer to an article's fetch means."""
    if isinstance(answer, Refused | TooLarge):
        return PageVerdict(PageOutcome.WITHHELD, error=_short(str(answer)))
    if isinstance(answer, RulesWithheld):
        return _later(answer.status, str(answer), answer.retry_after, refusals, now)
    if isinstance(answer, FetchError):
        outcome = PageOutcome.LATER if answer.retry else PageOutcome.WITHHELD
        return PageVerdict(outcome, error=_short(str(answer)))
    status = answer.status
    fresh_for = cache_lifetime(answer.headers, now)
    if status == 304 and not answer.conditional:
        error = "the server answered 304 (unchanged) to a first request"
        return _later(status, error, None, refusals, now)
    if (is_whole(answer) or status == 304) and _is_sent_to_the_front_page(answer):
        return PageVerdict(
            PageOutcome.WITHHELD, status=status, error="it leads to the front page", gone=True
        )
    if is_whole(answer):
        return PageVerdict(PageOutcome.FETCHED, status=status, fresh_for=fresh_for, response=answer)
    if status == 304:
        return PageVerdict(PageOutcome.UNCHANGED, status=status, fresh_for=fresh_for)
    error = f"the server answered {status}"
    if status in (408, 425, 429) or status >= 500:
        verdict = _later(status, error, answer.headers.get("retry-after"), refusals, now)
        return replace(verdict, status=status)
    return PageVerdict(PageOutcome.WITHHELD, status=status, error=error, gone=status in (404, 410))


def _later(
    status: int, error: str, retry_after: str | None, refusals: int, now: datetime
) -> PageVerdict:
    """A passing fault: of the page itself, or of the robots.txt that must be read before it."""
    return PageVerdict(
        PageOutcome.LATER,
        error=_short(error),
        host_pause=host_pause(status, retry_after, refusals, now),
        retry_after=parse_retry_after(retry_after, now),
    )


def _is_sent_to_the_front_page(answer: Response) -> bool:
    """Whether an article was asked for and its site's front page came: how many sites say 404.

    Its text would stand for the article's. A query may tell a front page what to show, and the
    front page of another site may be what the article is.
    """
    asked, came = urlsplit(answer.url), urlsplit(answer.final_url)
    same_site = _site(asked.hostname) == _site(came.hostname)
    article = asked.path not in ("", "/") or bool(asked.query)
    return same_site and article and came.path in ("", "/") and not came.query


def _site(host: str | None) -> str:
    return (host or "").removeprefix("www.")


def host_pause(
    status: int, retry_after: str | None, refusals: int, now: datetime
) -> timedelta | None:
    """How long the whole host is left alone after this answer; None: no longer than usual."""
    if status not in ASKED_LONGEST:
        return None
    asked = parse_retry_after(retry_after, now)
    if asked is not None:
        return min(asked, ASKED_LONGEST[status])
    return min(HOST_PAUSE * int(2 ** min(refusals, 10)), HOST_PAUSE_LONGEST)


def _short(error: str) -> str:
    line = clean_line(error)
    return line if len(line) <= ERROR_CHARACTERS else line[: ERROR_CHARACTERS - 1] + "…"
