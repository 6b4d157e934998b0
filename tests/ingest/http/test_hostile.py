"""Whatever a server sends, a fetch ends with a response or with a FetchError."""

import random

import pytest

from ingest.http import Fetcher, FetchError, Limits, Response
from ingest.text.sanitise import clean_line
from tests.site import Site, answers
from tests.support import machine

LIMITS = Limits(20_000, 50_000, 0.5)
ROUNDS = 150

HONEST = [
    b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "a"\r\n\r\nhello',
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: /next?a=b#c\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nLast-Modified: Tue, 01 Jul 2025 10:00:00 GMT\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip, br\r\n\r\n\x1f\x8b\x08\x00",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n<p>no</p>",
]
NOISE = [b"\r\n", b"\n", b"\x00", b":", b" ", b"\xff\xfe", b"-1", b"99999999999999999999", b";",
         b"chunked", b"gzip", b"\r\n ", b"HTTP/1.1 ", b"Location: ", b"\xe6\x96\xb0", b"%00",
         b"Content-Length: ", b"Transfer-Encoding: ", b"\x1b[2J", b"A" * 3_000]  # fmt: skip


def mutated(rng: random.Random) -> bytes:
    data = bytearray(rng.choice(HONEST))
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        end = at + rng.choice([0, 0, 1, 3, 20])
        data[at:end] = rng.choice([rng.choice(NOISE), rng.randbytes(rng.randint(1, 4)), b""])
    return bytes(data)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_answers_raise_nothing_but_fetch_errors(
    seed: int, site: Site, fetcher: Fetcher
) -> None:
    rng, longest = random.Random(seed), 0.0
    for _ in range(ROUNDS):
        data = mutated(rng)
        site.serve("/", answers.raw(data))
        try:
            answer = fetcher.get(site.url("/"), limits=LIMITS, accept="*/*")
        except FetchError as error:
            assert str(error) == clean_line(str(error)), data
        else:
            assert_clean(answer)
            longest = max(longest, answer.elapsed)
    assert longest < LIMITS.deadline + machine.scaled(5)


def assert_clean(answer: Response) -> None:
    assert answer.status >= 200
    for name, value in answer.headers.items():
        assert name == clean_line(name).lower()
        assert value == clean_line(value)
    assert len(answer.body) <= LIMITS.unpacked_bytes
