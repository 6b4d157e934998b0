"""Whether an answer leaves no doubt where it ends, so that its connection can serve another.

What a server sends beyond the end of an answer is read as the answer to the next request: another
page's content under this one's address. Where two readers could see two ends (RFC 9112, sections
6.1 and 6.3), or where a body is announced that has no place (RFC 9112, section 6.3, rule 1), the
answer is used and its connection is not.
"""

from collections.abc import Sequence

# They end with their head, whatever it announces.
BODILESS = frozenset({204, 304})


def ends_clearly(
    status: int, *, http11: bool, lengths: Sequence[str], codings: Sequence[str], intact: bool
) -> bool:
    """Whether an answer with this head has one end only.

    `lengths` are its Content-Length fields, `codings` its Transfer-Encoding fields, each as often
    as it was sent; `intact` says that its head was read without a fault.
    """
    if not intact or len(lengths) > 1 or len(codings) > 1 or (lengths and codings):
        return False
    length = lengths[0].strip() if lengths else None
    if length is not None and not (length.isascii() and length.isdigit()):
        return False
    if status in BODILESS:
        # RFC 9110, section 8.6, lets a 304 name the length that a 200 would have had. Who does so
        # may as well send it.
        return not codings and (length is None or int(length) == 0)
    if codings:
        return http11 and codings[0].strip().lower() == "chunked"
    return True
