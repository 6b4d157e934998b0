"""`feeds add`: feeds, pages that lead to one, and pages that do not."""

import pytest

from tests.admin.conftest import Cli
from tests.admin.wire import rss
from tests.site import Answer, Site, answers


def declared(*links: tuple[str, str]) -> str:
    """A page that declares these feeds, by address and title."""
    alternates = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{href}" title="{title}">'
        for href, title in links
    )
    return f"<html><head><title>News</title>{alternates}</head><body><p>News.</p></body></html>"


def feeds(cli: Cli) -> list[str]:
    return [record["feed"] for record in cli("feeds", "list", "--json").records]


def test_a_feed_is_asked_once_and_added(local_cli: Cli, site: Site) -> None:
    site.feed("/rss.xml", rss({}))
    ended = local_cli("feeds", "add", site.url("/rss.xml"))
    assert (ended.status, ended.out, ended.err) == (0, f"added {site.url('/rss.xml')}\n", "")
    assert [request.path for request in site.log] == ["/rss.xml"]
    # It is known now, and not asked again.
    again = local_cli("feeds", "add", site.url("/rss.xml"), "--json")
    assert again.records == [{"feed": site.url("/rss.xml"), "new": False}]
    assert len(site.log) == 1


def test_of_a_page_with_one_feed_that_is_added(local_cli: Cli, site: Site) -> None:
    site.page("/news/", declared(("../rss.xml", "News"), ("/comments/feed", "Comments")))
    site.redirect("/", "/news/")
    site.feed("/rss.xml", rss({}))
    ended = local_cli("feeds", "add", site.url("/"), "--country", "SG", "--json")
    assert ended.status == 0
    assert ended.records == [{"feed": site.url("/rss.xml"), "new": True, "page": site.url("/")}]
    [feed] = local_cli("feeds", "list", "--json").records
    assert (feed["feed"], feed["country"]) == (site.url("/rss.xml"), "SG")
    assert feed["home_url"] == site.url("/")


def test_of_a_page_with_several_none_is_added_and_all_are_listed(
    local_cli: Cli, site: Site
) -> None:
    site.page("/", declared(("/world.xml", "World"), ("/asia.xml", "Asia\x1b[31m")))
    ended = local_cli("feeds", "add", site.url("/"))
    assert ended.status == 1
    assert [line.split() for line in ended.out.splitlines()] == [
        ["feed", "title"],
        [site.url("/world.xml"), "World"],
        [site.url("/asia.xml"), "Asia[31m"],
    ]
    assert "2 feeds" in ended.err
    assert "transpacific feeds add URL" in ended.err
    told = local_cli("feeds", "add", site.url("/"), "--json").records
    assert told == [
        {
            "page": site.url("/"),
            "feeds": [
                {"feed": site.url("/world.xml"), "title": "World"},
                {"feed": site.url("/asia.xml"), "title": "Asia[31m"},
            ],
            "error": "this page has 2 feeds",
        }
    ]
    assert feeds(local_cli) == []


@pytest.mark.parametrize(("real", "status"), [([], 1), (["/rss"], 0), (["/rss", "/atom"], 1)])
def test_links_that_look_like_feeds_are_asked_before_they_are_believed(
    local_cli: Cli, site: Site, real: list[str], status: int
) -> None:
    site.page("/", '<a href="/rss">RSS</a> <a href="/atom">Atom</a> <a href="/about">About</a>')
    for path in ("/rss", "/atom"):
        site.page(path, "<p>All our feeds, one day.</p>")
    for path in real:
        site.feed(path, rss({}))
    assert local_cli("feeds", "add", site.url("/")).status == status
    assert feeds(local_cli) == ([site.url(real[0])] if len(real) == 1 else [])
    assert site.count("/about") == 0


NO_FEED = {
    "/page": (answers.page("<p>Nothing to see.</p>"), "leads to none"),
    "/broken": (
        answers.page(declared(("/missing.xml", "News"))),
        "/missing.xml: the server answered 404",
    ),
    "/private": (
        answers.page(declared(("http://10.0.0.1/rss", "News"))),
        "TRANSPACIFIC_PRIVATE_HOSTS",
    ),
    "/gone": (answers.status(410), "410"),
    "/gopher": (answers.redirect("gopher://old.example/"), "redirected"),
    "/image": (answers.page(b"\x89PNG\r\n" + b"\x00" * 99, content_type="image/png"), "a feed"),
}


def test_what_leads_to_no_feed_is_not_added_and_the_rest_is(local_cli: Cli, site: Site) -> None:
    for path, (answer, _) in NO_FEED.items():
        site.serve(path, answer)
    site.feed("/rss.xml", rss({}))
    ended = local_cli("feeds", "add", *map(site.url, NO_FEED), site.url("/rss.xml"))
    assert ended.status == 1
    for (path, (_, reason)), line in zip(NO_FEED.items(), ended.err.splitlines(), strict=True):
        assert line.startswith(f"{site.url(path)}: ")
        assert reason in line
        assert line.endswith("; not added")
    assert feeds(local_cli) == [site.url("/rss.xml")]


@pytest.mark.parametrize("answer", [answers.status(503), answers.reset()], ids=["503", "reset"])
def test_a_feed_that_does_not_answer_now_is_added_with_a_word(
    local_cli: Cli, site: Site, answer: Answer
) -> None:
    site.serve("/rss.xml", answer)
    ended = local_cli("feeds", "add", site.url("/rss.xml"))
    assert ended.status == 0
    assert "polled all the same" in ended.err
    assert feeds(local_cli) == [site.url("/rss.xml")]


def test_unchecked_nobody_is_asked(local_cli: Cli, site: Site) -> None:
    assert local_cli("feeds", "add", site.url("/"), "--unchecked").status == 0
    assert feeds(local_cli) == [site.url("/")]
    assert site.log == []
