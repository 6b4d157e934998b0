"""What can be imported."""

from enum import StrEnum


class Kind(StrEnum):
    """What a file or a folder holds."""

    URLS = "urls"
    CSV = "csv"
    OPML = "opml"
    WARC = "warc"
    HTML = "html"
