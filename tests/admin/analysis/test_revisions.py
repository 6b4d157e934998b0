"""`revisions`: an article's revisions, and what was changed in it."""

from collections.abc import Iterator

import pytest
from rich.console import Console

from admin.output.revision_view import print_changes
from ingest.crawl_policy.refetch import parse_schedule
from store.articles.revision_history import ShownRevision
from tests.admin.conftest import LOCAL, Cli
from tests.admin.wire import SUMMIT, html_page, rss
from tests.site import Site
from tests.worker.standins import Clock
from worker.clock import now

PATH, FEED = "/visit.html", "/feed.xml"
TITLE, PARAGRAPHS = SUMMIT
EDITED = (PARAGRAPHS[0].replace("two years", "twelve years"), *PARAGRAPHS[1:])
AGAIN = (*EDITED[:2], "<b>\x1b[31m\u202eThe visit is off.</b>")


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cli, Site, str]]:
    """An article with three revisions: the second changed a word, the third the title too."""
    cli = Cli(tmp_path_factory.mktemp("edited") / "home", LOCAL)
    clock = Clock()
    with Site() as site, pytest.MonkeyPatch.context() as patched:
        patched.setattr("worker.clock.now", clock)
        feed = site.url(FEED)
        site.feed(FEED, rss({site.url(PATH): TITLE}))
        assert cli("feeds", "add", "--unchecked", feed, "--source", "Harbour Gazette").status == 0
        for revision in ((TITLE, PARAGRAPHS), (TITLE, EDITED), (f"{TITLE} after all", AGAIN)):
            site.page(PATH, html_page(*revision))
            ended = cli("poll", feed, "--json", refetch="1h,6h")
            assert ended.status == 0, ended.err
            clock.forward(hours=7)
        yield cli, site, site.url(PATH)


@pytest.fixture
def local_cli(edited: tuple[Cli, Site, str]) -> Cli:
    return edited[0]


@pytest.fixture
def url(edited: tuple[Cli, Site, str]) -> str:
    return edited[2]


def test_the_revisions_are_listed_with_what_changed_from_each_to_the_next(
    local_cli: Cli, url: str
) -> None:
    ended = local_cli("revisions", url)
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == url
    assert lines[1].split() == ["seen", "words", "quality", "from", "title"]
    assert [line.split()[0] for line in lines[2:5]] == ["1", "2", "3"]
    assert "[-two-]{+twelve+} years" in " ".join(ended.out.split())
    assert "{+after all+}" in ended.out
    assert "\x1b" not in ended.out
    assert "\u202e" not in ended.out


def test_two_revisions_that_are_named_are_compared(local_cli: Cli, url: str) -> None:
    ended = local_cli("revisions", url, "--diff", "1..3")
    assert ended.status == 0
    assert "[-two-]{+twelve+}" in " ".join(ended.out.split())
    assert "{+after all+}" in ended.out
    assert "seen" not in ended.out
    back = local_cli("revisions", url, "--diff", "2..1")
    assert "[-twelve-]{+two+}" in back.out
    assert "no word has changed" in local_cli("revisions", url, "--diff", "2..2").out


def test_in_json_a_line_is_a_revision_with_its_changes_as_operations(
    local_cli: Cli, url: str
) -> None:
    first, second, third = local_cli("revisions", url, "--json").records
    assert list(first) == [
        "article", "url", "number", "seen", "title", "words", "quality", "taken_from", "gone",
        "changes",
    ]  # fmt: skip
    assert (first["url"], first["number"], first["title"]) == (url, 1, TITLE)
    assert (first["quality"], first["taken_from"], first["gone"]) == ("ok", "page", None)
    assert first["seen"].endswith("Z")
    assert first["changes"] is None
    changed = [part for part in second["changes"]["text"] if part["op"] != "equal"]
    assert changed == [{"op": "delete", "text": "two "}, {"op": "insert", "text": "twelve "}]
    assert {part["op"] for part in second["changes"]["title"]} == {"equal"}
    assert third["changes"]["title"][-1] == {"op": "insert", "text": "after all"}

    [both] = local_cli("revisions", url, "--diff", "1..3", "--json").records
    assert (both["from"], both["to"]) == (1, 3)
    kept = [part["text"] for part in both["changes"]["text"] if part["op"] != "delete"]
    assert "".join(kept).split()[:3] == PARAGRAPHS[0].split()[:3]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("1..4", "there is no revision 4 of"),
        ("0..1", "it has 1 to 3"),
        ("1", "as in 1..2, not '1'"),
        ("1...2", "as in 1..2"),
        ("a..b", "as in 1..2"),
        ("-1..2", "as in 1..2"),
        ("99999999999..1", "as in 1..2"),
    ],
)
def test_revisions_that_are_not_there_are_refused(
    local_cli: Cli, url: str, written: str, reason: str
) -> None:
    ended = local_cli("revisions", url, f"--diff={written}")
    assert (ended.status, ended.out) == (2, "")
    assert reason in ended.err


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://nowhere.example/1.html", "name it as its feed links to it"),
        ("nowhere", "nowhere"),
        ("ftp://nowhere.example/", "ftp://nowhere.example/"),
    ],
)
def test_an_address_of_no_article_is_told_with_what_to_do(
    polled: Cli, address: str, reason: str
) -> None:
    ended = polled("revisions", address)
    assert (ended.status, ended.out) == (2, "")
    assert reason in ended.err
    assert ended.err.count("\n") == 1


def test_on_a_terminal_changes_are_coloured_and_long_stretches_left_out() -> None:
    same = "The officials spoke for a long time about many things. " * 20
    old = ShownRevision(1, now(), "Title", f"{same}Ten ships left. {same}", "ok", "page")
    new = ShownRevision(2, now(), "Title", f"{same}Two ships left. {same}", "ok", "page")
    console = Console(width=100, force_terminal=True, color_system="standard", no_color=False)
    with console.capture() as captured:
        print_changes(console, old, new)
    shown = captured.get()
    assert "\x1b[9;31mTen" in shown
    assert "\x1b[4;32mTwo" in shown
    assert "[-" not in shown.replace("\x1b[", "")
    assert shown.count("…") == 2
    assert len(shown) < 500


def test_the_default_schedule_of_the_command_is_the_services() -> None:
    from worker.settings import Settings

    assert Settings().refetch == parse_schedule("1h,6h,24h,3d")


def test_an_article_that_is_gone_says_since_when(edited: tuple[Cli, Site, str]) -> None:
    cli, site, url = edited
    site.remove(PATH)
    site.feed(FEED, rss({url: f"{TITLE} once more"}))
    assert cli("poll", site.url(FEED)).status == 0
    assert "Its page is gone since 20" in cli("revisions", url).out
    assert cli("revisions", url, "--json").records[0]["gone"].endswith("Z")


def test_an_article_that_has_not_been_read_yet_says_what_it_waits_for(
    edited: tuple[Cli, Site, str],
) -> None:
    cli, site, _ = edited
    site.feed("/other.xml", rss({site.url("/other.html"): TITLE}))
    site.fail("/other.html", status=429, headers={"Retry-After": "3600"}, times=9)
    cli("feeds", "add", "--unchecked", site.url("/other.xml"))
    cli("poll", site.url("/other.xml"))
    ended = cli("revisions", site.url("/other.html"))
    assert (ended.status, ended.out) == (0, "")
    assert "waits for fetch" in ended.err
