"""`stories`: filters, formats, and what a story shows."""

import csv
import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from admin.output.story_view import print_story
from store.search.results import StoryFound
from tests.admin.conftest import Cli

VISIT = "Envoys settle on a spring visit"
SHIPS = "Growers load <eight> ships for Chinese mills"
TARIFFS = "中美代表团就关税问题举行第四轮磋商"
LIBRARY = "A library moves its books by hand"
ALL = {VISIT, SHIPS, TARIFFS, LIBRARY}


@pytest.mark.parametrize(
    ("arguments", "titles"),
    [
        ([], ALL - {LIBRARY}),
        (["--relevance", "all"], ALL),
        (["--relevance", "none"], {LIBRARY}),
        (["--topic", "agriculture"], {SHIPS}),
        (["--topic", "trade", "--topic", "agriculture"], {SHIPS}),
        (["--topic", "hong-kong"], set()),
        (["--actor", "Xi Jinping"], {VISIT}),
        (["--actor", "xi-jinping"], {VISIT}),
        (["--source", "pine"], {VISIT}),
        (["--since", "2026-10-02"], ALL - {LIBRARY}),
        (["--since", "2026-10-03"], set()),
        (["--until", "2026-10-02"], ALL - {LIBRARY}),
        (["--until", "2026-10-01"], set()),
        (["--since", "2026-10-02T08:00:00Z", "--until", "2026-10-02T10:00:01+02:00"],
         ALL - {LIBRARY}),
        (["--until", "2026-10-02T08:00:00Z"], set()),
        (["SOYBEANS"], {SHIPS}),
        (["soybeans", "elevators"], {SHIPS}),
        (["soybeans", "chairs"], set()),
        (["elevators stayed"], {SHIPS}),
        (['"elevators stayed"'], {SHIPS}),
        (['"stayed elevators"'], set()),
        (["elevators OR 第五轮磋商"], {SHIPS, TARIFFS}),
        (["--", "-elevators -关税"], {VISIT}),
        (["elevat*"], {SHIPS}),
        (["--country", "DE"], set()),
        (["--kind", "think-tank"], set()),
        (["--state-media"], set()),
        (["--no-state-media", "soybeans"], {SHIPS}),
        (["soybeans", "--order", "best"], {SHIPS}),
        (["第五轮磋商"], {TARIFFS}),
        (["100%"], set()),
        (["' OR 1=1 --"], set()),
    ],
)  # fmt: skip
def test_a_question_finds_its_stories(polled: Cli, arguments: list[str], titles: set[str]) -> None:
    ended = polled("stories", "--format", "jsonl", *arguments)
    assert (ended.status, ended.err) == (0, "")
    assert {record["title"] for record in ended.records} == titles


def test_a_story_in_jsonl_has_the_fields_of_the_contract_and_its_evidence(polled: Cli) -> None:
    [story] = polled("stories", "--format", "jsonl", "--actor", "xi-jinping").records
    assert list(story) == [
        "id", "title", "first_published", "first_seen", "language", "articles", "sources",
        "relevance", "score", "topics", "actors", "stance", "urls", "copies",
        "first_source", "agency", "evidence", "sentences",
    ]  # fmt: skip
    assert story["first_published"] == "2026-10-02T08:00:00Z"
    assert story["first_seen"].endswith("Z")
    assert story["articles"] == 2
    assert sorted(story["sources"]) == ["Harbour Gazette", "Pine Valley News"]
    assert len(story["urls"]) == 2
    assert story["relevance"] == "primary"
    assert "diplomacy" in story["topics"]
    sides = {actor["id"]: actor["side"] for actor in story["actors"]}
    assert sides["xi-jinping"] == "china"
    assert sides["donald-trump"] == "us"
    assert {"field", "start", "end", "text", "rule", "side", "topic", "weight"} <= set(
        story["evidence"][0]
    )
    assert any("Xi Jinping" in sentence for sentence in story["sentences"])


def test_the_table_shows_each_story_with_its_copies_people_and_sentences(polled: Cli) -> None:
    ended = polled("stories")
    assert ended.status == 0
    [story] = [block for block in ended.out.split("\n\n") if VISIT in block]
    assert story.startswith("2026-10-02  primary")
    assert "2 copies" in story
    assert "Harbour Gazette, Pine Valley News" in story
    assert "China: Xi Jinping" in story
    assert "“President Donald Trump invited President Xi Jinping" in story
    assert "/visit.html" in story
    assert "\x1b" not in ended.out


def test_what_looks_like_markup_in_a_title_is_shown_as_it_is(polled: Cli) -> None:
    assert SHIPS in polled("stories").out


def test_a_table_says_when_there_is_more(polled: Cli) -> None:
    ended = polled("stories", "--limit", "1")
    assert ended.out.count("primary") + ended.out.count("secondary") == 1
    assert "the newest 1 are shown" in ended.err


def test_scripts_get_all_unless_they_limit(polled: Cli) -> None:
    assert len(polled("stories", "--format", "jsonl", "--limit", "2").records) == 2
    assert len(polled("stories", "--format", "jsonl").records) == 3


def test_csv_has_a_line_a_story(polled: Cli) -> None:
    ended = polled("stories", "--format", "csv", "--topic", "agriculture")
    [row] = csv.DictReader(io.StringIO(ended.out, newline=""))
    assert row["title"] == SHIPS
    assert "agriculture" in row["topics"].split("; ")
    assert float(row["score"]) > 0.5


def test_a_story_is_found_by_its_id_whatever_its_relevance(polled: Cli) -> None:
    records = polled("stories", "--relevance", "all", "--format", "jsonl").records
    for story in records:
        [found] = polled("stories", "--story", str(story["id"]), "--format", "jsonl").records
        assert found["id"] == story["id"]
    assert "none" in {story["relevance"] for story in records}
    assert polled("stories", "--story", "999", "--format", "jsonl").records == []


def test_the_agency_that_copies_credit_is_shown_beside_the_outlets() -> None:
    story = StoryFound(
        id=1, title="Envoy settles visit", first_published=None,
        first_seen=datetime(2026, 11, 2, tzinfo=UTC), language="en", articles=2,
        sources=("Harbour Gazette", "Pine Valley News"), relevance="primary", score=0.9,
        stance=None, topics=(), actors=(), urls=(), agency="reuters", evidence=(), text="",
    )  # fmt: skip
    told = io.StringIO()
    print_story(Console(file=told, width=80), story)
    assert "Harbour Gazette, Pine Valley News; credited to reuters" in told.getvalue()


def test_an_empty_answer_is_no_failure(cli: Cli) -> None:
    ended = cli("stories", "nothing")
    assert (ended.status, ended.out) == (0, "")
    assert len(ended.err.splitlines()) == 1
    assert cli("stories", "--format", "jsonl").records == []
