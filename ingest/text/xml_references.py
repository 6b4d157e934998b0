"""References in XML that people write as if it were HTML."""

import html
import re

from ingest.text.sanitise import clean_text

_REFERENCE = re.compile(r"&(?:#([0-9]{1,7}|[xX][0-9a-fA-F]{1,6});|([a-zA-Z][a-zA-Z0-9]{1,31});)?")
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})


def well_escaped(text: str) -> str:
    """References as XML has them: HTML's names and numbers as characters, no bare ampersand.

    CDATA sections are left alone.
    """
    pieces = []
    for section in text.split("]]>"):
        outside, start, inside = section.partition("<![CDATA[")
        pieces.append(_REFERENCE.sub(_xml_reference, outside) + start + inside)
    return "]]>".join(pieces)


def _xml_reference(found: re.Match[str]) -> str:
    number, name = found.groups()
    if name in _XML_NAMES:
        return found[0]
    if number is None and name is None:
        return "&amp;"
    return html.escape(clean_text(html.unescape(found[0])))
