"""The analysts' views: stable names over the tables (docs/data-dictionary.md).

They are code, not data: an upgrade drops them and makes them anew from here, so that a migration
never has to mind them. Only string aggregation and JSON differ between the two databases.
"""

from sqlalchemy import Connection

_TOPICS = {
    "sqlite": """(SELECT group_concat(topic, ',') FROM (
        SELECT topic FROM tagging_topics WHERE tagging_id = {tagging} ORDER BY topic))""",
    "postgresql": """(SELECT string_agg(topic, ',' ORDER BY topic)
        FROM tagging_topics WHERE tagging_id = {tagging})""",
}
_EVIDENCE = {
    "sqlite": """json_each(taggings.evidence) AS item""",
    "postgresql": """jsonb_array_elements(taggings.evidence) AS item(value)""",
}
_FIELD = {
    "sqlite": "json_extract(item.value, '$.{name}')",
    "postgresql": "(item.value ->> '{name}')",
}
_DAY = {
    "sqlite": "date({time})",
    "postgresql": "({time} AT TIME ZONE 'UTC')::date",
}

# In the order of making; dropped in the reverse.
_VIEWS = {
    "v_articles": """
        SELECT articles.id, articles.url, articles.title, revisions.text,
               articles.published_at AS published, articles.first_seen_at AS first_seen,
               sources.name AS source, sources.country AS source_country,
               sources.kind AS source_kind, sources.state_media,
               articles.language, articles.quality, revisions.taken_from,
               articles.revisions, articles.gone_at AS gone,
               articles.story_id AS story,
               taggings.relevance, taggings.score, taggings.stance,
               {article_topics} AS topics, articles.tagging_id AS tagging
        FROM articles
        JOIN sources ON sources.id = articles.source_id
        JOIN revisions ON revisions.id = articles.revision_id
        LEFT JOIN taggings ON taggings.id = articles.tagging_id""",
    "v_stories": """
        SELECT stories.id, stories.title, stories.first_published_at AS first_published,
               stories.first_seen_at AS first_seen, sources.name AS first_source,
               sources.country AS first_source_country, articles.url,
               stories.language, stories.articles, stories.sources,
               stories.relevance, stories.score, stories.stance,
               {story_topics} AS topics, stories.tagging_id AS tagging
        FROM stories
        JOIN articles ON articles.id = stories.article_id
        JOIN sources ON sources.id = articles.source_id""",
    "v_evidence": """
        SELECT stories.id AS story, taggings.id AS tagging,
               {field} AS field, {text} AS text, {rule} AS rule, {side} AS side, {topic} AS topic,
               {weight} AS weight
        FROM stories
        JOIN taggings ON taggings.id = stories.tagging_id
        CROSS JOIN {evidence}""",
    "v_coverage_daily": """
        SELECT {day} AS day, topics.topic, sources.country AS source_country,
               count(DISTINCT articles.story_id) AS stories, count(*) AS articles
        FROM articles
        JOIN sources ON sources.id = articles.source_id
        JOIN taggings ON taggings.id = articles.tagging_id
        JOIN tagging_topics AS topics ON topics.tagging_id = taggings.id
        WHERE taggings.relevance <> 'none'
        GROUP BY 1, 2, 3""",
    "v_feed_health": """
        SELECT feeds.id, feeds.url, feeds.title, sources.name AS source,
               sources.country AS source_country,
               CASE WHEN feeds.gone_at IS NOT NULL THEN 'gone'
                    WHEN feeds.paused THEN 'paused'
                    WHEN feeds.failures > 0 THEN 'failing'
                    WHEN feeds.last_success_at IS NULL THEN 'new'
                    ELSE 'ok' END AS state,
               feeds.failures, feeds.failing_since, feeds.last_error,
               feeds.last_polled_at AS last_polled, feeds.last_success_at AS last_success,
               feeds.last_new_at AS last_new, feeds.next_poll_at AS next_poll,
               feeds.interval_seconds,
               (SELECT count(*) FROM polls
                WHERE polls.feed_id = feeds.id AND polls.rolled_over) AS gaps
        FROM feeds
        JOIN sources ON sources.id = feeds.source_id""",
}


def create(connection: Connection) -> None:
    """Make the views."""
    dialect = connection.dialect.name
    number = "CAST({} AS REAL)" if dialect == "sqlite" else "({})::double precision"
    pieces = {
        name: _FIELD[dialect].format(name=name)
        for name in ("field", "text", "rule", "side", "topic")
    } | {
        "weight": number.format(_FIELD[dialect].format(name="weight")),
        "article_topics": _TOPICS[dialect].format(tagging="articles.tagging_id"),
        "story_topics": _TOPICS[dialect].format(tagging="stories.tagging_id"),
        "evidence": _EVIDENCE[dialect],
        "day": _DAY[dialect].format(time="articles.first_seen_at"),
    }
    for name, query in _VIEWS.items():
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {query.format(**pieces)}")


def drop(connection: Connection) -> None:
    """Take the views away, as far as they are there."""
    for name in reversed(_VIEWS):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
