"""Each item of the README's "Custom HTTP options", and what stands in its place here."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from tests.backends.acsmonitor.server import DEVICE, TOKEN, Server, says
from tests.transport.wire.servers import ProxyRules, Stub, answering, proxying

from tocsin.acsmonitor import AcsMonitorClient
from tocsin.errors import NotSentError
from tocsin.options import RetryPolicy, Timeouts

pytestmark = pytest.mark.anyio

BODY = json.dumps(DEVICE).encode()
ONCE = RetryPolicy(attempts=1)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    """A company's own authority."""
    return trustme.CA()


@pytest.fixture
def servers(ca: trustme.CA) -> Iterator[tuple[Stub, Stub]]:
    """A server with a certificate of that authority, and a proxy."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    with ExitStack() as stack:
        server = stack.enter_context(Stub(answering(BODY, b"Content-Type: application/json"), context))
        yield server, stack.enter_context(Stub(proxying(ProxyRules())))


def client(url: str, **options: Any) -> AcsMonitorClient:
    """A client over a real socket."""
    return AcsMonitorClient(url, token=TOKEN, transport="httpx", retry=ONCE, **options)


async def test_ca_bundle(servers: tuple[Stub, Stub], ca: trustme.CA, tmp_path: Path) -> None:
    """``session.verify = "corp-ca.pem"`` is ``verify="corp-ca.pem"``; without it the server is not trusted."""
    bundle = tmp_path / "corp-ca.pem"
    ca.cert_pem.write_to_path(str(bundle))
    async with client(servers[0].url) as acs:
        with pytest.raises(NotSentError, match="certificate"):
            await acs.devices.get(42)
    assert servers[0].seen == []
    async with client(servers[0].url, verify=str(bundle)) as acs:
        assert (await acs.devices.get(42)).id == 42


async def test_self_signed_certificate_of_a_lab(servers: tuple[Stub, Stub]) -> None:
    """``verify_tls=False`` is ``verify=False``."""
    async with client(servers[0].url, verify=False) as acs:
        assert (await acs.devices.get(42)).id == 42


@pytest.mark.parametrize("mapping", [False, True])
async def test_proxy(servers: tuple[Stub, Stub], mapping: bool) -> None:
    """``session.proxies = {…}`` is ``proxy={…}``, or one URL for both schemes; the proxy sees no token."""
    server, proxy = servers
    given = {"http": proxy.url, "https": proxy.url} if mapping else proxy.url
    async with client(server.url, verify=False, proxy=given) as acs:
        assert (await acs.devices.get(42)).id == 42
    assert [seen.method for seen in proxy.seen] == ["CONNECT"]
    assert "authorization" not in proxy.seen[0].headers
    assert server.seen[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_static_header() -> None:
    """``session.headers["X-Request-Source"] = …`` is ``headers={…}``, on every request, sign-ins among them."""
    server = Server(says({"token": TOKEN}), says(DEVICE))
    account = {"email": "api@example.com", "password": "your-strong-password"}
    async with server.client(headers={"X-Request-Source": "weekly-report-job"}, **account) as acs:
        await acs.devices.get(42)
    assert [request.headers["x-request-source"] for request in server.requests] == ["weekly-report-job"] * 2


async def test_timeouts() -> None:
    """``timeout_seconds=30.0`` is what a client has by itself; ``timeouts=`` is another, also of one call."""
    server = Server(says({"queued": True}))
    async with server.client() as acs:
        await acs.devices.poll(42)
        await acs.devices.poll(42, timeouts=Timeouts(read=120))
        await acs.devices.poll(42)
    async with server.client(timeouts=Timeouts(read=60)) as acs:
        await acs.devices.poll(42)
        await acs.with_options(timeouts=Timeouts(read=90)).devices.poll(42)
    assert [request.extensions["timeout"]["read"] for request in server.requests] == [30, 120, 30, 60, 90]


async def test_timeout_that_is_over() -> None:
    """What takes longer is an error of transport, with what is known of the request."""
    server = Server(httpx.ConnectTimeout("too long"))
    async with server.client(retry=ONCE) as acs:
        with pytest.raises(NotSentError, match=r"/devices/42/poll"):
            await acs.devices.poll(42)
