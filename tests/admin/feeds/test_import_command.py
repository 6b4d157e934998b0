"""`transpacific import` and `export warc`: other people's archives into the pipeline, ours out."""

import gzip
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from warcio.archiveiterator import ArchiveIterator

from store.articles import purge
from store.database.connection import Database
from store.tables import Article, Snapshot, Stage
from tests.admin.conftest import LOCAL, Cli
from tests.admin.test_misuse import assert_one_line
from tests.admin.wire import LIBRARY, SOYBEANS, SUMMIT, html_page
from tests.site import Site
from tests.support.warcs import gzipped, info, record
from worker.context import Context
from worker.network.host_drain import drain_host
from worker.processing import process_article
from worker.settings import Settings

HOST = "http://outlet.example"
PAGES = {f"{HOST}/visit.html": SUMMIT, f"{HOST}/ships.html": SOYBEANS, f"{HOST}/books": LIBRARY}
BYTES = {url: html_page(*piece).encode() for url, piece in PAGES.items()}
RELEVANT = {f"{HOST}/visit.html", f"{HOST}/ships.html"}
THEN = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def cli(tmp_path: Path, migrated_url: str) -> Cli:
    """The command line over a database of each system in turn."""
    return Cli(tmp_path / "home", LOCAL | {"TRANSPACIFIC_DATABASE_URL": migrated_url})


