"""What changed between two texts: minimal, whole, and in time."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.word_diff import Change, Kind, changes, word_count
from tests.support import machine

SENTENCE = "The envoy said on Monday that the two sides had settled the dates of a visit. "


def plain(found: tuple[Change, ...]) -> str:
    """The changes as the command line writes them."""
    marks = {Kind.EQUAL: ("", ""), Kind.DELETE: ("[-", "-]"), Kind.INSERT: ("{+", "+}")}
    return "".join(marks[part.kind][0] + part.text + marks[part.kind][1] for part in found)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", ""),
        ("One word.", "One word.", "One word."),
        ("", "New words", "{+New words+}"),
        ("Old words", "", "[-Old words-]"),
        ("ten ships left", "two ships left", "[-ten -]{+two +}ships left"),
        ("ships left", "ships left today", "ships left{+ today+}"),
        ("all ships left", "ships left", "[-all -]ships left"),
        ("a tariff of 25%.", "a tariff of 12.5%.", "a tariff of [-25-]{+12.5+}%."),
        ("It rose, he said.", "It fell, he said.", "It [-rose-]{+fell+}, he said."),
        ("the vice-premier", "the premier", "the [-vice-premier-]{+premier+}"),
        # White space is no change.
        ("one two", "one\n\ntwo ", "one\n\ntwo "),
        # Chinese by character.
        ("双方同意延长九十天。", "双方同意延长六十天。", "双方同意延长[-九-]{+六+}十天。"),
        ("中方愿与美方磋商", "中方愿意与美方磋商", "中方愿{+意+}与美方磋商"),
        ("WTO的裁决", "WTO裁决", "WTO[-的-]裁决"),
        ("東京で会談した", "東京で会談する", "東京で会談[-した-]{+する+}"),
    ],
)
def test_words_that_changed_are_told_apart_from_those_that_did_not(
    old: str, new: str, expected: str
) -> None:
    found = plain(changes(old, new))
    assert found.replace("{+ today+}", "{+today+}").replace(" ", "") == expected.replace(" ", "")


@given(st.text(alphabet="ab ,\n中文", max_size=60), st.text(alphabet="ab ,\n中文", max_size=60))
def test_both_texts_can_be_put_together_again(old: str, new: str) -> None:
    found = changes(old, new)
    kept = "".join(part.text for part in found if part.kind is not Kind.DELETE)
    left = "".join(part.text for part in found if part.kind is not Kind.INSERT)
    assert kept == new.lstrip()
    assert "".join(left.split()) == "".join(old.split())
    assert all(one.kind is not next_.kind for one, next_ in pairwise(found))
    assert all(part.text for part in found)


@given(st.text(max_size=200))
def test_a_text_is_not_changed_from_itself(text: str) -> None:
    assert all(part.kind is Kind.EQUAL for part in changes(text, text))


def test_in_a_long_text_each_edit_is_found_alone() -> None:
    words = _random_words(3, 60_000, 3_000).split()
    edited = list(words)
    for place in range(100, 60_000, 1_000):
        edited[place] = "edited"
    found = changes(" ".join(words), " ".join(edited))
    assert [part.text.strip() for part in found if part.kind is Kind.INSERT] == ["edited"] * 60
    assert sum(part.kind is Kind.DELETE for part in found) == 60


def test_a_paragraph_that_moved_is_taken_out_and_put_in() -> None:
    first, second = SENTENCE, "Officials meet again before the year is out, she told reporters. "
    found = changes(first + second * 2 + "End.", second * 2 + first + "End.")
    assert plain(found).count("[-") == plain(found).count("{+") == 1


def _random_words(seed: int, number: int, vocabulary: int) -> str:
    chosen = random.Random(seed)
    return " ".join(f"w{chosen.randrange(vocabulary)}" for _ in range(number))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SENTENCE * 12_800, SENTENCE * 12_790 + "The end. " + SENTENCE * 9),
        ("word " * 200_000, "word other " * 100_000),
        (_random_words(1, 160_000, 40_000), _random_words(2, 160_000, 40_000)),
        (_random_words(1, 160_000, 12), _random_words(2, 160_000, 12)),
        ("中" * 330_000, "国中" * 165_000),
        ("-'" * 500_000, "'-" * 500_000),
        ("a" * 1_000_000, "b" * 1_000_000),
        (" " * 1_000_000, "\n" * 1_000_000),
    ],
    ids=["alike", "repeated", "rewritten", "few words", "one character", "marks", "long", "blank"],
)
def test_a_megabyte_takes_seconds_whatever_it_holds(old: str, new: str) -> None:
    # Four, on a quiet machine; squares would be hours.
    assert machine.cpu_seconds(lambda: changes(old, new)) < 20


@pytest.mark.parametrize(
    ("text", "words"),
    [("", 0), ("Ten ships, two tugs.", 4), ("12.5% of it", 3), ("中方回应 (WTO)", 5)],
)
def test_words_are_counted(text: str, words: int) -> None:
    assert word_count(text) == words
