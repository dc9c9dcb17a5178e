"""Every public exception of the lower libraries has its place in the tables."""

from __future__ import annotations

import asyncio
import inspect
import ssl
from types import ModuleType

import aiohttp
import httpx
import pytest

from tocsin.errors import MaybeSentError, NotSentError
from tocsin.transport.wire import aiohttp_wire, faults, httpx_wire

#: Of aiohttp's public exceptions, those that no exchange of ours can raise.
OTHERS = {
    "BadContentDispositionHeader",
    "BadContentDispositionParam",
    "EofStream",
    "WSMessageTypeError",
    "WebSocketError",
}
#: Of aiohttp's client errors, those after which nothing can have been sent.
NOT_SENT = {
    "ClientConnectorCertificateError",
    "ClientConnectorDNSError",
    "ClientConnectorError",
    "ClientConnectorSSLError",
    "ClientHttpProxyError",
    "ClientProxyConnectionError",
    "ClientSSLError",
    "ConnectionTimeoutError",
    "InvalidURL",
    "InvalidUrlClientError",
    "NonHttpUrlClientError",
    "ServerFingerprintMismatch",
}


def _exceptions(module: ModuleType) -> set[type[BaseException]]:
    public = {getattr(module, name) for name in module.__all__}
    return {item for item in public if inspect.isclass(item) and issubclass(item, BaseException)}


def test_all_of_httpx() -> None:
    """Every public exception of httpx is in the table by itself."""
    assert _exceptions(httpx) >= {httpx.ReadTimeout, httpx.InvalidURL, httpx.StreamClosed}
    streams = {httpx.StreamConsumed, httpx.StreamClosed, httpx.ResponseNotRead, httpx.RequestNotRead}
    assert _exceptions(httpx) - set(httpx_wire.FAULTS) == streams
    assert all(issubclass(cls, httpx.StreamError) for cls in streams)


def test_all_of_aiohttp() -> None:
    """Every public exception of aiohttp has a class in the table, and only the listed ones mean "not sent"."""
    known = tuple(aiohttp_wire.FAULTS)
    unknown = {cls.__name__ for cls in _exceptions(aiohttp) if not issubclass(cls, known)}
    assert unknown <= OTHERS
    not_sent = {
        cls.__name__
        for cls in _exceptions(aiohttp)
        if issubclass(cls, known)
        # They want requests and responses to be made; for the table the class is enough.
        and type(faults.explain(cls.__new__(cls), aiohttp_wire.FAULTS)) is NotSentError
    }
    assert not_sent == NOT_SENT


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError, NotSentError),
        (httpx.ConnectTimeout, NotSentError),
        (httpx.PoolTimeout, NotSentError),
        (httpx.ProxyError, NotSentError),
        (httpx.LocalProtocolError, NotSentError),
        (httpx.UnsupportedProtocol, NotSentError),
        (httpx.InvalidURL, NotSentError),
        (httpx.ReadError, MaybeSentError),
        (httpx.WriteError, MaybeSentError),
        (httpx.ReadTimeout, MaybeSentError),
        (httpx.WriteTimeout, MaybeSentError),
        (httpx.RemoteProtocolError, MaybeSentError),
        (OSError, MaybeSentError),
        (ConnectionResetError, MaybeSentError),
        (ssl.SSLError, MaybeSentError),
        (TimeoutError, MaybeSentError),
    ],
)
def test_httpx_kinds(error: type[Exception], kind: type[Exception]) -> None:
    """Only what comes before sending is NotSentError; the lower text is not taken over."""
    ours = faults.explain(error("token=s3cr3t"), httpx_wire.FAULTS)
    assert type(ours) is kind
    assert error.__name__ in str(ours)
    assert "s3cr3t" not in str(ours)


def test_local_protocol_error_of_a_lent_transport() -> None:
    """HTTP/2, which ours do not speak, raises it after sending as well."""
    ours = faults.explain(httpx.LocalProtocolError("x"), httpx_wire.LENT_FAULTS)
    assert type(ours) is MaybeSentError


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (aiohttp.SocketTimeoutError, MaybeSentError),
        (aiohttp.ServerTimeoutError, MaybeSentError),
        (aiohttp.ServerDisconnectedError, MaybeSentError),
        (aiohttp.ClientOSError, MaybeSentError),
        (aiohttp.ClientConnectionResetError, MaybeSentError),
        (aiohttp.ClientConnectionError, MaybeSentError),
        (aiohttp.ClientPayloadError, MaybeSentError),
        (aiohttp.ClientResponseError, MaybeSentError),
        (aiohttp.TooManyRedirects, MaybeSentError),
        (asyncio.TimeoutError, MaybeSentError),
        (OSError, MaybeSentError),
        (ssl.SSLError, MaybeSentError),
    ],
)
def test_aiohttp_kinds(error: type[BaseException], kind: type[Exception]) -> None:
    """What may come after sending is MaybeSentError."""
    ours = faults.explain(error.__new__(error), aiohttp_wire.FAULTS)
    assert type(ours) is kind
    assert error.__name__ in str(ours)


def test_the_systems_word() -> None:
    """The word of the system or of the TLS library is found below groups and causes."""
    refused = ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 1)")
    outer = httpx.ConnectError("s3cr3t")
    outer.__cause__ = OSError("s3cr3t")
    outer.__cause__.__cause__ = ExceptionGroup("s3cr3t", [OSError("s3cr3t"), refused])
    ours = faults.explain(outer, httpx_wire.FAULTS)
    assert str(ours) == "cannot connect (ConnectError: Connection refused)"
