"""The text that a feed carries itself, and whether it is all of the article or cut."""

import re

from ingest.feeds.model import Entry
from ingest.text.length import letters_worth
from ingest.text.sanitise import html_to_text

# A feed's content of this many Latin letters (a Han character is worth three) is an article, not
# a summary of one: summaries seldom pass 500, and 200 words make a complete item of a wire.
FULL_TEXT_LETTERS = 1_200

# A line that leads to the rest is short; a longer one that begins so is a sentence.
_MAX_LINK_CHARS = 120

_BLOG_FOOTER = re.compile(
    r"^the post\b.{1,600}\b(?:appeared first on|first appeared on)\b.{1,300}$", re.IGNORECASE
)
_TO_THE_REST = (
    r"(?:continue reading|continued? (?:at|on)|keep reading|read (?:on|more)|"
    r"read the (?:full|whole|entire|complete|rest|original)|"
    r"(?:view|see) (?:the )?(?:full|original|more)|"
    r"full (?:story|article|text)|click here (?:to|for)|more (?:»|>>|→|\.\.\.|…)|\[more\]|"
    r"(?:点击|點擊|点此|點此)?(?:阅读|閱讀|查看|继续阅读|繼續閱讀)(?:全文|更多|原文|详情|詳情)|"
    r"全文(?:链接|連結)?|(?:详情|詳情)请?(?:点击|點擊))"
)
_LINK_LINE = re.compile(rf"^\W*{_TO_THE_REST}", re.IGNORECASE)
_LINK_END = re.compile(rf"{_TO_THE_REST}[^\w.]*$", re.IGNORECASE)
_CUT = re.compile(r"(?:\.\.\.|…|\[\W*(?:\.\.\.|…)\W*\]|\(\W*(?:\.\.\.|…)\W*\))\W{0,3}$")


def feed_text(entry: Entry) -> str:
    """The readable text of the entry's content or summary, whichever says more; "" for none.

    Without the blog's "The post … appeared first on …" and the links that lead to the rest.
    """
    text, _ = _read(entry)
    return text


def carries_full_text(entry: Entry) -> bool:
    """Whether the entry holds the whole article: long enough, and not cut.

    RSS allows the description to be the story in full, so a summary counts like content.
    """
    text, is_cut = _read(entry)
    return not is_cut and letters_worth(text) >= FULL_TEXT_LETTERS


def _read(entry: Entry) -> tuple[str, bool]:
    texts = (html_to_text(given) for given in (entry.content, entry.summary) if given)
    lines = max(texts, key=letters_worth, default="").splitlines()
    is_cut = False
    while lines:
        last = lines[-1].strip()
        leads_on = len(last) <= _MAX_LINK_CHARS and _LINK_LINE.match(last) is not None
        if last and not leads_on and not _BLOG_FOOTER.match(last):
            break
        is_cut = is_cut or leads_on
        lines.pop()
    text = "\n".join(lines).strip()
    end = text[-_MAX_LINK_CHARS:]
    return text, is_cut or bool(_CUT.search(end)) or bool(_LINK_END.search(end))
