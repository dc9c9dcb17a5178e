"""What may be written: every rule of the API's page on alerts is checked before anything is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given, strategies as st
from tests.backends.appfirst.server import ALERT, Server

from tocsin.appfirst import TRIGGERS, AlertUser, AppFirstClient, ProcessTarget, Subscriber, basic_auth
from tocsin.appfirst.alert_fields import NEW as FIELDS
from tocsin.appfirst.alert_rules import OUT_OF_BAND_TRIGGERS, OUT_OF_BAND_TYPES, check_new
from tocsin.errors import InputError

pytestmark = pytest.mark.anyio

NEW: Mapping[str, Any] = {
    "name": "n",
    "type": "Server",
    "target_id": 1,
    "trigger_type": "CPU",
    "users": [1],
}
HTTPD = ProcessTarget(1111, 1284, 1262304000087987676, "httpd")
CONTENT = {"Log Content", "Incident Report Content", "File Accessed", "Registry Accessed"}
OUT_OF_BAND: Mapping[str, Any] = {"threshold_type": "out of band"}


async def created(**fields: Any) -> Server:
    """The server after an alert was made."""
    server = Server(httpx.Response(201, json=ALERT))
    async with server.client() as appfirst:
        await appfirst.alerts.create(**{**NEW, **fields})
    return server


async def refused(why: str, **fields: Any) -> None:
    """An alert that is refused, and nothing is sent."""
    server = Server(httpx.Response(500))
    async with server.client() as appfirst:
        with pytest.raises(InputError, match=why):
            await appfirst.alerts.create(**{**NEW, **fields})
    assert server.requests == []


def target(type: str) -> Any:
    """Something that an alert of this type can watch."""
    return HTTPD if type == "Process" else 7


def needed(trigger: str) -> dict[str, str]:
    """What this trigger cannot do without."""
    return {"reg_exp": "ERROR"} if trigger in CONTENT else {}


#: As the page lists them.
PUBLISHED = {
    "Log": "Number of Info, Number of Warning, Number of Critical, Log Content",
    "Polled Data": "Nagios",
    "Process": "Process Termination, CPU, Memory, Average Response Time, File Read, File Write, "
    "Inbound Network Traffic, Outbound Network Traffic, Network Connections, Threads, Files, Registries, "
    "Page Faults, Incident Reports, Critical Incident Reports, Incident Report Content, File Accessed, "
    "Registry Accessed, Port Accessed",
    "Application": "Processes, Process Termination, CPU, Memory, Average Response Time, File Read, File Write, "
    "Inbound Network Traffic, Outbound Network Traffic, Network Connections, Threads, Files, Registries, "
    "Page Faults, Incident Reports, Critical Incident Reports, Incident Report Content, File Accessed, "
    "Registry Accessed, Port Accessed",
    "Server": "Server Down, CPU, Memory, Average Response Time, Disk, Disk Busy, Threads, Page Faults, Processes",
    "Server Tag": "Server Down, CPU, Memory, Average Response Time, Disk Busy, Threads, Page Faults, Processes",
}


def test_trigger_types_are_those_of_the_page() -> None:
    """The table has what the page lists, type by type; a Server Tag has no Disk."""
    assert {type: ", ".join(triggers) for type, triggers in TRIGGERS.items()} == PUBLISHED


@pytest.mark.parametrize("type", TRIGGERS)
async def test_trigger_types_of_a_type(type: str) -> None:
    """Each type takes its own trigger types, and none of the others'."""
    for trigger in sorted({each for triggers in TRIGGERS.values() for each in triggers}):
        fields: dict[str, Any] = {"type": type, "target_id": target(type), "trigger_type": trigger}
        if trigger in TRIGGERS[type]:
            server = await created(**fields, **needed(trigger))
            assert (server.form["type"], server.form["trigger_type"]) == (type, trigger)
        else:
            await refused(f"trigger_type of a {type} alert must be one of {TRIGGERS[type][0]}", **fields)


@pytest.mark.parametrize("type", TRIGGERS)
async def test_out_of_band_is_for_some(type: str) -> None:
    """Out of band is for four types, and of those for fourteen trigger types."""
    for trigger in TRIGGERS[type]:
        fields: dict[str, Any] = {"type": type, "target_id": target(type), "trigger_type": trigger, **OUT_OF_BAND}
        if type in OUT_OF_BAND_TYPES and trigger in OUT_OF_BAND_TRIGGERS:
            assert (await created(**fields)).form["threshold_type"] == "out of band"
        else:
            await refused("out of band", **fields, **needed(trigger))


