"""The commands with an ACS Monitor, an AppFirst and a Lastline."""

from __future__ import annotations

import io
import json
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from tests.cli.processes import started, wait_for_pages
from tests.cli.profile_text import profile_text
from tests.cli.terminal import on_a_terminal
from tests.export.disk import keys

from tocsin.cli import app, exits
from tocsin.cli.backends import backend
from tocsin.describe import RowKey, row_key
from tocsin.simulator import Faults, Simulator

#: Nothing listens there.
NOWHERE = "http://127.0.0.1:1/"
#: The variable that holds the secret.
SECRET = "SECRET_OF_NOC"
WRONG = "0123456789abcdef0123456789abcdef"
#: More than a test asks for in a minute.
FAST = "{ rate = { calls = 10000 } }"
#: Writes a configuration file with the profile "noc", for the simulator and with what is given besides.
Configure = Callable[..., str]


@frozen
class System:
    """How one signs in to a system, what `check` says of that, and which resource each list command shows."""

    user: str
    secret: str
    signed_in: Mapping[str, str]
    lists: Mapping[str, str]


SYSTEMS = {
    "acsmonitor": System(
        "email",
        "password",
        {"sign-in": "as API"},
        {"alarms": "alert_events", "metrics": "monitors", "notification-methods": "alert_channels"},
    ),
    "appfirst": System(
        "email", "api_key", {"sign-in": "240 alerts"}, {"alarms": "alerts", "notification-methods": "users"}
    ),
    "lastline": System(
        "username",
        "password",
        {"sign-in": "at BASE", "server": "answers pong"},
        {"metrics": "metrics", "logs": "logs"},
    ),
}
LISTS = [(name, command) for name, system in SYSTEMS.items() for command in system.lists]


@pytest.fixture(params=SYSTEMS)
def name(request: pytest.FixtureRequest) -> str:
    """Which system it is."""
    return str(request.param)


@pytest.fixture
def sim(name: str) -> Iterator[Simulator]:
    """That system, with what a world of 600 alarms is to it."""
    with Simulator([name]) as running:
        yield running


