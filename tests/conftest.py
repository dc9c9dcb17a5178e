"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.servers.monasca import RealMonasca


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Tests marked `anyio` run once on each event loop."""
    return str(request.param)


@pytest.fixture(scope="session")
def monasca() -> Iterator[RealMonasca]:
    """A real Monasca with its Keystone, one for all tests that ask for it; what they write there stays."""
    with RealMonasca() as running:
        yield running
