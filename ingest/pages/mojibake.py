"""Text that was read in the wrong encoding, told by the traces that this leaves."""

import re

# Characters in a text that are a misread encoding's: a damaged byte here and there stays under
# this share, a text read wrongly is far above.
MOJIBAKE_SHARE = 0.05
MIN_MOJIBAKE = 4
# Chinese text has up to 6 % of characters whose GB18030 bytes are UTF-8 by chance (52 articles);
# Chinese in UTF-8 that was read as GB18030 has nothing else.
MISREAD_CHINESE_SHARE = 0.3
# Of a line of Chinese chance may make more: of 40,000 headlines the most had 0.7 of fewer bytes.
MIN_MISREAD_BYTES = 30
_MOJIBAKE_SAMPLE = 2_000

# Three bytes of UTF-8, as any Chinese character is; two, as accented Latin and Cyrillic are.
_UTF8_TRIPLE = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}")
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
# Pairs of bytes shown as Latin-1: no language writes so many accented letters in a row.
_LATIN_RUN = re.compile(r"[\u00a1-\u00ff]{4,}")
# U+FFFD in UTF-8, read as GBK.
_REPLACED_TWICE = "\u951f\u65a4\u62f7"


def is_mojibake(text: str) -> bool:
    """Whether a text, of which the beginning is read, was decoded wrongly."""
    sample = text[:_MOJIBAKE_SAMPLE]
    if sample.isascii():
        return False
    wrong = max(
        sample.count("\ufffd"),
        len(_REPLACED_TWICE) * sample.count(_REPLACED_TWICE),
        sum(map(len, _LATIN_RUN.findall(sample))),
        _misread(sample, "cp1252", _UTF8),
    )
    if wrong >= max(MIN_MOJIBAKE, MOJIBAKE_SHARE * len(sample)):
        return True
    misread = _misread(sample, "gb18030", _UTF8_TRIPLE)
    return misread >= max(MIN_MISREAD_BYTES, MISREAD_CHINESE_SHARE * 2 * len(sample))


def _misread(sample: str, encoding: str, sequence: re.Pattern[bytes]) -> int:
    """How many bytes of the text, written in `encoding`, are UTF-8: by chance few, else all."""
    return sum(map(len, sequence.findall(sample.encode(encoding, "replace"))))
