"""Every example runs, against the simulator, and does what it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.examples import running
from tests.examples.running import EXAMPLES

from tocsin.simulator import Simulator


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A simulated Argus, and a simulated Monasca."""
    with Simulator(["argus", "monasca"]) as servers:
        yield servers


def run(name: str, simulator: Simulator, *arguments: str, token: str = "", stdin: str = "", **more: str) -> str:
    """What an example prints."""
    argus, monasca = simulator.endpoints["argus"], simulator.endpoints["monasca"]
    return running.run(
        name,
        *arguments,
        stdin=stdin,
        ARGUS_URL=argus["base_url"],
        ARGUS_TOKEN=token or argus["token"],
        OS_AUTH_URL=monasca["keystone_url"],
        OS_USERNAME=monasca["username"],
        OS_PASSWORD=monasca["password"],
        OS_PROJECT_NAME=monasca["project"],
        **more,
    )


def test_every_example_is_tested() -> None:
    """No example is left out here."""
    tested = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    for path in EXAMPLES.glob("*.py"):
        assert f'"{path.stem}' in tested, path.name


def test_open_incidents(simulator: Simulator) -> None:
    """It prints the open, unacknowledged incidents, worst first."""
    lines = run("argus_open_incidents", simulator).splitlines()
    levels = [int(line.split("level ")[1][0]) for line in lines]
    assert levels
    assert levels == sorted(levels)


def test_glue_service(simulator: Simulator) -> None:
    """It reports what is new, changes nothing the second time, resolves what is gone and restarts what is back."""
    simulator.argus.clear()
    source = simulator.endpoints["argus"]["source_token"]

    def glue(alarms: str) -> list[str]:
        return run("argus_glue_service", simulator, token=source, stdin=alarms).splitlines()

    first = glue("a1 fan broken\na2 link down\n")
    assert sorted(line.split(": ")[1] for line in first) == ["fan broken", "link down"]
    assert glue("a1 fan broken\na2 link down\n") == []
    (gone,) = glue("a1 fan broken\n")
    assert gone.startswith("resolved")
    assert gone.endswith("link down")
    (back,) = glue("a1 fan broken\na2 link down again\n")
    assert back == gone.replace("resolved", "restarted") + " again"
    assert glue("a1 fan broken\na2 link down again\n") == []
    assert len(simulator.argus.incident_pks) == 2


def test_keep_token(simulator: Simulator, tmp_path: Path) -> None:
    """The file holds a new token afterwards, which works the next time, and nobody else may read it."""
    file = tmp_path / "token"
    old = simulator.argus.new_token("alice")
    file.write_text(old)
    for _ in range(2):
        printed = run("argus_keep_token", simulator, ARGUS_TOKEN_FILE=str(file))
        assert "signed in as alice" in printed
        assert "new token, good until" in printed
        assert file.read_text() != old
        assert file.stat().st_mode & 0o077 == 0
        old = file.read_text()


def test_resume(simulator: Simulator, tmp_path: Path) -> None:
    """All incidents are stored; started again, it finds nothing left to do and still says how many there are."""
    database = str(tmp_path / "incidents.sqlite")
    expected = f"{len(simulator.argus.incident_pks)} incidents\n"
    assert run("argus_resume", simulator, database) == expected
    assert run("argus_resume", simulator, database) == expected


def test_monasca_alarms(simulator: Simulator) -> None:
    """It prints the alarms in state ALARM, worst first, with their hosts; the catalog tells where Monasca is."""
    alarms = [alarm for alarm in simulator.monasca.alarms.values() if alarm.state == "ALARM"]
    lines = run("monasca_alarms", simulator).splitlines()
    assert len(lines) == len(alarms) > 0
    words = [line.split()[0] for line in lines]
    assert words == sorted(words, key=["CRITICAL", "HIGH", "MEDIUM", "LOW"].index)
    assert all("example.org" in line for line in lines)


def test_monasca_measurements(simulator: Simulator) -> None:
    """It writes every measurement since the time given, one a line."""
    state = simulator.monasca
    store, since = state.store, datetime(2025, 12, 31, tzinfo=UTC)
    expected = [
        (series.dimensions.get("host", ""), time, value)
        for series in store.matching(state.tenant, "cpu.user_perc", {})
        for time, value in zip(series.times, series.values, strict=True)
        if time >= since.timestamp() * 1000
    ]
    text = run("monasca_measurements", simulator, "cpu.user_perc", since.isoformat())
    rows = [line.split(",") for line in text.splitlines()]
    found = [
        (host, round(datetime.fromisoformat(time).timestamp() * 1000), float(value)) for host, time, value in rows
    ]
    assert sorted(found) == sorted(expected)
    assert expected


def test_monasca_alarm_definition(simulator: Simulator) -> None:
    """It makes a notification method and a definition that uses it, and the second time finds both."""
    first = run("monasca_alarm_definition", simulator, "noc@example.org")
    assert first == "CPU busy: avg(cpu.user_perc, 120) > 90 times 3, tells noc@example.org\n"
    methods, definitions = len(simulator.monasca.methods), len(simulator.monasca.definitions)
    assert run("monasca_alarm_definition", simulator, "noc@example.org") == first
    assert (len(simulator.monasca.methods), len(simulator.monasca.definitions)) == (methods, definitions)
