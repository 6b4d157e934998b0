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
_WEEK = {
    # Its Monday. The date's characters alone: SQLite's date() rounds 23:59:59.9999 to the next day.
    "sqlite": "date(substr({time}, 1, 10), 'weekday 0', '-6 days')",
    "postgresql": "date_trunc('week', {time} AT TIME ZONE 'UTC')::date",
}
# A feed's address up to its query, which may hold a key that is the operator's own.
_ADDRESS = {
    "sqlite": """CASE WHEN instr({url}, '?') > 0
        THEN substr({url}, 1, instr({url}, '?')) || '…' ELSE {url} END""",
    "postgresql": """regexp_replace({url}, '[?].*', '?…')""",
}


def news_at(published: str, first_seen: str) -> str:
    """The SQL of when a piece was news: when it was first seen.

    Of what was imported that would be the day of the import: there it is when it was published,
    where that is known. `articles` are in reach.
    """
    dated = f"articles.origin IS NOT NULL AND {published} IS NOT NULL"
    return f"(CASE WHEN {dated} THEN {published} ELSE {first_seen} END)"


# Of a story that an import brought, when it was first published, as far as that is known.
_NEWS_AT = news_at("stories.first_published_at", "stories.first_seen_at")

# In the order of making; dropped in the reverse.
_VIEWS = {
    "v_articles": """
        SELECT articles.id, articles.url, articles.title, revisions.text,
               articles.published_at AS published, articles.first_seen_at AS first_seen,
               sources.name AS source, sources.country AS source_country,
               sources.kind AS source_kind, sources.state_media,
               articles.language, articles.quality, revisions.taken_from,
               articles.revisions, articles.gone_at AS gone,
               articles.story_id AS story, articles.joined_because, articles.agency,
               taggings.relevance, taggings.score, taggings.stance,
               {article_topics} AS topics, articles.tagging_id AS tagging, articles.origin
        FROM articles
        JOIN sources ON sources.id = articles.source_id
        JOIN revisions ON revisions.id = articles.revision_id
        LEFT JOIN taggings ON taggings.id = articles.tagging_id""",
    "v_stories": """
        SELECT stories.id, stories.title, stories.first_published_at AS first_published,
               stories.first_seen_at AS first_seen, sources.name AS first_source,
               sources.country AS first_source_country, articles.url,
               stories.language, stories.articles, stories.articles AS copies, stories.sources,
               (SELECT crediting.agency FROM articles AS crediting
                WHERE crediting.story_id = stories.id AND crediting.agency IS NOT NULL
                ORDER BY crediting.first_seen_at, crediting.id LIMIT 1) AS agency,
               stories.relevance, stories.score, stories.stance,
               {story_topics} AS topics, stories.tagging_id AS tagging
        FROM stories
        JOIN articles ON articles.id = stories.article_id
        JOIN sources ON sources.id = articles.source_id""",
    "v_copies": """
        SELECT articles.story_id AS story,
               row_number() OVER (PARTITION BY articles.story_id
                                  ORDER BY articles.first_seen_at, articles.id) AS number,
               articles.id AS article, articles.url, sources.name AS source,
               sources.country AS source_country, articles.first_seen_at AS first_seen,
               articles.published_at AS published, articles.agency, articles.joined_because
        FROM articles
        JOIN stories ON stories.id = articles.story_id
        JOIN sources ON sources.id = articles.source_id
        WHERE stories.articles > 1""",
    "v_story_redirects": """
        SELECT story_id AS story, into_id AS into_story, merged_at AS merged, because
        FROM story_redirects""",
    "v_evidence": """
        SELECT stories.id AS story, taggings.id AS tagging,
               {field} AS field, {text} AS text, {rule} AS rule, {side} AS side, {topic} AS topic,
               {weight} AS weight
        FROM stories
        JOIN taggings ON taggings.id = stories.tagging_id
        CROSS JOIN {evidence}""",
    "v_coverage_daily": """
        SELECT day, topic, nullif(source_country, '') AS source_country,
               count(*) AS stories, sum(articles) AS articles
        FROM story_coverage
        GROUP BY day, topic, story_coverage.source_country""",
    "v_feed_health": """
        SELECT feeds.id, {feed_url} AS url, feeds.title, sources.name AS source,
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
    "v_revisions": """
        SELECT revisions.id, revisions.article_id AS article, articles.url,
               sources.name AS source, sources.country AS source_country,
               revisions.number, revisions.seen_at AS seen,
               revisions.title, earlier.title AS title_before,
               revisions.text, earlier.text AS text_before,
               length(revisions.text) AS characters, length(earlier.text) AS characters_before,
               revisions.quality, revisions.taken_from,
               articles.story_id AS story, articles.gone_at AS gone
        FROM revisions
        JOIN articles ON articles.id = revisions.article_id
        JOIN sources ON sources.id = articles.source_id
        LEFT JOIN revisions AS earlier ON earlier.article_id = revisions.article_id
            AND earlier.number = revisions.number - 1""",
    "v_actors_weekly": """
        SELECT {week} AS week, actors.actor, max(actors.name) AS name, max(actors.side) AS side,
               max(actors.kind) AS kind, count(*) AS stories, sum(actors.mentions) AS mentions
        FROM stories
        JOIN articles ON articles.id = stories.article_id
        JOIN tagging_actors AS actors ON actors.tagging_id = stories.tagging_id
        WHERE stories.relevance <> 'none'
        GROUP BY 1, 2""",
    "v_taggings": """
        SELECT taggings.id, revisions.article_id AS article, revisions.number AS revision,
               articles.story_id AS story, taggings.tagged_at AS tagged,
               taggings.tagger_version, taggings.lexicon_version, revisions.extractor_version,
               taggings.relevance, taggings.score, taggings.stance,
               {tagging_topics} AS topics, taggings.id = articles.tagging_id AS current
        FROM taggings
        JOIN revisions ON revisions.id = taggings.revision_id
        JOIN articles ON articles.id = revisions.article_id""",
    "v_taggings_by_version": """
        SELECT taggings.tagger_version, taggings.lexicon_version, taggings.relevance,
               count(*) AS taggings, count(articles.id) AS current,
               min(taggings.tagged_at) AS first_tagged, max(taggings.tagged_at) AS last_tagged
        FROM taggings
        LEFT JOIN articles ON articles.tagging_id = taggings.id
        GROUP BY 1, 2, 3""",
    "v_feed_gaps": """
        SELECT feeds.id AS feed, {feed_url} AS url, sources.name AS source,
               sources.country AS source_country, sources.state_media,
               (SELECT max(before.at) FROM polls AS before
                WHERE before.feed_id = polls.feed_id AND before.at < polls.at
                  AND before.outcome NOT IN ('failed', 'unreached')) AS since,
               polls.at AS until, polls.entries
        FROM polls
        JOIN feeds ON feeds.id = polls.feed_id
        JOIN sources ON sources.id = feeds.source_id
        WHERE polls.rolled_over""",
    "v_outages": """
        SELECT outages.id, outages.began_at AS began, outages.noticed_at AS noticed,
               outages.ended_at AS ended
        FROM outages""",
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
        "week": _WEEK[dialect].format(time=_NEWS_AT),
        "tagging_topics": _TOPICS[dialect].format(tagging="taggings.id"),
        "feed_url": _ADDRESS[dialect].format(url="feeds.url"),
    }
    for name, query in _VIEWS.items():
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {query.format(**pieces)}")


def drop(connection: Connection) -> None:
    """Take the views away, as far as they are there."""
    for name in reversed(_VIEWS):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
