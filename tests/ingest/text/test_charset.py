import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.charset import decode
from tests.support import machine

SIMPLIFIED = (
    "商务部发言人周四表示，双方经贸团队将保持沟通，就彼此关切的问题继续磋商。"
    "他说，合作对两国企业和消费者都有好处，希望对方相向而行，为市场提供稳定的预期。"
    "分析人士认为，关税问题短期内难以全部解决，但对话本身已经是一个积极的信号。"
)
TRADITIONAL = (
    "經濟部週四公布上月外銷訂單統計，受惠於人工智慧需求，金額較去年同月增加。"
    "官員表示，後續仍要觀察國際經濟情勢與關稅政策的變化，審慎看待下半年的景氣。"
)
FRENCH = "Le président a été reçu à Pékin ; l’été y fut très chaud, dit-il, « voilà » le problème."
RUSSIAN = "Москва и Пекин подписали соглашение о сотрудничестве в области энергетики."
JAPANESE = "両国の首脳は電話で会談し、関税についての協議を続けることで一致しました。"


def page(text, label):
    return f'<html><head><meta charset="{label}"></head><body><p>{text}</p></body></html>'


@pytest.mark.parametrize("actual", ["gb18030", "gbk", "gb2312", "utf-8"])
@pytest.mark.parametrize("header", [None, "gb2312", "utf-8", "iso-8859-1", "big5", "no-such"])
@pytest.mark.parametrize("label", ["gb2312", "utf-8", "iso-8859-1"])
def test_chinese_is_read_whatever_its_labels_say(actual, header, label):
    document = page(SIMPLIFIED, label)
    text, _ = decode(document.encode(actual), declared=header)
    assert text == document


@pytest.mark.parametrize(
    ("text", "actual", "declared"),
    [
        (TRADITIONAL, "big5", "big5"),
        (TRADITIONAL, "big5", "gb2312"),
        (TRADITIONAL, "big5", None),
        (TRADITIONAL, "utf-8", "big5"),
        (FRENCH, "cp1252", "iso-8859-1"),
        (FRENCH, "cp1252", "utf-8"),
        (FRENCH, "cp1252", None),
        (FRENCH, "utf-8", "iso-8859-1"),
        (RUSSIAN, "cp1251", "windows-1251"),
        (RUSSIAN, "koi8-r", "koi8-r"),
        (JAPANESE, "shift_jis", "shift_jis"),
        (JAPANESE, "euc_jp", "euc-jp"),
        (JAPANESE, "iso2022_jp", "iso-2022-jp"),
    ],
)
def test_other_languages_are_read_as_declared_and_corrected_where_that_is_wrong(
    text, actual, declared
):
    assert decode(text.encode(actual), declared=declared)[0] == text


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (SIMPLIFIED.encode("utf-8-sig"), "utf-8"),
        (SIMPLIFIED.encode("utf-16"), "utf-16-le"),
        (b"\xfe\xff" + SIMPLIFIED.encode("utf-16-be"), "utf-16-be"),
        (b"\x00\x00\xfe\xff" + SIMPLIFIED.encode("utf-32-be"), "utf-32-be"),
    ],
)
def test_a_byte_order_mark_wins_over_every_label(body, encoding):
    assert decode(body, declared="gb2312") == (SIMPLIFIED, encoding)


def test_markup_in_utf_16_is_known_without_a_mark():
    document = page(SIMPLIFIED, "utf-16")
    assert decode(document.encode("utf-16-le"), declared=None) == (document, "utf-16-le")


def test_an_xml_declaration_is_read():
    document = f"<?xml version='1.0' encoding='windows-1251'?><rss>{RUSSIAN}</rss>"
    assert decode(document.encode("cp1251"), declared=None) == (document, "cp1251")


@pytest.mark.parametrize("word", ["联通", "中文", "日本"])
@pytest.mark.parametrize("actual", ["gb18030", "utf-8"])
def test_two_characters_are_enough(word, actual):
    assert decode(word.encode(actual), declared=None) == (word, actual)


