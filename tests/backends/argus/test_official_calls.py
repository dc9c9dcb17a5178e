"""Each call of the official client has its equal here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.argus import INFINITY, STATELESS, ArgusClient, Incident
from tocsin.simulator import Simulator

NOW = datetime(2021, 4, 22, 9, 41, 53, 580947, tzinfo=UTC)

pytestmark = pytest.mark.anyio


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """An Argus with an empty world."""
    with Simulator(["argus"], scale=0) as running:
        running.argus.clear()
        yield running


def client(sim: Simulator, user: str = "nms-north") -> ArgusClient:
    """A client that is signed in as a source system."""
    return ArgusClient(sim.endpoints["argus"]["base_url"], token=sim.argus.tokens[user], transport="httpx")


async def post(argus: ArgusClient) -> Incident:
    """The incident of the documentation."""
    return await argus.incidents.create(
        description="The earth was demolished to make way for a hyperspace bypass",
        start_time=NOW,
        tags={"host": "earth.example.org"},
    )


async def test_get_incidents(sim: Simulator) -> None:
    """get_incidents(open=True, acked=False)"""
    async with client(sim) as argus:
        made = await post(argus)
        assert [each async for each in argus.incidents.list(open=True, acked=False)] == [made]


async def test_get_my_incidents(sim: Simulator) -> None:
    """get_my_incidents(open=True, acked=False)"""
    async with client(sim) as argus, client(sim, "nms-south") as other:
        await post(other)
        made = await post(argus)
        assert [each async for each in argus.incidents.mine(open=True, acked=False)] == [made]


async def test_get_incident(sim: Simulator) -> None:
    """get_incident(pk)"""
    async with client(sim) as argus:
        made = await post(argus)
        assert await argus.incidents.get(made.pk) == made


async def test_post_incident(sim: Simulator) -> None:
    """post_incident(Incident(...)) gives the incident with its pk; one without an end is open."""
    async with client(sim) as argus:
        made = await post(argus)
        assert (made.pk, made.end_time, made.open) == (1, INFINITY, True)
        assert made.tags == {"host": "earth.example.org"}


async def test_post_stateless_incident(sim: Simulator) -> None:
    """post_incident(Incident(..., end_time=STATELESS))"""
    async with client(sim) as argus:
        made = await argus.incidents.create(description="Something happened", start_time=NOW, end_time=STATELESS)
        assert (made.end_time, made.stateful) == (STATELESS, False)


async def test_resolve_incident(sim: Simulator) -> None:
    """resolve_incident(incident=8, description=..., timestamp=...)"""
    async with client(sim) as argus:
        made = await post(argus)
        end = NOW + timedelta(minutes=5)
        event = await argus.incidents.resolve(made.pk, description="The demolition was cancelled", timestamp=end)
        assert (event.type.value, event.incident, event.timestamp) == ("END", made.pk, end)
        assert (await argus.incidents.get(made.pk)).end_time == end


async def test_update_incident(sim: Simulator) -> None:
    """update_incident(Incident(pk=8, tags=...)) changes the tags and leaves the rest."""
    async with client(sim) as argus:
        made = await post(argus)
        tags = {"host": "earth.example.org", "location": "Milky way"}
        changed = await argus.incidents.update(made.pk, tags=tags)
        assert changed.tags == tags
        assert changed.description == made.description


async def test_get_incident_events(sim: Simulator) -> None:
    """get_incident_events(incident)"""
    async with client(sim) as argus:
        made = await post(argus)
        assert [each.type.value async for each in argus.incidents.events(made.pk)] == ["STA"]


async def test_post_incident_event(sim: Simulator) -> None:
    """post_incident_event(incident, event)"""
    async with client(sim) as argus:
        made = await post(argus)
        event = await argus.incidents.post_event(made.pk, "OTH", timestamp=NOW, description="A towel was found")
        assert (event.type.value, event.description) == ("OTH", "A towel was found")


async def test_refresh_token(sim: Simulator) -> None:
    """refresh_token() gives a token, which this client uses from then on; the old one still works."""
    async with client(sim) as argus:
        token = await argus.tokens.refresh()
        assert token.expires_at is not None
        sim.argus.revoke_token(sim.argus.tokens["nms-north"])
        assert (await argus.users.me()).username == "nms-north"
