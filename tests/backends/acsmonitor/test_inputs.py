"""What calls refuse before anything is sent, and how they write what they take."""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings, strategies as st
from tests.backends.acsmonitor.server import DEVICE, MONITOR, Server, page, says

from tocsin.acsmonitor import AcsMonitorClient
from tocsin.errors import ConfigError, InputError

pytestmark = pytest.mark.anyio

Call = Callable[[AcsMonitorClient], Awaitable[object]]


def monitor(**fields: Any) -> Call:
    """Makes a monitor of these."""
    return lambda acs: acs.monitors.create(**{"name": "m", "type": "https", **fields})


def device(**fields: Any) -> Call:
    """Makes a device of these."""
    return lambda acs: acs.devices.create(**{"name": "d", "ip_address": "10.0.0.1", **fields})


def devices(**query: Any) -> Call:
    """Lists devices."""
    return lambda acs: acs.devices.list(**query).first()


REFUSED: list[tuple[Call, str]] = [
    (devices(search=""), "search must not be empty"),
    (devices(search=7), "search must be a str"),
    (devices(sort=""), "sort must not be empty"),
    (devices(sort="name,id"), 'must be one column, such as "name" or "-name"'),
    (devices(sort="--name"), "must be one column"),
    (devices(sort="name desc"), "must be one column"),
    (devices(status=""), "status must not be empty"),
    (devices(status=None), "status must be a str"),
    (devices(is_active="true"), "is_active must be True or False"),
    (devices(is_active=1), "is_active must be True or False"),
    (devices(filters=["status"]), "filters must be a mapping"),
    (devices(filters={"a]": 1}), "must have names of fields"),
    (devices(filters={"": 1}), "must have names of fields"),
    (devices(filters={"a": ""}), re.escape("filter[a] must not be empty")),
    (devices(filters={"a": None}), re.escape("filter[a] must be a str, a number, True or False")),
    (devices(filters={"a": [1]}), re.escape("filter[a] must be a str, a number, True or False")),
    (devices(filters={"a": math.nan}), "JSON cannot carry"),
    (devices(filters={"a": "\ud800"}), "UTF-8"),
    (devices(status="up", filters={"status": "down"}), re.escape("filter[status] is given twice")),
    (devices(page_size=0), "page_size must be a whole number of at least 1"),
    (devices(page_size=True), "page_size must be a whole number"),
    (devices(page_size=1.5), "page_size must be a whole number"),
    (devices(on_bad_row="ignore"), "on_bad_row"),
    (lambda acs: acs.monitors.list(group=None).first(), "group must be a str, a number"),  # type: ignore[arg-type]
    (lambda acs: acs.monitors.list(type="").first(), "type must not be empty"),
    (lambda acs: acs.alert_events.list(severity="").first(), "severity must not be empty"),
    (lambda acs: acs.snmp_traps.list(device="").first(), "device must not be empty"),
    (lambda acs: acs.alert_rules.list(active="yes").first(), "active must be True or False"),  # type: ignore[arg-type]
    (lambda acs: acs.devices.get(0), "id must be a whole number of at least 1"),
    (lambda acs: acs.devices.get(-1), "id must be a whole number of at least 1"),
    (lambda acs: acs.devices.get(True), "id must be a whole number of at least 1"),
    (lambda acs: acs.devices.get(4.2), "id must be a whole number of at least 1"),  # type: ignore[arg-type]
    (lambda acs: acs.device_groups.get(".."), "cannot be a part of a path"),
    (lambda acs: acs.device_groups.get(""), "cannot be a part of a path"),
    (device(name=""), "name must not be empty"),
    (device(ip_address=None), "ip_address must be a str"),
    (device(poll_interval_seconds=0), "of at least 1"),
    (device(is_active=1), "True or False"),
    (device(more={"name": "x"}), "name is given twice"),
    (device(more=[]), "more must be a mapping"),
    (device(more={1: 2}), "no str"),
    (device(more={"when": datetime(2026, 1, 1)}), "astimezone"),
    (monitor(port=0), "from 1 to 65535"),
    (monitor(port=65536), "from 1 to 65535"),
    (monitor(port="443"), "from 1 to 65535"),
    (monitor(check_interval_seconds=0), "of at least 1"),
    (monitor(timeout_ms=-1), "of at least 1"),
    (monitor(config="GET /"), "config must be a mapping"),
    (monitor(config={"x": math.inf}), "JSON cannot carry"),
    (monitor(config={"x": {1, 2}}), "cannot be sent"),
    (monitor(type=""), "type must not be empty"),
    (monitor(host=""), "host must not be empty"),
    (lambda acs: acs.monitors.update(117, port=70000), "from 1 to 65535"),
    (lambda acs: acs.monitors.uptime(117, window=""), "window must not be empty"),
    (lambda acs: acs.monitors.results_page(117, page=0), "page must be a whole number"),
    (lambda acs: acs.monitors.results_page(117, page_size=0), "page_size must be a whole number"),
    (lambda acs: acs.monitors.check_and_wait(117, timeout=0), "timeout must be a number of seconds above 0"),
    (lambda acs: acs.monitors.check_and_wait(117, timeout=math.inf), "timeout must be a number of seconds"),
    (lambda acs: acs.monitors.check_and_wait(117, interval=0), "interval must be a number of seconds above 0"),
    (lambda acs: acs.monitors.check_and_wait(117, interval=True), "interval must be a number of seconds"),
    (lambda acs: acs.monitors.check_and_wait(117, status=""), "status must not be empty"),
    (lambda acs: acs.monitors.check_and_wait(117, status=5), "status must be a str"),  # type: ignore[arg-type]
    (lambda acs: acs.alert_events.acknowledge(1, note=5), "note must be a str"),  # type: ignore[arg-type]
    (lambda acs: acs.alert_events.resolve(1, note="\ud800"), "UTF-8"),
    (lambda acs: acs.device_groups.create([]), "fields must be a mapping"),  # type: ignore[arg-type]
    (lambda acs: acs.device_groups.create(None), "fields must be a mapping"),  # type: ignore[arg-type]
    (lambda acs: acs.device_groups.update(1, None), "fields must be a mapping"),  # type: ignore[arg-type]
    (lambda acs: acs.oids.create(1, None), "fields must be a mapping"),  # type: ignore[arg-type]
    (lambda acs: acs.device_groups.update(1, {"x": math.nan}), "JSON cannot carry"),
    (lambda acs: acs.resource("").list().first(), "cannot be a part of a path"),
    (lambda acs: acs.resource("a//b").list().first(), "cannot be a part of a path"),
    (lambda acs: acs.resource("a/../b").list().first(), "cannot be a part of a path"),
    (lambda acs: acs.resource(7).list().first(), "a resource is a path"),  # type: ignore[arg-type]
    (lambda acs: acs.webhooks(0).list().first(), "of at least 1"),
    (lambda acs: acs.webhook_ingest("short", {}), "token must have at least 6 characters"),
    (lambda acs: acs.webhook_ingest("", {}), "token is empty"),
    (lambda acs: acs.webhook_ingest("wh-token-1", {"x": math.nan}), "JSON cannot carry"),
    (lambda acs: acs.mibs.upload("", b"x"), "filename must not be empty"),
    (lambda acs: acs.mibs.upload("a/b.mib", b"x"), "filename must have no quotation mark, slash"),
    (lambda acs: acs.mibs.upload('a".mib', b"x"), "filename must have no quotation mark"),
    (lambda acs: acs.mibs.upload("a\r\n.mib", b"x"), "filename must have no quotation mark"),
    (lambda acs: acs.mibs.upload("a.mib", b"x", field='"'), "field must have no quotation mark"),
    (lambda acs: acs.mibs.upload("a.mib", b""), "content must be bytes, and not empty"),
    (lambda acs: acs.mibs.upload("a.mib", "text"), "content must be bytes"),  # type: ignore[arg-type]
    (lambda acs: acs.widgets.set_positions([]), "at least one entry"),
    (lambda acs: acs.widgets.set_positions([7]), re.escape("positions[0] must be a mapping")),  # type: ignore[list-item]
    (lambda acs: acs.tools.ping(""), "host must not be empty"),
    (lambda acs: acs.tools.ping("h", count=0), "count must be a whole number"),
    (lambda acs: acs.tools.traceroute("h", max_hops=0), "max_hops must be a whole number"),
    (lambda acs: acs.tools.port_scan("h", port_start=0, port_end=9), "port_start must be a whole number from 1"),
    (lambda acs: acs.tools.port_scan("h", port_start=80, port_end=22), "port_end must be at least port_start"),
    (lambda acs: acs.tools.ssl_check("h", port=65536), "port must be a whole number from 1 to 65535"),
    (lambda acs: acs.tools.http_headers("u", follow_redirects=1), "True or False"),  # type: ignore[arg-type]
    (lambda acs: acs.tools.dns_lookup("h", record_type=""), "record_type must not be empty"),
    (lambda acs: acs.tools.whois(""), "query must not be empty"),
]


