"""Text from strangers made safe to keep: what every string passes before it is stored or shown."""

import html
import re

# Half of what a feed may weigh (10 MB), and more than any one entry holds.
MAX_FRAGMENT = 5_000_000

# What no reader sees and something downstream chokes on:
_UNWANTED = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # C0 and C1 controls: terminals obey them, XML refuses
    "\ud800-\udfff"  # lone surrogates: cannot be encoded
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi controls: text that shows as another
    "\ufdd0-\ufdef\ufffe\uffff"  # noncharacters
    "\ufeff"  # byte order marks that were glued into the text
    # What shows nothing and splits words for whoever reads letters: soft hyphens, word joiners,
    # invisible operators, the Mongolian vowel separator, Hangul fillers.
    "\u00ad\u2060-\u2064\u180e\u034f\u115f\u1160\u3164\uffa0"
    "]"
)
# Those that some scripts need and others only carry along.
_JOINERS = re.compile("[\u200b-\u200d]")
# Where a zero-width space ends a word: Thai, Lao, Burmese, Khmer and their neighbours.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1900-\u1aaf]")
# Where joiners choose the form of a letter: Arabic and Persian, Syriac, Indic, Mongolian, Khmer.
_JOINED = re.compile("[\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\ua840-\ua8ff]")
# Pictures that a joiner makes one of: 👩‍🚀, ❤️‍🔥, 🏳️‍🌈.
_PICTURE = re.compile("[\u203c-\u3299\ufe0f\U0001f000-\U0001faff]")
# The noncharacters beyond the first plane, apart: a class that reaches there is ten times slower.
_UNWANTED_BEYOND = re.compile(
    "["
    + "".join(
        f"{chr((plane << 16) | 0xFFFE)}{chr((plane << 16) | 0xFFFF)}" for plane in range(1, 17)
    )
    + "]"
)
# Those of them that JSON may hold as they are; the others it has escaped.
_UNESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_LINE_END = re.compile("\r\n?")

# `html.unescape` raises at numbers of more than 4,300 digits; no character has more than 7.
_ENDLESS_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{20,};?")
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_SPACES = re.compile(r"[^\S\n]+")
_BREAKING_SPACES = re.compile(r"[^\S\u00a0\u202f]+")

# A tag, a comment, or a declaration begins here; any other < is text.
_MARKUP = re.compile(
    r"<(?:(?P<comment>!--)|(?P<declaration>[!?])|/?(?P<tag>[a-zA-Z][a-zA-Z0-9:-]*))"
)
# The end of a tag, quoted attributes jumped over. No match goes past the next <, which is what
# keeps the whole linear; a tag with a < in an attribute ends at its first >.
_TAG_END = re.compile(r"""(?:[^<>"']|"[^"<]*"|'[^'<]*')*+>""")

_PARAGRAPHS = re.compile(
    "address|article|aside|blockquote|br|caption|center|dd|details|div|dl|dt|fieldset|figcaption"
    "|figure|footer|form|h[1-6]|header|hr|legend|li|main|nav|ol|p|pre|section|summary|table|tr|ul"
)
_CELLS = frozenset({"td", "th"})
# Elements whose content is no text of the document.
_DROPPED = {
    name: re.compile(rf"</{name}\b[^<>]*>", re.IGNORECASE)
    for name in ("head", "iframe", "noscript", "object", "script", "style", "svg", "template")
}


def clean_text(value: str) -> str:
    """The text without what cannot be stored or must not be shown; lines end in \\n.

    What comes back is the same after a round through PostgreSQL, SQLite, JSON and UTF-8.
    """
    text = _UNWANTED.sub("", _LINE_END.sub("\n", value))
    if text.isascii():
        return text
    if _JOINERS.search(text):
        text = _JOINERS.sub(_needed_joiner, text)
    if text.isascii() or max(text) <= "\uffff":
        return text
    return _UNWANTED_BEYOND.sub("", text)


def _needed_joiner(found: re.Match[str]) -> str:
    """A joiner where the script or the picture before it needs one, else nothing."""
    text, start = found.string, found.start()
    before, after = text[max(0, start - 1) : start], text[start + 1 : start + 2]
    if found[0] == "\u200b":
        needed = _UNSPACED.match(before) and _UNSPACED.match(after)
    elif found[0] == "\u200d" and _PICTURE.match(before):
        needed = _PICTURE.match(after)
    else:
        needed = _JOINED.match(before)
    return found[0] if needed else ""


def clean_line(value: str) -> str:
    """`clean_text` on one line: every run of white space is one space, none at the ends."""
    # Folded first, since some of what `clean_text` drops (form feed) separates words.
    return " ".join(clean_text(" ".join(value.split())).split())


def clean_title(value: str) -> str:
    """`clean_line` for a headline, whose non-breaking spaces are kept as they are printed."""
    return _BREAKING_SPACES.sub(" ", clean_text(value)).strip()


def escape_json(document: str) -> str:
    """The same JSON, with escapes for what terminals obey and for what some take for line ends.

    Text that was cleaned holds none of the former; this is for all that never was.
    """
    return _UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def html_to_text(fragment: str) -> str:
    """The readable text of an HTML fragment: a line a paragraph, no scripts, entities decoded.

    For summaries and titles of feeds, where there is no page around the text to be told from it.
    Never raises, takes time linear in the fragment (which the parsers of lxml and the standard
    library do not on hostile input), and reads `MAX_FRAGMENT` characters of it.
    """
    lines = (_SPACES.sub(" ", line).strip() for line in _readable(fragment).split("\n"))
    return "\n".join(line for line in lines if line)


def html_to_line(fragment: str) -> str:
    """The readable text of a title: as `html_to_text`, but one line, by `clean_title`."""
    return clean_title(_readable(fragment))


def _readable(fragment: str) -> str:
    fragment = _CDATA.sub("", fragment[:MAX_FRAGMENT])
    # A line break in the source is a space; lines come from tags.
    text = _without_tags(" ".join(fragment.split("\n")))
    return clean_text(html.unescape(_ENDLESS_REFERENCE.sub("", text)))


def _without_tags(fragment: str) -> str:
    pieces: list[str] = []
    unclosed: set[str] = set()  # elements known to have no end tag further on
    position = 0
    while found := _MARKUP.search(fragment, position):
        pieces.append(fragment[position : found.start()])
        position = _end_of_markup(fragment, found)
        name = (found["tag"] or "").lower()
        if _PARAGRAPHS.fullmatch(name):
            pieces.append("\n")
        elif name in _CELLS:
            pieces.append(" ")
        elif name in _DROPPED and name not in unclosed and not _is_empty(found, position):
            closing = _DROPPED[name].search(fragment, position)
            if closing:
                position = closing.end()
            elif name in ("script", "style"):
                position = len(fragment)  # as HTML has it: the rest of a cut fragment is code
            else:
                unclosed.add(name)
    pieces.append(fragment[position:])
    return "".join(pieces)


def _is_empty(tag: re.Match[str], end: int) -> bool:
    """Whether nothing can be inside: it is an end tag, or closes itself (<svg … />)."""
    return tag[0].startswith("</") or tag.string[end - 2 : end] == "/>"


def _end_of_markup(fragment: str, found: re.Match[str]) -> int:
    if found["comment"]:
        end = fragment.find("-->", found.end())
        return len(fragment) if end < 0 else end + len("-->")
    if found["tag"] and (whole := _TAG_END.match(fragment, found.end())):
        return whole.end()
    end = fragment.find(">", found.end())
    return len(fragment) if end < 0 else end + 1
