"""The simulated ACS Monitor: what each resource does, and what it refuses."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.simulator.acsmonitor.clock import T0, Clock

from tocsin.simulator.acsmonitor import AcsMonitorState, Note, Outcome
from tocsin.simulator.acsmonitor.routes import DEVICE_ALERTS, ROUTES

JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def no_limits(acs: AcsMonitorState) -> None:
    """Rate limits are tested elsewhere."""
    acs.rate_limit = None


def created(http: httpx.Client, path: str, **fields: object) -> dict[str, Any]:
    answer = http.post(path, json=fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def errors(answer: httpx.Response) -> dict[str, list[str]]:
    assert answer.status_code == 422, answer.text
    found: dict[str, list[str]] = answer.json()["errors"]
    return found


def ids(answer: httpx.Response) -> list[int]:
    return [row["id"] for row in answer.json()["data"]]


# Devices


def test_device(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A device has the fields of the client's page, alone also its OIDs, and never its community."""
    group = acs.add("device_groups", name="Core network")
    device = created(
        http,
        "/devices",
        name="core-switch-01",
        ip_address="10.0.0.1",
        device_type="cisco_ios",
        device_group_id=group["id"],
        community="secret",
        status="up",
    )
    shown = http.get("/devices").json()["data"][0]
    assert shown == {
        "id": device["id"],
        "name": "core-switch-01",
        "ip_address": "10.0.0.1",
        "snmp_version": "2c",
        "device_type": "cisco_ios",
        "location": None,
        "status": "unknown",
        "last_polled_at": None,
        "poll_interval_seconds": 60,
        "is_active": True,
        "device_group": {"id": group["id"], "name": "Core network", "color": "#3b82f6"},
    }
    assert device == {**shown, "oids": []}
    http.delete(f"/device-groups/{group['id']}")
    assert http.get(f"/devices/{device['id']}").json()["device_group"] is None


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "The name field is required."),
        ("name", None, "The name field is required."),
        ("name", 5, "The name field must be a string."),
        ("name", "x" * 256, "The name field must not be greater than 255 characters."),
        ("ip_address", "10.0.0", "The ip address field must be a valid IP address."),
        ("snmp_version", "4", "The selected snmp version is invalid."),
        ("poll_interval_seconds", 0, "The poll interval seconds field must be between 1 and 2147483647."),
        ("poll_interval_seconds", 10**40, "The poll interval seconds field must be between 1 and 2147483647."),
        ("poll_interval_seconds", True, "The poll interval seconds field must be an integer."),
        ("is_active", "yes", "The is active field must be true or false."),
        ("device_group_id", 7, "The selected device group id is invalid."),
        ("device_group_id", [], "The device group id field must be an integer."),
    ],
)
def test_bad_device(acs: AcsMonitorState, http: httpx.Client, field: str, value: object, message: str) -> None:
    """A wrong value is a 422 in Laravel's words, for a creation and for a change, and nothing is kept."""
    answer = http.post("/devices", json={"name": "d", "ip_address": "192.0.2.1", field: value})
    assert errors(answer) == {field: [message]}
    assert answer.json()["message"] == message
    device = acs.add_device("d")
    assert errors(http.put(f"/devices/{device['id']}", json={field: value})) == {field: [message]}
    assert [row["name"] for row in http.get("/devices").json()["data"]] == ["d"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1]",
        b'"x"',
        b"null",
        b"\xff",
        b'{"name": NaN}',
        b"[" * 5000,
        b'{"name": "\\ud800"}',
        b"9" * 9999,
    ],
)
def test_malformed_body(http: httpx.Client, body: bytes) -> None:
    """What is no JSON object counts as an empty one."""
    assert list(errors(http.post("/devices", content=body, headers=JSON))) == ["name", "ip_address"]
    given = b'{"name": "d", "ip_address": "192.0.2.1"}'
    assert errors(http.post("/devices", content=given, headers={"Content-Type": "text/plain"}))


@pytest.mark.parametrize("id", ["0", "-1", "x", "1.0", "\u0661", "9" * 30, "1%2F2", "%00", "%FF"])
def test_no_such_device(acs: AcsMonitorState, http: httpx.Client, id: str) -> None:
    """An id that no row has is a 404, whatever it looks like."""
    acs.add_device("d")
    for answer in (http.get(f"/devices/{id}"), http.post(f"/devices/{id}/poll"), http.get(f"/devices/{id}/oids")):
        assert answer.status_code == 404
        assert list(answer.json()) == ["message"]


