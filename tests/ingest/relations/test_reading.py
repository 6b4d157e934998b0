"""A text as the tagger reads it, and where it holds both sides."""

from pathlib import Path

import pytest

from ingest.relations.dealings import Dealings, find_dealings
from ingest.relations.matching import Matcher
from ingest.relations.reading import LONGEST, read
from ingest.relations.relevance import relevance_features
from ingest.relations.stance import places, stance_features
from ingest.relations.topic_features import speaking_for, topic_features
from ingest.relations.vocabulary import load_lexicon

WORDS = """
[[actor]]
id = "us"
name = "US"
side = "us"
kind = "country"
names = ["America", "American"]
exact = ["US"]

[[actor]]
id = "ann"
name = "Ann Envoy"
side = "us"
kind = "person"
names = ["Ann Envoy"]

[[actor]]
id = "bo"
name = "Bo Minister"
side = "china"
kind = "person"
names = ["Bo Minister"]

[[actor]]
id = "china"
name = "China"
side = "china"
kind = "country"
names = ["China", "Chinese", "中国"]

[[actor]]
id = "gadget"
name = "Gadget Corp"
side = "us"
kind = "company"
names = ["Gadget Corp"]

[[actor]]
id = "club"
name = "Trade Club"
side = "third"
kind = "institution"
names = ["Trade Club"]

[[actor]]
id = "taiwan"
name = "Taiwan"
side = "taiwan"
kind = "country"
names = ["Taiwan"]

[[actor]]
id = "wafer"
name = "Wafer Works"
side = "taiwan"
kind = "company"
names = ["Wafer Works"]

[[actor]]
id = "iran"
name = "Iran"
side = "third"
kind = "country"
names = ["Iran"]

[[frame]]
id = "two-powers"
side = "both"
names = ["Sino-American"]

[[voice]]
id = "press-office"
side = "us"
names = ["Office of the Spokesperson"]

[[genre]]
id = "markets"
names = ["stocks"]

[[topic]]
id = "trade"
terms = ["tariff"]

[[topic]]
id = "military"
terms = ["missile"]

[[relation]]
polarity = "conflict"
kind = "tariff"
terms = ["tariff"]

[[relation]]
polarity = "cooperation"
kind = "agreement"
terms = ["agreed", "达成"]

[[relation]]
polarity = "conflict"
kind = "accusation"
terms = ["accuse", "accused"]

[[relation]]
polarity = "neutral"
kind = "easing"
terms = ["cuts"]

[[relation]]
polarity = "neutral"
kind = "bargaining"
terms = ["in exchange for"]

[[relation]]
polarity = "neutral"
kind = "comparison"
terms = ["compared with"]
"""


@pytest.fixture(scope="module")
def matcher(tmp_path_factory) -> Matcher:
    folder: Path = tmp_path_factory.mktemp("lexicon")
    (folder / "words.toml").write_text(WORDS, encoding="utf-8")
    return Matcher(load_lexicon(folder=folder))


def dealings(matcher: Matcher, title: str, text: str) -> Dealings:
    return find_dealings(read(title, text, matcher))


@pytest.mark.parametrize(
    ("text", "voice"),
    [
        ("Office of the Spokesperson\nWe met.", "us"),
        ("The room was full.\nAnn Envoy: We are here.", "us"),
        ("Bo Minister (12:30): We are here.", "china"),
        ("Bo Minister：我们来了。", "china"),
        ("Ann Envoy said: no.", None),
        ("He asked Ann Envoy: why?", None),
        ("China: a history", None),
        ("x" * 2000 + "\nOffice of the Spokesperson", None),
    ],
)
def test_the_opening_tells_whose_government_speaks(matcher, text, voice):
    assert read("A title", text, matcher).voice == voice


@pytest.mark.parametrize(
    ("title", "text", "strengths"),
    [
        ("", "China met America.", [1.0]),
        ("", "China grew. America shrank.", []),
        ("", "A Sino-American affair.", [1.0]),
        ("", "Gadget Corp left China.", [0.5]),
        ("", "America armed Taiwan.", [1.0]),
        ("", "Gadget Corp hired Wafer Works.", []),
        ("", "Office of the Spokesperson\nWe watch China.", [0.9]),
        ("America and China", "China met America.", [1.0, 1.0]),
        ("", "", []),
    ],
)
def test_a_sentence_holds_both_sides_as_strongly_as_its_weaker_side(
    matcher, title, text, strengths
):
    assert [d.strength for d in dealings(matcher, title, text).found] == strengths


