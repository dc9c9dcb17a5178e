"""Small raw-socket servers in threads, for what no HTTP framework can be made to do; usable from any loop."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Self

from attrs import field, frozen


@frozen
class Seen:
    """One request as the server read it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    #: Which connection brought it, counted from 1.
    connection: int


class Peer:
    """One accepted connection, as a behaviour sees it."""

    def __init__(self, server: Stub, sock: socket.socket, number: int) -> None:
        self.server = server
        self.sock = sock
        self.number = number
        self._buffer = b""

    def read(self) -> Seen | None:
        """The next whole request, recorded in `server.seen`; None at the end of the connection."""
        while b"\r\n\r\n" not in self._buffer:
            piece = self.sock.recv(65536)
            if not piece:
                return None
            self._buffer += piece
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(rest) < length:
            piece = self.sock.recv(65536)
            if not piece:
                return None
            rest += piece
        self._buffer = rest[length:]
        seen = Seen(method, target, headers, rest[:length], self.number)
        self.server.note(seen)
        return seen

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        self.sock.sendall(data)

    def answer(self, body: bytes = b"{}", *headers: bytes, status: bytes = b"200 OK") -> None:
        """Send a whole answer."""
        head = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
        self.send(b"\r\n".join(head) + b"\r\n\r\n" + body)

    def wait_for_bytes(self) -> None:
        """Return when something has arrived, which is left unread."""
        self.sock.recv(1, socket.MSG_PEEK)

    def hold(self) -> None:
        """Do nothing until the client closes or the server ends."""
        while self.sock.recv(65536):
            pass

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


Behaviour = Callable[[Peer], None]


class Stub:
    """A server on a free port of 127.0.0.1 that does one thing with every connection."""

    def __init__(self, behave: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._behave = behave
        self._tls = tls
        self._changed = threading.Condition()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.seen: list[Seen] = []
        #: Connections accepted, ever.
        self.accepted = 0
        #: Set when the server ends; behaviours wait on it instead of sleeping.
        self.ending = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """The origin, without a slash behind it."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def open(self) -> int:
        """Connections that neither side has closed."""
        with self._changed:
            return len(self._open)

    def note(self, seen: Seen) -> None:
        """Record a request."""
        with self._changed:
            self.seen.append(seen)
            self._changed.notify_all()

    def wait_seen(self, count: int, timeout: float = 5) -> bool:
        """Block until `count` requests were read; False if that takes longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.seen) >= count, timeout)

    def wait_open(self, at_most: int, timeout: float = 5) -> bool:
        """Block until `at_most` connections are open; False if that takes longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._open) <= at_most, timeout)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._changed:
            for sock in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(5)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                self.accepted += 1
                number = self.accepted
                self._open.add(sock)
            thread = threading.Thread(target=self._serve, args=(sock, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket, number: int) -> None:
        sock = plain
        try:
            with suppress(OSError):
                if self._tls is not None:
                    sock = self._tls.wrap_socket(plain, server_side=True)
                    with self._changed:
                        self._open.discard(plain)
                        self._open.add(sock)
                self._behave(Peer(self, sock, number))
        finally:
            with suppress(OSError):
                sock.close()
            plain.close()
            with self._changed:
                self._open -= {plain, sock}
                self._changed.notify_all()


def answering(body: bytes = b"{}", *headers: bytes, status: bytes = b"200 OK") -> Behaviour:
    """Answer every request in the same way."""

    def behave(peer: Peer) -> None:
        while peer.read():
            peer.answer(body, *headers, status=status)

    return behave


def sending(data: bytes, *, then_close: bool) -> Behaviour:
    """Read one request and send these bytes; then close, or stay silent."""

    def behave(peer: Peer) -> None:
        if peer.read():
            peer.send(data)
            if not then_close:
                peer.hold()

    return behave


def silent(peer: Peer) -> None:
    """Read one request and never answer."""
    peer.read()
    peer.hold()


def reset_unread(peer: Peer) -> None:
    """Reset the connection when a request has arrived, without reading it."""
    peer.wait_for_bytes()
    peer.reset()


def reset_read(peer: Peer) -> None:
    """Read one request and reset the connection."""
    peer.read()
    peer.reset()


def dripping(peer: Peer) -> None:
    """Send a body a byte at a time, for ever."""
    if peer.read():
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not peer.server.ending.wait(0.02):
            peer.send(b"x")


def endless(peer: Peer) -> None:
    """Send a chunked body without an end, as fast as it is taken."""
    if peer.read():
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"%x\r\n%s\r\n" % (65536, b"x" * 65536)
        while True:
            peer.send(chunk)


@contextmanager
def refusing() -> Iterator[str]:
    """The origin of a port that nobody listens on, and that nobody else gets meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@frozen
class ProxyRules:
    """What a proxy asks for and does."""

    #: The value that Proxy-Authorization must have, if any.
    authorization: str | None = None
    #: Refuse everything with this status line.
    refuse: bytes | None = field(default=None)


def proxying(rules: ProxyRules) -> Behaviour:
    """A forward proxy: CONNECT, and plain requests in absolute form."""

    def behave(peer: Peer) -> None:
        while seen := peer.read():
            if rules.refuse is not None:
                peer.answer(b"", status=rules.refuse)
            elif rules.authorization not in {None, seen.headers.get("proxy-authorization")}:
                peer.answer(b"", status=b"407 Proxy Authentication Required")
            elif seen.method == "CONNECT":
                host, _, port = seen.target.rpartition(":")
                with socket.create_connection((host, int(port))) as upstream:
                    peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    _pipe(peer, upstream)
                return
            else:
                _forward(peer, seen)

    return behave


def _forward(peer: Peer, seen: Seen) -> None:
    authority, slash, rest = seen.target.removeprefix("http://").partition("/")
    host, _, port = authority.rpartition(":")
    lines = [f"{seen.method} {slash}{rest} HTTP/1.1", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in seen.headers.items() if not name.startswith("proxy-")]
    with socket.create_connection((host, int(port))) as upstream:
        upstream.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + seen.body)
        upstream.shutdown(socket.SHUT_WR)
        while piece := upstream.recv(65536):
            peer.send(piece)


def _pipe(peer: Peer, upstream: socket.socket) -> None:
    def back() -> None:
        with suppress(OSError):
            while piece := upstream.recv(65536):
                peer.sock.sendall(piece)
            peer.sock.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=back, daemon=True)
    thread.start()
    with suppress(OSError):
        while piece := peer.sock.recv(65536):
            upstream.sendall(piece)
        upstream.shutdown(socket.SHUT_WR)
    thread.join(5)