def test_unknown_paths_and_methods(http: httpx.Client) -> None:
    """A path that there is not is a 404, a method a 405 that names the others; OPTIONS names them too."""
    for path in ("/nothing", "/devices/1/nothing", "//devices", "/"):
        assert http.get(path).status_code == 404, path
    assert httpx.get(str(http.base_url).replace("/api/v1", "/devices"), headers=http.headers).status_code == 404
    answer = http.patch("/devices")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"
    assert answer.json()["message"].endswith("Supported methods: GET, HEAD, POST.")
    assert http.options("/devices/1/poll").headers["Allow"] == "POST"
    head = http.head("/devices/")
    assert (head.status_code, head.content) == (200, b"")


def test_change_and_delete(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A change keeps what it does not give, fields without a published name too; ids do not come again."""
    device = acs.add_device("d", location="oslo")
    path = f"/devices/{device['id']}"
    changed = http.put(path, json={"is_active": 0, "rack": "B4", "id": 99, "status": "down"}).json()
    assert (changed["is_active"], changed["rack"], changed["location"]) == (False, "B4", "oslo")
    assert (changed["id"], changed["status"]) == (device["id"], "up")
    oid = created(http, f"{path}/oids", oid="1.3.6", self="x", table="y")
    assert oid["device_id"] == device["id"]
    assert http.delete(path).content == b""
    assert http.get(path).status_code == http.get(f"/oids/{oid['id']}").status_code == 404
    assert acs.add_device("e")["id"] == device["id"] + 1


def test_statuses_of_changes(acs: AcsMonitorState, http: httpx.Client) -> None:
    """How a creation and a deletion are answered can be set."""
    acs.created_status, acs.deleted_status = 200, 200
    answer = http.post("/device-groups", json={"name": "g"})
    assert answer.status_code == 200
    answer = http.delete(f"/device-groups/{answer.json()['id']}")
    assert (answer.status_code, answer.json()) == (200, {"message": "Deleted."})


def test_wrapped_objects(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A single object is bare, or in data; a list is the same either way."""
    device = acs.add_device("d")
    path = f"/devices/{device['id']}"
    bare = http.get(path).json()
    acs.wrap_single = True
    assert http.get(path).json() == {"data": bare}
    assert http.get("/devices").json()["data"][0]["id"] == device["id"]


def test_fractional_times(acs: AcsMonitorState, http: httpx.Client) -> None:
    """Times have no fractions, or six digits of them."""
    event = acs.add_alert_event()
    path = f"/alert-events/{event['id']}"
    assert http.get(path).json()["triggered_at"] == "2026-01-01T00:00:00Z"
    acs.fractional_times = True
    assert http.get(path).json()["triggered_at"] == "2026-01-01T00:00:00.000000Z"
    assert http.get(path).json()["resolved_at"] is None


def test_poll(acs: AcsMonitorState, http: httpx.Client, clock: Clock) -> None:
    """A poll is queued, and shows some time later."""
    acs.check_delay = timedelta(seconds=10)
    device = acs.add_device("d", status="unknown")
    path = f"/devices/{device['id']}"
    answer = http.post(f"{path}/poll")
    assert (answer.status_code, answer.json()["queued"]) == (200, True)
    clock.time += timedelta(seconds=9)
    assert http.get(path).json()["last_polled_at"] is None
    clock.time += timedelta(seconds=1)
    shown = http.get(path).json()
    assert (shown["last_polled_at"], shown["status"]) == ("2026-01-01T00:00:10Z", "up")
    acs.queued_status = 202
    other = http.post(f"{path}/poll")
    assert other.status_code == 202
    assert other.json()["job_id"] != answer.json()["job_id"]


def test_walk(acs: AcsMonitorState, http: httpx.Client, clock: Clock) -> None:
    """A walk finds OIDs once, which can then be measured; one of a deleted device finds none."""
    device, gone = acs.add_device("d"), acs.add_device("gone")
    path = f"/devices/{device['id']}"
    for each in (device, device, gone):
        http.post(f"/devices/{each['id']}/walk")
    http.delete(f"/devices/{gone['id']}")
    clock.time += acs.check_delay
    found = http.get(f"{path}/oids").json()["data"]
    assert [row["name"] for row in found] == ["sysUpTime", "sysName", "ifNumber"]
    assert len(acs.tables["oids"]) == 3
    assert http.get(f"{path}/metrics").json()["metrics"] == []
    assert http.post(f"/oids/{found[0]['id']}/toggle-monitor").json()["is_monitored"] is True
    acs.samples[found[0]["id"]] = [("2026-01-01T00:00:00Z", 1.5)]
    metrics = http.get(f"{path}/metrics").json()["metrics"]
    assert [(row["name"], row["values"][0]["value"]) for row in metrics] == [("sysUpTime", 1.5)]


def test_device_alerts(acs: AcsMonitorState, http: httpx.Client) -> None:
    """The alerts of a device have pages; a server as the API's page has it has no such path."""
    device, other = acs.add_device("d"), acs.add_device("e")
    acs.add_alert_events(3, device)
    acs.add_alert_events(2, other)
    path = f"/devices/{device['id']}/alerts"
    page = http.get(path, params={"per_page": 2}).json()
    assert ([row["id"] for row in page["data"]], page["meta"]["total"]) == ([3, 2], 3)
    acs.device_alerts = False
    assert http.get(path).json()["message"] == f"The route api/v1{path} could not be found."


# Monitors


def test_create_monitor(http: httpx.Client) -> None:
    """A monitor is made as the client's page does it, its config being kept as it is."""
    config = {"method": "GET", "path": "/health", "expected_body_regex": '"ok":true', "alert_ssl_expiry_days": 14}
    monitor = created(
        http,
        "/monitors",
        name="Login API health",
        type="https",
        host="api.example.com",
        port=443,
        check_interval_seconds=60,
        timeout_ms=5000,
        config=config,
    )
    assert monitor["config"] == config
    assert (monitor["status"], monitor["last_checked_at"], monitor["uptime_percent_7d"]) == ("unknown", None, None)
    assert (monitor["group"], monitor["recent_results"]) == (None, [])
    listed = http.get("/monitors").json()["data"][0]
    assert "group" not in listed
    assert "recent_results" not in listed


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "gopher"),
        ("port", 0),
        ("port", 65536),
        ("timeout_ms", -1),
        ("config", "x"),
        ("tags", [1]),
        ("tags", 1),
    ],
)
def test_bad_monitor(http: httpx.Client, field: str, value: object) -> None:
    """What no monitor can have is refused by name."""
    body = {"name": "m", "type": "tcp", "host": "h", field: value}
    assert list(errors(http.post("/monitors", json=body))) == [field]
    assert list(errors(http.post("/monitors", json={}))) == ["name", "type", "host"]


