"""The simulated Monasca in the dialect of 2014, against the examples of that specification."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tocsin.simulator import Fault, Faults, Simulator
from tocsin.simulator.monasca import MonascaState
from tocsin.simulator.monasca.dialect2014 import ROUTES

PATCH = "application/json-patch+json"
MOMENT = datetime(2014, 7, 19, 3, 38, 15, tzinfo=UTC)
CPU = "(avg(cpu_user_perc{hostname=devstack}) > 10)"
CPU_DATA = {
    "function": "AVG",
    "metric_name": "cpu_user_perc",
    "dimensions": {"hostname": "devstack"},
    "operator": "GT",
    "threshold": 10.0,
    "period": 60,
    "periods": 1,
}


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A Monasca of 2014 with an empty world, where it is always the same moment."""
    with Simulator(["monasca"], scale=0, clock=lambda: MOMENT) as running:
        running.monasca.clear()
        running.monasca.dialect = "2014"
        yield running


@pytest.fixture
def monasca(sim: Simulator) -> MonascaState:
    return sim.monasca


@pytest.fixture
def http(sim: Simulator) -> Iterator[httpx.Client]:
    """A client signed by demo's token, at the API's base URL."""
    endpoint = sim.endpoints["monasca"]
    headers = {"X-Auth-Token": endpoint["token"]}
    with httpx.Client(base_url=endpoint["base_url"], headers=headers) as client:
        yield client


def create_alarm(http: httpx.Client, **more: object) -> dict:
    body = {"name": "CPU percent greater than 10", "expression": CPU, **more}
    response = http.post("/alarms", json=body)
    assert response.status_code == 201, response.text
    return response.json()


def test_operations() -> None:
    """There are the 19 operations of the specification."""
    assert sum(len(route.handlers) for route in ROUTES) == 19


def test_versions(sim: Simulator, http: httpx.Client) -> None:
    """The versions are a bare array; one has a link with a slash at its end."""
    base = sim.endpoints["monasca"]["base_url"]
    shown = {"id": "v2.0", "status": "CURRENT", "updated": "2014-07-18T03:25:02.423Z"}
    assert http.get("/versions").json() == [{**shown, "links": [{"rel": "self", "href": base}]}]
    assert http.get("/versions/v2.0").json() == {**shown, "links": [{"rel": "self", "href": f"{base}/"}]}
    assert http.get("/versions/v3").status_code == 404


def test_metrics(http: httpx.Client) -> None:
    """Metrics are sent one or many, in seconds, and listed as a bare array without ids."""
    one = {
        "name": "name1",
        "dimensions": {"key1": "value1", "key2": "value2"},
        "timestamp": 1405630174,
        "value": 1.0,
    }
    assert http.post("/metrics", json=one).status_code == 204
    two = {**one, "name": "name2", "value": 2.0}
    assert http.post("/metrics", json=[one, two]).status_code == 204
    dimensions = one["dimensions"]
    both = [{"name": "name1", "dimensions": dimensions}, {"name": "name2", "dimensions": dimensions}]
    assert http.get("/metrics").json() == both
    assert http.get("/metrics", params={"name": "name1", "dimensions": "key1:value1"}).json() == both[:1]
    found = http.get("/metrics/measurements", params={"start_time": "2014-07-17T00:00:00Z"}).json()
    assert [row["measurements"][0][1:] for row in found] == [
        ["2014-07-17T20:49:34Z", 1.0],
        ["2014-07-17T20:49:34Z", 2.0],
    ]
    assert http.post("/metrics", json={**one, "name": "n" * 65}).status_code == 422


def test_measurements(monasca: MonascaState, http: httpx.Client) -> None:
    """Rows are id, timestamp and value, the newest first; a name is not needed; limit counts series."""
    for host in ("devstack", "other"):
        rows = [(MOMENT + timedelta(seconds=number), number) for number in (0, 36, 71)]
        monasca.add_measurements("cpu_user_perc", {"hostname": host}, rows)
    query = {"name": "cpu_user_perc", "dimensions": "hostname:devstack", "start_time": "2014-07-18T03:00:00Z"}
    (found,) = http.get("/metrics/measurements", params=query).json()
    assert found["columns"] == ["id", "timestamp", "value"]
    assert set(found) == {"name", "dimensions", "columns", "measurements"}
    ids, times, values = zip(*found["measurements"], strict=True)
    assert times == ("2014-07-19T03:39:26Z", "2014-07-19T03:38:51Z", "2014-07-19T03:38:15Z")
    assert values == (71, 36, 0)
    assert list(ids) == sorted(ids, reverse=True)
    start = {"start_time": "2014-07-18T03:00:00Z"}
    everything = http.get("/metrics/measurements", params=start).json()
    assert len(everything) == 2
    assert len({row[0] for series in everything for row in series["measurements"]}) == 6
    assert len(http.get("/metrics/measurements", params={**start, "limit": 1}).json()) == 1
    assert http.get("/metrics/measurements").status_code == 422


