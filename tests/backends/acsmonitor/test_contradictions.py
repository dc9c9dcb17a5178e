"""Where the vendor's documents contradict each other: both readings."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.backends.acsmonitor.server import (
    ACCOUNT,
    DEVICE,
    EVENT,
    MONITOR,
    TOKEN,
    UNAUTHENTICATED,
    Server,
    hybrid,
    page,
    paged,
    says,
    signed_in,
)

from tocsin.acsmonitor.describe import RESOURCES
from tocsin.errors import AuthError, MaybeSentError, NotFoundError

pytestmark = pytest.mark.anyio

OF_DEVICE = {**EVENT, "monitor": None, "device": {"id": 42, "name": "core-switch-01"}, "current_value": 93.5}
RESULT = {"checked_at": "2026-04-22T10:15:01Z", "status": "up", "response_time_ms": 142}


async def test_alerts_of_a_device_where_they_are_offered() -> None:
    """One document has ``/devices/{id}/alerts``: as rows, as bytes, as a whole page."""
    server = Server(page(OF_DEVICE))
    async with server.client() as acs:
        [event] = await acs.devices.alerts(42, status="open", page_size=5).collect()
        [row] = await acs.devices.alert_rows(42).collect()
        whole = await acs.devices.alerts_page(42, extra_params={"page": "2"})
    assert (event.id, event.device and event.device.name) == (9821, "core-switch-01")
    assert json.loads(row) == whole["data"][0] == OF_DEVICE
    assert server.seen == [
        "GET /devices/42/alerts?filter[status]=open&page=1&per_page=5",
        "GET /devices/42/alerts?page=1&per_page=100",
        "GET /devices/42/alerts?page=2",
    ]


async def test_alerts_of_a_device_where_they_are_not() -> None:
    """The other has none: a 404 says so, and that the device may be missing; other 404s do not."""
    server = Server(says({"message": "Not Found"}, 404))
    async with server.client() as acs:
        for call in (acs.devices.alerts(42).first, lambda: acs.devices.alerts_page(42)):
            with pytest.raises(NotFoundError, match=r"no such device, or .* not offered by this server"):
                await call()
        with pytest.raises(NotFoundError) as caught:
            await acs.devices.get(42)
    assert "not offered" not in str(caught.value)


async def test_events_of_monitors_among_the_alert_events() -> None:
    """By one document alert events are of monitors, too, by the other of devices alone: both are read."""
    server = Server(page(EVENT, OF_DEVICE))
    async with server.client() as acs:
        events = await acs.alert_events.list().collect()
    assert [(event.monitor is None, event.device is None) for event in events] == [(False, True), (True, False)]
    assert [event.subject.name for event in events if event.subject] == ["Public website", "core-switch-01"]
    assert [event.current_value for event in events] == ["down", 93.5]


async def test_events_of_monitors_in_a_collection_of_their_own() -> None:
    """By the other they are below ``/monitor-events``, with all that alert events can."""
    server = Server(page(EVENT), page(EVENT), says(EVENT), says(EVENT), says(EVENT))
    async with server.client() as acs:
        await acs.monitor_events.list(severity="critical").collect()
        await acs.monitor_events.rows().collect()
        await acs.monitor_events.get(9821)
        await acs.monitor_events.acknowledge(9821, "seen")
        await acs.monitor_events.resolve(9821)
    assert server.seen == [
        "GET /monitor-events?filter[severity]=critical&page=1&per_page=100",
        "GET /monitor-events?page=1&per_page=100",
        "GET /monitor-events/9821",
        "POST /monitor-events/9821/acknowledge",
        "POST /monitor-events/9821/resolve",
    ]


async def test_events_of_both_collections_may_have_the_same_id() -> None:
    """Both are resources of an export, so that ids that collide are of different files."""
    server = Server(page(EVENT))
    async with server.client() as acs:
        for name in ("alert_events", "monitor_events"):
            assert await RESOURCES[name].pager(acs).collect() == [
                json.dumps(EVENT, separators=(",", ":")).encode()
            ]


@pytest.mark.parametrize("leave_out", ["links", "meta", "next_page_url"])
async def test_next_page_by_link_or_by_number(leave_out: str) -> None:
    """Prose follows `next_page_url`, the loop counts pages: the walk counts, by whatever tells of a next one."""

    def answer(request: httpx.Request) -> httpx.Response:
        whole = hybrid(request, [{"id": number} for number in range(1, 8)], 3)
        del whole[leave_out]
        return says(whole)

    server = Server(answer)
    async with server.client() as acs:
        found = await acs.devices.list(status="down", page_size=3).collect()
    assert [device.id for device in found] == list(range(1, 8))
    assert server.seen == [f"GET /devices?filter[status]=down&page={at}&per_page=3" for at in (1, 2, 3)]


async def test_link_to_elsewhere_is_not_followed() -> None:
    """A link that names an internal host and leaves the query out changes neither host nor query."""
    server = Server(paged([{"id": number} for number in range(1, 8)]))
    async with server.client() as acs:
        await acs.devices.list(search="core", page_size=5).collect()
    assert {request.url.host for request in server.requests} == {"monitoring.example.com"}
    assert server.seen[1] == "GET /devices?search=core&page=2&per_page=5"


async def test_token_that_never_ends() -> None:
    """A token lives until logout: it is never renewed ahead of a refusal."""
    server = Server(signed_in(), says(DEVICE))
    async with server.client(**ACCOUNT) as acs:
        for _ in range(50):
            await acs.devices.get(42)
    assert server.seen.count("POST /auth/login") == 1


async def test_token_that_is_expired() -> None:
    """A 401 says "expired": with an e-mail address and a password it is survived; else it is an AuthError."""
    server = Server(says(UNAUTHENTICATED, 401), signed_in("2|another"), says(DEVICE))
    async with server.client(token=TOKEN, **ACCOUNT) as acs:
        await acs.devices.get(42)
    assert server.signed == [f"Bearer {TOKEN}", None, "Bearer 2|another"]
    server = Server(says(UNAUTHENTICATED, 401))
    async with server.client() as acs:
        with pytest.raises(AuthError, match=r"Profile > API Tokens, or Settings > Users"):
            await acs.devices.get(42)


async def test_results_as_a_page_and_as_rows() -> None:
    """The README returns a page of results as it is; it is a list with pages, too."""
    rows = [{**RESULT, "checked_at": f"2026-04-22T10:{minute:02}:01Z"} for minute in range(30)]
    server = Server(paged(rows))
    async with server.client() as acs:
        whole = await acs.monitors.results_page(117, page=2, page_size=20)
        found = await acs.monitors.results(117, page_size=20).collect()
        raw = await acs.monitors.result_rows(117, page_size=20).collect()
    assert (whole["data"], whole["meta"]["total"]) == (rows[20:], 30)
    assert [result.checked_at.minute for result in found] == list(range(30))
    assert [json.loads(row) for row in raw] == rows
    assert server.seen == [
        "GET /monitors/117/results?page=2&per_page=20",
        *["GET /monitors/117/results?page=1&per_page=20", "GET /monitors/117/results?page=2&per_page=20"] * 2,
    ]


async def test_results_that_came_meanwhile_come_once() -> None:
    """A result that comes while pages are read shifts them: none comes twice, though results have no ids."""
    rows = [{**RESULT, "checked_at": f"2026-04-22T10:{minute:02}:01Z"} for minute in range(30, 0, -1)]

    def answer(request: httpx.Request) -> httpx.Response:
        given = says(hybrid(request, rows, 10))
        rows.insert(0, {**RESULT, "checked_at": f"2026-04-22T11:{len(rows):02}:01Z"})
        return given

    server = Server(answer)
    async with server.client() as acs:
        found = [result.checked_at for result in await acs.monitors.results(117, page_size=10).collect()]
    assert len(found) == len(set(found)) == 30


async def test_results_of_one_second_are_told_apart() -> None:
    """Results that were had in the same second are all handed out, on whatever page they stand."""
    rows = [{**RESULT, "response_time_ms": number} for number in range(5)]
    server = Server(paged(rows))
    async with server.client() as acs:
        found = await acs.monitors.results(117, page_size=2).collect()
    assert [result.response_time_ms for result in found] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("config", [{}, {"anything": [1, {"deep": None}]}, None])
async def test_config_of_a_monitor_is_passed_through(config: dict[str, Any] | None) -> None:
    """What a type's config may have is not published: it goes and comes as it is."""
    server = Server(lambda request: says({**MONITOR, **json.loads(request.content)}))
    async with server.client() as acs:
        if config is None:
            assert (await acs.monitors.update(117, more={"config": None})).config is None
        else:
            assert (await acs.monitors.update(117, config=config)).config == config
    assert server.body == {"config": config}


