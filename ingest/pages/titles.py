"""A page's headline, without what outlets put around it."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence

from ingest.duplicates.fingerprint import normalised
from ingest.pages.head_metadata import Head
from ingest.pages.known_sources import is_source, is_titled
from ingest.text.sanitise import clean_line
from ingest.url import UrlError, host

# Longer than any headline; what is longer is text in the headline's place.
MAX_TITLE_CHARS = 400

# Two titles are of one story when the shorter one shares half of its words with the longer. An
# edited headline shares more than that; a wall's or a home page's title has next to nothing.
SAME_TITLE_SHARE = 0.5

# What stands before a separator is a headline from so many letters on, a Han character for three.
MIN_HEADLINE_LETTERS = 10
# A name or a section behind a bar has no more words.
MAX_NAME_WORDS = 6

# Names of meta elements, lower-case, in the order in which they are believed.
_SITE_NAMES = ("og:site_name", "application-name", "apple-mobile-web-app-title", "dc.publisher")
_TITLES = ("og:title", "twitter:title", "parsely-title", "dc.title", "citation_title")

_HAN = "\u3400-\u9fff"
_SEPARATED = re.compile(
    r"\s+[|｜︱–—·•:»«-]+\s+|\s*[|｜︱]\s*|\s*_+\s*|\s*--+\s*"
    rf"|(?<=[{_HAN}！？。”」』）…])[-–—－]+(?=\S)"
)
_BAR = re.compile(r"[|｜︱_]|--")
_CUT = re.compile(r"\s*(?:\.\.\.|…)\s*$")
_QUOTE = re.compile(r"\s*[\"'“”‘’«»「『]")
_ESCAPED = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#[xX][0-9a-fA-F]{2,5});")
# A word, or one character where words are written without spaces.
_WORD = re.compile(r"[\u3041-\u30fa\u3400-\u9fff]|[^\s\u3041-\u30fa\u3400-\u9fff]+")
_SECTION = re.compile(
    r"(?:国际|國際|国内|國內|两岸|兩岸|政治|政经|政經|财经|財經|经济|經濟|社会|社會|军事|軍事|时政|時政|要闻|"
    r"要聞|新闻|新聞|评论|評論|观点|觀點|科技|体育|體育|娱乐|娛樂|生活|全球|即时|即時|焦点|焦點|首页|首頁|"
    r"中国|中國|美国|美國|香港|台湾|台灣|港澳|世界|产业|產業|地方|健康|文化|教育|滚动|滾動|独家|專題|专题)"
    r"(?:新[闻聞]|[频頻]道)?"
)


def source_names(head: Head) -> tuple[str, ...]:
    """All names under which the page speaks of its outlet."""
    stated = (head.first(name) for name in _SITE_NAMES)
    return tuple(dict.fromkeys(filter(None, map(clean_line, (*stated, head.article.publisher)))))


def page_titles(head: Head, *, url: str) -> tuple[str, ...]:
    """All that the page gives as its title, the most trusted first, without the site's name."""
    headings = [heading for heading in map(plain_title, head.headings) if heading]
    title = plain_title(head.title)
    stated = map(plain_title, (head.article.headline, head.first(*_TITLES)))
    # A title that begins with the page's one heading has some decoration after it.
    seen = [*headings, title] if _is_decorated(title, headings) else [title, *headings]
    names = tuple(_names(head, url))
    whole = (_whole(one, (*headings, title)) for one in stated)
    titles = (without_site(one, names=names, headings=headings) for one in (*whole, *seen))
    return tuple(filter(None, titles))


def plain_title(title: str) -> str:
    """A title on one line, its references decoded, those too that were escaped once more."""
    title = clean_line(title)
    return clean_line(html.unescape(title)) if _ESCAPED.search(title) else title


def choose_title(feed_title: str, page_title: str) -> str:
    """The page's title where it is of the same story as the feed's; the feed's otherwise.

    Feeds cut headlines ("…") and decorate them ("Watch: …", "… - Outlet"), and an edited headline
    reaches the page first. But a title that shares no words with what the feed announced is that
    of a wall, an error or a home page, and must not replace it. Where the page's is the feed's with
    something behind a separator, that is the outlet's.
    """
    if not feed_title:
        return page_title
    if not page_title or not _same_title(feed_title, page_title):
        return feed_title
    if _CUT.search(page_title) and len(feed_title) > len(page_title):
        return feed_title
    if any(
        _squeezed(page_title[: separator.start()]) == _squeezed(feed_title)
        for separator in _SEPARATED.finditer(page_title)
    ):
        return feed_title
    return page_title


def without_site(title: str, *, names: Iterable[str], headings: Iterable[str] = ()) -> str:
    """The title without " | Site" at its end or "Site | " before it.

    A part goes when it is one of the site's `names`, when one of the page's `headings` is exactly
    what stands before it, or when it is by itself the name of an outlet or of a section.
    """
    title = title[:MAX_TITLE_CHARS]
    if not _SEPARATED.search(title):
        return title
    sites = {_squeezed(name) for name in names} - {""}
    whole = {_squeezed(heading) for heading in headings} - {""}
    for separator in _SEPARATED.finditer(title):
        before = title[: separator.start()].strip()
        if before and _squeezed(before) in whole:
            return before
    while separators := list(_SEPARATED.finditer(title)):
        first, last = separators[0], separators[-1]
        before, after = title[: last.start()].strip(), title[last.end() :]
        if before and (
            _squeezed(after) in sites | {""}
            or (_is_headline(before) and _is_the_sources(after, last[0]))
        ):
            title = before
        elif _squeezed(title[: first.start()]) in sites:
            title = title[first.end() :].strip()
        else:
            break
    return title


def _is_headline(before: str) -> bool:
    return sum(3 if "\u3400" <= char <= "\u9fff" else 1 for char in before) >= MIN_HEADLINE_LETTERS


def _is_the_sources(after: str, separator: str) -> bool:
    """Whether what stands behind a separator is an outlet's name, or a section's behind a bar."""
    name = re.split("[：:]", after, maxsplit=1)[0].strip()  # its slogan may follow
    if is_source(name) or is_source(after):
        return True
    if not _BAR.search(separator):
        return False
    if _SECTION.fullmatch(after.strip()):
        return True
    return len(after.split()) <= MAX_NAME_WORDS and after.isascii() and is_titled(after)


def _whole(stated: str, shown: Sequence[str]) -> str:
    """A stated title, or the one shown where the other ends before a quotation mark.

    An attribute, or a JSON string, ends at the first quotation mark that was not escaped.
    """
    if not stated:
        return stated
    for title in shown:
        if title.startswith(stated) and _QUOTE.match(title, len(stated)):
            return title
    return stated


def _names(head: Head, url: str) -> Iterator[str]:
    yield from source_names(head)
    try:
        name = host(url)
    except UrlError:
        return
    labels = name.removeprefix("www.").split(".")
    yield from (name, name.removeprefix("www."), *labels[:-1])


def _is_decorated(title: str, headings: Sequence[str]) -> bool:
    return len(headings) == 1 and _squeezed(title).startswith(_squeezed(headings[0]))


def _same_title(feed_title: str, page_title: str) -> bool:
    fed, shown = (set(_WORD.findall(normalised(title))) for title in (feed_title, page_title))
    shared = len(fed & shown)
    # A page that shows only a word or two of the headline ("Asia") names a section, not a story.
    return shared >= SAME_TITLE_SHARE * min(len(fed), len(shown)) and 2 * len(shown) >= len(fed)


def _squeezed(text: str) -> str:
    return normalised(text).replace(" ", "")
