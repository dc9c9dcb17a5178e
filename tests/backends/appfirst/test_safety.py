"""What is sent again when an answer is lost, and what then becomes of the second answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.backends.appfirst.server import ALERT, Server, page

from tocsin.appfirst import AppFirstClient
from tocsin.errors import MaybeSentError, NotFoundError, RateLimitedError
from tocsin.options import RetryPolicy

pytestmark = pytest.mark.anyio

LOST = httpx.ReadError("the connection broke")
NEW: dict[str, Any] = {"name": "n", "type": "Server", "target_id": 1, "trigger_type": "CPU", "users": [1]}
NOW = datetime(2026, 11, 28, tzinfo=UTC)
LATER = datetime(2026, 11, 29, tzinfo=UTC)

UNREPEATABLE: dict[str, Callable[[AppFirstClient], Awaitable[object]]] = {
    "alert": lambda one: one.alerts.create(**NEW),
    "tag": lambda one: one.server_tags.create(name="n", servers=[1]),
    "window": lambda one: one.maintenance_windows.create(start=NOW, end=LATER, servers=[1]),
}


@pytest.mark.parametrize("name", UNREPEATABLE)
async def test_not_sent_again(name: str) -> None:
    """What would be made twice is not sent again when its answer is lost."""
    server = Server(LOST)
    async with server.client() as appfirst:
        with pytest.raises(MaybeSentError):
            await UNREPEATABLE[name](appfirst)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_create_is_not_sent_again_after_a_failure(status: int) -> None:
    """Nor where the server failed, which proves nothing."""
    server = Server(httpx.Response(status))
    async with server.client() as appfirst:
        with pytest.raises(Exception, match=f"HTTP {status}"):
            await appfirst.alerts.create(**NEW)
    assert len(server.requests) == 1


async def test_create_is_sent_again_where_nothing_was_done() -> None:
    """A refusal for too many requests says that nothing was done."""
    server = Server(httpx.Response(429, headers={"retry-after": "0"}), httpx.Response(201, json=ALERT))
    async with server.client() as appfirst:
        assert (await appfirst.alerts.create(**NEW)).id == ALERT["id"]
    assert len(server.requests) == 2


REPEATABLE: dict[str, Callable[[AppFirstClient], Awaitable[object]]] = {
    "get": lambda one: one.alerts.get(1),
    "list": lambda one: one.alerts.list().first(),
    "count": lambda one: one.alerts.count(),
    "update": lambda one: one.alerts.update(1, active=False),
    "set_users": lambda one: one.alerts.set_users(1, [1]),
    "set_subscribers": lambda one: one.alerts.set_subscribers(1, []),
    "delete": lambda one: one.alerts.delete(1),
    "message": lambda one: one.alert_histories.message(1),
    "server update": lambda one: one.servers.update(1, nickname="n"),
    "server delete": lambda one: one.servers.delete(1),
    "tag update": lambda one: one.server_tags.update(1, name="n"),
    "tag delete": lambda one: one.server_tags.delete(1),
    "window delete": lambda one: one.maintenance_windows.delete(1),
    "data": lambda one: one.servers.data(1).first(),
    "detail": lambda one: one.logs.detail(1),
    "account": lambda one: one.account.get(),
}


@pytest.mark.parametrize("name", REPEATABLE)
async def test_sent_again(name: str) -> None:
    """What can be done twice is sent again when its answer is lost."""
    server = Server(LOST)
    async with server.client() as appfirst:
        with pytest.raises(MaybeSentError):
            await REPEATABLE[name](appfirst)
    assert len(server.requests) == 4


async def test_subscription_is_sent_again() -> None:
    """Of a subscription both halves may be sent again: it is written as a whole."""
    alert = httpx.Response(200, json=ALERT)
    server = Server(LOST, alert, LOST, alert)
    async with server.client() as appfirst:
        await appfirst.alerts.subscribe(1, "http://x/")
    assert server.seen == ["GET /alerts/1/"] * 2 + ["PUT /alerts/1/"] * 2


async def test_delete_that_had_worked_is_done() -> None:
    """A 404 after a lost answer means that the first try had worked; one at the first try is an error."""
    gone = httpx.Response(404, json={"detail": "Not found"})
    async with Server(LOST, gone).client() as appfirst:
        await appfirst.alerts.delete(1)
    async with Server(gone).client() as appfirst:
        with pytest.raises(NotFoundError, match="Not found"):
            await appfirst.alerts.delete(1)


async def test_page_whose_answer_is_lost_is_asked_for_again() -> None:
    """A walk loses no row to a broken connection."""
    first = page({"id": 1}, {"id": 2}, count=3)
    server = Server(first, LOST, page({"id": 3}, count=3))
    async with server.client() as appfirst:
        assert [alert.id async for alert in appfirst.alerts.list(page_size=2)] == [1, 2, 3]
    assert server.seen[1:] == ["GET /alerts/?limit=2&page=1"] * 2


async def test_retry_after_is_honoured() -> None:
    """A wait that is longer than a call may take is told at once."""
    server = Server(httpx.Response(429, json={"detail": "limit"}, headers={"retry-after": "300"}))
    async with server.client() as appfirst:
        with pytest.raises(RateLimitedError) as caught:
            await appfirst.alerts.get(1, retry=RetryPolicy(max_retry_after=10))
    assert (caught.value.retry_after, len(server.requests)) == (300, 1)
