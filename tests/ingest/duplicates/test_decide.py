"""Copies as outlets make them, and forms filled in twice: invented texts, changed in many ways."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ingest.duplicates.decide import Printing, decide
from ingest.duplicates.fingerprint import fingerprint

TITLE = "Ports agree to halve docking fees from March"
NEWS = (
    "Port authorities on both sides of the ocean agreed on Tuesday to halve the fees that each "
    "had put on the other's ships, officials said after two days of talks in Geneva.\n"
    "The fees, first charged last autumn, had made a voyage of a large container ship dearer by "
    "some 1.5 million dollars. Shippers passed most of it on, and several lines had begun to call "
    "at Halverton instead, where none were due.\n"
    "“It is a start, and it is less than we had asked for,” said Maria Lindqvist, who speaks for "
    "the shippers of the northern coast. Her colleagues in the south were more cautious, since "
    "the cut is to be looked at again after 180 days.\n"
    "A joint panel will study the remaining fees and report before the summer, when the leaders "
    "of both countries are expected to meet in Oslo. Analysts at Brandt and Sons doubted that the "
    "panel could finish its work in so short a time.\n"
    "Unions of dock workers welcomed the agreement. Trade through the two largest harbours had "
    "fallen by a fifth within three months, and some crews had been sent home without pay.\n"
    "Neither side would say whether the inspections of cranes, which had begun at the same time, "
    "were part of the bargain. They are to be taken up by another group later this year."
)
NEWS_ZH = (
    "两国港口管理部门星期二在日内瓦结束两天会谈后宣布，同意将去年秋天起对彼此船舶征收的停靠费减半。\n"
    "这笔费用使一艘大型集装箱船每个航次的成本增加约一百五十万美元，航运公司把大部分成本转嫁给了货主，"
    "一些航线已经改停不收费的邻近港口。\n"
    "北方沿海货主协会发言人林德说，这是一个开端，但比他们要求的少。南方的同行则更为谨慎，"
    "因为减费措施在一百八十天后还要重新审议。\n"
    "双方将成立联合工作组研究其余费用，并在夏季之前提交报告，届时两国领导人预计将在奥斯陆会面。"
    "分析人士怀疑工作组能否在这么短的时间内完成任务。\n"
    "码头工人工会对协议表示欢迎。三个月来，两个最大港口的货运量下降了五分之一，部分工人被迫停薪回家。"
)
FORM_TITLE = "Readout of the Secretary's Call with Foreign Minister Okoro of Zamboria"
FORM = (
    "The following is attributable to the spokesman. The Secretary spoke today with Foreign "
    "Minister Okoro of Zamboria to discuss the partnership of both countries and the coming "
    "conference on shipping. The Secretary thanked Minister Okoro for the contribution of "
    "Zamboria to the safety of the sea lanes, and welcomed the reforms that the government of "
    "Zamboria has begun. They agreed that 12 patrol boats should be handed over by May 4, 2024, "
    "and looked forward to the next round of talks, which is to be held in Port Amara on June 11. "
    "The Secretary underlined that the commitment to a free and open ocean is unchanged, and that "
    "consultations among partners will go on at every level in the months ahead. Both also spoke "
    "of the people who have been detained without cause, and of the need to bring them home to "
    "their families before the end of the year."
)
FORM_ZH_TITLE = "外交部长同赞博里亚外长通电话"
FORM_ZH = (
    "当地时间星期三，外交部长应约同赞博里亚外长奥科罗通电话。外交部长表示，"
    "两国建交以来，双方始终相互尊重、平等相待，传统友谊历久弥新。"
    "我方愿同赞博里亚加强各领域交流合作，推动双边关系迈上新台阶。"
    "奥科罗表示，赞博里亚高度重视发展对华关系，坚定奉行一个中国政策，"
    "愿积极参与共建项目，深化贸易、投资、农业、基础设施等领域合作。"
    "双方还就共同关心的国际和地区问题交换了意见，同意在多边框架内保持沟通协调。"
    "双方商定于5月4日在阿马拉港举行第三次磋商，并于6月11日签署渔业合作文件。"
)


def printing(title: str, text: str, days: int | None = None) -> Printing:
    at = None if days is None else datetime(2024, 5, 1, tzinfo=UTC) + timedelta(days)
    return Printing(title, text, at)


def swapped(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def first_lines(count: int) -> Callable[[str], str]:
    return lambda text: "\n".join(text.split("\n")[:count])


LEDES = {
    True: "It took them two nights, but at last the quarrel over docking is settled.",
    False: "谈判代表们度过了两个不眠之夜，停靠费之争终于有了结果。",
}
COPYING: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "abridged": first_lines(3),
    "a dateline before it": lambda text: "GENEVA, May 3 (Wire) — By our own correspondent. " + text,
    "menus around it": lambda text: (
        "Home\nWorld\nBusiness\nSign in\n" + text + "\nRelated stories\nFlood in the valley\n"
        "Mayor opens new library\nFollow us\nAll rights reserved"
    ),
    "an own paragraph after it": lambda text: (
        text + "\nOur newspaper had reported in June how small towns along the river live from "
        "the harbour, and what they fear: fewer ships, fewer shops, and schools that close."
    ),
    "typing errors": lambda text: text.replace("several", "sevral").replace("工作组", "工做组", 1),
    "another lede": lambda text: "\n".join([LEDES["fees" in text], *text.split("\n")[1:]]),
    "a number corrected": lambda text: text.replace("180", "120").replace("一百八十", "一百二十"),
    "a middle paragraph left out": lambda text: "\n".join(
        line for number, line in enumerate(text.split("\n")) if number != 2
    ),
}


@pytest.mark.parametrize("how", COPYING)
@pytest.mark.parametrize("retitled", ["same", "prefixed", "other", "none"])
@pytest.mark.parametrize(("title", "text"), [(TITLE, NEWS), ("两国同意停靠费减半", NEWS_ZH)])
def test_a_copy_is_one_whatever_was_done_to_it(
    how: str, retitled: str, title: str, text: str
) -> None:
    titles = {
        "same": title,
        "prefixed": f"UPDATE 1-{title}",
        "other": "Shippers breathe again" if "fees" in text else "减半",
        "none": "",
    }
    new = printing(titles[retitled], COPYING[how](text), days=0)
    old = printing(title if retitled != "none" else "", text, days=0)
    for one, other in ((new, old), (old, new)):
        verdict = decide(one, other)
        assert verdict.copy, verdict.because
    shared = set(fingerprint(new.title, new.text).keys) & set(fingerprint(title, text).keys)
    assert shared


FILLED_IN = [
    (
        "another country",
        FORM_TITLE,
        FORM,
        [("Zamboria", "Kestovan"), ("Okoro", "Brandt"), ("Port Amara", "Halverton")],
    ),
    ("the next year", FORM_TITLE, FORM, [("May 4, 2024", "May 9, 2025")]),
    (
        "other days and numbers",
        FORM_TITLE,
        FORM,
        [("May 4", "July 8"), ("June 11", "August 2"), ("12 patrol", "15 patrol")],
    ),
    (
        "another country, in Chinese",
        FORM_ZH_TITLE,
        FORM_ZH,
        [("赞博里亚", "凯斯托万"), ("奥科罗", "勃兰特")],
    ),
    (
        "other days, in Chinese",
        FORM_ZH_TITLE,
        FORM_ZH,
        [("5月4日", "7月8日"), ("6月11日", "8月2日")],
    ),
]


@pytest.mark.parametrize(
    ("title", "text", "swaps"), [row[1:] for row in FILLED_IN], ids=[row[0] for row in FILLED_IN]
)
def test_a_form_filled_in_twice_is_two_stories(
    title: str, text: str, swaps: list[tuple[str, str]]
) -> None:
    in_title = [swap for swap in swaps if swap[0] in title]
    for other_title in (title, swapped(title, *in_title), ""):
        new = printing(other_title, swapped(text, *swaps))
        for one, other in ((new, printing(title, text)), (printing(title, text), new)):
            verdict = decide(one, other)
            assert not verdict.copy
            assert "one form with other facts: " in verdict.because or (
                "the titles differ in what they name" in verdict.because
            )


def test_what_was_exchanged_is_told() -> None:
    new = printing(FORM_TITLE, swapped(FORM, ("May 4, 2024", "May 9, 2025")))
    assert decide(new, printing(FORM_TITLE, FORM)).because == (
        "one form with other facts: 2025 / 2024"
    )
    assert decide(printing("", NEWS), printing("", NEWS)).because == (
        "100% of the wording of one stands in the other"
    )


def test_titles_that_count_on_make_a_series_of_texts_that_differ_in_a_fact() -> None:
    text = swapped(FORM, ("12 patrol boats", "40 tons of rice"))
    assert decide(
        printing("Second Aid Flight Leaves", text), printing("Second Aid Flight", FORM)
    ).copy
    assert not decide(
        printing("Second Aid Flight Leaves", text), printing("First Aid Flight Leaves", FORM)
    ).copy


def test_an_article_that_quotes_a_short_statement_is_another_story() -> None:
    statement = printing("Shippers on docking fees and prices", "\n".join(NEWS.split("\n")[1:3]), 0)
    article = printing("Zamboria's minister wants free sea lanes", f"{FORM}\n{NEWS}", 0)
    for one, other in ((statement, article), (article, statement)):
        verdict = decide(one, other)
        assert not verdict.copy
        assert verdict.because.endswith(", but not what the title of the other tells")


LINES = NEWS.split("\n")
# What came later, with most of the paragraphs of before.
LATER = "\n".join([FORM[:400], *LINES[1:5]])


@pytest.mark.parametrize(
    ("title", "days", "source", "copy"),
    [
        (TITLE, 0, "Wire", True),  # brought up to date, under a new lead
        (TITLE, 0, "Herald", True),
        (TITLE, 3, "Wire", False),  # another day's piece repeats what is known
        ("Zamboria thanked for its patrol boats", 3, "Herald", False),
        (TITLE, 40, "Wire", False),
    ],
)
def test_what_comes_days_later_must_share_more(
    title: str, days: int, source: str, copy: bool
) -> None:
    at = datetime(2024, 5, 1, tzinfo=UTC)
    new = Printing(title, LATER, at + timedelta(days), source)
    assert decide(new, Printing(TITLE, NEWS, at, "Wire")).copy is copy


def test_a_whole_reprint_is_a_copy_however_late() -> None:
    late = printing(TITLE, NEWS * 3 + "\n" + FORM[:90], days=80)
    assert decide(late, printing(TITLE, NEWS * 3, days=0)).copy


def test_paragraphs_of_the_source_do_not_count() -> None:
    about = "Our newsroom has reported from the harbour since 1887. " + FORM
    without = frozenset(fold for fold in [_normal(about)])
    one = Printing(TITLE, f"{NEWS}\n{about}", without=without)
    other = Printing("Mayor opens library", f"{NEWS_ZH}\n{about}", without=without)
    assert not decide(one, other).copy
    assert decide(one, Printing(TITLE, NEWS)).copy


def _normal(text: str) -> str:
    from ingest.text.shingles import normalised

    return normalised(text)


@pytest.mark.parametrize("text", ["", "one", "two words", "\u0301" * 9, "\ud800", "。。。", " \n "])
def test_too_little_text_is_nobodys_copy(text: str) -> None:
    assert not decide(printing("", text), printing("", text)).copy
    assert not decide(printing("", text), printing("", NEWS)).copy


def test_a_number_that_recurs_is_one_number() -> None:
    who = ("harbour master", "dockers' union", "shippers' board", "town clerk", "ferry company")
    counted = "\n".join([NEWS, *(f"The {each} spoke of 911 berths in all." for each in who)])
    corrected = counted.replace("911", "922")
    assert decide(printing(TITLE, corrected), printing(TITLE, counted)).copy
