"""What is installed: the locks, and what a built wheel carries."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PACKAGES = ("ingest", "store", "worker", "admin")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("requirements.lock", "requirements-runtime.lock", "requirements-fuzz.lock")
SHA256 = re.compile(r"--hash=sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Locked:
    requirement: Requirement
    hashes: frozenset[str]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        return str(self.requirement.specifier).removeprefix("==")


def read_lock(name: str) -> list[Locked]:
    text = (ROOT / name).read_text().replace("\\\n", " ")
    lines = [line for line in text.split("\n") if line and not line.lstrip().startswith("#")]
    return [
        Locked(Requirement(line.split("--hash")[0]), frozenset(SHA256.findall(line)))
        for line in lines
    ]


def here(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_one_version_with_its_hashes(lock: str) -> None:
    lines = read_lock(lock)
    assert len(lines) > 50
    for locked in lines:
        assert str(locked.requirement.specifier).startswith("=="), locked
        assert locked.hashes, locked


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_no_path(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*--(index-url|extra-index-url|find-links|trusted-host)", text, re.M)
    assert not re.search(r"(^|\s)/\w", text)


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.lock", PROJECT["project"]["dependencies"]),
        ("requirements.lock", PROJECT["project"]["optional-dependencies"]["dev"]),
        ("requirements.lock", PROJECT["build-system"]["requires"]),
        ("requirements-runtime.lock", PROJECT["project"]["dependencies"]),
        ("requirements-fuzz.lock", PROJECT["project"]["dependencies"]),
        ("requirements-fuzz.lock", PROJECT["project"]["optional-dependencies"]["fuzz"]),
    ],
    ids=["run-time", "development", "build", "image", "fuzzed", "fuzzer"],
)
def test_the_lock_satisfies_every_dependency_of_pyproject(lock: str, wanted: list[str]) -> None:
    versions = {
        locked.name: locked.version for locked in read_lock(lock) if here(locked.requirement)
    }
    for requirement in filter(here, map(Requirement, wanted)):
        version = versions.get(canonicalize_name(requirement.name))
        assert version, f"{requirement} is not in {lock}: run `make lock`"
        assert requirement.specifier.contains(version, prereleases=True), f"run `make lock`: {lock}"


def test_the_image_gets_the_versions_that_were_tested_and_no_tools() -> None:
    tested = {(line.name, line.version): line.hashes for line in read_lock("requirements.lock")}
    image = {(line.name, line.version): line.hashes for line in read_lock(LOCKS[1])}
    assert image.items() <= tested.items()
    assert not {"pytest", "mypy", "ruff", "setuptools"} & {name for name, _ in image}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built from a copy of the sources, so that nothing is written into the tree."""
    copy = tmp_path_factory.mktemp("sources")
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", ".hypothesis")
        shutil.copytree(ROOT / package, copy / package, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    output = copy / "dist"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", output, copy),
        ],
        check=True,
        cwd=copy,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    [built] = output.glob("*.whl")
    return zipfile.ZipFile(built)


def test_a_wheel_carries_every_file_of_the_packages_and_nothing_else(
    wheel: zipfile.ZipFile,
) -> None:
    sources = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not {"__pycache__", ".hypothesis"} & set(path.parts)
    }
    carried = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert carried == sources


def test_a_wheel_carries_the_licence_and_the_command(wheel: zipfile.ZipFile) -> None:
    version = PROJECT["project"]["version"]
    about = f"transpacific-{version}.dist-info"
    metadata = wheel.read(f"{about}/METADATA").decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert b"Apache License" in wheel.read(f"{about}/licenses/LICENSE")
    assert b"transpacific = admin.app:main" in wheel.read(f"{about}/entry_points.txt")


def test_the_changelog_tells_of_this_version() -> None:
    assert f"\n## [{PROJECT['project']['version']}]" in (ROOT / "CHANGELOG.md").read_text()
