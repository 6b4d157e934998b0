"""What each export has in its columns: the contract that scripts rely on, and Parquet's types."""

from collections.abc import Mapping
from enum import StrEnum


class Holds(StrEnum):
    """What a column holds."""

    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    TEXT = "text"
    TEXTS = "texts"
    TIME = "time"
    ACTORS = "actors"  # objects of id, name, side, role


Columns = Mapping[str, Holds]

COLUMNS: Mapping[str, Columns] = {
    "stories": {
        "id": Holds.INTEGER,
        "title": Holds.TEXT,
        "first_published": Holds.TIME,
        "first_seen": Holds.TIME,
        "language": Holds.TEXT,
        "articles": Holds.INTEGER,
        "sources": Holds.TEXTS,
        "relevance": Holds.TEXT,
        "score": Holds.NUMBER,
        "topics": Holds.TEXTS,
        "actors": Holds.ACTORS,
        "stance": Holds.TEXT,
        "urls": Holds.TEXTS,
    },
    "articles": {
        "id": Holds.INTEGER,
        "url": Holds.TEXT,
        "title": Holds.TEXT,
        "text": Holds.TEXT,
        "authors": Holds.TEXTS,
        "published": Holds.TIME,
        "first_seen": Holds.TIME,
        "source": Holds.TEXT,
        "feed": Holds.TEXT,
        "language": Holds.TEXT,
        "quality": Holds.TEXT,
        "story": Holds.INTEGER,
        "relevance": Holds.TEXT,
        "score": Holds.NUMBER,
        "topics": Holds.TEXTS,
        "stance": Holds.TEXT,
    },
    "revisions": {
        "article": Holds.INTEGER,
        "url": Holds.TEXT,
        "number": Holds.INTEGER,
        "seen": Holds.TIME,
        "title": Holds.TEXT,
        "text": Holds.TEXT,
    },
    "polls": {
        "id": Holds.INTEGER,
        "feed": Holds.TEXT,
        "at": Holds.TIME,
        "outcome": Holds.TEXT,
        "status": Holds.INTEGER,
        "error": Holds.TEXT,
        "bytes": Holds.INTEGER,
        "seconds": Holds.NUMBER,
        "entries": Holds.INTEGER,
        "new": Holds.INTEGER,
        "revised": Holds.INTEGER,
        "rolled_over": Holds.FLAG,
    },
}
