"""`export package`: whole, described, and its checksums hold."""

import csv
import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from ingest.pages.extract import EXTRACTOR_VERSION
from ingest.relations.tagger import TAGGER_VERSION
from store.exports.columns import COLUMNS, MEANINGS
from tests.admin.conftest import Cli

FILES = ["articles", "polls", "revisions", "stories"]
EXTRA = ["README.md", "SHA256SUMS", "datapackage.json"]


def unpacked(path: Path, into: Path) -> Path:
    if path.is_dir():
        return path
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        archive.extractall(into)
    return into


@pytest.fixture(params=["folder", "whole.zip"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    return tmp_path / str(request.param)


def descriptor(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "datapackage.json").read_text("utf-8"))
    return read


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_a_package_holds_every_export_and_its_checksums_hold(
    polled: Cli, path: Path, tmp_path: Path, format: str
) -> None:
    ended = polled("export", "package", "--format", format, "-o", path)
    assert (ended.status, ended.out) == (0, ""), ended.err
    folder = unpacked(path, tmp_path / "unpacked")
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        [*EXTRA, *(f"{what}.{format}" for what in FILES)]
    )
    sums = dict(reversed(line.split("  ")) for line in _lines(folder / "SHA256SUMS"))  # type: ignore[misc]
    assert len(sums) == len(FILES) + 2
    for name, sha256 in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256, name
    for resource in descriptor(folder)["resources"]:
        content = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        exported = polled("export", resource["name"], "--format", format, "-o", tmp_path / "one")
        assert exported.status == 0
        if format != "parquet":  # whose files name the moment of no row, but their order of pages
            assert (tmp_path / "one").read_bytes() == content
        else:
            one, other = tmp_path / "one", folder / resource["path"]
            assert pyarrow.parquet.read_table(one) == pyarrow.parquet.read_table(other)


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines()


def test_the_columns_are_described_as_they_stand_in_the_files(polled: Cli, tmp_path: Path) -> None:
    assert polled("export", "package", "-o", tmp_path / "p").status == 0
    readme = (tmp_path / "p" / "README.md").read_text("utf-8")
    for resource in descriptor(tmp_path / "p")["resources"]:
        fields = resource["schema"]["fields"]
        with (tmp_path / "p" / resource["path"]).open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert rows[0] == [field["name"] for field in fields]
        assert len(rows) - 1 == resource["rows"] > 0
        for field in fields:
            assert field["description"]
            assert f"| {field['name']} | " in readme
        for row in rows[1:]:
            for field, value in zip(fields, row, strict=True):
                _assert_is(field["type"], value)


def _assert_is(kind: str, value: str) -> None:
    if not value:
        return
    if kind == "integer":
        int(value)
    elif kind == "number":
        float(value)
    elif kind == "boolean":
        assert value in ("true", "false")
    elif kind == "datetime":
        assert value.endswith("Z")
    else:
        assert kind == "string"


def test_the_package_tells_what_made_its_rows(polled: Cli, tmp_path: Path) -> None:
    assert polled("export", "package", "-o", tmp_path / "p").status == 0
    told = descriptor(tmp_path / "p")
    assert told["created"].endswith("Z")
    versions = told["transpacific"]
    assert versions["extractor"] == EXTRACTOR_VERSION
    assert versions["tagger"] == TAGGER_VERSION
    assert versions["revisions"] == [{"extractor": EXTRACTOR_VERSION, "count": 5}]
    ((tagging),) = versions["taggings"]
    assert (tagging["tagger"], tagging["count"]) == (TAGGER_VERSION, 5)
    assert tagging["lexicon"]


def test_every_column_has_a_meaning() -> None:
    assert {what: sorted(columns) for what, columns in MEANINGS.items()} == {
        what: sorted(columns) for what, columns in COLUMNS.items()
    }


def test_a_folder_that_is_there_is_left_as_it_is(polled: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("of ten years")
    ended = polled("export", "package", "-o", tmp_path / "mine")
    assert ended.status == 2
    assert "name a new folder" in ended.err
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]


@pytest.mark.parametrize("name", ["p", "p.zip"])
def test_a_package_that_fails_leaves_nothing(
    polled: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from admin.analysis import package

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(package, "describe", fail)
    ended = polled("export", "package", "-o", tmp_path / name)
    assert ended.status == 1
    assert "No space left" in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["-o", "/no/such/folder/p"], "cannot write"), ([], "-o"), (["-o", "/dev/null"], "already")],
)
def test_where_no_package_can_be_is_told(polled: Cli, arguments: list[str], says: str) -> None:
    ended = polled("export", "package", *arguments)
    assert ended.status == 2
    assert says in ended.err
    assert len(ended.err.splitlines()) == 1
