"""A farm of generated outlets on loopback for the bench, in a process of its own.

`python -m tests.bench.farm --feeds N --articles M` prints its address and serves until it is
ended. The same shape as any farm that the bench can be pointed at: GET /_list names the feeds.
"""

import argparse
import html
import random
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# The seed makes two runs serve the same bytes.
SEED = 20261102
# A page of a news site weighs some 150 kB and 2,000 elements, of which the text is 3 kB in 12.
# Such pages cost bare extraction as much as 181 real ones do (17 ms on one core).
BOILERPLATE_ITEMS = 250
PARAGRAPHS = 12

_WORDS = [
    "tariff",
    "soybean",
    "envoy",
    "quota",
    "harbour",
    "delegation",
    "statement",
    "border",
    "budget",
    "school",
    "river",
    "storm",
    "market",
    "council",
    "region",
    "harvest",
    "court",
    "museum",
    "engine",
    "bridge",
    "forecast",
    "committee",
    "hospital",
    "union",
    "rail",
    "ferry",
    "orchard",
    "glacier",
    "festival",
    "league",
    "novel",
    "archive",
    "minister",
    "Washington",
    "Beijing",
    "the",
    "of",
    "and",
    "in",
    "to",
    "a",
]


def _sentence(rng: random.Random) -> str:
    return " ".join(rng.choice(_WORDS) for _ in range(rng.randint(9, 22))).capitalize() + "."


def _page(rng: random.Random, title: str) -> bytes:
    boilerplate = "".join(
        f'<li class="teaser"><div class="card card--{n}"><figure><picture><img src="/i/{n}.jpg">'
        f"</picture><figcaption>{_sentence(rng)[:40]}</figcaption></figure><h3><a href='/s/{n}'>"
        f"<span>{_sentence(rng)[:60]}</span></a></h3><p><time>today</time></p></div></li>"
        for n in range(BOILERPLATE_ITEMS)
    )
    body = "".join(
        f"<p>{' '.join(_sentence(rng) for _ in range(3))}</p>" for _ in range(PARAGRAPHS)
    )
    script = "<script>" + "var a = {b: 1};" * 1500 + "</script>"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"{script}</head><body><nav><ul>{boilerplate}</ul></nav><main><article><h1>{title}</h1>"
        f"{body}</article></main><aside><ul>{boilerplate}</ul></aside></body></html>"
    ).encode()


def _build(feeds: int, articles: int, address: str) -> dict[str, tuple[str, bytes]]:
    rng = random.Random(SEED)
    pages: dict[str, tuple[str, bytes]] = {}
    for feed in range(feeds):
        items = ""
        for article in range(articles):
            title = html.escape(f"{_sentence(rng)[:70]} {feed}-{article}")
            path = f"/outlet{feed}/story-{article}.html"
            pages[path] = "text/html; charset=utf-8", _page(rng, title)
            items += (
                f"<item><title>{title}</title><link>{address}{path}?utm_source=rss</link>"
                f"<guid>{feed}-{article}</guid><pubDate>{formatdate(usegmt=True)}</pubDate></item>"
            )
        rss = f'<rss version="2.0"><channel><title>Outlet {feed}</title>{items}</channel></rss>'
        pages[f"/outlet{feed}/rss.xml"] = "application/rss+xml", rss.encode()
    listed = "\n".join(f"{address}/outlet{feed}/rss.xml" for feed in range(feeds))
    pages["/_list"] = "text/plain", listed.encode()
    return pages


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=10)
    parser.add_argument("--articles", type=int, default=50)
    arguments = parser.parse_args()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """The bench prints figures, not requests."""

        def do_GET(self) -> None:
            kind, body = pages.get(self.path, ("text/plain", b""))
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    address = f"http://127.0.0.1:{server.server_port}"
    pages = _build(arguments.feeds, arguments.articles, address)
    print(address, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
