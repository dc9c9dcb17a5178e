"""The whole way against a real Monasca: written over its API, exported, and compared with what was written."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.cli.monasca_config import PASSWORD, write_config
from tests.cli.test_signals import TOCSIN, started
from tests.export.monasca_rows import exported, timed
from tests.servers.monasca import RealMonasca

from tocsin.describe import row_key

pytestmark = [pytest.mark.real, pytest.mark.timeout(1800)]

START = datetime(2026, 3, 1, tzinfo=UTC)
TICK = timedelta(milliseconds=250)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Three metrics in six series: capitals in a name, and a blank in a value.
SERIES: Sequence[tuple[str, dict[str, str]]] = (
    ("export.Cpu", {"hostname": "h1"}),
    ("export.Cpu", {"hostname": "h2", "rack": "r 1"}),
    ("export.Cpu", {"hostname": "h1", "rack": "R2"}),
    ("export.cpu", {"hostname": "h1"}),
    ("export.mem", {"hostname": "h1", "of": "x"}),
    ("export.mem", {"hostname": "h2", "of": "y"}),
)
#: How many measurements each series has: 20,000 in all.
LENGTHS = (10_001, 3_000, 2, 4_997, 1_000, 1_000)
#: Ids by resource.
Written = dict[str, Counter[Any]]
METHODS = 25
ALARMS = 12


@pytest.fixture(scope="module")
def monasca() -> Iterator[RealMonasca]:
    """A real Monasca that holds what the exports are to bring."""
    with RealMonasca() as running:
        yield running


def ask(monasca: RealMonasca, method: str, path: str, body: object) -> Any:
    """A request without the client under test; what it gives."""
    url, headers = f"{monasca.base_url}{path}", {"X-Auth-Token": monasca.issue_token()}
    answer = httpx.request(method, url, json=body, headers=headers, trust_env=False, timeout=60)
    answer.raise_for_status()
    return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def written(monasca: RealMonasca) -> Written:
    """The ids of all that was written, by resource; state histories have some in one millisecond."""
    points: list[dict[str, Any]] = [
        {"name": name, "dimensions": dimensions, "timestamp": milliseconds(number), "value": number}
        for (name, dimensions), length in zip(SERIES, LENGTHS, strict=True)
        for number in range(length)
    ]
    for first in range(0, len(points), 5_000):
        ask(monasca, "POST", "/metrics", points[first : first + 5_000])
    methods = [
        ask(monasca, "POST", "/notification-methods", {"name": f"m {n}", "type": "EMAIL", "address": "a@b.c"})[
            "id"
        ]
        for n in range(METHODS)
    ]
    made = {"name": "export", "expression": "avg(export.mem) > 1", "match_by": ["hostname"]}
    definition = ask(monasca, "POST", "/alarm-definitions", made)["id"]
    alarms = monasca.insert_alarms(definition, ALARMS, metric="export.mem", states=["OK"])
    history = [(alarm, START + TICK * (number // 4), number) for number, alarm in enumerate(alarms * 30)]
    monasca.write_points([transition(monasca, *each) for each in history])
    return {
        "measurements": Counter(
            timed((each["name"], str(row_key(each["dimensions"])), when(each["timestamp"]))) for each in points
        ),
        "metrics": Counter((name, str(row_key(dimensions))) for name, dimensions in SERIES),
        "notification_methods": Counter(methods),
        "alarm_definitions": Counter([definition]),
        "alarms": Counter(alarms),
        "state_histories": Counter((alarm, at.isoformat(), "OK", "ALARM", f"r{n}") for alarm, at, n in history),
    }


def milliseconds(number: int) -> int:
    """The time of a measurement."""
    return (START + TICK * number - EPOCH) // timedelta(milliseconds=1)


def when(epoch: int) -> str:
    """The same as text."""
    return (EPOCH + timedelta(milliseconds=epoch)).isoformat()


def transition(monasca: RealMonasca, alarm: str, at: datetime, number: int) -> str:
    """A row of an alarm's history as the threshold engine's message becomes one in the store."""
    tags = f"tenant_id={monasca.project_ids['demo']},alarm_id={alarm}"
    fields = {"metrics": "[]", "sub_alarms": "[]", "reason_data": "{}", "reason": f"r{number}"}
    fields |= {"old_state": "OK", "new_state": "ALARM", "lifecycle_state": "", "link": "", "alarm_id": alarm}
    fields["tenant_id"] = monasca.project_ids["demo"]
    said = ",".join(f"{name}={json.dumps(text)}" for name, text in fields.items())
    return f"alarm_state_history,{tags} {said} {(at - EPOCH) // timedelta(milliseconds=1)}"


@pytest.fixture
def command(monasca: RealMonasca, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An export that finds the API in Keystone's catalog, and the dialect by asking."""
    demo = monasca.users["demo"]
    monkeypatch.setenv(PASSWORD, demo.password)
    who = {
        "auth_url": monasca.keystone_url,
        "username": demo.name,
        "project_name": demo.project,
        "dialect": "auto",
    }
    config = write_config(tmp_path, who)
    return ["export", "--config", config, "--profile", "cloud", "--out", str(tmp_path / "out")]


def test_export(written: Written, command: list[str], tmp_path: Path) -> None:
    """Every row of every resource, each once."""
    done = subprocess.run([*TOCSIN, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    summary = {line["resource"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert {line["state"] for line in summary.values()} == {"complete"}
    assert summary["measurements"]["rows"] == sum(LENGTHS) == 20_000
    found = exported(tmp_path / "out/cloud")
    assert found.keys() == written.keys()
    for name, ids in written.items():
        assert found[name] == ids, name


def test_export_that_was_killed(
    monasca: RealMonasca, written: Written, command: list[str], tmp_path: Path
) -> None:
    """Killed after ever more requests, and given again until it is done: every row, each once."""
    command += ["--page-size", "400", "--windows", "2"]
    log = monasca.access_log
    kills = 0
    while True:
        goal = len(log.read_bytes().splitlines()) + 15 * (kills + 1)
        with started(*command) as run:
            while run.poll() is None and len(log.read_bytes().splitlines()) < goal:
                with suppress(subprocess.TimeoutExpired):
                    run.wait(0.005)
            run.send_signal(signal.SIGKILL)
            run.communicate(timeout=30)
        if run.returncode == 0:
            break
        assert run.returncode == -signal.SIGKILL
        kills += 1
    assert kills
    assert exported(tmp_path / "out/cloud") == written
