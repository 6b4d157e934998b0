"""Invented articles in any number, and copies of them as other outlets would print them.

The texts mean nothing; they have the shape of news: paragraphs of sentences, names, figures, none
of which two articles share.
"""

import random

# What words are made of: two articles share single words, hardly ever three in a row.
_SYLLABLES = (
    "ba", "co", "di", "fe", "gu", "ha", "jo", "ka", "le", "mi",
    "no", "pa", "qui", "ro", "sa", "te", "vu", "wo", "ya", "zi",
)  # fmt: skip
_WORDS = [one + two for one in _SYLLABLES for two in _SYLLABLES] + [
    "the", "of", "and", "to", "in", "that", "on", "for", "with", "said", "was", "by",
] * 12  # fmt: skip

SENTENCE_WORDS = (9, 22)
PARAGRAPH_SENTENCES = 3
CLOSING = (
    "Readers who wish to comment may write to the editors, who answer every letter that is signed."
)


def title(number: int) -> str:
    """The headline of article `number`."""
    chance = random.Random(f"title {number}")
    return " ".join(chance.choices(_WORDS[:400], k=8)).capitalize()


def text(number: int, words: int = 300) -> str:
    """The text of article `number`, of about so many words."""
    chance = random.Random(number)
    paragraphs, written = list[str](), 0
    while written < words:
        sentences = []
        for _ in range(PARAGRAPH_SENTENCES):
            length = chance.randint(*SENTENCE_WORDS)
            sentences.append(" ".join(chance.choices(_WORDS, k=length)).capitalize() + ".")
            written += length
        paragraphs.append(" ".join(sentences))
    return "\n".join(paragraphs)


def extended(printed: str) -> str:
    """With a paragraph of the outlet's own at the end."""
    return f"{printed}\n{CLOSING}"


def abridged(printed: str) -> str:
    """Without its last paragraph."""
    return printed.rsplit("\n", 1)[0]


def edited(printed: str, number: int) -> str:
    """With three words exchanged, others for each `number`."""
    chance = random.Random(f"edit {number}")
    words = printed.split(" ")
    for place in chance.sample(range(len(words)), 3):
        if words[place].islower() and words[place].isalpha():
            words[place] = chance.choice(_WORDS)
    return " ".join(words)
