"""An agency is credited where newsrooms print credits; one that is only spoken of is not."""

import pytest

from ingest.pages.agency import HEAD_CHARS, TAIL_CHARS, credited_agency
from tests.support import machine

BODY = (
    "The harbour office counted the crates twice and came to two numbers, both of them round. "
    "Nobody in town could say which of the two was older."
)
CHINESE = "港务局把木箱数了两遍，得出两个数目，而且都是整数。镇上没有人说得清哪一个更早。"
FILLING = "\n".join(f"{number}. {BODY}" for number in range(40))


@pytest.mark.parametrize(
    ("head", "agency"),
    [
        ("WASHINGTON (AP) — ", "ap"),
        ("WASHINGTON (AP) -- ", "ap"),
        ("By JANE ROE and JOHN DOE WASHINGTON (AP) — ", "ap"),
        ("BEIJING, Nov. 3 (Xinhua) -- ", "xinhua"),
        ("BEIJING, Nov. 3, 2026 (Xinhua) -- ", "xinhua"),
        ("RIO DE JANEIRO, Nov 3 (Xinhua) - ", "xinhua"),
        ("(Reuters) - ", "reuters"),
        ("BEIJING/WASHINGTON, Nov 3 (Reuters) - ", "reuters"),
        ("Nov 3 (Reuters Breakingviews) - ", "reuters"),
        ("LONDON (Thomson Reuters Foundation) - ", "reuters"),
        ("(Bloomberg) -- ", "bloomberg"),
        ("Beijing (AFP) – ", "afp"),
        ("Pékin, 3 nov 2026 (AFP) - ", "afp"),
        ("Pekín, 3 nov (EFE).- ", "efe"),
        ("MADRID, 3 Nov. (EUROPA PRESS) - ", "europa-press"),
        ("Peking (dpa) - ", "dpa"),
        ("MOSCOW, November 3. /TASS/. ", "tass"),
        ("MOSCOW. Nov 3 (Interfax) - ", "interfax"),
        ("BEIJING (Sputnik) - ", "sputnik"),
        ("SEOUL, Nov. 3 (Yonhap) -- ", "yonhap"),
        ("Beijing [China], November 3 (ANI): ", "ani"),
        ("New Delhi, Nov 3 (PTI) ", "pti"),
        ("WASHINGTON, Nov. 3 (UPI) -- ", "upi"),
        ("Taipei, Nov. 3 (CNA) ", "cna"),
        ("Beijing, Nov. 3 (CNS) -- ", "cns"),
        ("(ECNS) -- ", "cns"),
        ("HANOI (VNA) – ", "vna"),
        ("(Xinhua) 09:22, November 03, 2026\n", "xinhua"),
        ("Crates are counted\nPublished 3 Nov 2026\nTOKYO (Kyodo) -- ", "kyodo"),
        ("A crane at dusk, as seen from the pier. (Jane Roe) BEIJING (AP) — ", "ap"),
        # The Catholic News Service, the City News Service, Channel NewsAsia.
        ("VATICAN CITY (CNS) -- ", None),
        ("LOS ANGELES (CNS) - ", None),
        ("SINGAPORE (CNA) - ", None),
        # Two agencies, a photographer, words in a sentence.
        ("WASHINGTON (AP/Reuters) — ", None),
        ("(Xinhua/Li Ming) ", None),
        ("(AP Photo/Jane Roe) ", None),
        ("The news agency (Reuters) said ", None),
        ("The agency that first told of it (AFP) - a rare event - was right. ", None),
        ("The Bureau of Applied Poetry (BAP) — ", None),
        ("Harbour officials told Reuters on Monday that ", None),
        ("Xinhua reported on Monday that ", None),
        ("According to AFP, ", None),
        ("BEIJING — ", None),
    ],
)
def test_a_dateline_credits_its_agency(head: str, agency: str | None) -> None:
    assert credited_agency("Crates are counted", f"{head}{BODY}\n{FILLING}\n{BODY}") == agency


