"""A home whose name means something in a URL is a folder like any other."""

from pathlib import Path

import pytest

from tests.admin.conftest import LOCAL, Cli

NAMES = ["a?1", "a?2", "p%41q", "h#x", "k&mode=ro", "w@host:1", "z z"]


def test_each_home_has_a_database_of_its_own_within_it(tmp_path: Path) -> None:
    for name in NAMES:
        cli = Cli(tmp_path / name, LOCAL)
        added = cli("feeds", "add", "--unchecked", f"http://{name[0]}.example/feed.xml")
        assert added.status == 0, added.err
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(NAMES)
    for name in NAMES:
        listed = Cli(tmp_path / name, LOCAL)("feeds", "list", "--json")
        [feed] = listed.records
        assert f"http://{name[0]}.example/feed.xml" in feed.values()


@pytest.mark.parametrize("name", ["a?1", "p%41q"])
def test_what_reads_and_writes_the_file_by_itself_finds_it_too(tmp_path: Path, name: str) -> None:
    cli = Cli(tmp_path / name, LOCAL)
    backup = tmp_path / "kept.backup"
    assert cli("feeds", "add", "--unchecked", "http://one.example/feed.xml").status == 0
    for arguments in (
        ("db", "backup", "-o", backup),
        ("sql", "SELECT count(*) FROM v_articles"),
        ("db", "check"),
        ("db", "restore", backup, "--force"),
    ):
        ended = cli(*arguments)
        assert ended.status == 0, (arguments, ended.err)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([name, backup.name])


@pytest.mark.parametrize(
    ("name", "where"),
    [("a?1", "a"), ("p%41q", "pAq/transpacific.db"), ("q?x%41", "q")],
)
def test_what_an_older_release_wrote_elsewhere_is_named_and_not_begun_anew(
    tmp_path: Path, name: str, where: str
) -> None:
    made = Cli(tmp_path / "made", LOCAL)
    assert made("feeds", "add", "--unchecked", "http://one.example/feed.xml").status == 0
    left = tmp_path / where
    left.parent.mkdir(exist_ok=True)
    (made.home / "transpacific.db").rename(left)
    cli = Cli(tmp_path / name, LOCAL)
    ended = cli("feeds", "list")
    assert ended.status == 1
    assert str(left) in ended.err
    assert str(cli.home / "transpacific.db") in ended.err
    assert not list(cli.home.glob("*"))
    cli.home.mkdir(exist_ok=True)
    left.rename(cli.home / "transpacific.db")
    listed = cli("feeds", "list", "--json")
    assert "http://one.example/feed.xml" in listed.out


def test_what_is_no_database_there_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a list of things to buy")
    assert Cli(tmp_path / "a?1", LOCAL)("feeds", "list").status == 0
