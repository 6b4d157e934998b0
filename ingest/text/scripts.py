"""Both Chinese scripts as one: what is compared or indexed is simplified first, what is shown never
is."""

from functools import cache

from opencc import OpenCC

# Where Han letters stand: extension A, the common block, compatibility forms.
_HAN_BLOCKS = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))


@cache
def simplified_letters() -> dict[int, str]:
    """Code point of a traditional Han letter -> its simplified form, one letter each.

    OpenCC's table of letters. Its phrases are left out: from traditional to simplified they change
    a word in ten thousand, and without them every letter keeps its place.
    """
    letters = [chr(code) for first, end in _HAN_BLOCKS for code in range(first, end)]
    forms = OpenCC("t2s").convert("\n".join(letters)).split("\n")
    return {
        ord(letter): form
        for letter, form in zip(letters, forms, strict=True)
        if form != letter and len(form) == 1
    }


def to_simplified(text: str) -> str:
    """`text` with simplified Han letters for traditional ones; every character keeps its place."""
    return text if text.isascii() else text.translate(simplified_letters())
