"""The wire over httpx's transports: asyncio and trio, and whatever transport a user brings along."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import httpx
from attrs import define, frozen

from tocsin.errors import ConfigError, DecodeError, MaybeSentError, NotSentError, TocsinError
from tocsin.options import Timeouts
from tocsin.transport.messages import Headers
from tocsin.transport.wire import Answer, content, faults, logs, outgoing, tls
from tocsin.transport.wire.healing import Connections, LentTransport, MadeTransport, Transports
from tocsin.transport.wire.proxies import ProxyServer, read_proxies

if TYPE_CHECKING:
    from tocsin.transport.wire import WireSettings

#: Connections beyond Limits.concurrency, so that a few lost slots do not slow anything down.
_RESERVE = 4
#: Bytes of a body that are written at once, within Timeouts.write.
_PIECE = 64 * 1024
#: Seconds that an idle connection is kept for the next request.
_KEEPALIVE = 15.0

FAULTS: faults.Faults = {
    **faults.COMMON,
    httpx.HTTPError: (MaybeSentError, "the exchange failed"),
    httpx.HTTPStatusError: (MaybeSentError, "the transport refused the answer's status"),
    httpx.RequestError: (MaybeSentError, "the exchange failed"),
    httpx.TransportError: (MaybeSentError, "the connection failed"),
    httpx.TimeoutException: (MaybeSentError, "time ran out"),
    httpx.ConnectTimeout: (NotSentError, "no connection in time"),
    httpx.PoolTimeout: (NotSentError, "no free connection in time"),
    httpx.ReadTimeout: (MaybeSentError, "no answer in time"),
    httpx.WriteTimeout: (MaybeSentError, "the server did not take the request in time"),
    httpx.NetworkError: (MaybeSentError, "the connection broke"),
    httpx.ConnectError: (NotSentError, "cannot connect"),
    httpx.ReadError: (MaybeSentError, "the connection broke while the answer was read"),
    httpx.WriteError: (MaybeSentError, "the connection broke while the request was sent"),
    httpx.CloseError: (MaybeSentError, "the connection broke while it was closed"),
    httpx.ProxyError: (NotSentError, "the proxy refused"),
    httpx.UnsupportedProtocol: (NotSentError, "only http and https can be used"),
    httpx.ProtocolError: (MaybeSentError, "not HTTP as it should be"),
    httpx.LocalProtocolError: (NotSentError, "HTTP does not allow this request"),
    httpx.RemoteProtocolError: (MaybeSentError, "the server broke off or did not answer in HTTP"),
    httpx.TooManyRedirects: (MaybeSentError, "too many redirects"),
    httpx.DecodingError: (DecodeError, "the answer's content encoding is broken"),
    httpx.InvalidURL: (NotSentError, "not a URL that can be used"),
    httpx.CookieConflict: (MaybeSentError, "the transport stumbled over cookies"),
    httpx.StreamError: (MaybeSentError, "the answer's stream was misused"),
}
#: HTTP/2, which only a transport from elsewhere speaks, raises LocalProtocolError after sending, too.
LENT_FAULTS: faults.Faults = {
    **FAULTS,
    httpx.LocalProtocolError: (MaybeSentError, "the HTTP connection came to a wrong state"),
}
_LOGGERS = ("httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")


@frozen
class _Route:
    """What is the same for all requests to one origin."""

    transports: Transports
    host: tuple[bytes, bytes]


class HttpxWire:
    """Carries requests over `httpx.AsyncHTTPTransport`, or over a transport that the user brings.

    Args:
        settings: limits, TLS and proxies.
        transport: None for our own transports; an instance, which is neither replaced nor closed; or a
            factory, whose pool should have at least `Limits.concurrency` connections: a request that waits
            for one until `Timeouts.connect` is over makes it be called again.

    Raises ConfigError for a transport together with verify, cert or proxy.
    """

    def __init__(
        self,
        settings: WireSettings,
        transport: httpx.AsyncBaseTransport | Callable[[], httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        self._settings = settings
        self._limits = settings.limits
        self._own = transport is None
        self._faults = FAULTS if self._own else LENT_FAULTS
        self._known = tuple(self._faults)
        self._headers = outgoing.Prepared(_prepare)
        self._routes: dict[str, _Route] = {}
        self._transports: list[Transports] = []
        self._tls: ssl.SSLContext | None = None
        self._closed = False
        self._lent: Transports | None = None
        if transport is not None:
            if settings.verify is not True or settings.cert is not None or settings.proxy is not None:
                raise ConfigError("verify, cert and proxy cannot be given together with a transport")
            self._lent = _lent(transport)
            self._transports.append(self._lent)
        self._proxies = read_proxies(settings.proxy, trust_env=settings.trust_env and self._own)
        logs.hush(*_LOGGERS)

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, timeouts: Timeouts
    ) -> Answer:
        """See `Wire.send`."""
        failure: TocsinError
        ours = logs.ours.set(True)
        try:
            if timeouts.attempt is None:
                return await self._send(method, url, headers, body, timeouts, None)
            progress = _Progress()
            with anyio.move_on_after(timeouts.attempt):
                return await self._send(method, url, headers, body, timeouts, progress)
            failure = progress.late()
        except TocsinError as error:
            failure = error.with_traceback(None)
        except self._known as error:
            failure = faults.explain(error, self._faults)
        finally:
            logs.ours.reset(ours)
        # Raised here, and with these names gone, so that no traceback shows what was sent.
        url, headers, body = "", {}, b""
        raise failure

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        timeouts: Timeouts,
        progress: _Progress | None,
    ) -> Answer:
        if self._closed:
            raise ConfigError("this client is closed")
        origin = outgoing.origin_of(url)
        outgoing.check_method(method)
        route = self._routes.get(origin) or await self._open_route(origin)
        raw = _framed(self._headers.get(headers), route.host, method, body)
        exchange = partial(self._exchange, method, url, raw, body, timeouts, progress)
        return await route.transports.run(exchange, timeouts.connect)

    async def _exchange(
        self,
        method: str,
        url: str,
        headers: list[tuple[bytes, bytes]],
        body: bytes,
        timeouts: Timeouts,
        progress: _Progress | None,
        transport: httpx.AsyncBaseTransport,
    ) -> Answer:
        extensions: dict[str, Any] = {"timeout": _httpx_timeouts(timeouts)}
        if progress is not None:
            extensions["trace"] = progress.note
        request = httpx.Request(method, url, headers=headers, stream=_Body(body), extensions=extensions)
        response = await transport.handle_async_request(request)
        stream = response.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise ConfigError("the transport answered with a stream that is not async")
        try:
            raw = await self._read(method, response, stream)
        finally:
            with anyio.CancelScope(shield=True):
                await stream.aclose()
        encoding = response.headers.get("content-encoding")
        if encoding:
            raw = content.decode(raw, encoding, self._limits.max_body)
        return Answer(response.status_code, Headers(tuple(response.headers.raw)), raw)

    async def _read(self, method: str, response: httpx.Response, stream: httpx.AsyncByteStream) -> bytes:
        limit = self._limits.max_body
        length = response.headers.get("content-length", "")
        if method != "HEAD" and length.isdecimal() and int(length) > limit:
            raise content.too_large(limit)
        pieces: list[bytes] = []
        size = 0
        # A body that grows too large is cancelled, which ends the generators below in good order: left half
        # run, they would be the garbage collector's, of which trio complains.
        with anyio.CancelScope() as reading:
            async for piece in stream:
                size += len(piece)
                if size <= limit:
                    pieces.append(piece)
                elif not reading.cancel_called:
                    pieces.clear()
                    reading.cancel()
        if size > limit:
            raise content.too_large(limit)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _open_route(self, origin: str) -> _Route:
        scheme, _, host = origin.partition("://")
        server = self._proxies.pick(origin)
        if self._lent is None and "https" in {scheme, server.scheme if server else ""}:
            self._tls = self._tls or await self._make_tls()
            if origin in self._routes:  # made by another call meanwhile
                return self._routes[origin]
        transports = self._lent or self._open_connections(scheme, server)
        default_port = ":443" if scheme == "https" else ":80"
        route = _Route(transports, (b"Host", host.removesuffix(default_port).encode("ascii")))
        self._routes[origin] = route
        return route

    async def _make_tls(self) -> ssl.SSLContext:
        settings = self._settings
        made = await anyio.to_thread.run_sync(
            partial(tls.context, settings.verify, settings.cert, trust_env=settings.trust_env)
        )
        if self._closed:
            raise ConfigError("this client is closed")
        return made

    def _open_connections(self, scheme: str, server: ProxyServer | None) -> Connections:
        # For http alone a context that trusts nobody will do: it is cheap, and never used.
        trusted = self._tls if scheme == "https" and self._tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        make = partial(
            httpx.AsyncHTTPTransport,
            verify=trusted,
            trust_env=False,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_KEEPALIVE),
            proxy=self._httpx_proxy(server) if server is not None else None,
        )
        limit = self._limits.connections or self._limits.concurrency + _RESERVE
        connections = Connections(make, limit, _KEEPALIVE)
        self._transports.append(connections)
        return connections

    def _httpx_proxy(self, server: ProxyServer) -> httpx.Proxy:
        if server.socks:
            from importlib.util import find_spec

            if find_spec("socksio") is None:
                raise ConfigError('a SOCKS proxy needs socksio: pip install "httpx[socks]"')
        secured = self._tls if server.scheme == "https" else None
        return httpx.Proxy(server.url, ssl_context=secured, auth=server.credentials)

    async def aclose(self) -> None:
        """See `Wire.aclose`."""
        self._closed = True
        for transports in self._transports:
            await transports.aclose()


class _Body(httpx.AsyncByteStream):
    """A request's body, in pieces that are timed one by one.

    No async generator: trio complains of one that a broken connection leaves half run.
    """

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        body = self._body
        return _Pieces(body[start : start + _PIECE] for start in range(0, len(body), _PIECE))


class _Pieces(AsyncIterator[bytes]):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration


def _lent(transport: httpx.AsyncBaseTransport | Callable[[], httpx.AsyncBaseTransport]) -> Transports:
    if isinstance(transport, httpx.AsyncBaseTransport):
        return LentTransport(transport)
    if not callable(transport):
        raise ConfigError(
            'transport must be "auto", "httpx", "aiohttp", an httpx.AsyncBaseTransport or a factory of one, '
            f"not {type(transport).__name__}"
        )
    return MadeTransport(transport)


def _prepare(headers: Mapping[str, str]) -> tuple[list[tuple[bytes, bytes]], bool]:
    """Headers as bytes, and whether Host is among them."""
    raw = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    names = {name.lower() for name in headers}
    if "accept-encoding" not in names:
        raw.append((b"Accept-Encoding", outgoing.ACCEPT_ENCODING.encode("ascii")))
    return raw, "host" in names


def _framed(
    prepared: tuple[list[tuple[bytes, bytes]], bool], host: tuple[bytes, bytes], method: str, body: bytes
) -> list[tuple[bytes, bytes]]:
    headers, has_host = prepared
    framed = headers[:] if has_host else [host, *headers]
    if body or method in {"POST", "PUT", "PATCH"}:
        framed.append((b"Content-Length", b"%d" % len(body)))
    return framed


@lru_cache(maxsize=64)
def _httpx_timeouts(timeouts: Timeouts) -> dict[str, float | None]:
    return {
        "connect": timeouts.connect,
        "read": timeouts.read,
        "write": timeouts.write,
        "pool": timeouts.connect,
    }


@define
class _Progress:
    """How far an attempt has come, as the transport tells."""

    connecting: bool = False
    sending: bool = False

    async def note(self, event: str, _info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.started":
            self.connecting = True
        elif event.endswith(".send_request_headers.started"):
            self.sending = True

    def late(self) -> NotSentError | MaybeSentError:
        if self.connecting and not self.sending:
            return NotSentError("time ran out for this attempt while it was connecting")
        return MaybeSentError("time ran out for this attempt")
