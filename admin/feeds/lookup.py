"""What an address that is to be added leads to: a feed, a page with feeds, or nothing of use.

Each is asked once, as the operator who named it would do in a browser; robots.txt speaks of what
robots find by themselves.
"""

from dataclasses import dataclass
from time import monotonic, sleep

from ingest import url as urls
from ingest.crawl_policy.response_verdicts import PollOutcome, is_whole, judge_poll
from ingest.feeds.autodiscovery import FeedLink, feed_links
from ingest.http import FEED_LIMITS, PAGE_LIMITS, FetchError, Response
from worker import clock
from worker.context import Context
from worker.network.host_lease import spacing
from worker.network.polling import FEED_ACCEPT


@dataclass(frozen=True, slots=True)
class Lead:
    """What an address leads to: the one feed to add (`feed`), or several to choose from.

    `page` is the page that the feed was found on, `trouble` why there is nothing to add or what
    to know of what is added.
    """

    asked: str
    feed: str | None = None
    page: str | None = None
    choices: tuple[FeedLink, ...] = ()
    trouble: str | None = None


class Finder:
    """Asks addresses, one after the other, each host as far apart as polls are."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._asked: dict[str, float] = {}

    def lead(self, url: str) -> Lead:
        """What a canonical address leads to.

        A feed that does not answer now is added all the same: its polls will tell. Not so one that
        cannot ever be polled: refused, too large, gone.
        """
        answer = self._ask(url)
        trouble = _trouble(answer)
        if trouble is None:
            return Lead(url, feed=url)
        if isinstance(answer, FetchError):
            return Lead(url, feed=url if answer.retry else None, trouble=trouble)
        if not is_whole(answer):
            return Lead(url, feed=None if answer.status == 410 else url, trouble=trouble)
        return self._on_page(url, answer, trouble)

    def _on_page(self, url: str, page: Response, trouble: str) -> Lead:
        """The feeds of what is no feed itself, perhaps a page."""
        if len(page.body) > PAGE_LIMITS.unpacked_bytes:
            return Lead(url, trouble=trouble)
        links = feed_links(page.body, url=page.final_url, content_type=page.content_type)
        if not links:
            return Lead(url, trouble=f"{trouble}, and it leads to none")
        if not links[0].declared:
            links = tuple(link for link in links if _trouble(self._ask(link.url)) is None)
            if not links:
                return Lead(url, trouble=f"{trouble}, and what looks like one on it is none")
        elif len(links) == 1:
            broken = _trouble(self._ask(links[0].url))
            if broken is not None:
                return Lead(url, trouble=f"the feed of this page, {links[0].url}: {broken}")
        if len(links) > 1:
            return Lead(url, choices=links, trouble=f"this page has {len(links)} feeds")
        return Lead(url, feed=links[0].url, page=url)

    def _ask(self, url: str) -> Response | FetchError:
        host = urls.host(url)
        between = spacing(self._context, host).total_seconds()
        sleep(max(self._asked.get(host, -between) + between - monotonic(), 0.0))
        try:
            return self._context.fetcher.get(url, limits=FEED_LIMITS, accept=FEED_ACCEPT)
        except FetchError as error:
            return error
        finally:
            self._asked[host] = monotonic()


def _trouble(answer: Response | FetchError) -> str | None:
    """Why this is no feed; None where it is one."""
    verdict = judge_poll(answer, body_hash=None, refusals=0, country=None, now=clock.now())
    return None if verdict.outcome is PollOutcome.READ else verdict.error
