"""Reprocessing: its runs, what they changed, and which articles have left a story for another."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("revisions", sa.Column("confirmed_version", sa.String(), nullable=True))
    op.add_column("revisions", sa.Column("run_id", ID, nullable=True))
    op.add_column("taggings", sa.Column("run_id", ID, nullable=True))
    op.create_table(
        "story_moves",
        sa.Column("id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("from_id", ID, nullable=False),
        sa.Column("to_id", ID, nullable=False),
        sa.Column("because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_story_moves_article_id", "story_moves", ["article_id"])
    op.create_table(
        "runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("selection", JSON, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("undone_at", TIME, nullable=True),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("extractor_version", sa.String(), nullable=False),
        sa.Column("algorithm_version", sa.String(), nullable=False),
        sa.Column("tagger_version", sa.String(), nullable=False),
        sa.Column("lexicon_version", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "run_chunks",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("article_ids", JSON, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", TIME, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "number"),
    )
    op.create_index("ix_run_chunks_work", "run_chunks", ["run_id", "state", "number"])
    op.create_table(
        "run_changes",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("revision_before", ID, nullable=False),
        sa.Column("revision_after", ID, nullable=False),
        sa.Column("tagging_before", ID, nullable=True),
        sa.Column("tagging_after", ID, nullable=True),
        sa.Column("story_before", ID, nullable=False),
        sa.Column("story_after", ID, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "article_id"),
    )
    op.create_index("ix_run_changes_article_id", "run_changes", ["article_id"])
