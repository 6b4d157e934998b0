"""Other addresses of articles; what was stored under URLs that are spelled otherwise today.

An article keeps its URL. Where today's canonical form is another (a parameter that only tracks, a
letter that was encoded), that form leads to it, to the oldest if it is that of several; so does
what was purged stay away under it.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from ingest.url import UrlError, canonical, fragment, is_same_page, with_fragment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CHUNK = 5_000

_ARTICLES = """
    SELECT articles.id, articles.url, revisions.canonical_url FROM articles
    LEFT JOIN revisions ON revisions.id = articles.revision_id
    WHERE articles.id > :after ORDER BY articles.id LIMIT :some
"""
_IS_THERE = "SELECT 1 FROM articles WHERE url_hash = :url_hash"
_LEADS = "SELECT 1 FROM article_addresses WHERE url_hash = :url_hash AND leads_here"
_TOMBSTONES = "SELECT key, url, purged_at, reason FROM tombstones"
_BURY = """
    INSERT INTO tombstones (key, url, purged_at, reason)
    SELECT :url_hash, url, purged_at, reason FROM tombstones WHERE key = :key
    ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    addresses = op.create_table(
        "article_addresses",
        sa.Column("url_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("leads_here", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("url_hash", "article_id"),
    )
    op.create_index("ix_article_addresses_article_id", "article_addresses", ["article_id"])
    bind = op.get_bind()
    for article_id, url, stated in map(tuple, _articles(bind)):
        today = _today(url)
        rows = []
        if today != url and not _is_taken(bind, today):
            rows.append((today, True))
        if stated and stated not in (url, today) and is_same_page(url, stated):
            rows.append((stated, False))
        for address, leads_here in rows:
            row = {"url_hash": _digest(address), "article_id": article_id, "url": address}
            bind.execute(addresses.insert().values(**row, leads_here=leads_here))
    buried = bind.execute(sa.text(_TOMBSTONES)).all()
    for tombstone in buried:
        today = _today(tombstone.url)
        if bytes(tombstone.key) == _digest(tombstone.url) and today != tombstone.url:
            bind.execute(sa.text(_BURY), {"url_hash": _digest(today), "key": tombstone.key})


def _articles(bind: sa.Connection) -> Iterator[sa.Row[Any]]:
    after = 0
    while rows := bind.execute(sa.text(_ARTICLES), {"after": after, "some": _CHUNK}).all():
        yield from rows
        after = rows[-1].id


def _is_taken(bind: sa.Connection, url: str) -> bool:
    asked = {"url_hash": _digest(url)}
    return any(bind.execute(sa.text(each), asked).first() for each in (_IS_THERE, _LEADS))


def _today(url: str) -> str:
    """The canonical form, with the fragment by which one of several on a page is known."""
    try:
        form, within = canonical(url), fragment(url)
        return form if within is None or "#" in form else with_fragment(form, within)
    except UrlError:
        return url


def _digest(url: str) -> bytes:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).digest()
