"""`transpacific trace`: one article's whole history."""

from dataclasses import asdict
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin.output.console import moment, print_json, shown, stdout
from admin.output.context import service
from admin.output.errors import Failure, Misuse

if TYPE_CHECKING:
    from store.articles.trace import History, Moment

WIDTH = 80
# The column in which what happened is told: after a time and the kind.
INDENT = " " * 32
# Events that tell nothing but what another moment tells with more.
TOLD_OTHERWISE = (
    "article.discovered",
    "article.fetched",
    "article.revised",
    "story.tagged",
)


def trace(
    url: Annotated[str, typer.Argument(metavar="URL", help="The address of an article.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """All that has happened to an article, in its order.

    Where it was seen, what was fetched, the texts and what the tagger said of them, its stories
    and why it is in them, its other events, errors, the runs that changed it, and what comes
    next. Its `trace` is in every line of the logs that is about it.

    \b
    Example:
      transpacific trace https://news.example/visit.html
    """
    from ingest.url import UrlError
    from store.articles import addresses, trace

    with service() as context, context.database.reading() as session:
        try:
            address = addresses.known(session, url)
        except UrlError as error:
            raise Misuse(f"{url}: {error}") from None
        found = trace.history(session, address)
        candidates = [] if found else trace.near(session, address)
    if found is None:
        spelled = "" if address == url else f" (that is how {url} is spelled here)"
        meant = f"; is it {' or '.join(candidates)}?" if candidates else ""
        raise Failure(f"no article {address}{spelled}{meant}")
    if as_json:
        print_json(
            {
                "url": found.url,
                "trace": found.trace,
                "article": found.article,
                "moments": [asdict(each) for each in found.moments],
            }
        )
    else:
        _print(found)


def _print(found: "History") -> None:
    stdout().print(shown(found.url), style="bold", soft_wrap=True)
    for line in _standing(found.article):
        _print_wrapped(line, indent="  ")
    print(f"  trace {found.trace} in the logs\n")
    for each in found.moments:
        if each.kind == "event" and each.details["name"] in TOLD_OTHERWISE:
            continue
        first, *others = _told(each)
        start = f"{moment(each.at)}  {each.kind:<8}  "
        _print_wrapped(first, indent=start)
        for line in others:
            _print_wrapped(line, indent=INDENT)


def _print_wrapped(line: str, *, indent: str) -> None:
    """A line of the table, folded at 80 columns but for addresses, which are left whole."""
    rest = " " * len(indent)
    for part in wrap(
        shown(line),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [indent.rstrip()]:
        print(part)


def _standing(article: dict[str, Any] | None) -> list[str]:
    """How the article stands, and what comes next."""
    if article is None:
        return ["not here any more: it was purged, and is not taken in again"]
    told = [f"article {article['id']} of {article['source']}: {article['title']}"]
    stage = f"{article['stage']}, revision {article['revisions']}"
    if article["stage"] == "quarantined":
        stage = f"set aside at {article['failed_stage']} (`transpacific retry` puts it back)"
    if article["story"] is not None:
        stage += f", in story {article['story']}"
        stage += f": {article['because']}" if article["because"] else ""
    told.append(stage)
    if article["error"]:
        told.append(f"error: {article['error']}")
    if article["next_attempt"]:
        told.append(f"attempt {article['attempts'] + 1} from {moment(article['next_attempt'])} on")
    if article["claimed_by"]:
        told.append(f"in hand of {article['claimed_by']} until {moment(article['claimed_until'])}")
    if not article["has_page"]:
        told.append("it has no page: its feed gives a text and no link")
    if article["gone"]:
        told.append(f"its page is gone since {moment(article['gone'])}")
    if article["next_look"]:
        told.append(f"looked at again for edits at {moment(article['next_look'])}")
    return told


def _told(each: "Moment") -> list[str]:
    """What happened, in a line or more."""
    return _TELLERS[each.kind](each.details)


def _seen(told: dict[str, Any]) -> list[str]:
    lines = [f"by {told['source']}: {told['title'] or '(no title)'}", f"in {told['feed']}"]
    if told["guid"] and told["guid"] != told["entry_url"]:
        lines.append(f"GUID {told['guid']}")
    if told["entry_url"]:
        lines.append(f"as {told['entry_url']}")
    return [*lines, f"there until {moment(told['last_seen'])}"]


def _entry(told: dict[str, Any]) -> list[str]:
    return [f"what the feed says of it, {told['bytes']:,} bytes{_let_go(told)}"]


def _page(told: dict[str, Any]) -> list[str]:
    kind = told["content_type"] or "of no type"
    return [f"{told['bytes']:,} bytes {kind}{_let_go(told)}", f"from {told['url']}"]


def _let_go(told: dict[str, Any]) -> str:
    return "" if told["kept"] else " (let go since)"


def _revision(told: dict[str, Any]) -> list[str]:
    by = f"extractor {told['extractor']}" + _by_run(told)
    return [
        f"number {told['number']}: {told['title']}",
        f"{told['characters']:,} characters, {told['quality']}, from the {told['taken_from']}",
        by,
    ]


def _tagging(told: dict[str, Any]) -> list[str]:
    topics = ", ".join(told["topics"]) or "no topic"
    stance = f", {told['stance']}" if told["stance"] else ""
    lines = [f"{told['relevance']} {told['score']:.2f}, {topics}{stance}"]
    if told["matches"]:
        words = ", ".join(f"“{word}”" for word in told["strongest"])
        lines.append(f"{told['matches']} matches, the strongest {words}")
    return [*lines, f"tagger {told['tagger']}, lexicon {told['lexicon']}{_by_run(told)}"]


def _by_run(told: dict[str, Any]) -> str:
    return f", run {told['run']}" if told["run"] else ""


def _moved(told: dict[str, Any]) -> list[str]:
    return [f"from story {told['from']} to story {told['to']}"]


def _merged(told: dict[str, Any]) -> list[str]:
    since = f" (now {told['leads_to']})" if told["leads_to"] != told["into"] else ""
    return [f"story {told['story']} into story {told['into']}{since}: {told['because']}"]


def _event(told: dict[str, Any]) -> list[str]:
    payload = told["payload"]
    about = payload.get("error") or payload.get("because") or payload.get("reason")
    story = f" (story {told['story']})" if told["story"] else ""
    return [f"{told['name']}{story}" + (f": {about}" if about else "")]


def _run(told: dict[str, Any]) -> list[str]:
    what = [name for name in ("text", "tagging") if told[f"{name}_changed"]]
    before, after = told["story"]
    if before != after:
        what.append(f"story {before} to {after}")
    undone = f"; undone at {moment(told['undone'])}" if told["undone"] else ""
    changed = ", ".join(what) or "nothing that is shown"
    return [f"{told['run']} from {told['step']} by {told['by']} changed {changed}{undone}"]


def _purged(told: dict[str, Any]) -> list[str]:
    return [told["reason"] or "no reason was given"]


_TELLERS = {
    "seen": _seen,
    "entry": _entry,
    "page": _page,
    "revision": _revision,
    "tagging": _tagging,
    "moved": _moved,
    "merged": _merged,
    "event": _event,
    "run": _run,
    "purged": _purged,
}
