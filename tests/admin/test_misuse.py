"""Bad input of every kind: one line on stderr that says what to do, and the right status."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.admin.conftest import Cli, Ended

UNREACHABLE_DATABASE = "postgresql://nobody@127.0.0.1:1/none"


def assert_one_line(ended: Ended, status: int, *says: str) -> None:
    assert ended.status == status, ended
    assert ended.out == ""
    assert len(ended.err.splitlines()) == 1, ended.err
    assert "Traceback" not in ended.err
    assert "a fault of the program" not in ended.err
    for words in says:
        assert words in ended.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("feeds add ftp://a.example/f", "http:// or https://"),
        ("feeds add file:///etc/passwd", "http:// or https://"),
        ("feeds add javascript:alert(1)", "http:// or https://"),
        ("feeds add a.example/f", "http:// or https://"),
        ("feeds add http://", "http"),
        ("feeds add http://127.0.0.1/f", "TRANSPACIFIC_PRIVATE_HOSTS"),
        ("feeds add http://[::1]/f", "TRANSPACIFIC_PRIVATE_HOSTS"),
        ("feeds add http://169.254.169.254/latest", "TRANSPACIFIC_PRIVATE_HOSTS"),
        ("feeds add https://a.example/f --country Mars", "ISO 3166"),
        ("feeds add https://a.example/f --language english", "subtag"),
        ("feeds add https://a.example/f --kind blog", "think-tank"),
        ("feeds add", "feeds add --help"),
        ("feeds import", "--catalogue"),
        ("feeds import --catalogue feeds.opml", "one of the two"),
        ("feeds import /no/such/file", "/no/such/file: No such file"),
        ("feeds import /", "Is a directory"),
        ("feeds check gopher://a.example/", "http:// or https://"),
        ("feeds export -o /no/such/folder/f.opml", "cannot write /no/such/folder/f.opml"),
        ("feeds frobnicate", "feeds --help"),
        ("poll https://unknown.example/f", "transpacific feeds add https://unknown.example/f"),
        ("poll unknown", "http:// or https://"),
        ("poll --jsno", "No such option: --jsno"),
        ("retry --stage extract", "'fetch', 'process'"),
        ("stories --topic porcelain", "the topics are diplomacy, trade"),
        ("stories --since tomorrow", "--since is a date"),
        ("stories --until 2026-02-30", "--until is a date"),
        ("stories --limit 0", "--limit"),
        ("stories --limit 99999999999999999999", "--limit"),
        ("stories --format xml", "'table', 'jsonl', 'csv'"),
        ("stories --relevance some", "--relevance"),
        ("export", "stories, articles, revisions, polls"),
        ("export everything", "stories"),
        ("export stories --format parquet", "-o"),
        ("export stories -o /", "Is a directory"),
        ("tag", "tag --help"),
        ("tag /no/such/file", "No such file"),
        ("tag --jsonl /no/such/file", "No such file"),
        ("tag -", "no text"),
        ("tag --compare /no/such/file -", "No such file"),
        ("extract /no/such/file", "No such file"),
        ("extract --jsonl /", "Is a directory"),
        ("frobnicate", "No such command 'frobnicate'"),
        ("up now", "unexpected extra argument"),
    ],
)
def test_what_is_written_wrong_is_misuse(cli: Cli, arguments: str, says: str) -> None:
    assert_one_line(cli(*arguments.split()), 2, says)


@pytest.mark.parametrize(
    ("settings", "status", "says"),
    [
        ({"database_url": UNREACHABLE_DATABASE}, 1, "TRANSPACIFIC_DATABASE_URL"),
        ({"database_url": "mysql://x/y"}, 1, "postgresql+psycopg://"),
        ({"database_url": "nonsense"}, 1, "sqlite:///"),
        ({"database_url": "sqlite://"}, 1, "sqlite:////path/to/file.db"),
        ({"database_url": "sqlite:////no/such/x.db?foo=bar"}, 1, "foo="),
        ({"database_url": "sqlite:////no/such/folder/x.db"}, 1, "TRANSPACIFIC_DATABASE_URL"),
        ({"private_hosts": "10.0.0.0/99"}, 2, "TRANSPACIFIC_PRIVATE_HOSTS"),
        ({"full_text": "sometimes"}, 2, "TRANSPACIFIC_FULL_TEXT"),
        ({"host_delay": "-1"}, 2, "TRANSPACIFIC_HOST_DELAY"),
        ({"longest_interval": "9999999999999"}, 2, "TRANSPACIFIC_LONGEST_INTERVAL"),
        ({"contact": "a\nb"}, 2, "TRANSPACIFIC_CONTACT"),
        ({"contact": "é"}, 2, "TRANSPACIFIC_CONTACT"),
        ({"config": "/no/such/file.toml"}, 2, "TRANSPACIFIC_CONFIG"),
        ({"home": "/dev/null/home"}, 1, "/dev/null"),
    ],
)
def test_wrong_settings_are_told(
    cli: Cli, settings: Mapping[str, str], status: int, says: str
) -> None:
    assert_one_line(cli("feeds", "list", **settings), status, says)


def test_a_password_in_a_wrong_database_url_is_not_shown(cli: Cli) -> None:
    url = "postgresql://user:hunter2@127.0.0.1:1/none"
    ended = cli("db", "check", database_url=url)
    assert_one_line(ended, 1, "127.0.0.1:1")
    assert "hunter2" not in ended.err


def test_a_broken_settings_file_is_told(cli: Cli) -> None:
    cli.home.mkdir()
    (cli.home / "transpacific.toml").write_text("contact = \n")
    assert_one_line(cli("feeds", "list"), 2, "transpacific.toml")


@pytest.mark.parametrize("command", ["up", "status"])
@pytest.mark.parametrize("redis_url", ["http://127.0.0.1/", "redis://127.0.0.1:port/0"])
def test_a_wrong_redis_url_is_told(cli: Cli, command: str, redis_url: str) -> None:
    assert_one_line(cli(command, redis_url=redis_url), 2, "redis://host:6379/0")


@pytest.mark.parametrize(
    "redis_url", ["redis://127.0.0.1:1/0", "redis+socket:///no/such/redis.sock"]
)
def test_up_tells_of_a_redis_that_does_not_answer(cli: Cli, redis_url: str) -> None:
    assert_one_line(cli("up", redis_url=redis_url), 1, "TRANSPACIFIC_REDIS_URL")


def test_a_broken_lexicon_is_told_with_file_and_line(cli: Cli, tmp_path: Path) -> None:
    lexicon = tmp_path / "ours.toml"
    lexicon.write_text('[[actor]]\nid = "x"\nnmaes = ["X"]\n')
    assert_one_line(cli("tag", "-", stdin=b"Text.", lexicon=str(lexicon)), 2, f"{lexicon}:")


def test_an_unreadable_name_is_told(cli: Cli) -> None:
    assert_one_line(cli("tag", "a\0b"), 2, "cannot read")


@pytest.mark.parametrize(
    "arguments",
    [
        ("stories", "\udcff"),
        ("stories", "--actor", "\udcff"),
        ("feeds", "add", "http://feeds.example/\udcff"),
        ("tag", "\udcff"),
        ("\udcff",),
    ],
)
def test_an_argument_that_is_not_utf8_is_told(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert_one_line(cli(*arguments), 2, "\\udcff is not UTF-8")


def test_the_same_holds_for_a_process_of_its_own(cli: Cli) -> None:
    assert_one_line(cli.process("feeds", "add", "ftp://a.example/f"), 2, "http:// or https://")
    unreachable = cli.process("status", database_url=UNREACHABLE_DATABASE)
    assert_one_line(unreachable, 1, "TRANSPACIFIC_DATABASE_URL")