def test_out_of_band_triggers_are_those_of_the_page() -> None:
    """Four types, and fourteen trigger types."""
    assert set(OUT_OF_BAND_TYPES) == {"Server", "Application", "Polled Data", "Process"}
    assert ", ".join(OUT_OF_BAND_TRIGGERS) == (
        "CPU, Memory, Average Response Time, File Read, File Write, Inbound Network Traffic, "
        "Outbound Network Traffic, Network Connections, Threads, Files, Registries, Page Faults, "
        "Incident Reports, Critical Incident Reports"
    )


DISK: Mapping[str, Any] = {"trigger_type": "Disk"}
TAG: Mapping[str, Any] = {"type": "Server Tag"}
PORT: Mapping[str, Any] = {"type": "Application", "trigger_type": "Port Accessed"}
LOG: Mapping[str, Any] = {"type": "Log", "trigger_type": "Log Content"}

#: What is given, and what the form then has.
ACCEPTED: list[tuple[Mapping[str, Any], dict[str, str]]] = [
    ({"name": "x" * 32}, {"name": "x" * 32}),
    ({"type": "Process", "target_id": HTTPD}, {"target_id": "1111,1284,1262304000087987676,httpd"}),
    ({"type": "Process", "target_id": "1,2,3,a,b"}, {"target_id": "1,2,3,a,b"}),
    ({"active": True}, {"active": "True"}),
    ({"active": False}, {"active": "False"}),
    ({"direction": "above"}, {"direction": "above"}),
    ({"direction": "Below"}, {"direction": "below"}),
    ({"direction": "outside bounds", **OUT_OF_BAND}, {"direction": "outside bounds"}),
    ({"threshold": 90}, {"threshold": "90"}),
    ({"threshold": 10**30}, {"threshold": "1" + "0" * 30}),
    ({"threshold": Decimal("75.0")}, {"threshold": "75"}),
    ({**DISK, "threshold": Decimal("99.999")}, {"threshold": "99.999"}),
    ({**DISK, "threshold": 99.5}, {"threshold": "99.5"}),
    ({**DISK, "threshold": Decimal("1E-7")}, {"threshold": "0.0000001"}),
    ({**DISK, "threshold": 90}, {"threshold": "90"}),
    ({"threshold_type": "static"}, {"threshold_type": "static"}),
    ({**OUT_OF_BAND, "band_value": 2.5}, {"band_value": "2.5"}),
    ({**OUT_OF_BAND, "window_length": 1}, {"window_length": "1"}),
    ({**OUT_OF_BAND, "window_length": 23}, {"window_length": "23"}),
    ({**OUT_OF_BAND, "window_length": 23, "window_units": "h"}, {"window_units": "h"}),
    ({**OUT_OF_BAND, "window_length": 31, "window_units": "d"}, {"window_length": "31", "window_units": "d"}),
    ({"interval": 0}, {"interval": "0"}),
    ({"time_above_threshold": 3}, {"time_above_threshold": "3"}),
    ({**TAG, "num_of_servers": 2}, {"num_of_servers": "2"}),
    ({**DISK, "part_name": "C:"}, {"part_name": "C:"}),
    ({"trigger_type": "Disk Busy", "part_name": "MAX"}, {"part_name": "MAX"}),
    ({**PORT, "ip_details": [23, 8080, 50010]}, {"ip_details": "23,8080,50010"}),
    ({**PORT, "ip_details": (0, 65535)}, {"ip_details": "0,65535"}),
    ({**PORT, "ip_details": "23,80"}, {"ip_details": "23,80"}),
    ({**PORT, "ip_details": ""}, {"ip_details": ""}),
    ({**LOG, "reg_exp": "*ERROR*"}, {"reg_exp": "*ERROR*"}),
]


@pytest.mark.parametrize(("fields", "form"), ACCEPTED)
async def test_accepted(fields: Mapping[str, Any], form: dict[str, str]) -> None:
    """What the page allows is sent as the page writes it."""
    server = await created(**fields)
    assert form.items() <= server.form.items()
    assert server.form.keys() == {*NEW, *fields}


