"""Settings: TRANSPACIFIC_* environment variables, then a TOML file, then the defaults here.

The file is the one named by TRANSPACIFIC_CONFIG, else `transpacific.toml` in TRANSPACIFIC_HOME;
its keys are the names below. Every default stands here once, with its reason.
"""

import ipaddress
import os
import tomllib
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_serializer, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ingest.crawl_policy.feed_schedule import Bounds
from ingest.crawl_policy.refetch import DEFAULT, Schedule, parse_schedule
from ingest.feeds.entries import FullText
from ingest.http import user_agent

PREFIX = "TRANSPACIFIC_"
# Seconds: a longer time between polls would be no polling, and dates overflow far beyond it.
YEAR = 31_536_000
# The name of the database in the home.
DATABASE_FILE = "transpacific.db"
_SQLITE = b"SQLite format 3\0"
# Days: a century. Dates overflow far beyond it.
CENTURY = 36_500
# What both Celery and redis-py can reach: both must, to count what waits in the queues.
_REDIS_SCHEMES = frozenset({"redis", "rediss", "redis+socket"})


class SettingsError(Exception):
    """The settings cannot be used; the message names the one at fault and what it may be."""


def _default_home() -> Path:
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "transpacific"


class Settings(BaseSettings):
    """What an operator may set; see the README for the table."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    home: Path = Field(default_factory=_default_home)
    """Where the embedded service keeps its database and its sockets."""

    database_url: str = ""
    """SQLAlchemy URL; by default a SQLite file in `home`."""

    redis_url: str = ""
    """redis://, rediss:// or redis+socket://; empty: `up` starts a Redis of its own."""

    private_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """CIDRs of private addresses that fetches may reach, separated by commas; none by default."""

    full_text: FullText = FullText.AUTO
    """Where articles' texts come from: auto, page or feed."""

    contact: str | None = None
    """A page or e-mail address named in the User-Agent, so that a site's owner can reach you; an
    e-mail address is sent as From too."""

    lexicon: Path | None = None
    """A TOML file of your own that adds to the tagger's lexicon or takes from it."""

    host_delay: float = Field(default=1.0, ge=0.0, le=60.0)
    """Seconds between two requests to one host; private hosts are your own and are not spaced.
    One a second is what crawlers commonly keep to where robots.txt does not ask for more."""

    shortest_interval: int = Field(default=120, ge=10, le=YEAR)
    """Seconds: no feed is polled more often. Two minutes is the pace of a wire service."""

    longest_interval: int = Field(default=86_400, ge=60, le=YEAR)
    """Seconds: no feed is polled less often than once a day."""

    refetch: Annotated[Schedule, NoDecode] = parse_schedule(DEFAULT)
    """When a page is looked at again for edits, counted from its first fetch; or off."""

    tick_seconds: float = Field(default=5.0, ge=0.1, le=60.0)
    """How often beat looks for due work; it bounds how late a poll can be."""

    sweep_seconds: float = Field(default=10.0, ge=1.0, le=600.0)
    """How often beat looks for work whose message was lost."""

    network_threads: int = Field(default=64, ge=1, le=256)
    """Hosts that are fetched from at once. Fifty that drip for ever leave enough for the others."""

    cpu_processes: int = Field(default_factory=lambda: os.cpu_count() or 2, ge=1)
    """Processes that extract and tag."""

    metrics_port: int = Field(default=0, ge=0, le=65_535)
    """Where `up`, or a worker, serves /metrics for Prometheus; 0: nowhere."""

    metrics_address: str = "127.0.0.1"
    """The address of that port. Loopback, since it asks for no password: in a container, where
    nobody else comes near it, 0.0.0.0."""

    keep_snapshots_days: int = Field(default=90, ge=0, le=CENTURY)
    """Days that the page of an article is kept which is not relevant; 0: for ever. Its text stays.
    120 feeds bring some 150 MB of pages a day: a quarter of a year is room enough for mending the
    extractor and reading them again, and bounds the disk at some 15 GB."""

    keep_relevant_snapshots_days: int = Field(default=0, ge=0, le=CENTURY)
    """The same for relevant articles: for ever, since pages change and go, and these are the
    evidence."""

    keep_polls_days: int = Field(default=400, ge=0, le=CENTURY)
    """Days that the record of a poll is kept; 0: for ever. A year, to compare with, and a month."""

    keep_events_days: int = Field(default=30, ge=0, le=CENTURY)
    """Days that a delivered event is kept; 0: for ever. A month of looking back."""

    log_format: str = Field(default="auto", pattern="^(auto|json|text)$")
    """json, text, or auto: text on a terminal."""

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            known = not value or parts.scheme in _REDIS_SCHEMES
            _ = parts.port
        except ValueError:
            known = False
        if not known:
            raise ValueError(
                "it is not a Redis URL: write redis://host:6379/0, rediss://… or "
                "redis+socket:///path/to/redis.sock"
            )
        return value

    @field_validator("private_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return (
            tuple(filter(None, (part.strip() for part in value.split(","))))
            if isinstance(value, str)
            else value
        )

    @field_validator("private_hosts")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for part in value:
            ipaddress.ip_network(part)
        return value

    @field_validator("refetch", mode="before")
    @classmethod
    def _times(cls, value: Any) -> Any:
        if isinstance(value, tuple):
            return value
        written = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        return parse_schedule(written or DEFAULT)

    @field_serializer("refetch")
    def _written(self, times: Schedule) -> str:
        """As it may be written into the environment of a child."""
        return ",".join(f"{time.total_seconds():.0f}s" for time in times) or "off"

    @field_validator("longest_interval")
    @classmethod
    def _bounds_in_order(cls, value: int, others: ValidationInfo) -> int:
        if value < others.data.get("shortest_interval", value):
            raise ValueError(f"it is less than {PREFIX}SHORTEST_INTERVAL")
        return value

    @field_validator("home", mode="before")
    @classmethod
    def _default_where_empty(cls, value: Any) -> Any:
        # Shells and compose files pass an empty variable on where nobody has set it.
        return value or _default_home()

    @field_validator("contact", "lexicon", mode="before")
    @classmethod
    def _none_where_empty(cls, value: Any) -> Any:
        return value or None

    @field_validator("contact")
    @classmethod
    def _can_be_sent(cls, value: str | None) -> str | None:
        user_agent(value)
        return value

    @property
    def database(self) -> str:
        """The database's URL, the default spelled out.

        Raises `DatabaseError` where an older release has left that of this home at another place.
        """
        if self.database_url:
            return self.database_url
        file = self.home / DATABASE_FILE
        if not file.exists():
            _refuse_misplaced(file)
        # The folder's name is no part of a URL: it may hold what means something there.
        return "sqlite:///" + str(file).replace("%", "%25").replace("?", "%3F")

    @property
    def broker(self) -> str:
        """The URL of Redis as Celery takes it; without a setting, the usual local server."""
        return self.redis_url or "redis://127.0.0.1:6379/0"

    @property
    def bounds(self) -> Bounds:
        """The shortest and the longest time between two polls of a feed."""
        return Bounds(
            shortest=timedelta(seconds=self.shortest_interval),
            longest=timedelta(seconds=self.longest_interval),
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the TOML file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())


