"""Every sample of the vendor's README for its Python client, operation by operation.

The replies are those of the README, made strict JSON: comments, trailing commas and ``…`` were taken out, and
Python's True, False and None spelled as JSON spells them.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from attrs import asdict
from tests.backends.acsmonitor.server import (
    ACCOUNT,
    API,
    DEVICE,
    EVENT,
    MONITOR,
    PASSWORD,
    ROOT,
    TOKEN,
    Server,
    page,
    paged,
    says,
    signed_in,
)
from tests.transport.fakes import FakeClock

from tocsin.acsmonitor import AcsMonitorClient, DeviceGroup, MonitorRef
from tocsin.errors import (
    AuthError,
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    NotSentError,
    RateLimitedError,
    ServerError,
)
from tocsin.options import RetryPolicy, Timeouts

pytestmark = pytest.mark.anyio

QUEUED = {"queued": True, "job_id": "6f1c"}
UPTIME = {"uptime_percent": 99.91, "total_checks": 43200, "failed_checks": 39}
ENVELOPE = {
    "data": [DEVICE],
    "links": {
        "first": f"{API}/devices?page=1",
        "last": f"{API}/devices?page=12",
        "prev": None,
        "next": f"{API}/devices?page=2",
    },
    "meta": {"current_page": 1, "from": 1, "to": 50, "per_page": 50, "total": 593},
    "next_page_url": f"{API}/devices?page=2",
}
PAYLOAD: dict[str, Any] = {
    "name": "Login API health",
    "type": "https",
    "host": "api.example.com",
    "port": 443,
    "check_interval_seconds": 60,
    "timeout_ms": 5000,
    "config": {
        "method": "GET",
        "path": "/health",
        "expected_status": 200,
        "expected_body_regex": '"ok":true',
        "ssl_verify": True,
        "alert_ssl_expiry_days": 14,
    },
}


async def test_base_url_is_the_root() -> None:
    """Of the root, slashes at its end are taken off and /api/v1 is added; a root that has it is taken as it is."""
    for given in (ROOT, f"{ROOT}/", f"{ROOT}///", API, f"{API}/"):
        server = Server(says(DEVICE))
        async with server.client(given) as acs:
            await acs.devices.get(42)
        assert str(server.requests[0].url) == f"{API}/devices/42"


async def test_login() -> None:
    """An e-mail address and a password are traded for a token, which is returned and sent with every call."""
    server = Server(signed_in(), says(DEVICE))
    async with server.client(**ACCOUNT) as acs:
        token = await acs.login()
        await acs.devices.get(42)
    login = server.requests[0]
    assert (login.method, str(login.url)) == ("POST", f"{API}/auth/login")
    assert login.content == b'{"email":"api@example.com","password":"your-strong-password"}'
    assert login.headers["content-type"] == "application/json"
    assert token.value == TOKEN
    assert server.signed == [None, f"Bearer {TOKEN}"]


async def test_token_skips_login() -> None:
    """With a token no login is needed: it is sent at once, and JSON is asked for."""
    server = Server(says(DEVICE))
    async with server.client(token=TOKEN) as acs:
        await acs.devices.get(42)
    [request] = server.requests
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["accept"] == "application/json"


async def test_logout() -> None:
    """POST /auth/logout, and then the token is forgotten."""
    server = Server(httpx.Response(204))
    async with server.client() as acs:
        await acs.logout()
        with pytest.raises(AuthError):
            await acs.devices.get(42)
    assert server.seen == ["POST /auth/logout"]
    assert server.signed == [f"Bearer {TOKEN}"]


async def test_devices() -> None:
    """The sample of a device, field by field, in the sample of an envelope, whose next page is page 2."""
    server = Server(says(ENVELOPE), says({**ENVELOPE, "data": []}))
    async with server.client() as acs:
        pages = acs.devices.list(page_size=50).pages()
        first = await anext(pages)
        await anext(pages)
    [device] = first.items
    assert asdict(device, recurse=False) == {
        **DEVICE,
        "last_polled_at": datetime(2026, 4, 22, 10, 14, 33, tzinfo=UTC),
        "device_group": DeviceGroup(3, "Core network", "#3b82f6"),
    }
    assert first.total == 593
    assert server.seen == ["GET /devices?page=1&per_page=50", "GET /devices?page=2&per_page=50"]


async def test_devices_walks_every_page() -> None:
    """The two-line loop gives each of 593 devices once, in 12 requests."""
    server = Server(paged([{**DEVICE, "id": number} for number in range(1, 594)]))
    async with server.client() as acs:
        found = [device.id async for device in acs.devices.list(page_size=50)]
    assert found == list(range(1, 594))
    assert [request.url.params["page"] for request in server.requests] == [str(at) for at in range(1, 13)]


async def test_devices_filtered() -> None:
    """``filter[status]`` and ``per_page`` of the samples, and the list that collects them."""
    server = Server(page(DEVICE))
    async with server.client() as acs:
        down = await acs.devices.list(status="down", page_size=100).collect()
    assert [device.name for device in down] == ["core-switch-01"]
    assert server.seen == ["GET /devices?filter[status]=down&page=1&per_page=100"]


async def test_devices_of_an_inventory() -> None:
    """A flag of a filter goes as the text "true", and all that an Ansible inventory needs is there."""
    server = Server(page(DEVICE, {**DEVICE, "id": 43, "name": "edge", "device_type": None, "device_group": None}))
    inventory: dict[str, Any] = {"_meta": {"hostvars": {}}, "all": {"hosts": []}}
    async with server.client() as acs:
        async for device in acs.devices.list(is_active=True):
            inventory["all"]["hosts"].append(device.name)
            inventory["_meta"]["hostvars"][device.name] = {
                "ansible_host": device.ip_address,
                "device_type": device.device_type,
                "device_group": device.device_group.name if device.device_group else None,
            }
    assert server.seen == ["GET /devices?filter[is_active]=true&page=1&per_page=100"]
    assert inventory["all"]["hosts"] == ["core-switch-01", "edge"]
    assert inventory["_meta"]["hostvars"]["core-switch-01"]["device_group"] == "Core network"
    assert inventory["_meta"]["hostvars"]["edge"]["device_group"] is None


async def test_devices_searched_and_sorted() -> None:
    """The table of query parameters: search, a sort with "-", and any filter."""
    server = Server(page())
    async with server.client() as acs:
        await acs.devices.list(search="core", sort="-last_polled_at", filters={"device_type": "cisco_ios"}).first()
        await acs.devices.list(extra_params={"filter[new]": "1"}).first()
    assert server.seen == [
        "GET /devices?search=core&sort=-last_polled_at&filter[device_type]=cisco_ios&page=1&per_page=100",
        "GET /devices?filter[new]=1&page=1&per_page=100",
    ]


async def test_device() -> None:
    """GET /devices/{id} gives one device."""
    server = Server(says(DEVICE))
    async with server.client() as acs:
        device = await acs.devices.get(42)
    assert (device.id, device.ip_address, device.snmp_version) == (42, "10.0.0.1", "2c")
    assert server.seen == ["GET /devices/42"]


async def test_poll_device() -> None:
    """POST /devices/{id}/poll has no body; 120 seconds may be allowed for it alone."""
    server = Server(says(QUEUED))
    async with server.client() as acs:
        assert (await acs.devices.poll(42, timeouts=Timeouts(read=120))).queued
    assert server.seen == ["POST /devices/42/poll"]
    assert server.requests[0].content == b""
    assert server.requests[0].extensions["timeout"]["read"] == 120


async def test_device_metrics() -> None:
    """GET /devices/{id}/metrics gives what the server sends, whatever it is, with any query."""
    metrics = {"data": {"cpu": [1, 2]}, "unit": "%"}
    server = Server(says(metrics))
    async with server.client() as acs:
        assert await acs.devices.metrics(42, extra_params={"from": "now-1h"}) == metrics
    assert server.seen == ["GET /devices/42/metrics?from=now-1h"]


async def test_device_alerts() -> None:
    """GET /devices/{id}/alerts gives what the server sends."""
    server = Server(page(EVENT))
    async with server.client() as acs:
        assert (await acs.devices.alerts_page(42))["data"] == [EVENT]
    assert server.seen == ["GET /devices/42/alerts"]


async def test_monitors() -> None:
    """The sample of a monitor, field by field, and the loop that looks for slow ones."""
    slow = {**MONITOR, "id": 118, "response_time_ms": 1400}
    down = {**MONITOR, "id": 119, "status": "down", "response_time_ms": None}
    server = Server(page(slow, MONITOR, down))
    async with server.client() as acs:
        found = await acs.monitors.list(sort="-response_time_ms", page_size=100).collect()
    assert server.seen == ["GET /monitors?sort=-response_time_ms&page=1&per_page=100"]
    assert [each.id for each in found if (each.response_time_ms or 0) > 1000] == [118]
    assert asdict(found[1], recurse=False) == {
        **MONITOR,
        "ssl_expiry_at": datetime(2026, 9, 14, tzinfo=UTC),
        "last_checked_at": datetime(2026, 4, 22, 10, 15, 1, tzinfo=UTC),
    }
    assert f"{found[1].response_time_ms}ms" == "142ms"


async def test_monitor() -> None:
    """GET /monitors/{id} gives one monitor."""
    server = Server(says(MONITOR))
    async with server.client() as acs:
        assert (await acs.monitors.get(117)).status == "up"
    assert server.seen == ["GET /monitors/117"]


async def test_create_monitor() -> None:
    """The sample of a new monitor goes as it is, in its order, and gives one with an id."""
    server = Server(says({**PAYLOAD, "id": 118}, 201))
    async with server.client() as acs:
        monitor = await acs.monitors.create(**PAYLOAD)
    assert monitor.id == 118
    assert server.seen == ["POST /monitors"]
    assert server.requests[0].content == json.dumps(PAYLOAD, separators=(",", ":")).encode()
    assert server.requests[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "kind",
    ["ping", "tcp", "http", "https", "ssh", "smtp", "ftp", "pop3", "imap", "dns", "mysql", "redis", "snmp", "ssl"],
)
async def test_create_monitor_of_any_type(kind: str) -> None:
    """Every type that a document names can be sent and read, and so can one that none names."""
    server = Server(lambda request: says({**json.loads(request.content), "id": 1}, 201))
    async with server.client() as acs:
        assert (await acs.monitors.create(name="m", type=kind)).type == kind
    assert server.body == {"name": "m", "type": kind}


async def test_check_monitor() -> None:
    """POST /monitors/{id}/check says that it is queued, and by which job."""
    server = Server(says(QUEUED))
    async with server.client() as acs:
        job = await acs.monitors.check(117)
    assert (job.queued, job.job_id) == (True, "6f1c")
    assert server.seen == ["POST /monitors/117/check"]


async def test_monitor_results() -> None:
    """The last 20 results, in the envelope that the server sends."""
    row = {"checked_at": "2026-04-22T10:15:01Z", "status": "up", "response_time_ms": 142}
    server = Server(page(row))
    async with server.client() as acs:
        recent = await acs.monitors.results_page(117, page_size=20)
    assert [f"{r['checked_at']} {r['status']} {r['response_time_ms']} ms" for r in recent["data"]] == [
        "2026-04-22T10:15:01Z up 142 ms"
    ]
    assert server.seen == ["GET /monitors/117/results?per_page=20"]


async def test_monitor_uptime() -> None:
    """Uptime of 30 days, as the sample has it."""
    server = Server(says(UPTIME))
    async with server.client() as acs:
        uptime = await acs.monitors.uptime(117, window="30d")
    assert asdict(uptime) == UPTIME
    assert server.seen == ["GET /monitors/117/uptime?window=30d"]


async def test_monitor_uptime_report() -> None:
    """The weekly report: one call for each monitor, whose rows are what its columns want."""
    server = Server(page(MONITOR), says({**UPTIME, "uptime_percent": 100}))
    async with server.client() as acs:
        rows = []
        async for monitor in acs.monitors.list():
            uptime = await acs.monitors.uptime(monitor.id, window="7d")
            rows.append([monitor.name, monitor.type, uptime.uptime_percent, uptime.failed_checks])
    assert rows == [["Public website", "https", 100, 39]]
    assert server.seen[1] == "GET /monitors/117/uptime?window=7d"


async def test_alert_events() -> None:
    """The sample of an event, field by field, by the sample that combines filters, sort and size."""
    server = Server(page(EVENT))
    async with server.client() as acs:
        [event] = await acs.alert_events.list(
            severity="critical", status="open", sort="-triggered_at", page_size=50
        ).collect()
    assert server.seen == [
        "GET /alert-events?filter[severity]=critical&filter[status]=open&sort=-triggered_at&page=1&per_page=50"
    ]
    assert asdict(event, recurse=False) == {
        **EVENT,
        "triggered_at": datetime(2026, 4, 22, 9, 55, 12, tzinfo=UTC),
        "monitor": MonitorRef(117, "Public website", "https"),
    }
    assert event.subject == event.monitor


async def test_alert_events_in_batches() -> None:
    """Events come in batches of 500, whatever the size of pages."""
    server = Server(paged([{**EVENT, "id": number} for number in range(1, 1201)]))
    async with server.client() as acs:
        sizes = [len(batch) async for batch in acs.alert_events.list(status="open").batches(500)]
    assert sizes == [500, 500, 200]


async def test_acknowledge_alert_event() -> None:
    """Each open critical event is acknowledged with a note."""
    server = Server(page(EVENT), says({**EVENT, "status": "acknowledged"}))
    async with server.client() as acs:
        for event in await acs.alert_events.list(status="open", severity="critical").collect():
            done = await acs.alert_events.acknowledge(event.id, note="Auto-ack from lab-1")
    assert done.status == "acknowledged"
    assert server.seen == [
        "GET /alert-events?filter[status]=open&filter[severity]=critical&page=1&per_page=100",
        "POST /alert-events/9821/acknowledge",
    ]
    assert server.requests[1].content == b'{"note":"Auto-ack from lab-1"}'


async def test_acknowledge_alert_event_of_a_forwarder() -> None:
    """What goes to PagerDuty is there: the name of the monitor or the device, the value, the row as it came."""
    device = {**EVENT, "id": 9822, "monitor": None, "device": {"id": 42, "name": "core-switch-01"}}
    server = Server(page(EVENT, device, {**EVENT, "id": 9823, "monitor": None}))
    async with server.client() as acs:
        events = await acs.alert_events.list(status="open").collect()
        rows = await acs.alert_events.rows(status="open").collect()
    names = [event.subject.name if event.subject else None for event in events]
    assert [f"{name}: {event.current_value}" for name, event in zip(names, events, strict=True)] == [
        "Public website: down",
        "core-switch-01: down",
        "None: down",
    ]
    assert json.loads(rows[1]) == device


async def test_resolve_alert_event() -> None:
    """An event is resolved with a note, and without one nothing is said."""
    server = Server(says({**EVENT, "status": "resolved", "resolved_at": "2026-04-22T11:00:00Z"}))
    async with server.client() as acs:
        done = await acs.alert_events.resolve(9821, note="Closed by INC-9421")
        assert server.requests[0].content == b'{"note":"Closed by INC-9421"}'
        await acs.alert_events.resolve(9821)
        assert server.requests[1].content == b"{}"
    assert done.resolved_at == datetime(2026, 4, 22, 11, tzinfo=UTC)
    assert server.seen == ["POST /alert-events/9821/resolve"] * 2


async def test_system_health() -> None:
    """GET /system/health gives what the server sends."""
    server = Server(says({"database": "ok"}))
    async with server.client() as acs:
        assert await acs.system.health() == {"database": "ok"}
    assert server.seen == ["GET /system/health"]


STATUSES: list[tuple[int, type[Exception]]] = [
    (401, AuthError),
    (403, ForbiddenError),
    (404, NotFoundError),
    (422, BadRequestError),
    (429, RateLimitedError),
    (500, ServerError),
    (503, ServerError),
]


@pytest.mark.parametrize(("status", "kind"), STATUSES)
async def test_statuses(status: int, kind: type[Exception]) -> None:
    """Each row of the table of statuses has a class of its own, with status and body."""
    server = Server(says({"message": "no", "errors": {"id": ["not found"]}}, status))
    async with server.client(retry=RetryPolicy(attempts=1)) as acs:
        with pytest.raises(kind, match="no") as caught:
            await acs.devices.poll(99999)
    error: Any = caught.value
    assert error.status == status
    if status != 401:
        assert json.loads(error.body)["message"] == "no"
        assert error.errors == {"id": ["not found"]}


async def test_status_0() -> None:
    """What the vendor's client calls status 0, a server that cannot be reached, is a class of its own."""
    server = Server(httpx.ConnectError("no such host"))
    async with server.client() as acs:
        with pytest.raises(NotSentError, match="cannot connect"):
            await acs.devices.poll(42)


