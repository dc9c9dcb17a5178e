"""What commands print, where, and the codes they end with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Configure
from tests.cli.terminal import on_a_terminal
from tests.export.disk import pks

from tocsin.cli import app, exits, output
from tocsin.cli.app import run
from tocsin.cli.backends import backend
from tocsin.errors import AuthError, ConfigError, ForbiddenError, MaybeSentError, NotSentError
from tocsin.export import Progress
from tocsin.simulator import BACKENDS, Fault, Faults, Simulator

#: Nothing listens there.
NOWHERE = "http://127.0.0.1:1/api/v2"


def ndjson(text: str) -> list[dict[str, Any]]:
    """The rows that a command has printed into a pipe."""
    return [json.loads(line) for line in text.splitlines()]


def test_export_prints_a_row_for_each_resource(
    sim: Simulator, config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of the backend's resources arrive; stdout holds nothing but NDJSON."""
    out = tmp_path / "out"
    assert run(["export", "--config", config, "--profile", "noc", "--out", str(out)]) == exits.FINE
    rows = {row["resource"]: row for row in ndjson(capsys.readouterr().out)}
    assert {"incidents", "events", "sources", "user"} <= set(rows)
    assert all(row["profile"] == "noc" and row["state"] == "complete" for row in rows.values())
    assert rows["incidents"]["rows"] == rows["incidents"]["fetched"] == 1200
    assert pks(out / "noc/incidents") == sim.argus.incident_pks
    assert pks(out / "noc/events") == sim.argus.event_pks


