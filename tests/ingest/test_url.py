import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.url import MAX_LENGTH, UrlError, canonical, host, origin, resolve
from tests.support import machine


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://News.Example.COM/A/b", "https://news.example.com/A/b"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com?x=1", "https://example.com/?x=1"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("http://example.com:80/a", "http://example.com/a"),
        ("http://example.com:0080/a", "http://example.com/a"),
        ("http://example.com:/a", "http://example.com/a"),
        ("http://example.com:443/a", "http://example.com:443/a"),
        ("https://example.com/a#top", "https://example.com/a"),
        ("https://example.com/a?b#?c", "https://example.com/a?b"),
        ("  https://example.com/a\n", "https://example.com/a"),
        ("https://example.com/a\r\n  b", "https://example.com/a%20%20b"),
        ("https://example.com/a b", "https://example.com/a%20b"),
        ("https://example.com/中?q=文", "https://example.com/%E4%B8%AD?q=%E6%96%87"),
        ("https://example.com/%e4%b8%ad", "https://example.com/%E4%B8%AD"),
        ("https://example.com/%7Edesk/%41%2D%2e", "https://example.com/~desk/A-."),
        ("https://example.com/a%2fb?q=%2b%26%3d", "https://example.com/a%2Fb?q=%2B%26%3D"),
        ("https://example.com/%257e?%61=%e4", "https://example.com/%257e?a=%E4"),
        ("https://example.com/%%37E%4%31%zz", "https://example.com/%%37E%4%31%zz"),
        ("https://example.com/#!/%e4%7e", "https://example.com/#!/%E4~"),
        ("https://example.com/#/a?utm_source=x&id=1", "https://example.com/#/a?id=1"),
        ("feed://example.com/rss", "http://example.com/rss"),
        ("feed:https://example.com/rss", "https://example.com/rss"),
        ("https://example.com/100%", "https://example.com/100%"),
        ("https://example.com/a\x00|b", "https://example.com/a%00%7Cb"),
        ("https://example.com/a[1]?b[]=2", "https://example.com/a[1]?b[]=2"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ("https://中国。example/a", "https://xn--fiqs8s.example/a"),
        ("http://[2001:DB8::0:1]:8080/", "http://[2001:db8::1]:8080/"),
        ("https://East.test.:443/a", "https://east.test/a"),
        ("http://127.0.0.1.:81/", "http://127.0.0.1:81/"),
        ("https://example.com//a/../b/", "https://example.com//a/../b/"),
    ],
)
def test_the_canonical_form(url, expected):
    assert canonical(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://e.example/a?utm_source=rss&id=7&utm_medium=x", "https://e.example/a?id=7"),
        ("https://e.example/a?fbclid=abc", "https://e.example/a"),
        ("https://e.example/a?UTM_Campaign=x&b", "https://e.example/a?b"),
        ("https://e.example/a?b=1&amp;utm_source=rss", "https://e.example/a?b=1"),
        ("https://e.example/a?z=1&gclid=2&a=3&mc_eid=4", "https://e.example/a?z=1&a=3"),
        ("https://e.example/a?at_medium=RSS&at_campaign=K", "https://e.example/a"),
        ("https://e.example/a?", "https://e.example/a?"),
        ("https://e.example/a?b&&c=", "https://e.example/a?b&&c="),
    ],
)
def test_tracking_parameters_are_dropped_and_the_rest_stays_in_order(url, expected):
    assert canonical(url) == expected


