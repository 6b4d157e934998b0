"""Which article a new one is, by the addresses that pages state and by their texts."""

import pytest

from store.articles.same_page import SeenPage, same_page

AT = "http://a.example"


def seen(number: int, path: str, stated: str | None, text: str = "text") -> SeenPage:
    return SeenPage(number, AT + path, stated and AT + stated, text.encode())


NEW = seen(9, "/a?x=1", "/a")
CASES: dict[str, tuple[SeenPage, list[SeenPage], int | None]] = {
    "the stated": (NEW, [seen(1, "/a", None)], 1),
    "the stated, which states another": (NEW, [seen(1, "/a", "/a?id=1")], 1),
    "one that states the same": (NEW, [seen(1, "/a?x=2", "/a")], 1),
    "one that states the new one": (seen(9, "/a", None), [seen(1, "/a?x=2", "/a")], 1),
    "the stated before others": (NEW, [seen(1, "/a?x=2", "/a"), seen(2, "/a", "/a")], 2),
    "the oldest of others": (NEW, [seen(3, "/a?x=2", "/a"), seen(2, "/a?x=3", "/a")], 2),
    "a slash": (seen(9, "/a/", "/a"), [seen(1, "/a", None)], 1),
    "nobody": (NEW, [], None),
    "another text": (NEW, [seen(1, "/a", None, "other")], None),
    "another text among them": (
        NEW,
        [seen(1, "/a", "/a"), seen(2, "/a?x=2", "/a", "other")],
        None,
    ),
    "another path": (NEW, [seen(1, "/b", "/a")], None),
    "one that states a third": (NEW, [seen(1, "/a?x=2", "/a?x=3")], None),
    "nothing stated by either": (seen(9, "/a?x=1", None), [seen(1, "/a?x=2", None)], None),
}


@pytest.mark.parametrize("name", CASES)
def test_which_article_a_page_is(name: str) -> None:
    new, known, article_id = CASES[name]
    found = same_page(new, known)
    assert (found.article_id if found else None) == article_id
