"""`transpacific feeds`: which feeds are polled."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from admin.output import files
from admin.output.console import (
    moment,
    note,
    plain_table,
    print_json,
    print_result,
    print_table,
    progress,
    shown,
)
from admin.output.context import service
from admin.output.errors import FAILED, Misuse, help_without_command

if TYPE_CHECKING:
    from admin.feeds.lookup import Lead
    from ingest.feeds.subscription import FeedList, FeedSpec
    from store.tables import Feed, Source
    from worker.context import Context
    from worker.settings import Settings

feeds = typer.Typer(
    invoke_without_command=True,
    callback=help_without_command,
    help="Add, list, check and remove feeds; OPML in and out.",
)

Url = Annotated[str, typer.Argument(metavar="URL", help="The feed's address, however spelled.")]
AsJson = Annotated[bool, typer.Option("--json", help="A JSON object a line.")]


@feeds.command(epilog="Example: transpacific feeds add https://example.org --country SG")
def add(
    urls: Annotated[
        list[str], typer.Argument(metavar="URL", help="Addresses of feeds, or of pages with one.")
    ],
    source: Annotated[str, typer.Option(help="The outlet's name; by default the host's.")] = "",
    country: Annotated[str, typer.Option(help="The outlet's: US, CN, HK … or INT.")] = "",
    language: Annotated[str, typer.Option(help="The feed's: en, zh …")] = "",
    kind: Annotated[
        str,
        typer.Option(help="wire, newspaper, broadcaster, magazine, think-tank or government."),
    ] = "newspaper",
    state_media: Annotated[bool, typer.Option("--state-media", help="A state owns it.")] = False,
    title: Annotated[str, typer.Option(help="The feed's title; by default its own.")] = "",
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Add the addresses as they are; ask nobody.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add feeds by their addresses, or by those of pages.

    A page leads to its feed. They are due at once. One that is known already is left as it is.
    Where a page leads to several, they are listed and none is added. Exit status 1 if an address
    led to nothing.
    """
    from ingest.feeds.subscription import CatalogueError, feed_spec
    from ingest.url import canonical
    from store.intake import feeds as store
    from worker import clock

    described: dict[str, object] = {"source": source, "country": country, "language": language}
    described |= {"kind": kind, "title": title, "state_media": state_media}
    try:
        specs = [feed_spec({"url": url, **described}) for url in urls]
    except CatalogueError as error:
        raise Misuse(f"{error}; nothing was added") from None
    with service() as context:
        _refuse_private(specs, context.settings)
        leads = _leads(context, [canonical(spec.url) for spec in specs], unchecked)
        for lead in leads:
            if lead.feed is None:
                _tell_no_feed(lead, as_json)
                continue
            spec = feed_spec({"url": lead.feed, "home_url": lead.page or "", **described})
            with context.database.writing() as session:
                feed, is_new = store.add(session, spec, now=clock.now())
            if lead.trouble:
                note(f"{feed.url}: {lead.trouble}; it is polled all the same")
            if as_json:
                found_on = {"page": lead.page} if lead.page else {}
                print_json({"feed": feed.url, "new": is_new} | found_on)
            else:
                print_result(f"{'added' if is_new else 'known already'}  {feed.url}")
    if any(lead.feed is None for lead in leads):
        raise typer.Exit(FAILED)


def _leads(context: "Context", urls: list[str], unchecked: bool) -> "list[Lead]":
    """What the addresses lead to. Those that are known are not asked."""
    from admin.feeds.lookup import Finder, Lead
    from store.intake import feeds as store

    with context.database.reading() as session:
        known = {url for url in urls if unchecked or store.find(session, url) is not None}
    finder = Finder(context)
    return [Lead(url, feed=url) if url in known else finder.lead(url) for url in urls]


def _tell_no_feed(lead: "Lead", as_json: bool) -> None:
    """An address that cannot be added: why, and the feeds of the page, if there are some."""
    if as_json:
        choices = [{"feed": link.url, "title": link.title} for link in lead.choices]
        print_json({"page": lead.asked, "feeds": choices, "error": lead.trouble})
    elif lead.choices:
        table = plain_table("feed", "title")
        for link in lead.choices:
            table.add_row(shown(link.url), shown(link.title))
        print_table(table)
    mend = "name those that you want: `transpacific feeds add URL`" if lead.choices else "not added"
    note(f"{lead.asked}: {lead.trouble}; {mend}")


