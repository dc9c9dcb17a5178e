"""The simulated AppFirst's alerts: every rule of the API's page about them, and all readings of it."""

import base64
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tocsin.simulator import Simulator
from tocsin.simulator.appfirst import AppFirstState, Recipient, Subscriber
from tocsin.simulator.appfirst.entities import Alert, Server

LOG_TRIGGERS = ["Number of Info", "Number of Warning", "Number of Critical", "Log Content"]
PROCESS_TRIGGERS = [
    "Process Termination", "CPU", "Memory", "Average Response Time", "File Read", "File Write",
    "Inbound Network Traffic", "Outbound Network Traffic", "Network Connections", "Threads", "Files", "Registries",
    "Page Faults", "Incident Reports", "Critical Incident Reports", "Incident Report Content", "File Accessed",
    "Registry Accessed", "Port Accessed",
]  # fmt: skip
TAG_TRIGGERS = [
    "Server Down", "CPU", "Memory", "Average Response Time", "Disk Busy", "Threads", "Page Faults", "Processes"
]  # fmt: skip
TRIGGERS = {
    "Log": LOG_TRIGGERS,
    "Polled Data": ["Nagios"],
    "Process": PROCESS_TRIGGERS,
    "Application": ["Processes", *PROCESS_TRIGGERS],
    "Server": [*TAG_TRIGGERS, "Disk"],
    "Server Tag": TAG_TRIGGERS,
}
BANDED = {
    "CPU", "Memory", "Average Response Time", "File Read", "File Write", "Inbound Network Traffic",
    "Outbound Network Traffic", "Network Connections", "Threads", "Files", "Registries", "Page Faults",
    "Incident Reports", "Critical Incident Reports",
}  # fmt: skip
PAIRS = [(type, trigger) for type, triggers in TRIGGERS.items() for trigger in triggers]
EVERY_TRIGGER = sorted({trigger for _, trigger in PAIRS})
AUTH = base64.b64encode(b"username:password").decode()


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """An AppFirst with an empty world."""
    with Simulator(["appfirst"], scale=0) as running:
        running.appfirst.clear()
        running.appfirst.add_user("ada@example.org", first_name="Ada")
        yield running


@pytest.fixture
def state(sim: Simulator) -> AppFirstState:
    return sim.appfirst


@pytest.fixture
def server(state: AppFirstState) -> Server:
    return state.add_server("web.example.org")


@pytest.fixture
def targets(state: AppFirstState, server: Server) -> dict[str, int | str]:
    """Something of every type."""
    return {
        "Server": server.id,
        "Process": state.add_process(server, "httpd, v2").target_id,
        "Polled Data": state.add_polled_data(server, "load").id,
        "Log": state.add_log(server, "/var/log/messages").id,
        "Application": state.add_application("My Application", "httpd", [server.id]).id,
        "Server Tag": state.add_server_tag("oslo", [server.id]).id,
    }


@pytest.fixture
def alert(state: AppFirstState, server: Server) -> Alert:
    return state.add_alert("a1", "Server", server.id, "CPU", threshold=90, users=[Recipient(1, sendemail=True)])


@pytest.fixture
def http(sim: Simulator) -> Iterator[httpx.Client]:
    """A client of the account owner's, at the API's base URL."""
    endpoint = sim.endpoints["appfirst"]
    with httpx.Client(base_url=endpoint["base_url"], auth=(endpoint["email"], endpoint["api_key"])) as client:
        yield client


