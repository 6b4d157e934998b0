from ingest.duplicates.boilerplate import PAGES, repeated

ABOUT = "Follow us for more news of the harbour."


def test_a_paragraph_on_several_pages_is_the_sources() -> None:
    pages = [("", f"Story {number} is its own.\n{ABOUT.upper()}") for number in range(PAGES)]
    assert repeated(pages) == {"follow us for more news of the harbour"}
    assert repeated(pages[1:]) == frozenset()


def test_what_one_page_says_twice_is_said_by_one_page() -> None:
    assert repeated([("", f"{ABOUT}\n" * PAGES)]) == frozenset()
    assert repeated([("", "\n  \n")] * PAGES) == frozenset()


def test_three_pages_show_what_is_the_sources_and_two_may_be_of_one_subject() -> None:
    pages = [("", f"Story {number}.\n{ABOUT}") for number in range(3)]
    assert len(repeated(pages)) == 1
    assert repeated(pages[:2]) == frozenset()