def test_a_single_rare_character_is_believed_where_utf_8_is_declared():
    assert decode("亴".encode(), declared="utf-8") == ("亴", "utf-8")


def test_ascii_is_ascii_whatever_is_declared():
    assert decode(b"<p>plain</p>", declared="gbk") == ("<p>plain</p>", "utf-8")
    assert decode(b"", declared="utf-16")[0] == ""


@pytest.mark.parametrize("label", ["base64", "rot13", "idna", "undefined", "a\x00b", "x" * 99, "é"])
def test_a_label_that_is_no_encoding_of_text_is_passed_over(label):
    assert decode(SIMPLIFIED.encode("gbk"), declared=label) == (SIMPLIFIED, "gb18030")


@pytest.mark.parametrize(
    ("bad", "read"),
    [
        (b"\xef\xbf\xbe", "\ufffd"),
        (b"\xed\xa0\xbd", "\ufffd"),
        (b"\xed\xa0\xbd\xed\xb8\x80", "\ufffd\ufffd"),
        (b"\x80", "\ufffd"),
        (b"", ""),
    ],
)
def test_a_few_stray_bytes_in_english_are_no_other_language(bad, read):
    text = "The ministry’s spokesman said the talks — the third — would go on. % "
    body = text.encode().replace(b"%", bad)
    assert decode(body, declared=None) == (text.replace("%", read), "utf-8")


def overwritten(body, at):
    return body[:at] + b"\xff" + body[at + 1 :]


def lost(body, at):
    return body[:at] + body[at + 1 :]


def inserted(body, at):
    return body[:at] + b"\xc4" + body[at:]


@pytest.mark.parametrize("damage", [overwritten, lost, inserted])
@pytest.mark.parametrize(
    ("text", "encoding"), [(SIMPLIFIED, "gbk"), (TRADITIONAL, "big5"), (SIMPLIFIED, "utf-8")]
)
def test_one_bad_byte_costs_the_characters_beside_it_and_no_more(damage, text, encoding):
    body = text.encode(encoding)
    spoiled = []
    for at in range(0, len(body), 5):
        got, _ = decode(damage(body, at), declared=encoding)
        intact = common_prefix(text, got) + common_prefix(text[::-1], got[::-1])
        spoiled.append(len(text) - intact)
    # Out of step to the paragraph's end, it would be half of its characters on average.
    assert sum(spoiled) / len(spoiled) < 2.5
    assert max(spoiled) < 10


def common_prefix(one, other):
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))


def test_two_lost_bytes_that_cancel_out_are_found_by_what_is_between_them():
    body = (SIMPLIFIED + "<br>").encode("gbk")
    damaged = lost(lost(body, 40), 139)
    text, _ = decode(damaged + b"<p>\xff</p>", declared="gbk")
    assert SIMPLIFIED[22:68] in text


@given(st.binary(max_size=300), st.none() | st.text(max_size=20))
def test_no_bytes_and_no_label_make_it_raise(body, declared):
    text, encoding = decode(body, declared=declared)
    assert isinstance(text, str)
    assert "".encode(encoding) is not None


@pytest.mark.parametrize(
    "make",
    [
        lambda n: random.Random(1).randbytes(n),
        lambda n: b"\xb0\xa1\xff" * (n // 3),
        lambda n: b"\xff" * n,
        lambda n: b"\xe9 " * (n // 2),
        lambda n: b"<?xml " * (n // 6) + b"\xff",
        lambda n: b"<meta ;" * (n // 7) + b"\xff",
    ],
    ids=["random", "damaged", "no-lead", "latin", "declarations", "metas"],
)
def test_hostile_bytes_take_linear_time(make):
    small, large = (_seconds(make(size)) for size in (40_000, 320_000))
    assert large < max(24 * small, 2.0)


def _seconds(body):
    return machine.cpu_seconds(lambda: decode(body, declared="gbk"))
