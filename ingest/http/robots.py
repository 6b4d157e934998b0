"""What a site's robots.txt allows us (RFC 9309), remembered per origin."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from protego import Protego

from ingest.http.errors import FetchError, HostBusy, RedirectRefused, RulesWithheld
from ingest.http.messages import (
    DEADLINE_SECONDS,
    NONE_YET,
    Lease,
    Limits,
    Response,
    Validators,
)
from ingest.url import host, origin

# RFC 9309, section 2.5: at least 500 KiB are read; what is beyond is cut off.
ROBOTS_BYTES = 500 * 1024
ROBOTS_LIMITS = Limits(ROBOTS_BYTES, ROBOTS_BYTES, DEADLINE_SECONDS)
# RFC 9309, section 2.3.1.2: five redirects are followed; more count as "unavailable".
ROBOTS_REDIRECTS = 5
# RFC 9309, section 2.4: not longer than 24 hours.
FRESH_SECONDS = 24 * 3600.0
# A site in trouble is asked for its rules twice a minute at most, and used again soon after.
RETRY_SECONDS = 30.0
# One page a minute is 1,440 a day, more than any outlet publishes; a site that asks for hours
# (often seen: 86400, meant to keep everybody out) would never be finished.
LONGEST_CRAWL_DELAY = 60.0
# Origins remembered. A robots.txt has 1-5 KB, and its parsed rules were measured to take 16 to 33
# times their text: below 100 MB in all, whatever the texts are.
MOST_ORIGINS = 1_000
MEMORY_BYTES = 3_000_000


@dataclass(frozen=True, slots=True)
class Rules:
    """What one origin asks of us. `size` is the length of the text they were read from."""

    allow: Callable[[str], bool]
    crawl_delay: float | None
    size: int


@dataclass(frozen=True, slots=True)
class _Remembered:
    rules: Rules | FetchError
    until: float
    validators: Validators = NONE_YET


NO_RULES = Rules(allow=lambda _url: True, crawl_delay=None, size=0)


def read_rules(answer: Response, *, token: str) -> Rules:
    """The rules for the product `token` in the answer to a request for robots.txt.

    2xx is parsed. 4xx means that there are no rules (section 2.3.1.3), but for 429, which asks
    to come back later. 5xx means that nothing is allowed for now (section 2.3.1.4): raises
    RulesWithheld.
    """
    if answer.status == 429 or answer.status >= 500:
        raise RulesWithheld(
            host(answer.final_url), answer.status, answer.headers.get("retry-after")
        )
    if not 200 <= answer.status < 300:
        return NO_RULES
    body = answer.body
    parsed = Protego.parse(body.decode("utf-8-sig", "replace"))
    delay = parsed.crawl_delay(token)
    return Rules(
        allow=lambda url: bool(parsed.can_fetch(url, token)),
        crawl_delay=None if delay is None else min(delay, LONGEST_CRAWL_DELAY),
        size=len(body),
    )


class Robots:
    """The rules of origins, fetched when first needed. Thread-safe; one thread asks an origin
    while the others wait for what it finds.

    `fetch` gets the URL of a robots.txt, the validators of the one that is known, and a lease.
    """

    def __init__(
        self,
        fetch: Callable[[str, Validators, Lease], Response],
        *,
        token: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._token = token
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()
        self._asked: dict[str, Future[Rules]] = {}

    def rules(self, url: str, lease: Lease) -> Rules:
        """The rules for `url`. Raises FetchError where they cannot be had: then nothing of this
        origin may be asked."""
        where = origin(url)
        with self._lock:
            known = self._remembered.get(where)
            if known is not None and known.until > self._clock():
                self._remembered.move_to_end(where)
                if isinstance(known.rules, FetchError):
                    raise known.rules.with_traceback(None)
                return known.rules
            pending = self._asked.get(where)
            if pending is None:
                mine = self._asked[where] = Future()
        if pending is not None:
            return pending.result()
        try:
            found = self._ask(where, lease, known)
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(found)
            return found
        finally:
            with self._lock:
                del self._asked[where]

    def known(self, url: str) -> bool:
        """Whether the rules for `url`, or that they cannot be had, are remembered."""
        with self._lock:
            remembered = self._remembered.get(origin(url))
            return remembered is not None and remembered.until > self._clock()

    def crawl_delay(self, name: str) -> float | None:
        """Seconds that the host `name` wants between requests, as far as is remembered.

        0 where it does not say; None where none of its rules are known. Asks nobody.
        """
        with self._lock:
            rules = [
                entry.rules
                for where, entry in self._remembered.items()
                if name in where and host(where) == name and isinstance(entry.rules, Rules)
            ]
        return max((each.crawl_delay or 0.0 for each in rules), default=None)

    def _ask(self, where: str, lease: Lease, known: _Remembered | None) -> Rules:
        before = known.rules if known is not None and isinstance(known.rules, Rules) else None
        kept = known.validators if known is not None and before is not None else NONE_YET
        validators = NONE_YET
        try:
            answer = self._fetch(f"{where}/robots.txt", kept, lease)
            if answer.status == 304 and before is not None:
                rules, validators = before, kept
            else:
                rules, validators = read_rules(answer, token=self._token), answer.validators
        except HostBusy:
            raise
        except RedirectRefused:
            rules = NO_RULES
        except FetchError as error:
            if error.retry and before is not None:
                # What it said before holds on (RFC 9309, section 2.3.1.4).
                self._remember(where, before, RETRY_SECONDS, kept)
                return before
            self._remember(where, error, RETRY_SECONDS)
            raise
        self._remember(where, rules, FRESH_SECONDS, validators)
        return rules

    def _remember(
        self,
        where: str,
        rules: Rules | FetchError,
        seconds: float,
        validators: Validators = NONE_YET,
    ) -> None:
        with self._lock:
            self._remembered[where] = _Remembered(rules, self._clock() + seconds, validators)
            self._remembered.move_to_end(where)
            while len(self._remembered) > MOST_ORIGINS or self._weight() > MEMORY_BYTES:
                self._remembered.popitem(last=False)

    def _weight(self) -> int:
        rules = (entry.rules for entry in self._remembered.values())
        return sum(entry.size for entry in rules if isinstance(entry, Rules))
