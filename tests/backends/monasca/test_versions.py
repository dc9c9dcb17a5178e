"""The versions of the API in both dialects, and the server's health."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from tests.backends.monasca.keystone_cloud import AUTH_URL, BASE, UNAUTHORIZED, Cloud
from tests.backends.monasca.server import Server

from tocsin import BadRequestError, DecodeError, InputError, NotSupported, ServerError, StatusError
from tocsin.monasca.models import Health, Version
from tocsin.monasca.resource import Link

pytestmark = pytest.mark.anyio

SAID = {
    "id": "v2.0",
    "links": [{"rel": "self", "href": BASE}],
    "status": "CURRENT",
    "updated": "2013-03-06T00:00:00.000Z",
}
VERSION = Version("v2.0", "CURRENT", datetime(2013, 3, 6, tzinfo=UTC), (Link("self", BASE),))
WELL = {"kafka": "OK", "alarms_database": "OK", "metrics_database": "OK"}
ILL = {**WELL, "kafka": "Could not connect to Kafka at ['127.0.0.1:9']"}


async def test_versions_lie_above_the_api() -> None:
    """The servers of today tell of versions one level up, to those who have a token."""
    cloud = Cloud(monasca=lambda _: httpx.Response(200, json={"links": [], "elements": [SAID]}))
    async with cloud.client() as client:
        assert await client.versions.list() == (VERSION,)
        cloud.monasca = lambda _: httpx.Response(200, json=SAID)
        assert await client.versions.get("v2.0") == VERSION
    assert cloud.seen == [
        f"POST {AUTH_URL}/auth/tokens",
        "GET http://monasca.test/",
        "GET http://monasca.test/v2.0",
    ]


async def test_versions_of_2014_lie_in_the_api() -> None:
    """The specification of 2014 has them below the base URL, as a bare array."""
    server = Server(httpx.Response(200, json=[SAID]), httpx.Response(200, json=SAID))
    async with server.monasca(dialect="2014") as client:
        assert await client.versions.list() == (VERSION,)
        assert await client.versions.get("v2.0") == VERSION
    assert server.seen == ["GET /versions", "GET /versions/v2.0"]


async def test_the_dialect_decides_where_versions_are() -> None:
    """It is found out first."""
    server = Server(httpx.Response(404), httpx.Response(200, json={"links": [], "elements": [SAID]}))
    async with server.monasca(dialect="auto") as client:
        assert await client.versions.list() == (VERSION,)
    assert server.seen == ["GET /versions", "GET /"]


async def test_an_unknown_version_is_told() -> None:
    """The server says 422; an id without a character is not sent."""
    refusal = {"title": "Invalid version", "description": "No versions found matching v9"}
    server = Server(httpx.Response(422, json=refusal))
    async with server.monasca() as client:
        with pytest.raises(BadRequestError, match="No versions found matching v9"):
            await client.versions.get("v9")
        with pytest.raises(InputError, match="version_id must not be empty"):
            await client.versions.get("")
        with pytest.raises(BadRequestError):
            await client.versions.get("versions")  # which is no operation of a dialect there
    assert server.seen == ["GET /v9", "GET /versions"]


@pytest.mark.parametrize(("status", "said"), [(200, WELL), (503, ILL)])
async def test_health_is_an_answer(status: int, said: dict[str, str]) -> None:
    """A 503 that tells what is wrong is one, too, and not tried again; no token is sent, and none fetched."""
    cloud = Cloud(monasca=lambda _: httpx.Response(status, json=said))
    async with cloud.client(BASE) as client:
        health = await client.health()
    assert health == Health(status == 200, said)
    assert health.unhealthy == ({} if status == 200 else {"kafka": ILL["kafka"]})
    assert cloud.seen == ["GET http://monasca.test/healthcheck"]
    assert "x-auth-token" not in cloud.requests[0].headers


async def test_health_of_a_server_that_is_to_be_found() -> None:
    """Keystone is asked where it is; the call itself carries no token."""
    cloud = Cloud(monasca=lambda _: httpx.Response(200, json=WELL))
    async with cloud.client() as client:
        assert (await client.health()).healthy
    assert cloud.seen[1:] == ["GET http://monasca.test/healthcheck"]
    assert "x-auth-token" not in cloud.calls[0].headers


async def test_whether_it_answers_at_all() -> None:
    """A HEAD, which looks after no part."""
    cloud = Cloud(monasca=lambda _: httpx.Response(204))
    async with cloud.client(BASE) as client:
        assert await client.health(parts=False) == Health(True)
    assert cloud.seen == ["HEAD http://monasca.test/healthcheck"]


async def test_other_failures_are_failures() -> None:
    """A 503 of Monasca's own or of a proxy is tried again and raised; so is what is no report."""
    for body in ({"title": "Service unavailable", "description": "x"}, [1]):
        server = Server(httpx.Response(503, json=body))
        async with server.monasca() as client:
            with pytest.raises(ServerError):
                await client.health()
        assert len(server.requests) == 4
    async with Server(httpx.Response(503, text="<html>")).monasca() as client:
        with pytest.raises(ServerError):
            await client.health(parts=False)
    async with Server(httpx.Response(200, text="<html>")).monasca() as client:
        with pytest.raises(DecodeError, match="healthcheck"):
            await client.health()
    async with Server(httpx.Response(401, json=UNAUTHORIZED)).monasca() as client:
        with pytest.raises(StatusError, match="requires authentication"):
            await client.health()


async def test_the_2014_dialect_has_no_health() -> None:
    """It is not asked for."""
    server = Server(httpx.Response(200, json=WELL))
    async with server.monasca(dialect="2014") as client:
        with pytest.raises(NotSupported, match="2014 dialect"):
            await client.health()
    assert server.seen == []
