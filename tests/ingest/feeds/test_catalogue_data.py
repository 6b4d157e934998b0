"""The shipped catalogue: enough feeds, none twice, every side heard, states' outlets marked."""

import pytest

from ingest.feeds.catalogue import FeedSpec, load_catalogue
from ingest.url import canonical

CATALOGUE: tuple[FeedSpec, ...] = tuple(load_catalogue())

LANGUAGES = {"en", "zh"}
KINDS = {"wire", "newspaper", "broadcaster", "magazine", "think-tank", "government"}


def feeds_of(source: str) -> list[FeedSpec]:
    return [spec for spec in CATALOGUE if spec.source == source]


def test_the_catalogue_holds_eighty_feeds_or_more() -> None:
    assert len(CATALOGUE) >= 80


def test_no_two_entries_are_the_same_feed() -> None:
    seen: dict[str, str] = {}
    for spec in CATALOGUE:
        # A feed reached with and without TLS, or with and without a last slash, is one feed.
        key = canonical(spec.url).removeprefix("https://").removeprefix("http://").rstrip("/")
        assert key not in seen, f"{spec.url} and {seen[key]} are one feed"
        seen[key] = spec.url


@pytest.mark.parametrize("spec", CATALOGUE, ids=lambda spec: spec.url)
def test_every_entry_is_described_in_full(spec: FeedSpec) -> None:
    assert spec.title.strip() == spec.title != ""
    assert spec.source.strip() == spec.source != ""
    assert spec.home_url is not None
    assert canonical(spec.home_url)
    assert spec.language in LANGUAGES
    assert spec.kind in KINDS
    assert spec.country


@pytest.mark.parametrize(
    ("country", "at_least"),
    [("US", 30), ("CN", 12), ("HK", 6), ("TW", 6), ("SG", 3), ("GB", 4), ("JP", 2), ("KR", 2)],
)
def test_every_country_that_matters_is_heard(country: str, at_least: int) -> None:
    assert len([spec for spec in CATALOGUE if spec.country == country]) >= at_least


@pytest.mark.parametrize("country", ["AU", "CA", "DE", "FR", "IN", "INT", "PH", "QA"])
def test_the_wider_world_is_heard(country: str) -> None:
    assert any(spec.country == country for spec in CATALOGUE)


@pytest.mark.parametrize("country", ["US", "CN"])
def test_both_governments_speak_for_themselves(country: str) -> None:
    own = [spec for spec in CATALOGUE if spec.country == country and spec.kind == "government"]
    assert len(own) >= 3


def test_think_tanks_of_more_than_one_country_are_there() -> None:
    countries = {spec.country for spec in CATALOGUE if spec.kind == "think-tank"}
    assert {"US", "AU", "DE"} <= countries


def test_chinese_is_read_in_both_scripts() -> None:
    chinese = [spec for spec in CATALOGUE if spec.language == "zh"]
    assert len(chinese) >= 15
    assert {"CN", "HK", "TW", "US"} <= {spec.country for spec in chinese}


@pytest.mark.parametrize(
    "source",
    [
        "Xinhua",
        "CGTN",
        "China Daily",
        "Global Times",
        "People's Daily",
        "China News Service",
        "RTHK",
        "Voice of America",
        "Radio Free Asia",
    ],
)
def test_outlets_that_a_state_owns_or_pays_for_are_marked(source: str) -> None:
    feeds = feeds_of(source)
    assert feeds, f"{source} is not in the catalogue"
    assert all(spec.state_media for spec in feeds)


@pytest.mark.parametrize(
    "source", ["The New York Times", "South China Morning Post", "Taipei Times", "Yonhap"]
)
def test_outlets_of_private_or_independent_owners_are_not_marked(source: str) -> None:
    feeds = feeds_of(source)
    assert feeds, f"{source} is not in the catalogue"
    assert not any(spec.state_media for spec in feeds)


def test_a_source_is_described_the_same_in_each_of_its_feeds() -> None:
    described: dict[str, tuple[str | None, str, bool]] = {}
    for spec in CATALOGUE:
        description = (spec.country, spec.kind, spec.state_media)
        assert described.setdefault(spec.source, description) == description, spec.source
