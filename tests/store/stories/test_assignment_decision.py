"""Which story: every case of the decision, from plain values."""

import pytest

from store.stories.assignment_decision import (
    BOILERPLATE,
    FIRST,
    NO_TEXT,
    Same,
    StoryDecision,
    place,
    place_again,
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


OWN = Copy(5, 50, "99% of the words of one stand in the other")
HERE = Same(5, 50)


@pytest.mark.parametrize(
    ("same", "own", "copies", "is_first", "expected"),
    [
        # Who was first in a story stays, and brings it to where its text is found as well.
        (None, None, (), True, StoryDecision((5,), None, stands=True)),
        (SAME, None, (), True, StoryDecision((5, 7), AS_SAME, stands=True)),
        (None, None, (NEAR, OTHER), True, StoryDecision((5, 7, 9), AS_NEAR, stands=True)),
        # So does who is a copy of something there.
        (None, OWN, (), False, StoryDecision((5,), None, stands=True)),
        (HERE, None, (), False, StoryDecision((5,), None, stands=True)),
        (SAME, OWN, (), False, StoryDecision((5, 7), AS_SAME, stands=True)),
        (None, OWN, (OTHER,), False,
         StoryDecision((5, 9), f"a copy of article 90: {OTHER.because}", stands=True)),
        (HERE, None, (NEAR,), False, StoryDecision((5, 7), AS_NEAR, stands=True)),
        # Any other goes to where its text is, or founds a story.
        (None, None, (), False, StoryDecision((), FIRST, stands=True)),
        (SAME, None, (), False, StoryDecision((7,), AS_SAME, stands=True)),
        (PURGED, None, (), False,
         StoryDecision((7,), "the same text as another article", stands=True)),
        (None, None, (NEAR, OTHER), False, StoryDecision((7, 9), AS_NEAR, stands=True)),
        # The very same text says more than one that is like it.
        (SAME, None, (OTHER,), False, StoryDecision((7,), AS_SAME, stands=True)),
        (SAME, None, (OTHER,), True, StoryDecision((5, 7), AS_SAME, stands=True)),
    ],
    ids=[
        "first", "first-same", "first-near", "copy-of-its-own", "same-in-its-own",
        "copy-of-its-own-and-same", "copy-of-its-own-and-near", "same-in-its-own-and-near",
        "stray", "stray-same", "stray-same-as-purged", "stray-near", "stray-same-and-near",
        "first-same-and-near",
    ],
)  # fmt: skip
def test_decided_again_an_article_stays_where_it_was_first_or_is_a_copy(
    same: Same | None,
    own: Copy | None,
    copies: tuple[Copy, ...],
    is_first: bool,
    expected: StoryDecision,
) -> None:
    assert place_again(5, same, own, copies, is_first=is_first) == expected
