"""Whether the hosts of feeds can be reached from here, for `transpacific doctor --network`."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import DBAPIError

from admin.service.check_results import Finding, fail, ok, warn
from ingest.http import Fetcher, FetchError, Limits, user_agent
from store.database.connection import Database, DatabaseError
from store.intake import feeds
from worker.settings import Settings

# Hosts that are asked: enough to tell a fault of ours from a fault of theirs.
HOSTS = 10
# Any answer will do, and robots.txt is there to be asked for.
LIMITS = Limits(wire_bytes=512_000, unpacked_bytes=512_000, deadline=15.0)


def reached(read: Settings) -> list[Finding]:
    """Ask some feeds' hosts for their robots.txt, one request each, through the usual guard."""
    try:
        addresses = _addresses(read)
    except (DatabaseError, DBAPIError):
        return []  # the database's own check has said so
    if not addresses:
        return [ok("network", "there is no feed whose host could be asked")]
    with (
        Fetcher(user_agent=user_agent(read.contact), private_hosts=read.private_hosts) as fetcher,
        ThreadPoolExecutor(HOSTS) as threads,
    ):
        errors = list(threads.map(lambda address: _ask(fetcher, address), addresses))
    silent = [error for error in errors if error is not None]
    if not silent:
        return [ok("network", f"all of {len(addresses)} hosts of feeds answer")]
    told = f"{len(silent)} of {len(addresses)} hosts of feeds do not answer: {'; '.join(silent)}"
    if len(silent) == len(addresses):
        return [fail("network", told, "see to DNS, the route out, and a firewall in between")]
    return [warn("network", told, "`transpacific feeds check URL` tells more of one of them")]


def _addresses(read: Settings) -> Sequence[str]:
    """The robots.txt of the first hosts that are polled."""
    database = Database(read.database)
    try:
        with database.reading() as session:
            return feeds.origins(session, limit=HOSTS)
    finally:
        database.dispose()


def _ask(fetcher: Fetcher, address: str) -> str | None:
    """Why there was no answer; None where there was one, whatever it says."""
    try:
        fetcher.get(address, limits=LIMITS, accept="text/plain")
    except FetchError as error:
        return f"{address} ({error})"
    return None
