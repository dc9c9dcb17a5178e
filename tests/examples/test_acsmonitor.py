"""The examples of ACS Monitor, against the simulator."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.examples import running
from tests.transport.loopback import Handler, Said, Seen, loopback

from tocsin.simulator import Simulator
from tocsin.simulator.acsmonitor import AcsMonitorState, Outcome


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A simulated ACS Monitor."""
    with Simulator(["acsmonitor"]) as servers:
        yield servers


@pytest.fixture
def state(simulator: Simulator) -> AcsMonitorState:
    """What it holds."""
    return simulator.acsmonitor


def run(name: str, simulator: Simulator, *arguments: str, **more: Any) -> str:
    """What an example prints."""
    endpoint = simulator.endpoints["acsmonitor"]
    return running.run(
        name, *arguments, **{"ACSMON_BASE_URL": endpoint["base_url"], "ACSMON_TOKEN": endpoint["token"], **more}
    )


def open_criticals(state: AcsMonitorState) -> list[dict[str, Any]]:
    """The alert events that somebody should look at."""
    return [
        row for row in state.tables["alert_events"] if (row["status"], row["severity"]) == ("open", "critical")
    ]


def test_acknowledge(simulator: Simulator, state: AcsMonitorState) -> None:
    """Every open critical event is acknowledged, with a note, and no other; more than one page of them."""
    state.clear()
    device = state.add_device("core-1")
    state.add_alert_events(30, device, severity="critical")
    others = state.add_alert_events(5, device, severity="warning")
    state.per_page_cap = 10
    lines = run("acsmonitor_acknowledge", simulator).splitlines()
    assert len(lines) == 30
    assert not open_criticals(state)
    assert [row["status"] for row in others] == ["open"] * 5
    assert len(state.audit_log) == 30
    assert all(str(note.note).startswith("Auto-ack from ") for note in state.audit_log)


def monitoring(answers: Mapping[str, tuple[int, Any]]) -> Handler:
    """An ACS Monitor that says just this, by path."""

    async def answer(seen: Seen) -> Said:
        status, body = answers[seen.target.partition("?")[0].partition("/api/v1")[2]]
        return Said(status, json.dumps(body).encode(), {"content-type": "application/json"})

    return answer


def test_acknowledge_goes_on_behind_what_others_took() -> None:
    """An event that somebody else acknowledged or deleted meanwhile keeps none of the others from it."""
    events = [{"id": number, "current_value": "down"} for number in (1, 2, 3)]
    answers = {
        "/alert-events": (200, {"data": events}),
        "/alert-events/1/acknowledge": (422, {"message": "The alert is acknowledged already."}),
        "/alert-events/2/acknowledge": (404, {"message": "Not Found"}),
        "/alert-events/3/acknowledge": (200, events[2]),
    }
    with loopback(monitoring(answers)) as server:
        printed = running.run("acsmonitor_acknowledge", ACSMON_BASE_URL=server.url, ACSMON_TOKEN="1|abc123secret")
    assert printed == "3 - down\n"


def test_uptime_report_goes_on_behind_what_is_gone() -> None:
    """A monitor that is deleted while the report is made has a line without figures."""
    monitors = [{"id": number, "name": f"m{number}", "type": "ping"} for number in (1, 2)]
    answers = {
        "/monitors": (200, {"data": monitors}),
        "/monitors/1/uptime": (404, {"message": "Not Found"}),
        "/monitors/2/uptime": (200, {"uptime_percent": 99.5, "failed_checks": 2}),
    }
    with loopback(monitoring(answers)) as server:
        printed = running.run(
            "acsmonitor_uptime_report", ACSMON_BASE_URL=server.url, ACSMON_TOKEN="1|abc123secret"
        )
    assert printed.splitlines()[1:] == ["m1,ping,,", "m2,ping,99.5,2"]