def test_unknown_parameters(monasca: MonascaState, http: httpx.Client) -> None:
    """What came after 2014 is silently ignored."""
    for number in range(3):
        monasca.add_measurements("m", {"n": str(number)}, [(MOMENT, 1)])
    query = {"limit": 1, "offset": 1, "start_time": "2030-01-01T00:00:00Z"}
    assert len(http.get("/metrics", params=query).json()) == 3
    later = {"name": "m", "start_time": "2014-01-01T00:00:00Z", "merge_metrics": "true", "group_by": "n"}
    assert len(http.get("/metrics/measurements", params=later).json()) == 3
    assert (
        http.get("/alarms", params={"sort_by": "nonsense", "severity": "nonsense", "limit": "x"}).status_code
        == 200
    )


def test_statistics(monasca: MonascaState, http: httpx.Client) -> None:
    """Periods come newest first, and a count is a fraction too."""
    rows = [(MOMENT.replace(minute=minute, second=5), minute) for minute in (20, 21, 30)]
    monasca.add_measurements("cpu_user_perc", {"hostname": "devstack"}, rows)
    query = {"name": "cpu_user_perc", "start_time": "2014-07-18T03:00:00Z", "statistics": "avg,min,max,sum,count"}
    (found,) = http.get("/metrics/statistics", params={**query, "period": 600}).json()
    assert found["columns"] == ["timestamp", "avg", "min", "max", "sum", "count"]
    assert found["statistics"] == [
        ["2014-07-19T03:30:00Z", 30.0, 30.0, 30.0, 30.0, 1.0],
        ["2014-07-19T03:20:00Z", 20.5, 20.0, 21.0, 41.0, 2.0],
    ]
    assert isinstance(found["statistics"][0][-1], float)
    assert http.get("/metrics/statistics", params={**query, "name": ""}).status_code == 422


def test_notification_methods(sim: Simulator, http: httpx.Client) -> None:
    """A method has no period and no types, and there is no PATCH."""
    sim.monasca.new_id = lambda: "35cc6f1c-3a29-49fb-a6fc-d9d97d190508"
    sent = {"name": "Name of notification method", "type": "EMAIL", "address": "john.doe@example.org"}
    response = http.post("/notification-methods", json=sent)
    url = f"{sim.endpoints['monasca']['base_url']}/notification-methods/35cc6f1c-3a29-49fb-a6fc-d9d97d190508"
    shown = {"id": "35cc6f1c-3a29-49fb-a6fc-d9d97d190508", "links": [{"rel": "self", "href": url}], **sent}
    assert (response.status_code, response.json()) == (201, shown)
    assert http.get("/notification-methods").json() == [shown]
    assert http.get(url).json() == shown
    changed = {**sent, "name": "New name of notification method"}
    assert http.put(url, json=changed).json() == {**shown, **changed}
    assert http.patch(url, json={"name": "x"}).status_code == 405
    assert http.get("/notification-methods/types").status_code == 404
    assert http.post("/notification-methods", json={**sent, "address": "a@" + "b" * 99}).status_code == 400
    assert http.post("/notification-methods", json={**sent, "type": "WEBHOOK"}).status_code == 400
    assert http.delete(url).status_code == 204
    assert http.get(url).status_code == 404


def test_create_alarm(sim: Simulator, http: httpx.Client) -> None:
    """An alarm has its expression, also as data, and a link to its history."""
    method = sim.monasca.add_method("jane", "EMAIL", "jane.doe@example.org")
    actions = {f"{state}_actions": [method.id] for state in ("ok", "alarm", "undetermined")}
    sent = {
        "name": "Average CPU percent greater than 10",
        "description": "The average CPU percent is greater than 10",
        "severity": "LOW",
        "expression": CPU,
        **actions,
    }
    shown = create_alarm(http, **sent)
    url = f"{sim.endpoints['monasca']['base_url']}/alarms/{shown['id']}"
    links = [{"rel": "self", "href": url}, {"rel": "history", "href": f"{url}/history"}]
    own = {"id": shown["id"], "links": links, "state": "UNDETERMINED", "actions_enabled": True}
    assert shown == {**sent, **own, "expression_data": CPU_DATA}
    assert http.get(url).json() == shown
    assert http.get("/alarms").json() == [shown]
    assert http.post("/alarms", json=sent).status_code == 409
    assert http.post("/alarms", json={"name": "n", "expression": "avg("}).status_code == 422
    assert http.post("/alarms", json={"name": "n", "expression": "avg(cpu_perc:{a=b},85) > 90"}).status_code == 422
    assert (
        http.post("/alarms", json={"name": "n", "expression": "x > 1", "ok_actions": ["nope"]}).status_code == 422
    )


def test_colons_in_expressions(http: httpx.Client) -> None:
    """The colon before the dimensions is no part of the name; several comparisons are told as operands."""
    shown = create_alarm(http, expression="cpu_perc:{hostname=host.domain.com} > 95 and max(x,120) lt 5 times 3")
    data = shown["expression_data"]
    assert data["operator"] == "AND"
    assert [each["metric_name"] for each in data["operands"]] == ["cpu_perc", "x"]
    assert [(each["function"], each["period"], each["periods"]) for each in data["operands"]] == [
        ("MAX", 60, 1),
        ("MAX", 120, 3),
    ]