DIFFERENT = [
    ("http://news.example/a", "https://news.example/a"),
    ("https://news.example/a", "https://www.news.example/a"),
    ("https://news.cn/a", "https://www.news.cn/a"),
    ("https://news.cn/", "https://cn/"),
    ("https://news.example/a", "https://news.example/a/"),
    ("https://news.example/a", "https://news.example/A"),
    ("https://news.example/?sid=123", "https://news.example/?sid=456"),
    ("https://news.example/?id=1", "https://news.example/?id=2"),
    ("https://news.example/?from=rss", "https://news.example/"),
    ("https://news.example/?ref=home", "https://news.example/"),
    ("https://news.example/?mod=viewthread&tid=1", "https://news.example/?tid=1"),
    ("https://news.example/?a=1&b=2", "https://news.example/?b=2&a=1"),
    ("https://news.example/%2F", "https://news.example//"),
    ("https://news.example:8443/", "https://news.example/"),
    ("https://m.news.example/a", "https://news.example/a"),
    ("https://faß.example/", "https://fass.example/"),
    ("https://news.example/index.html", "https://news.example/"),
    ("https://news.example/a;jsessionid=1", "https://news.example/a;jsessionid=2"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_urls_that_may_be_two_documents_stay_two(one, other):
    assert canonical(one) != canonical(other)


@given(
    st.sampled_from(DIFFERENT),
    st.lists(st.sampled_from(["utm_source=a", "gclid=b", "fbclid="]), min_size=1),
    st.sampled_from(["", "#x", "#"]),
)
def test_no_decoration_merges_them(pair, tracking, fragment):
    one, other = (
        canonical(url + ("&" if "?" in url else "?") + "&".join(tracking) + fragment)
        for url in pair
    )
    assert (one, other) == (canonical(pair[0]), canonical(pair[1]))


def test_an_empty_query_is_kept():
    assert canonical("https://news.example/a?") != canonical("https://news.example/a")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/a",
        "/a",
        "//example.com/a",
        "ftp://example.com/a",
        "file:///etc/hosts",
        "javascript:alert(1)",
        "data:text/html,x",
        "http:example.com",
        "http://",
        "http:///a",
        "http://:80/",
        "http://user@example.com/",
        "http://user:secret@example.com/",
        "http://example.com\\@other.example/",
        "http://exa mple.com/",
        "http://ex%61mple.com/",
        "http://a..b/",
        "http://./",
        "http://east.test../",
        "http://example.com:0/",
        "http://example.com:65536/",
        "http://example.com:8a/",
        "http://[::1/",
        "http://[fe80::1%eth0]/",
        "http://[nonsense]/",
        "http://℀.example/",
        "http://" + "a" * 64 + ".example/",
        "http://example.com/\ud800",
        "http://\ud800.example/",
        "http://example.com/" + "a" * MAX_LENGTH,
        "http://example.com/" + "中" * (MAX_LENGTH // 2),
    ],
)
def test_anything_but_a_plain_http_url_with_a_host_is_refused(url):
    with pytest.raises(UrlError):
        canonical(url)


URL_PIECES = (
    *("http://", "https://", "a", "Ü", "中", ".", ":", "80", "/", "?", "&", "=", "#", "%", "@"),
    *("utm_x", "[", "]", "::1", "\\", " ", "\t", "\x00", "\ud800", "。", "xn--", "ß", "İ", "|"),
)
URL_LIKE = st.lists(st.sampled_from(URL_PIECES) | st.text(max_size=5), max_size=20).map(
    lambda pieces: "https://host" + "".join(pieces)
)


@given(URL_LIKE | st.text(st.characters(codec=None, exclude_categories=())))
@example("http://host/?utm_a&amp;utm_b")
@example("http://host\u3002/")
def test_canonical_is_idempotent_and_raises_nothing_but_urlerror(url):
    try:
        once = canonical(url)
    except UrlError:
        return
    assert canonical(once) == once
    assert once.isascii()
    assert once.startswith(("http://", "https://"))
    assert origin(once) == origin(url)
    assert once.startswith(origin(once) + "/")


@given(st.text(st.characters(codec=None, exclude_categories=())), URL_LIKE | st.text())
def test_resolve_gives_an_absolute_url_or_none(base, link):
    found = resolve(base, link)
    assert found is None or resolve("", found) == found


@pytest.mark.parametrize(
    ("base", "link", "expected"),
    [
        ("https://e.example/a/b", "c", "https://e.example/a/c"),
        ("https://e.example/a/b", "../c?d=1", "https://e.example/c?d=1"),
        ("https://e.example/a", "//other.example/x", "https://other.example/x"),
        ("https://e.example/a", "?p=2", "https://e.example/a?p=2"),
        ("https://e.example/a", "#note", "https://e.example/a#note"),
        ("https://e.example/a", " https://o.example/x\n", "https://o.example/x"),
        ("https://e.example/a", "https://o.example/x?utm_id=1", "https://o.example/x?utm_id=1"),
        ("nonsense", "https://o.example/x", "https://o.example/x"),
        ("https://e.example/a", " ", None),
        ("https://e.example/a", "javascript:alert(1)", None),
        ("https://e.example/a", "mailto:a@b.example", None),
        ("https://e.example/a", "http://[bad", None),
        ("https://e.example/a", "//user@o.example/", None),
        ("file:///etc/", "passwd", None),
        ("", "a", None),
    ],
)
def test_links_are_resolved_against_their_base(base, link, expected):
    assert resolve(base, link) == expected


def test_host_and_origin_are_told_apart_by_the_port():
    assert host("https://News.Example:8443/a") == "news.example"
    assert host("https://news.example.:8443/a") == "news.example"
    assert origin("https://news.example./a") == "https://news.example"
    assert origin("https://News.Example:8443/a") == "https://news.example:8443"
    assert origin("https://news.example:443/a") == "https://news.example"
    assert host("http://[2001:db8::1]:80/") == "2001:db8::1"


@pytest.mark.parametrize("piece", ["a.", "中.", "&utm_a=", "%", "@", "[", ":", "\t", "?#", "../"])
def test_long_urls_are_quick(piece):
    url = ("http://e.example/" + piece * MAX_LENGTH)[:MAX_LENGTH]
    hosts = ("http://" + piece * MAX_LENGTH)[:MAX_LENGTH]

    def read():
        for given_url in (url, hosts):
            resolve("http://e.example/" + "a/" * 4_000, given_url)
            resolve("http://e.example/", (piece * MAX_LENGTH)[:MAX_LENGTH])

    assert machine.cpu_seconds(read) < 2