def test_check(acs: AcsMonitorState, http: httpx.Client, clock: Clock) -> None:
    """A check is queued, and later shows what it found in the monitor and its results."""
    monitor = acs.add_monitor("m")
    path = f"/monitors/{monitor['id']}"

    def checked() -> dict[str, Any]:
        assert http.post(f"{path}/check").json()["queued"] is True
        clock.time += acs.check_delay
        found: dict[str, Any] = http.get(path).json()
        return found

    http.post(f"{path}/check")
    assert http.get(path).json()["status"] == "unknown"
    clock.time += acs.check_delay
    found = http.get(path).json()
    assert (found["status"], found["response_time_ms"], found["last_checked_at"]) == (
        "up",
        12.0,
        "2026-01-01T00:00:01Z",
    )
    acs.will_find(monitor, Outcome("down", 5000))
    assert checked()["consecutive_failures"] == 1
    found = checked()
    assert (found["status"], found["consecutive_failures"], found["uptime_percent_7d"]) == ("down", 2, 33.33)
    assert [row["status"] for row in found["recent_results"]] == ["down", "down", "up"]
    acs.outcomes.clear()
    assert checked()["status"] == "down"
    acs.will_find(monitor, Outcome("degraded", 900))
    assert checked()["consecutive_failures"] == 0


