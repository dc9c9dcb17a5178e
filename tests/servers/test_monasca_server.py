"""The real Monasca with its Keystone: what starts is the real thing, and nothing of it is left behind."""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.servers.family import family, still_there
from tests.servers.installs import REPOSITORY
from tests.servers.monasca import RealMonasca
from tests.servers.official_monasca import Series, time_creating, time_listing
from tests.servers.processes import Process, ServerError, install_environment

# A first run installs the servers before the test proper.
pytestmark = [pytest.mark.real, pytest.mark.timeout(1800)]

EXPRESSION = "avg(cpu.user_perc{service=monitoring},120) > 5.5 times 3"


def ask(monasca: RealMonasca, method: str, path: str, token: str, **options: Any) -> httpx.Response:
    """What monasca-api answers to `path` below its root."""
    headers = {"X-Auth-Token": token}
    url = f"{monasca.base_url}/{path}"
    return httpx.request(method, url, headers=headers, trust_env=False, timeout=30, **options)


def elements(monasca: RealMonasca, path: str, token: str, **query: Any) -> list[dict[str, Any]]:
    """The rows of a list."""
    answer = ask(monasca, "GET", path, token, params=query).raise_for_status()
    return list(answer.json()["elements"])


def status(monasca: RealMonasca, token: str) -> int:
    """The status with which monasca-api answers a small question signed with `token`."""
    return ask(monasca, "GET", "metrics", token, params={"limit": 1}).status_code


def test_users_can_do_what_their_roles_allow(monasca: RealMonasca) -> None:
    """Each user signs in; those whose role may read can read, in each of their projects."""
    read = {name: status(monasca, monasca.issue_token(name)) for name in monasca.users}
    assert read == {"admin": 200, "demo": 200, "agent": 401, "reader": 200, "norole": 401}
    assert status(monasca, monasca.issue_token("demo", "demo2")) == 200
    metric = {"name": "servers.roles", "timestamp": 1, "value": 1}
    token = monasca.issue_token("agent")
    assert ask(monasca, "POST", "metrics", token, json=metric).status_code == 204


def test_catalogue_names_the_server(monasca: RealMonasca) -> None:
    """Keystone's catalogue gives the address of this very server at all three interfaces."""
    headers = {"X-Auth-Token": monasca.issue_token()}
    catalogue = httpx.get(f"{monasca.keystone_url}/auth/catalog", headers=headers, trust_env=False).json()[
        "catalog"
    ]
    [service] = [entry for entry in catalogue if entry["type"] == "monitoring"]
    assert {(one["interface"], one["region"], one["url"]) for one in service["endpoints"]} == {
        (interface, monasca.region, monasca.base_url) for interface in ("public", "internal", "admin")
    }
    [identity] = [entry for entry in catalogue if entry["type"] == "identity"]
    assert {one["url"] for one in identity["endpoints"]} == {monasca.keystone_url}


def test_a_metric_can_be_read_when_its_post_was_answered(monasca: RealMonasca) -> None:
    """What POST /metrics took is in the database and the API at once, with blanks, quotes and backslashes."""
    token, now = monasca.issue_token(), int(time.time() * 1000)
    metric = {"name": "servers.metric", "dimensions": {"host name": "rack 1"}, "timestamp": now, "value": 1.5}
    meta = {"says": 'a "b" \\ c\nd'}
    answer = ask(monasca, "POST", "metrics", token, json={**metric, "value_meta": meta})
    assert answer.status_code == 204
    [series] = elements(
        monasca,
        "metrics/measurements",
        token,
        name="servers.metric",
        start_time="2020-01-01T00:00:00Z",
        group_by="*",
    )
    assert series["dimensions"] == {"host name": "rack 1"}
    assert [row[1:] for row in series["measurements"]] == [[1.5, meta]]
    [row] = monasca.influx('select * from "servers.metric"')
    assert (row["time"], row["value"], row["host name"]) == (now, 1.5, "rack 1")
    assert row["_tenant_id"] == monasca.project_ids["demo"]