def test_filters_of_alarms(http: httpx.Client) -> None:
    """By name, by dimensions, and by a state in any case."""
    create_alarm(http)
    create_alarm(http, name="other", expression="max(m{hostname=b}) > 1")
    for query, found in (
        ({"name": "CPU percent greater than 10", "dimensions": "hostname:devstack", "state": "UNDETERMINED"}, 1),
        ({"dimensions": "hostname:b", "state": "undetermined"}, 1),
        ({"state": "ok"}, 0),
        ({}, 2),
    ):
        assert len(http.get("/alarms", params=query).json()) == found


def test_change_alarm(http: httpx.Client) -> None:
    """PUT replaces all of it, PATCH with its own media type some of it; the history is newest first."""
    alarm = create_alarm(http, description="Release the hounds", severity="CRITICAL")
    path = f"/alarms/{alarm['id']}"
    whole = {
        "name": "CPU percent greater than 15",
        "expression": CPU.replace("10", "15"),
        "state": "ALARM",
        "actions_enabled": True,
    }
    put = http.put(path, json=whole).json()
    assert (put["name"], put["state"], put["description"], put["severity"]) == (whole["name"], "ALARM", "", "LOW")
    assert put["expression_data"] == CPU_DATA | {"threshold": 15.0}
    assert http.put(path, json={"name": "x"}).status_code == 422
    assert http.patch(path, json={"state": "OK"}).status_code == 415
    patched = http.patch(
        path, content='{"state": "ok", "severity": "HIGH"}', headers={"Content-Type": PATCH}
    ).json()
    assert (patched["name"], patched["state"], patched["severity"]) == (whole["name"], "OK", "HIGH")
    history = http.get(f"{path}/state-history").json()
    assert [(row["old_state"], row["new_state"]) for row in history][-2:] == [
        ("ALARM", "OK"),
        ("UNDETERMINED", "ALARM"),
    ]
    assert history[0] == {
        "alarm_id": alarm["id"],
        "old_state": "ALARM",
        "new_state": "OK",
        "reason": "Alarm state updated via API",
        "reason_data": "{}",
        "timestamp": "2014-07-19T03:38:15.000Z",
    }


def test_history_of_all(monasca: MonascaState, http: httpx.Client) -> None:
    """By dimensions and time, the newest first."""
    definition = monasca.add_definition("d", "m > 1")
    for number, host in enumerate("ab"):
        alarm = monasca.add_alarm(definition, [("m", {"hostname": host})])
        monasca.change_alarm(alarm, "ALARM", at=MOMENT + timedelta(seconds=number), reason="r")
    times = [row["timestamp"] for row in http.get("/alarms/state-history").json()]
    assert times == ["2014-07-19T03:38:16.000Z", "2014-07-19T03:38:15.000Z"]
    for query in ({"dimensions": "hostname:b"}, {"start_time": "2014-07-19T03:38:16Z"}):
        assert len(http.get("/alarms/state-history", params=query).json()) == 1


def test_delete_alarm(monasca: MonascaState, http: httpx.Client) -> None:
    """An alarm goes with the definition that it alone has, and leaves one that it shares."""
    own = create_alarm(http)
    assert http.delete(f"/alarms/{own['id']}").status_code == 204
    assert http.delete(f"/alarms/{own['id']}").status_code == 404
    assert monasca.definitions == {}
    shared = monasca.add_definition("shared", "m > 1")
    first, second = (monasca.add_alarm(shared, [("m", {})], title=title) for title in "ab")
    changed = http.patch(f"/alarms/{first.id}", content='{"severity": "HIGH"}', headers={"Content-Type": PATCH})
    assert changed.json()["severity"] == "HIGH"
    assert http.get(f"/alarms/{second.id}").json()["severity"] == "LOW"


def test_not_in_2014(http: httpx.Client) -> None:
    """What came later is a 404; a token is needed as ever."""
    for path in ("/alarm-definitions", "/metrics/names", "/alarms/x/history", "/logs", ""):
        assert http.get(path).status_code == 404
    assert httpx.get(f"{http.base_url}versions").status_code == 401


def test_switching_while_it_runs(sim: Simulator, http: httpx.Client) -> None:
    """The same alarms are told in either dialect."""
    alarm = create_alarm(http)
    sim.monasca.dialect = "current"
    shown = http.get(f"/alarms/{alarm['id']}").json()
    assert shown["alarm_definition"]["name"] == alarm["name"]
    assert shown["metrics"] == [{"name": "cpu_user_perc", "dimensions": {"hostname": "devstack"}}]


def test_broken_row(sim: Simulator, http: httpx.Client) -> None:
    """A broken row is broken in a bare array too; there is no cursor to repeat."""
    create_alarm(http)
    sim.faults = Faults(rates={Fault.BAD_ROW: 1})
    assert not isinstance(http.get("/alarms").json()[0]["id"], str)
    sim.faults = Faults(rates={Fault.REPEAT_CURSOR: 1})
    assert isinstance(http.get("/alarms").json()[0]["id"], str)
