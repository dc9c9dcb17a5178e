"""The commands with a Monasca: found in Keystone's catalog, in both dialects."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cli.monasca_config import PASSWORD, write_config
from tests.export.monasca_rows import exported, held

from tocsin.cli import app, exits
from tocsin.monasca.describe import RESOURCES
from tocsin.simulator import Faults, Simulator

#: Nothing listens there.
NOWHERE = "http://127.0.0.1:1/v3"
#: Writes a configuration file with the profile "cloud", for the simulator and with what is given besides.
Configure = Callable[..., str]
IN_2014 = {"metrics", "measurements", "notification_methods", "alarms", "state_histories"}


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A Monasca with 600 alarms."""
    with Simulator(["monasca"]) as running:
        yield running


@pytest.fixture
def configure(sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """`configure(dialect="2014")` gives the path of the file."""

    def write(**settings: str) -> str:
        endpoint = sim.endpoints["monasca"]
        monkeypatch.setenv(PASSWORD, endpoint["password"])
        who = {
            "auth_url": endpoint["keystone_url"],
            "username": endpoint["username"],
            "project_name": endpoint["project"],
            **settings,
        }
        return write_config(tmp_path, who)

    return write


@pytest.fixture
def base(configure: Configure) -> list[str]:
    """The options that name the profile."""
    return ["--profile", "cloud", "--config", configure()]


def printed(capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> list[dict[str, Any]]:
    """The rows that a command prints into a pipe."""
    assert app.run(arguments) == exits.FINE
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_alarms_by_their_filters(sim: Simulator, base: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Those that the server holds: all, those of a state, and those of one of two severities."""
    held = sim.monasca.alarms.values()
    assert {row["id"] for row in printed(capsys, ["alarms", *base])} == {each.id for each in held}
    where = ["--where", "state=ALARM", "--where", "severity=HIGH|CRITICAL"]
    rows = printed(capsys, ["alarms", *base, *where])
    wanted = {
        each.id for each in held if each.state == "ALARM" and each.definition.severity in {"HIGH", "CRITICAL"}
    }
    assert sorted(row["id"] for row in rows) == sorted(wanted)
    assert 0 < len(wanted) < len(held)
    [one] = printed(capsys, ["alarms", *base, *where, "--limit", "1"])
    assert one in rows


def test_metrics_and_the_measurements_of_one(
    sim: Simulator, base: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """All series; with a name its measurements, from a time on, or of the last hour."""
    store = sim.monasca.store.matching(sim.monasca.tenant, "", {})
    rows = printed(capsys, ["metrics", *base])
    assert Counter((row["name"], str(row["dimensions"])) for row in rows) == Counter(
        (each.name, str(dict(each.dimensions))) for each in store
    )
    name, since = store[0].name, sim.world.epoch - timedelta(hours=3)
    rows = printed(capsys, ["metrics", name, *base, "--since", since.isoformat()])
    assert len(rows) == 3 * len(sim.world.hosts)
    assert {row["name"] for row in rows} == {name}
    assert min(datetime.fromisoformat(row["timestamp"]) for row in rows) == since
    one = ["--where", f"dimensions=host:{sim.world.hosts[0].name}"]
    assert len(printed(capsys, ["metrics", name, *base, "--since", since.isoformat(), *one])) == 3
    now = datetime.now(UTC)
    sim.monasca.add_measurements(name, {"host": "new"}, [(now - timedelta(minutes=5), 1.5)])
    [row] = printed(capsys, ["metrics", name, *base])
    assert (row["dimensions"], row["value"]) == ({"host": "new"}, 1.5)


def test_notification_methods(sim: Simulator, base: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """All of them."""
    rows = printed(capsys, ["notification-methods", *base])
    assert {row["id"] for row in rows} == set(sim.monasca.methods)
    assert rows


def test_logs_are_sent_from_standard_input(
    sim: Simulator, base: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line that has something in it, with the dimensions given."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("disk full\n\n  still full  \n"))
    where = ["--dimension", "host=a", "--dimension", "path=/var"]
    assert app.run(["logs", "--send", *base, *where]) == exits.FINE
    assert capsys.readouterr() == ("", "2 sent.\n")
    sent = [(tenant, entry["message"], entry["dimensions"]) for tenant, entry in sim.monasca.logs]
    dimensions = {"host": "a", "path": "/var"}
    assert sent == [(sim.monasca.tenant, text, dimensions) for text in ("disk full", "  still full  ")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["logs"], "monasca lists no logs: it only takes them, with --send; it lists alarms, metrics"),
        (["logs", "--send", "--since", "2026-01-01T00:00:00Z"], "it takes no since"),
        (["alarms", "--where", "open=true"], "no filter open; there are: alarm_definition_id, lifecycle_state"),
        (["alarms", "--where", "state=RED"], "state must be one of OK, ALARM, UNDETERMINED"),
        (["alarms", "--where", "severity=HIGH|DIRE"], "LOW, MEDIUM, HIGH, CRITICAL"),
        (["metrics", "--where", "dimensions=:a"], "dimensions must be NAME:VALUE"),
        (["metrics", "a" * 256], "name must have at most 255 characters"),
        (["metrics", "--since", "2026-01-01T00:00:00Z"], "cannot select metrics by time"),
        (["notification-methods", "--where", "type=EMAIL"], "no filter type; there are: none"),
    ],
)
def test_what_cannot_be_done_is_refused(
    sim: Simulator, base: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """Before anything is sent, with what there is."""
    sim.clear_log()
    assert app.run([*arguments, *base]) == exits.USAGE
    assert message in " ".join(capsys.readouterr().err.split())
    assert len(sim.log) == 0


def test_what_the_dialect_of_2014_lacks_is_refused(
    sim: Simulator, configure: Configure, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command is wrong for this server, with code 2."""
    sim.monasca.dialect = "2014"
    monkeypatch.setattr(sys, "stdin", io.StringIO("a\n"))
    config = ["--profile", "cloud", "--config", configure(dialect="auto")]
    assert app.run(["logs", "--send", *config]) == exits.USAGE
    assert "POST /logs is not in the 2014 dialect" in capsys.readouterr().err
    assert app.run(["alarms", *config, "--where", "severity=HIGH"]) == exits.USAGE
    assert "has no severity in the 2014 dialect" in capsys.readouterr().err


@pytest.mark.parametrize("dialect", ["current", "2014"])
def test_check_says_what_works(
    sim: Simulator, configure: Configure, capsys: pytest.CaptureFixture[str], dialect: str
) -> None:
    """Where the API is, its version and dialect, and each resource that this server has."""
    sim.monasca.dialect = dialect
    rows = {row["check"]: row for row in printed(capsys, ["check", "--config", configure(dialect="auto")])}
    assert all(row["ok"] for row in rows.values())
    assert rows["sign-in"]["detail"] == f"at {sim.endpoints['monasca']['base_url']}"
    assert rows["server"]["detail"] == f"Monasca v2.0, {dialect} dialect"
    offered = set(RESOURCES) if dialect == "current" else IN_2014
    assert rows.keys() - {"sign-in", "server"} == offered
    assert {rows[name]["detail"] for name in offered} == {"readable"}


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"username": "nobody"}, exits.REFUSED),
        ({"username": "norole"}, exits.REFUSED),
        ({"auth_url": NOWHERE}, exits.UNREACHABLE),
        ({"region_name": "Elsewhere"}, exits.USAGE),
        ({"dialect": "2015"}, exits.USAGE),
    ],
)
def test_when_nothing_could_be_done_the_code_says_why(
    sim: Simulator,
    configure: Configure,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    code: int,
) -> None:
    """3 where Keystone or a role refuses, 4 where nobody answers, 2 where the profile is wrong."""
    config = configure(**settings)
    if settings.get("username") == "norole":
        monkeypatch.setenv(PASSWORD, sim.monasca.keystone.users["norole"].password)
    assert app.run(["check", "--config", config]) == code
    assert app.run(["export", "--profile", "cloud", "--config", config, "--out", str(tmp_path / "out")]) == code