def test_neighbouring_sentences_may_name_one_side_each(matcher):
    (pair,) = dealings(matcher, "America waits", "China decides. It rains. China.").pairs
    assert (pair.first.field, pair.second.field, pair.strength) == ("title", "text", 1.0)


def test_neighbours_far_down_count_less(matcher):
    text = "Words. " * 60 + "America waits. China decides."
    (pair,) = dealings(matcher, "", text).pairs
    assert pair.strength == 0.5


def test_nearness_counts_sentences_to_the_next_dealing(matcher):
    found = dealings(matcher, "", "China met America. Iran too. Words. Iran again.")
    assert [found.nearness.of(s) for s in found.reading.sentences] == [0, 1, 2]


@pytest.mark.parametrize(
    ("title", "text", "feature", "value"),
    [
        ("", "China met America.", "both-sides", 1.0),
        ("", "China met America.", "both-sides-close", 1.0),
        ("", "China" + " far" * 30 + " America.", "both-sides-close", 0.0),
        ("", "China agreed with America.", "dealing-word", 1.0),
        ("", "China compared with America.", "dealing-word", 0.0),
        ("China wins", "Words.", "title-china", 1.0),
        ("China wins", "Words.", "title-us", 0.0),
        ("Gadget Corp", "Words.", "title-us", 0.5),
        ("Iran and stocks", "Words.", "title-third", 1.0),
        ("Iran and stocks", "Words.", "title-genre", 1.0),
        ("", "stocks", "title-genre", 0.0),
        ("", "America, China and Iran met.", "listed", 1.0),
        ("", "The Sino-American and Iran talks.", "listed", 1.0),
        ("", "America waits. China decides.", "sides-apart", 1.0),
        ("", "China met America. China decides.", "sides-apart", 0.0),
        ("", "America told China of Iran.", "listed", 0.0),
        ("", "America and China met.", "listed", 0.0),
        ("", "China and America met in Iran.", "crowd", 1.0),
        ("", "America armed Taiwan.", "taiwan-and-us", 1.0),
        ("America waits", "China sets a tariff.", "topic-in-turn", 1.0),
        ("America waits", "China decides.", "topic-in-turn", 0.0),
        ("", "", "both-sides-share", 0.0),
    ],
)
def test_features_of_relevance(matcher, title, text, feature, value):
    assert relevance_features(dealings(matcher, title, text))[feature] == value


def test_topics_in_a_dealing_are_told_from_topics_elsewhere(matcher):
    found = topic_features(
        dealings(matcher, "", "America set a tariff on China. Words. A missile.")
    )
    assert found["trade"]["inside"] > 0
    assert "inside" not in found["military"] and found["military"]["anywhere"] > 0


def test_envoys_of_both_sides_in_one_sentence_speak_for_diplomacy(matcher):
    assert "diplomacy" in topic_features(dealings(matcher, "", "Ann Envoy met Bo Minister."))
    assert "diplomacy" not in topic_features(dealings(matcher, "", "Ann Envoy met. Bo Minister."))


def test_a_third_country_counts_only_beside_both_sides(matcher):
    assert "third-country" in topic_features(dealings(matcher, "", "China and America on Iran."))
    assert "third-country" not in topic_features(dealings(matcher, "", "Iran is dry."))


def test_the_third_countries_of_a_dealing_count_one_by_one(matcher):
    one = topic_features(dealings(matcher, "", "China and America on Iran."))
    two = topic_features(dealings(matcher, "", "China and America on Iran and Iran."))
    assert two["third-country"]["inside"] > one["third-country"]["inside"]


def test_a_third_party_that_is_no_state_makes_no_third_country(matcher):
    found = topic_features(dealings(matcher, "", "China sued America at the Trade Club."))
    assert "third-country" not in found


def test_a_topic_s_share_is_of_all_that_is_said_in_the_dealings(matcher):
    found = topic_features(dealings(matcher, "", "America: a tariff and a missile for China."))
    assert found["trade"]["share-inside"] == found["military"]["share-inside"] == 0.5


def test_the_matches_that_speak_for_a_topic_are_found_in_order(matcher):
    found = dealings(matcher, "A tariff", "China met America over a tariff.")
    assert [s.field for s, _ in speaking_for("trade", found)] == ["title", "text"]


def tone(matcher: Matcher, text: str) -> dict[str, float]:
    found = dealings(matcher, "", text)
    return stance_features(found, relevance_features(found))