def test_points_written_past_the_api_are_shown(monasca: RealMonasca) -> None:
    """Points in line protocol are measurements, those of one project hidden from the other; bad ones raise."""
    tags = f"_region={monasca.region},_tenant_id={monasca.project_ids['demo2']}"
    monasca.write_points(
        f'servers.points,{tags} value={i},value_meta="{{}}" {1_600_000_000_000 + i}' for i in range(3)
    )
    query = {"name": "servers.points", "start_time": "2020-01-01T00:00:00Z"}
    [series] = elements(monasca, "metrics/measurements", monasca.issue_token("demo", "demo2"), **query)
    assert [row[:2] for row in series["measurements"]] == [[f"2020-09-13T12:26:40.00{i}Z", i] for i in range(3)]
    assert elements(monasca, "metrics/measurements", monasca.issue_token(), **query) == []
    with pytest.raises(ServerError, match="unable to parse"):
        monasca.write_points(["no line protocol"])
    with pytest.raises(ServerError, match="nonsense"):
        monasca.influx("nonsense")


def test_inserted_alarms_are_shown_and_can_be_changed(monasca: RealMonasca) -> None:
    """Alarms put into the database are listed with states and metrics, and a change makes history and events."""
    token = monasca.issue_token()
    definition = {"name": "servers.alarms", "expression": EXPRESSION, "match_by": ["hostname"]}
    made = ask(monasca, "POST", "alarm-definitions", token, json=definition).raise_for_status().json()
    ids = monasca.insert_alarms(made["id"], 4, host="node")
    listed = elements(monasca, "alarms", token, alarm_definition_id=made["id"], sort_by="created_timestamp")
    assert [alarm["id"] for alarm in listed] == ids
    assert [alarm["state"] for alarm in listed] == ["UNDETERMINED", "OK", "ALARM", "UNDETERMINED"]
    assert [alarm["metrics"][0]["dimensions"]["hostname"] for alarm in listed] == [f"node{i}" for i in range(4)]
    assert ask(monasca, "PATCH", f"alarms/{ids[1]}", token, json={"state": "ALARM"}).status_code == 200
    [change] = elements(monasca, f"alarms/{ids[1]}/state-history", token)
    assert (change["old_state"], change["new_state"]) == ("OK", "ALARM")
    [event] = [one for one in monasca.published("events") if one.get("alarm-updated", {}).get("alarmId") == ids[1]]
    [sub_alarm] = event["alarm-updated"]["subAlarms"].values()
    assert (sub_alarm["function"], sub_alarm["period"], sub_alarm["periods"]) == ("AVG", 120, 3)
    assert monasca.sql(f"select state from alarm where id = '{ids[1]}'") == [("ALARM",)]
    with pytest.raises(LookupError):
        monasca.insert_alarms("unknown")


def test_logs_are_kept(monasca: RealMonasca) -> None:
    """What POST /logs took is what was published; a log without dimensions of its own the server drops."""
    logs = [{"message": "hello", "dimensions": {"a": "1"}}, {"message": "dropped"}]
    body = {"dimensions": {"b": "2"}, "logs": logs}
    before = len(monasca.logs_received())
    assert ask(monasca, "POST", "logs", monasca.issue_token(), json=body).status_code == 204
    [kept] = monasca.logs_received()[before:]
    assert kept["log"] == {"message": "hello", "dimensions": {"a": "1", "b": "2"}}


def test_revoked_tokens_are_refused_at_once(monasca: RealMonasca) -> None:
    """A token that was good is refused after it was revoked, alone or with all others; new ones are good."""
    first, second, other = (monasca.issue_token(user) for user in ("demo", "demo", "reader"))
    assert [status(monasca, token) for token in (first, second, other)] == [200, 200, 200]
    monasca.revoke(first)
    assert [status(monasca, token) for token in (first, second, other)] == [401, 200, 200]
    with pytest.raises(LookupError):
        monasca.revoke(first)
    assert monasca.revoke_all("demo") > 0
    assert [status(monasca, token) for token in (second, other)] == [401, 200]
    assert monasca.revoke_all() > 0
    assert [status(monasca, token) for token in (other, monasca.issue_token())] == [401, 200]