def test_check_of_a_deleted_monitor(acs: AcsMonitorState, http: httpx.Client, clock: Clock) -> None:
    """A monitor that is deleted before its check finds nothing, and its results are gone."""
    monitor = acs.add_monitor("m")
    acs.add_results(monitor, [(T0, Outcome("up", 1))])
    acs.add_results(monitor, [])
    http.post(f"/monitors/{monitor['id']}/check")
    assert http.delete(f"/monitors/{monitor['id']}").status_code == 204
    clock.time += acs.check_delay
    assert http.get(f"/monitors/{monitor['id']}/results").status_code == 404
    assert acs.results == {}


def test_down_has_time(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A check that failed has no response time, or that after which it was given up."""
    monitor = acs.add_monitor("m")
    acs.add_results(monitor, [(T0, Outcome("down", 5000))])
    path = f"/monitors/{monitor['id']}"

    def times() -> list[float | None]:
        shown, results = http.get(path).json(), http.get(f"{path}/results").json()["data"]
        rows = [shown, *results, *shown["recent_results"], *http.get("/monitors").json()["data"]]
        return [row["response_time_ms"] for row in rows]

    assert times() == [None] * 4
    acs.down_has_time = True
    assert times() == [5000] * 4


def test_results(acs: AcsMonitorState, http: httpx.Client) -> None:
    """Results have pages, the newest first."""
    monitor = acs.add_monitor("m")
    acs.add_results(monitor, ((T0 + timedelta(minutes=step), Outcome("up", step)) for step in range(5)))
    page = http.get(f"/monitors/{monitor['id']}/results", params={"per_page": 2, "page": 2}).json()
    assert page["data"] == [
        {"id": 3, "checked_at": "2026-01-01T00:02:00Z", "status": "up", "response_time_ms": 2},
        {"id": 2, "checked_at": "2026-01-01T00:01:00Z", "status": "up", "response_time_ms": 1},
    ]
    assert page["meta"]["total"] == 5


def test_uptime(acs: AcsMonitorState, http: httpx.Client) -> None:
    """Uptime is counted from the results of a window; other windows are refused."""
    monitor = acs.add_monitor("m")
    path = f"/monitors/{monitor['id']}/uptime"
    assert http.get(path).json() == {
        "window": "7d",
        "uptime_percent": None,
        "total_checks": 0,
        "failed_checks": 0,
    }
    found = [
        (T0 - timedelta(days=days), Outcome("down" if days in {3, 20} else "up")) for days in range(40, -1, -1)
    ]
    acs.add_results(monitor, found)
    assert http.get(path, params={"window": "7d"}).json() == {
        "window": "7d",
        "uptime_percent": 85.71,
        "total_checks": 7,
        "failed_checks": 1,
    }
    month = http.get(path, params={"window": "30d"}).json()
    assert (month["uptime_percent"], month["total_checks"], month["failed_checks"]) == (93.33, 30, 2)
    assert http.get(f"/monitors/{monitor['id']}").json()["uptime_percent_30d"] == 93.33
    assert list(errors(http.get(path, params={"window": "1y"}))) == ["window"]


# Alerts


def test_alert_event(acs: AcsMonitorState, http: httpx.Client) -> None:
    """An alert has the fields of the client's page, and the rule that raised it."""
    device = acs.add_device("d", ip_address="192.0.2.1")
    rule = created(http, "/alert-rules", name="High CPU", condition="gt", device_id=device["id"], threshold=90)
    acs.add_alert_event(device, current_value=97.5, severity="critical", alert_rule_id=rule["id"])
    shown = http.get("/alert-events").json()["data"][0]
    assert shown == {
        "id": 1,
        "severity": "critical",
        "status": "open",
        "triggered_at": "2026-01-01T00:00:00Z",
        "acknowledged_at": None,
        "resolved_at": None,
        "current_value": 97.5,
        "monitor": None,
        "device": {"id": device["id"], "name": "d", "ip_address": "192.0.2.1"},
        "alert_rule": {"id": rule["id"], "name": "High CPU"},
        "monitor_alert_rule": None,
    }
    assert http.get(f"/alert-rules/{rule['id']}").json()["recent_events"] == [shown]


def test_events_apart_or_together(acs: AcsMonitorState, http: httpx.Client) -> None:
    """Alerts of monitors are in a list of their own, or among the others, with their rule either way."""
    device, monitor = acs.add_device("d"), acs.add_monitor("m", "https")
    rule = acs.add("monitor_alert_rules", name="Down", monitor_id=monitor["id"])
    acs.add_alert_event(device, id=5)
    acs.add_monitor_event(monitor, id=6, monitor_alert_rule_id=rule["id"])
    assert (ids(http.get("/alert-events")), ids(http.get("/monitor-events"))) == ([5], [6])
    event = http.get("/monitor-events/6").json()
    acs.events = "together"
    assert (ids(http.get("/alert-events")), ids(http.get("/monitor-events"))) == ([6, 5], [])
    assert http.get("/alert-events/6").json() == event
    assert event["monitor"] == {"id": monitor["id"], "name": "m", "type": "https"}
    assert event["device"] is None
    assert http.get(f"/monitor-alert-rules/{rule['id']}").json()["recent_events"] == [event]
    assert acs.add_monitor_event(monitor) in acs.tables["alert_events"]
    acs.events = "separate"
    assert (ids(http.get("/alert-events")), ids(http.get("/monitor-events"))) == ([5], [7, 6])
    assert http.get(f"/monitor-alert-rules/{rule['id']}").json()["recent_events"] == [event]


def test_ids_of_events_may_collide(acs: AcsMonitorState, http: httpx.Client) -> None:
    """Apart, two alerts may have one id, and then cannot be put together."""
    acs.add_alert_events(2)
    acs.add_monitor_events(3)
    assert http.post("/monitor-events/2/resolve").json()["current_value"] == "down"
    assert http.get("/alert-events/2").json()["status"] == "open"
    with pytest.raises(ValueError, match=r"\[1, 2\]"):
        acs.events = "together"
    assert acs.events == "separate"


@pytest.mark.parametrize("events", ["alert-events", "monitor-events"])
def test_acknowledge_and_resolve(acs: AcsMonitorState, http: httpx.Client, clock: Clock, events: str) -> None:
    """Both set a status and a time, with a note for the audit log or without."""
    acs.add_alert_event()
    acs.add_monitor_event()
    path = f"/{events}/1"
    clock.time += timedelta(minutes=1)
    event = http.post(f"{path}/acknowledge", json={"note": "Looking"}).json()
    assert (event["status"], event["acknowledged_at"]) == ("acknowledged", "2026-01-01T00:01:00Z")
    assert errors(http.post(f"{path}/resolve", json={"note": 5})) == {"note": ["The note field must be a string."]}
    clock.time += timedelta(minutes=1)
    event = http.post(f"{path}/resolve").json()
    assert (event["status"], event["resolved_at"]) == ("resolved", "2026-01-01T00:02:00Z")
    assert event["acknowledged_at"] == "2026-01-01T00:01:00Z"
    admin, table = acs.user("admin")["id"], events.replace("-", "_")
    assert acs.audit_log == [
        Note(table, 1, "acknowledge", admin, "Looking"),
        Note(table, 1, "resolve", admin, None),
    ]
    assert http.post(f"/{events}/9/acknowledge").status_code == 404


def test_transitions(acs: AcsMonitorState, http: httpx.Client, clock: Clock) -> None:
    """What has ended already stays as it is, or is refused."""
    acs.add_alert_event()
    first = http.post("/alert-events/1/resolve").json()
    clock.time += timedelta(minutes=1)
    assert http.post("/alert-events/1/resolve").json() == first
    assert http.post("/alert-events/1/acknowledge").json() == first
    acs.strict_transitions = True
    assert list(errors(http.post("/alert-events/1/resolve"))) == ["status"]
    assert list(errors(http.post("/alert-events/1/acknowledge"))) == ["status"]
    assert http.get("/alert-events/1").json() == first


@pytest.mark.parametrize(
    ("path", "condition", "other"),
    [("/alert-rules", "pct_gt", "status_down"), ("/monitor-alert-rules", "ssl_expiry_lt", "gt")],
)
def test_rules(acs: AcsMonitorState, http: httpx.Client, path: str, condition: str, other: str) -> None:
    """A rule has conditions of its kind, and tells channels that there are."""
    channel = created(
        http, "/alert-channels", name="NOC", type="slack", config={"url": "https://hooks.example.org"}
    )
    rule = created(http, path, name="r", condition=condition, channel_ids=[channel["id"]])
    assert rule["channels"] == [{"id": channel["id"], "name": "NOC", "type": "slack"}]
    assert list(errors(http.post(path, json={"name": "r", "condition": other}))) == ["condition"]
    assert list(errors(http.post(path, json={"name": "r", "severity": "high"}))) == ["severity"]
    for wrong in ([99], [True], "x", [[]], {}):
        assert list(errors(http.put(f"{path}/{rule['id']}", json={"channel_ids": wrong}))) == ["channel_ids"]
    http.delete(f"/alert-channels/{channel['id']}")
    assert http.get(f"{path}/{rule['id']}").json()["channels"] == []
    assert http.put(f"{path}/{rule['id']}", json={"channel_ids": None}).json()["channels"] == []


def test_channels(http: httpx.Client) -> None:
    """A channel is of one of four types, and can be tested."""
    assert list(errors(http.post("/alert-channels", json={"name": "x", "type": "pigeon"}))) == ["type"]
    channel = created(http, "/alert-channels", name="x", type="sms")
    assert http.post(f"/alert-channels/{channel['id']}/test").status_code == 200
    assert http.post("/alert-channels/99/test").status_code == 404


def test_traps(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A trap shows its varbinds alone, is acknowledged once, and is filtered by its device."""
    device = acs.add_device("d")
    varbinds = [{"oid": "1.3", "value": "x"}]
    trap = acs.add("snmp_traps", source_ip="192.0.2.1", oid="1.3", varbinds=varbinds, device_id=device["id"])
    acs.add("snmp_traps", source_ip="192.0.2.2", oid="1.4")
    page = http.get("/snmp-traps", params={"filter[device]": device["id"]})
    assert ids(page) == [trap["id"]]
    assert "varbinds" not in page.json()["data"][0]
    path = f"/snmp-traps/{trap['id']}"
    assert http.get(path).json()["varbinds"] == varbinds
    first = http.post(f"{path}/acknowledge").json()
    assert first["status"] == "acknowledged"
    assert http.post(f"{path}/acknowledge").json() == first
    assert http.delete(path).status_code == 204
    assert http.get(path).status_code == 404


# Webhooks


def test_webhook(acs: AcsMonitorState, http: httpx.Client, clock: Clock) -> None:
    """Whoever knows the token may send anything, without signing in, until it is switched off."""
    device = acs.add_device("d")
    path = f"/devices/{device['id']}/webhooks"
    webhook = created(http, path, name="Backups")
    url = webhook["ingest_url"]
    assert webhook["token"] in url
    assert httpx.post(f"{url}?from=cron", json={"status": "up"}).status_code == 200
    assert httpx.post(url, json=[1]).status_code == 200
    clock.time += timedelta(seconds=1)
    answer = httpx.get(url)
    assert "X-RateLimit-Limit" not in answer.headers
    events = http.get(f"{path}/{webhook['id']}/events").json()["data"]
    assert [(row["status"], row["payload"], row["query"]) for row in events] == [
        ("received", None, {}),
        ("received", [1], {}),
        ("up", {"status": "up"}, {"from": "cron"}),
    ]
    assert http.post(f"{path}/{webhook['id']}/toggle").json()["is_active"] is False
    assert httpx.post(url).status_code == 404
    assert httpx.post(f"{http.base_url}webhook-ingest/nonsense").status_code == 404
    renamed = http.put(f"{path}/{webhook['id']}", json={"name": "n", "token": "mine"}).json()
    assert (renamed["name"], renamed["token"]) == ("n", webhook["token"])


def test_webhook_rules(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A webhook's rules are its own, as it is its device's, and go with it."""
    device, other = acs.add_device("d"), acs.add_device("e")
    path = f"/devices/{device['id']}/webhooks"
    first, second = (created(http, path, name=name)["id"] for name in "ab")
    rule = created(http, f"{path}/{first}/alert-rules", name="r", condition="payload_gt", payload_field="a.b")
    assert ids(http.get(f"{path}/{first}/alert-rules")) == [rule["id"]]
    assert ids(http.get(f"{path}/{second}/alert-rules")) == []
    assert http.put(f"{path}/{first}/alert-rules/{rule['id']}", json={"threshold": 5}).json()["threshold"] == 5
    assert http.put(f"{path}/{second}/alert-rules/{rule['id']}", json={}).status_code == 404
    assert http.get(f"/devices/{other['id']}/webhooks/{first}").status_code == 404
    assert http.delete(f"{path}/{first}/alert-rules/{rule['id']}").status_code == 204
    created(http, f"{path}/{first}/alert-rules", name="r")
    http.delete(f"/devices/{device['id']}")
    assert len(acs.tables["webhooks"]) == len(acs.tables["webhook_alert_rules"]) == 0


# The rest


def test_users(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A user has a role and an address of nobody else's, and signs in with the password."""
    user = created(http, "/users", name="Ada", email="ada@example.org", password="secret", role="operator")
    body = {"email": "ada@example.org", "password": "secret"}
    assert http.post("/auth/login", json=body).status_code == 200
    again = {"name": "B", "email": "ada@example.org", "password": "x"}
    assert list(errors(http.post("/users", json=again))) == ["email"]
    assert list(errors(http.put(f"/users/{user['id']}", json={"email": "noc@example.org"}))) == ["email"]
    assert list(errors(http.put(f"/users/{user['id']}", json={"email": "nowhere"}))) == ["email"]
    assert list(errors(http.put(f"/users/{user['id']}", json={"role": "king"}))) == ["role"]
    assert http.put(f"/users/{user['id']}", json={"email": "ada@example.org", "name": "A"}).json()["name"] == "A"


def test_discovery(acs: AcsMonitorState, http: httpx.Client, clock: Clock) -> None:
    """A job scans a subnet later; what it found becomes a device with its monitors."""
    assert list(errors(http.post("/discovery", json={"subnet": "192.0.2.1"}))) == ["subnet"]
    assert list(errors(http.post("/discovery", json={"subnet": "x/y"}))) == ["subnet"]
    job, gone = (created(http, "/discovery", name="lab", subnet="192.0.2.0/24") for _ in range(2))
    for each in (job, gone):
        assert http.post(f"/discovery/{each['id']}/run").json()["queued"] is True
    http.delete(f"/discovery/{gone['id']}")
    clock.time += acs.check_delay
    found = http.get(f"/discovery/{job['id']}").json()
    assert (found["status"], len(found["results"]), len(acs.tables["discovery_results"])) == ("completed", 1, 1)
    device = http.post(f"/discovery-results/{found['results'][0]['id']}/import").json()
    assert device["ip_address"] == "192.0.2.0"
    assert [row["type"] for row in http.get("/monitors").json()["data"]] == ["ssh"]


def test_mibs(http: httpx.Client) -> None:
    """A MIB comes as a file, of one of three kinds, from which names are read."""
    source = b"sysX OBJECT-TYPE\n  SYNTAX Integer32\n::= { a 1 }\n"
    answer = http.post("/mibs", files={"upload": ("ACME-MIB.mib", source)})
    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["oids"]) == ("ACME-MIB", [{"name": "sysX"}])
    assert "oids" not in http.get("/mibs").json()["data"][0]
    assert list(errors(http.post("/mibs", files={"file": ("x.exe", source)}))) == ["file"]
    assert list(errors(http.post("/mibs", json={"file": "x"}))) == ["file"]
    broken = {"Content-Type": 'multipart/form-data; boundary="'}
    assert list(errors(http.post("/mibs", content=b"\xff\x00", headers=broken))) == ["file"]


def test_dashboards(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A dashboard is in the list of its user alone, and its widgets go with it."""
    dashboard = created(http, "/dashboards", name="Wall")
    path = f"/dashboards/{dashboard['id']}"
    operator = {"Authorization": f"Bearer {acs.token_of('operator')}"}
    assert ids(http.get("/dashboards")) == [dashboard["id"]]
    assert ids(http.get("/dashboards", headers=operator)) == []
    widget = created(http, f"{path}/widgets", type="top-n", config={"n": 5})
    move = {"positions": [{"id": widget["id"], "x": 1, "y": 2}]}
    assert http.post("/widgets/positions", json=move).status_code == 200
    assert http.get(path).json()["widgets"][0]["position"] == {"x": 1, "y": 2}
    for wrong in ([], [5], [{"id": 99}], [{"id": "x"}], "x"):
        assert list(errors(http.post("/widgets/positions", json={"positions": wrong}))) == ["positions"]
    assert http.put(f"/widgets/{widget['id']}", json={"title": "T"}).json()["title"] == "T"
    assert http.delete(path).status_code == 204
    assert http.delete(f"/widgets/{widget['id']}").status_code == 404


@pytest.mark.parametrize(
    "tool", ["ping", "traceroute", "port-scan", "ssl-check", "http-headers", "dns-lookup", "whois"]
)
def test_tools(http: httpx.Client, tool: str) -> None:
    """A tool needs to know where to look, and tells what it was asked and what it found."""
    field = {"http-headers": "url", "whois": "query"}.get(tool, "host")
    assert list(errors(http.post(f"/tools/{tool}", json={}))) == [field]
    answer = http.post(f"/tools/{tool}", json={field: "example.org"}).json()
    assert answer[field] == "example.org"
    assert answer["result"]


def test_system(acs: AcsMonitorState, http: httpx.Client) -> None:
    """Health names what the vendor's page names, and the statistics count."""
    acs.add_devices(3)
    acs.add_alert_events(2)
    acs.add_monitor_event(status="resolved")
    assert {"queues", "database", "server", "services"} <= set(http.get("/system/health").json())
    assert http.get("/system/stats").json() == {
        "devices": {"total": 3, "up": 3},
        "monitors": {"total": 0},
        "open_alerts": 2,
    }


def test_every_endpoint_asks_who_is_there(http: httpx.Client) -> None:
    """Without a token nothing answers but a login and a webhook, and all else asks for a slug."""
    public = {"auth/login", "webhook-ingest/([^/]+)"}
    for route in (*ROUTES, DEVICE_ALERTS):
        path = route.pattern.pattern.replace("([^/]+)", "1").replace("\\", "")
        for method, operation in route.operations.items():
            if route.pattern.pattern.replace("\\", "") not in public:
                answer = http.request(method, f"/{path}", headers={"Authorization": ""})
                assert answer.status_code == 401, (method, path)
                assert operation.permission or path.startswith("auth/"), (method, path)


@pytest.mark.parametrize("role", ["super-admin", "viewer"])
def test_no_endpoint_fails(acs: AcsMonitorState, http: httpx.Client, role: str) -> None:
    """Whatever is sent to whichever endpoint, the server does not fail."""
    acs.login_rate_limit = None
    good = {
        "name": "n",
        "email": "n@example.org",
        "password": "p",
        "ip_address": "192.0.2.1",
        "subnet": "192.0.2.0/24",
    }
    good |= {"type": "email", "host": "h", "oid": "1.3", "permissions": ["devices.view"], "url": "u", "query": "q"}
    odd = {
        "x": [{"y": None}],
        "self": 1,
        "id": "x",
        "threshold": {},
        "oids": 1,
        "tags": None,
        "description": 10**30,
    }
    bodies = [{}, {**good, **odd}, {**good, "type": "ping", **odd}, {field: [{"x": [None]}] for field in good}]
    seen: set[int] = set()
    for route in (*ROUTES, DEVICE_ALERTS):
        path = route.pattern.pattern.replace("([^/]+)", "1").replace("\\", "")
        for method in route.operations:
            for body in bodies:
                acs.clear()
                device, monitor = acs.add_device("d"), acs.add_monitor("m")
                acs.add_alert_event(device)
                acs.add_monitor_event(monitor)
                acs.add("webhooks", name="w", device_id=device["id"], token="1")
                for table, parent in (("oids", "device_id"), ("webhook_alert_rules", "webhook_id")):
                    acs.add(table, **{parent: 1})
                for table in acs.tables.values():
                    if not len(table):
                        table.add({})
                headers = {"Authorization": f"Bearer {acs.sign_in(acs.user(role)).value}"}
                answer = http.request(method, f"/{path}?sort=-name,id&search=x", headers=headers, json=body)
                assert answer.status_code < 500, (method, path, answer.text)
                seen.add(answer.status_code)
    assert seen == ({200, 201, 204, 422} if role == "super-admin" else {200, 403, 422})
