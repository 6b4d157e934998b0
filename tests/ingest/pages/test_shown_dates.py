"""Dates as pages show and state them, and other dates beside them."""

import pytest

from ingest.dates import Confidence
from ingest.pages.extract import extract_page

PROSE = (
    "<p>" + "港口收费将从三月一日起减半，其余问题交由联合小组处理，双方没有公布细节。" * 2 + "</p>"
)
URL = "https://news.example/visit.html"


def published(body: str, *, head: str = "", url: str = URL) -> str | None:
    page = (
        f'<html><head><meta charset="utf-8"><title>港口收费减半</title>{head}</head>'
        f"<body>{body}</body></html>"
    )
    dated = extract_page(page.encode(), url=url).published
    return f"{dated.at:%Y-%m-%d %H:%M}" if dated and dated.at else None


@pytest.mark.parametrize(
    ("shown", "at"),
    [
        ("2026年10月3日", "2026-10-03 00:00"),
        ("2026年10月3日 08:15", "2026-10-03 08:15"),
        ("民國115年10月3日", "2026-10-03 00:00"),
        ("中華民國115年3月8日", "2026-03-08 00:00"),
        ("發布日期：115-03-08", "2026-03-08 00:00"),
        ("發布日期：115/03/08 14:05", "2026-03-08 14:05"),
        ("發佈時間：115.3.8", "2026-03-08 00:00"),
        ("18-03-08", "2018-03-08 00:00"),
        ("二〇二六年十月三日", "2026-10-03 00:00"),
        ("2026年十月三十一日", "2026-10-31 00:00"),
        ("中華民國一百一十五年十月二十三日", "2026-10-23 00:00"),
        ("2026-10-03 07:25 来源：例网", "2026-10-03 07:25"),
        ("来源：例网　发布时间：2026-10-03 07:25:10", "2026-10-03 07:25"),
        ("2026年10月3日下午2时05分", "2026-10-03 14:05"),
        ("2026. 10. 3. 오후 2:26", "2026-10-03 14:26"),
        ("2026年10月3日 午後2:26", "2026-10-03 14:26"),
        ("Oct. 3rd, 2026, 8 p.m.", "2026-10-03 20:00"),
        ("Mar 08,2026", "2026-03-08 00:00"),
        ("08:15, 03-Oct-2026", "2026-10-03 08:15"),
        ("Published: 3 October 2026 at 9:05 am", "2026-10-03 09:05"),
        ("By Jane Roe | October 3, 2026 | 5 min read", "2026-10-03 00:00"),
    ],
)
def test_a_date_near_the_headline_is_the_pages(shown: str, at: str) -> None:
    assert published(f"<h1>港口收费减半</h1><p>{shown}</p>{PROSE}") == at
    assert published(f"<div class=info>{shown}</div><h1>港口收费减半</h1>{PROSE}") == at


@pytest.mark.parametrize(
    ("stated", "at"),
    [
        ("115年10月3日", "2026-10-03 00:00"),
        ("民國115年10月3日 14:00", "2026-10-03 14:00"),
        ("115-10-03 14:00", "2026-10-03 14:00"),
        ("二〇二六年十月三日", "2026-10-03 00:00"),
        ("2026-10-03 오전 11:05", "2026-10-03 11:05"),
        ("Oct. 3rd, 2026, 8 p.m. ET", "2026-10-04 00:00"),
        ("2026년 10월 3일", "2026-10-03 00:00"),
    ],
)
def test_a_stated_date_is_read_in_these_forms_too(stated: str, at: str) -> None:
    assert published(PROSE, head=f'<meta name="pubdate" content="{stated}">') == at


@pytest.mark.parametrize(
    "body",
    [
        "<h1>x</h1><p class=date>3 October 2026</p>"
        "<aside><time datetime=2026-09-01>1</time></aside>",
        "<h1>x</h1><p>Updated <time datetime=2026-10-05>5</time></p>"
        "<p>Published <time datetime=2026-10-03>3</time></p>",
        "<h1>x</h1><p>Last updated: 5 October 2026</p><p>Published: 3 October 2026</p>",
        "<h1>x</h1><p>3 October 2026</p>{}<footer>© 2024-05-06 Example</footer>",
        "<ul class=related><li><time datetime=2026-09-01>1</time></ul><h1>x</h1><p>3 October 2026",
        "<h1>x</h1><span class=date>2026-10-03</span>{}"
        "<div class=comments><p>2026-11-05 Li</p></div>",
        "<h1>x</h1><p>2026年10月3日</p>{}<p>版权所有 2019年1月1日 备案</p>",
        "<article><h1>x</h1><p>3 October 2026</p></article>"
        "<article><h2>y</h2><time datetime=2026-09-01>1</time></article>",
        "<h1>x</h1><p>更新時間：2026-10-05</p><p>發布時間：2026-10-03</p>",
        "<h1>x</h1>{}<p>发布时间：2026-10-03</p>",
    ],
)
def test_other_dates_do_not_win_over_the_pages_own(body: str) -> None:
    assert (published(body.format(PROSE)) or "").startswith("2026-10-03")


def test_a_date_of_the_last_change_stands_for_want_of_another() -> None:
    assert published(f"<h1>x</h1><p>更新日期：115年3月8日</p>{PROSE}") == "2026-03-08 00:00"


def test_the_hour_is_read_beside_an_address_that_has_the_day() -> None:
    url = "https://news.example/2026/10/03/visit.html"
    body = f"<h1>x</h1><div class=time>2026年10月3日 08:15</div>{PROSE}"
    assert published(body, url=url) == "2026-10-03 08:15"
    other_day = body.replace("10月3日", "9月1日")
    assert published(other_day, url=url) == "2026-10-03 00:00"


def test_a_day_that_nothing_names_as_the_articles_is_a_guess() -> None:
    page = f"<html><body><p>3 October 2026</p>{PROSE}</body></html>"
    dated = extract_page(page.encode(), url=URL).published
    assert dated is not None and dated.confidence is Confidence.GUESS
