"""`poll`: a line a feed, and what is told where there is trouble."""

from tests.admin.conftest import Cli
from tests.admin.wire import SUMMIT, html_page, rss, serve
from tests.site import Site, answers

LINE = ["feed", "status", "entries", "new", "revised", "failed", "rolled_over"]


def test_a_poll_follows_every_article_and_a_second_finds_nothing_new(
    local_cli: Cli, site: Site
) -> None:
    serve(site)
    url = site.url("/pine.xml")
    local_cli("feeds", "add", "--unchecked", url)
    first = local_cli("poll", "--json")
    assert (first.status, first.err) == (0, "")
    [line] = first.records
    assert list(line) == LINE
    assert line == {
        "feed": url, "status": 200, "entries": 2, "new": 2, "revised": 0, "failed": 0,
        "rolled_over": False,
    }  # fmt: skip
    articles = local_cli("export", "articles").records
    assert {article["url"] for article in articles} == {
        site.url("/pine/visit.html"), site.url("/pine/library.html"),
    }  # fmt: skip
    assert all(article["text"] for article in articles)

    # Not due, but named.
    [again] = local_cli("poll", url, "--json").records
    assert again == line | {"status": 304, "entries": 0, "new": 0}
    assert site.most_in_flight() == 1


def test_an_edited_article_is_a_revision(local_cli: Cli, site: Site) -> None:
    url, page = site.url("/rss.xml"), site.url("/a.html")
    title, paragraphs = SUMMIT
    site.feed("/rss.xml", rss({page: title}))
    site.page("/a.html", html_page(title, paragraphs))
    local_cli("feeds", "add", "--unchecked", url)
    local_cli("poll")
    site.feed("/rss.xml", rss({page: f"{title}, after all"}))
    site.page("/a.html", html_page(f"{title}, after all", paragraphs))
    [line] = local_cli("poll", url, "--json").records
    assert (line["new"], line["revised"]) == (0, 1)


def test_a_feed_that_fails_is_told_and_the_others_are_read(local_cli: Cli, site: Site) -> None:
    site.feed("/good.xml", rss({}))
    site.page("/page.xml", "<html><body>A page.</body></html>")
    site.serve("/error.xml", answers.status(500))
    paths = ("/error.xml", "/good.xml", "/page.xml")
    for path in paths:
        local_cli("feeds", "add", "--unchecked", site.url(path))
    ended = local_cli("poll", "--json", *map(site.url, paths))
    assert ended.status == 1
    error, good, page = ended.records
    assert (error["feed"], error["status"]) == (site.url("/error.xml"), 500)
    assert "500" in error["error"]
    assert list(good) == LINE
    assert (page["status"], "error" in page) == (200, True)
    assert len(ended.err.splitlines()) == 1
    assert "2 of 3 feeds could not be polled" in ended.err


def test_a_private_address_is_refused_with_the_name_of_the_setting(
    local_cli: Cli, site: Site
) -> None:
    site.feed("/rss.xml", rss({}))
    url = site.url("/rss.xml")
    local_cli("feeds", "add", "--unchecked", url)
    stranger = Cli(local_cli.home)
    ended = stranger("poll", url, "--json")
    assert ended.status == 1
    [line] = ended.records
    assert line["status"] is None
    assert "TRANSPACIFIC_PRIVATE_HOSTS" in line["error"]
    assert len(ended.err.splitlines()) == 1
    assert "TRANSPACIFIC_PRIVATE_HOSTS" in ended.err
    assert site.log == []


def test_a_paused_feed_that_is_named_is_told_how_to_go_on(local_cli: Cli, site: Site) -> None:
    url = site.url("/rss.xml")
    local_cli("feeds", "add", "--unchecked", url)
    local_cli("feeds", "pause", url)
    ended = local_cli("poll", url)
    assert ended.status == 1
    assert f"transpacific feeds resume {url}" in ended.out
    assert site.log == []


def test_for_people_it_is_a_table(local_cli: Cli, site: Site) -> None:
    site.feed("/rss.xml", rss({}))
    local_cli("feeds", "add", "--unchecked", site.url("/rss.xml"))
    heading, line = local_cli("poll").out.splitlines()
    assert heading.split() == ["status", "entries", "new", "revised", "failed", "feed"]
    assert line.split() == ["200", "0", "0", "0", "0", site.url("/rss.xml")]


def test_without_feeds_it_says_how_to_have_some(cli: Cli) -> None:
    ended = cli("poll", "--json")
    assert (ended.status, ended.out) == (0, "")
    assert "transpacific feeds import --catalogue" in ended.err
