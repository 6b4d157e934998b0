"""The lexicon: what the loader takes, and what it refuses with file, line and reason."""

from datetime import date
from pathlib import Path

import pytest

from ingest.relations.lexicon_file import LexiconError
from ingest.relations.vocabulary import (
    Polarity,
    Role,
    Side,
    Table,
    load_lexicon,
)

GOOD = """\
[[actor]]
id = "ann-example"
name = "Ann Example"
side = "us"
kind = "person"
names = ["Ann Example", "安·例"]
exact = ["Ann"]
roles = [
  { title = "Envoy", from = 2021-03-01, to = 2023-03-01 },
  { title = "Minister", from = 2023-03-01 },
]

[[topic]]
id = "trade"
terms = ["tariff"]
strong = ["trade war"]

[[relation]]
polarity = "conflict"
kind = "sanction"
terms = ["sanction"]
topics = ["sanctions"]
"""


def lexicon(folder: Path, text: str, overlay: str | None = None):
    (folder / "lexicon").mkdir(exist_ok=True)
    (folder / "lexicon" / "words.toml").write_text(text, encoding="utf-8")
    own = None
    if overlay is not None:
        own = folder / "own.toml"
        own.write_text(overlay, encoding="utf-8")
    return load_lexicon(own, folder / "lexicon")


def test_a_name_is_found_in_lower_case_and_knows_its_entry(tmp_path):
    (sense,) = lexicon(tmp_path, GOOD).senses["ann example"]
    assert sense.exact is None
    assert (sense.entry.table, sense.entry.id, sense.entry.side) == (
        Table.ACTOR,
        "ann-example",
        Side.US,
    )


def test_an_exact_name_keeps_its_spelling(tmp_path):
    (sense,) = lexicon(tmp_path, GOOD).senses["ann"]
    assert sense.exact == "Ann"


def test_roles_are_held_from_their_first_day_until_the_day_before_their_end(tmp_path):
    (sense,) = lexicon(tmp_path, GOOD).senses["ann example"]
    envoy, minister = sense.entry.roles
    assert envoy == Role("Envoy", date(2021, 3, 1), date(2023, 3, 1))
    assert envoy.held_on(date(2021, 3, 1)) and not envoy.held_on(date(2023, 3, 1))
    assert minister.held_on(date(2040, 1, 1)) and not minister.held_on(date(2023, 2, 28))


def test_a_strong_term_weighs_more_than_an_ordinary_one(tmp_path):
    senses = lexicon(tmp_path, GOOD).senses
    assert senses["trade war"][0].entry.weight > senses["tariff"][0].entry.weight


def test_a_relation_word_has_its_polarity_and_topics(tmp_path):
    (sense,) = lexicon(tmp_path, GOOD).senses["sanction"]
    assert (sense.entry.polarity, sense.entry.topics) == (Polarity.CONFLICT, ("sanctions",))


def test_the_version_changes_with_any_content_and_only_then(tmp_path):
    first = lexicon(tmp_path, GOOD).version
    assert lexicon(tmp_path, GOOD).version == first
    assert lexicon(tmp_path, GOOD + "# a note\n").version != first
    assert lexicon(tmp_path, GOOD, '[[remove]]\nid = "ann-example"\n').version != first


def test_an_overlay_adds_terms_to_a_topic(tmp_path):
    overlay = '[[topic]]\nid = "trade"\nterms = ["quota"]\n'
    assert "quota" in lexicon(tmp_path, GOOD, overlay).senses


def test_an_overlay_removes_an_entry_by_id_and_a_name_by_itself(tmp_path):
    overlay = '[[remove]]\nid = "ann-example"\n[[remove]]\nnames = ["Trade War"]\n'
    senses = lexicon(tmp_path, GOOD, overlay).senses
    assert "ann example" not in senses and "ann" not in senses and "trade war" not in senses
    assert "tariff" in senses


def test_an_overlay_may_replace_what_it_removes(tmp_path):
    overlay = """
[[remove]]
id = "ann-example"

[[actor]]
id = "ann-example"
name = "Ann Example"
side = "china"
kind = "person"
names = ["Ann Example"]
"""
    (sense,) = lexicon(tmp_path, GOOD, overlay).senses["ann example"]
    assert sense.entry.side is Side.CHINA


