"""The index for search and the counts of coverage; every story is noted as to be indexed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "story_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("story_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "story_documents",
        sa.Column("story_id", ID, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("story_id"),
    )
    op.create_table(
        "story_coverage",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("source_country", sa.String(), nullable=False),
        sa.Column("story_id", ID, nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("day", "topic", "source_country", "story_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_story_coverage_story_id", "story_coverage", ["story_id"])
    statements = _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL
    for statement in statements:
        op.execute(statement)
    op.execute("INSERT INTO story_changes (story_id) SELECT id FROM stories ORDER BY id")


_SQLITE = (
    """CREATE VIRTUAL TABLE story_words USING fts5(words, tokenize = "ascii tokenchars ':'")""",
    "INSERT INTO story_words (story_words, rank) VALUES ('automerge', 16)",
    """
    CREATE TRIGGER story_documents_deleted AFTER DELETE ON story_documents BEGIN
        DELETE FROM story_words WHERE rowid = (old.day << 28 | old.story_id);
    END
    """,
)
_POSTGRESQL = (
    """
    CREATE TABLE story_words (
        story_id bigint PRIMARY KEY REFERENCES story_documents ON DELETE CASCADE,
        at timestamptz NOT NULL,
        words tsvector NOT NULL
    )
    """,
    # Compressing a row of words takes longer than writing it as it is.
    "ALTER TABLE story_words ALTER words SET STORAGE EXTERNAL",
    "CREATE INDEX ix_story_words_words ON story_words USING gin (words)",
    "CREATE INDEX ix_story_words_at ON story_words (at, story_id)",
)