REFUSED: list[tuple[Mapping[str, Any], str]] = [
    ({"name": ""}, "1 to 32 characters, not 0"),
    ({"name": "x" * 33}, "1 to 32 characters, not 33"),
    ({"name": 7}, "name must be a str"),
    ({"type": "server"}, "type must be one of 'Application', 'Process'"),
    ({"trigger_type": ""}, "trigger_type must not be empty"),
    ({"target_id": 0}, "target_id must be a whole number of at least 1"),
    ({"target_id": "1"}, "target_id of a Server alert must be a whole number"),
    ({"target_id": True}, "must be a whole number"),
    ({"target_id": HTTPD}, "must be a whole number"),
    ({"type": "Process", "target_id": 7}, "server_id,pid,creationtime,name"),
    ({"type": "Process", "target_id": f"1,2,{'9' * 5000},httpd"}, "server_id,pid,creationtime,name"),
    ({"type": "Process", "target_id": "1,2,3"}, "server_id,pid,creationtime,name"),
    ({"type": "Process", "target_id": "1,x,3,httpd"}, "server_id,pid,creationtime,name"),
    ({"type": "Process", "target_id": "1,2,3,"}, "name must not be empty"),
    ({"users": []}, "at least one"),
    ({"users": ["a@example.org"]}, "AlertUser, or the id of one"),
    ({"users": [AlertUser("a@example.org")]}, "AlertUser, or the id of one"),
    ({"users": [{"id": 1}]}, "AlertUser, or the id of one"),
    ({"users": [True]}, "must be a whole number"),
    ({"users": [0]}, "of at least 1"),
    ({"users": 1}, "must be a list"),
    ({"users": [AlertUser(1, sendsms=1)]}, r"users\[0\].sendsms must be True or False"),  # type: ignore[arg-type]
    ({"active": "True"}, "active must be True or False"),
    ({"direction": "sideways"}, "'above', 'below', 'outside bounds'"),
    ({"direction": 1}, "direction must be one of"),
    ({"direction": "outside bounds"}, "out of band"),
    ({"direction": "outside bounds", "threshold_type": "static"}, "out of band"),
    ({"threshold": "90"}, "threshold must be a Decimal or another number"),
    ({"threshold": True}, "threshold must be a Decimal"),
    ({"threshold": Decimal("90.5")}, "threshold must be a whole number"),
    ({"threshold": 0.5}, "threshold must be a whole number"),
    ({**DISK, "threshold": float("nan")}, "must be finite"),
    ({**DISK, "threshold": Decimal("Infinity")}, "must be finite"),
    ({**DISK, "threshold": Decimal("1e999999")}, "at most 40 digits before the point"),
    ({**DISK, "threshold": Decimal("1e40")}, "at most 40 digits before the point"),
    ({**DISK, "threshold": Decimal("1e-41")}, "as many behind it"),
    ({"threshold": 10**5000}, "at most 40 digits before the point"),
    ({"threshold_type": "dynamic"}, "'static', 'out of band'"),
    ({"band_value": 2.0}, "band_value is for threshold_type"),
    ({"window_length": 1, "window_units": "h"}, "window_length, window_units is for threshold_type"),
    ({**OUT_OF_BAND, "window_length": 0}, "from 1 to 31"),
    ({**OUT_OF_BAND, "window_length": 24}, 'from 1 to 23 with window_units="h"'),
    ({**OUT_OF_BAND, "window_length": 24, "window_units": "h"}, "from 1 to 23"),
    ({**OUT_OF_BAND, "window_length": 32, "window_units": "d"}, "from 1 to 31"),
    ({**OUT_OF_BAND, "window_units": "m"}, "'h', 'd'"),
    ({**OUT_OF_BAND, "band_value": "2"}, "band_value must be"),
    ({"interval": -1}, "interval must be a whole number of at least 0"),
    ({"interval": 1.5}, "interval must be a whole number"),
    ({"time_above_threshold": -1}, "time_above_threshold must be"),
    ({"num_of_servers": 1}, "num_of_servers is for alerts of type Server Tag alone"),
    ({**TAG, "num_of_servers": 0}, "of at least 1"),
    ({"part_name": "C:"}, "part_name is for Disk and Disk Busy alone"),
    ({**DISK, "part_name": ""}, "part_name must not be empty"),
    ({"ip_details": [80]}, "ip_details is for Port Accessed alone"),
    ({**PORT, "ip_details": [65536]}, "from 0 to 65535"),
    ({**PORT, "ip_details": "80,http"}, "from 0 to 65535"),
    ({**PORT, "ip_details": 80}, "must be a list"),
    ({"reg_exp": "x"}, "reg_exp is for Log Content"),
    (LOG, "Log Content needs reg_exp"),
    ({**LOG, "reg_exp": ""}, "Log Content needs reg_exp"),
]