ACTOR = '[[actor]]\nid = "a"\nname = "A"\nside = "us"\nkind = "person"\nnames = ["Al"]\n'


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("[[actor]\n", 1, "is not TOML"),
        ("[[villain]]\nid = 1\n", 1, "unknown table 'villain'"),
        ("actor = 3\n", 1, "unknown table 'actor'"),
        (ACTOR + 'colour = "red"\n', 7, "no key 'colour'"),
        (ACTOR.replace('side = "us"\n', ""), 1, "lacks 'side'"),
        (ACTOR.replace('"us"', '"mars"'), 4, "'mars' is none of us, china"),
        (ACTOR.replace('["Al"]', "[]"), 1, "has no names"),
        (ACTOR.replace('["Al"]', '[" "]'), 6, "empty name"),
        (ACTOR.replace('["Al"]', '["Al "]'), 6, "begins or ends with a space"),
        (ACTOR.replace('["Al"]', '["A\\u0000"]'), 6, "control character"),
        (ACTOR.replace('id = "a"', 'id = "A b"'), 2, "lower-case letters"),
        (ACTOR.replace('["Al"]', '["Al", "AL"]'), 6, "is a name of 'a' already"),
        (ACTOR + ACTOR.replace('"Al"', '"Bo"'), 8, "id 'a' is taken already"),
        (ACTOR + ACTOR.replace('"a"', '"b"'), 12, "'Al' is a name of 'a' already"),
        (ACTOR + 'wikidata = "12"\n', 7, "no Wikidata id"),
        (ACTOR + "weight = -1\n", 7, "must be a number above 0"),
        (ACTOR + 'topics = ["gardening"]\n', 7, "unknown topic 'gardening'"),
        (ACTOR + "roles = [{ from = 2020-01-01 }]\n", 7, "needs a title"),
        (ACTOR + 'roles = [{ title = "T", from = "2020" }]\n', 7, "plain dates"),
        (
            ACTOR + 'roles = [{ title = "T", from = 2020-01-02, to = 2020-01-01 }]\n',
            7,
            "ends before it begins",
        ),
        ('[[topic]]\nid = "cooking"\nterms = ["a"]\n', 2, "'cooking' is none of"),
        ('[[topic]]\nid = "trade"\nterms = ["a", "a"]\n', 3, "'a' is a name of 'trade' already"),
        (
            '[[relation]]\npolarity = "conflict"\nkind = "x"\nterms = ["a"]\n'
            '[[relation]]\npolarity = "neutral"\nkind = "y"\nterms = ["a"]\n',
            8,
            "'a' is a name of 'conflict-x' already",
        ),
        ('[[mask]]\nid = "m"\nnames = ["a"]\n', 1, "lacks 'why'"),
        ('[[remove]]\nid = "a"\n', 1, "belongs in an overlay"),
    ],
)
def test_a_broken_lexicon_is_refused_with_file_line_and_reason(tmp_path, text, line, reason):
    with pytest.raises(LexiconError) as refused:
        lexicon(tmp_path, text)
    assert refused.value.file.name == "words.toml"
    assert refused.value.line == line
    assert reason in refused.value.reason
    assert str(refused.value).startswith(f"{refused.value.file}:{line}: ")


@pytest.mark.parametrize(
    ("overlay", "reason"),
    [
        ('[[remove]]\nid = "nobody"\n', "'nobody' is no id"),
        ('[[remove]]\nnames = ["nothing"]\n', "'nothing' is no name"),
        ("[[remove]]\n", "needs an id or names"),
        (ACTOR.replace('"Al"', '"Ann Example"'), "is a name of 'ann-example' already"),
    ],
)
def test_a_broken_overlay_is_refused_by_its_own_name(tmp_path, overlay, reason):
    with pytest.raises(LexiconError, match=reason) as refused:
        lexicon(tmp_path, GOOD, overlay)
    assert refused.value.file.name == "own.toml"


def test_bytes_that_are_not_utf8_are_refused_with_their_line(tmp_path):
    (tmp_path / "bad.toml").write_bytes(b"# fine\n# \xff\n")
    with pytest.raises(LexiconError, match=r"bad\.toml:2: is not UTF-8"):
        load_lexicon(folder=tmp_path)


def test_a_missing_overlay_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(LexiconError, match="cannot be read"):
        load_lexicon(tmp_path / "none.toml")
    with pytest.raises(LexiconError, match="no lexicon here"):
        load_lexicon(folder=tmp_path)


def test_the_shipped_lexicon_loads_and_names_both_sides_in_both_scripts():
    senses = load_lexicon().senses
    for name, side in (
        ("united states", "us"),
        ("china", "china"),
        ("美国", "us"),
        ("中国", "china"),
    ):
        assert senses[name][0].entry.side == side
