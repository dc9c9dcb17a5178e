"""Runs each wire test on every wire, and on every event loop that the wire works on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from typing import Any

import pytest
from tests.transport.wire.servers import Behaviour, Stub

from tocsin.transport.wire import Wire, WireSettings, open_wire

KINDS = {"httpx-asyncio": ("asyncio", "httpx"), "httpx-trio": ("trio", "httpx"), "aiohttp": ("asyncio", "aiohttp")}

OpenWire = Callable[..., AbstractAsyncContextManager[Wire]]
Serve = Callable[..., Stub]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.delenv("TOCSIN_TRANSPORT", raising=False)


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    """Which wire on which loop."""
    return str(request.param)


@pytest.fixture
def anyio_backend(kind: str) -> str:
    """The loop of this wire; read by anyio's plugin."""
    return KINDS[kind][0]


@pytest.fixture
def wire_of(kind: str) -> OpenWire:
    """Opens the wire under test with the given settings, and closes it."""

    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncGenerator[Wire]:
        settings.setdefault("transport", KINDS[kind][1])
        wire = open_wire(WireSettings(**settings))
        try:
            yield wire
        finally:
            await wire.aclose()

    return opened


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts stub servers, and stops them when the test is over."""
    with ExitStack() as stack:

        def start(behave: Behaviour, **options: Any) -> Stub:
            return stack.enter_context(Stub(behave, **options))

        yield start