async def test_vendor_retries_every_post() -> None:
    """The README's helper repeats any post; here only those that may be: see also the tests of safety."""
    server = Server(httpx.ReadError("lost"), says({"queued": True}))
    async with server.client() as acs:
        assert (await acs.devices.poll(42)).queued
    server = Server(httpx.ReadError("lost"), says(MONITOR))
    async with server.client() as acs:
        with pytest.raises(MaybeSentError):
            await acs.monitors.create(name="m", type="ping")
    assert len(server.requests) == 1


@pytest.mark.parametrize("wrapped", [False, True])
async def test_single_things_bare_or_wrapped(wrapped: bool) -> None:
    """By the README a thing comes bare; Laravel wraps resources in ``data``."""

    def reply(thing: object) -> httpx.Response:
        return says({"data": thing} if wrapped else thing)

    server = Server(
        reply(DEVICE),
        reply(MONITOR),
        reply(EVENT),
        reply({"uptime_percent": 99.9}),
        reply({"queued": True}),
        reply({"id": 5, "name": "g"}),
    )
    async with server.client() as acs:
        assert (await acs.devices.get(42)).name == "core-switch-01"
        assert (await acs.monitors.get(117)).name == "Public website"
        assert (await acs.alert_events.acknowledge(9821)).status == "open"
        assert (await acs.monitors.uptime(117)).uptime_percent == 99.9
        assert (await acs.monitors.check(117)).queued
        assert await acs.device_groups.get(5) == {"id": 5, "name": "g"}