@pytest.mark.parametrize(("call", "why"), REFUSED)
async def test_refused(call: Call, why: str) -> None:
    """Bad input is refused with what is allowed, and nothing is sent."""
    server = Server(httpx.Response(500))
    async with server.client() as acs:
        with pytest.raises(InputError, match=why):
            await call(acs)
    assert server.requests == []


TYPE_ERRORS: list[tuple[Callable[[Any], object], str]] = [
    (lambda acs: acs.devices.list(severity="critical"), "unknown argument severity"),
    (lambda acs: acs.devices.rows(nosuch=1), "unknown argument nosuch"),
    (lambda acs: acs.monitors.list(is_active=True), "unknown argument is_active"),
    (lambda acs: acs.alert_events.list(type="x"), "unknown argument type"),
    (lambda acs: acs.device_groups.list(status="x"), "unknown argument status"),
    (lambda acs: acs.snmp_traps.list(active=True), "unknown argument active"),
    (lambda acs: acs.alert_rules.list(status="x"), "unknown argument status"),
    (lambda acs: acs.monitors.results(117, window="7d"), "unknown argument window"),
]


@pytest.mark.parametrize(("call", "why"), TYPE_ERRORS)
async def test_unknown_filter(call: Callable[[Any], object], why: str) -> None:
    """A filter that there is none of is a TypeError at once, before the first row is asked for."""
    async with Server(page()).client() as acs:
        with pytest.raises(TypeError, match=why):
            call(acs)


