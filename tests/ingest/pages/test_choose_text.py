"""Which text of an article is kept."""

from datetime import UTC, datetime

import pytest

from ingest.dates import Confidence, Dated
from ingest.duplicates.fingerprint import revision_hash
from ingest.pages.choose_text import Current, choose, is_new_revision
from ingest.pages.extract import Document
from ingest.pages.quality import Quality

DATE = Dated(datetime(2026, 11, 2, tzinfo=UTC), "", "feed", Confidence.SURE)


def _document(taken_from: str, quality: Quality, text: str = "Some text.") -> Document:
    return Document(
        title="Title",
        text=text,
        authors=(),
        published=DATE,
        language="en",
        canonical_url=None,
        site_name=None,
        quality=quality,
        taken_from=taken_from,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("page", "entry", "kept", "marked"),
    [
        (Quality.OK, Quality.OK, "page", Quality.OK),
        (Quality.OK, Quality.SHORT, "page", Quality.OK),
        (Quality.SHORT, Quality.OK, "feed", Quality.OK),
        (Quality.SHORT, Quality.SHORT, "page", Quality.SHORT),
        (Quality.PAYWALL, Quality.SHORT, "feed", Quality.PAYWALL),
        (Quality.BLOCKED, Quality.OK, "feed", Quality.BLOCKED),
        (Quality.SOFT_404, Quality.SHORT, "feed", Quality.SOFT_404),
        (Quality.MOJIBAKE, Quality.SHORT, "feed", Quality.MOJIBAKE),
        (Quality.OK, None, "page", Quality.OK),
        (None, Quality.SHORT, "feed", Quality.SHORT),
    ],
)
def test_the_better_text_is_kept_and_a_wall_is_told(
    page: Quality | None, entry: Quality | None, kept: str, marked: Quality
) -> None:
    chosen = choose(
        _document("page", page) if page else None, _document("feed", entry) if entry else None
    )
    assert chosen is not None
    assert (chosen.taken_from, chosen.quality) == (kept, marked)


def test_a_feed_that_gave_no_text_does_not_replace_a_wall() -> None:
    chosen = choose(_document("page", Quality.PAYWALL), _document("feed", Quality.SHORT, text=""))
    assert chosen is not None
    assert chosen.taken_from == "page"


def test_a_page_without_any_text_is_a_wall_too() -> None:
    empty = _document("page", Quality.SHORT, text="")
    chosen = choose(empty, _document("feed", Quality.SHORT))
    assert chosen is not None
    assert (chosen.taken_from, chosen.quality) == ("feed", Quality.BLOCKED)
    stands = Current(revision_hash("Title", "The text."), Quality.OK)
    assert not is_new_revision(chosen, stands)
    assert not is_new_revision(empty, stands)
    assert is_new_revision(_document("feed", Quality.SHORT, text=""), stands)  # an entry's edit


def test_nothing_comes_of_nothing() -> None:
    assert choose(None, None) is None


@pytest.mark.parametrize(
    ("text", "quality", "current", "expected"),
    [
        ("A text.", Quality.OK, None, True),
        ("", Quality.BLOCKED, None, True),
        ("A text.", Quality.OK, ("A text.", Quality.OK), False),
        ("A\n\n  text.", Quality.OK, ("A text.", Quality.OK), False),
        ("A new text.", Quality.OK, ("A text.", Quality.OK), True),
        ("A shorter one.", Quality.SHORT, ("A text.", Quality.OK), True),
        ("Subscribe.", Quality.PAYWALL, ("A text.", Quality.OK), False),
        ("Subscribe.", Quality.PAYWALL, ("A text.", Quality.SHORT), False),
        ("The text itself.", Quality.OK, ("Subscribe.", Quality.PAYWALL), True),
        ("Subscribe now.", Quality.PAYWALL, ("Subscribe.", Quality.PAYWALL), True),
    ],
)
def test_a_changed_text_is_a_revision_and_a_wall_never_covers_one(
    text: str, quality: Quality, current: tuple[str, Quality] | None, expected: bool
) -> None:
    stands = Current(revision_hash("Title", current[0]), current[1]) if current else None
    assert is_new_revision(_document("page", quality, text), stands) is expected


def test_a_changed_title_changes_the_content() -> None:
    assert revision_hash("One", "text") != revision_hash("Two", "text")
