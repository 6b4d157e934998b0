"""Content codings undone a block at a time."""

import contextlib
import gzip
import random
import sys
import zlib
from collections.abc import Callable, Iterator
from functools import partial

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.http import TooLarge, Unreachable
from ingest.http.decoding import BLOCK, codings, unpack
from tests.site.answers import bomb_body

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PLENTY = 10_000_000
TEXT = random.Random(7).randbytes(150_000) + b"porcelain " * 20_000


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": partial(brotli.compress, quality=5),  # the default takes ten times as long
    "zstd": zstd.compress,
}


def pack(data: bytes, applied: list[str]) -> bytes:
    for name in applied:
        data = PACKERS[name](data)
    return data


def cut_up(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def unpacked(data: bytes, applied: list[str], *, size: int = 16_384, most: int = PLENTY) -> bytes:
    return b"".join(unpack(cut_up(data, size), applied, most=most))


@pytest.mark.parametrize("size", [7, 1_000, 10**9])
@pytest.mark.parametrize(
    "applied",
    [
        [],
        ["gzip"],
        ["x-gzip"],
        ["deflate"],
        ["br"],
        ["zstd"],
        ["gzip", "br"],
        ["zstd", "br", "gzip"],
    ],
)
def test_what_was_packed_comes_back_however_it_arrives(applied: list[str], size: int) -> None:
    assert unpacked(pack(TEXT, applied), applied, size=size) == TEXT


@pytest.mark.parametrize("applied", [["gzip"], ["deflate"], ["br"], ["zstd"], ["br", "gzip"]])
def test_no_block_is_much_larger_than_promised(applied: list[str]) -> None:
    blocks = list(unpack([pack(bytes(5_000_000), applied)], applied, most=PLENTY))
    assert max(map(len, blocks)) <= 2 * BLOCK
    assert sum(map(len, blocks)) == 5_000_000


@pytest.mark.parametrize("size", [1, 10**9])
def test_deflate_without_its_zlib_wrapper_is_read_too(size: int) -> None:
    data = raw_deflate(b"bare" * 1_000)
    assert unpacked(data, ["deflate"], size=size) == b"bare" * 1_000


@pytest.mark.parametrize("size", [1, 3, 10**9])
def test_several_gzip_members_are_one_body_and_padding_is_ignored(size: int) -> None:
    data = gzip.compress(b"a" * 90_000) + gzip.compress(b"") + gzip.compress(b"b") + b"\0\0\0"
    assert unpacked(data, ["gzip"], size=size) == b"a" * 90_000 + b"b"


@pytest.mark.parametrize("size", [1, 3, 10**9])
def test_several_zstd_frames_are_one_body(size: int) -> None:
    data = zstd.compress(b"a" * 90_000) + zstd.compress(b"") + zstd.compress(b"b")
    assert unpacked(data, ["zstd"], size=size) == b"a" * 90_000 + b"b"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_an_empty_body_is_empty_under_any_coding(coding: str) -> None:
    assert unpacked(b"", [coding]) == b""
    assert b"".join(unpack([b"", b""], [coding], most=PLENTY)) == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("kept", [1, 5, 0.3, 0.99, -1])
def test_a_body_that_was_cut_off_is_not_taken_for_whole(coding: str, kept: float) -> None:
    packed = pack(TEXT, [coding])
    end = int(kept * len(packed)) if 0 < kept < 1 else int(kept)
    with pytest.raises(Unreachable):
        unpacked(packed[:end], [coding])


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_plain_body_under_a_coding_is_damage(coding: str) -> None:
    with pytest.raises(Unreachable, match=r"cannot be unpacked|too early"):
        unpacked(b"<!doctype html><p>not packed at all</p>" * 50, [coding])


@given(st.sampled_from(["gzip", "deflate", "br", "zstd"]), st.integers(0, 2**32), st.binary())
def test_damage_anywhere_is_unreachable_or_harmless(coding: str, seed: int, noise: bytes) -> None:
    rng = random.Random(seed)
    packed = bytearray(pack(TEXT[:2_000], [coding]))
    at = rng.randrange(len(packed))
    packed[at : at + len(noise)] = noise
    with contextlib.suppress(Unreachable, TooLarge):
        unpacked(bytes(packed), [coding], most=100_000)


@pytest.mark.parametrize("applied", [[], ["gzip"], ["br"], ["gzip", "zstd"]])
def test_exactly_the_limit_passes_and_one_byte_more_does_not(applied: list[str]) -> None:
    packed = pack(TEXT, applied)
    assert unpacked(packed, applied, most=len(TEXT)) == TEXT
    handed: list[bytes] = []
    with pytest.raises(TooLarge):
        handed.extend(unpack([packed], applied, most=len(TEXT) - 1))
    assert b"".join(handed) == TEXT[:-1]


def test_an_inner_layer_that_grows_without_end_is_stopped() -> None:
    """Under the outer layer are gzip members, empty ones, without end."""
    empty = gzip.compress(b"")
    with pytest.raises(TooLarge):
        unpacked(gzip.compress(empty * 100_000), ["gzip", "gzip"], most=1_000_000)


def test_nothing_is_read_ahead_once_the_limit_is_reached() -> None:
    taken = 0

    def chunks() -> Iterator[bytes]:
        nonlocal taken
        for chunk in cut_up(bomb_body("gzip"), 1_000):
            taken += 1
            yield chunk

    with pytest.raises(TooLarge):
        for _ in unpack(chunks(), ["gzip"], most=1_000_000):
            pass
    assert taken <= 3


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("", []),
        ("gzip", ["gzip"]),
        ("GZip", ["gzip"]),
        (" gzip , br ", ["gzip", "br"]),
        ("identity", []),
        ("utf-8", []),
        ("none, gzip", ["gzip"]),
        ("gzip,,", ["gzip"]),
        (", ".join(["gzip"] * 5), ["gzip"] * 5),
    ],
)
def test_codings_are_read_in_the_order_of_their_application(field: str, names: list[str]) -> None:
    assert codings(field) == names


def test_a_tower_of_codings_is_not_climbed() -> None:
    with pytest.raises(Unreachable, match="6 times"):
        codings(", ".join(["gzip"] * 6))
