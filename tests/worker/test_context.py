"""The tools of a process: made when they are needed, let go of at the end."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from ingest.http import PAGE_LIMITS
from ingest.relations.lexicon_file import LexiconError
from store.database import migrate
from store.database.connection import DatabaseError
from tests.site import LOOPBACK, Site
from worker.context import Context, process_name, was_here_and_ended
from worker.settings import Settings


def test_a_home_is_made_for_its_owner_alone_and_gets_the_schema(tmp_path: Path) -> None:
    context = Context(Settings(home=tmp_path / "a" / "home"))
    assert not (tmp_path / "a").exists()
    assert migrate.version(context.database) == migrate.HEAD
    context.close()
    assert stat.S_IMODE((tmp_path / "a" / "home").stat().st_mode) == 0o700
    assert (tmp_path / "a" / "home" / "transpacific.db").is_file()


def test_a_database_elsewhere_needs_no_home(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    context = Context(Settings(home=tmp_path / "home", database_url=url))
    context.database.check()
    context.close()
    assert not (tmp_path / "home").exists()


def test_a_database_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none/none.db"
    with pytest.raises(DatabaseError, match="TRANSPACIFIC_DATABASE_URL"):
        _ = Context(Settings(database_url=url)).database


def test_the_lexicon_of_the_operator_is_laid_over_ours(tmp_path: Path) -> None:
    lexicon = tmp_path / "lexicon.toml"
    lexicon.write_text("")
    assert Context(Settings(lexicon=lexicon)).tagger.lexicon_version
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("no [ toml")
    with pytest.raises(LexiconError, match=r"wrong\.toml"):
        _ = Context(Settings(lexicon=wrong)).tagger


def test_nothing_is_made_by_letting_go(tmp_path: Path) -> None:
    Context(Settings(home=tmp_path / "home")).close()
    assert not (tmp_path / "home").exists()


def test_the_fetcher_says_who_we_are_and_reaches_what_is_allowed(site: Site) -> None:
    context = Context(Settings(private_hosts=LOOPBACK, contact="desk@news.example"))
    context.fetcher.get(site.url("/"), limits=PAGE_LIMITS, accept="*/*")
    context.close()
    [request] = site.log
    assert "desk@news.example" in request.headers["user-agent"]
    assert request.headers["from"] == "desk@news.example"


def test_a_process_is_named_by_its_machine_and_id() -> None:
    assert process_name().endswith(f":{os.getpid()}")


def test_a_process_that_has_ended_is_told_from_one_that_is_there() -> None:
    place, _, own = process_name().rpartition(":")
    assert int(own) == os.getpid()
    with subprocess.Popen(["sleep", "60"]) as other:
        name = f"{place}:{other.pid}"
        assert not was_here_and_ended(name)
        other.kill()
    assert was_here_and_ended(name)
    # Ours is that of one before us, when we have only begun.
    assert was_here_and_ended(process_name())


@pytest.mark.parametrize("name", ["", "elsewhere:4026:1", "elsewhere:1", "no number"])
def test_processes_of_other_machines_are_never_said_to_have_ended(name: str) -> None:
    assert not was_here_and_ended(name)
