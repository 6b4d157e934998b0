"""What stands on a page and is of other stories: related lists, rankings, teasers, sign-up boxes.

trafilatura 2.3 takes such lists for the article where scripts were to put the article in, and
keeps rankings with whole sentences. They are known by name, by the heading over them, and by
being made of links.
"""

import re
from collections.abc import Collection, Iterable, Sequence

from lxml import html

from ingest.text.length import is_prose, letters_worth

# Of a list of other stories so much is links; teasers have a sentence beside each.
LINK_SHARE = 0.25
MIN_LINKS = 2
# An invitation is between paragraphs where so much of the text follows it.
MIN_LETTERS_AFTER = 150
# A container with more prose than this share of the page's may be the article under a bad name.
MAX_PROSE_SHARE = 0.4

_NAMED = re.compile(
    r"(?:^|[\s_-])(?:related|recommend\w*|rec|rank\w*|hot\w*|most-?(?:read|popular|viewed)|popular|"
    r"trending|teasers?|more-?(?:news|stories|from)|also-?(?:like|read)|read-?(?:more|next|also)|"
    r"you-?may|outbrain|taboola|newsletter\w*|sign-?up|subscribe-?box|latest(?:-?news)?|paihang|"
    r"xiangguan|tuijian|remen|redian)(?:[\s_-]|$)",
    re.IGNORECASE,
)
_HEADED = re.compile(
    r"^\W*(?:related(?:\s+(?:stories|articles|news|topics|content|posts|coverage|links|reading))?|"
    r"most (?:read|popular|viewed|shared)|(?:more|latest|top|other|popular|trending)\s+"
    r"(?:news|stories|headlines|articles|coverage|on this|from .{2,30}|in .{2,20})|"
    r"trending(?: now)?|"
    r"you (?:may|might) (?:also )?(?:like|be interested.*)|recommended(?: for you| reading)?|"
    r"read (?:more|next|also)|editors?['’]? picks?|don['’]?t miss|what to read next|"
    r"(?:相关|相關|推荐|推薦|热门|熱門|热点|熱點|最新|延伸|更多|精彩|猜你|大家都在|今日|本周|实时|即時|点击|點擊|编辑|"
    r"閱讀|新闻|新聞|其他).{0,3}(?:推荐|推薦|阅读|閱讀|新闻|新聞|文章|报道|報導|内容|內容|排行.?|榜.?|资讯|資訊|"
    r"话题|話題|喜欢|喜歡|在看|看点|頭條|头条|精选|精選|链接|連結)|排行榜?|热榜|熱榜|相关|相關)\W*$",
    re.IGNORECASE,
)
_HEADINGS = ("h2", "h3", "h4", "h5", "strong", "dt")
_AROUND_LISTS = ("div", "section", "aside", "ul", "ol", "dl")

# What templates and editors put between paragraphs. A line is only that, or it begins so.
_BOILERPLATE = re.compile(
    r"^\W*(?:article content|advertisements?(?: \d+)?|advertising|ad feedback|"
    r"sponsored(?: content)?|"
    r"(?:this )?(?:story|article) continues (?:below|after).*|continue reading below.*|"
    r"scroll (?:down )?(?:to|for) continue.*|skip (?:past|advert|to).*|loading\W*|share this.*|"
    r"(?:we apologize, but )?this video (?:has failed|is not available).*|"
    r"follow us on .{2,60}|(?:click|tap) here to .{2,60}|"
    r"(?:sign up|subscribe)(?: here)?(?: (?:for|to|now) .{2,120})?|"
    r"get (?:the|our) .{2,60}(?:newsletter|inbox|briefing).{0,60}|"
    r"广告|廣告|（?广告）?|文章继续.*|扫码.{2,30}|点击.{0,6}(?:关注|订阅).{0,20}|請繼續往下閱讀.{0,6}|"
    r"[\[【（(]?(?:廣告|请继续往下阅读)[^。]{0,12}[\]】）)]?)\W*$",
    re.IGNORECASE,
)
_READ_MORE = re.compile(
    r"^\W*(?:read(?: more| also| next)?|see also|also read|related|more|watch(?: live)?|listen|"
    r"don['’]?t miss|in pictures|explainer|recommended|延伸閱讀|延伸阅读|相关阅读|"
    r"相關閱讀|更多阅读|推荐阅读|相关报道|"
    r"相關報導|看更多|更多新聞|点击阅读|同场加映)\s*(?:[:：|｜>»—–-]|\W*$)",
    re.IGNORECASE,
)
_INVITES = re.compile(
    r"^\W*(?:sign up|subscribe|get|click|tap|continue|read|join|more|点击|扫码|看更多)",
    re.IGNORECASE,
)
_MAX_BOILERPLATE_CHARS = 200
_CLOSING = tuple('.。!！?？”"’')
_BEGINNING = 6
_SENTENCE = re.compile(r"[.。!?！？](?:\s|$|[”\"])")