@pytest.fixture
def configure(name: str, sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """`configure(base_url=NOWHERE)` gives the path of the file."""

    def write(limits: str = "", **settings: str) -> str:
        system, endpoint = SYSTEMS[name], sim.endpoints[name]
        monkeypatch.setenv(SECRET, endpoint[system.secret])
        known = {"base_url": endpoint["base_url"], system.user: endpoint[system.user], **settings}
        path = tmp_path / "tocsin.toml"
        path.write_text(profile_text("noc", name, known, {system.secret: SECRET}, limits=limits))
        return str(path)

    return write


@pytest.fixture
def base(configure: Configure) -> list[str]:
    """The options that name the profile."""
    return ["--profile", "noc", "--config", configure()]


def printed(capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> list[dict[str, Any]]:
    """The rows that a command prints into a pipe."""
    assert app.run(arguments) == exits.FINE
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def held(sim: Simulator, name: str) -> dict[str, Counter[RowKey | None]]:
    """The ids of all that a system holds, by resource."""
    return {resource: Counter(map(row_key, ids)) for resource, ids in sim.held(name).items()}


def exported(folder: Path, name: str) -> dict[str, Counter[RowKey | None]]:
    """The ids of all that was exported of a system, by resource."""
    return {each: Counter(keys(folder, resource)) for each, resource in backend(name).resources.items()}


def listed(name: str, command: str, rows: Iterable[Mapping[str, Any]]) -> Counter[RowKey | None]:
    """The ids of what a command has listed."""
    return Counter(map(backend(name).resources[SYSTEMS[name].lists[command]].key_of, rows))


def test_check_says_what_works(
    name: str, sim: Simulator, base: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Who one is or where, and each resource."""
    rows = printed(capsys, ["check", *base])
    assert all(row["ok"] and row["profile"] == "noc" for row in rows)
    address = sim.endpoints[name]["base_url"]
    signed_in = {check: detail.replace("BASE", address) for check, detail in SYSTEMS[name].signed_in.items()}
    assert {row["check"]: row["detail"] for row in rows} == signed_in | dict.fromkeys(sim.held(name), "readable")


def commands(name: str, base: Sequence[str], out: Path) -> list[list[str]]:
    """One of each kind that asks the server for something."""
    return [["check", *base], ["export", *base, "--out", str(out)], [next(iter(SYSTEMS[name].lists)), *base]]


def test_a_wrong_password_is_refused(
    name: str,
    sim: Simulator,
    base: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Code 3 and the reason, after one try: an account is easily locked; the secret is not shown."""
    monkeypatch.setenv(SECRET, WRONG)
    told = []
    for command in commands(name, base, tmp_path / "out"):
        assert app.run(command) == exits.REFUSED
        said = capsys.readouterr()
        assert WRONG not in said.out + said.err
        told.append(said)
        if command[0] == "check":
            assert len(sim.log) == 1
    [row] = [json.loads(line) for line in told[0].out.splitlines()]
    assert (row["check"], row["ok"]) == ("sign-in", False)
    assert row["detail"].startswith("AuthError: ")
    results = {row["resource"]: row for row in map(json.loads, told[1].out.splitlines())}
    assert results.keys() == sim.held(name).keys()
    assert {row["state"] for row in results.values()} == {"failed"}
    assert all(error.startswith("AuthError: ") for row in results.values() for error in row["errors"])
    assert told[2].err.startswith("Error: ")
    assert "refused" in told[2].err


def test_where_nobody_answers_the_code_is_4(name: str, configure: Configure, tmp_path: Path) -> None:
    """For each command alike."""
    base = ["--profile", "noc", "--config", configure(base_url=NOWHERE)]
    for command in commands(name, base, tmp_path / "out"):
        assert app.run(command) == exits.UNREACHABLE


@pytest.mark.parametrize("wrong", ["unset", "written out", "alone"])
def test_a_wrong_profile_is_refused(
    name: str,
    sim: Simulator,
    configure: Configure,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    wrong: str,
) -> None:
    """Code 2, before anything is sent: a secret that is not there, one in the file, one without its user."""
    config, system = Path(configure()), SYSTEMS[name]
    content = config.read_text()
    if wrong == "unset":
        monkeypatch.delenv(SECRET)
        message = f"{system.secret}: the environment variable {SECRET} is not set"
    elif wrong == "written out":
        config.write_text(content.replace(f'{{ env = "{SECRET}" }}', f'"{WRONG}"'))
        message = f"{system.secret} is a secret written out"
    else:
        config.write_text(re.sub(f"^{system.user} = .*$", "", content, flags=re.MULTILINE))
        message = system.user
    for command in commands(name, ["--profile", "noc", "--config", str(config)], tmp_path / "out"):
        assert app.run(command) == exits.USAGE
        said = capsys.readouterr()
        assert message in said.out + said.err
        assert "profile 'noc'" in said.out + said.err
        assert WRONG not in said.out + said.err
    assert len(sim.log) == 0


def test_export_of_all_resources(
    name: str, sim: Simulator, base: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the server holds, each row once; done again, it asks for nothing."""
    command = ["export", *base, "--out", str(tmp_path / "out")]
    wanted = held(sim, name)
    assert all(wanted.values())
    rows = printed(capsys, command)
    assert {row["resource"]: row["rows"] for row in rows} == {each: ids.total() for each, ids in wanted.items()}
    assert {row["state"] for row in rows} == {"complete"}
    assert exported(tmp_path / "out/noc", name) == wanted
    sim.clear_log()
    assert app.run(command) == exits.FINE
    assert len(sim.log) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_export_goes_on_where_it_was_stopped(
    name: str, sim: Simulator, configure: Configure, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was read is kept, the rest is read by the same command, and nothing comes twice."""
    if name == "acsmonitor":
        sim.acsmonitor.rate_limit = None
    sim.faults = Faults(latency=0.05)
    # Until a time, so that Lastline has no empty months to look through.
    until = (sim.world.epoch + timedelta(hours=1)).isoformat()
    command = ["export", "--profile", "noc", "--config", configure(limits=FAST), "--out", str(tmp_path / "out")]
    command += ["--page-size", "20", "--until", until]
    with started(*command) as run:
        wait_for_pages(sim, 25, run)
        run.send_signal(signal.SIGTERM)
        out, error = run.communicate(timeout=20)
    assert run.returncode == exits.TERMINATED
    assert "the same command goes on from here" in error
    kept = {row["resource"]: row["rows"] for row in map(json.loads, out.splitlines())}
    wanted = held(sim, name)
    assert 0 < sum(kept.values()) < sum(ids.total() for ids in wanted.values())
    sim.faults = Faults()
    fetched = {row["resource"]: row["fetched"] for row in printed(capsys, command)}
    assert fetched == {each: ids.total() - kept[each] for each, ids in wanted.items()}
    assert exported(tmp_path / "out/noc", name) == wanted


@pytest.mark.parametrize("name", ["acsmonitor", "appfirst"], indirect=True)
def test_export_says_where_a_time_selects_nothing(
    name: str, sim: Simulator, base: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else one would take all rows for those of a day."""
    command = ["export", *base, "--resource", "users", "--out", str(tmp_path / "out")]
    assert app.run([*command, "--since", "2025-12-31T00:00:00Z"]) == exits.FINE
    said = capsys.readouterr()
    assert "noc: nothing of it can be selected by time, so all comes whole." in said.err
    assert json.loads(said.out)["rows"] == len(sim.held(name)["users"])
    assert app.run([*command, "--fresh"]) == exits.FINE
    assert "selected by time" not in capsys.readouterr().err


def test_a_bad_row_makes_an_export_partial(name: str, sim: Simulator, base: list[str], tmp_path: Path) -> None:
    """It is put aside, which is no success."""
    sim.faults = Faults.parse("bad-row=1")
    resource = next(iter(SYSTEMS[name].lists.values()))
    assert app.run(["export", *base, "--resource", resource, "--out", str(tmp_path)]) == exits.PARTIAL
    assert list(tmp_path.glob(f"noc/{resource}/*/*.bad.ndjson.gz"))


@pytest.mark.parametrize(("name", "command"), LISTS, indirect=["name"])
def test_lists(
    name: str, sim: Simulator, base: list[str], capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """All that the server has, as it sent it; or no more than --limit says."""
    rows = printed(capsys, [command, *base])
    assert listed(name, command, rows) == held(sim, name)[SYSTEMS[name].lists[command]]
    assert printed(capsys, [command, *base, "--limit", "2"]) == rows[:2]
    assert len(rows) > 2


HEADS = {
    ("acsmonitor", "alarms"): "id triggered at severity status current value monitor.name device.name",
    ("acsmonitor", "metrics"): ("id name type host status response time ms uptime percent 7d last checked at"),
    ("acsmonitor", "notification-methods"): "id name type",
    ("appfirst", "alarms"): "id type trigger type in incident active target name",
    ("appfirst", "notification-methods"): "id email",
    ("lastline", "metrics"): "metric",
}


@pytest.mark.parametrize(("name", "command"), HEADS, indirect=["name"])
def test_on_a_terminal_lists_are_tables(
    name: str,
    sim: Simulator,
    base: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    """Of the columns that tell most, with ids that can be copied."""
    on_a_terminal(monkeypatch)
    assert app.run([command, *base, "--limit", "3"]) == exits.FINE
    head, _, *rows = capsys.readouterr().out.strip().splitlines()
    assert head.split() == HEADS[name, command].split()
    assert len(rows) == 3
    ids = {str(id) for id in sim.held(name)[SYSTEMS[name].lists[command]]}
    assert {row.split()[0] for row in rows} <= ids


@pytest.mark.parametrize("name", ["lastline"], indirect=True)
def test_on_a_terminal_measurements_have_all_their_digits(
    sim: Simulator, base: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they were measured, whatever their size."""
    on_a_terminal(monkeypatch)
    appliance = next(iter(sim.lastline.appliances.values()))
    values = [0.001234, 81585296.248]
    times = [sim.world.epoch - timedelta(minutes=minutes) for minutes in (60, 30)]
    sim.lastline.add_samples(appliance, "gauge.new", zip(times, values, strict=True))
    assert app.run(["metrics", "gauge.new", *base, "--until", sim.world.epoch.isoformat()]) == exits.FINE
    head, _, *rows = capsys.readouterr().out.strip().splitlines()
    assert head.split() == ["time", "metric", "value", "width", "appliance", "uuid"]
    cells = [row.split() for row in rows]
    assert [row[-3] for row in cells] == ["0.001234", "81585296.248"]
    assert {(row[-2], row[-1]) for row in cells} == {("1800", appliance.uuid)}


@pytest.mark.parametrize("name", ["acsmonitor"], indirect=True)
def test_filters_of_acs_monitor(sim: Simulator, base: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Events by severity and status, monitors by type: each filter takes some away."""
    events = list(sim.acsmonitor.tables["alert_events"])
    critical = {row["id"] for row in events if row["severity"] == "critical"}
    both = {row["id"] for row in events if row["severity"] == "critical" and row["status"] == "open"}
    assert 0 < len(both) < len(critical) < len(events)
    where = ["--where", "severity=critical"]
    assert {row["id"] for row in printed(capsys, ["alarms", *base, *where])} == critical
    assert {row["id"] for row in printed(capsys, ["alarms", *base, *where, "--where", "status=open"])} == both
    monitors = list(sim.acsmonitor.tables["monitors"])
    pings = {row["id"] for row in monitors if row["type"] == "ping"}
    assert 0 < len(pings) < len(monitors)
    assert {row["id"] for row in printed(capsys, ["metrics", *base, "--where", "type=ping"])} == pings


@pytest.mark.parametrize("name", ["appfirst"], indirect=True)
def test_filters_of_appfirst(sim: Simulator, base: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Alerts on one thing, and none on a thing without any."""
    alerts = [alert for alert in sim.appfirst.alerts.listed if alert.type == "Polled Data"]
    target = alerts[0].target_id
    wanted = {alert.id for alert in alerts if alert.target_id == target}
    rows = printed(capsys, ["alarms", *base, "--where", f"polled_data_id={target}"])
    assert {row["id"] for row in rows} == wanted
    assert printed(capsys, ["alarms", *base, "--where", "polled_data_id=1"]) == []


@pytest.mark.parametrize("name", ["lastline"], indirect=True)
def test_filters_and_times_of_lastline(
    sim: Simulator, base: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Entries of an appliance, of a type, and those that begin from a time on and before another."""
    entries = list(sim.lastline.logs.values())
    one = entries[0].appliance
    rows = printed(capsys, ["logs", *base, "--where", f"appliance_uuids={one.uuid}"])
    assert {row["log_entry_uuid"] for row in rows} == {each.uuid for each in entries if each.appliance is one}
    rows = printed(capsys, ["logs", *base, "--where", f"appliance_type={one.type}"])
    of_type = {each.uuid for each in entries if each.appliance.type == one.type}
    assert {row["log_entry_uuid"] for row in rows} == of_type
    since, until = sim.world.epoch - timedelta(days=2), sim.world.epoch - timedelta(days=1)
    times = ["--since", since.isoformat(), "--until", until.isoformat()]
    rows = printed(capsys, ["logs", *base, *times])
    within = {each.uuid for each in entries if since.timestamp() <= each.start_time < until.timestamp()}
    assert {row["log_entry_uuid"] for row in rows} == within
    assert 0 < len(within) < len(of_type) < len(entries)


@pytest.mark.parametrize("name", ["lastline"], indirect=True)
def test_measurements_of_lastline(sim: Simulator, base: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Of the time given; else of the hour before --until, or before now."""
    appliances = sim.lastline.appliances
    metric = next(iter(next(iter(appliances.values())).metrics))
    until = sim.world.epoch - timedelta(hours=1)
    for since, buckets in ((until - timedelta(hours=3), 6), (None, 2)):
        times = ["--until", until.isoformat(), *(["--since", since.isoformat()] if since else [])]
        rows = printed(capsys, ["metrics", metric, *base, *times])
        assert {row["metric"] for row in rows} == {metric}
        found = Counter(row["appliance_uuid"] for row in rows)
        assert found == dict.fromkeys(appliances, buckets)
        first = min(datetime.fromisoformat(row["time"]) for row in rows)
        assert first == until - timedelta(minutes=30) * buckets
    one = next(iter(appliances))
    rows = printed(capsys, ["metrics", metric, *base, *times, "--where", f"appliance_uuids={one}"])
    assert {row["appliance_uuid"] for row in rows} == {one}
    now = datetime.now(UTC)
    values = [(now - timedelta(hours=3), 1.0), (now - timedelta(minutes=20), 2.5)]
    sim.lastline.add_samples(appliances[one], "gauge.new", values)
    [row] = printed(capsys, ["metrics", "gauge.new", *base])
    assert (row["appliance_uuid"], row["value"]) == (one, 2.5)


ACS_LISTS = "it lists alarms, metrics, notification-methods"
APPFIRST_LISTS = "it lists alarms, notification-methods"
LASTLINE_LISTS = "it lists metrics, measurements (metrics NAME), logs"
SINCE = ["--since", "2026-01-01T00:00:00Z"]
REFUSED: list[tuple[str, list[str], str]] = [
    ("acsmonitor", ["logs"], f"acsmonitor lists no logs; {ACS_LISTS}"),
    ("acsmonitor", ["metrics", "cpu"], f"acsmonitor lists no measurements (metrics NAME); {ACS_LISTS}"),
    ("acsmonitor", ["logs", "--send"], "acsmonitor takes no logs"),
    ("acsmonitor", ["alarms", *SINCE], "cannot select alert_events by time"),
    ("acsmonitor", ["alarms", "--where", "x=1"], "no filter x; there are: severity, status"),
    ("acsmonitor", ["metrics", "--where", "type="], "must not be empty"),
    ("appfirst", ["metrics"], f"appfirst lists no metrics; {APPFIRST_LISTS}"),
    ("appfirst", ["metrics", "cpu"], "appfirst lists no measurements"),
    (
        "appfirst",
        ["logs"],
        f"lists no logs: what it calls so is something else, which only export reads; {APPFIRST_LISTS}",
    ),
    ("appfirst", ["logs", "--send"], "appfirst takes no logs"),
    ("appfirst", ["alarms", *SINCE], "cannot select alerts by time"),
    ("appfirst", ["alarms", "--where", "active=true"], "no filter active; there are: application_id, log_id"),
    ("appfirst", ["alarms", "--where", "server_id=a"], "server_id must be a whole number, not 'a'"),
    ("appfirst", ["alarms", "--where", "server_id=1", "--where", "log_id=1"], "one of application_id, process_id"),
    ("appfirst", ["notification-methods", "--where", "id=1"], "no filter id; there are: none"),
    ("lastline", ["alarms"], f"lastline lists no alarms; {LASTLINE_LISTS}"),
    ("lastline", ["notification-methods"], f"lastline lists no notification-methods; {LASTLINE_LISTS}"),
    ("lastline", ["logs", "--send"], "lastline takes no logs"),
    ("lastline", ["metrics", *SINCE], "cannot select metrics by time"),
    ("lastline", ["logs", "--where", "appliance_type=TOASTER"], "must be one of SENSOR, MANAGER, ENGINE"),
    ("lastline", ["logs", "--where", "appliance_uuids=a"], "must be 32 hexadecimal digits"),
    ("lastline", ["logs", "--since", "2026-01-02T00:00:00Z", "--until", "2026-01-01T00:00:00Z"], "must be before"),
]


@pytest.mark.parametrize(("name", "arguments", "message"), REFUSED, indirect=["name"])
def test_what_cannot_be_done_is_refused(
    sim: Simulator,
    base: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    """Code 2, before anything is sent, with what there is; nothing that the API lacks is an empty list."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("a\n"))
    assert app.run([*arguments, *base]) == exits.USAGE
    said = capsys.readouterr()
    assert message in " ".join(said.err.split())
    assert said.out == ""
    assert len(sim.log) == 0


def test_all_three_side_by_side(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Profiles of one file go into folders of their own; what one cannot give does not keep the others' rows."""
    config, profiles = tmp_path / "tocsin.toml", [each for name in SYSTEMS for each in ("--profile", name)]
    with Simulator(list(SYSTEMS)) as sim:
        with config.open("a") as file:
            for name, system in SYSTEMS.items():
                endpoint, variable = sim.endpoints[name], f"SECRET_OF_{name}"
                monkeypatch.setenv(variable, WRONG if name == "appfirst" else endpoint[system.secret])
                settings = {key: endpoint[key] for key in ("base_url", system.user)}
                file.write(profile_text(name, name, settings, {system.secret: variable}))
        command = ["export", *profiles, "--config", str(config), "--out", str(tmp_path / "out")]
        command += ["--resource", "users", "--resource", "metrics", "--resource", "logs"]
        assert app.run(command) == exits.PARTIAL
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert {(row["profile"], row["resource"], row["state"], row["rows"]) for row in rows} == {
            ("acsmonitor", "users", "complete", len(sim.held("acsmonitor")["users"])),
            ("appfirst", "users", "failed", 0),
            ("appfirst", "logs", "failed", 0),
            ("lastline", "metrics", "complete", len(sim.held("lastline")["metrics"])),
            ("lastline", "logs", "complete", len(sim.held("lastline")["logs"])),
        }
        assert app.run(["check", "--config", str(config)]) == exits.PARTIAL
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert {row["profile"] for row in rows if not row["ok"]} == {"appfirst"}
        assert {row["profile"] for row in rows if row["ok"]} == {"acsmonitor", "lastline"}


def test_help_of_lists_tells_what_each_system_has(capsys: pytest.CaptureFixture[str]) -> None:
    """By the tables of the backends, with the filters; a system without such a list is not named."""
    assert app.run(["alarms", "--help"]) == exits.FINE
    said = " ".join(capsys.readouterr().out.split())
    assert "acsmonitor alert_events (--where severity, status)" in said
    assert "argus incidents (--since, --until, --where acked, open, stateful)" in said
    assert "lastline" not in said
    assert app.run(["metrics", "--help"]) == exits.FINE
    said = " ".join(capsys.readouterr().out.split())
    assert "acsmonitor monitors (--where group, status, type)" in said
    assert "with NAME measurements (--since, --until, --where dimensions)" in said
    assert "argus" not in said
    assert app.run(["logs", "--help"]) == exits.FINE
    assert "monasca takes them, with --send" in " ".join(capsys.readouterr().out.split())
