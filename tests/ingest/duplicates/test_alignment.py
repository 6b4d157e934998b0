import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.duplicates.alignment import align
from ingest.text.shingles import MOST_WORDS, wording
from tests.support import machine

TEXT = "one two three four five six seven eight nine ten eleven twelve"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (TEXT, []),
        (TEXT.replace("six", "6"), [("six", "6", 5)]),
        (TEXT.replace("six ", ""), [("six", "", 5)]),
        (f"zero {TEXT} thirteen", [("", "zero", 0), ("", "thirteen", 12)]),
        (TEXT.replace("six seven eight", "a b c d"), [("six seven eight", "a b c d", 5)]),
        ("nothing of it at all", [(TEXT, "nothing of it at all", 0)]),
        ("", [(TEXT, "", 0)]),
    ],
)
def test_what_differs_is_told_with_how_much_was_the_same_before(
    other: str, expected: list[tuple[str, str, int]]
) -> None:
    found = align(wording(TEXT), wording(other).words).edits
    assert [(" ".join(e.ours), " ".join(e.theirs), e.after) for e in found] == expected


@given(st.lists(st.sampled_from("abcdef")), st.lists(st.sampled_from("abcdef")))
def test_both_texts_are_accounted_for(one: list[str], other: list[str]) -> None:
    ours, theirs = wording(" ".join(one)), wording(" ".join(other))
    found = align(ours, theirs.words)
    left = sum(len(edit.ours) for edit in found.edits)
    right = sum(len(edit.theirs) for edit in found.edits)
    assert len(one) - left == len(other) - right == found.aligned
    assert found.aligned <= found.found <= len(other)


def test_what_has_moved_is_found_but_not_aligned() -> None:
    words = TEXT.split()
    moved = align(wording(TEXT), [*words[8:], *words[:8]])
    assert (moved.aligned, moved.found) == (8, 12)


@pytest.mark.parametrize("text", ["word " * MOST_WORDS, "a b c d e " * (MOST_WORDS // 5)])
def test_repetition_is_laid_side_by_side_in_bounded_time(text: str) -> None:
    took = machine.cpu_seconds(lambda: align(wording(text), wording(f"x {text} y z").words))
    assert took < 10
