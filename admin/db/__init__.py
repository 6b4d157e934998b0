"""`transpacific db`: the schema of the database, its care, its backups, and who may read it."""

from admin.db import analysts, backups, care, pruning
from admin.db.group import db

__all__ = ["analysts", "backups", "care", "db", "pruning"]
