import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rensa import RMinHash

from ingest.duplicates.fingerprint import (
    ALGORITHM_VERSION,
    FIRST_SENTENCES,
    LONGEST_SENTENCES,
    SAMPLES,
    STANDALONE_CHARS,
    fingerprint,
    normalised,
    text_hash,
)
from tests.support import machine

STORY = (
    "The two ministers met in Geneva on Tuesday and agreed to cut port fees by 12.5 percent from "
    "March 1. “It’s a start,” said one of them; shippers on both coasts had asked for twice as "
    "much. A joint panel is to look into the rest of the fees and to report before the summer, "
    "when the leaders of both countries are expected to meet again."
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It’s a start", "It's a start"),
        ("“Quoted” — twice", '"Quoted" - twice'),
        ("Two\n\nlines", "two lines"),
        ("ＦＵＬＬ　ｗｉｄｔｈ　１２", "full width 12"),
        ("news\u00adpaper", "newspaper"),
        ("zero\u200bwidth", "zerowidth"),
        ("port fees, halved.", "Port fees halved"),
        ("中国GDP增长5%", "中国 GDP 增长 5%"),
        ("会谈，\n在北京举行。", "会谈在北京举行"),
        ("cafe\u0301", "café"),
        ("Straße", "STRASSE"),
        ("❤\ufe0f talks", "❤ talks"),
    ],
)
def test_a_reformatted_copy_is_the_same(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fees of 12.5 percent", "fees of 125 percent"),
        ("fees of $5", "fees of £5"),
        ("talks resumed", "talks resume"),
        ("now here", "nowhere"),
        ("关税", "關稅"),
        ("हिन्दी", "हन्द"),
    ],
)
def test_a_changed_word_or_number_is_another_text(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


def test_a_long_text_is_known_whatever_its_headline() -> None:
    assert text_hash("Port fees cut", STORY) == text_hash("Ministers agree", STORY.upper())
    assert len(text_hash("", STORY)) == 32


def test_an_edited_text_has_another_hash() -> None:
    assert text_hash("", STORY) != text_hash("", STORY.replace("Tuesday", "Monday"))


def test_an_abridged_copy_shares_keys_however_its_sentences_were_edited() -> None:
    words = f"{STORY} {STORY[::-1]} {STORY.swapcase()[::-2]}".split()
    edited = [word if number % 9 else f"{word}ly" for number, word in enumerate(words)]
    shared = set(fingerprint("", " ".join(words)).keys)
    assert shared & set(fingerprint("", " ".join(edited[: len(edited) // 3 * 2])).keys)


def test_two_wordings_under_one_headline_share_a_key() -> None:
    other = " ".join(f"{word[::-1]}" for word in STORY.split())
    one = set(fingerprint("Wire: Ministers agree on port fees - The Herald", STORY).keys)
    assert one & set(fingerprint("Ministers agree on port fees", other).keys)
    assert not set(fingerprint("Briefing", STORY).keys) & set(fingerprint("Briefing", other).keys)


def test_a_text_too_short_to_stand_alone_is_told_apart_by_its_title() -> None:
    caption = "Watch the video above for the full report from our correspondent."
    assert text_hash("Port fees cut", caption) != text_hash("Flood in the valley", caption)
    assert text_hash("Port fees cut", caption) == text_hash("PORT FEES CUT", caption)


def test_a_hundred_chinese_characters_stand_alone() -> None:
    text = "港" * (STANDALONE_CHARS // 3)
    assert text_hash("一", text) == text_hash("二", text)
    assert text_hash("一", text[1:]) != text_hash("二", text[1:])


def test_title_and_text_do_not_run_into_each_other() -> None:
    assert text_hash("port", "fees") != text_hash("port fees", "")


@given(st.text(), st.text())
def test_any_text_has_a_hash_of_32_bytes(title: str, text: str) -> None:
    assert len(text_hash(title + "\ud800", text)) == 32


def test_the_keys_of_this_version_are_these() -> None:
    # Stored keys find later ones only while both come from one algorithm: if this fails, raise
    # ALGORITHM_VERSION (rensa's signatures are part of it), and pin the new keys here.
    assert RMinHash.ALGORITHM_VERSION == 2
    assert ALGORITHM_VERSION == 3
    keys = fingerprint("", STORY).keys
    told = ",".join(map(str, keys)).encode()
    assert hashlib.sha256(told).hexdigest()[:16] == "4246b999a69f2d5e"


def test_keys_are_signed_numbers_of_64_bits_and_few() -> None:
    keys = fingerprint("", STORY * 40).keys
    assert SAMPLES < len(keys) <= SAMPLES + FIRST_SENTENCES + LONGEST_SENTENCES
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert min(keys) < 0 < max(keys)


def test_a_light_edit_shares_keys_and_another_story_none() -> None:
    keys = set(fingerprint("", STORY).keys)
    assert keys & set(fingerprint("", STORY.replace("Tuesday", "Monday")).keys)
    other = " ".join(f"{word[::-1]}" for word in STORY.split())
    assert not keys & set(fingerprint("", other).keys)


def test_an_excerpt_shares_a_key_with_a_text_many_times_as_long() -> None:
    long = STORY + " ".join(f"Sentence {number} is of its own." for number in range(2000))
    assert set(fingerprint("", STORY).keys) & set(fingerprint("", long).keys)


def test_a_text_too_short_to_stand_alone_has_no_keys() -> None:
    assert fingerprint("A title", STORY[: STANDALONE_CHARS - 1]).keys == ()


def test_what_the_source_prints_everywhere_has_no_part_in_the_keys() -> None:
    page = f"{STORY}\nAbout us: a newsroom of the harbour, which reports from both its coasts."
    without = {normalised(page.splitlines()[1])}
    assert fingerprint("", page, without=without).keys == fingerprint("", STORY).keys
    assert fingerprint("", page, without=without).text_hash == text_hash("", page)


@pytest.mark.parametrize(
    "text",
    ["word " * 200_000, "x" * 1_000_000, "港" * 500_000, "\u0301" * 500_000, "A. " * 300_000, ""],
    ids=["one word", "no spaces", "Han", "lone marks", "sentences", "empty"],
)
def test_a_hostile_text_has_its_fingerprint_in_bounded_time(text: str) -> None:
    assert machine.cpu_seconds(lambda: fingerprint("", text)) < 10
    assert len(text_hash("", text)) == 32


@given(st.text(), st.text())
def test_any_text_has_a_fingerprint(title: str, text: str) -> None:
    found = fingerprint(title, text + "\ud800")
    assert len(set(found.keys)) == len(found.keys)