@pytest.mark.parametrize(
    ("head", "agency"),
    [
        ("新华社北京11月3日电", "xinhua"),
        ("新华社北京11月3日电（记者王小明）", "xinhua"),
        ("新华社北京/纽约11月3日电 题：数箱记 ", "xinhua"),
        ("（新华社北京十一月三日电）", "xinhua"),
        ("据新华社北京11月3日电，", "xinhua"),
        ("新華社北京11月3日電 ", "xinhua"),
        ("新华社记者 王小明 李小红\n", "xinhua"),
        ("（新华社记者 王小明）", "xinhua"),
        ("【新华社权威快报】", "xinhua"),
        ("中新社北京11月3日电 (记者 王小明)", "cns"),
        ("中新网11月3日电 综合报道，", "cns"),
        ("中新网北京11月3日电(王小明)", "cns"),
        ("【中新网11月3日电】", "cns"),
        ("（中央社記者王小明華盛頓3日專電）", "cna"),
        ("（中央社華盛頓3日綜合外電報導）", "cna"),
        ("中评社香港11月3日电 ", "crntt"),
        ("法新社華盛頓3日電 ", "afp"),
        ("(法新社华盛顿3日电) ", "afp"),
        ("据法新社报道，", "afp"),
        ("據法新社3日報導，", "afp"),
        ("据英国路透社11月3日报道，", "reuters"),
        ("路透社北京11月3日报道\n", "reuters"),
        ("共同社东京11月3日电 ", "kyodo"),
        ("韩联社首尔11月3日电 ", "yonhap"),
        ("2026-11-03 10:00 来源：新华社 作者：王小明\n", "xinhua"),
        ("来源：新华网\n", "xinhua"),
        ("来源: 中国新闻网 责任编辑：王小明\n", "cns"),
        ("（來源：法新社）\n", "afp"),
        ("稿源：彭博社\n", "bloomberg"),
        ("图片来源：新华社\n", None),
        ("来源：环球时报\n", None),
        ("来源：新华社、法新社\n", None),
        ("新华社记者王小明摄\n", None),
        ("（新华社记者 王小明 摄）", None),
        ("记者从新华社获悉，", None),
        ("镇长对路透社说，", None),
        ("新华社社长周一在会上表示，", None),
        ("（聯合報記者王小明台北報導）", None),
    ],
)
def test_a_chinese_dateline_or_source_line_credits_its_agency(head: str, agency: str) -> None:
    text = f"{head}{CHINESE}\n{CHINESE * 40}\n{CHINESE}"
    assert credited_agency("木箱清点完毕", text) == agency


@pytest.mark.parametrize(
    ("head", "agency"),
    [
        ("【北京共同】", "kyodo"),
        ("【ワシントン時事】", "jiji"),
        ("［北京 ３日 ロイター］ - ", "reuters"),
        ("【11月3日 AFP】", "afp"),
        ("【新華社北京11月3日】", "xinhua"),
        ("(서울=연합뉴스) 홍길동 기자 = ", "yonhap"),
        ("[서울=뉴시스] 홍길동 기자 = ", "newsis"),
        ("(AP=연합뉴스) ", None),
    ],
)
def test_japanese_and_korean_datelines_credit_their_agency(head: str, agency: str | None) -> None:
    text = "木箱は二度数えられ、二つの数が出た。\n" * 60
    assert credited_agency("", head + text) == agency


@pytest.mark.parametrize(
    ("line", "agency"),
    [
        ("By Jane Roe, Reuters", "reuters"),
        ("By Jane Roe and John Doe | Associated Press", "ap"),
        ("By The Associated Press", "ap"),
        ("By Agence France-Presse", "afp"),
        ("By Bloomberg News", "bloomberg"),
        ("By JANE ROE AP Diplomatic Writer", "ap"),
        ("By JANE ROE Associated Press", "ap"),
        ("By Jane Roe for Reuters", "reuters"),
        ("by Xinhua writers Wang Xiaoming, Li Xiaohong", "xinhua"),
        ("By Xinhua Published: Nov 03, 2026", "xinhua"),
        ("Source: Xinhua", "xinhua"),
        ("Source: Xinhua | Updated: 2026-11-03 09:22", "xinhua"),
        ("Source: Xinhua Editor: wangxm", "xinhua"),
        ("Xinhua | Updated: 2026-11-03 09:22", "xinhua"),
        ("Agence France-Presse", "afp"),
        ("The Associated Press", "ap"),
        # A short name alone is as often the credit of the picture above it.
        ("Reuters", None),
        ("Image source, Reuters", None),
        ("Photo source: Xinhua", None),
        ("Source: Harbour Office", None),
        ("By Jane Roe, a former Reuters correspondent", None),
        ("By Jane Roe and Reuters", None),
        ("By AFP and Reuters", None),
        ("By Jane Roe with AFP", None),
        ("By 2027 Bloomberg expects to count its own crates", None),
        ("By Jane Roe", None),
    ],
)
def test_a_line_at_the_head_credits_its_agency(line: str, agency: str | None) -> None:
    assert credited_agency("Crates", f"Crates are counted\n{line}\n{FILLING}") == agency