def test_to_database(simulator: Simulator, state: AcsMonitorState, tmp_path: Path) -> None:
    """All alert events are in the database, and a second run changes nothing."""
    file = str(tmp_path / "events.sqlite")
    expected = {(row["id"], row["severity"], row["status"]) for row in state.tables["alert_events"]}
    for _ in range(2):
        assert run("acsmonitor_to_database", simulator, file) == f"{len(expected)} events\n"
    database = sqlite3.connect(file)
    assert set(database.execute("SELECT id, severity, status FROM event")) == expected
    database.close()


def test_cmdb(simulator: Simulator, state: AcsMonitorState) -> None:
    """One record a device."""
    records = [json.loads(line) for line in run("acsmonitor_cmdb", simulator).splitlines()]
    assert {(each["external_id"], each["hostname"], each["ip"], each["status"]) for each in records} == {
        (f"acsmon-{row['id']}", row["name"], row["ip_address"], row["status"]) for row in state.tables["devices"]
    }
    assert len(records) == len(list(state.tables["devices"]))


def test_pagerduty(simulator: Simulator, state: AcsMonitorState) -> None:
    """Each open critical event is posted, and then acknowledged; those that PagerDuty does not take stay open."""
    expected = {f"acsmon-{row['id']}" for row in open_criticals(state)}
    posted: list[dict[str, Any]] = []

    async def pagerduty(seen: Seen) -> Said:
        posted.append(json.loads(seen.body))
        return Said(202, body=b"{}")

    with loopback(pagerduty) as server:
        url = f"{server.url}/v2/enqueue"
        lines = run("acsmonitor_pagerduty", simulator, PAGERDUTY_KEY="routing-key", PAGERDUTY_URL=url).splitlines()
    assert expected
    assert set(lines) == {each["dedup_key"] for each in posted} == expected
    assert {each["routing_key"] for each in posted} == {"routing-key"}
    assert all(each["payload"]["custom_details"]["severity"] == "critical" for each in posted)
    assert not open_criticals(state)


@pytest.mark.parametrize("status", ["up", "down"])
def test_post_deploy(status: str, simulator: Simulator, state: AcsMonitorState) -> None:
    """It waits for the check's own result: 0 for up; else it goes on waiting, here until it is up again."""
    state.check_delay = timedelta(milliseconds=200)
    monitor = state.add_monitor("Login API health", "https")
    state.will_find(monitor, Outcome("up", 42))
    if status == "down":
        state.add_results(monitor, [(state.now() - timedelta(minutes=1), Outcome("down"))])
    printed = run("acsmonitor_post_deploy", simulator, str(monitor["id"]), "0.1")
    assert printed == "Login API health is up (42 ms)\n"


def test_post_deploy_fails_for_what_is_not_there(simulator: Simulator) -> None:
    """It does not end with 0 for a monitor that there is not."""
    endpoint = simulator.endpoints["acsmonitor"]
    with pytest.raises(AssertionError, match="NotFoundError"):
        running.run(
            "acsmonitor_post_deploy",
            "99999",
            ACSMON_BASE_URL=endpoint["base_url"],
            ACSMON_TOKEN=endpoint["token"],
        )


def test_uptime_report(simulator: Simulator, state: AcsMonitorState) -> None:
    """A line for every monitor, with what the server says of its last seven days."""
    rows = list(csv.reader(io.StringIO(run("acsmonitor_uptime_report", simulator))))
    assert rows[0] == ["monitor", "type", "uptime_pct_7d", "failed_checks_7d"]
    expected = [(row, state.uptime(row, "7d")) for row in state.tables["monitors"]]
    assert sorted(map(tuple, rows[1:])) == sorted(
        (row["name"], row["type"], str(uptime["uptime_percent"]), str(uptime["failed_checks"]))
        for row, uptime in expected
    )


def test_inventory(simulator: Simulator, state: AcsMonitorState) -> None:
    """What Ansible reads: all active devices, and no other."""
    state.add_device("retired", is_active=False)
    inventory = json.loads(run("acsmonitor_inventory", simulator))
    active = {row["name"]: row["ip_address"] for row in state.tables["devices"] if row["is_active"]}
    assert "retired" not in active
    assert set(inventory["all"]["hosts"]) == active.keys()
    found = {name: values["ansible_host"] for name, values in inventory["_meta"]["hostvars"].items()}
    assert found == active
