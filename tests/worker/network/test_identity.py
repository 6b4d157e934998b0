"""Which entries of a feed are one article, over one poll and over many."""

import pytest

from store.tables import Stage
from tests.site import Site
from tests.worker.network.polls import Reader, channel, item
from worker.context import Context

DAY = "Mon, 02 Nov 2026 0{}:00:00 GMT"
PAGE = "http://127.0.0.1:1/page"  # nobody is there, and nobody has to be


@pytest.fixture
def reader(context: Context, site: Site) -> Reader:
    return Reader(context, site)


def news(number: int, link: str = PAGE, **values: str) -> str:
    given = {
        "title": f"Story {number}",
        "guid": f"id-{number}",
        "text": f"What is told in {number}.",
    }
    return item(link=link, **(given | values))


# Name, the feed's items, and the URLs that come of them.
TWO_OR_MORE: list[tuple[str, list[str], list[str]]] = [
    (
        "three items under one link",
        [news(1), news(2), news(3)],
        [f"{PAGE}#id-{number}" for number in (1, 2, 3)],
    ),
    (
        "a link that is the site's front page",
        [news(1, "http://127.0.0.1:1"), news(2, "http://127.0.0.1:1/")],
        ["http://127.0.0.1:1/#id-1", "http://127.0.0.1:1/#id-2"],
    ),
    (
        "routes",
        [news(1, f"{PAGE}/#/news/1"), news(2, f"{PAGE}/#/news/2")],
        [f"{PAGE}/#/news/1", f"{PAGE}/#/news/2"],
    ),
    (
        "routes with a bang",
        [news(1, f"{PAGE}#!/a"), news(2, f"{PAGE}#!b?utm_source=rss")],
        [f"{PAGE}#!/a", f"{PAGE}#!b"],
    ),
    (
        "posts of a live blog",
        [news(1, f"{PAGE}#post-7"), news(2, f"{PAGE}#post-8")],
        [f"{PAGE}#post-7", f"{PAGE}#post-8"],
    ),
    (
        "a link that differs in tracking alone",
        [news(1, f"{PAGE}?utm_source=a"), news(2, f"{PAGE}?utm_source=b")],
        [f"{PAGE}#id-1", f"{PAGE}#id-2"],
    ),
    (
        "GUIDs that are addresses",
        [news(1, guid="http://x.example/?p=1"), news(2, guid="http://x.example/?p=2")],
        [f"{PAGE}#http://x.example/?p=1", f"{PAGE}#http://x.example/?p=2"],
    ),
    (
        "GUIDs with blanks and brackets",
        [news(1, guid="a <1>"), news(2, guid="a <2>")],
        [f"{PAGE}#a%20%3C1%3E", f"{PAGE}#a%20%3C2%3E"],
    ),
    (
        "no titles, but texts",
        [news(1, title=""), news(2, title="")],
        [f"{PAGE}#id-1", f"{PAGE}#id-2"],
    ),
    (
        "Chinese titles",
        [news(1, title="中美举行会谈"), news(2, title="外交部回应关税")],
        [f"{PAGE}#id-1", f"{PAGE}#id-2"],
    ),
    (
        "one of three is an edition of another",
        [news(1), news(2), news(2, title="Story 2, updated")],
        [f"{PAGE}#id-1", f"{PAGE}#id-2"],
    ),
    (
        "one GUID and one title in common make a chain",
        [news(1), news(1, title="Story 3"), news(2, title="Story 3"), news(4)],
        [f"{PAGE}#id-1", f"{PAGE}#id-4"],
    ),
]


@pytest.mark.parametrize(
    ("items", "urls"), [case[1:] for case in TWO_OR_MORE], ids=[case[0] for case in TWO_OR_MORE]
)
def test_different_items_under_one_link_are_different_articles(
    reader: Reader, items: list[str], urls: list[str]
) -> None:
    reader.poll(channel(*items))
    assert reader.urls() == sorted(urls)
    reader.poll(channel(*reversed(items)))
    assert reader.urls() == sorted(urls)