def drop_other_stories(tree: html.HtmlElement) -> None:
    """Take out the lists of other stories, by their names and by the headings over them."""
    boxes = [e for e in tree.iter("div", "section", "ul", "ol", "dl") if _is_named(e)]
    for heading in tree.iter(*_HEADINGS):
        if _HEADED.match(" ".join(_beginning(heading).split())):
            box = _box_under(heading)
            if box is not None:
                boxes.append(box)
    if not boxes:
        return
    most = MAX_PROSE_SHARE * _prose(tree)
    for box in boxes:
        if box.getparent() is None or next(box.iter("h1", "article"), None) is not None:
            continue
        if _prose(box) <= most or _is_made_of_links(box):
            box.drop_tree()


def own_lines(text: str, tree: html.HtmlElement) -> str:
    """The text without furniture, and without the headlines of other stories around it."""
    lines = _without_boilerplate(text.splitlines())
    labels = {_squeezed(line) for line in lines if not line.endswith(_CLOSING)}
    links = _linked(labels, tree) if labels else frozenset()
    linked = [_squeezed(line) in links for line in lines]
    if not any(linked):
        return "\n".join(lines)
    own = [n for n, line in enumerate(lines) if not linked[n] and is_prose(line)]
    if not own:
        # Nothing but labels and links: of a page whose article scripts were to bring.
        rest = [line for n, line in enumerate(lines) if not linked[n]]
        return "\n".join(rest) if 2 * sum(linked) < len(lines) else ""
    return "\n".join(line for n, line in enumerate(lines) if not linked[n] or own[0] < n < own[-1])


def _without_boilerplate(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    after = 0  # letters of the text that follows
    for line in reversed(lines):
        # What invites the reader near the end may be a paywall, which is judged later.
        if is_boilerplate(line) and (after >= MIN_LETTERS_AFTER or not _INVITES.match(line)):
            continue
        kept.append(line)
        after += letters_worth(line)
    return kept[::-1]


def is_boilerplate(line: str) -> bool:
    """Whether a line is an advertisement's mark, a pointer to another story or an invitation."""
    if len(line) > _MAX_BOILERPLATE_CHARS:
        return False
    return bool(_BOILERPLATE.match(line) or (_READ_MORE.match(line) and not _is_sentence(line)))


def _is_sentence(line: str) -> bool:
    return len(line) > 80 and bool(_SENTENCE.search(line))


def _linked(labels: Collection[str], tree: html.HtmlElement) -> frozenset[str]:
    """Those labels, squeezed, that are a link's text, and as long as a headline."""
    beginnings = {label[:_BEGINNING] for label in labels}
    found = set()
    for link in tree.iter("a"):
        if not link.get("href") or link.getparent().tag == "p":
            continue
        text = _squeezed(link.text_content())
        if text[:_BEGINNING] in beginnings and text in labels and letters_worth(text) >= 12:
            found.add(text)
    return frozenset(found)


def _squeezed(text: str) -> str:
    return "".join(text.split()).strip("-–—·•|")


def _is_named(element: html.HtmlElement) -> bool:
    names = element.get("class"), element.get("id")
    return any(name and _NAMED.search(name) for name in names)


def _beginning(element: html.HtmlElement) -> str:
    text = ""
    for piece in element.itertext():
        text += piece
        if len(text) > 60:
            break
    return text


def _box_under(heading: html.HtmlElement) -> html.HtmlElement | None:
    """The list that a heading stands over: its own box, or what follows it."""
    parent = heading.getparent()
    if parent is not None and parent.tag in _AROUND_LISTS and _is_first(heading, parent):
        return parent
    following = heading.getnext()
    if following is not None and following.tag in _AROUND_LISTS:
        return following
    return None


def _is_first(heading: html.HtmlElement, parent: html.HtmlElement) -> bool:
    return next(iter(parent), None) is heading and not (parent.text or "").strip()


def _prose(element: html.HtmlElement) -> int:
    """How many letters its paragraphs have that are sentences and no links."""
    total = 0
    for paragraph in element.iter("p"):
        text = " ".join(paragraph.text_content().split())
        if is_prose(text):
            total += letters_worth(text) - _linked_letters(paragraph.iter("a"))
    return total


def _is_made_of_links(box: html.HtmlElement) -> bool:
    letters = letters_worth(" ".join(box.text_content().split()))
    links: Sequence[html.HtmlElement] = [a for a in box.iter("a") if a.get("href")]
    return len(links) >= MIN_LINKS and _linked_letters(links) >= LINK_SHARE * letters


def _linked_letters(links: Iterable[html.HtmlElement]) -> int:
    return sum(letters_worth(" ".join(a.text_content().split())) for a in links)