async def test_missing_and_unknown_fields() -> None:
    """A field that must be there, or that there is none of, is a TypeError."""
    server = Server(says(MONITOR))
    async with server.client() as acs:
        unchecked: Any = acs
        for call, why in (
            (unchecked.monitors.create(name="m"), "missing argument type"),
            (unchecked.devices.create(name="d"), "missing argument ip_address"),
            (unchecked.monitors.update(117, nosuch=1), "unknown argument nosuch"),
            (unchecked.devices.get(42, nosuch=1), "unknown argument nosuch"),
        ):
            with pytest.raises(TypeError, match=why):
                await call
    assert server.requests == []


@pytest.mark.parametrize(
    "base_url",
    [
        "monitoring.example.com",
        "ftp://monitoring.example.com",
        "https://u:p@monitoring.example.com",
        "",
        None,
        "https://x/?a",
    ],
)
async def test_base_url_that_cannot_be_one(base_url: Any) -> None:
    """What is no address is refused when the client is made."""
    with pytest.raises(ConfigError, match="base_url must"):
        AcsMonitorClient(base_url, token="1|abc123")


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ({"status": "up", "is_active": False}, "filter[status]=up&filter[is_active]=false"),
        (
            {"filters": {"a.b": 1, "c": 1.5, "d": True, "e": "x y&z"}},
            "filter[a.b]=1&filter[c]=1.5&filter[d]=true&filter[e]=x+y%26z",
        ),
        ({"sort": "-last_polled_at"}, "sort=-last_polled_at"),
        ({"filters": {"retry": "x"}}, "filter[retry]=x"),
        ({"search": "ä"}, "search=%C3%A4"),
    ],
)
async def test_queries_as_written(query: dict[str, Any], sent: str) -> None:
    """Filters, flags and texts are written as PHP reads them."""
    server = Server(page(DEVICE))
    async with server.client() as acs:
        await acs.devices.list(**query).first()
        await acs.devices.rows(**query).first()
    assert server.seen == [f"GET /devices?{sent}&page=1&per_page=100"] * 2


async def test_other_filters_as_written() -> None:
    """Each list has the filters that the API's documentation names for it."""
    server = Server(page())
    async with server.client() as acs:
        await acs.monitors.list(status="down", type="https", group=3, search="x").first()
        await acs.monitors.rows(group="Core").first()
        await acs.snmp_traps.list(status="new", severity="info", device=42).first()
        await acs.snmp_traps.rows(device="core").first()
        await acs.alert_rules.list(device=42, severity="critical", active=True).first()
        await acs.alert_rules.rows(active=False).first()
    end = "page=1&per_page=100"
    assert server.seen == [
        f"GET /monitors?filter[status]=down&filter[type]=https&filter[group]=3&search=x&{end}",
        f"GET /monitors?filter[group]=Core&{end}",
        f"GET /snmp-traps?filter[status]=new&filter[severity]=info&filter[device]=42&{end}",
        f"GET /snmp-traps?filter[device]=core&{end}",
        f"GET /alert-rules?filter[device]=42&filter[severity]=critical&filter[active]=true&{end}",
        f"GET /alert-rules?filter[active]=false&{end}",
    ]