@feeds.command("list")
def list_(as_json: AsJson = False) -> None:
    """All feeds, with their outlets and their polls."""
    from store.intake import feeds as store

    with service() as context, context.database.reading() as session:
        rows = [(feed, source) for feed, source in store.listed(session)]
        if as_json:
            for feed, source in rows:
                print_json(_described(feed, source))
            return
    if not rows:
        note("no feeds yet: `transpacific feeds import --catalogue` adds those that we know")
        return
    table = plain_table("source", "", "state", "last poll", "feed")
    for feed, source in rows:
        where = f"{source.country or '--'} {source.language or '--'}"
        polled = moment(feed.last_polled_at) or "never"
        table.add_row(shown(source.name), shown(where), _state(feed), polled, shown(feed.url))
    print_table(table)


def _described(feed: "Feed", source: "Source") -> dict[str, object]:
    return {
        "feed": feed.url,
        "title": feed.title,
        "source": source.name,
        "home_url": source.home_url,
        "country": source.country,
        "language": source.language,
        "kind": source.kind,
        "state_media": source.state_media,
        "state": _state(feed),
        "added": feed.added_at,
        "last_poll": feed.last_polled_at,
        "last_success": feed.last_success_at,
        "last_new": feed.last_new_at,
        "next_poll": feed.next_poll_at,
        "failures": feed.failures,
        "error": feed.last_error,
    }


def _state(feed: "Feed") -> str:
    if feed.paused:
        return "paused"
    if feed.gone_at is not None:
        return "gone"
    return "failing" if feed.failures else "active"


