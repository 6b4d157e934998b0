"""Near copies, merged stories, later looks at a page, and what was purged."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("articles", sa.Column("refetch_at", TIME, nullable=True))
    op.add_column(
        "articles", sa.Column("refetches", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("articles", sa.Column("joined_because", sa.Text(), nullable=True))
    op.add_column("articles", sa.Column("agency", sa.String(), nullable=True))
    op.create_index(
        "ix_articles_refetch",
        "articles",
        ["refetch_at", "host"],
        sqlite_where=sa.text("refetch_at IS NOT NULL"),
        postgresql_where=sa.text("refetch_at IS NOT NULL"),
    )
    op.create_index("ix_revisions_snapshot_id", "revisions", ["snapshot_id"])
    _number_story_texts()
    op.create_table(
        "story_keys",
        sa.Column("key", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("text_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("key", "day", "text_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "story_redirects",
        sa.Column("story_id", ID, nullable=False, autoincrement=False),
        sa.Column("into_id", ID, nullable=False),
        sa.Column("merged_at", TIME, nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["into_id"], ["stories.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("story_id"),
    )
    op.create_index("ix_story_redirects_into_id", "story_redirects", ["into_id"])
    op.create_table(
        "tombstones",
        sa.Column("key", sa.LargeBinary(32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("purged_at", TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )


def _number_story_texts() -> None:
    """Give the texts ids and the revisions that brought them; SQLite needs a new table for it."""
    op.create_table(
        "numbered_texts",
        sa.Column("id", ID, nullable=False),
        sa.Column("text_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("story_id", ID, nullable=False),
        sa.Column("revision_id", ID, nullable=True),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("algorithm_version", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("text_hash", name="story_texts_text_hash_key"),
    )
    op.execute(
        """
        INSERT INTO numbered_texts (text_hash, story_id, revision_id, seen_at, algorithm_version)
        SELECT texts.text_hash, texts.story_id, brought.id, stories.first_seen_at,
               texts.algorithm_version
        FROM story_texts AS texts
        JOIN stories ON stories.id = texts.story_id
        LEFT JOIN (SELECT min(id) AS id, text_hash FROM revisions GROUP BY text_hash) AS brought
          ON brought.text_hash = texts.text_hash
        """
    )
    op.drop_table("story_texts")
    op.rename_table("numbered_texts", "story_texts")
    op.create_index("ix_story_texts_story_id", "story_texts", ["story_id"])