ONE: list[tuple[str, list[str], str]] = [
    ("one GUID", [news(1), news(1, title="Story 1, edited")], "Story 1"),
    ("one title", [news(1), news(1, guid="id-9")], "Story 1"),
    ("the same twice", [news(1), news(1)], "Story 1"),
    ("no GUIDs at all", [item("A", PAGE), item("B", PAGE)], "A"),
    ("one without a GUID", [news(1), item("B", PAGE)], "Story 1"),
    ("the link as GUID of all", [news(1, guid=PAGE), news(2, guid=PAGE)], "Story 1"),
    (
        "oldest first: the last stands",
        [
            news(1, date=DAY.format(1)),
            news(1, date=DAY.format(2), title="Story 1, edited"),
        ],
        "Story 1, edited",
    ),
    (
        "newest first: the first stands",
        [
            news(1, date=DAY.format(2), title="Story 1, edited"),
            news(1, date=DAY.format(1)),
        ],
        "Story 1, edited",
    ),
    (
        "oldest first, told by the others' dates",
        [
            item("Z", "http://127.0.0.1:1/z", date=DAY.format(1)),
            item("Y", "http://127.0.0.1:1/y", date=DAY.format(2)),
            news(1),
            news(1, title="Story 1, edited"),
        ],
        "Story 1, edited",
    ),
]


@pytest.mark.parametrize(("items", "title"), [case[1:] for case in ONE], ids=[c[0] for c in ONE])
def test_editions_of_one_page_are_one_article_and_the_newest_stands(
    reader: Reader, items: list[str], title: str
) -> None:
    for _ in range(2):
        reader.poll(channel(*items))
        assert reader.titles()[PAGE] == title
        assert all("#" not in url for url in reader.urls())


def test_items_that_come_one_after_the_other_under_one_link_are_no_revisions(
    reader: Reader,
) -> None:
    polls = [reader.poll(channel(news(number))) for number in (1, 2, 3)]
    assert [(poll.new, poll.revised) for poll in polls] == [(1, 0)] * 3
    assert reader.urls() == [PAGE, f"{PAGE}#id-2", f"{PAGE}#id-3"]
    # The first keeps its place, and each is known again, alone or among the others.
    for items in ([news(2)], [news(1)], [news(3), news(2), news(1)], [news(1)]):
        poll = reader.poll(channel(*items))
        assert (poll.new, poll.revised) == (0, 0)


def test_an_edit_of_one_of_them_is_its_own(reader: Reader) -> None:
    reader.poll(channel(news(1), news(2)))
    poll = reader.poll(channel(news(1), news(2, title="Story 2, edited")))
    assert (poll.new, poll.revised) == (0, 1)
    poll = reader.poll(channel(news(2, title="Story 2, edited twice")))
    assert (poll.new, poll.revised) == (0, 1)
    assert reader.titles() == {f"{PAGE}#id-1": "Story 1", f"{PAGE}#id-2": "Story 2, edited twice"}


def test_a_feed_that_gives_new_guids_each_time_has_no_new_articles(reader: Reader) -> None:
    links = [f"http://127.0.0.1:1/{number}" for number in range(4)]

    def at(poll: int, edited: int | None = None) -> str:
        return channel(
            *(
                news(n, link, guid=f"{n}-{poll}", title=f"Story {n}" + " edited" * (n == edited))
                for n, link in enumerate(links)
            )
        )

    reader.poll(at(1))
    reader.poll(at(2))
    poll = reader.poll(at(3, edited=2))
    assert (poll.new, poll.revised) == (0, 1)
    assert reader.urls() == links


def test_the_text_of_an_item_on_a_shared_page_is_its_entry(reader: Reader, site: Site) -> None:
    site.page("/list", "<p>All our news</p>" * 50)
    shared = site.url("/list")
    reader.poll(channel(news(1, shared), news(2, shared)))
    assert site.count("/list") == 0
    assert {row.stage for row in reader.articles()} == {Stage.PROCESS}
