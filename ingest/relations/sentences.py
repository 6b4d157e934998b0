"""Where sentences end, in scripts with spaces and in Chinese."""

import re

# A full stop ends a sentence where a small letter, a digit or a closing mark stands before it and
# a capital, a digit, an opening mark or a Han letter after it: so U.S. and J. do not. Titles do
# not either. After U.S. and its like a sentence ends where a word follows that hardly ever stands
# inside a name. The pattern begins with one plain set of characters, which is what makes the search
# quick.
_TITLES = ("Mr", "Ms", "Dr", "Mrs", "Gen", "Sen", "Rep", "Gov", "vs", "No")
_OPENERS = "The|This|That|These|It|In|On|At|As|But|And|He|She|They|We|However|Meanwhile|If|When"
_NO_TITLE = "".join(rf"(?<!\b{title}\.)" for title in _TITLES)
_END = re.compile(
    "[.!?。！？；\n]"
    "(?:(?<=\n)|(?<=[。！？；])[”’」』）]*"
    rf"|(?<=[A-Z][.])\s+(?=(?:{_OPENERS})\b)"
    rf"|(?<=[a-z0-9)\]%”’\"'!?.…][.!?]){_NO_TITLE}[\"'”’)\]]*\s+(?=[A-Z0-9“\"'‘(\[\u2e80-\uffff]))"
)


def sentence_ends(text: str) -> list[int]:
    """Offsets just after each sentence, ascending; the last is the length of `text`."""
    ends = [mark.end() for mark in _END.finditer(text)]
    if not ends or ends[-1] != len(text):
        ends.append(len(text))
    return ends
