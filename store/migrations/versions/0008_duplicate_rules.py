"""Which version of the duplicate rules has placed each article: those of before are version 1."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """PostgreSQL stamps what is there without writing a row; SQLite writes them all."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    column = sa.Column(
        "duplicates_version", sa.Integer(), server_default="1" if postgresql else None
    )
    op.add_column("articles", column)
    if postgresql:
        op.execute("ALTER TABLE articles ALTER COLUMN duplicates_version DROP DEFAULT")
    else:
        op.execute("UPDATE articles SET duplicates_version = 1 WHERE story_id IS NOT NULL")
