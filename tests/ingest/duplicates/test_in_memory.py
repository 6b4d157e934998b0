from ingest.duplicates.in_memory import Grouping
from tests.ingest.duplicates.test_decide import FORM, FORM_TITLE, NEWS, TITLE, printing


def test_the_same_text_joins_whatever_its_title() -> None:
    grouping = Grouping()
    assert grouping.add(printing(TITLE, NEWS)).because is None
    joined = grouping.add(printing("Other", NEWS.upper()))
    assert (joined.story, joined.because) == (0, "the same text")


def test_a_near_copy_joins_and_tells_why_and_a_form_does_not() -> None:
    grouping = Grouping()
    for title, text in [(TITLE, NEWS), (FORM_TITLE, FORM), (TITLE, NEWS + "\nMore to follow.")]:
        last = grouping.add(printing(title, text))
    assert (last.story, last.because) == (
        0,
        "100% of the wording of one stands in the other, under the same title",
    )
    other = grouping.add(printing(FORM_TITLE, FORM.replace("2024", "2025")))
    assert (other.story, other.because) == (3, None)


def test_a_copy_of_two_stories_merges_them() -> None:
    lines = NEWS.split("\n")
    grouping = Grouping()
    for text in ("\n".join(lines[:3]), "\n".join(lines[3:])):
        assert grouping.add(printing(TITLE, text)).because is None
    assert grouping.story_of(1) == 1
    grouping.add(printing(TITLE, NEWS))
    assert [grouping.story_of(number) for number in range(3)] == [0, 0, 0]


def test_texts_too_short_to_stand_alone_are_one_only_with_their_titles() -> None:
    grouping = Grouping()
    stories = [
        grouping.add(printing(title, "Watch the video above.")).story
        for title in ("Flood", "Fire", "flood")
    ]
    assert stories == [0, 1, 0]
