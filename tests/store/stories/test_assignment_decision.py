"""Which story: every case of the decision, from plain values."""

import pytest

from store.stories.assignment_decision import (
    BOILERPLATE,
    FIRST,
    NO_TEXT,
    Same,
    StoryDecision,
    place,
)
from store.stories.near_duplicates import Copy

SAME = Same(7, 70)
PURGED = Same(7, None)
ON_EVERY_PAGE = Same(7, 70, is_boilerplate=True)
NEAR = Copy(7, 70, "95% of the words of one stand in the other")
OTHER = Copy(9, 90, "90% of the words of one stand in the other")
AS_NEAR = f"a copy of article 70: {NEAR.because}"
AS_SAME = "the same text as article 70"


@pytest.mark.parametrize(
    ("same", "copies", "expected"),
    [
        (None, (), StoryDecision((), FIRST, stands=True)),
        (SAME, (), StoryDecision((7,), AS_SAME, stands=False)),
        (PURGED, (), StoryDecision((7,), "the same text as another article", stands=False)),
        (ON_EVERY_PAGE, (), StoryDecision((), BOILERPLATE, stands=False)),
        (None, (NEAR,), StoryDecision((7,), AS_NEAR, stands=True)),
        (None, (NEAR, OTHER), StoryDecision((7, 9), AS_NEAR, stands=True)),
    ],
    ids=["first", "same", "same-as-purged", "boilerplate", "near", "bridge"],
)
def test_a_new_article_goes_where_its_copies_are(
    same: Same | None, copies: tuple[Copy, ...], expected: StoryDecision
) -> None:
    assert place(None, same, copies, alone=False, has_text=True) == expected


def test_an_article_without_text_is_a_story_of_its_own_and_says_so() -> None:
    placed = place(None, None, (), alone=False, has_text=False)
    assert placed == StoryDecision((), NO_TEXT, stands=True)


@pytest.mark.parametrize(
    ("same", "copies", "alone", "expected"),
    [
        (None, (), True, StoryDecision((5,), None, stands=True)),
        (None, (), False, StoryDecision((5,), None, stands=True)),
        (Same(5, 50), (), True, StoryDecision((5,), None, stands=False)),
        (SAME, (), False, StoryDecision((5,), None, stands=False)),
        (SAME, (), True, StoryDecision((5, 7), AS_SAME, stands=False)),
        (ON_EVERY_PAGE, (), True, StoryDecision((5,), None, stands=False)),
        (None, (NEAR,), False, StoryDecision((5,), None, stands=True)),
        (None, (NEAR,), True, StoryDecision((5, 7), AS_NEAR, stands=True)),
        (None, (NEAR, OTHER), True, StoryDecision((5, 7, 9), AS_NEAR, stands=True)),
    ],
    ids=[
        "new-text-alone", "new-text-among-others", "back-to-its-own-text", "same-among-others",
        "same-alone", "boilerplate", "near-among-others", "near-alone", "bridge-alone",
    ],
)  # fmt: skip
def test_an_edited_article_stays_unless_it_was_alone(
    same: Same | None, copies: tuple[Copy, ...], alone: bool, expected: StoryDecision
) -> None:
    assert place(5, same, copies, alone=alone, has_text=True) == expected
