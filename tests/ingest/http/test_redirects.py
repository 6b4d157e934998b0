"""What a redirect means."""

import pytest

from ingest.http import RedirectRefused
from ingest.http.redirects import MAX_REDIRECTS, Hop, next_hop

HERE = "https://news.example/a/b?c=d"


@pytest.mark.parametrize(
    ("status", "location", "url", "permanent"),
    [
        (301, "https://other.example/x", "https://other.example/x", True),
        (308, "https://other.example/x", "https://other.example/x", True),
        (302, "https://other.example/x", "https://other.example/x", False),
        (303, "https://other.example/x", "https://other.example/x", False),
        (307, "https://other.example/x", "https://other.example/x", False),
        (301, "/x", "https://news.example/x", True),
        (301, "x", "https://news.example/a/x", True),
        (301, "../x", "https://news.example/x", True),
        (301, "?e=f", "https://news.example/a/b?e=f", True),
        (301, "//other.example/x", "https://other.example/x", True),
        (301, "HTTPS://OTHER.example:443/X", "https://other.example/X", True),
        (301, "/x#part", "https://news.example/x", True),
        (301, " /x ", "https://news.example/x", True),
        (301, "/a b", "https://news.example/a%20b", True),
        # Down from https to http is followed and never remembered.
        (301, "http://news.example/x", "http://news.example/x", False),
        # http.client reads the bytes of a header as Latin-1.
        (302, "/新闻".encode().decode("latin-1"), "https://news.example/%E6%96%B0%E9%97%BB", False),
        (302, "/新闻".encode("gb18030").decode("latin-1"), "https://news.example/%D0%C2%CE%C5",
         False),
        (302, "https://新闻.example/".encode().decode("latin-1"), "https://xn--efvy88h.example/",
         False),
    ],
)  # fmt: skip
def test_a_redirect_leads_to_its_location(
    status: int, location: str, url: str, permanent: bool
) -> None:
    assert next_hop(status, location, visited=[HERE]) == Hop(url, permanent)


@pytest.mark.parametrize("status", [200, 201, 204, 300, 304, 305, 306, 399, 404, 503])
def test_other_statuses_stand_whatever_their_location(status: int) -> None:
    assert next_hop(status, "https://other.example/", visited=[HERE]) is None


@pytest.mark.parametrize("location", [None, ""])
def test_a_redirect_without_a_location_stands_as_the_answer(location: str | None) -> None:
    assert next_hop(301, location, visited=[HERE]) is None


@pytest.mark.parametrize(
    "location",
    [
        "ftp://other.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "mailto:desk@news.example",
        "https://user@other.example/",
        "https://user:secret@other.example/",
        "//@other.example/",
        "https://",
        "https://other.example:99999/",
        "http://[::1/",
        "/" + "a" * 20_000,
    ],
)
def test_a_redirect_to_what_is_not_plain_http_is_refused(location: str) -> None:
    with pytest.raises(RedirectRefused) as caught:
        next_hop(302, location, visited=[HERE])
    assert not caught.value.retry


@pytest.mark.parametrize("location", [HERE, "?c=d", "#part", "https://first.example/"])
def test_a_circle_is_refused(location: str) -> None:
    with pytest.raises(RedirectRefused, match="circle"):
        next_hop(302, location, visited=["https://first.example/", HERE])


def test_as_many_redirects_as_allowed_are_followed_and_no_more() -> None:
    visited = [f"https://news.example/{number}" for number in range(MAX_REDIRECTS)]
    assert next_hop(302, "/next", visited=visited) is not None
    with pytest.raises(RedirectRefused, match="more than 10"):
        next_hop(302, "/next", visited=[*visited, "https://news.example/10"])
