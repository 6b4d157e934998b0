"""Settings: where they come from, which one wins, and what is said of a wrong one."""

from datetime import timedelta
from pathlib import Path

import pytest

from ingest.crawl_policy.feed_schedule import Bounds
from ingest.feeds.entries import FullText
from worker.settings import Settings, SettingsError, load

Environment = pytest.MonkeyPatch


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home that TRANSPACIFIC_HOME names in these tests."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def test_without_any_setting_the_service_is_embedded_and_reaches_no_private_host(
    tmp_path: Path, monkeypatch: Environment
) -> None:
    monkeypatch.delenv("TRANSPACIFIC_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    settings = load()
    assert settings.home == tmp_path / "transpacific"
    assert settings.database == f"sqlite:///{tmp_path}/transpacific/transpacific.db"
    assert settings.redis_url == ""
    assert settings.private_hosts == ()
    assert settings.full_text is FullText.AUTO
    assert settings.bounds.shortest == timedelta(minutes=2)
    assert settings.bounds.longest == timedelta(days=1)


def test_the_home_is_in_the_users_own_folder_where_nothing_else_is_said(
    monkeypatch: Environment,
) -> None:
    monkeypatch.delenv("TRANSPACIFIC_HOME")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert load().home == Path.home() / ".local/share/transpacific"


def test_a_variable_that_is_empty_is_not_set(monkeypatch: Environment, tmp_path: Path) -> None:
    # As compose files and shells pass on what nobody has set.
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for name in ("HOME", "CONTACT", "LEXICON", "PRIVATE_HOSTS", "DATABASE_URL", "REDIS_URL"):
        monkeypatch.setenv(f"TRANSPACIFIC_{name}", "")
    settings = load()
    assert settings.home == tmp_path / "transpacific"
    assert settings.contact is None
    assert settings.lexicon is None
    assert settings.private_hosts == ()
    assert settings.database_url == settings.redis_url == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("127.0.0.0/8", ("127.0.0.0/8",)),
        ("10.0.0.0/8, fd00::/8", ("10.0.0.0/8", "fd00::/8")),
        ("192.168.1.20,", ("192.168.1.20",)),
    ],
)
def test_private_hosts_are_separated_by_commas(
    monkeypatch: Environment, value: str, expected: tuple[str, ...]
) -> None:
    monkeypatch.setenv("TRANSPACIFIC_PRIVATE_HOSTS", value)
    assert load().private_hosts == expected


def test_a_file_in_the_home_is_read(home: Path) -> None:
    (home / "transpacific.toml").write_text(
        'contact = "desk@news.example"\nprivate_hosts = ["10.0.0.0/8"]\nhost_delay = 2.5\n'
    )
    settings = load()
    assert settings.contact == "desk@news.example"
    assert settings.private_hosts == ("10.0.0.0/8",)
    assert settings.host_delay == 2.5
    assert settings.home == home


def test_the_environment_wins_over_the_file(home: Path, monkeypatch: Environment) -> None:
    (home / "transpacific.toml").write_text('full_text = "page"\nhost_delay = 2.5\n')
    monkeypatch.setenv("TRANSPACIFIC_FULL_TEXT", "feed")
    settings = load()
    assert (settings.full_text, settings.host_delay) == (FullText.FEED, 2.5)


def test_a_file_that_is_named_is_read_instead_of_the_homes(
    home: Path, tmp_path: Path, monkeypatch: Environment
) -> None:
    (home / "transpacific.toml").write_text("host_delay = 2.5\n")
    named = tmp_path / "other.toml"
    named.write_text("network_threads = 3\n")
    monkeypatch.setenv("TRANSPACIFIC_CONFIG", str(named))
    settings = load()
    assert (settings.network_threads, settings.host_delay) == (3, 1.0)


def test_settings_are_read_once(monkeypatch: Environment) -> None:
    first = load()
    monkeypatch.setenv("TRANSPACIFIC_FULL_TEXT", "feed")
    assert load() is first


# What is wrong is told in one line that names the setting


