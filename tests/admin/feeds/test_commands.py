"""`feeds`: adding, listing, lists in and out, checking, pausing, removing."""

from pathlib import Path

import pytest

from tests.admin.conftest import Cli
from tests.admin.wire import rss, serve
from tests.site import Site, answers

URL = "https://news.example/rss.xml"


def test_an_added_feed_is_listed_with_what_was_said_of_it(cli: Cli) -> None:
    ended = cli(
        "feeds", "add", URL, "--source", "The Example", "--country", "SG", "--language", "zh",
        "--kind", "wire", "--state-media", "--title", "World", "--unchecked",
    )  # fmt: skip
    assert (ended.status, ended.out) == (0, f"added {URL}\n")
    [feed] = cli("feeds", "list", "--json").records
    told = {key: feed[key] for key in ("feed", "source", "country", "language", "kind", "title")}
    assert told == {
        "feed": URL, "source": "The Example", "country": "SG", "language": "zh", "kind": "wire",
        "title": "World",
    }  # fmt: skip
    assert feed["state_media"] is True
    assert feed["state"] == "active"
    assert feed["last_poll"] is None
    assert feed["next_poll"].endswith("Z")


def test_a_known_feed_is_known_however_it_is_spelled(cli: Cli) -> None:
    cli("feeds", "add", URL, "--unchecked")
    spelled = "HTTPS://News.Example:443/rss.xml"
    again = cli("feeds", "add", spelled, "https://b.example/f", "--unchecked", "--json")
    assert again.records == [
        {"feed": URL, "new": False},
        {"feed": "https://b.example/f", "new": True},
    ]


def test_one_wrong_address_adds_none(cli: Cli) -> None:
    ended = cli("feeds", "add", URL, "gopher://old.example/")
    assert ended.status == 2
    assert cli("feeds", "list", "--json").records == []


def test_the_list_for_people_has_a_line_a_feed(cli: Cli) -> None:
    addresses = URL, "https://b.example/" + "long" * 40
    cli("feeds", "add", *addresses, "--source", "The Example", "--unchecked")
    heading, *lines = cli("feeds", "list").out.splitlines()
    assert heading.split() == ["source", "state", "last", "poll", "feed"]
    assert len(lines) == 2
    assert all(line.startswith("The Example") for line in lines)


def test_the_catalogue_is_imported_once(cli: Cli) -> None:
    [first] = cli("feeds", "import", "--catalogue", "--json").records
    assert first["new"] >= 80
    assert first["known"] == 0
    assert cli("feeds", "import", "--catalogue", "--json").records == [
        {"new": 0, "known": first["new"]}
    ]


def test_an_export_imports_as_the_same_feeds(cli: Cli, tmp_path: Path) -> None:
    described = "--source", "A & B <news>", "--title", "T", "--country", "CN"
    cli("feeds", "add", URL, *described, "--unchecked")
    described = "--language", "zh", "--state-media", "--title", "F"
    cli("feeds", "add", "https://b.example/f?x=1&y=2", *described, "--unchecked")
    file = tmp_path / "feeds.opml"
    assert cli("feeds", "export", "-o", file).status == 0
    assert cli("feeds", "export").stdout == file.read_bytes()

    other = Cli(tmp_path / "other")
    assert other("feeds", "import", file).out == "2 new, 0 known already\n"
    same = ("feed", "title", "source", "country", "language", "kind", "state_media")

    def told(cli: Cli) -> list[list[object]]:
        return [[feed[key] for key in same] for feed in cli("feeds", "list", "--json").records]

    assert told(other) == told(cli)


def test_a_list_of_urls_is_imported_from_stdin(cli: Cli) -> None:
    text = b"# ours\nhttps://a.example/f\n\nhttps://b.example/f # weekly\n"
    assert cli("feeds", "import", "-", stdin=text).out == "2 new, 0 known already\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"# ours\nftp://b.example/f\n", "line 2"),
        (b"<opml version='2.0'><body><outline xmlUrl='", "not well-formed"),
        (b"<opml><body><outline xmlUrl='https://a.example/f' kind='blog'/></body></opml>", "kind"),
        (b"<html><body>Not found</body></html>", "no OPML"),
        (b"", "no feed"),
    ],
)
def test_a_list_without_a_good_line_imports_nothing(
    cli: Cli, tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "list"
    file.write_bytes(content)
    ended = cli("feeds", "import", file)
    assert ended.status == 2
    assert len(ended.err.splitlines()) == 1
    assert reason in ended.err
    assert cli("feeds", "list", "--json").records == []


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"https://a.example/f\nftp://b.example/f\n", 2, "http"),
        (b"https://a.example/f\nhttp://10.0.0.1/f\n", 2, "TRANSPACIFIC_PRIVATE_HOSTS"),
        (
            b"<opml>\n<outline xmlUrl='https://a.example/f'/>\n<outline xmlUrl='x'/></opml>",
            3,
            "http",
        ),
    ],
)
def test_a_bad_line_of_a_list_is_told_and_the_rest_is_imported(
    cli: Cli, tmp_path: Path, content: bytes, line: int, reason: str
) -> None:
    file = tmp_path / "list"
    file.write_bytes(content)
    ended = cli("feeds", "import", file, "--json")
    assert ended.status == 1
    [told] = ended.records
    assert (told["new"], told["known"]) == (1, 0)
    [refused] = told["refused"]
    assert refused["line"] == line
    assert reason in refused["reason"]
    assert f"line {line}: " in ended.err
    assert [feed["feed"] for feed in cli("feeds", "list", "--json").records] == [
        "https://a.example/f"
    ]