@pytest.mark.parametrize(
    ("foot", "agency"),
    [
        ("\n© 2026 The Associated Press. All rights reserved.", "ap"),
        ("\nCopyright 2026 The Associated Press. All rights reserved.", "ap"),
        ("\nCopyright (c) 2026 AFP", "afp"),
        ("\n© Agence France-Presse 2026", "afp"),
        ("\n© Thomson Reuters 2026 All rights reserved.", "reuters"),
        ("\n©2026 Bloomberg L.P.", "bloomberg"),
        ("\nSource: Xinhua", "xinhua"),
        ("\n— AFP", "afp"),
        (" — AFP", "afp"),
        (" (Reuters)", "reuters"),
        (" REUTERS", "reuters"),
        ("\n(Reporting by Jane Roe in Beijing; Editing by John Doe)", "reuters"),
        ("\nOur Standards: The Thomson Reuters Trust Principles.", "reuters"),
        (" Enditem", "xinhua"),
        ("\nTo contact the reporter on this story: Jane Roe at jroe@bloomberg.net", "bloomberg"),
        ("（新华社）", "xinhua"),
        ("（据新华社北京11月3日电）", "xinhua"),
        ("\n（法新社）", "afp"),
        ("（共同）", "kyodo"),
        ("\n（综合新华社、法新社报道）", None),
        ("\nReuters contributed to this report.", None),
        ("\nThe Associated Press contributed to this report.", None),
        ("\nWith reporting by AFP", None),
        ("\nAdditional reporting by Reuters.", None),
        (" AFP, REUTERS", None),
        ("\nPhoto © AFP", None),
        ("\n© 2026 The Harbour Gazette", None),
        ("\nThe mayor confirmed it to Reuters.", None),
        ("\nThe first to tell of it was Xinhua", None),
    ],
)
def test_the_foot_credits_its_agency(foot: str, agency: str | None) -> None:
    assert credited_agency("Crates are counted", f"{FILLING}\n{BODY}{foot}") == agency


@pytest.mark.parametrize(
    ("authors", "agency"),
    [
        (["Reuters"], "reuters"),
        (["REUTERS"], "reuters"),
        (["Associated Press"], "ap"),
        (["Jane Roe, Reuters"], "reuters"),
        (["Jane Roe", "AFP"], "afp"),
        (["Jane Roe (Xinhua)"], "xinhua"),
        (["新华社记者王小明"], "xinhua"),
        (["By Jane Roe | The Associated Press"], "ap"),
        (["AFP", "Reuters"], None),
        (["Jane Roe"], None),
        (["Jane Roe, formerly of Reuters"], None),
        (["Associated Press of the Harbour"], None),
        ([], None),
    ],
)
def test_authors_credit_their_agency(authors: list[str], agency: str | None) -> None:
    assert credited_agency("Crates are counted", FILLING, authors) == agency


@pytest.mark.parametrize(
    ("title", "agency"),
    [
        ("Crates are counted | Reuters", "reuters"),
        ("Crates are counted | AP News", "ap"),
        ("Xinhua Commentary: The crates of the world", "xinhua"),
        ("AP Exclusive: Crates are counted", "ap"),
        ("Town to count crates again - Reuters", None),  # who says so
        ("Reuters asks the mayor", None),
        ("Reuters: town counts crates", None),
    ],
)
def test_a_title_credits_its_agency(title: str, agency: str | None) -> None:
    assert credited_agency(title, FILLING) == agency


def test_a_dateline_outweighs_whoever_the_page_names_as_its_author() -> None:
    assert credited_agency("", f"BEIJING (AP) — {FILLING}", ["AFP"]) == "ap"


def test_the_middle_of_a_text_is_not_read() -> None:
    middle = "BEIJING (AP) — The crates are counted.\nSource: Xinhua"
    text = f"{FILLING[:HEAD_CHARS]}\n{middle}\n{FILLING[:TAIL_CHARS]}"
    assert credited_agency("", text) is None


def test_a_text_of_one_line_is_read_at_both_ends() -> None:
    assert credited_agency("", f"{BODY * 20} — AFP") == "afp"
    assert credited_agency("", f"BEIJING (AP) — {BODY * 20}") == "ap"


@pytest.mark.parametrize(
    "unit", ["(", "BEIJING, ", "新华社", "By Reuters, ", "© ", "Reporting by a; ", "A ", "AFP "]
)
def test_hostile_texts_take_no_longer_than_others(unit: str) -> None:
    credited_agency("", "warm")
    hostile = unit * 2_000, unit * 500_000, [unit * 1_000] * 100
    assert machine.cpu_seconds(lambda: credited_agency(*hostile)) < 0.5