async def test_retry_helper() -> None:
    """Four tries, as the vendor's helper has them, for what may be tried again; Retry-After is heeded."""
    server = Server(
        says({"message": "Too Many Attempts."}, 429, retry_after="37"), says({}, 503), says({}, 503), says(QUEUED)
    )
    clock = FakeClock()
    async with server.client(clock=clock) as acs:
        assert (await acs.devices.poll(42)).queued
    assert clock.time - clock.began >= 37
    assert len(server.requests) == 4


async def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick start: an address, an e-mail address and a password from the environment; or a token."""
    server = Server(signed_in(), says(DEVICE), says(DEVICE))
    transport = httpx.MockTransport(server.answer)
    monkeypatch.setenv("ACSMON_BASE_URL", ROOT)
    monkeypatch.setenv("ACSMON_EMAIL", ACCOUNT["email"])
    monkeypatch.setenv("ACSMON_PASSWORD", PASSWORD)
    async with AcsMonitorClient.from_env(transport=transport) as acs:
        await acs.devices.get(42)
    monkeypatch.setenv("ACSMON_TOKEN", "2|long-lived")
    async with AcsMonitorClient.from_env(transport=transport) as acs:
        await acs.devices.get(42)
    assert server.signed == [None, f"Bearer {TOKEN}", "Bearer 2|long-lived"]


CALLS: dict[str, tuple[Callable[[AcsMonitorClient], Awaitable[object]], str]] = {
    "logout": (lambda acs: acs.logout(), "POST /auth/logout"),
    "devices": (lambda acs: acs.devices.list().first(), "GET /devices?page=1&per_page=100"),
    "device": (lambda acs: acs.devices.get(42), "GET /devices/42"),
    "poll_device": (lambda acs: acs.devices.poll(42), "POST /devices/42/poll"),
    "device_metrics": (lambda acs: acs.devices.metrics(42), "GET /devices/42/metrics"),
    "device_alerts": (lambda acs: acs.devices.alerts_page(42), "GET /devices/42/alerts"),
    "monitors": (lambda acs: acs.monitors.list().first(), "GET /monitors?page=1&per_page=100"),
    "monitor": (lambda acs: acs.monitors.get(117), "GET /monitors/117"),
    "create_monitor": (lambda acs: acs.monitors.create(name="m", type="ping"), "POST /monitors"),
    "check_monitor": (lambda acs: acs.monitors.check(117), "POST /monitors/117/check"),
    "monitor_results": (lambda acs: acs.monitors.results_page(117), "GET /monitors/117/results"),
    "monitor_uptime": (lambda acs: acs.monitors.uptime(117), "GET /monitors/117/uptime"),
    "alert_events": (lambda acs: acs.alert_events.list().first(), "GET /alert-events?page=1&per_page=100"),
    "acknowledge_alert_event": (lambda acs: acs.alert_events.acknowledge(1), "POST /alert-events/1/acknowledge"),
    "resolve_alert_event": (lambda acs: acs.alert_events.resolve(1), "POST /alert-events/1/resolve"),
    "system_health": (lambda acs: acs.system.health(), "GET /system/health"),
}


@pytest.mark.parametrize("name", CALLS)
async def test_method_reference(name: str) -> None:
    """Each method of the reference makes the one request that its table says."""
    call, request = CALLS[name]
    server = Server(says({"message": "teapot"}, 418))
    async with server.client() as acs:
        with pytest.raises(Exception, match="teapot"):
            await call(acs)
    assert server.seen == [request]