def test_an_address_for_feed_readers_is_taken_everywhere(
    local_cli: Cli, site: Site, tmp_path: Path
) -> None:
    site.feed("/rss.xml", rss({}))
    url = site.url("/rss.xml")
    short, long = url.replace("http:", "feed:"), f"feed:{url}"
    assert local_cli("feeds", "add", short, "--json").records == [{"feed": url, "new": True}]
    assert local_cli("feeds", "add", long, "--json").records == [{"feed": url, "new": False}]
    file = tmp_path / "list"
    for content in (short, long, f"<opml><outline xmlUrl='{short}'/></opml>"):
        file.write_text(content)
        assert local_cli("feeds", "import", file).out == "0 new, 1 known already\n"
    assert local_cli("feeds", "check", long, "--json").records[0]["url"] == url
    assert local_cli("feeds", "pause", short).status == 0
    assert local_cli("feeds", "resume", long).status == 0
    assert local_cli("poll", short, "--json").records[0]["feed"] == url
    # A page may lead to its feed so too.
    site.page("/", f'<link rel="alternate" type="application/rss+xml" href="{short}">')
    assert local_cli("feeds", "add", site.url("/"), "--json").records[0]["feed"] == url
    assert local_cli("feeds", "remove", short).status == 0


def test_a_paused_feed_is_not_polled_until_it_is_resumed(local_cli: Cli, site: Site) -> None:
    site.feed("/rss.xml", rss({}))
    url = site.url("/rss.xml")
    local_cli("feeds", "add", url, "--unchecked")
    assert local_cli("feeds", "pause", url).status == 0
    assert local_cli("feeds", "list", "--json").records[0]["state"] == "paused"
    assert local_cli("poll").err == "no feed is due; name one to poll it all the same\n"
    assert local_cli("feeds", "resume", url).status == 0
    assert local_cli("poll", "--json").records[0]["status"] == 200
    assert site.count("/rss.xml") == 1


def test_a_removed_feed_is_forgotten_and_its_articles_stay(local_cli: Cli, site: Site) -> None:
    serve(site)
    url = site.url("/pine.xml")
    local_cli("feeds", "add", url)
    local_cli("poll")
    assert local_cli("feeds", "remove", url).status == 0
    assert local_cli("feeds", "list", "--json").records == []
    assert len(local_cli("export", "articles").records) == 2


@pytest.mark.parametrize("command", ["pause", "resume", "remove"])
def test_a_feed_that_is_not_there_is_misuse(cli: Cli, command: str) -> None:
    ended = cli("feeds", command, URL)
    assert ended.status == 2
    assert f"transpacific feeds add {URL}" in ended.err


def test_check_tells_which_feeds_answer_and_stores_nothing(local_cli: Cli, site: Site) -> None:
    site.feed("/good.xml", rss({site.url("/a"): "One", site.url("/b"): "Two"}))
    site.page("/page.html", "<html><body><p>A page.</p></body></html>")
    site.serve("/gone.xml", answers.status(410))
    site.serve("/reset.xml", answers.reset())
    site.redirect("/old.xml", "/good.xml", status=301)
    paths = ["/good.xml", "/page.html", "/gone.xml", "/reset.xml", "/old.xml"]
    ended = local_cli("feeds", "check", "--json", *map(site.url, paths))
    assert ended.status == 1
    told = dict(zip(paths, ended.records, strict=True))
    for path, record in told.items():
        assert list(record) == ["url", "ok", "status", "entries", "newest", "error"]
        assert record["url"] == site.url(path)
    assert told["/good.xml"] == {
        "url": site.url("/good.xml"), "ok": True, "status": 200, "entries": 2,
        "newest": "2026-10-02T08:00:00Z", "error": None,
    }  # fmt: skip
    assert told["/old.xml"]["ok"]
    assert told["/page.html"]["status"] == 200
    assert not told["/page.html"]["ok"]
    assert told["/page.html"]["error"]
    assert told["/gone.xml"]["status"] == 410
    assert not told["/reset.xml"]["ok"]
    assert site.most_in_flight() == 1
    assert len(ended.err.splitlines()) == 1
    assert local_cli("feeds", "list", "--json").records == []


def test_check_without_urls_asks_all_feeds(local_cli: Cli, site: Site) -> None:
    site.feed("/rss.xml", rss({site.url("/a"): "One"}))
    local_cli("feeds", "add", site.url("/rss.xml"))
    ended = local_cli("feeds", "check")
    assert ended.status == 0
    assert ended.out.splitlines()[1].split() == [
        "1", "2026-10-02T08:00:00Z", "ok", site.url("/rss.xml"),
    ]  # fmt: skip
    assert local_cli("feeds", "list", "--json").records[0]["last_poll"] is None


def test_hosts_are_checked_side_by_side_and_each_one_after_the_other(local_cli: Cli) -> None:
    with Site(hosts=2) as site:
        for path in ("/1.xml", "/2.xml", "/3.xml"):
            site.feed(path, rss({}))
        urls = [
            site.url(path, host=host)
            for path in ("/1.xml", "/2.xml", "/3.xml")
            for host in site.hosts
        ]
        ended = local_cli("feeds", "check", "--json", *urls)
        assert [record["url"] for record in ended.records] == urls
        assert all(record["ok"] for record in ended.records)
        assert site.most_in_flight() == 1
