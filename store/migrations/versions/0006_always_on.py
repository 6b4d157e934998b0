"""What a service that runs for years needs: each subject has a function of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _heartbeats()
    _what_articles_showed()
    _coverage_of_what_was_imported()
    _retention()
    _feed_life()
    _undoing()
    _actor_names()


def _heartbeats() -> None:
    """When a part of the service was last seen at work."""
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _what_articles_showed() -> None:
    """What each article showed before it showed something else, so that a past day can be told."""
    op.create_table(
        "article_states",
        sa.Column("id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("tagging_id", ID, nullable=True),
        sa.Column("story_id", ID, nullable=False),
        sa.Column("joined_because", sa.Text(), nullable=True),
        sa.Column("agency", sa.String(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_article_states_article_id", "article_states", ["article_id"])
    op.create_index("ix_article_states_story_id", "article_states", ["story_id"])
    op.execute(_STATES_SO_FAR)


# From what is on record: an article changed when a tagging of it was made, when it moved from story
# to story, and when a run was undone. Before that it showed the newest tagging that no undone run
# had made. (Which agency an earlier text credited is not on record: that of today's stands in.)
_STATES_SO_FAR = """
    INSERT INTO article_states (article_id, until, revision_id, tagging_id, story_id,
                                joined_because, agency, title)
    SELECT articles.id, changes.at, revisions.id, taggings.id,
           CASE WHEN moves.id IS NULL THEN articles.story_id ELSE moves.from_id END,
           CASE WHEN moves.id IS NULL THEN articles.joined_because ELSE moves.because END,
           articles.agency,
           CASE WHEN revisions.title = '' THEN articles.title ELSE revisions.title END
    FROM (SELECT revisions.article_id, taggings.tagged_at AS at
          FROM taggings JOIN revisions ON revisions.id = taggings.revision_id
          UNION
          SELECT article_id, at FROM story_moves
          UNION
          SELECT run_changes.article_id, runs.undone_at
          FROM run_changes JOIN runs ON runs.id = run_changes.run_id
          WHERE runs.undone_at IS NOT NULL) AS changes
    JOIN articles ON articles.id = changes.article_id
    JOIN taggings ON taggings.id = (
        SELECT made.id
        FROM revisions AS its
        JOIN taggings AS made ON made.revision_id = its.id
        LEFT JOIN runs ON runs.id = made.run_id
        WHERE its.article_id = changes.article_id AND made.tagged_at < changes.at
          AND (runs.undone_at IS NULL OR runs.undone_at >= changes.at)
        ORDER BY made.tagged_at DESC, made.id DESC LIMIT 1)
    JOIN revisions ON revisions.id = taggings.revision_id
    LEFT JOIN story_moves AS moves ON moves.id = (
        SELECT min(id) FROM story_moves
        WHERE article_id = changes.article_id AND at >= changes.at)
    WHERE articles.story_id IS NOT NULL
    ORDER BY changes.at, articles.id"""


def _coverage_of_what_was_imported() -> None:
    """It counts on the days on which it was published: it is counted anew with its stories."""
    op.execute(
        "INSERT INTO story_changes (story_id) SELECT DISTINCT story_id FROM articles"
        " WHERE origin IS NOT NULL AND story_id IS NOT NULL"
    )


def _retention() -> None:
    """Pages by age, as long as their bytes are kept; how far the walk through them has come."""
    op.add_column(
        "snapshots",
        sa.Column("imported", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    # Below zero are captures from before the newest page, which only imports bring.
    op.execute(
        "UPDATE snapshots SET imported = true WHERE id < 0"
        " OR article_id IN (SELECT id FROM articles WHERE origin IS NOT NULL)"
    )
    held = sa.text("kind = 'page' AND length(body) > 0 AND imported = false")
    op.create_index(
        "ix_snapshots_held",
        "snapshots",
        ["taken_at", "id", "article_id"],
        sqlite_where=held,
        postgresql_where=held,
    )
    op.create_table(
        "walks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("reached_at", TIME, nullable=True),
        sa.Column("reached_id", ID, nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column(
        "runs", sa.Column("without_page", sa.Integer(), nullable=False, server_default="0")
    )


def _feed_life() -> None:
    """Redirects that have to hold, hosts' own pace, and the outages of our own network."""
    op.add_column("feeds", sa.Column("moving_to", sa.Text(), nullable=True))
    op.add_column("feeds", sa.Column("moving_since", TIME, nullable=True))
    op.add_column(
        "feeds", sa.Column("moving_polls", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("feeds", sa.Column("read_at", TIME, nullable=True))
    op.execute(
        "UPDATE feeds SET read_at ="
        " (SELECT max(last_seen_at) FROM sightings WHERE sightings.feed_id = feeds.id)"
    )
    op.add_column("hosts", sa.Column("crawl_delay", sa.Float(), nullable=True))
    op.add_column("hosts", sa.Column("reached_at", TIME, nullable=True))
    op.add_column("hosts", sa.Column("unreached_since", TIME, nullable=True))
    op.create_table(
        "outages",
        sa.Column("id", ID, nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("noticed_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("ongoing", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ongoing", name="outages_ongoing_key"),
    )


def _undoing() -> None:
    """What an article was before a run, who has a chunk in hand, where a redirect led at first."""
    for name, kind in (("joined_before", sa.Text), ("agency_before", sa.String)):
        op.add_column("run_changes", sa.Column(name, kind(), nullable=True))
    op.add_column("run_changes", sa.Column("error_before", sa.Text(), nullable=True))
    op.add_column(
        "run_changes", sa.Column("title_before", sa.Text(), nullable=False, server_default="")
    )
    op.execute(_BEFORE_RUNS)
    op.add_column("run_chunks", sa.Column("claimed_by", sa.Text(), nullable=True))
    op.add_column(
        "story_redirects",
        sa.Column("merged_into_id", ID, nullable=False, server_default="0"),
    )
    op.execute("UPDATE story_redirects SET merged_into_id = into_id")


def _actor_names() -> None:
    """What actors are called, each once."""
    op.create_table(
        "actor_names",
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("actor"),
    )
    op.execute(
        "INSERT INTO actor_names (actor, name)"
        " SELECT actor, max(name) FROM tagging_actors GROUP BY actor"
    )


# Which agency a text credited is on record for the article's present text alone.
_BEFORE_RUNS = """
    UPDATE run_changes SET
        joined_before = coalesce(
            (SELECT because FROM story_moves
             WHERE article_id = run_changes.article_id AND from_id = run_changes.story_before
               AND to_id = run_changes.story_after ORDER BY id DESC LIMIT 1),
            (SELECT joined_because FROM articles WHERE id = run_changes.article_id)),
        agency_before = (SELECT agency FROM articles WHERE id = run_changes.article_id),
        error_before = (SELECT error FROM articles WHERE id = run_changes.article_id),
        title_before = coalesce(
            (SELECT CASE WHEN revisions.title = '' THEN articles.title ELSE revisions.title END
             FROM revisions JOIN articles ON articles.id = revisions.article_id
             WHERE revisions.id = run_changes.revision_before), '')"""
