"""How long a text is, in Latin letters, so that one threshold serves every language."""

import re

# A character of Chinese, Japanese or Korean carries about as much as three Latin letters: the
# same news in both scripts stands in that proportion.
LETTERS_PER_HAN = 3

# A line of fewer letters may as well be a caption, a teaser, a button or a menu's entry; unless it
# ends as sentences do, and is longer than "Read on." and "All rights reserved."
PROSE_LETTERS = 80
SENTENCE_LETTERS = 25
_CLOSING = tuple('.!?…。！？"”’»」』')

# Without the planes of rare characters: a class that reaches beyond the first is ten times slower.
_EAST_ASIAN = re.compile(
    r"[\u1100-\u11ff\u3041-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff]"
)


def letters_worth(text: str) -> int:
    """The length of a text, an East Asian character counted as LETTERS_PER_HAN."""
    if text.isascii():
        return len(text)
    return len(text) + (LETTERS_PER_HAN - 1) * len(_EAST_ASIAN.findall(text))


def is_prose(line: str) -> bool:
    """Whether a line reads as a sentence or more, not as a label."""
    least = SENTENCE_LETTERS if line.endswith(_CLOSING) else PROSE_LETTERS
    # Most lines need no count: even as letters they suffice, or even as Han they do not.
    return len(line) >= least or (
        len(line) * LETTERS_PER_HAN >= least and letters_worth(line) >= least
    )


def prose_letters(text: str) -> int:
    """The length of those lines that read as sentences."""
    return sum(letters_worth(line) for line in text.splitlines() if is_prose(line))
