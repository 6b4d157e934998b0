"""News of one sentence, which shares words with walls, and walls of one sentence."""

import pytest

from ingest.pages.extract import extract_page
from ingest.pages.quality import Quality

URL = "https://news.example/2026/visit.html"


def page(title: str, text: str, *, within: str = "", before: str = "") -> bytes:
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title>{within}</head>'
        f"<body>{before}<article><h1>{title}</h1><p>{text}</p></article></body></html>"
    ).encode()


NEWS = [
    ("China denies U.S. request for access to port network", ""),
    ("中国拒绝美国军舰访问香港", "外交部发言人说，中方拒绝了美国军舰访问香港的请求。"),
    ("U.S. drone missing off China not found", "TAIPEI - The drone was not found, the navy said."),
    ("Access denied: how visa rules hit researchers", "Two labs closed in May, figures showed."),
    (
        "Taiwan blocks Chinese apps over security",
        "TAIPEI, May 3 - Five apps were blocked, it said.",
    ),
    ("Robots guard a server farm in Guizhou", "Machines patrol the site at night, its owner said."),
    ("Nothing found in search for missing vessel", "The search was moved north, officers said."),
    ("Maduro is gone. What comes next?", "Washington and Beijing both claimed to be surprised."),
    ("US adds 20 firms to security list", "The firms were blocked from US servers on Monday."),
    ("商务部：不同意美方收集个人信息的做法", "商务部说，中方不同意、不接受这种做法。"),
    ("俄媒：莫斯科多家药店遭黑客攻击", "多家药店的网络系统遭黑客攻击，警方已立案。"),
    ("论文涉抄袭，期刊已撤稿", "期刊说，这篇论文涉嫌抄袭，已撤稿。"),
    ("天山南北“丰”景如画", "天山南北“丰”景如画"),
    ("平台将新增付费订阅，部分内容需要开通VIP", "平台将新增付费订阅，部分内容需要开通VIP"),
    ("We don't want your data, says minister", "The minister said it to a Senate panel."),
]


@pytest.mark.parametrize(("title", "text"), NEWS)
def test_news_of_one_sentence_is_no_wall(title: str, text: str) -> None:
    assert extract_page(page(title, text or title), url=URL).quality is Quality.SHORT


@pytest.mark.parametrize(("title", "text"), NEWS[:6])
def test_nor_is_it_for_what_guards_leave_in_every_page(title: str, text: str) -> None:
    script = '<script src="https://geo.captcha-delivery.com/tag.js"></script>'
    noscript = "<noscript>Please enable JavaScript to use all of this site.</noscript>"
    text = text or f"{title}, officials of both countries said."
    body = page(title, text, within=script, before=noscript)
    assert extract_page(body, url=URL).quality is Quality.SHORT


@pytest.mark.parametrize(
    ("title", "text", "quality"),
    [
        ("Access denied", "You do not have permission to open this.", Quality.BLOCKED),
        ("Please wait", "Your browser is being checked before you go on.", Quality.BLOCKED),
        ("Access blocked", "Firewall policy. Incident ID: 5523. Server error.", Quality.BLOCKED),
        ("访问受限", "请稍后再试，或联系管理员。", Quality.BLOCKED),
        ("Sorry", "The page you asked for is not here any longer.", Quality.SOFT_404),
        (
            "Lantern Post",
            "This article has been removed at our agency's request.",
            Quality.SOFT_404,
        ),
        ("Lantern Post", "您查看的页面已被删除，请返回首页。", Quality.SOFT_404),
    ],
)
def test_a_wall_of_one_sentence_is_a_wall(title: str, text: str, quality: Quality) -> None:
    assert extract_page(page(title, text), url=URL).quality is quality


@pytest.mark.parametrize(
    "body",
    [
        "<div id=root>Loading…</div>",
        "<div id=app><div class=spinner></div></div>",
        "<div id=root><nav>Home World Trade</nav></div>",
        "<div id=root>加载中</div>",
        "<main></main><footer>Terms Contact</footer>",
        "",
    ],
)
def test_an_empty_shell_is_short(body: str) -> None:
    markup = (
        f"<html><head><title>Envoys agree on a third day</title></head><body>{body}</body></html>"
    )
    assert extract_page(markup.encode(), url=URL).quality is Quality.SHORT
