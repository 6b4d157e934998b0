"""What a lexicon file says in short: names in set forms, and rosters of an office."""

from datetime import date
from pathlib import Path

import pytest

from ingest.relations.lexicon_file import LexiconError
from ingest.relations.shorthand import in_forms, member
from ingest.relations.vocabulary import Lexicon, Role, Side, load_lexicon

PLACES = """\
[[actor]]
id = "towns"
name = "A town"
side = "us"
kind = "place"
names = ["Ohio"]
stems = ["Dayton", "Toledo"]
forms = ["mayor of {}", "{}, Ohio"]
"""

SENATE = """\
[[roster]]
side = "us"
title = "Senator for {}"
forms = ["Sen. {}"]
weight = 0.9
members = [
    "Ann Exámple | Ann Example, Example | Ohio | 2021-01-03 | 2027-01-03 | Q42 | 安·例",
    "Bob Plain | Plain",
]
"""


def load(folder: Path, text: str, overlay: str | None = None) -> Lexicon:
    (folder / "lexicon").mkdir()
    (folder / "lexicon" / "words.toml").write_text(text, encoding="utf-8")
    own = None
    if overlay is not None:
        own = folder / "own.toml"
        own.write_text(overlay, encoding="utf-8")
    return load_lexicon(own, folder / "lexicon")


def test_every_stem_stands_in_every_form():
    assert in_forms(["A", "B"], ["x {}", "{}y"]) == ["x A", "x B", "Ay", "By"]


def test_a_stem_counts_in_its_forms_and_not_by_itself(tmp_path):
    senses = load(tmp_path, PLACES).senses
    assert {"ohio", "mayor of dayton", "toledo, ohio"} <= senses.keys()
    assert "dayton" not in senses and "toledo" not in senses


@pytest.mark.parametrize("table", ["frame", "mask"])
def test_frames_and_masks_may_have_forms_too(tmp_path, table):
    kind = 'side = "both"' if table == "frame" else 'why = "no place"'
    text = f'[[{table}]]\nid = "t"\n{kind}\nstems = ["a", "b"]\nforms = ["new {{}}"]\n'
    assert load(tmp_path, text).senses.keys() == {"new a", "new b"}


def test_a_member_of_a_roster_is_an_actor_with_the_office_and_its_dates(tmp_path):
    senses = load(tmp_path, SENATE).senses
    (full,) = senses["ann exámple"]
    entry = full.entry
    assert (entry.id, entry.side, entry.kind, entry.weight, entry.wikidata) == (
        "ann-example",
        Side.US,
        "person",
        0.9,
        "Q42",
    )
    assert entry.roles == (Role("Senator for Ohio", date(2021, 1, 3), date(2027, 1, 3)),)
    for name in ("sen. ann example", "sen. example", "安·例"):
        assert senses[name][0].entry is entry
    assert "example" not in senses and "ann example" not in senses


def test_what_is_left_out_at_the_end_of_a_line_is_open(tmp_path):
    (sense,) = load(tmp_path, SENATE).senses["bob plain"]
    assert sense.entry.roles == (Role("Senator for ", None, None),)
    assert sense.entry.wikidata is None


def test_a_name_that_many_bear_counts_with_its_office_only(tmp_path):
    senses = load(tmp_path, SENATE.replace("weight = 0.9", "bare = false")).senses
    assert "bob plain" not in senses and "sen. plain" in senses


def test_a_bracket_tells_namesakes_apart_and_is_never_read():
    actor = member("Li Hui (envoy) | | | | | | 李辉特使", {"side": "china"})
    assert (actor["id"], actor["names"]) == ("li-hui-envoy", ["李辉特使"])


def test_an_overlay_removes_a_member_by_its_id_and_one_of_its_names_by_itself(tmp_path):
    overlay = '[[remove]]\nid = "ann-example"\n[[remove]]\nnames = ["Sen. Plain"]\n'
    senses = load(tmp_path, SENATE, overlay).senses
    assert senses.keys() == {"bob plain"}


def test_an_overlay_may_hold_a_roster_and_forms(tmp_path):
    more = PLACES.replace("towns", "more").replace("Ohio", "Utah").replace("mayor", "mayors")
    senses = load(tmp_path, PLACES, SENATE + more).senses
    assert {"sen. example", "toledo, utah", "toledo, ohio"} <= senses.keys()


ACTOR = '[[actor]]\nid = "a"\nname = "A"\nside = "us"\nkind = "place"\n'
ROSTER = '[[roster]]\nside = "us"\n'


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (ACTOR + 'stems = ["Al"]\n', 6, "stems and forms need each other"),
        (ACTOR + 'names = ["Al"]\nforms = ["{}"]\n', 1, "stems and forms need each other"),
        (ACTOR + 'stems = ["Al"]\nforms = ["mayor"]\n', 7, "needs {} once"),
        (ACTOR + 'stems = ["Al"]\nforms = ["{} or {}"]\n', 7, "needs {} once"),
        (ACTOR + 'stems = ["Al"]\nforms = [" {}"]\n', 7, "begins or ends with a space"),
        (ACTOR + 'names = ["big Al"]\nstems = ["Al"]\nforms = ["big {}"]\n', 6, "is a name of 'a'"),
        (ROSTER, 1, "lacks 'members'"),
        (ROSTER + 'bare = "no"\nmembers = ["Al"]\n', 3, "must be true or false"),
        (ROSTER + "members = [\n'安',\n]\n", 4, "needs a Latin letter"),
        (ROSTER + "members = [\n'Al | | | | | | | x',\n]\n", 4, "has 8 fields"),
        (ROSTER + "members = [\n'Al | | | 2020-01-01',\n]\n", 4, "dates without an office"),
        (ROSTER + "bare = false\nmembers = [\n'Al',\n]\n", 5, "without any name"),
        (ROSTER + "title = 'T'\nmembers = [\n'Al | | | May 2020',\n]\n", 5, "no date like"),
        (
            ROSTER + "title = 'T'\nmembers = [\n'Al | | | 2021-01-01 | 2020-01-01',\n]\n",
            5,
            "ends before it begins",
        ),
        (ROSTER + "members = [\n'Al | | | | | 12',\n]\n", 4, "no Wikidata id"),
        (ROSTER + "members = [\n'Al',\n'Bo',\n'Al',\n]\n", 4, "id 'al' is taken already"),
        (ROSTER + "members = [\n'Al',\n'Bo | | | | | | Al',\n]\n", 5, "'Al' is a name of 'al'"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(tmp_path, text, line, reason):
    with pytest.raises(LexiconError) as refused:
        load(tmp_path, text)
    assert (refused.value.line, reason in refused.value.reason) == (line, True), refused.value
