"""Alembic's entry: runs the migrations on the connection that `store.migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

from store import tables  # noqa: F401  (fills SQLModel.metadata)

context.configure(
    connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata
)
with context.begin_transaction():
    context.run_migrations()