async def test_thing_that_has_data_of_its_own_is_not_unwrapped() -> None:
    """With an id beside it, `data` is a field like any other."""
    server = Server(says({"id": 5, "data": {"id": 6}}))
    async with server.client() as acs:
        assert await acs.widgets.update(5, {"x": 1}) == {"id": 5, "data": {"id": 6}}


CHANGES: list[object] = [{"message": "Alert acknowledged."}, {"success": True}, None]


@pytest.mark.parametrize("said", CHANGES)
async def test_change_that_is_not_answered_with_the_thing(said: object) -> None:
    """What a change answers is not published: where it is not the thing, the thing is read."""
    answer = httpx.Response(204) if said is None else says(said)
    server = Server(answer, says(EVENT), answer, says(MONITOR), answer, says(DEVICE))
    async with server.client() as acs:
        assert (await acs.alert_events.resolve(9821, extra_params={"x": "1"})).id == 9821
        assert (await acs.monitors.update(117, name="m")).id == 117
        assert (await acs.devices.update(42, name="d")).id == 42
    assert server.seen == [
        "POST /alert-events/9821/resolve?x=1",
        "GET /alert-events/9821",
        "PUT /monitors/117",
        "GET /monitors/117",
        "PUT /devices/42",
        "GET /devices/42",
    ]
