"""The fetcher: a GET with its redirects, within one deadline."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from ipaddress import IPv4Network, IPv6Network
from types import TracebackType

from ingest.http.budget import Deadline
from ingest.http.connection import Dialler, tls_context
from ingest.http.cookies import Cookies
from ingest.http.decoding import ACCEPT_ENCODING
from ingest.http.errors import Refused
from ingest.http.exchange import Exchanges
from ingest.http.guard import networks
from ingest.http.identity import checked, product_token
from ingest.http.messages import NONE_YET, Lease, Limits, Response, Validators, always
from ingest.http.redirects import MAX_REDIRECTS, next_hop
from ingest.http.resolving import Resolver, system_resolver
from ingest.http.robots import ROBOTS_LIMITS, ROBOTS_REDIRECTS, Robots
from ingest.http.target import parse_target


class Fetcher:
    """Asks the web, politely and within limits. Thread-safe.

    Every address is judged when it is dialled: the public internet, and the CIDRs of
    `private_hosts`. Connections are kept and used again, one an origin. Redirects, retries and
    proxies are not left to any library; environment variables change nothing.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        sender: str | None = None,
        private_hosts: Sequence[str | IPv4Network | IPv6Network] = (),
        resolve: Resolver = system_resolver,
    ) -> None:
        """`sender` is the From field: an e-mail address of whoever runs us.

        Raises ValueError for what cannot be sent and for what is no CIDR.
        """
        self._identity = {"User-Agent": checked(user_agent)}
        if sender is not None:
            self._identity["From"] = checked(sender)
        self._exchanges = Exchanges(Dialler(resolve, networks(private_hosts), tls_context()))
        self._robots = Robots(self._robots_txt, token=product_token(user_agent))

    def get(
        self,
        url: str,
        *,
        limits: Limits,
        accept: str,
        validators: Validators = NONE_YET,
        lease: Lease = always,
        obey_robots: bool = False,
    ) -> Response:
        """Fetch `url`. Any status is an answer; what is none is raised as a FetchError.

        `accept` is the Accept field. `validators` make the request conditional, so that 304 may
        be the answer; they go along to redirect targets, whose answer they are of. `lease(host)` is
        entered around every hop to another host than the first, which is the caller's already.
        With `obey_robots`, robots.txt is asked for every address on the way, and Refused is raised
        where it disallows one.
        """
        fields = {"Accept": accept, **_conditions(validators)}
        lease = _held(parse_target(url).host, lease)
        allowed = self._allowed if obey_robots else None
        return self._follow(url, fields, limits, lease, allowed=allowed)

    def read_robots(self, url: str, *, lease: Lease = always) -> None:
        """Learn the robots.txt that holds for `url`, where it is not known yet.

        Raises FetchError where it cannot be had, and then `url` may not be asked for either: later
        for a site in trouble, never for a refused address.
        """
        target = parse_target(url)
        self._robots.rules(target.url, _held(target.host, lease))

    def knows_robots(self, url: str) -> bool:
        """Whether `read_robots` would make no request."""
        return self._robots.known(parse_target(url).url)

    def crawl_delay(self, host: str) -> float | None:
        """Seconds that a host wants between requests, at most `robots.LONGEST_CRAWL_DELAY`.

        0 where its robots.txt does not say, None where none of it is known here. Asks nobody.
        """
        return self._robots.crawl_delay(host)

    def close(self) -> None:
        """Close the connections that are kept."""
        self._exchanges.close()

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _follow(
        self,
        url: str,
        fields: Mapping[str, str],
        limits: Limits,
        lease: Lease,
        *,
        most_redirects: int = MAX_REDIRECTS,
        cut: bool = False,
        allowed: Callable[[str, Lease], bool] | None = None,
    ) -> Response:
        deadline = Deadline(limits.deadline)
        sent = {**self._identity, "Accept-Encoding": ACCEPT_ENCODING, **fields}
        target = parse_target(url)
        cookies = Cookies()
        visited = [target.url]
        moved_for_good, permanent_url = True, None
        while True:
            if allowed is not None and not allowed(target.url, lease):
                raise Refused("robots.txt asks not to fetch this page")
            with lease(target.host):
                cookie = cookies.field(target)
                asked = sent if cookie is None else {**sent, "Cookie": cookie}
                answer = self._exchanges.ask(target, asked, limits, deadline, cut=cut)
            hop = next_hop(
                answer.status,
                answer.location,
                visited=visited,
                most=most_redirects,
                anew=cookies.take(answer.cookies, target),
            )
            if hop is None:
                break
            target = parse_target(hop.url)
            visited.append(target.url)
            moved_for_good = moved_for_good and hop.permanent
            if moved_for_good:
                permanent_url = target.url
        there = 200 <= answer.status < 300 or answer.status == 304
        return Response(
            url=url,
            final_url=target.url,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            content_type=answer.headers.get("content-type"),
            permanent_url=permanent_url if there else None,
            wire_bytes=answer.wire_bytes,
            elapsed=deadline.elapsed(),
            conditional=not fields.keys().isdisjoint(_CONDITIONS),
        )

    def _allowed(self, url: str, lease: Lease) -> bool:
        return self._robots.rules(url, lease).allow(url)

    def _robots_txt(self, url: str, validators: Validators, lease: Lease) -> Response:
        return self._follow(
            url,
            {"Accept": "text/plain, */*;q=0.5", **_conditions(validators)},
            ROBOTS_LIMITS,
            lease,
            most_redirects=ROBOTS_REDIRECTS,
            cut=True,
        )


def _held(host: str, lease: Lease) -> Lease:
    """The leases of a caller who has that of `host` already."""

    def take(other: str) -> AbstractContextManager[None]:
        return nullcontext() if other == host else lease(other)

    return take


_CONDITIONS = ("If-None-Match", "If-Modified-Since")


def _conditions(validators: Validators) -> dict[str, str]:
    """The fields of a conditional request. What could not have come in a header is left out."""
    fields = dict(zip(_CONDITIONS, (validators.etag, validators.last_modified), strict=True))
    return {
        name: value
        for name, value in fields.items()
        if value and value.isprintable() and max(value) <= "\xff"
    }
