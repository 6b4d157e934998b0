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
    DATE = "date"
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
        "copies": Holds.INTEGER,
        "first_source": Holds.TEXT,
        "agency": Holds.TEXT,
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
        "agency": Holds.TEXT,
        "joined_because": Holds.TEXT,
        "origin": Holds.TEXT,
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

# What each column means, as the dictionary in a data package tells it.
MEANINGS: Mapping[str, Mapping[str, str]] = {
    "stories": {
        "id": "the story",
        "title": "of the article that was seen first",
        "first_published": "the earliest date that an article of it gives for itself",
        "first_seen": "when the service first came upon it",
        "language": "of the article that was seen first, as a BCP 47 tag",
        "articles": "how many articles carry it",
        "sources": "the outlets that carry it",
        "relevance": "to US–China relations: primary, secondary or none",
        "score": "the probability, from 0 to 1, that the text is relevant",
        "topics": "of the codebook",
        "actors": "who is named in it, with side and role",
        "stance": "cooperation, conflict, mixed or neutral",
        "urls": "its articles",
        "copies": "how many articles carry it",
        "first_source": "the outlet in which it was seen first",
        "agency": "the news agency that its text credits",
    },
    "articles": {
        "id": "the article",
        "url": "its canonical address",
        "title": "as it stands now",
        "text": "as it stands now",
        "authors": "as the page or the feed names them",
        "published": "the date that it gives for itself",
        "first_seen": "when the service first came upon it",
        "source": "the outlet",
        "feed": "the address of the feed in which it was seen first",
        "language": "a BCP 47 tag",
        "quality": "of the text: ok, short, paywall, blocked, consent, soft-404, mojibake",
        "story": "the story that it carries",
        "relevance": "of the current text: primary, secondary or none",
        "score": "the probability, from 0 to 1, that the current text is relevant",
        "topics": "of the current text",
        "stance": "of the current text: cooperation, conflict, mixed or neutral",
        "agency": "the news agency that its text credits",
        "joined_because": "why it is in its story",
        "origin": "the import that brought it; empty where a feed did",
    },
    "revisions": {
        "article": "the article",
        "url": "its canonical address",
        "number": "counted from 1 for each article",
        "seen": "when the service read this text first",
        "title": "at that time",
        "text": "at that time",
    },
    "polls": {
        "id": "the poll",
        "feed": "the feed's address",
        "at": "when it was asked",
        "outcome": "read, unchanged, failed, or unreached (as nobody could be)",
        "status": "of HTTP",
        "error": "why it failed, or what was wrong with the feed",
        "bytes": "as sent",
        "seconds": "that it took",
        "entries": "that the feed held",
        "new": "articles that were not known",
        "revised": "entries that had changed",
        "rolled_over": "no entry was known from before: some may have been missed",
    },
}