def form(target: object, /, **changes: object) -> dict[str, Any]:
    """What a good POST has: an alert on a server's CPU; None takes an argument out."""
    whole = {
        "name": "cpu",
        "type": "Server",
        "target_id": target,
        "trigger_type": "CPU",
        "users": '[{"id": 1, "sendemail": true}]',
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


# Creating


def test_the_example_of_the_page(state: AppFirstState, http: httpx.Client) -> None:
    """The page's own example of POST makes an alert on a process that is there."""
    process = state.add_process(state.add_server("web.example.org"), "httpd")
    response = http.post(
        "/alerts/",
        content=f"name=cpu_alert_on_my_server&threshold=90&type=Process&target_id={process.target_id}"
        '&trigger_type=CPU&users=[{"id":1, "sendemail": true}]',
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert response.status_code == 200
    assert response.json() == {
        "id": 600001,
        "name": "cpu_alert_on_my_server",
        "type": "Process",
        "target": "httpd",
        "target_id": process.target_id,
        "trigger_type": "CPU",
        "trigger": "CPU above 90 % for 1 min",
        "band_value": 0,
        "threshold": 90,
        "direction": "above",
        "active": True,
        "last_triggered": None,
        "window_length": 0,
        "window_units": "h",
        "time_above_threshold": 1,
        "num_of_servers": 1,
        "ip_details": "",
        "reg_exp": "",
        "users": [{"id": 1, "sendemail": True, "sendsms": False, "pushnotification": False}],
        "subscribers": None,
        "part_name": "MAX",
        "interval": 10,
        "in_incident": False,
        "url": "/api/v5/alerts/600001/",
    }
    assert state.alerts.ids == [600001]


@pytest.mark.parametrize("type", TRIGGERS)
def test_triggers_by_type(targets: dict[str, int | str], http: httpx.Client, type: str) -> None:
    """A type has the triggers that the page lists for it, and no others."""
    taken = [
        trigger
        for trigger in EVERY_TRIGGER
        if http.post("/alerts/", data=form(targets[type], type=type, trigger_type=trigger)).status_code == 200
    ]
    assert taken == sorted(TRIGGERS[type])


@pytest.mark.parametrize("type", TRIGGERS)
def test_bands_by_type_and_trigger(targets: dict[str, int | str], http: httpx.Client, type: str) -> None:
    """A band about the mean is for servers, applications and processes, and for fourteen triggers."""
    for trigger in TRIGGERS[type]:
        data = form(targets[type], type=type, trigger_type=trigger, threshold_type="out of band")
        response = http.post("/alerts/", data=data)
        allowed = type in {"Server", "Application", "Process", "Polled Data"} and trigger in BANDED
        assert response.status_code == (200 if allowed else 400), trigger
        if allowed:
            row = response.json()
            assert (row["band_value"], row["window_length"], row["window_units"]) == (2.0, 1, "h")
        else:
            assert list(response.json()) == ["threshold_type"]


@pytest.mark.parametrize(
    ("units", "length", "good"),
    [("h", 1, True), ("h", 23, True), ("h", 24, False), ("h", 0, False), ("d", 31, True), ("d", 32, False)],
)
def test_window_lengths(server: Server, http: httpx.Client, units: str, length: int, good: bool) -> None:
    """A window has 1 to 23 hours or 1 to 31 days."""
    data = form(
        server.id, threshold_type="out of band", window_units=units, window_length=length, band_value="1.5"
    )
    response = http.post("/alerts/", data=data)
    assert response.status_code == (200 if good else 400)
    if good:
        assert response.json()["window_length"] == length
        assert response.json()["band_value"] == 1.5


@pytest.mark.parametrize("name", ["name", "type", "target_id", "trigger_type", "users"])
def test_required(server: Server, http: httpx.Client, name: str) -> None:
    """Five arguments have to be there."""
    response = http.post("/alerts/", data=form(server.id, **{name: None}))
    assert response.status_code == 400
    assert response.json() == {name: ["This field is required."]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("name", "x" * 33),
        ("type", "server"),
        ("target_id", "abc"),
        ("target_id", "-1"),
        ("target_id", "9" * 5000),
        ("target_id", "200001.0"),
        ("active", "yes"),
        ("direction", "sideways"),
        ("threshold", "90.5"),
        ("threshold", "high"),
        ("threshold", "9" * 30),
        ("threshold_type", "dynamic"),
        ("band_value", "nan"),
        ("window_units", "m"),
        ("interval", "-5"),
        ("interval", "9" * 5000),
        ("time_above_threshold", "1.5"),
        ("num_of_servers", "0"),
        ("ip_detail", "80;443"),
        ("ip_details", "80,65536"),
        ("users", "[]"),
        ("users", "{}"),
        ("users", "[1]"),
        ("users", "[{}]"),
        ("users", "[{'id': 1}]"),
        ("users", '[{"id": 1, "sendemail": True}]'),
        ("users", '[{"id": 1, "sendemail": "true"}]'),
        ("users", '[{"id": 1,}]'),
        ("users", '[{"id": true}]'),
        ("users", '[{"id": 99}]'),
        ("users", '[{"id": [1]}]'),
        ("users", '[{"email": "nobody@example.org"}]'),
        ("users", "[" * 100_000),
        ("users", '[{"id": 1, "sendemail": NaN}]'),
    ],
)
def test_refused_values(state: AppFirstState, server: Server, http: httpx.Client, name: str, value: str) -> None:
    """A value that the page does not allow is a 400 about its argument, and makes nothing."""
    response = http.post("/alerts/", data=form(server.id, **{name: value}))
    assert response.status_code == 400
    assert list(response.json()) == [name]
    assert state.alerts.ids == []


@pytest.mark.parametrize("target", ["1,2,3,httpd", "200001", "200001,1284,x,httpd, v2", ",,,", ""])
def test_a_process_has_to_be_there(targets: dict[str, int | str], http: httpx.Client, target: str) -> None:
    """An alert on a process needs all four parts of one that runs."""
    response = http.post("/alerts/", data=form(target, type="Process"))
    assert response.json() == {"target_id": ["Must be the id of an existing object."]}
    assert http.post("/alerts/", data=form(targets["Process"], type="Process")).status_code == 200


@pytest.mark.parametrize("key", ["id", "user_id"])
def test_users_by_id_or_by_address(server: Server, http: httpx.Client, key: str) -> None:
    """A user is named as in the samples, as in the prose, or by the deprecated address."""
    by_id = http.post("/alerts/", data=form(server.id, users=json.dumps([{key: 1, "sendsms": True}])))
    by_address = http.post(
        "/alerts/", data=form(server.id, users='[{"email": "ada@example.org", "sendsms": true}]')
    )
    assert by_id.json()["users"] == by_address.json()["users"]
    assert by_id.json()["users"][0] == {"id": 1, "sendemail": False, "sendsms": True, "pushnotification": False}


def test_disks_have_decimals(server: Server, http: httpx.Client) -> None:
    """The threshold of a disk is a decimal number, and its partition is shown in the trigger."""
    data = form(server.id, trigger_type="Disk", threshold="99.99", part_name="D:")
    row = http.post("/alerts/", data=data).json()
    assert row["threshold"] == 99.99
    assert row["trigger"] == "Disk (Space) on D: above 99.99 % for 1 min"


def test_large_thresholds(server: Server, http: httpx.Client) -> None:
    """All other thresholds are long integers."""
    assert http.post("/alerts/", data=form(server.id, threshold=2**53 + 1)).json()["threshold"] == 2**53 + 1
    assert http.post("/alerts/", data=form(server.id)).json()["threshold"] is None


def test_two_names_for_ports(targets: dict[str, int | str], http: httpx.Client) -> None:
    """ip_detail and ip_details are taken alike, the latter wins, and the reply has it."""
    data = form(targets["Application"], type="Application", trigger_type="Port Accessed")
    assert http.post("/alerts/", data={**data, "ip_detail": "23,80"}).json()["ip_details"] == "23,80"
    assert http.post("/alerts/", data={**data, "ip_details": "443"}).json()["ip_details"] == "443"
    row = http.post("/alerts/", data={**data, "ip_detail": "23", "ip_details": "443"}).json()
    assert row["ip_details"] == "443"
    assert "ip_detail" not in row
    assert row["trigger"] == "Network (Port Accessed) is anything but 443"


def test_defaults_can_be_given(server: Server, http: httpx.Client) -> None:
    """Every optional argument is taken over."""
    given = {
        "active": "False",
        "direction": "outside bounds",
        "interval": 15,
        "time_above_threshold": 3,
        "num_of_servers": 2,
        "part_name": "C:",
        "reg_exp": "ERROR",
    }
    row = http.post("/alerts/", data=form(server.id, **given)).json()
    assert {name: row[name] for name in given} == {**given, "active": False}
    assert http.post("/alerts/", data=form(server.id, direction="Below")).json()["direction"] == "below"


def test_nobody_subscribes_at_creation(server: Server, http: httpx.Client) -> None:
    """Subscribers are no argument of POST."""
    row = http.post("/alerts/", data=form(server.id, subscribers='["http://example.com/"]')).json()
    assert row["subscribers"] is None


def test_content_triggers_without_expression(
    state: AppFirstState, targets: dict[str, int | str], http: httpx.Client
) -> None:
    """What matches content does without an expression, or not."""
    data = form(targets["Log"], type="Log", trigger_type="Log Content")
    assert http.post("/alerts/", data=data).status_code == 200
    state.needs_reg_exp = True
    assert list(http.post("/alerts/", data=data).json()) == ["reg_exp"]
    row = http.post("/alerts/", data={**data, "reg_exp": "*ERROR*"}).json()
    assert row["trigger"] == "Log Content (Contains Keywords) matches: *ERROR*"


def test_created_status(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """What was created is a 200 or a 201."""
    assert http.post("/alerts/", data=form(server.id)).status_code == 200
    state.created_status = 201
    assert http.post("/alerts/", data=form(server.id)).status_code == 201


# Changing


def test_put_changes_what_it_names(state: AppFirstState, alert: Alert, http: httpx.Client) -> None:
    """PUT changes the values that it has, and answers with the whole alert."""
    before = http.get(f"/alerts/{alert.id}/").json()
    row = http.put(f"/alerts/{alert.id}/", data={"active": "False"}).json()
    assert row == {**before, "active": False}
    changes = {"name": "new", "interval": 1, "threshold": 5, "time_above_threshold": 2, "direction": "below",
               "reg_exp": "x", "num_of_servers": 3, "part_name": "C:", "ip_details": "1,2"}  # fmt: skip
    row = http.put(f"/alerts/{alert.id}/", data=changes).json()
    assert {name: row[name] for name in changes} == changes
    assert row["active"] is False
    assert http.get(f"/alerts/{alert.id}/").json() == row
    assert http.put(f"/alerts/{alert.id}/").json() == row


def test_put_refuses_as_a_whole(alert: Alert, http: httpx.Client) -> None:
    """One bad value keeps the good ones from being changed, and all bad ones are named."""
    response = http.put(f"/alerts/{alert.id}/", data={"name": "new", "interval": "soon", "threshold": "1.5"})
    assert sorted(response.json()) == ["interval", "threshold"]
    assert alert.name == "a1"


@pytest.mark.parametrize(
    "name",
    ["id", "type", "target", "target_id", "trigger", "trigger_type", "last_triggered", "in_incident", "url"],
)
def test_read_only(state: AppFirstState, alert: Alert, http: httpx.Client, name: str) -> None:
    """A read-only attribute in a PUT is ignored, or refused."""
    before = http.get(f"/alerts/{alert.id}/").json()
    assert http.put(f"/alerts/{alert.id}/", data={name: "Log"}).json() == before
    state.read_only = "refuse"
    response = http.put(f"/alerts/{alert.id}/", data={name: "Log"})
    assert (response.status_code, response.json()) == (400, {name: ["This field is read-only."]})


def test_bands_can_be_changed_or_not(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """The attributes of a band are writable, or read-only; they keep to the lengths together."""
    row = http.post("/alerts/", data=form(server.id, threshold_type="out of band", window_length=20)).json()
    path = f"/alerts/{row['id']}/"
    assert http.put(path, data={"band_value": "3"}).json()["band_value"] == 3.0
    assert http.put(path, data={"window_units": "d", "window_length": 30}).json()["window_length"] == 30
    assert list(http.put(path, data={"window_units": "h"}).json()) == ["window_length"]
    state.band_fields = "read-only"
    assert http.put(path, data={"band_value": "4"}).json()["band_value"] == 3.0
    state.read_only = "refuse"
    assert list(http.put(path, data={"band_value": "4"}).json()) == ["band_value"]


def test_static_alerts_show_no_band(alert: Alert, http: httpx.Client) -> None:
    """Of an alert that is static, the attributes of a band are shown as nothing."""
    row = http.put(f"/alerts/{alert.id}/", data={"band_value": "3", "window_length": "5"}).json()
    assert (row["band_value"], row["window_length"], row["window_units"]) == (0, 0, "h")


def test_users_can_be_changed(state: AppFirstState, alert: Alert, http: httpx.Client) -> None:
    """PUT replaces the list of users."""
    grace = state.add_user("grace@example.org")
    users = [{"id": grace.id, "sendemail": False, "sendsms": False, "pushnotification": True}]
    row = http.put(f"/alerts/{alert.id}/", data={"users": json.dumps(users)}).json()
    assert row["users"] == users


# Subscribers


def test_subscribers_are_filled_in(alert: Alert, http: httpx.Client) -> None:
    """The example of the page: what was a mere URL is shown with the defaults, and credentials come back."""
    row = http.put(
        f"/alerts/{alert.id}/",
        content='active=False&subscribers=[{"url":"http://example.com/callback/", '
        '"auth":"dXNlcm5hbWU6cGFzc3dvcmQ=", "type":"post", "event":"TRIGGERED"}, "https://other.example.com/notify/"]',
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    ).json()
    assert row["active"] is False
    assert row["subscribers"] == [
        {"url": "http://example.com/callback/", "auth": AUTH, "type": "post", "event": "TRIGGERED"},
        {"url": "https://other.example.com/notify/", "type": "get", "event": "BOTH"},
    ]
    assert http.put(f"/alerts/{alert.id}/", data={"name": "same"}).json()["subscribers"] == row["subscribers"]
    assert http.put(f"/alerts/{alert.id}/", data={"subscribers": "[]"}).json()["subscribers"] == []


@pytest.mark.parametrize(
    "subscribers",
    [
        "", "null", "{}", '"http://example.com/"', "[1]", '[""]', '["example.com"]', '["ftp://example.com/"]',
        '["http:///"]', '["http://exa mple.com/"]', '["http://[::1/"]', '[{"type": "get"}]', '[{"url": 1}]',
        '[{"url": "http://a.example/", "type": "put"}]', '[{"url": "http://a.example/", "type": []}]',
        '[{"url": "http://a.example/", "event": "both"}]', '[{"url": "http://a.example/", "auth": "user:pass"}]',
        '[{"url": "http://a.example/", "auth": 1}]', '["http://\\ud800.example/"]',
    ],
)  # fmt: skip
def test_refused_subscribers(alert: Alert, http: httpx.Client, subscribers: str) -> None:
    """What is not a list of subscribers is a 400, and changes nothing."""
    response = http.put(f"/alerts/{alert.id}/", data={"subscribers": subscribers})
    assert (response.status_code, list(response.json())) == (400, ["subscribers"])
    assert alert.subscribers is None


def test_callbacks(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """Subscribers would be called as documented: by GET or POST, for the events that they asked for."""
    alert = state.add_alert(
        "cpu",
        "Server",
        server.id,
        "CPU",
        subscribers=[
            Subscriber("http://example.com/"),
            Subscriber("http://example.com/?key=1#end", event="RESOLVED"),
            Subscriber("http://example.com/post/", AUTH, "post", "TRIGGERED"),
        ],
    )
    history = state.trigger(alert.id)
    row = http.get(f"/alerts/{alert.id}/").json()
    assert (row["in_incident"], row["last_triggered"]) == (True, int(history.start.timestamp()))
    query = f"alert_id={alert.id}&alert_history_id={history.id}&status=TRIGGERED"
    get, post = state.callbacks
    assert (get.method, get.url, get.body, get.headers) == ("GET", f"http://example.com/?{query}", "", {})
    assert (post.method, post.url, post.body) == ("POST", "http://example.com/post/", query)
    assert post.headers == {
        "Authorization": f"Basic {AUTH}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    state.callbacks.clear()
    assert state.resolve(alert.id) is history
    done = query.replace("TRIGGERED", "RESOLVED")
    assert [each.url for each in state.callbacks] == [
        f"http://example.com/?{done}",
        f"http://example.com/?key=1&{done}#end",
    ]
    assert http.get(f"/alerts/{alert.id}/").json()["in_incident"] is False
    assert http.get(f"/alert_histories/{history.id}/").json()["end"] is not None


def test_alerts_need_a_target(state: AppFirstState, targets: dict[str, int | str]) -> None:
    """A test cannot put an alert on what is not there, or on what is of another type."""
    for type, target in (("Server", 1), ("Log", targets["Server"]), ("Server", targets["Process"])):
        with pytest.raises(KeyError):
            state.add_alert("a", type, target, "CPU")


def test_triggering_again(state: AppFirstState, alert: Alert) -> None:
    """An alert in an incident stays in it; one that is not active, or not there, cannot be triggered."""
    first = state.trigger(alert.id)
    assert state.trigger(alert.id) is first
    state.resolve(alert.id)
    with pytest.raises(ValueError, match="in no incident"):
        state.resolve(alert.id)
    assert state.trigger(alert.id).id == first.id + 1
    alert.active = False
    with pytest.raises(ValueError, match="not active"):
        state.trigger(alert.id)
    with pytest.raises(KeyError):
        state.trigger(1)


# Deleting


@pytest.mark.parametrize(
    ("switch", "status", "body"), [("empty", 200, b""), ("no content", 204, b""), ("json", 200, b'{"id":600001}')]
)
def test_delete(
    state: AppFirstState, alert: Alert, http: httpx.Client, switch: Any, status: int, body: bytes
) -> None:
    """What was deleted is gone; its histories stay, and the answer is one of three."""
    state.deleted_as = switch
    history = state.trigger(alert.id)
    response = http.delete(f"/alerts/{alert.id}/")
    assert (response.status_code, response.content) == (status, body)
    assert http.get(f"/alerts/{alert.id}/").status_code == 404
    assert http.delete(f"/alerts/{alert.id}").status_code == 404
    assert http.get(f"/alert_histories/{history.id}/").status_code == 200


# Reading


def test_filters(state: AppFirstState, targets: dict[str, int | str], http: httpx.Client) -> None:
    """Five types of objects can be asked for by their ids."""
    ids = {type: state.add_alert(type, type, target, TRIGGERS[type][0]).id for type, target in targets.items()}
    names = {
        "application_id": "Application",
        "server_id": "Server",
        "polled_data_id": "Polled Data",
        "log_id": "Log",
    }
    for name, type in names.items():
        found = http.get("/alerts/", params={"filter_name": name, "filter_id": targets[type]}).json()
        assert [row["id"] for row in found["data"]] == [ids[type]]
        assert found["pagination"]["count"] == 1
    found = http.get("/alerts/", params={"filter_name": "process_id", "filter_id": 1284}).json()["data"]
    assert [row["id"] for row in found] == [ids["Process"]]
    assert http.get("/alerts/", params={"filter_name": "log_id", "filter_id": -1}).json()["data"] == []


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"filter_name": "server_id"}, "filter_id"),
        ({"filter_id": "1"}, "filter_name"),
        ({"filter_name": "tag_id", "filter_id": "1"}, "filter_name"),
        ({"filter_name": "server_id", "filter_id": "x"}, "filter_id"),
        ({"filter_name": "server_id", "filter_id": "9" * 5000}, "filter_id"),
    ],
)
def test_refused_filters(alert: Alert, http: httpx.Client, params: dict[str, str], name: str) -> None:
    """A filter has a name that is known, and a number."""
    response = http.get("/alerts/", params=params)
    assert (response.status_code, list(response.json())) == (400, [name])


def test_users_as_text(state: AppFirstState, alert: Alert, http: httpx.Client) -> None:
    """An alert's users are a list, or the JSON text of one."""
    users = http.get(f"/alerts/{alert.id}/").json()["users"]
    assert users == [{"id": 1, "sendemail": True, "sendsms": False, "pushnotification": False}]
    state.users_as = "text"
    for row in (http.get(f"/alerts/{alert.id}/").json(), http.get("/alerts/").json()["data"][0]):
        assert isinstance(row["users"], str)
        assert json.loads(row["users"]) == users


def test_target_twice(state: AppFirstState, targets: dict[str, int | str], http: httpx.Client) -> None:
    """A target is its name, or first its URI and then its name under one key."""
    for type, target in targets.items():
        state.add_alert(type, type, target, TRIGGERS[type][0])
    plain = http.get("/alerts/").json()
    state.target_as = "twice"
    response = http.get("/alerts/")
    assert response.json() == plain
    uris: list[str | None] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        both = [value for name, value in pairs if name == "target"]
        assert len(both) in {0, 2}
        uris.extend(both[:1])
        return dict(pairs)

    assert json.loads(response.text, object_pairs_hook=collect) == plain
    process = str(targets["Process"]).split(",")
    assert uris == [
        f"/api/v5/servers/{targets['Server']}/",
        f"/api/v5/processes/{'_'.join(process[:3])}/",
        f"/api/v5/polled-data/{targets['Polled Data']}/",
        None,
        f"/api/v5/applications/{targets['Application']}/",
        f"/api/v5/server_tags/{targets['Server Tag']}/",
    ]


def test_thresholds_as_text(state: AppFirstState, server: Server, alert: Alert, http: httpx.Client) -> None:
    """Thresholds are numbers, or texts; one that is not set is null."""
    state.add_alert("disk", "Server", server.id, "Disk", threshold=Decimal("99.90"))
    state.add_alert("down", "Server", server.id, "Server Down")

    def thresholds() -> list[Any]:
        return [row["threshold"] for row in http.get("/alerts/").json()["data"]]

    assert thresholds() == [90, 99.9, None]
    state.threshold_as = "text"
    assert thresholds() == ["90", "99.90", None]


def test_times_as_text(state: AppFirstState, alert: Alert, http: httpx.Client) -> None:
    """Times are whole seconds, or ISO text."""
    history = state.trigger(alert.id)
    row = http.get(f"/alerts/{alert.id}/").json()
    assert row["last_triggered"] == int(history.start.timestamp())
    state.times_as = "iso"
    shown = http.get(f"/alerts/{alert.id}/").json()["last_triggered"]
    assert shown == history.start.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def test_optional_fields(state: AppFirstState, alert: Alert, http: httpx.Client) -> None:
    """Some attributes are there, or are not, as in the samples."""
    whole = http.get(f"/alerts/{alert.id}/").json()
    state.optional_fields = False
    sparse = http.get(f"/alerts/{alert.id}/").json()
    assert set(whole) - set(sparse) == {"direction", "num_of_servers", "part_name", "ip_details"}


@pytest.mark.parametrize("path", ["/alerts/1/", "/alerts/99999999999999999999/", "/alerts/-1/", "/alerts/x/"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_no_such_alert(http: httpx.Client, method: str, path: str) -> None:
    """An id that is not there is a 404."""
    response = http.request(method, path)
    assert (response.status_code, response.json()) == (404, {"detail": "Not found."})
