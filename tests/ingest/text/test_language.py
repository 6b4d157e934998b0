import pytest

from ingest.text.language import detect_language
from ingest.text.length import letters_worth


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The delegations agreed on Friday to lower port fees before the spring.", "en"),
        ("两国代表团周五同意在春季之前降低港口收费。", "zh"),
        ("兩國代表團週五同意在春季之前降低港口收費。", "zh"),
        ("我哋噚日喺香港同佢哋傾咗好耐，大家都話冇問題。", "zh"),
        ("日米両国は港の使用料を引き下げることで合意した。", "ja"),
        ("양국 대표단은 봄이 오기 전에 항만 사용료를 낮추기로 합의했다.", "ko"),
        ("Die Delegationen einigten sich am Freitag auf niedrigere Hafengebühren.", "de"),
        ("Les délégations ont convenu vendredi de réduire les droits de port.", "fr"),
        ("Делегации договорились в пятницу снизить портовые сборы.", "ru"),
    ],
)
def test_a_headline_is_enough_to_tell_the_language(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_chinese_with_foreign_names_stays_chinese() -> None:
    assert detect_language("美国FDA批准Moderna疫苗") == "zh"


def test_english_that_quotes_a_chinese_name_stays_english() -> None:
    text = "The spokesman, Li Wen (李文), said that talks on shipping would resume next month."
    assert detect_language(text) == "en"


@pytest.mark.parametrize("text", ["", "   ", "12345 67", "OK", "Trump", "!?…", "\U0001f600", "国"])
def test_too_little_text_has_no_language(text: str) -> None:
    assert detect_language(text) is None


def test_the_tag_does_not_depend_on_how_long_the_text_is() -> None:
    sentence = "Shipping lines welcomed the accord and asked for details of the new tariff. "
    assert detect_language(sentence) == detect_language(sentence * 2_000) == "en"


def test_a_chinese_character_is_worth_three_letters() -> None:
    assert letters_worth("abc") == 3
    assert letters_worth("港口") == 6
    assert letters_worth("港口 abc") == 10
