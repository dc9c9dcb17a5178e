"""The wires: the only modules that import an HTTP library.

A wire carries one request as it stands and reads its answer whole. It never sends twice, follows a redirect,
keeps a cookie or logs, and every error of the library below it comes out as NotSentError (nothing left), as
MaybeSentError (the server may have acted) or as DecodeError (an answer past `max_body`). Cancelling a send
leaks nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from anyio import get_cancelled_exc_class
from attrs import field, frozen

from tocsin.errors import ConfigError
from tocsin.options import Limits, Timeouts
from tocsin.transport.messages import Headers

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    import httpx


@frozen
class Answer:
    """What came back over a wire, read to its end."""

    status: int
    headers: Headers
    body: bytes = field(repr=False)


class Wire(Protocol):
    """One way to carry requests. Bound to the event loop of its first `send`."""

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, timeouts: Timeouts
    ) -> Answer:
        """Carry one request; `url` is absolute and already encoded.

        Raises NotSentError, MaybeSentError or DecodeError, and ConfigError for TLS files or a proxy that cannot
        be used and after `aclose`; their texts name no URL and no secret.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections. Closing twice is fine."""
        ...


if TYPE_CHECKING:
    #: What `transport=` takes: a name, a transport of httpx, or what makes one.
    TransportChoice = str | httpx.AsyncBaseTransport | Callable[[], httpx.AsyncBaseTransport]
    #: What `verify=` takes: True (see `tls.context`), False, a CA bundle's file or folder, or a context.
    Verify = bool | str | ssl.SSLContext
    #: What `cert=` takes: a PEM file, or certificate and key (and the key's password).
    Cert = str | tuple[str, str] | tuple[str, str, str]
    #: What `proxy=` takes: one URL for all, or a URL (or None) for each of "http" and "https".
    Proxy = str | Mapping[str, str | None]


@frozen(kw_only=True)
class WireSettings:
    """All that it takes to make a wire."""

    limits: Limits = field(factory=Limits)
    verify: Verify = True
    cert: Cert | None = field(default=None, repr=False)
    proxy: Proxy | None = field(default=None, repr=False)
    trust_env: bool = True
    transport: TransportChoice = "auto"


def open_wire(settings: WireSettings) -> Wire:
    """The wire that the settings ask for. Must be called inside the event loop that will use it.

    "auto" means TOCSIN_TRANSPORT if that is set, else aiohttp where it is installed and asyncio runs,
    else httpx.
    Raises ConfigError for an unknown name, and for aiohttp asked by name where it cannot work.
    """
    choice: Any = settings.transport
    if choice == "auto":
        choice = os.environ.get("TOCSIN_TRANSPORT") or "auto"
    if choice == "auto":
        choice = "aiohttp" if _aiohttp_fits() else "httpx"
    if choice == "aiohttp":
        if not _runs_asyncio():
            raise ConfigError('transport="aiohttp" works on asyncio only; on trio use "httpx" or "auto"')
        try:
            from tocsin.transport.wire.aiohttp_wire import AiohttpWire
        except ImportError:
            raise ConfigError('transport="aiohttp" needs aiohttp: pip install "tocsin[fast]"') from None
        return AiohttpWire(settings)
    if isinstance(choice, str) and choice != "httpx":
        raise ConfigError(f'transport must be "auto", "httpx" or "aiohttp", not {choice!r}')
    from tocsin.transport.wire.httpx_wire import HttpxWire

    return HttpxWire(settings, None if isinstance(choice, str) else choice)


def _runs_asyncio() -> bool:
    # The cancellation of the running loop tells which library it is, without importing either.
    return get_cancelled_exc_class().__module__.partition(".")[0] == "asyncio"


def _aiohttp_fits() -> bool:
    from importlib.util import find_spec

    return _runs_asyncio() and find_spec("aiohttp") is not None
