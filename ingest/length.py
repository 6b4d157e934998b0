"""How long a text is, in Latin letters, so that one threshold serves every language."""

import re

# A character of Chinese, Japanese or Korean carries about as much as three Latin letters: the
# same news in both scripts stands in that proportion.
LETTERS_PER_HAN = 3

# A line of fewer letters may as well be a caption, a teaser, a button or a menu's entry.
PROSE_LETTERS = 80

# Without the planes of rare characters: a class that reaches beyond the first is ten times slower.
_EAST_ASIAN = re.compile(
    r"[\u1100-\u11ff\u3041-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff]"
)


def letters_worth(text: str) -> int:
    """The length of a text, an East Asian character counted as LETTERS_PER_HAN."""
    if text.isascii():
        return len(text)
    return len(text) + (LETTERS_PER_HAN - 1) * len(_EAST_ASIAN.findall(text))


def prose_letters(text: str) -> int:
    """The length of those lines that are long enough to be sentences, of PROSE_LETTERS or more."""
    lines = map(letters_worth, text.splitlines())
    return sum(letters for letters in lines if letters >= PROSE_LETTERS)