def test_export_takes_resources_and_times(
    sim: Simulator, config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--resource` may be given again, `--since` and `--until` bound what has a time, and the rest comes whole."""
    times = ["--since", "2025-12-20T00:00:00Z", "--until", "2025-12-21T01:00:00+01:00"]
    names = ["--resource", "incidents", "--resource", "sources"]
    code = run(["export", "--config", config, "--profile", "noc", "--out", str(tmp_path), *names, *times])
    assert code == exits.FINE
    rows = {row["resource"]: row["rows"] for row in ndjson(capsys.readouterr().out)}
    day = [each for each in sim.world.alarms if each.started_at.isoformat().startswith("2025-12-20")]
    assert rows == {"incidents": len(day), "sources": 3}
    assert len(day) > 50


def test_export_of_several_profiles_is_partial_if_one_fails(
    sim: Simulator, configure: Configure, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the others gave is kept, and the errors stand beside."""
    endpoint = sim.endpoints["argus"]
    config = configure(
        good=(endpoint["base_url"], endpoint["token"]),
        bad=(endpoint["base_url"], "0" * 64),
        gone=(NOWHERE, endpoint["token"]),
    )
    profiles = ["--profile", "good", "--profile", "bad", "--profile", "gone"]
    command = ["export", "--config", config, *profiles, "--resource", "incidents", "--out", str(tmp_path)]
    assert run(command) == exits.PARTIAL
    said = capsys.readouterr()
    rows = {row["profile"]: row for row in ndjson(said.out)}
    assert {name: row["state"] for name, row in rows.items()} == {
        "good": "complete",
        "bad": "failed",
        "gone": "failed",
    }
    assert rows["bad"]["errors"][0].startswith("AuthError: ")
    assert rows["gone"]["errors"][0].startswith("NotSentError: ")
    assert endpoint["token"] not in said.out + said.err


@pytest.mark.parametrize(
    ("address", "token", "code"),
    [(None, "0" * 64, exits.REFUSED), (NOWHERE, "0" * 64, exits.UNREACHABLE)],
)
def test_when_nothing_could_be_done_the_code_says_why(
    sim: Simulator,
    configure: Configure,
    tmp_path: Path,
    address: str | None,
    token: str,
    code: int,
) -> None:
    """3 where signing in was refused, 4 where no server answered; for export and check alike."""
    config = configure(noc=(address or sim.endpoints["argus"]["base_url"], token))
    assert run(["export", "--config", config, "--profile", "noc", "--out", str(tmp_path)]) == code
    assert run(["check", "--config", config]) == code


def test_a_bad_row_makes_an_export_partial(sim: Simulator, config: str, tmp_path: Path) -> None:
    """It is no success to have put rows aside."""
    sim.faults = Faults(rates={Fault.BAD_ROW: 1})
    command = ["export", "--config", config, "--profile", "noc", "--resource", "events", "--out", str(tmp_path)]
    assert run(command) == exits.PARTIAL
    assert list(tmp_path.glob("noc/events/000/*.bad.ndjson.gz"))


def test_check_says_what_works(sim: Simulator, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The server's version, who one is, and each resource."""
    assert run(["check", "--config", config]) == exits.FINE
    rows = {row["check"]: row for row in ndjson(capsys.readouterr().out)}
    assert rows["server"]["detail"] == "Argus 2.10.2"
    assert rows["sign-in"]["detail"] == "as admin"
    assert rows["incidents"] == {"profile": "noc", "check": "incidents", "ok": True, "detail": "readable"}
    assert rows["destinations"]["detail"] == "readable, and empty"


def test_check_tells_the_broken_profile_from_the_good(
    sim: Simulator, configure: Configure, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile whose secret is missing does not keep the others from being checked."""
    endpoint = sim.endpoints["argus"]
    config = configure(
        good=(endpoint["base_url"], endpoint["token"]), bad=(endpoint["base_url"], endpoint["token"])
    )
    monkeypatch.delenv("TOKEN_OF_bad")
    assert run(["check", "--config", config]) == exits.PARTIAL
    rows = ndjson(capsys.readouterr().out)
    [bad] = [row for row in rows if row["profile"] == "bad"]
    assert bad["check"] == "configuration"
    assert "TOKEN_OF_bad is not set" in bad["detail"]
    assert all(row["ok"] for row in rows if row["profile"] == "good")


def test_check_takes_a_profile_once_and_asks_for_one_secret_at_a_time(
    sim: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two commands that ask for a passphrase are not run at once, nor one twice."""
    token = sim.endpoints["argus"]["token"]
    # Fails if another one is running.
    program = f"import os; os.mkdir('busy'); open('log', 'a').write('x'); os.rmdir('busy'); print('{token}')"
    shell = [sys.executable, "-c", f"import os; os.chdir({str(tmp_path)!r}); {program}"]
    config = tmp_path / "tocsin.toml"
    for name in "abcd":
        with config.open("a") as file:
            file.write(
                f'[profiles.{name}]\nbackend = "argus"\nbase_url = "{sim.endpoints["argus"]["base_url"]}"\n'
            )
            file.write(f"token = {{ command = {json.dumps(shell)} }}\n")
    names = [option for name in "abacd" for option in ("--profile", name)]
    assert run(["check", "--config", str(config), *names]) == exits.FINE
    signed_in = [row["profile"] for row in ndjson(capsys.readouterr().out) if row["check"] == "sign-in"]
    assert signed_in == ["a", "b", "c", "d"]
    assert (tmp_path / "log").read_text() == "xxxx"


def test_check_tells_a_configuration_that_fails_late_once(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    """What only the first request finds out is not said again for each thing to check."""
    config = configure(noc=("https://127.0.0.1:1/api/v2", "0" * 64))
    with Path(config).open("a") as file:
        file.write('verify = "not-there.pem"\n')
    assert run(["check", "--config", config]) == exits.USAGE
    [row] = ndjson(capsys.readouterr().out)
    assert "not-there.pem" in row["detail"]


def test_a_finished_export_says_that_it_read_nothing(
    sim: Simulator, config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An export is one snapshot: rows that came since need --fresh."""
    command = ["export", "--config", config, "--profile", "noc", "--resource", "incidents", "--out", str(tmp_path)]
    assert run(command) == exits.FINE
    assert "already complete" not in capsys.readouterr().err
    planned = json.loads((tmp_path / "noc/incidents/plan.json").read_bytes())["made"]
    sim.argus.add_incidents(1)
    assert run([*command, "--resource", "sources"]) == exits.FINE
    said = capsys.readouterr()
    assert "1 of 2 resources: already complete" in said.err
    assert f"(planned {planned[:19]}Z); --fresh reads again." in said.err
    assert run([*command, "--fresh"]) == exits.FINE
    said = capsys.readouterr()
    assert "already complete" not in said.err
    assert ndjson(said.out)[0]["rows"] == 1201


REFUSED = {
    "has no profile 'nac'; it has noc": ["--profile", "nac", "--out", "OUT"],
    "there is no resource incident; there are incidents, events": [
        *("--profile", "noc", "--resource", "incident", "--out", "OUT")
    ],
    "has no zone": ["--profile", "noc", "--out", "OUT", "--since", "2026-01-01T00:00:00"],
    "is no time": ["--profile", "noc", "--out", "OUT", "--since", "yesterday"],
    "must be before until": [
        *("--profile", "noc", "--out", "OUT"),
        *("--since", "2026-01-02T00:00:00Z", "--until", "2026-01-01T00:00:00Z"),
    ],
    "--out must be a folder": ["--profile", "noc", "--out", "s3://bucket/x"],
    "Missing option '--out'": ["--profile", "noc"],
    "Missing option '--profile'": ["--out", "OUT"],
    "No such option": ["--profile", "noc", "--out", "OUT", "--token", "x"],
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_be_done_is_refused(
    sim: Simulator, config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], message: str
) -> None:
    """Code 2, the reason on stderr without a traceback, and nothing sent or written."""
    arguments = [str(tmp_path / "out") if each == "OUT" else each for each in REFUSED[message]]
    assert run(["export", "--config", config, *arguments]) == exits.USAGE
    said = capsys.readouterr()
    assert message in said.err
    assert "Traceback" not in said.err
    assert said.out == ""
    assert len(sim.log) == 0
    assert not (tmp_path / "out").exists()


def test_debug_shows_the_traceback(config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of an error that else is one line."""
    command = ["export", "--config", config, "--profile", "nac", "--out", str(tmp_path / "out")]
    run(["--debug", *command])
    assert "Traceback" in capsys.readouterr().err


def test_demo_counts_what_arrived(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every resource is complete, and the files are where they should be."""
    assert run(["demo", "--out", str(tmp_path)]) == exits.FINE
    said = capsys.readouterr()
    rows = ndjson(said.out)
    assert {row["state"] for row in rows} == {"complete"}
    there = {(name, resource) for name in BACKENDS for resource in backend(name).resources}
    assert {(row["profile"], row["resource"]) for row in rows} == there
    assert all(row["rows"] == row["expected"] for row in rows)
    assert {row["resource"]: row["expected"] for row in rows}["incidents"] == 600
    assert len(pks(tmp_path / "argus/incidents")) == 600
    assert "Every row arrived." in said.err


def test_demo_leaves_a_folder_alone_that_is_not_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It would replace the real export of a profile that has the name of a backend."""
    (tmp_path / "out/argus/incidents").mkdir(parents=True)
    plan = tmp_path / "out/argus/incidents/plan.json"
    plan.write_text("real")
    assert run(["demo", "--out", str(tmp_path / "out")]) == exits.USAGE
    assert "is not empty" in capsys.readouterr().err
    assert plan.read_text() == "real"


def test_simulate_names_a_port_that_is_taken(sim: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """It is the command that is wrong: 2."""
    port = sim.endpoints["argus"]["base_url"].split(":")[2].split("/")[0]
    assert run(["simulate", "--port", port]) == exits.USAGE
    assert f"cannot listen on 127.0.0.1:{port}: " in capsys.readouterr().err


def test_demo_fails_when_a_row_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """A row that came malformed is missing in the files, whatever the export thinks of itself."""
    assert run(["demo", "--faults", "bad-row=1"]) == exits.PARTIAL
    said = capsys.readouterr()
    assert "incomplete" in {row["state"] for row in ndjson(said.out)}
    assert "Rows are missing." in said.err


def test_demo_and_simulate_refuse_unknown_faults(capsys: pytest.CaptureFixture[str]) -> None:
    """The error lists those that there are."""
    for command in ("demo", "simulate"):
        assert run([command, "--faults", "gremlins=1"]) == exits.USAGE
        assert "unknown fault 'gremlins'; allowed are" in capsys.readouterr().err


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command has help, and the group's tells the exit codes."""
    assert run(["--version"]) == exits.FINE
    assert capsys.readouterr().out.startswith("tocsin ")
    assert run(["--help"]) == exits.FINE
    said = capsys.readouterr().out
    assert "Exit codes: 0 all is well" in said
    for name in app.cli.list_commands(None):  # type: ignore[arg-type] # it takes no notice of the context
        assert name in said
        assert run([name, "--help"]) == exits.FINE
        assert "Usage: tocsin" in capsys.readouterr().out


def test_on_a_terminal_results_are_a_table(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With headings, and "yes" for true."""
    on_a_terminal(monkeypatch)
    assert run(["check", "--config", config]) == exits.FINE
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if "sign-in" in line] == [["noc", "sign-in", "yes", "as", "admin"]]
    assert any(line.split() == ["profile", "check", "ok", "detail"] for line in lines)


def progress(**values: Any) -> Progress:
    """Progress of a partition of incidents."""
    return Progress(**{"source": "noc", "resource": "incidents", "total": 600, "done": False, **values})


def test_progress_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no terminal, at most one line in five seconds, to stderr."""
    now = 0.0
    monkeypatch.setattr(output.time, "monotonic", lambda: now)
    with output.Display() as display:
        display(progress(partition="000", rows=100))
        assert capsys.readouterr().err == ""
        now = 5.0
        display(progress(partition="001", rows=50))
        assert capsys.readouterr().err == "noc/incidents 150 of 1,200 rows\n"
        now = 10.0
        display(progress(partition="000", rows=600, done=True))
        display(progress(partition="001", rows=601, done=True))
        assert capsys.readouterr().err == "noc/incidents 650 of 1,200 rows\n"
        now = 15.0
        display(progress(partition="001", rows=601, done=True))
        assert capsys.readouterr() == ("", "noc/incidents 1,201 rows (done)\n")
        now = 20.0
        display(progress(partition="001", rows=601, done=True))
        assert capsys.readouterr() == ("", "")
        now = 25.0
        display(progress(partition="001", rows=601, done=True))
        display(progress(resource="events", partition="000", rows=7, total=None))
        now = 30.0
        display(progress(resource="events", partition="000", rows=8, total=None))
        assert capsys.readouterr() == ("", "noc/events 8 rows\n")


def test_progress_is_a_bar_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On stderr, one for each resource."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with output.Display() as display:
        display(progress(partition="000", rows=600, done=True))
    said = capsys.readouterr()
    assert said.out == ""
    assert "noc/incidents" in said.err
    assert "600 rows" in said.err


def test_bars_that_are_done_make_room(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal with fewer lines than there are resources, those that move stay in sight."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for variable, value in {"TERM": "xterm", "COLUMNS": "80", "LINES": "4"}.items():
        monkeypatch.setenv(variable, value)
    with output.Display() as display:
        for number in range(3):
            display(progress(resource=f"done{number}", partition="000", rows=600, done=True))
        display(progress(resource="moving", partition="000", rows=1))
        capsys.readouterr()
    last = capsys.readouterr().err
    assert "noc/moving" in last
    assert "noc/done" not in last


OUTCOMES = {
    (True, True, ()): exits.FINE,
    (False, True, (AuthError("no"),)): exits.PARTIAL,
    (False, False, (AuthError("no"), ForbiddenError("no", status=403))): exits.REFUSED,
    (False, False, (NotSentError("no"), MaybeSentError("no"))): exits.UNREACHABLE,
    (False, False, (NotSentError("no"), AuthError("no"))): exits.PARTIAL,
    (False, False, (ConfigError("no"),)): exits.USAGE,
    (False, False, (OSError("no"),)): exits.PARTIAL,
}


@pytest.mark.parametrize("outcome", OUTCOMES, ids=str)
def test_exit_codes(outcome: tuple[bool, bool, tuple[Exception, ...]]) -> None:
    """The code follows from what worked, and from errors that agree."""
    fine, anything, errors = outcome
    assert exits.of_outcome(fine=fine, anything=anything, errors=errors) == OUTCOMES[outcome]


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_it_says_what_to_install(missing: str) -> None:
    """A plain sentence, no traceback."""
    program = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['tocsin']; import tocsin.cli as cli; cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert 'pip install "tocsin[cli]"' in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == exits.USAGE


def test_the_command_line_starts_light() -> None:
    """Neither an HTTP library nor rich nor an event loop is loaded to print the version."""
    program = (
        "import sys; from tocsin.cli.app import run; run(['--version']);"
        "print({'httpx', 'aiohttp', 'rich.console', 'asyncio', 'uvicorn'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
