"""`trace`: one article's whole history."""

from store.tables import trace_of
from tests.admin.conftest import Cli
from tests.admin.service.test_status import quarantine_one
from tests.admin.wire import SUMMIT, serve
from tests.site import Site


def address(cli: Cli, path: str) -> str:
    """The URL of the article whose path this is."""
    records = cli("export", "articles", "--format", "jsonl").records
    return str(next(record["url"] for record in records if record["url"].endswith(path)))


def test_an_article_is_told_in_its_order(polled: Cli) -> None:
    url = address(polled, "/pine/visit.html")
    ended = polled("trace", url, "--json")
    assert (ended.status, ended.err) == (0, "")
    [told] = ended.records
    assert list(told) == ["url", "trace", "article", "moments"]
    assert (told["url"], told["trace"]) == (url, trace_of(url))
    assert (told["article"]["stage"], told["article"]["source"]) == ("done", "Pine Valley News")
    kinds = [each["kind"] for each in told["moments"] if each["kind"] != "event"]
    assert kinds == ["seen", "entry", "page", "revision", "tagging"]
    times = [each["at"] for each in told["moments"]]
    assert times == sorted(times)


def test_for_people_it_says_why_and_fits(polled: Cli) -> None:
    url = address(polled, "/visit.html")
    out = polled("trace", url).out
    assert out.splitlines()[0] == url
    assert f"trace {trace_of(url)} in the logs" in out
    assert SUMMIT[0] in out
    assert "in story" in out
    assert "matches, the strongest" in out
    assert all(len(line) <= 80 for line in out.splitlines() if "://" not in line)


def test_any_spelling_of_the_address_will_do(polled: Cli) -> None:
    url = address(polled, "/visit.html")
    spelled = url.replace("http://", "HTTP://") + "?utm_source=mail#top"
    assert polled("trace", spelled, "--json").records[0]["url"] == url


def test_an_address_that_is_not_known_fails_and_names_what_may_be_meant(polled: Cli) -> None:
    url = address(polled, "/ships.html")
    ended = polled("trace", f"{url}?page=2#top")
    assert (ended.status, ended.out) == (1, "")
    assert f"no article {url}?page=2 (that is how {url}?page=2#top is spelled here)" in ended.err
    assert ended.err.endswith(f"is it {url}?\n")


def test_what_is_no_address_is_misuse(polled: Cli) -> None:
    assert polled("trace", "javascript:alert(1)").status == 2


def test_what_was_set_aside_says_where_and_why(local_cli: Cli, site: Site) -> None:
    serve(site)
    local_cli("feeds", "add", site.url("/pine.xml"))
    article_id = quarantine_one(local_cli, site)
    url = local_cli("status", "--json").records[0]["quarantine"][0]["url"]
    out = local_cli("trace", url).out
    assert f"article {article_id} of" in out
    assert "set aside at process" in out
    assert "error: the page is odd" in out
    assert "article.quarantined: the page is odd" in out


def test_of_what_was_purged_the_tombstone_is_told(local_cli: Cli, site: Site) -> None:
    serve(site)
    local_cli("feeds", "add", site.url("/pine.xml"))
    quarantine_one(local_cli, site)
    url = local_cli("status", "--json").records[0]["quarantine"][0]["url"]
    assert local_cli("purge", url, "--yes", "--reason", "a court said so").status == 0
    ended = local_cli("trace", url)
    assert ended.status == 0
    assert "purged, and is not taken in again" in ended.out
    assert ended.out.splitlines()[-1].endswith("purged    a court said so")
