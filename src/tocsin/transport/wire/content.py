"""Bodies as they come off the wire: held to a size, and freed of gzip and deflate (RFC 9110, 8.4)."""

from __future__ import annotations

import zlib

from tocsin.errors import DecodeError


def too_large(limit: int) -> DecodeError:
    """The error for an answer past `limit` bytes."""
    return DecodeError(f"the answer is larger than max_body ({limit} bytes)")


def decode(raw: bytes, encoding: str, limit: int) -> bytes:
    """`raw` without its content encodings.

    Raises DecodeError for an encoding that was not asked for, for broken or cut-off data, and as soon as more
    than `limit` bytes come out of it.
    """
    body = raw
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        if name in {"", "identity"} or not body:
            continue
        if name in {"gzip", "x-gzip"}:
            body = _inflate(body, zlib.MAX_WBITS | 16, limit)
        elif name == "deflate":
            # RFC 9110, 8.4.1.2: zlib's wrapper; some servers send the bare stream.
            wrapped = body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
            body = _inflate(body, zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS, limit)
        else:
            raise DecodeError("the answer has a content encoding that was not asked for")
    return body


def _inflate(data: bytes, window: int, limit: int) -> bytes:
    pieces: list[bytes] = []
    room = limit + 1
    while data:
        # A gzip body may be several members one after the other (RFC 1952, 2.2).
        inflater = zlib.decompressobj(window)
        try:
            piece = inflater.decompress(data, room)
        except zlib.error:
            piece = None
        if piece is None:
            raise DecodeError("the answer's compressed body is broken")
        room -= len(piece)
        if room <= 0:
            raise too_large(limit)
        if not inflater.eof:
            raise DecodeError("the answer's compressed body is cut off")
        pieces.append(piece)
        data = inflater.unused_data
        if window < zlib.MAX_WBITS | 16:
            break
    return b"".join(pieces)
