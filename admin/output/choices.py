"""Choices that options of several commands offer."""

from enum import StrEnum


class ArticleRelevance(StrEnum):
    """Which articles, by what the tagger says of their current texts."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    NONE = "none"
    RELEVANT = "relevant"