def test_export_of_all_resources(
    sim: Simulator, base: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the server holds, each row once; done again, it asks for nothing."""
    command = ["export", *base, "--out", str(tmp_path / "out")]
    rows = printed(capsys, command)
    wanted = held(sim)
    assert {row["resource"]: row["rows"] for row in rows} == {name: len(ids) for name, ids in wanted.items()}
    assert {row["state"] for row in rows} == {"complete"}
    assert exported(tmp_path / "out/cloud") == wanted
    assert all(ids and set(ids.values()) == {1} for ids in wanted.values())
    sim.clear_log()
    assert app.run(command) == exits.FINE
    assert len(sim.log) == 0


@pytest.mark.parametrize("dialect", ["2014", "auto"])
def test_export_from_a_server_of_2014(
    sim: Simulator, configure: Configure, tmp_path: Path, capsys: pytest.CaptureFixture[str], dialect: str
) -> None:
    """All that there is in that dialect, whether the profile says so or the server is asked; code 0."""
    sim.monasca.dialect = "2014"
    config = configure(dialect=dialect)
    rows = printed(capsys, ["export", "--profile", "cloud", "--config", config, "--out", str(tmp_path / "out")])
    wanted = {name: ids for name, ids in held(sim).items() if name in IN_2014}
    assert {row["resource"]: row["rows"] for row in rows} == {name: len(ids) for name, ids in wanted.items()}
    assert exported(tmp_path / "out/cloud") == wanted


@pytest.mark.parametrize("dialect", ["2014", "auto"])
def test_what_is_named_and_not_there_is_told(
    sim: Simulator, configure: Configure, tmp_path: Path, capsys: pytest.CaptureFixture[str], dialect: str
) -> None:
    """Only what was not asked for by name is left out of an export without a word."""
    sim.monasca.dialect = "2014"
    command = ["export", "--profile", "cloud", "--config", configure(dialect=dialect), "--out", str(tmp_path)]
    assert app.run([*command, "--resource", "alarm_definitions"]) == exits.USAGE
    assert "GET /alarm-definitions is not in the 2014 dialect" in capsys.readouterr().out


def test_export_of_a_time(
    sim: Simulator, base: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Measurements and transitions from a time on and before another; what has no time comes whole."""
    since, until = sim.world.epoch - timedelta(hours=6), sim.world.epoch - timedelta(hours=2)
    times = ["--since", since.isoformat(), "--until", until.isoformat()]
    rows = printed(capsys, ["export", *base, "--out", str(tmp_path), *times])
    counts = {row["resource"]: row["rows"] for row in rows}
    transitions = [each for each in sim.monasca.transitions if inside(each.time, since, until)]
    assert counts["measurements"] == 4 * len(sim.monasca.store.matching(sim.monasca.tenant, "", {}))
    assert counts["state_histories"] == len(transitions) > 0
    assert counts["alarms"] == len(sim.monasca.alarms)


def inside(milliseconds: int, since: datetime, until: datetime) -> bool:
    """Whether a time is in a window."""
    return since.timestamp() * 1000 <= milliseconds < until.timestamp() * 1000


def test_a_failing_server_makes_an_export_partial(sim: Simulator, base: list[str], tmp_path: Path) -> None:
    """Malformed rows are put aside, which is no success."""
    sim.faults = Faults.parse("bad-row=1")
    assert app.run(["export", *base, "--resource", "alarms", "--out", str(tmp_path)]) == exits.PARTIAL
