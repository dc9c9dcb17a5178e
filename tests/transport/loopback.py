"""A small HTTP server on a real socket, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

import anyio
import msgspec
from attrs import define, field, frozen


@frozen
class Seen:
    """One request as the server read it."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def token(self) -> str | None:
        return self.headers.get("authorization")


@frozen
class Said:
    """What the server answers; `raw` goes out as it is, and the connection is closed."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(factory=dict[str, str])
    raw: bytes | None = None


Handler = Callable[[Seen], Awaitable[Said]]


@define
class Loopback:
    """What the server saw."""

    handler: Handler
    url: str = ""
    seen: list[Seen] = field(factory=list)
    open: int = 0
    opened: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.opened += 1
        try:
            while (seen := await read(reader)) is not None:
                self.seen.append(seen)
                said = await self.handler(seen)
                writer.write(said.raw if said.raw is not None else encode(said))
                await writer.drain()
                if said.raw is not None:
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            writer.close()


async def read(reader: asyncio.StreamReader) -> Seen | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Seen(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def encode(said: Said) -> bytes:
    headers = {"content-type": "application/json", "content-length": str(len(said.body)), **said.headers}
    lines = [f"HTTP/1.1 {said.status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + said.body


@contextmanager
def loopback(handler: Handler) -> Iterator[Loopback]:
    """Serve until the block ends."""
    server = Loopback(handler)
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    done = asyncio.Event()

    async def main() -> None:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, backlog=2048)
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/api"
        ready.set()
        await done.wait()
        listening.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
        loop.close()


@define
class TokenServer:
    """Hands out tokens, and takes only the newest."""

    logins: int = 0
    good: str | None = None
    #: Set to hold sign-ins back, from the other thread.
    hold: threading.Event = field(factory=threading.Event)

    def __attrs_post_init__(self) -> None:
        self.hold.set()

    async def __call__(self, seen: Seen) -> Said:
        if seen.target.endswith("/login"):
            self.logins += 1
            number = self.logins
            await until(self.hold.is_set)
            self.good = f"token-{number}"
            return Said(body=msgspec.json.encode({"token": self.good}))
        return Said(200 if seen.token == f"Token {self.good}" else 401)


async def until(condition: Callable[[], object]) -> None:
    """Wait for what happens in the server's thread, five seconds at most."""
    with anyio.fail_after(5):
        while not condition():  # noqa: ASYNC110 - the other thread has no event of this loop
            await anyio.sleep(0.001)
