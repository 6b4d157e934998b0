"""Every command of the README is run, in its order, against the demo wire."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.admin.conftest import LOCAL, Cli
from worker.demo.site import DemoSite
from worker.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = [
    line.split("  #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.S)
    for line in block.splitlines()
    if line.strip()
]
TRANSPACIFIC = [line for line in LINES if line.startswith("transpacific ")]
# The whole service: tests/admin/service/test_up.py runs both.
LONG = ("transpacific up", "transpacific demo")
EXAMPLE_FEED = "https://news.example/feed.xml"
EXAMPLE_ARTICLE = "https://news.example/visit.html"


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite() as site:
        yield site


def test_the_commands_of_the_readme_do_what_they_say(
    site: DemoSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = site.feeds()[0].url
    source = site.feeds()[0].source
    article = next(each.url for each in site.articles() if each.source == source)
    (tmp_path / "feeds.opml").write_text(site.feeds()[1].url + "\n")
    (tmp_path / "article.txt").write_text("A title\n\nThe United States and China met.\n")
    (tmp_path / "urls.txt").write_text(site.articles()[-1].url + "\n")
    (tmp_path / "articles.jsonl").write_text('{"id": "1", "title": "A title", "text": "A text."}\n')
    (tmp_path / "page.html").write_text("<html><body><p>A page of a few words.</p></body></html>")
    monkeypatch.chdir(tmp_path)
    cli = Cli(tmp_path / "home", LOCAL)
    failed = []
    for line in TRANSPACIFIC:
        if line.startswith(LONG):
            continue
        said = line.replace(EXAMPLE_FEED, feed).replace(EXAMPLE_ARTICLE, article)
        done = cli(*shlex.split(said)[1:])
        if done.status != 0:
            failed.append((line, done.status, done.err))
    assert failed == []
    assert (tmp_path / "articles.csv").read_text().startswith('"id","url","title"')


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("make ")])
def test_the_make_targets_are_there(line: str) -> None:
    target = line.split()[1]
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^{target}:", makefile, re.M)


def test_every_command_is_known_to_this_test() -> None:
    known = (
        "transpacific ",
        "make ",
        "docker compose ",
        "celery -A worker.app ",
        "cp .env.example",
    )
    assert [line for line in LINES if not line.startswith(known)] == []


def test_the_celery_commands_are_those_of_compose() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    started = [" ".join(service.get("command", ())) for service in services.values()]
    for line in LINES:
        if line.startswith("celery "):
            assert any(command.startswith(line.split(" -c ")[0]) for command in started), line


def test_every_setting_is_told_with_its_default() -> None:
    told = dict(re.findall(r"^\| `TRANSPACIFIC_(\w+)` \| (.*?) \|", README, re.M))
    assert sorted(told) == sorted(name.upper() for name in Settings.model_fields)
    for name, default in told.items():
        number = Settings.model_fields[name.lower()].default
        if isinstance(number, int | float) and number is not None:
            assert float(default.strip("`")) == number, name


def test_the_sql_of_the_readme_runs(tmp_path: Path) -> None:
    from sqlalchemy import text

    from store.database import migrate
    from store.database.connection import Database

    (query,) = re.findall(r"```sql\n(.*?)```", README, re.S)
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    migrate.ensure(database)
    with database.reading() as session:
        assert session.execute(text(query)).all() == []
    database.dispose()
