"""The article's text as JSON-LD gives it (articleBody), for pages that show less of it or none."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.text.length import letters_worth, prose_letters
from ingest.text.sanitise import clean_text, html_to_text

# Less is a summary under the text's name.
MIN_LETTERS = 250
# The page's own text stands unless the stated one has so many times its sentences …
MORE_BY = 1.5
# … or unless so little of it is found in the stated one: a biography, a disclaimer.
FOUND_SHARE = 0.5
SAME_SHARE = 0.9
MAX_UPDATES = 500

_TAG = re.compile(
    r"</?(?:p|br|div|li|ul|h[1-6]|a|strong|em|b|i|span|blockquote)\b[^>]*>", re.IGNORECASE
)
_BREAK = re.compile(r"\\r?\\n|\r\n?|\u2028|\u2029|\n|\s{4,}")
_CUT = re.compile(r"(?:\.\.\.|…)\s*$")


def stated_text(node: Mapping[str, Any]) -> str:
    """The text of an article's node, a line a paragraph; "" where it has none."""
    body = node.get("articleBody") or node.get("reviewBody") or node.get("text")
    lines = list(_lines(body))
    updates = node.get("liveBlogUpdate")
    for update in (updates if isinstance(updates, list) else [updates])[:MAX_UPDATES]:
        if isinstance(update, Mapping):
            lines.extend(_lines(update.get("headline")))
            lines.extend(_lines(update.get("articleBody") or update.get("text")))
    return "\n".join(dict.fromkeys(lines))


def fuller_text(shown: str, stated: str) -> str:
    """The text that the page shows, or the stated one where that is more of the article."""
    if letters_worth(stated) < MIN_LETTERS or _CUT.search(stated):
        return shown
    squeezed = "".join(shown.split())
    whole = "".join(stated.split())
    if squeezed in whole or whole in squeezed:
        if min(len(squeezed), len(whole)) > SAME_SHARE * max(len(squeezed), len(whole)):
            # The same, of which one may have its paragraphs apart.
            return max(shown, stated, key=lambda text: text.count("\n"))
        return max(shown, stated, key=len)
    if prose_letters(stated) >= MORE_BY * prose_letters(shown):
        return stated
    if _share_found(shown, whole) >= FOUND_SHARE:
        return shown
    return max((shown, stated), key=prose_letters)


def _share_found(shown: str, whole: str) -> float:
    """How much of a text's lines stands in another one, squeezed."""
    lines = ["".join(line.split()) for line in shown.splitlines()]
    found = sum(len(line) for line in lines if line[:60] in whole)
    return found / max(1, sum(map(len, lines)))


def _lines(value: object) -> Iterator[str]:
    """The paragraphs of a text, or of a list of them, plain, in HTML, or escaped HTML."""
    if isinstance(value, list):
        for part in value:
            yield from _lines(part)
    elif isinstance(value, Mapping):
        yield from _lines(value.get("@value") or value.get("text") or value.get("articleBody"))
    elif isinstance(value, str):
        text = html.unescape(value) if "&lt;" in value or "&amp;" in value else value
        marked_up = bool(_TAG.search(text))
        text = html_to_text(_BREAK.sub("<br>", text)) if marked_up else html.unescape(text)
        for line in _BREAK.split(clean_text(text)):
            if plain := " ".join(line.split()):
                yield plain
