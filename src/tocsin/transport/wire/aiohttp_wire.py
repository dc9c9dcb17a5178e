"""The wire over aiohttp: asyncio only, and the cheapest per request."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import aiohttp
from attrs import define, frozen
from multidict import CIMultiDict
from yarl import URL

from tocsin.errors import ConfigError, DecodeError, MaybeSentError, NotSentError, TocsinError
from tocsin.options import Timeouts
from tocsin.transport.messages import Headers
from tocsin.transport.wire import Answer, content, faults, logs, outgoing, tls
from tocsin.transport.wire.proxies import read_proxies

if TYPE_CHECKING:
    from tocsin.transport.wire import WireSettings

#: Connections beyond Limits.concurrency, for those that are just being closed.
_RESERVE = 4
#: Seconds that an idle connection is kept for the next request.
_KEEPALIVE = 15.0
#: Bytes of one header line, and of the status line.
_LINE = 64 * 1024

#: Bytes of a body that are written at once; a larger one goes out in pieces, each with its own time.
_PIECE = 64 * 1024
#: aiohttp makes up no Content-Type for a GET, and takes a shorter way where nothing has to be skipped.
_TYPE_ONLY = ("Content-Type",)

FAULTS: faults.Faults = {
    **faults.COMMON,
    aiohttp.ClientError: (MaybeSentError, "the exchange failed"),
    aiohttp.ClientConnectionError: (MaybeSentError, "the connection failed"),
    aiohttp.ClientOSError: (MaybeSentError, "the connection broke"),
    aiohttp.ClientConnectorError: (NotSentError, "cannot connect"),
    aiohttp.ClientConnectorDNSError: (NotSentError, "cannot find the host"),
    aiohttp.ClientProxyConnectionError: (NotSentError, "cannot connect to the proxy"),
    aiohttp.ClientSSLError: (NotSentError, "cannot connect with TLS"),
    aiohttp.ClientConnectorSSLError: (NotSentError, "cannot connect with TLS"),
    aiohttp.ClientConnectorCertificateError: (NotSentError, "cannot connect with TLS"),
    aiohttp.ServerConnectionError: (MaybeSentError, "the connection failed"),
    aiohttp.ServerDisconnectedError: (MaybeSentError, "the server broke off"),
    aiohttp.ServerFingerprintMismatch: (NotSentError, "not the expected certificate"),
    aiohttp.ServerTimeoutError: (MaybeSentError, "no answer in time"),
    aiohttp.ConnectionTimeoutError: (NotSentError, "no connection in time"),
    aiohttp.SocketTimeoutError: (MaybeSentError, "no answer in time"),
    aiohttp.ClientPayloadError: (MaybeSentError, "the answer's body was cut off"),
    aiohttp.ClientResponseError: (MaybeSentError, "the server did not answer in HTTP"),
    aiohttp.ClientHttpProxyError: (NotSentError, "the proxy refused"),
    aiohttp.ContentTypeError: (DecodeError, "the answer has another content type"),
    aiohttp.WSServerHandshakeError: (MaybeSentError, "the server did not switch protocols"),
    aiohttp.TooManyRedirects: (MaybeSentError, "too many redirects"),
    aiohttp.InvalidURL: (NotSentError, "not a URL that can be used"),
    aiohttp.NonHttpUrlClientError: (NotSentError, "only http and https can be used"),
    aiohttp.RedirectClientError: (MaybeSentError, "a redirect cannot be followed"),
    aiohttp.InvalidUrlRedirectClientError: (MaybeSentError, "a redirect cannot be followed"),
    aiohttp.NonHttpUrlRedirectClientError: (MaybeSentError, "a redirect cannot be followed"),
}
_KNOWN = tuple(FAULTS)


@frozen
class _Route:
    """What is the same for all requests to one origin: keyword arguments for the session."""

    extra: Mapping[str, Any]
    #: For plain http, a proxy reads its credentials from the request itself.
    headers: Mapping[str, str]


@define
class _Progress:
    """The connection of an attempt; until there is one, nothing can have been sent."""

    transport: asyncio.Transport | None = None
    #: The answer was read whole: by now the connection may serve another attempt.
    read: bool = False


_progress: ContextVar[_Progress | None] = ContextVar("tocsin_progress", default=None)


class _Connector(aiohttp.TCPConnector):
    """Tells the attempt which connection it has got."""

    async def connect(self, *args: Any, **kwargs: Any) -> Any:
        connection = await super().connect(*args, **kwargs)
        progress = _progress.get()
        if progress is not None:
            progress.transport = connection.transport
        return connection


class _NoCookies(aiohttp.DummyCookieJar):
    """Keeps none, and does not even read them: a cookie that cannot be read would be logged."""

    def update_cookies_from_headers(self, *_args: Any, **_kwargs: Any) -> None:
        return


class AiohttpWire:
    """Carries requests over one `aiohttp.ClientSession`, made inside the loop of the first send.

    Raises ConfigError for a SOCKS proxy, which aiohttp does not speak.
    """

    def __init__(self, settings: WireSettings) -> None:
        self._settings = settings
        self._max_body = settings.limits.max_body
        self._session: aiohttp.ClientSession | None = None
        self._headers = outgoing.Prepared(_prepare)
        self._routes: dict[str, _Route] = {}
        self._tls: ssl.SSLContext | None = None
        self._closed = False
        self._proxies = read_proxies(settings.proxy, trust_env=settings.trust_env)
        for server in self._proxies.by_scheme.values():
            if server is not None and server.socks:
                raise ConfigError('a SOCKS proxy needs transport="httpx" and httpx[socks]')
        logs.hush("aiohttp.client", "aiohttp.internal")

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, timeouts: Timeouts
    ) -> Answer:
        """See `Wire.send`."""
        failure: TocsinError
        progress = _Progress() if timeouts.attempt is not None or len(body) > _PIECE else None
        ours = logs.ours.set(True)
        try:
            if progress is None:
                return await self._send(method, url, headers, body, timeouts)
            return await self._send_noting(progress, method, url, headers, body, timeouts)
        except TocsinError as error:
            failure = error.with_traceback(None)
        except _KNOWN as error:
            failure = faults.explain(error, FAULTS)
            if isinstance(failure, MaybeSentError) and progress is not None and progress.transport is None:
                failure = NotSentError(failure.message)
        finally:
            logs.ours.reset(ours)
        # Raised here, and with these names gone, so that no traceback shows what was sent.
        url, headers, body = "", {}, b""
        raise failure

    async def _send_noting(
        self,
        progress: _Progress,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        timeouts: Timeouts,
    ) -> Answer:
        noted = _progress.set(progress)
        try:
            if len(body) <= _PIECE:
                return await self._send(method, url, headers, body, timeouts)
            async with asyncio.timeout(None) as writing:
                pieces = _pieces(body, writing, timeouts.write)
                return await self._send(method, url, headers, pieces, timeouts, length=len(body))
            raise AssertionError  # asyncio.timeout never swallows an exception
        except BaseException:
            if progress.transport is not None and not progress.read:
                # Closing would wait until the server has taken the rest of the body.
                progress.transport.abort()
            raise
        finally:
            _progress.reset(noted)

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | AsyncIterator[bytes],
        timeouts: Timeouts,
        *,
        length: int | None = None,
    ) -> Answer:
        if self._closed:
            raise ConfigError("this client is closed")
        origin = outgoing.origin_of(url)
        outgoing.check_method(method)
        prepared, skipped = self._headers.get(headers)
        route = self._routes.get(origin) or await self._open_route(origin)
        if route.headers or length is not None:
            prepared = CIMultiDict(prepared, **route.headers)
            if length is not None:
                prepared["Content-Length"] = str(length)
        session = self._session or self._open_session()
        response = await session.request(
            method,
            URL(url, encoded=True),
            headers=prepared,
            skip_auto_headers=None if method == "GET" and skipped == _TYPE_ONLY else skipped,
            data=body or None,
            allow_redirects=False,
            timeout=_aiohttp_timeouts(timeouts),
            **route.extra,
        )
        try:
            announced = response.content_length
            if method == "HEAD" or (announced is not None and announced <= self._max_body):
                raw = await response.read()
            else:
                raw = await self._read(response, announced)
        except BaseException:
            response.close()
            raise
        progress = _progress.get()
        if progress is not None:
            progress.read = True
        encoding = response.headers.get("Content-Encoding")
        if encoding:
            raw = content.decode(raw, encoding, self._max_body)
        return Answer(response.status, Headers(response.raw_headers), raw)

    async def _read(self, response: aiohttp.ClientResponse, announced: int | None) -> bytes:
        """A body of unknown length, as far as it is allowed to go."""
        limit = self._max_body
        if announced is not None:
            raise content.too_large(limit)
        pieces: list[bytes] = []
        size = 0
        while piece := await response.content.readany():
            size += len(piece)
            if size > limit:
                raise content.too_large(limit)
            pieces.append(piece)
        return b"".join(pieces)

    async def _open_route(self, origin: str) -> _Route:
        server = self._proxies.pick(origin)
        extra: dict[str, Any] = {}
        headers: dict[str, str] = {}
        scheme = origin.partition("://")[0]
        if "https" in {scheme, server.scheme if server else ""}:
            extra["ssl"] = self._tls = self._tls or await self._make_tls()
        if server is not None:
            extra["proxy"] = URL(server.url)
            if server.authorization is not None:
                credentials = {"Proxy-Authorization": server.authorization}
                if scheme == "https":
                    extra["proxy_headers"] = credentials
                else:
                    headers = credentials
        route = self._routes[origin] = _Route(extra, headers)
        return route

    async def _make_tls(self) -> ssl.SSLContext:
        settings = self._settings
        made = await asyncio.to_thread(
            partial(tls.context, settings.verify, settings.cert, trust_env=settings.trust_env)
        )
        if self._closed:
            raise ConfigError("this client is closed")
        return made

    def _open_session(self) -> aiohttp.ClientSession:
        limits = self._settings.limits
        session = aiohttp.ClientSession(
            connector=_Connector(
                limit=0,
                limit_per_host=limits.connections or limits.concurrency + _RESERVE,
                keepalive_timeout=_KEEPALIVE,
            ),
            cookie_jar=_NoCookies(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=_LINE,
            max_field_size=_LINE,
        )
        # aiohttp sends an idempotent request again by itself when a kept connection breaks, and has no public
        # switch for it. Its own test client turns it off like this.
        if not hasattr(session, "_retry_connection"):
            raise ConfigError('this version of aiohttp would re-send requests; use transport="httpx"')
        session._retry_connection = False  # pyright: ignore[reportPrivateUsage] - see above; guarded
        self._session = session
        return session

    async def aclose(self) -> None:
        """See `Wire.aclose`."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()


async def _pieces(body: bytes, writing: asyncio.Timeout, patience: float | None) -> AsyncIterator[bytes]:
    """The body piece by piece, with `patience` seconds for each: aiohttp itself does not time writing."""
    loop = asyncio.get_running_loop()
    for start in range(0, len(body), _PIECE):
        writing.reschedule(None if patience is None else loop.time() + patience)
        yield body[start : start + _PIECE]
    writing.reschedule(None)


def _prepare(headers: Mapping[str, str]) -> tuple[CIMultiDict[str], tuple[str, ...]]:
    """Headers for the session, and the names of those that it must not make up by itself."""
    prepared = CIMultiDict(headers)
    prepared.setdefault("Accept-Encoding", outgoing.ACCEPT_ENCODING)
    skipped = tuple([name for name in ("User-Agent", "Accept", "Content-Type") if name not in prepared])
    return prepared, skipped


@lru_cache(maxsize=64)
def _aiohttp_timeouts(timeouts: Timeouts) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=timeouts.attempt,
        connect=timeouts.connect,
        sock_connect=timeouts.connect,
        sock_read=timeouts.read,
    )
