"""The whole tagger: what it returns, that it adds up, that nothing breaks it."""

import json
import math
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.relations import Relevance, Stance, tag, to_json
from ingest.relations.model import probability
from ingest.relations.tagger import load_tagger
from tests.support import machine

TITLE = "Trump invites Xi to Washington"
TEXT = (
    "President Donald Trump has invited Chinese President Xi Jinping to visit the United States, "
    "the US ambassador in Beijing said. China and the United States also agreed to cooperate "
    "against fentanyl smuggling.\n"
    "China will buy American soybeans again, which farmers in the US had hoped for."
)


def test_a_piece_about_the_relations_is_primary_with_topics_and_stance():
    tagging = tag(TITLE, TEXT)
    assert tagging.relevance is Relevance.PRIMARY
    assert tagging.stance is Stance.COOPERATION
    assert {"diplomacy", "law-enforcement"} <= {t.id for t in tagging.topics}
    assert tagging.language == "en"


def test_an_irrelevant_piece_has_no_topics_and_no_stance():
    tagging = tag("Bakery wins prize", "The bread of a small bakery in Lyon was judged best.")
    assert tagging.relevance is Relevance.NONE
    assert tagging.topics == () and tagging.stance is None and tagging.score < 0.1


def test_actors_have_side_count_first_place_and_the_role_of_the_day():
    actors = {actor.id: actor for actor in tag(TITLE, TEXT, date=date(2026, 1, 28)).actors}
    trump, xi = actors["donald-trump"], actors["xi-jinping"]
    assert (trump.side, trump.kind, trump.count) == ("us", "person", 2)
    assert (trump.first_field, trump.first_offset) == ("title", 0)
    assert xi.side == "china" and xi.role is not None
    assert "President" in (trump.role or "")


def test_a_role_is_that_of_the_article_s_date():
    def role(day: date) -> str | None:
        actors = tag("Donald Trump speaks", "", date=day).actors
        return next(actor.role for actor in actors if actor.id == "donald-trump")

    assert role(date(2018, 5, 1)) == role(date(2026, 1, 1)) != role(date(2022, 5, 1))
    assert tag("Donald Trump speaks", "").actors[0].role is None


def test_the_caller_may_say_whose_government_publishes():
    text = "We are deeply concerned by what happened in Xinjiang this week."
    plain, voiced = tag("A statement", text), tag("A statement", text, source_side="us")
    assert voiced.score > plain.score


def test_versions_say_what_made_the_tagging():
    tagging = tag(TITLE, TEXT)
    assert tagging.tagger_version and len(tagging.lexicon_version) == 12


def test_the_same_text_is_always_judged_the_same():
    assert tag(TITLE, TEXT) == tag(TITLE, TEXT)


TRICKY = [
    "US",
    "China",
    "Trump",
    "习近平",
    "美国",
    "İ",
    "tariffs",
    "\u0301",
    "\n",
    ". ",
    "’s",
    "TikTok",
    "\x00",
    "Xi",
]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(TRICKY) | st.text(max_size=4), max_size=40).map("".join),
    st.lists(st.sampled_from(TRICKY) | st.text(max_size=4), max_size=40).map(" ".join),
)
def test_evidence_is_a_slice_of_the_text_and_adds_up_to_the_score(title, text):
    tagging = tag(title, text)
    for item in tagging.evidence:
        whole = title if item.field == "title" else text
        assert item.text == whole[item.start : item.end]
    total = tagging.intercept + sum(item.weight for item in tagging.evidence)
    assert math.isclose(probability(total), tagging.score, abs_tol=1e-9)
    main = tagging.primary_intercept + sum(reason.to_primary for reason in tagging.reckoning)
    assert math.isclose(probability(main), tagging.primary, abs_tol=1e-9)
    json.dumps(to_json(tagging, "x"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\u0301\u0301\u0301",
        "\ud800 lone",
        "日本語のテキスト",
        "عربي",
        "İ" * 1000,
        "。" * 1000,
    ],
)
def test_any_text_is_judged_without_an_error(text):
    assert tag(text, text).relevance is Relevance.NONE


@pytest.mark.parametrize(
    "unit",
    [
        "US tariffs on China, cuts and Iran; ",
        "美国对中国加征关税，",
        "US, ",
        "a.'",
        "İ",
        "China\n",
        "Trump: cut tariff ban ",
    ],
)
def test_time_grows_in_step_with_the_text(unit):
    tag(unit, unit)

    def seconds(characters: int) -> float:
        text = unit * (characters // len(unit))
        return machine.cpu_seconds(lambda: tag("", text))

    small = max(min(seconds(100_000) for _ in range(3)), 1e-3)
    # Ten times the text in some ten times the time: quadratic work would take a hundred times.
    assert seconds(1_000_000) < 40 * small


def test_json_has_the_fields_that_scripts_count_on():
    record = json.loads(json.dumps(to_json(tag(TITLE, TEXT), "a1"), ensure_ascii=False))
    assert record["id"] == "a1"
    assert record["relevance"] == "primary" and 0 <= record["score"] <= 1
    assert record["stance"] == "cooperation" and "diplomacy" in record["topics"]
    assert {"id", "name", "side", "role", "count", "first_offset"} <= record["actors"][0].keys()
    assert {"field", "start", "end", "text", "rule", "side", "topic", "weight"} == record[
        "evidence"
    ][0].keys()
    assert to_json(tag("", ""), "a2")["stance"] is None


def test_an_overlay_adds_and_takes_away(tmp_path):
    overlay = tmp_path / "own.toml"
    overlay.write_text(
        '[[remove]]\nid = "tiktok"\n'
        '[[actor]]\nid = "moonlight-corp"\nname = "Moonlight Corp"\nside = "china"\n'
        'kind = "company"\nnames = ["Moonlight Corp"]\n',
        encoding="utf-8",
    )
    tagging = load_tagger(overlay).tag("US sanctions Moonlight Corp and TikTok", "")
    ids = {actor.id for actor in tagging.actors}
    assert "moonlight-corp" in ids and "tiktok" not in ids
    assert tagging.lexicon_version != tag("", "").lexicon_version
