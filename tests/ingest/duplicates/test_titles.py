import pytest

from ingest.duplicates.differing_facts import Side
from ingest.duplicates.titles import Titles, in_common, related, subjects, told
from ingest.text.shingles import wording


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Ports agree on fees", "PORTS AGREE ON FEES", Titles.SAME),
        ("Commentary: Ports agree on fees", "Ports agree on fees", Titles.SAME),
        ("(Wire) Ports agree on fees", "Ports agree on fees", Titles.SAME),
        ("UPDATE 2-Ports agree on fees", "Ports agree on fees", Titles.SAME),
        ("Ports agree on fees - The Herald", "Ports agree on fees", Titles.SAME),
        ("时评：两国同意停靠费减半", "两国同意停靠费减半", Titles.SAME),
        ("Ports agree on docking fees", "Ports at last agree on docking fees", Titles.NEAR),
        ("Storm kills 12 on the coast", "Storm kills 15 on the coast", Titles.NEAR),
        ("Ports agree on fees", "Shippers breathe again", Titles.OTHER),
        ("", "Ports agree on fees", Titles.MISSING),
        ("First aid flight leaves", "Second aid flight leaves", Titles.SERIES),
        ("Report on staff for 2021", "Report on staff for 2022", Titles.SERIES),
        ("Schedule of the week of May 2", "Schedule of the week of June 6", Titles.SERIES),
        ("Message on trade with Zamboria", "Message on trade with Kestovan", Titles.SERIES),
        ("Message on trade with Okoro", "Message on trade with Brandt", Titles.NEAR),
    ],
)
def test_titles_are_compared_for_what_they_name(one: str, other: str, expected: Titles) -> None:
    ours = "The letter is about Zamboria. Both texts name Okoro and Brandt."
    theirs = "The letter is about Kestovan. Both texts name Okoro and Brandt."
    sides = Side(ours, wording(ours).words), Side(theirs, wording(theirs).words)
    assert related(one, sides[0], other, sides[1]) is expected
    assert related(other, sides[1], one, sides[0]) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Ports agree on the fees", "Fees at ports halved", 2 / 3),
        ("Ports agree", "Shippers breathe again", 0.0),
        ("停靠费减半", "两国同意停靠费减半", 1.0),
        ("What is it about?", "Ports agree", None),
    ],
)
def test_titles_have_subjects_in_common(one: str, other: str, expected: float | None) -> None:
    assert in_common(subjects(one), subjects(other)) == expected
    assert in_common(subjects(other), subjects(one)) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Port fees halved", 1.0),  # a port's fee, in the text
        ("Ports, shippers and storms", 1 / 3),
        ("Fees", None),  # too few words to tell
    ],
)
def test_a_text_tells_of_what_its_title_says_or_not(title: str, expected: float | None) -> None:
    text = "The fee that each port takes was halved."
    assert told(subjects(title), Side(text, wording(text).words)) == expected
