"""What a simulated backend is, and what a test can see of its traffic."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Protocol, overload

import attrs
from starlette.types import ASGIApp

from tocsin.simulator.world import World

Clock = Callable[[], datetime]
"""Tells the aware time that a server takes for now."""

Json = Any
"""A decoded JSON value."""

Key = str | int | tuple[Json, ...]
"""What tells a row from the others of its resource; a tuple where several of its fields do together."""


HANG_UP = "tocsin.hang_up"
"""The key by which an app says, in its ASGI scope, that the connection closes behind its reply."""


def wall_clock() -> datetime:
    """The machine's own time, in UTC."""
    return datetime.now(UTC)


@attrs.frozen
class Seen:
    """One request as the server saw it.

    ``headers`` have lower-case names, and hold the credentials as they came. ``query`` is the raw query
    string. ``status`` is what was answered, or None when the connection was closed without an answer.
    """

    backend: str
    method: str
    path: str
    query: str
    status: int | None
    headers: Mapping[str, str]
    body: bytes
    when: datetime


class Log(Sequence[Seen]):
    """The requests in the order of their answers; safe to read while the servers run."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen: tuple[Seen, ...] = ()
        self._new: list[Seen] = []

    def add(self, seen: Seen) -> None:
        """Append one request."""
        with self._lock:
            self._new.append(seen)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._seen = ()
            self._new.clear()

    def _snapshot(self) -> tuple[Seen, ...]:
        with self._lock:
            if self._new:
                self._seen += tuple(self._new)
                self._new.clear()
            return self._seen

    @overload
    def __getitem__(self, index: int) -> Seen: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Seen]: ...

    def __getitem__(self, index: int | slice) -> Seen | Sequence[Seen]:
        return self._snapshot()[index]

    def __iter__(self) -> Iterator[Seen]:
        return iter(self._snapshot())

    def __len__(self) -> int:
        return len(self._snapshot())


class Backend(Protocol):
    """One simulated API: a package gives one of these, made by a factory ``(World, Clock) -> Backend``."""

    @property
    def name(self) -> str:
        """The name in ``Simulator(backends=...)`` and in the endpoints."""
        ...

    @property
    def app(self) -> ASGIApp:
        """The server, mounted at the root of a port of its own."""
        ...

    def endpoints(self, origin: str) -> Mapping[str, str]:
        """What a client must know: base URL and credentials, for a server at ``origin``."""
        ...

    def token_life(self, seconds: float | None) -> None:
        """Make tokens issued from now on live so long; None is the backend's own life."""
        ...

    def is_sign_in(self, method: str, path: str) -> bool:
        """Whether the request signs in, so that faults leave it alone."""
        ...

    def is_page(self, method: str, path: str) -> bool:
        """Whether the request reads a page of a list, so that the faults of pages can hit it."""
        ...

    def shift(self) -> None:
        """Add a row at the front of the lists, as if it happened between two pages."""
        ...

    def repeat_cursor(self, url: str, page: Json) -> Json:
        """``page`` with its way to the next page replaced by the way to itself, which is ``url``."""
        ...

    def break_row(self, page: Json) -> Json:
        """``page`` with one row that no client can decode."""
        ...

    def held(self) -> Mapping[str, Collection[Key]]:
        """By resource, every row that the endpoint's own user may read, looked up and not asked for."""
        ...


Factory = Callable[[World, Clock], Backend]
