"""The tools of a process: made when they are needed, let go of at the end."""

import os
import stat
from pathlib import Path

import pytest

from ingest.relations.lexicon_file import LexiconError
from store import migrate
from store.database import DatabaseError
from tests.site import LOOPBACK
from worker.context import Context, process_name
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


def test_the_fetcher_says_who_we_are_and_reaches_what_is_allowed() -> None:
    context = Context(Settings(private_hosts=LOOPBACK, contact="desk@news.example"))
    assert "desk@news.example" in context.fetcher._user_agent
    context.close()


def test_a_process_is_named_by_its_machine_and_id() -> None:
    assert process_name().endswith(f":{os.getpid()}")