@feeds.command("import", epilog="Example: transpacific feeds import subscriptions.opml")
def import_(
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="OPML, or text with one URL a line; - is stdin."),
    ] = None,
    catalogue: Annotated[
        bool, typer.Option("--catalogue", help="The feeds that ship with the service.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add the feeds of a list.

    What cannot be used of it is told with its line and the reason, and the rest is added. Exit
    status 1 where something was refused.
    """
    from ingest.feeds.catalogue import load_catalogue, read_feed_list
    from ingest.feeds.subscription import CatalogueError, FeedList
    from store.intake import feeds as store
    from worker import clock

    if catalogue == (file is not None):
        raise Misuse("name a FILE (- for stdin) or say --catalogue: one of the two")
    try:
        given = FeedList(load_catalogue()) if file is None else read_feed_list(files.read(file))
    except CatalogueError as error:
        raise Misuse(f"{file or 'the catalogue'}: {error}; nothing was imported") from None
    with service() as context:
        given = _without_private(given, context.settings)
        with context.database.writing() as session:
            new, known = store.add_all(session, given.specs, now=clock.now())
    refused = [{"line": each.line, "reason": each.reason} for each in given.refused]
    if as_json:
        print_json({"new": new, "known": known} | ({"refused": refused} if refused else {}))
    else:
        print_result(f"{new} new, {known} known already")
    for each in given.refused:
        note(f"{file or 'the catalogue'}: line {each.line}: {each.reason}; not imported")
    if refused:
        raise typer.Exit(FAILED)


@feeds.command()
def export(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="By default stdout.")
    ] = None,
) -> None:
    """All feeds as OPML, for feed readers and `feeds import`."""
    import sys

    from ingest.feeds.opml import write_opml
    from ingest.feeds.subscription import FeedSpec
    from store.intake import feeds as store

    with service() as context, context.database.reading() as session:
        opml = write_opml(
            FeedSpec(
                url=feed.url,
                title=feed.title,
                source=source.name,
                home_url=source.home_url,
                country=source.country,
                language=source.language,
                kind=source.kind,
                state_media=source.state_media,
            )
            for feed, source in store.listed(session)
        )
    if output is None:
        sys.stdout.buffer.write(opml)
        sys.stdout.buffer.flush()
        return
    with files.written(output) as file:
        file.write(opml)


@feeds.command(epilog="Example: transpacific feeds check https://example.org/rss.xml")
def check(
    urls: Annotated[
        list[str] | None, typer.Argument(metavar="URL", help="By default all feeds.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask each feed once, and tell which answer.

    Nothing is stored. Exit status 1 if any does not answer with a feed.
    """
    from admin.feeds.check import check_feeds
    from store.intake import feeds as store

    with service() as context:
        if urls:
            asked = dict.fromkeys(map(_checked, urls))
        else:
            with context.database.reading() as session:
                asked = {feed.url: source.country for feed, source in store.listed(session)}
        if not asked:
            note("no feeds to check: name some, or run `transpacific feeds import --catalogue`")
            return
        with progress("asking", len(asked)) as update:
            found = check_feeds(context, asked, lambda done: update(done, "asking"))
    table = plain_table("entries", "newest", "answer", "feed", right=("entries",))
    for health in found:
        if as_json:
            print_json(health.described())
        else:
            answer = "ok" if health.ok and not health.error else shown(health.error or "")
            number = str(health.entries) if health.ok else ""
            table.add_row(number, moment(health.newest), answer, shown(health.url))
    failed = sum(not health.ok for health in found)
    if not as_json:
        print_table(table)
    if failed:
        note(f"{failed} of {len(found)} feeds did not answer with a feed")
        raise typer.Exit(FAILED)


@feeds.command()
def pause(url: Url) -> None:
    """Stop polling a feed; what it brought stays."""
    _set_paused(url, True)


@feeds.command()
def resume(url: Url) -> None:
    """Go on polling a feed that was paused, or that was gone."""
    _set_paused(url, False)


def _set_paused(url: str, paused: bool) -> None:
    from store.intake import feeds as store
    from worker import clock

    with service() as context:
        feed_id, known = find(context, url)
        with context.database.writing() as session:
            store.set_paused(session, feed_id, paused, now=clock.now())
    print_result(f"{'paused' if paused else 'resumed'}  {known}")


@feeds.command()
def remove(url: Url) -> None:
    """Forget a feed with its history; its articles stay."""
    from store.intake import feeds as store

    with service() as context:
        feed_id, known = find(context, url)
        with context.database.writing() as session:
            store.remove(session, feed_id)
    print_result(f"removed  {known}")


def find(context: "Context", url: str) -> tuple[int, str]:
    """The id and the address of a known feed. Raises `Misuse` where there is none."""
    from store.intake import feeds as store

    with context.database.reading() as session:
        feed = store.find(session, _checked(url))
        if feed is None or feed.id is None:
            raise Misuse(f"no feed {url} here: `transpacific feeds add {url}` adds it")
        return feed.id, feed.url


def _checked(url: str) -> str:
    """The address in its canonical spelling. Raises `Misuse`, naming it, where it is none."""
    from ingest.url import UrlError, canonical

    try:
        return canonical(url)
    except UrlError as error:
        raise Misuse(f"{url}: {error}") from None


def _without_private(given: "FeedList", settings: "Settings") -> "FeedList":
    """The list, with addresses of private networks among what is refused."""
    from ingest.feeds.subscription import FeedList, Refusal

    specs, lines, refused = [], [], list(given.refused)
    for spec, line in zip(given.specs, given.lines or [0] * len(given.specs), strict=True):
        reason = _why_private(spec, settings)
        if reason is None:
            specs.append(spec)
            lines.append(line)
        else:
            refused.append(Refusal(line, f"{spec.url}: {reason}"))
    refused.sort(key=lambda each: each.line)
    return FeedList(tuple(specs), tuple(refused), tuple(lines))


def _refuse_private(specs: "Iterable[FeedSpec]", settings: "Settings") -> None:
    """Refuse addresses of private networks at once, which no poll would ever reach."""
    for spec in specs:
        reason = _why_private(spec, settings)
        if reason is not None:
            raise Misuse(f"{spec.url}: {reason}; nothing was added")


def _why_private(spec: "FeedSpec", settings: "Settings") -> str | None:
    """Why an address of a number cannot be polled; None where it can.

    Names are judged when they are resolved: by every fetch.
    """
    import ipaddress

    from ingest import url as urls
    from ingest.http import Refused, guard

    host = urls.host(urls.canonical(spec.url)).strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return None
    try:
        guard.vet(host, [host], guard.networks(settings.private_hosts))
    except Refused as error:
        return str(error)
    return None
