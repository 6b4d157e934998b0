"""Pairs of URLs that may be two documents, and pairs that are one."""

from ingest.url import canonical
from tests.faults.rows import Row, row

_NEWS = "https://news.example"

# What identifies a document somewhere, though it looks like decoration elsewhere.
_MEANINGFUL = (
    "id", "sid", "tid", "aid", "nid", "pid", "cid", "p", "page", "pageno", "article", "articleId",
    "story", "storyid", "news_id", "newsid", "n", "q", "s", "lang", "language", "edition", "date",
    "year", "category", "cat", "tag", "type", "mod", "action", "view", "format", "output", "ref",
    "from", "source", "src", "partner", "via", "share", "session", "v", "version", "key", "doc",
    "docid", "file", "path", "url", "title", "slug", "utm", "utmx", "mc", "at", "at_id", "ga", "gl",
    "campaign", "medium", "content", "term", "channel", "fid", "guid", "uid", "ID", "Id",
)  # fmt: skip

DIFFERENT: tuple[tuple[str, str], ...] = (
    ("http://news.example/a", f"{_NEWS}/a"),
    (f"{_NEWS}/a", "https://www.news.example/a"),
    ("https://news.cn/a", "https://www.news.cn/a"),
    ("https://news.cn/", "https://cn/"),
    ("https://m.news.example/a", f"{_NEWS}/a"),
    ("https://en.news.example/a", "https://zh.news.example/a"),
    ("https://news.example.cn/a", f"{_NEWS}/a"),
    ("https://news.example:8443/", f"{_NEWS}/"),
    ("https://faß.example/", "https://fass.example/"),
    ("https://bücher.example/", "https://bucher.example/"),
    ("http://127.0.0.1/", "http://127.0.0.2/"),
    (f"{_NEWS}/a", f"{_NEWS}/a/"),
    (f"{_NEWS}/a", f"{_NEWS}/A"),
    (f"{_NEWS}/a", f"{_NEWS}//a"),
    (f"{_NEWS}/a", f"{_NEWS}/a.html"),
    (f"{_NEWS}/a", f"{_NEWS}/a/amp"),
    (f"{_NEWS}/a/b", f"{_NEWS}/a%2Fb"),
    (f"{_NEWS}/a+b", f"{_NEWS}/a%20b"),
    (f"{_NEWS}/%2F", f"{_NEWS}//"),
    (f"{_NEWS}/index.html", f"{_NEWS}/"),
    (f"{_NEWS}/a;jsessionid=1", f"{_NEWS}/a;jsessionid=2"),
    (f"{_NEWS}/a;1", f"{_NEWS}/a;2"),
    (f"{_NEWS}/caf\u00e9", f"{_NEWS}/cafe\u0301"),
    (f"{_NEWS}/新闻/1", f"{_NEWS}/新闻/2"),
    (f"{_NEWS}/2026/11/02", f"{_NEWS}/2026/11/2"),
    (f"{_NEWS}/zh-hans/a", f"{_NEWS}/zh-hant/a"),
    (f"{_NEWS}/a?", f"{_NEWS}/a"),
    (f"{_NEWS}/?a", f"{_NEWS}/?a="),
    (f"{_NEWS}/?a=1&b=2", f"{_NEWS}/?b=2&a=1"),
    (f"{_NEWS}/?a=1&a=2", f"{_NEWS}/?a=2"),
    (f"{_NEWS}/?a=B", f"{_NEWS}/?a=b"),
    (f"{_NEWS}/?12345", f"{_NEWS}/?12346"),
    (f"{_NEWS}/?mod=viewthread&tid=1", f"{_NEWS}/?tid=1"),
    *((f"{_NEWS}/?{name}=123", f"{_NEWS}/?{name}=456") for name in _MEANINGFUL),
    *((f"{_NEWS}/?{name}=1", f"{_NEWS}/") for name in _MEANINGFUL),
)

SAME: tuple[tuple[str, str], ...] = (
    (f"{_NEWS}/a", "HTTPS://News.Example:443/a#comments"),
    (f"{_NEWS}/a", "https://news.example./a"),
    ("http://news.example/a", "http://news.example:80/a"),
    (_NEWS, f"{_NEWS}/"),
    *(
        (f"{_NEWS}/a?id=1", f"{_NEWS}/a?{name}=x&id=1")
        for name in (
            "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "utm_id",
            "fbclid", "gclid", "dclid", "msclkid", "yclid", "igshid", "mc_cid", "mc_eid", "_ga",
            "at_medium", "at_campaign", "cmpid", "ftag", "mkt_tok", "UTM_SOURCE", "Fbclid",
        )
    ),
)  # fmt: skip


def urls() -> Row:
    merged = [pair for pair in DIFFERENT if canonical(pair[0]) == canonical(pair[1])]
    parted = [pair for pair in SAME if canonical(pair[0]) != canonical(pair[1])]
    return row(
        "pairs of URLs",
        times=len(DIFFERENT) + len(SAME),
        asked="0 wrong merges",
        measured=f"{len(merged)} of {len(DIFFERENT)} wrongly merged, "
        f"{len(parted)} of {len(SAME)} wrongly parted",
        lost=len(merged),
        duplicated=len(parted),
        ok=not merged and not parted,
    )