@pytest.mark.parametrize(("fields", "why"), REFUSED)
async def test_refused(fields: Mapping[str, Any], why: str) -> None:
    """What the page does not allow is refused with what is allowed, and nothing is sent."""
    await refused(why, **fields)


@pytest.mark.parametrize("missing", NEW)
async def test_required(missing: str) -> None:
    """Five arguments must be there."""
    server = Server(httpx.Response(500))
    async with server.client() as appfirst:
        with pytest.raises(TypeError, match=f"missing argument {missing}"):
            await appfirst.alerts.create(**{name: value for name, value in NEW.items() if name != missing})
    assert server.requests == []


async def test_users_are_json_text() -> None:
    """Users go as JSON text inside the form; what is not said of one is not sent."""
    server = await created(users=[3, AlertUser(4, sendemail=True, sendsms=False)])
    assert server.form["users"] == '[{"id":3},{"id":4,"sendemail":true,"sendsms":false}]'


async def test_ports_in_both_spellings() -> None:
    """On request the ports are sent as ``ip_detail``, too, and else never."""
    both = await created(**PORT, ip_details=[23, 80], both_spellings=True)
    assert (both.form["ip_detail"], both.form["ip_details"]) == ("23,80", "23,80")
    assert "ip_detail" not in (await created(**PORT, ip_details=[23])).form
    assert "ip_detail" not in (await created(both_spellings=True)).form


async def test_form_is_encoded() -> None:
    """Blanks, signs and letters of all kinds arrive as they were given."""
    name = "50% & more = ü\U0001f514+"
    server = await created(name=name, type="Server Tag", trigger_type="Page Faults")
    assert server.form["name"] == name
    assert b"type=Server+Tag&" in server.requests[0].content


@given(
    st.integers(1, 10**9),
    st.integers(0, 10**7),
    st.integers(0, 10**19 - 1),
    st.text(min_size=1).filter(lambda name: name.isprintable()),
)
def test_process_target_reads_what_it_writes(server_id: int, pid: int, created: int, name: str) -> None:
    """A target of a process survives being written, whatever its name has in it; its uid has no name."""
    one = ProcessTarget(server_id, pid, created, name)
    assert ProcessTarget.parse(str(one)) == one
    assert one.uid == f"{server_id}_{pid}_{created}"


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "direction": st.sampled_from(["above", "below"]),
            "threshold": st.integers(),
            "interval": st.integers(0, 10**6),
            "time_above_threshold": st.integers(0, 10**6),
            "active": st.booleans(),
        },
    )
)
def test_all_that_goes_together_is_sent(fields: dict[str, Any]) -> None:
    """Of what any alert may have, any choice is sent as it is, and nothing besides."""
    made = check_new(FIELDS.read({**NEW, **fields})[0])
    assert {name: made[name] for name in fields} == {name: str(value) for name, value in fields.items()}


CHANGED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"name": "x"}, {"name": "x"}),
    ({"ip_details": [80]}, {"ip_details": "80"}),
    ({"interval": 5}, {"interval": "5"}),
    ({"threshold": Decimal("99.9")}, {"threshold": "99.9"}),
    ({"threshold": Decimal("0e999999")}, {"threshold": "0"}),
    ({"threshold": Decimal("-1e39")}, {"threshold": f"-{10**39}"}),
    ({"threshold": Decimal("1e-40")}, {"threshold": f"0.{1:040}"}),
    ({"threshold": Decimal("75.0")}, {"threshold": "75"}),
    ({"part_name": "D:"}, {"part_name": "D:"}),
    ({"time_above_threshold": 1}, {"time_above_threshold": "1"}),
    ({"active": True}, {"active": "True"}),
    ({"direction": "outside bounds"}, {"direction": "outside bounds"}),
    ({"reg_exp": ""}, {"reg_exp": ""}),
    ({"num_of_servers": 3}, {"num_of_servers": "3"}),
    ({"users": [1]}, {"users": '[{"id":1}]'}),
    ({"subscribers": []}, {"subscribers": "[]"}),
    ({"window_length": 31}, {"window_length": "31"}),
    ({"window_units": "d"}, {"window_units": "d"}),
    ({"band_value": 3}, {"band_value": "3"}),
]


