"""The words of stories indexed together with their days: PostgreSQL alone, see its fulltext."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INDEX = """
    CREATE INDEX ix_story_words_words ON story_words USING gin (words, (ARRAY[
        CAST(at AT TIME ZONE 'UTC' AS date) - DATE '1970-01-01',
        -12 * CAST(extract(year FROM at AT TIME ZONE 'UTC') AS integer)
            - CAST(extract(month FROM at AT TIME ZONE 'UTC') AS integer)]))"""


def upgrade() -> None:
    """200,000 stories take some two and a half minutes."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_story_words_words")
        op.execute(_INDEX)
