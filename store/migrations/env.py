"""Alembic's entry: migrations run on the connection that `store.database.migrate` gives."""

from alembic import context
from sqlmodel import SQLModel

from store import tables  # noqa: F401  (fills SQLModel.metadata)

context.configure(
    connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata
)
with context.begin_transaction():
    context.run_migrations()
