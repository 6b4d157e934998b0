"""A URL taken apart into what is dialled and what is asked for."""

import pytest

from ingest.http import Refused
from ingest.http.target import Target, parse_target


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "path"),
    [
        ("http://news.example", "http", "news.example", 80, "/"),
        ("https://news.example/a?b=c#d", "https", "news.example", 443, "/a?b=c"),
        ("HTTPS://News.Example:8443/A", "https", "news.example", 8443, "/A"),
        ("http://news.example.:81/a", "http", "news.example", 81, "/a"),
        ("http://news.example:80/", "http", "news.example", 80, "/"),
        ("http://news.example?q=1", "http", "news.example", 80, "/?q=1"),
        ("http://[2606:4700::1111]:81/x", "http", "2606:4700::1111", 81, "/x"),
        ("http://news.example/a b", "http", "news.example", 80, "/a%20b"),
        ("http://news.example/新闻?题=中", "http", "news.example", 80,
         "/%E6%96%B0%E9%97%BB?%E9%A2%98=%E4%B8%AD"),
        ("http://news.example/50%25?x=%zz", "http", "news.example", 80, "/50%25?x=%zz"),
        ("http://新闻.example/", "http", "xn--efvy88h.example", 80, "/"),
        ("http://news.example/?utm_source=feed&id=1", "http", "news.example", 80,
         "/?utm_source=feed&id=1"),
    ],
)  # fmt: skip
def test_a_url_is_asked_for_as_it_was_written(
    url: str, scheme: str, host: str, port: int, path: str
) -> None:
    target = parse_target(url)
    assert (target.scheme, target.host, target.port, target.path) == (scheme, host, port, path)
    assert parse_target(target.url) == target


@pytest.mark.parametrize(
    "url",
    [
        "",
        "news.example/a",
        "//news.example/a",
        "ftp://news.example/",
        "file:///etc/passwd",
        "http://",
        "http:///a",
        "http://news.example:0/",
        "http://news.example:65536/",
        "http://news.example:http/",
        "http://user@news.example/",
        "http://user:secret@news.example/",
        "http://news example/",
        "http://new%73.example/",
        "http://news..example/",
        "http://" + "a" * 64 + ".example/",
        "http://news.example/" + "a" * 20_000,
        "http://news.example/" + "新" * 5_000,
        "http://news.example/\ud800",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
    ],
)
def test_what_cannot_be_asked_is_refused(url: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_target(url)
    assert not caught.value.retry


def test_an_origin_is_scheme_host_and_port() -> None:
    target = parse_target("https://news.example/a")
    assert isinstance(target, Target)
    assert target.origin == ("https", "news.example", 443)
