"""`purge`: what it shows, what it asks, what is gone, and that it stays gone until forgotten."""

import os
import pty
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.admin.conftest import ROOT, Cli, command
from tests.admin.test_misuse import assert_one_line
from tests.admin.wire import SOYBEANS, SUMMIT, TARIFFS, rss, serve
from tests.site import Site
from tests.support.waiting import output


@pytest.fixture
def wired(polled: Cli, tmp_path: Path) -> Cli:
    """A copy of the home in which the small wire has been read, to be changed."""
    home = shutil.copytree(polled.home, tmp_path / "home")
    return Cli(home, polled.environment)


def url_of(cli: Cli, path: str) -> str:
    [url] = [row["url"] for row in cli("export", "articles").records if row["url"].endswith(path)]
    return url


def urls(cli: Cli) -> set[str]:
    return {row["url"] for row in cli("export", "articles", "--format", "jsonl").records}


def at_a_terminal(cli: Cli, words: Sequence[str], answer: bytes) -> tuple[int, str]:
    """Run a command whose stdin is a terminal on which somebody types an answer."""
    keyboard, terminal = pty.openpty()
    try:
        process = subprocess.Popen(
            command(*words), stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd=ROOT, env=cli.process_environment({}),
        )  # fmt: skip
        os.write(keyboard, answer)
        out, _ = output(process)
        return process.returncode, out.decode()
    finally:
        os.close(keyboard)
        os.close(terminal)


def test_an_article_is_gone_from_every_answer(wired: Cli) -> None:
    url = url_of(wired, "/ships.html")
    ended = wired("purge", url, "--reason", "retracted", "--yes")
    assert ended.status == 0, ended.err
    assert ended.out.splitlines()[-1] == "purged 1 article"
    for what in ("articles", "stories", "revisions"):
        assert url not in wired("export", what).out
    found = wired("stories", "soybeans", "--relevance", "all", "--format", "jsonl")
    assert found.records == []


def test_what_would_go_is_shown_and_nothing_goes_in_a_dry_run(wired: Cli) -> None:
    before = urls(wired)
    ships, visit = url_of(wired, "/ships.html"), url_of(wired, "/pine/visit.html")
    ended = wired("purge", ships, visit, "--dry-run")
    heading, *rows, summary = ended.out.splitlines()
    assert heading.split() == ["revisions", "snapshots", "copies", "left", "source", "article"]
    assert sorted(row.split() for row in rows) == [
        ["1", "2", "0", "Harbour", "Gazette", ships],
        ["1", "2", "1", "Pine", "Valley", "News", visit],
    ]
    assert summary == "2 articles, 2 revisions, 4 snapshots; 1 story loses copies, 1 vanishes"
    assert urls(wired) == before
    told = wired("purge", ships, "--dry-run", "--json").records
    assert [(row["url"], row["copies"], row["purged"]) for row in told] == [(ships, 1, False)]


def test_a_story_that_loses_a_copy_is_counted_anew(wired: Cli) -> None:
    url = url_of(wired, "/pine/visit.html")
    [told] = wired("purge", url, "--yes", "--json").records
    assert told["purged"] is True
    [story] = wired("stories", "envoys", "--format", "jsonl").records
    assert story["urls"] == [url.replace("/pine", "")]
    assert story["sources"] == ["Harbour Gazette"]


def test_an_outlet_goes_whole_and_only_it(wired: Cli) -> None:
    ended = wired("purge", "--source", "Harbour Gazette", "--yes")
    assert ended.status == 0, ended.err
    assert ended.out.splitlines()[-1] == "purged 3 articles"
    assert "transpacific feeds pause" in ended.err
    assert {url.rpartition("/pine/")[2] for url in urls(wired)} == {"visit.html", "library.html"}