def _refuse_misplaced(file: Path) -> None:
    """Name the database that an older release made of this path, which it took for a URL's.

    Of `a?1` it made `a`, of `p%41q` `pAq`.
    """
    once = Path(unquote(str(file).partition("?")[0]))
    if once == file or not once.is_file():
        return
    with once.open("rb") as opened:
        if opened.read(len(_SQLITE)) != _SQLITE:
            return
    from store.database.connection import DatabaseError  # half a second, seldom needed

    raise DatabaseError(
        f"an older release kept the database of this home in {once}, outside of it: "
        f"move that file, and those beside it whose names begin so, to {file}, or away"
    )


def config_file() -> Path | None:
    """The TOML file that is read; None where there is none. Raises `SettingsError`."""
    named = os.environ.get(PREFIX + "CONFIG")
    if named:
        if not Path(named).is_file():
            raise SettingsError(f"{PREFIX}CONFIG names {named}, which is not a file")
        return Path(named)
    usual = Path(os.environ.get(PREFIX + "HOME") or _default_home()) / "transpacific.toml"
    return usual if usual.is_file() else None


@cache
def load() -> Settings:
    """The settings of this process. Raises `SettingsError`."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "extra_forbidden":
            unknown = str(first["loc"][0])
            near = get_close_matches(unknown, Settings.model_fields, 1)
            meant = f": is it {near[0]}?" if near else ""
            raise SettingsError(f"{config_file()}: there is no setting {unknown}{meant}") from None
        name = PREFIX + "_".join(str(part) for part in first["loc"][:1]).upper()
        # URLs carry passwords.
        given = "" if name.endswith("_URL") else f" (it is {first['input']!r})"
        told = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name}: {told}{given}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{config_file()} is not TOML: {error}") from None