async def test_bodies_as_written() -> None:
    """What was given is sent and nothing else; `more` stands beside it; nothing that was given is changed."""
    server = Server(says({**DEVICE}))
    more = {"snmp_community": "public"}
    async with server.client() as acs:
        await acs.devices.create(name="d", ip_address="10.0.0.1", more=more)
        assert server.body == {"name": "d", "ip_address": "10.0.0.1", "snmp_community": "public"}
        await acs.devices.update(42)
        assert server.body == {}
        await acs.devices.update(
            42, snmp_version="3", device_type="linux", poll_interval_seconds=30, is_active=False
        )
        assert server.body == {
            "snmp_version": "3",
            "device_type": "linux",
            "poll_interval_seconds": 30,
            "is_active": False,
        }
        await acs.webhook_ingest("wh-token-1", [1, None, "x"])
        assert server.body == [1, None, "x"]
        await acs.webhook_ingest("wh-token-1", None)
        assert server.requests[-1].content == b"null"
        await acs.discovery.import_result(3)
        assert server.requests[-1].content == b""
        await acs.tools.dns_lookup("example.com", record_type="MX", resolver="1.1.1.1")
        assert server.body == {"host": "example.com", "record_type": "MX", "resolver": "1.1.1.1"}
        await acs.tools.ping("example.com")
        assert server.body == {"host": "example.com"}
        await acs.widgets.set_positions([{"id": 1, "x": 0}])
        assert server.body == {"positions": [{"id": 1, "x": 0}]}
    assert more == {"snmp_community": "public"}


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=80), st.integers(0, 3))
def test_upload_is_one_file(content: bytes, boundaries: int) -> None:
    """A file arrives byte for byte, whatever is in it, the boundary of the form included."""
    content += b"".join(b"\r\n--tocsin--\r\n--tocsin-%d" % number for number in range(boundaries))

    async def upload() -> httpx.Request:
        server = Server(says({"id": 1}, 201))
        async with server.client() as acs:
            assert await acs.mibs.upload("IF-MIB.mib", content) == {"id": 1}
        return server.requests[0]

    request = anyio.run(upload)
    kind, _, boundary = request.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    before, *parts, after = request.content.split(f"--{boundary}".encode())
    assert (before, after, len(parts)) == (b"", b"--\r\n", 1)
    head, _, body = parts[0].partition(b"\r\n\r\n")
    assert b'form-data; name="file"; filename="IF-MIB.mib"' in head
    assert body == content + b"\r\n"


async def test_ids_stay_in_their_place() -> None:
    """An id that is a text is one part of the path, whatever it has in it."""
    server = Server(says({"id": "x"}))
    async with server.client() as acs:
        await acs.users.get("a/b?c=d")
        await acs.resource("any/path").act("a b", "re-run", {"x": 1})
        await acs.resource("/any/path/").act(7, "run")
    assert server.seen == ["GET /users/a%2Fb%3Fc%3Dd", "POST /any/path/a%20b/re-run", "POST /any/path/7/run"]
    assert server.requests[2].content == b""


async def test_call_options_reach_the_request() -> None:
    """Every kind of call takes extra headers and parameters."""
    server = Server(says({**MONITOR, "data": []}))
    more: dict[str, Any] = {"extra_headers": {"X-Trace": "1"}, "extra_params": {"debug": "1"}}
    async with server.client() as acs:
        await acs.monitors.get(117, **more)
        await acs.monitors.create(name="m", type="ping", **more)
        await acs.monitors.list(**more).first()
        await acs.monitors.results_page(117, **more)
        await acs.device_groups.create({"name": "g"}, **more)
        await acs.device_groups.delete(3, **more)
        await acs.oids.list(42, **more).first()
        await acs.tools.whois("example.com", **more)
        await acs.mibs.upload("a.mib", b"x", **more)
        await acs.webhook_ingest("wh-token-1", {}, **more)
        await acs.system.stats(**more)
        await acs.logout(**more)
    assert len(server.requests) == 12
    for request in server.requests:
        assert (request.headers["x-trace"], request.url.params["debug"]) == ("1", "1")