@pytest.mark.parametrize(("changes", "form"), CHANGED)
async def test_change(changes: dict[str, Any], form: dict[str, str]) -> None:
    """Each of the fields that can be changed is sent alone."""
    server = Server(httpx.Response(200, json=ALERT))
    async with server.client() as appfirst:
        await appfirst.alerts.update(5, **changes)
    assert (server.seen, server.form) == (["PUT /alerts/5/"], form)


UNCHANGEABLE = [
    "id",
    "type",
    "target",
    "target_id",
    "trigger",
    "trigger_type",
    "threshold_type",
    "url",
    "in_incident",
]


@pytest.mark.parametrize("name", UNCHANGEABLE)
async def test_read_only(name: str) -> None:
    """What is read-only, or said when an alert is made, cannot be changed."""
    async with Server(httpx.Response(500)).client() as appfirst:
        update: Any = appfirst.alerts.update
        with pytest.raises(TypeError, match=r"multiple values|unknown argument"):
            await update(5, **{name: "x"})


AUTH = basic_auth("username", "password")
#: Bad input to all the other calls.
ELSEWHERE: dict[str, tuple[Callable[[AppFirstClient], Awaitable[object]], str]] = {
    "nothing to change": (lambda one: one.alerts.update(1), "nothing to change"),
    "no alert": (lambda one: one.alerts.update(0, active=True), "id must be a whole number"),
    "window": (
        lambda one: one.alerts.update(1, window_length=24, window_units="h"),
        'from 1 to 23 with window_units="h"',
    ),
    "subscriber": (lambda one: one.alerts.set_subscribers(1, [7]), "a Subscriber or a URL, not int"),  # type: ignore[list-item]
    "address": (lambda one: one.alerts.set_subscribers(1, ["ftp://x"]), "https://"),
    "no address": (lambda one: one.alerts.set_subscribers(1, [""]), "must not be empty"),
    "auth": (lambda one: one.alerts.set_subscribers(1, [Subscriber("http://x", "u:p")]), "in base64"),
    "auth without colon": (lambda one: one.alerts.set_subscribers(1, [Subscriber("http://x", "YQ==")]), "base64"),
    "method": (lambda one: one.alerts.set_subscribers(1, [Subscriber("http://x", type="put")]), "'get', 'post'"),
    "event": (lambda one: one.alerts.set_subscribers(1, [Subscriber("http://x", event="ALL")]), "'BOTH'"),
    "one URL": (lambda one: one.alerts.set_subscribers(1, "http://x"), "must be a list"),
    "nobody": (lambda one: one.alerts.subscribe(1), "at least one"),
    "nobody off": (lambda one: one.alerts.unsubscribe(1), "at least one URL"),
    "no user": (lambda one: one.alerts.set_users(1, []), "at least one"),
    "tag name": (lambda one: one.server_tags.create(name="x" * 257, servers=[1]), "1 to 256"),
    "tag servers": (lambda one: one.server_tags.update(1, servers=["a"]), r"servers\[0\] must be"),  # type: ignore[list-item]
    "tag nothing": (lambda one: one.server_tags.update(1), "nothing to change"),
    "server nothing": (lambda one: one.servers.update(1), "nothing to change"),
    "window times": (
        lambda one: one.maintenance_windows.create(start=NOW, end=NOW, servers=[1]),
        "start must be before end",
    ),
    "naive": (
        lambda one: one.maintenance_windows.create(start=datetime(2026, 1, 1), end=NOW, servers=[1]),
        "naive",
    ),
    "process": (lambda one: one.processes.get("1_2"), "server_pid_creationtime"),
    "process path": (lambda one: one.processes.get("../1"), "server_pid_creationtime"),
    "detail": (lambda one: one.processes.detail(HTTPD, time=datetime(2026, 1, 1)), "naive"),
    "log filter": (lambda one: one.logs.detail(1, filter=""), "must not be empty"),
    "id": (lambda one: one.servers.get(-1), "id must be a whole number"),
}
NOW = datetime(2026, 11, 28, tzinfo=UTC)
BEFORE = NOW - timedelta(seconds=1)


