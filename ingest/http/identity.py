"""Who we say we are."""

import re
from importlib.metadata import PackageNotFoundError, version

PRODUCT = "Transpacific"

# What is plainly an e-mail address; the odd rest that RFC 5322 allows is no contact that sites use.
_MAILBOX = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63})+", re.ASCII)


def user_agent(contact: str | None) -> str:
    """The User-Agent field: product, version and, where given, how to reach who runs it.

    `contact` is a URL or an e-mail address. Raises ValueError if it cannot stand in a header.
    """
    try:
        release = version("transpacific")
    except PackageNotFoundError:  # run from a working tree
        release = "0"
    product = f"{PRODUCT}/{release}"
    return checked(f"{product} (+{contact})" if contact else product)


def sender(contact: str | None) -> str | None:
    """The From field (RFC 9110, section 10.1.2): `contact` where it is an e-mail address."""
    mailbox = (contact or "").removeprefix("mailto:")
    return mailbox if _MAILBOX.fullmatch(mailbox) else None


def checked(field: str) -> str:
    """`field` if it is a User-Agent that can be sent. Raises ValueError."""
    if not (field.isascii() and field.isprintable() and field.strip()):
        raise ValueError(f"a User-Agent is one line of ASCII, not {field!r}")
    return field


def product_token(field: str) -> str:
    """The name that robots.txt files address us by (RFC 9309, section 2.2.1). The rest of the
    field is left out, since rules for a word of the contact are not rules for us."""
    return field.split()[0].partition("/")[0]
