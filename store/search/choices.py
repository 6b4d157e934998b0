"""What a question about stories can choose among; the command line offers it as it stands here.

Without any import that is slow: what is offered is needed for `--help`.
"""

from enum import StrEnum


class By(StrEnum):
    """What stories are counted by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TOPIC = "topic"
    COUNTRY = "country"
    SOURCE = "source"
    ACTOR = "actor"
    STANCE = "stance"


class Order(StrEnum):
    """Which stories come first."""

    NEWEST = "newest"
    BEST = "best"
