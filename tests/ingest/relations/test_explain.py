"""Taggings in plain words, and what changed between two runs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.relations import tag, to_json
from ingest.relations.compare import compare
from ingest.relations.evidence import SENTENCE_RULES
from ingest.relations.explain import RULES, marked, reckoning, verdict
from ingest.relations.tagger import load_tagger

TITLE = "Beijing protests US tariffs"
TEXT = "China lodged a protest after the United States raised tariffs on Chinese steel."


def test_every_rule_of_the_model_has_words():
    for heads in (load_tagger().model.long, load_tagger().model.brief):
        weighed = heads.relevant.weights.keys()
        assert weighed == heads.primary.weights.keys() == heads.first.weights.keys()
        assert RULES.keys() == weighed | set(SENTENCE_RULES.values())


def test_the_verdict_is_one_sentence_with_topics_and_stance():
    words = verdict(tag(TITLE, TEXT))
    assert words.startswith(
        f"is about US–China relations (probability {tag(TITLE, TEXT).score:.2f}"
    )
    assert "topics: trade" in words and "stance: conflict" in words
    assert verdict(tag("", "Rain in Rome.")).startswith("not about US–China relations")


def test_the_reckoning_s_lines_add_up_to_its_last():
    tagging = tag(TITLE, TEXT)
    *parts, total = reckoning(tagging)
    relevant = sum(float(line[:6]) for line in parts)
    assert float(total[:6]) == pytest.approx(relevant, abs=0.01 * len(parts))
    assert f"{tagging.score:.2f} relevant" in total and f"{tagging.primary:.2f} primary" in total


def test_marked_text_shows_what_speaks_under_which_rule():
    segments = marked(TITLE, tag(TITLE, TEXT), "title")
    assert any(s.text == "US" and "us" in s.sides and "title-sentence" in s.rules for s in segments)
    assert any(s.rules == () for s in segments)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["US ", "China ", "tariffs ", "美国", "x", ". "])).map("".join))
def test_marked_segments_joined_are_the_text(text):
    assert "".join(s.text for s in marked(text, tag("", text))) == text


def record(id: str, title: str, text: str) -> dict:
    return to_json(tag(title, text), id)


def test_runs_that_agree_have_no_changes():
    run = [record("a", TITLE, TEXT), record("b", "", "")]
    comparison = compare(run, run)
    assert comparison.changes == () and comparison.same == 2


def test_a_changed_label_is_told_with_its_reasons():
    old = [record("a", TITLE, TEXT)]
    new = [record("a", "Rain in Rome", "It rained.")]
    (change,) = compare(old, new).changes
    assert change.labels["relevance"] == ("primary", "none")
    assert change.labels["stance"] == ("conflict", None)
    assert change.new_score < change.old_score
    assert any("-sentence -" in reason for reason in change.reasons)


def test_a_new_version_is_a_reason():
    old = record("a", TITLE, TEXT)
    new = old | {"topics": ["health"], "lexicon": "another"}
    (change,) = compare([old], [new]).changes
    assert change.labels == {"topics": (sorted(old["topics"]), ["health"])}
    assert change.reasons == (f"lexicon {old['lexicon']} -> another",)


def test_changes_are_told_by_kind_with_examples():
    def run(*taggings: tuple[str, float, list[str], str | None]) -> list[dict]:
        return [
            {"id": str(n), "relevance": r, "score": s, "topics": t, "stance": st}
            for n, (r, s, t, st) in enumerate(taggings)
        ]

    old = run(
        ("none", 0.1, [], None),
        ("none", 0.4, [], None),
        ("primary", 0.9, ["trade"], "conflict"),
        ("primary", 0.9, ["trade"], "mixed"),
    )
    new = run(
        ("secondary", 0.6, ["trade"], "neutral"),
        ("secondary", 0.5, ["health"], "neutral"),
        ("primary", 0.9, ["health"], "conflict"),
        ("primary", 0.9, ["trade"], "neutral"),
    )
    assert [(k.kind, k.count, k.examples) for k in compare(old, new).by_kind()] == [
        ("relevance: none -> secondary", 2, ("0", "1")),
        ("stance: mixed -> neutral", 1, ("3",)),
        ("topics: +health", 1, ("2",)),
        ("topics: -trade", 1, ("2",)),
    ]


def test_the_order_of_topics_is_no_change():
    old = record("a", TITLE, TEXT) | {"topics": ["trade", "sanctions"]}
    assert compare([old], [old | {"topics": ["sanctions", "trade"]}]).changes == ()


def test_records_of_one_run_only_are_named():
    comparison = compare([record("a", "", "")], [record("b", "", "")])
    assert (comparison.only_old, comparison.only_new, comparison.same) == (("a",), ("b",), 0)


def test_a_record_without_an_id_is_an_error():
    with pytest.raises(KeyError):
        compare([{"relevance": "none"}], [])