# What concerns the command line alone is shown on one system.
on_sqlite = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of three pages as another tool writes it."""
    file = tmp_path / "crawl.warc.gz"
    records = [record(f"<{url}>", body) for url, body in BYTES.items()]
    redirect = record(f"{HOST}/old", b"", status="302 Found", headers={"Location": "/visit.html"})
    file.write_bytes(gzipped(info(), redirect, *records))
    return file


def imported(
    cli: Cli, *arguments: str | Path, status: int = 0, stdin: bytes = b""
) -> dict[str, Any]:
    ended = cli("import", *arguments, "--json", stdin=stdin)
    assert ended.status == status, ended.err
    (told,) = ended.records
    counted = {name: told[name] for name in ("new", "known", "newer", "older", "purged")}
    return {name: number for name, number in counted.items() if number} | {"told": told}


def counts(cli: Cli, *arguments: str | Path, status: int = 0, stdin: bytes = b"") -> dict[str, int]:
    told = imported(cli, *arguments, status=status, stdin=stdin)
    del told["told"]
    return told


def articles(url: str) -> list[Article]:
    database = Database(url)
    with database.reading() as session:
        found = list(session.exec(select(Article).order_by(Article.url)))
    database.dispose()
    return found


def test_an_archive_goes_through_the_pipeline_and_comes_out_again(
    cli: Cli, archive: Path, tmp_path: Path, migrated_url: str
) -> None:
    told = imported(cli, archive, "--origin", "A library's crawl")["told"]
    assert (told["kind"], told["new"], told["processed"]) == ("warc", 3, 3)
    assert told["passed_over"] == {"no response": 1, "status other than 200": 1}
    rows = {row["url"]: row for row in cli("export", "articles").records}
    assert rows.keys() == BYTES.keys()
    assert {url for url, row in rows.items() if row["relevance"] != "none"} == RELEVANT
    for url, (title, paragraphs) in PAGES.items():
        assert (rows[url]["title"], rows[url]["source"]) == (title, "outlet.example")
        assert all(paragraph in rows[url]["text"] for paragraph in paragraphs)
        assert rows[url]["feed"] is None
    assert {row.origin for row in articles(migrated_url)} == {"A library's crawl"}
    assert "3 done" in cli("status").out

    assert counts(cli, archive) == {"known": 3}
    ours = tmp_path / "ours.warc.gz"
    assert cli("export", "warc", "-o", ours).status == 0
    assert payloads(ours) == BYTES
    assert counts(cli, ours) == {"known": 3}
    assert cli("export", "warc", "--relevance", "relevant", "-o", ours).status == 0
    assert payloads(ours).keys() == RELEVANT

    everywhere = Cli(tmp_path / "other", LOCAL)
    assert counts(everywhere, ours, "--no-process") == {"new": 2}


def payloads(file: Path) -> dict[str, bytes]:
    with file.open("rb") as stream:
        return {
            each.rec_headers.get_header("WARC-Target-URI"): each.content_stream().read()
            for each in ArchiveIterator(stream, check_digests="raise")
            if each.rec_type == "response"
        }


def test_addresses_are_fetched_like_any_article(
    cli: Cli, site: Site, tmp_path: Path, migrated_url: str
) -> None:
    site.page("/visit.html", html_page(*SUMMIT))
    file = tmp_path / "links.csv"
    file.write_text(
        f"url,published,source\n{site.url('/visit.html')},2024-05-06T00:00:00Z,Harbour Gazette\n"
    )
    ended = cli("import", file)
    assert ended.status == 0
    assert ended.out == "1 new\n"
    assert "1 article waits to be fetched" in ended.err
    context = Context(
        Settings(home=cli.home, database_url=migrated_url, private_hosts=["127.0.0.0/8"])
    )
    drain_host(context, "127.0.0.1", Nobody())
    (article,) = articles(migrated_url)
    assert article.stage == Stage.PROCESS
    process_article(context, article.id or 0, owner="test")
    context.close()
    (row,) = cli("export", "articles").records
    assert (row["title"], row["source"]) == (SUMMIT[0], "Harbour Gazette")
    assert row["published"] == "2024-05-06T00:00:00Z"
    assert counts(cli, file) == {"known": 1}


class Nobody:
    """Nudges that nobody hears."""

    def fetch_host(self, host: str) -> None: ...

    def process_articles(self, article_ids: object) -> None: ...


def test_snapshots_of_one_page_are_all_kept_and_the_newest_is_shown(
    cli: Cli, tmp_path: Path, migrated_url: str
) -> None:
    url = f"{HOST}/visit.html"
    dates = {2024: SOYBEANS, 2026: SUMMIT, 2025: LIBRARY}
    for year, piece in dates.items():
        body = html_page(*piece).encode()
        (tmp_path / f"{year}.warc").write_bytes(record(url, body, date=f"{year}-03-04T05:06:07Z"))
    assert counts(cli, tmp_path / "2024.warc", "--no-process") == {"new": 1}
    assert counts(cli, tmp_path / "2026.warc", "--no-process") == {"newer": 1}
    assert counts(cli, tmp_path / "2025.warc", "--no-process") == {"older": 1}
    assert counts(cli, tmp_path, "--no-process") == {"known": 3}
    context = Context(Settings(home=cli.home, database_url=migrated_url))
    (article,) = articles(migrated_url)
    process_article(context, article.id or 0, owner="test")
    with context.database.reading() as session:
        taken = sorted(row.taken_at.year for row in session.exec(select(Snapshot)))
    context.close()
    assert taken == [2024, 2025, 2026]
    assert [row["title"] for row in cli("export", "articles").records] == [SUMMIT[0]]


def test_what_was_purged_is_not_imported(cli: Cli, archive: Path, migrated_url: str) -> None:
    assert counts(cli, archive, "--no-process") == {"new": 3}
    database = Database(migrated_url)
    with database.writing() as session:
        found = [row.id for row in session.exec(select(Article)) if row.id is not None]
        purge.purge(session, found[:2], reason="asked to", now=THEN)
    database.dispose()
    assert counts(cli, archive, "--no-process") == {"known": 1, "purged": 2}
    assert len(articles(migrated_url)) == 1


@on_sqlite
def test_a_folder_of_pages_is_read_to_its_depth(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    (folder / "2025" / "march").mkdir(parents=True)
    stated = f'<link rel="canonical" href="{HOST}/visit.html">'
    visit = html_page(*SUMMIT).replace("<head>", f"<head>{stated}")
    (folder / "a.html").write_text(visit)
    (folder / "2025" / "march" / "ships é.htm").write_text(html_page(*SOYBEANS))
    (folder / "2025" / "books.xhtml.gz").write_bytes(gzip.compress(html_page(*LIBRARY).encode()))
    (folder / "style.css").write_text("p {}")
    ended = cli("import", folder, "--no-process")
    assert ended.status == 1
    assert "a.html" not in ended.err
    assert "2025/books.xhtml.gz: the page does not state its address" in ended.err
    assert "2025/march/ships é.htm: the page does not state its address" in ended.err
    base = "https://news.example/archive/"
    assert counts(cli, folder, "--base", base, "--no-process") == {"new": 2, "known": 1}
    urls = {row.url for row in articles(f"sqlite:///{tmp_path / 'transpacific.db'}")}
    assert urls == {
        f"{HOST}/visit.html",
        f"{base}2025/books.xhtml",
        f"{base}2025/march/ships%20%C3%A9.htm",
    }


@on_sqlite
def test_a_page_is_as_old_as_its_file(cli: Cli, tmp_path: Path, migrated_url: str) -> None:
    file = tmp_path / "a.html"
    file.write_text(html_page(*SUMMIT))
    os.utime(file, (THEN.timestamp(), THEN.timestamp()))
    assert counts(cli, file, "--base", HOST + "/a", "--no-process") == {"new": 1}
    database = Database(migrated_url)
    with database.reading() as session:
        assert session.exec(select(Snapshot)).one().taken_at == THEN
    database.dispose()


@on_sqlite
@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.txt", f"{HOST}/a\n".encode(), "urls"),
        ("-", f"{HOST}/a\n".encode(), "urls"),
        ("a", f"title,url\nx,{HOST}/a\n".encode(), "csv"),
        ("-", f"URL;Title\n{HOST}/a;x\n".encode(), "csv"),
        ("a.tsv", f"url\ttitle\n{HOST}/a\tx\n".encode(), "csv"),
        ("a.xml", f'<?xml version="1.0"?><opml><body><outline url="{HOST}/a"/></body></opml>'
                  .encode(), "opml"),
        ("-", record(f"{HOST}/a", b"<p>x"), "warc"),
        ("a.gz", gzipped(record(f"{HOST}/a", b"<p>x")), "warc"),
        ("-", f'<link rel="canonical" href="{HOST}/a">'.encode(), "html"),
    ],
)  # fmt: skip
def test_the_kind_is_told_by_name_and_content(
    cli: Cli, tmp_path: Path, name: str, content: bytes, kind: str
) -> None:
    if name != "-":
        (tmp_path / name).write_bytes(content)
        name = str(tmp_path / name)
    told = imported(cli, name, "--dry-run", stdin=content)["told"]
    assert (told["kind"], told["new"], told["dry_run"]) == (kind, 1, True)
    assert told["origin"] == f"{kind} {'stdin' if name == '-' else Path(name).name}"


@on_sqlite
def test_bad_lines_are_named_and_the_rest_is_imported(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "links.txt"
    file.write_text("".join(f"nonsense{number}\n" for number in range(30)) + f"{HOST}/a\n")
    ended = cli("import", file)
    assert ended.status == 1
    assert ended.out == "1 new, 30 not usable\n"
    told = ended.err.splitlines()
    assert told[0] == "line 1: url 'nonsense0': not an http:// or https:// URL"
    assert told[20] == "and 10 more that could not be used"
    assert len(told) == 22


@on_sqlite
def test_a_damaged_archive_gives_what_came_before(cli: Cli, archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-40])
    told = imported(cli, archive, "--no-process", status=1)["told"]
    assert (told["new"], told["unusable"]) == (2, 1)
    assert "cut off" in told["errors"][0]["reason"]


@on_sqlite
def test_a_dry_run_writes_nothing(cli: Cli, archive: Path, migrated_url: str) -> None:
    ended = cli("import", archive, "--dry-run")
    assert ended.status == 0
    assert ended.out.startswith("3 new ")
    assert ended.out.endswith("; nothing was written\n")
    assert articles(migrated_url) == []


@on_sqlite
def test_what_has_no_address_to_open_is_passed_by(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    os.mkfifo(folder / "pipe.html")
    (folder / "gone.html").symlink_to("/no/such/file")
    (folder / "loop.html").symlink_to(folder / "loop.html")
    told = imported(cli, folder, "--no-process", status=1)["told"]
    assert sorted(each["where"] for each in told["errors"]) == [
        "gone.html", "loop.html", "pipe.html",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        ("import", b"", "FILE"),
        ("import /no/such/file", b"", "No such file"),
        ("import - --kind pdf", b"", "'urls', 'csv'"),
        ("import - --base ftp://a.example/", b"", "--base"),
        ("import -", b"PK\x03\x04zip", "--kind"),
        ("import - --kind csv", b"a,b\n1,2\n", '"url"'),
        ("import - --kind opml", b"<html/>", "OPML"),
        ("import /proc/self/fdinfo", b"", "holds no .warc"),
        ("import /proc/self/fdinfo --kind csv", b"", "name the csv file"),
        ("import crawl.wacz", b"", "unpack it"),
        (f"import - --source {'x' * 400}", b"", "it may have 300"),
        ("export warc", b"", "-o"),
        ("export warc --format csv -o x", b"", "leave --format out"),
        ("export warc --since tomorrow -o x", b"", "--since is a date"),
        ("export articles --source x", b"", "WARC only"),
        ("export warc -o /no/such/folder/a.warc.gz", b"", "cannot write"),
    ],
)
def test_what_is_written_wrong_is_misuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, stdin: bytes, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "crawl.wacz").write_bytes(b"PK\x03\x04")
    assert_one_line(Cli(tmp_path / "home")(*arguments.split(), stdin=stdin), 2, says)


@on_sqlite
def test_an_export_that_fails_leaves_no_file(
    cli: Cli, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert counts(cli, archive, "--no-process") == {"new": 3}
    from ingest.imports.warc import WarcFile

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(WarcFile, "write", full)
    out = tmp_path / "out"
    out.mkdir()
    ended = cli("export", "warc", "-o", out / "a.warc.gz")
    assert ended.status == 1
    assert "No space left" in ended.err
    assert list(out.iterdir()) == []
    shutil.rmtree(out)
