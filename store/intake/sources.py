"""Sources: made once under each name; and whose an article is that no feed brought."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import func
from sqlmodel import Session, col, select

from ingest import url as urls
from ingest.imports.items import NamedSource
from store.database.connection import insert_into
from store.tables import Article, Feed, Source


@dataclass(slots=True)
class SourceFinder:
    """The sources of one import, looked up once each: by the name that is given, or by the host."""

    _by_host: dict[str, int] = field(default_factory=dict)
    _by_name: dict[str, int] = field(default_factory=dict)
    _homes: dict[str, int] | None = None

    def resolve(
        self, session: Session, wanted: Iterable[tuple[NamedSource | None, str]]
    ) -> dict[tuple[str | None, str], int]:
        """The sources of articles, by the name that is given for them (or None) and their host.

        A source of an unknown name is made as it is described; without a name, the one
        whose home page, articles or feeds are at the host, or else a new one of the host's name.
        """
        pairs = {(source.name if source else None, host): source for source, host in wanted}
        found: dict[tuple[str | None, str], int] = {}
        missing: dict[str, NamedSource] = {}
        for (name, host), source in pairs.items():
            known = self._by_name.get(name) if name else self._of_host(session, host)
            if known is not None:
                found[name, host] = known
            else:
                missing.setdefault(name or host, source or NamedSource(host))
        # In one order: two imports that make the same sources must not wait for each other.
        for each in sorted(missing):
            new = missing[each]
            self._by_name[each] = ensure(session, new.name, country=new.country, kind=new.kind)
        for name, host in pairs:
            if (name, host) not in found:
                found[name, host] = self._by_name[name or host]
                if name is None:
                    self._by_host[host] = found[name, host]
        return found

    def _of_host(self, session: Session, host: str) -> int | None:
        if self._homes is None:
            self._homes = _homes(session)
        if host not in self._by_host:
            known = self._homes.get(_site(host)) or _of_articles(session, host)
            if known is None:
                return None
            self._by_host[host] = known
        return self._by_host[host]


def _site(host: str) -> str:
    return host.removeprefix("www.")


def _homes(session: Session) -> dict[str, int]:
    """Sources by the hosts of their feeds and, above those, of their home pages."""
    homes: dict[str, int] = {}
    feeds = select(Feed.host, Feed.source_id).order_by(col(Feed.source_id).desc())
    for host, source_id in session.execute(feeds):
        homes[_site(host)] = source_id
    stated = select(Source.home_url, Source.id).where(col(Source.home_url).is_not(None))
    for home, source_id in session.execute(stated.order_by(col(Source.id).desc())):
        try:
            homes[_site(urls.host(home))] = source_id
        except urls.UrlError:
            continue
    return homes


def _of_articles(session: Session, host: str) -> int | None:
    """The source that has the most articles of a site."""
    return session.execute(
        select(Article.source_id)
        .where(col(Article.host).in_((_site(host), f"www.{_site(host)}")))
        .group_by(col(Article.source_id))
        .order_by(func.count().desc(), col(Article.source_id))
        .limit(1)
    ).scalar()


def ensure(
    session: Session,
    name: str,
    *,
    country: str | None,
    kind: str,
    home_url: str | None = None,
    language: str | None = None,
    state_media: bool = False,
) -> int:
    """The id of the source of this name: made as described, unless it is there already."""
    session.execute(
        insert_into(session, Source)
        .values(
            name=name,
            home_url=home_url,
            country=country,
            language=language,
            kind=kind,
            state_media=state_media,
        )
        .on_conflict_do_nothing()
    )
    source_id: int = session.execute(select(Source.id).where(Source.name == name)).scalar_one()
    return source_id
