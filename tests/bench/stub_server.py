"""A server that costs next to nothing: prepared bodies over keep-alive connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

#: Makes a body, given the path with its query, and the headers as they came.
Answer = Callable[[bytes, bytes], bytes]


class _Connection(asyncio.Protocol):
    def __init__(self, answer: Answer, headers: bytes) -> None:
        self.answer = answer
        self.headers = headers
        self.transport: asyncio.Transport
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request; none of them has a body."""
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            line, _, rest = head.partition(b"\r\n")
            body = self.answer(line.split(b" ")[1], rest)
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nServer: stub\r\nContent-Type: application/json\r\n"
                b"%bContent-Length: %d\r\n\r\n%b" % (self.headers, len(body), body)
            )


def host_of(headers: bytes) -> bytes:
    """Whom the request was sent to."""
    return next(line[6:] for line in headers.split(b"\r\n") if line.lower().startswith(b"host: "))


def serve(answer: Answer, headers: bytes) -> None:
    """Print a port, and serve there until killed. `headers` go with every answer, each with its line's end."""

    async def forever() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(answer, headers), "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(forever())