def test_words_of_both_tones_are_weighed(matcher):
    good, bad = (
        tone(matcher, "China agreed with America."),
        tone(matcher, "America: a tariff on China."),
    )
    assert good["cooperation"] > 0 == good["conflict"] and good["balance"] < 0
    assert bad["conflict"] > 0 == bad["cooperation"] and bad["balance"] > 0


def test_a_burden_that_is_cut_is_a_relief(matcher):
    eased = tone(matcher, "America cuts its China tariff.")
    assert eased["cooperation"] > 0 == eased["conflict"]
    far = tone(matcher, "America cuts the grass" + " and so on" * 8 + ", a tariff on China.")
    assert far["conflict"] > 0


def test_give_and_take_has_a_feature_of_its_own_and_no_tone(matcher):
    found = tone(matcher, "America gave China bread in exchange for salt.")
    assert found["tells-of-bargaining"] > 0
    assert found["cooperation"] == found["conflict"] == 0


def test_a_title_weighs_more_in_one_balance_and_like_any_sentence_in_the_other(matcher):
    found = dealings(matcher, "China agreed with America", "America set a tariff on China.")
    values = stance_features(found, relevance_features(found))
    assert values["balance"] < values["balance-throughout"] == 0


@pytest.mark.parametrize(
    ("title", "text", "brief", "question"),
    [
        ("China met America", "Words.", True, 0.0),
        ("Will China meet America?", "Words.", True, 1.0),
        ("China met America", "Words. " * 100, False, 0.0),
    ],
)
def test_a_headline_and_a_question_are_told_from_an_article(matcher, title, text, brief, question):
    found = dealings(matcher, title, text)
    values = stance_features(found, relevance_features(found))
    assert (found.reading.brief, values["question"]) == (brief, question)


def test_what_lies_beyond_the_longest_text_is_not_read(matcher):
    assert read("", "x" * LONGEST + " China met America.", matcher).sentences == []


@pytest.mark.parametrize(
    ("nearer", "farther"),
    [
        ("China met America and they agreed.", "China met America. They agreed."),
        ("China met America. They agreed.", "China met America. A word. They agreed."),
        ("China met America. They agreed.", "They agreed. China met America."),
    ],
)
def test_words_tell_less_the_farther_they_stand_from_a_dealing(matcher, nearer, farther):
    assert tone(matcher, nearer)["cooperation"] > tone(matcher, farther)["cooperation"] > 0


def test_where_no_sentence_holds_a_dealing_those_on_china_stand_for_them(matcher):
    text = "{} Words. Words. Sun in America."
    beside, far = (
        places(dealings(matcher, "", text.format(opening)))
        for opening in ("A tariff on China.", "A tariff on wine. Words. Rain in China.")
    )
    assert beside[0] == 1.0 > far[0]
    assert places(dealings(matcher, "", "A tariff on wine.")) == [1.0]


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("China has not agreed with America.", "cooperation"),
        ("中国与America没有达成协议。", "cooperation"),
        ("China wants no tariff of America.", "conflict"),
        ("America didn't accuse China.", "conflict"),
    ],
)
def test_a_word_that_is_denied_does_not_count_as_said(matcher, text, feature):
    assert tone(matcher, text)[feature] == 0


def test_denied_cooperation_is_a_little_conflict(matcher):
    denied = tone(matcher, "China has not agreed with America.")["conflict"]
    assert 0 < denied < tone(matcher, "America accused China.")["conflict"]


@pytest.mark.parametrize(
    ("plain", "asking"),
    [
        ("America accused China.", "Has America accused China?"),
        ("America accused China.", "QUESTION: America accused China."),
        ("America accused China.", "Reporter 3 (01:20): America accused China."),
        ("America accused China。", "问：America accused China。"),
    ],
)
def test_a_questions_words_count_less_than_a_speakers(matcher, plain, asking):
    assert 0 < tone(matcher, asking)["conflict"] < tone(matcher, plain)["conflict"]


def test_words_that_may_be_for_a_third_country_count_less(matcher):
    third = tone(matcher, "China met America. China accused Iran.")
    assert 0 < third["conflict"] < tone(matcher, "China met America. China accused Bo.")["conflict"]


def test_what_a_quarrel_is_about_is_told_from_the_quarrel(matcher):
    matter, quarrel = (
        tone(matcher, "America and China: a tariff."),
        tone(matcher, "America accused China."),
    )
    assert matter["hostility"] == 0 < quarrel["hostility"]