@pytest.mark.parametrize("name", ELSEWHERE)
async def test_refused_elsewhere(name: str) -> None:
    """Every other call refuses bad input, too, and sends nothing."""
    call, why = ELSEWHERE[name]
    server = Server(httpx.Response(500))
    async with server.client() as appfirst:
        with pytest.raises(InputError, match=why):
            await call(appfirst)
    assert server.requests == []


#: Bad input to lists.
LISTS: dict[str, tuple[Callable[[AppFirstClient], object], str]] = {
    "half a filter": (lambda one: one.alerts.list(filter_name="log_id"), "need each other"),
    "other half": (lambda one: one.alerts.list(filter_id=1), "need each other"),
    "two filters": (lambda one: one.alerts.list(log_id=1, server_id=1), "one of application_id"),
    "filter twice": (lambda one: one.alerts.list(filter_name="log_id", filter_id=1, log_id=1), "at a time"),
    "filter name": (lambda one: one.alerts.list(filter_name="x", filter_id=1), "must be one of"),  # type: ignore[arg-type]
    "filter id": (lambda one: one.alerts.list(log_id="1"), "log_id must be a whole number"),  # type: ignore[arg-type]
    "page size": (lambda one: one.alerts.list(page_size=2501), "from 1 to 2500"),
    "no page": (lambda one: one.servers.rows(page_size=0), "from 1 to 2500"),
    "histories of two": (lambda one: one.alert_histories.list(log_id=1, server_id=1), "one of server_id"),
    "times of all": (lambda one: one.alert_histories.list(start=NOW), "start and end need one of"),
    "naive start": (lambda one: one.alert_histories.list(log_id=1, start=datetime(2026, 1, 1)), "naive"),
    "histories back in time": (
        lambda one: one.alert_histories.list(log_id=1, start=NOW, end=BEFORE),
        "start must not be after end",
    ),
    "outages back in time": (lambda one: one.servers.outages(1, start=NOW, end=BEFORE), "start must not be after"),
    "points back in time": (lambda one: one.logs.data(1, start=NOW, end=BEFORE), "start must not be after end"),
    "hostname": (lambda one: one.servers.list(hostname=""), "must not be empty"),
    "num": (lambda one: one.servers.data(1, num=0), "of at least 1"),
    "step": (lambda one: one.servers.data(1, time_step="Week"), "'Minute', 'Hour', 'Day'"),  # type: ignore[arg-type]
    "step of logs": (lambda one: one.logs.data(1, time_step="Hour"), "'Minute'"),
}


@pytest.mark.parametrize("name", LISTS)
def test_refused_by_lists(name: str) -> None:
    """Lists refuse bad input when they are called, before any row is asked for."""
    call, why = LISTS[name]
    with pytest.raises(InputError, match=why):
        call(Server(httpx.Response(500)).client())


UNKNOWN: dict[str, Callable[[Any], object]] = {
    "alerts": lambda one: one.alerts.list(bogus=1),
    "histories": lambda one: one.alert_histories.rows(bogus=1),
    "servers": lambda one: one.servers.list(bogus=1),
    "tags": lambda one: one.server_tags.list(bogus=1),
    "applications": lambda one: one.applications.list(bogus=1),
    "users": lambda one: one.users.rows(bogus=1),
    "data": lambda one: one.polled_data.data(1, bogus=1),
    "outages": lambda one: one.servers.outages(1, num=1),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_filters(name: str) -> None:
    """An unknown filter is a TypeError: the server would ignore it in silence."""
    with pytest.raises(TypeError, match="unknown argument"):
        UNKNOWN[name](Server(httpx.Response(500)).client())


@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=5)))))
def test_times_are_seconds_since_1970(when: datetime) -> None:
    """Aware times of any zone are sent as whole seconds."""
    server = Server(httpx.Response(200, json=[]))
    pager: Any = server.client().servers.data(1, start=when)
    sent = dict(pager._listing.request.params)["start"]
    assert abs(int(sent) - when.timestamp()) < 1