@pytest.mark.parametrize(
    ("answer", "status", "says", "left"),
    [(b"y\n", 0, "purged 1 article", 4), (b"n\n", 1, "nothing was purged", 5)],
)
def test_at_a_terminal_it_asks(
    wired: Cli, answer: bytes, status: int, says: str, left: int
) -> None:
    ended, out = at_a_terminal(wired, ["purge", url_of(wired, "/ships.html")], answer)
    assert ended == status
    assert "Purge 1 article? [y/N]" in out
    assert says in out
    assert len(urls(wired)) == left


def test_where_nobody_can_be_asked_nothing_goes(wired: Cli) -> None:
    before = urls(wired)
    ended = wired("purge", "--json", url_of(wired, "/ships.html"))
    assert_one_line(ended, 2, "--yes", "--dry-run")
    assert urls(wired) == before


def test_one_address_that_is_not_here_keeps_all(wired: Cli) -> None:
    before = urls(wired)
    ended = wired("purge", "--yes", url_of(wired, "/ships.html"), "http://a.example/1.html")
    assert_one_line(ended, 2, "http://a.example/1.html is not here", "nothing was purged")
    assert urls(wired) == before


def test_what_was_purged_is_listed(wired: Cli) -> None:
    url = url_of(wired, "/ships.html")
    assert wired("purge", "--list").err == "nothing has been purged\n"
    wired("purge", url, "--yes", "--reason", "a\x1b[31m red\nreason")
    [told] = wired("purge", "--list", "--json").records
    assert (told["url"], told["reason"]) == (url, "a\x1b[31m red\nreason")
    heading, row = wired("purge", "--list").out.splitlines()
    assert heading.split() == ["purged", "reason", "article"]
    assert row.startswith(told["purged"][:16])
    assert "\x1b" not in row
    assert row.endswith(f"red reason  {url}")
    again = wired("purge", url, "--yes")
    assert_one_line(again, 2, "was purged", "nothing was purged")


def test_the_next_poll_lets_it_lie_until_it_is_forgotten(local_cli: Cli) -> None:
    with Site() as site:
        serve(site)
        feed = site.url("/harbour.xml")
        local_cli("feeds", "add", "--unchecked", feed)
        local_cli("poll")
        ships = site.url("/ships.html")
        assert local_cli("purge", ships, "--yes").status == 0
        assert ships not in urls(local_cli)

        [poll] = local_cli("poll", feed, "--json").records
        assert (poll["status"], poll["new"]) == (304, 0)
        site.feed("/harbour.xml", site_feed_in_another_order(site))
        [poll] = local_cli("poll", feed, "--json").records
        assert (poll["new"], poll["revised"]) == (0, 0)
        assert len(urls(local_cli)) == 2

        assert local_cli("purge", "--forget", ships).out == f"forgotten {ships}\n"
        [poll] = local_cli("poll", feed, "--json").records
        assert poll["new"] == 1
        assert ships in urls(local_cli)
        assert local_cli("purge", "--list", "--json").records == []


def site_feed_in_another_order(site: Site) -> str:
    titles = {
        "/tariffs.html": TARIFFS[0], "/ships.html": SOYBEANS[0], "/visit.html": SUMMIT[0]
    }  # fmt: skip
    return rss({site.url(path): title for path, title in titles.items()})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("purge", "--source"),
        ("purge --list http://a.example/1", "--list"),
        ("purge --forget", "--forget URL"),
        ("purge --list --forget http://a.example/1", "--forget"),
        ("purge --source A http://a.example/1", "--source"),
        ("purge --source Nobody --yes", "no outlet is named 'Nobody'"),
        ("purge --yes ftp://a.example/1", "http:// or https://"),
        ("purge --forget ftp://a.example/1", "http:// or https://"),
        ("purge --forget http://a.example/1", "was not purged"),
    ],
)
def test_what_is_written_wrong_is_misuse(cli: Cli, arguments: str, says: str) -> None:
    assert_one_line(cli(*arguments.split()), 2, says)
