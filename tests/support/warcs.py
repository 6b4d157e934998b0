"""WARC files written by hand after ISO 28500, as tools other than ours write them."""

import gzip

HTML = {"Content-Type": "text/html; charset=utf-8"}
DATE = "2025-03-04T05:06:07Z"


def record(
    uri: str,
    body: bytes,
    *,
    kind: str = "response",
    status: str = "200 OK",
    headers: dict[str, str] | None = None,
    date: str = DATE,
    length: int | None = None,
    version: str = "1.0",
    **fields: str,
) -> bytes:
    """One record; `fields` are further WARC fields, underscores for hyphens."""
    http = "".join(f"{k}: {v}\r\n" for k, v in (HTML if headers is None else headers).items())
    block = f"HTTP/1.1 {status}\r\n{http}\r\n".encode() + body if kind != "metadata" else body
    extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    size = len(block) if length is None else length
    head = (
        f"WARC/{version}\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {uri}\r\nWARC-Date: {date}\r\n"
        "WARC-Record-ID: <urn:uuid:92283950-ef2f-4d72-b224-f54c6ec90bb0>\r\n"
        f"Content-Type: application/http;msgtype={kind}\r\n{extra}Content-Length: {size}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def info() -> bytes:
    """The record with which most archives begin."""
    said = b"software: Another/1.0\r\nformat: WARC File Format 1.0\r\n"
    return (
        b"WARC/1.0\r\nWARC-Type: warcinfo\r\nWARC-Date: 2025-03-04T05:06:00Z\r\n"
        b"WARC-Record-ID: <urn:uuid:d7ae5c10-e6b3-4d27-967d-34780c58ba39>\r\n"
        b"Content-Type: application/warc-fields\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n"
        % (len(said), said)
    )


def gzipped(*records: bytes) -> bytes:
    """Each record a gzip member of its own."""
    return b"".join(map(gzip.compress, records))


def chunked(body: bytes, size: int = 100) -> bytes:
    """A body in the chunks of HTTP/1.1."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""])
