"""What a piece can be said to be: its relevance, its topics, its stance, each named here alone.

A new topic is more than its name: tests/ingest/relations/test_codebook.py names every place that
has to know it, and fails until each of them does.
"""

from enum import StrEnum

TOPICS = (
    "diplomacy",
    "trade",
    "technology",
    "investment-finance",
    "sanctions",
    "military",
    "taiwan",
    "hong-kong",
    "human-rights",
    "espionage-cyber",
    "law-enforcement",
    "agriculture",
    "critical-minerals",
    "energy-climate",
    "health",
    "people-exchange",
    "third-country",
)


class Relevance(StrEnum):
    NONE = "none"
    SECONDARY = "secondary"
    PRIMARY = "primary"


class Stance(StrEnum):
    COOPERATION = "cooperation"
    CONFLICT = "conflict"
    MIXED = "mixed"
    NEUTRAL = "neutral"
