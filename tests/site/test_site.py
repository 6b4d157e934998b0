"""The local web keeps its own promises, so that tests may build on it."""

import http.client
import threading
from collections.abc import Iterator

import pytest

from tests.site import Answer, Canary, Exchange, Site, answers
from tests.support import machine
from tests.support.waiting import until


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def ask(
    site: Site, path: str, headers: dict[str, str] | None = None, *, host: str | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(
        host or site.hosts[0], site.port, timeout=machine.scaled(10)
    )
    connection.request("GET", path, headers=headers or {})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def test_a_page_is_served_until_it_is_removed(site: Site) -> None:
    assert ask(site, "/a") == (404, b"<p>404</p>")
    site.page("/a", "<p>one</p>")
    assert ask(site, "/a") == (200, b"<p>one</p>")
    site.page("/a", "<p>two</p>")
    assert ask(site, "/a") == (200, b"<p>two</p>")
    site.remove("/a")
    assert ask(site, "/a")[0] == 404


def test_304_is_for_who_knows_this_very_version(site: Site) -> None:
    site.page("/a", "<p>one</p>")
    connection = http.client.HTTPConnection(site.hosts[0], site.port, timeout=machine.scaled(10))
    connection.request("GET", "/a")
    first = connection.getresponse()
    first.read()
    connection.close()
    etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    assert ask(site, "/a", {"If-None-Match": etag}) == (304, b"")
    assert ask(site, "/a", {"If-Modified-Since": modified}) == (304, b"")
    assert ask(site, "/a", {"If-None-Match": '"other"', "If-Modified-Since": modified})[0] == 200
    site.page("/a", "<p>two</p>")
    assert ask(site, "/a", {"If-None-Match": etag})[0] == 200


def test_faults_come_first_and_end(site: Site) -> None:
    site.page("/a", "<p>fine</p>")
    site.fail("/a", status=500, times=2)
    site.fail("/a", answers.status(429, headers={"Retry-After": "2"}))
    assert [ask(site, "/a")[0] for _ in range(5)] == [500, 500, 429, 200, 200]
    assert [request.status for request in site.log] == [500, 500, 429, 200, 200]


def test_a_reset_is_one(site: Site) -> None:
    site.serve("/", answers.reset())
    with pytest.raises(ConnectionResetError):
        ask(site, "/")


def test_each_host_has_its_pages_and_its_count() -> None:
    with Site(hosts=3) as many:
        for number, host in enumerate(many.hosts):
            many.page("/a", f"<p>{number}</p>", host=host)
        many.page("/all", "<p>all</p>")
        for number, host in enumerate(many.hosts):
            assert ask(many, "/a", host=host)[1] == f"<p>{number}</p>".encode()
            assert ask(many, "/all", host=host)[0] == 200
        assert sorted({request.host for request in many.log}) == sorted(many.hosts)


def test_requests_in_flight_are_counted_per_host(site: Site) -> None:
    site.serve("/slow", answers.stall())
    site.page("/", "<p>quick</p>")
    threads = [threading.Thread(target=swallow, args=(site, "/slow")) for _ in range(2)]
    for thread in threads:
        thread.start()
    until(lambda: site.count("/slow") == 2, "both have arrived")
    ask(site, "/")
    site.release()
    for thread in threads:
        thread.join()
    assert sorted(request.in_flight for request in site.log) == [1, 2, 3]
    assert site.most_in_flight() == 3
    ask(site, "/")
    assert site.log[-1].in_flight == 1


def swallow(site: Site, path: str) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        ask(site, path)


def test_connections_are_counted_and_can_be_closed(site: Site) -> None:
    site.page("/", "<p>quick</p>")
    connection = http.client.HTTPConnection(site.hosts[0], site.port, timeout=machine.scaled(10))
    for _ in range(3):
        connection.request("GET", "/")
        connection.getresponse().read()
    assert (site.connections, site.open_connections) == (1, 1)
    site.hang_up()
    until(lambda: site.open_connections == 0, "the server has closed")
    connection.close()


def test_a_site_that_closes_takes_its_stalls_and_drips_along() -> None:
    ended: list[str] = []
    with Site() as site:
        site.serve("/stall", wrapped(answers.stall(), ended))
        site.serve("/drip", wrapped(answers.body_drip(), ended))
        connections = []
        for path in ("/stall", "/drip"):
            connection = http.client.HTTPConnection(
                site.hosts[0], site.port, timeout=machine.scaled(10)
            )
            connection.request("GET", path)
            connections.append(connection)
        until(lambda: len(site.log) == 2, "both have arrived")
        assert ended == []
    until(lambda: len(ended) == 2, "both have ended")
    for connection in connections:
        connection.close()


def wrapped(answer: Answer, ended: list[str]) -> Answer:
    def note_the_end(exchange: Exchange) -> None:
        try:
            answer(exchange)
        finally:
            ended.append(exchange.request.path)

    return note_the_end


def test_a_canary_counts_and_keeps_silent() -> None:
    with Canary() as canary:
        connection = http.client.HTTPConnection(
            canary.address, canary.port, timeout=machine.scaled(0.2)
        )
        connection.request("GET", "/")
        with pytest.raises(TimeoutError):
            connection.getresponse()
        until(lambda: canary.connections == 1, "the canary has heard it")
        connection.close()