def test_sign_ins_and_requests_are_counted(monasca: RealMonasca) -> None:
    """Each sign-in is noted with its user and outcome, each request is in the log of its server."""
    before = len(monasca.sign_ins("norole"))
    token = monasca.issue_token("norole")
    user = {"name": "norole", "password": "wrong", "domain": {"id": "default"}}
    asked = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
    url = f"{monasca.keystone_url}/auth/tokens"
    assert httpx.post(url, json=asked, trust_env=False, timeout=30).status_code == 401
    new = monasca.sign_ins("norole")[before:]
    assert [(one.status, one.token) for one in new] == [(201, token), (401, None)]
    assert token not in repr(new)
    status(monasca, token)
    assert monasca.access_log.read_text().splitlines()[-1] == "GET /v2.0/metrics?limit=1 401"
    assert "POST /v3/auth/tokens? 401" in monasca.keystone_access_log.read_text().splitlines()
    assert monasca.issue_token() not in monasca.keystone_access_log.read_text()


def test_official_client_creates_and_lists(monasca: RealMonasca) -> None:
    """The official client writes and reads every row, page by page, and its time is measured."""
    series = Series("servers.official", {"hostname": "h"}, start_ms=1_700_000_000_000, count=2500)
    created = time_creating(monasca, series, batch=1000)
    assert monasca.influx('select count(value) from "servers.official"')[0]["count"] == 2500
    before = len(monasca.access_log.read_text().splitlines())
    listed = time_listing(monasca, series, limit=1000)
    assert len(monasca.access_log.read_text().splitlines()) - before == 3
    assert created.rows == listed.rows == 2500
    assert min(created.cpu_seconds, listed.cpu_seconds, created.wall_seconds, listed.wall_seconds) > 0


def test_second_server_is_apart_and_nothing_of_it_is_left(monasca: RealMonasca) -> None:
    """A second server has other ports, data and tokens, which live as long as was asked; an error ends it."""
    processes: set[tuple[int, str]] = set()
    folder = Path()
    with pytest.raises(RuntimeError, match="inside"), RealMonasca(workers=1, token_seconds=5) as other:  # noqa: PT012  the block is what is tested
        folder = other.access_log.parent
        processes = family(*other.pids)
        assert {other.base_url, other.keystone_url, other.influx_url}.isdisjoint(
            {monasca.base_url, monasca.keystone_url, monasca.influx_url}
        )
        metric = {"name": "servers.other", "timestamp": 1, "value": 1}
        short = other.issue_token()
        assert ask(other, "POST", "metrics", short, json=metric).status_code == 204
        assert status(monasca, short) == 401
        assert monasca.influx('select * from "servers.other"') == []
        deadline = time.monotonic() + 30
        while status(other, short) == 200:
            assert time.monotonic() < deadline
        raise RuntimeError("inside")
    assert len(processes) == 5
    assert still_there(processes) == set()
    assert not folder.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command_serves_until_it_is_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    """`python -m tests.servers monasca` prints where the servers are, and a signal ends all of them."""
    command = [sys.executable, "-m", "tests.servers", "monasca", "--workers", "1"]
    environment = install_environment(TMPDIR=str(tmp_path))
    log = tmp_path / "command.log"
    with Process(
        command, log=log, environment=environment, folder=REPOSITORY, talks=True, stop_signal=number
    ) as process:
        said = json.loads(process.stdout.readline())
        assert httpx.get(said["base_url"], trust_env=False, timeout=30).status_code == 401
        assert httpx.get(said["keystone_url"], trust_env=False, timeout=30).status_code == 200
        assert said["users"]["demo"] == {"password": "password-of-demo", "project": "demo"}
        processes = family(process.pid)
        os.kill(process.pid, number)
        process.finish(seconds=30)
    assert len(processes) == 6
    assert still_there(processes) == set()
    assert list(tmp_path.iterdir()) == [log]
