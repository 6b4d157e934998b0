"""The tables, one class a word of the house (docs/data-dictionary.md tells them to analysts).

Times are aware and in UTC. Long unique texts (URLs) are indexed by their SHA-256, since a URL of
9 kB does not fit an index page. JSON columns hold what is shown but never searched by.
"""

from store.tables.articles import (
    Article,
    ArticleAddress,
    ArticleState,
    Revision,
    Sighting,
    Snapshot,
    Stage,
    Step,
    Tombstone,
)
from store.tables.columns import (
    Id,
    UtcDateTime,
    digest,
    table,
    trace_of,
)
from store.tables.events import (
    EventRow,
)
from store.tables.feeds import (
    Feed,
    Host,
    Outage,
    Poll,
    Source,
    is_due,
    is_polled,
)
from store.tables.operations import (
    Heartbeat,
    Walk,
)
from store.tables.runs import (
    Run,
    RunChange,
    RunChunk,
)
from store.tables.search import (
    ActorName,
    StoryChange,
    StoryCoverage,
    StoryDocument,
)
from store.tables.stories import (
    Story,
    StoryKey,
    StoryMove,
    StoryRedirect,
    StoryText,
)
from store.tables.taggings import (
    Tagging,
    TaggingActor,
    TaggingTopic,
)

__all__ = [
    "ActorName",
    "Article",
    "ArticleAddress",
    "ArticleState",
    "EventRow",
    "Feed",
    "Heartbeat",
    "Host",
    "Id",
    "Outage",
    "Poll",
    "Revision",
    "Run",
    "RunChange",
    "RunChunk",
    "Sighting",
    "Snapshot",
    "Source",
    "Stage",
    "Step",
    "Story",
    "StoryChange",
    "StoryCoverage",
    "StoryDocument",
    "StoryKey",
    "StoryMove",
    "StoryRedirect",
    "StoryText",
    "Tagging",
    "TaggingActor",
    "TaggingTopic",
    "Tombstone",
    "UtcDateTime",
    "Walk",
    "digest",
    "is_due",
    "is_polled",
    "table",
    "trace_of",
]
