import pytest

from ingest.feeds.full_text import carries_full_text, feed_text
from ingest.feeds.model import Entry

LONG = "".join(
    f"<p>Sentence {number} of the item tells how the port fees came to be halved in the end.</p>"
    for number in range(20)
)


def entry(*, content: str = "", summary: str = "") -> Entry:
    return Entry(
        guid=None,
        url="https://news.example/a",
        title="Port fees halved",
        summary=summary,
        content=content,
        authors=(),
        categories=(),
        published=None,
        updated=None,
        language=None,
    )


@pytest.mark.parametrize(
    "ending",
    [
        "",
        "<p>The post <a href=x>Port fees halved</a> appeared first on <a href=y>Tribune</a>.</p>",
        "<p>The post Port fees first appeared on Tribune.</p>",
        "<p>More than 300 people came.</p>",
        "<p>Read on, said the minister, and you will see that the sentence holds nothing new, "
        "whatever the newspapers of both countries may have made of it this week.</p>",
    ],
)
def test_a_long_content_is_the_full_text(ending: str) -> None:
    assert carries_full_text(entry(content=LONG + ending))


def test_a_description_may_be_the_full_text() -> None:
    assert carries_full_text(entry(summary=LONG))


def test_a_thousand_characters_of_chinese_are_a_full_text() -> None:
    assert carries_full_text(entry(content="<p>" + "港口收费减半。" * 70 + "</p>"))
    assert not carries_full_text(entry(content="<p>" + "港口收费减半。" * 20 + "</p>"))


@pytest.mark.parametrize(
    "ending",
    [
        "<p>and then they…</p>",
        "<p>and then they...</p>",
        "<p>and then they […]</p>",
        "<p>and then they [...]</p>",
        "<p>and then</p><a href=x>Read more</a>",
        "<p>and then <a href=x>Continue reading →</a></p>",
        "<p>and then</p><p>Read the full story on our site</p>",
        "<p>and then […]</p><p>The post Port fees halved appeared first on Tribune.</p>",
        "<p>于是</p><p>阅读全文</p>",
        "<p>于是……</p>",
        "<p>于是</p><p>点击查看更多&gt;&gt;</p>",
    ],
)
def test_a_content_that_is_cut_is_not_the_full_text(ending: str) -> None:
    assert not carries_full_text(entry(content=LONG + ending))


def test_a_summary_is_not_the_full_text() -> None:
    assert not carries_full_text(entry(content="<p>Port fees are to be halved in March.</p>"))
    assert not carries_full_text(entry())


def test_what_feeds_append_is_not_part_of_the_text() -> None:
    content = (
        "<p>Port fees are halved.</p><p><a href=x>Continue reading</a></p>"
        "<p>The post Port fees halved appeared first on Tribune.</p>"
    )
    assert feed_text(entry(content=content)) == "Port fees are halved."


def test_the_longer_of_content_and_summary_is_the_text() -> None:
    assert (
        feed_text(entry(content="<p>Short</p>", summary="<p>Rather longer</p>")) == "Rather longer"
    )