def told(name: str) -> str:
    """What is said of settings of which this one is wrong: one line with its name."""
    with pytest.raises(SettingsError) as caught:
        load()
    message = str(caught.value)
    assert f"TRANSPACIFIC_{name}" in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FULL_TEXT", "perhaps"),
        ("PRIVATE_HOSTS", "localhost"),
        ("PRIVATE_HOSTS", "10.0.0.0/8,10.0.0.1/8"),
        ("HOST_DELAY", "soon"),
        ("HOST_DELAY", "-1"),
        ("HOST_DELAY", "nan"),
        ("SHORTEST_INTERVAL", "0"),
        ("SHORTEST_INTERVAL", "9999999999999"),
        ("REFETCH", "often"),
        ("REFETCH", "6h,1h"),
        ("LONGEST_INTERVAL", "1.5"),
        ("LONGEST_INTERVAL", "31536001"),
        ("LONGEST_INTERVAL", "9999999999999"),
        ("TICK_SECONDS", "0"),
        ("SWEEP_SECONDS", "1000000"),
        ("NETWORK_THREADS", "0"),
        ("CPU_PROCESSES", "many"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_is_refused_with_its_variable_and_what_it_is(
    monkeypatch: Environment, name: str, value: str
) -> None:
    monkeypatch.setenv(f"TRANSPACIFIC_{name}", value)
    assert value.split(",")[0] in told(name)


@pytest.mark.parametrize("contact", ["desk@news.example\nX-Other: 1", "Café", "\t", "a\x7fb"])
def test_a_contact_that_no_header_can_hold_is_refused(
    monkeypatch: Environment, contact: str
) -> None:
    monkeypatch.setenv("TRANSPACIFIC_CONTACT", contact)
    assert "one line of ASCII" in told("CONTACT")


@pytest.mark.parametrize(
    ("written", "hours"),
    [("90m,2h", (1.5, 2)), ("off", ()), ("", (1, 6, 24, 72)), ("1d", (24,))],
)
def test_the_looks_at_a_page_are_times_or_off(
    monkeypatch: Environment, written: str, hours: tuple[float, ...]
) -> None:
    monkeypatch.setenv("TRANSPACIFIC_REFETCH", written)
    assert load().refetch == tuple(timedelta(hours=number) for number in hours)


@pytest.mark.parametrize("written", ['"1h,2d"', '["1h", "2d"]'])
def test_the_looks_at_a_page_stand_in_the_file_too(home: Path, written: str) -> None:
    (home / "transpacific.toml").write_text(f"refetch = {written}\n")
    assert load().refetch == (timedelta(hours=1), timedelta(days=2))


def test_looks_that_cannot_be_are_refused_with_what_to_write(monkeypatch: Environment) -> None:
    monkeypatch.setenv("TRANSPACIFIC_REFETCH", "daily")
    assert "write the times after the first fetch, as in 1h,6h,24h,3d" in told("REFETCH")


def test_a_year_between_polls_is_the_longest(monkeypatch: Environment) -> None:
    monkeypatch.setenv("TRANSPACIFIC_SHORTEST_INTERVAL", "31536000")
    monkeypatch.setenv("TRANSPACIFIC_LONGEST_INTERVAL", "31536000")
    assert load().bounds == Bounds(shortest=timedelta(days=365), longest=timedelta(days=365))


def test_a_wrong_value_in_the_file_is_refused_alike(home: Path) -> None:
    (home / "transpacific.toml").write_text('full_text = "perhaps"\n')
    assert "perhaps" in told("FULL_TEXT")


def test_intervals_in_the_wrong_order_are_refused(monkeypatch: Environment) -> None:
    monkeypatch.setenv("TRANSPACIFIC_SHORTEST_INTERVAL", "7200")
    monkeypatch.setenv("TRANSPACIFIC_LONGEST_INTERVAL", "3600")
    monkeypatch.setenv("TRANSPACIFIC_DATABASE_URL", "postgresql://news:hidden@db.example/news")
    message = told("LONGEST_INTERVAL")
    assert "TRANSPACIFIC_SHORTEST_INTERVAL" in message
    assert "hidden" not in message


def test_a_key_that_no_setting_has_is_refused(home: Path) -> None:
    (home / "transpacific.toml").write_text('private_host = "10.0.0.0/8"\n')
    with pytest.raises(SettingsError, match="no setting private_host: is it private_hosts"):
        load()


@pytest.mark.parametrize(
    "content", [b"host_delay = = 1\n", b"contact = '\xff\xfe'\n", b"\x00\x01\x02"]
)
def test_a_file_that_is_no_toml_is_refused_by_name(home: Path, content: bytes) -> None:
    (home / "transpacific.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"^\S*transpacific\.toml is not TOML: .*$"):
        load()


def test_a_named_file_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: Environment
) -> None:
    monkeypatch.setenv("TRANSPACIFIC_CONFIG", str(tmp_path / "none.toml"))
    assert "none.toml" in told("CONFIG")


def test_settings_cannot_be_changed_by_mistake() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().host_delay = 5.0  # type: ignore[misc]


def test_a_url_is_never_repeated_since_it_holds_a_password(home: Path) -> None:
    (home / "transpacific.toml").write_text('database_url = ["postgresql://a:secret@b/c"]')
    with pytest.raises(SettingsError) as refused:
        load()
    assert "TRANSPACIFIC_DATABASE_URL" in str(refused.value)
    assert "secret" not in str(refused.value)
