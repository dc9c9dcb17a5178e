"""Commands as processes: stopped by signals, killed at any moment, and read by pipes that close."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.cli.processes import TOCSIN, started, wait_for_pages
from tests.export.disk import files, pks

from tocsin.cli import exits
from tocsin.cli.backends import backend
from tocsin.simulator import Faults, Simulator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_simulate_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    """One line of JSON, then requests are answered; stopping it is no failure."""
    with started("simulate", "--backend", "argus", "--scale", "0", "--json") as run:
        assert run.stdout is not None
        endpoint = json.loads(run.stdout.readline())["argus"]
        headers = {"Authorization": f"Token {endpoint['token']}"}
        answer = httpx.get(f"{endpoint['base_url']}/incidents/", headers=headers)
        assert answer.json()["results"] == []
        run.send_signal(number)
        out, error = run.communicate(timeout=20)
    assert (run.returncode, out, error) == (exits.FINE, "", "")


#: What the line of JSON has at least, by system.
KEYS = {
    "argus": {"base_url", "token"},
    "monasca": {"base_url", "keystone_url", "username", "password", "project"},
    "acsmonitor": {"base_url", "email", "password"},
    "appfirst": {"base_url", "email", "api_key"},
    "lastline": {"base_url", "username", "password"},
}


def test_simulate_tells_what_clients_need() -> None:
    """All systems at once, each on a port of its own; what is told is enough for a client."""
    with started("simulate", "--scale", "0", "--json") as run:
        assert run.stdout is not None
        endpoints: dict[str, dict[str, str]] = json.loads(run.stdout.readline())
    assert {name: KEYS[name] & endpoint.keys() for name, endpoint in endpoints.items()} == KEYS
    addresses = {name: backend(name).at(endpoint).address for name, endpoint in endpoints.items()}
    assert len({urlsplit(address).port for address in addresses.values()}) == len(KEYS)


@pytest.fixture
def command(sim: Simulator, config: str, tmp_path: Path) -> list[str]:
    """An export that takes a while: a page is a row in a hundred, and each answer is late."""
    sim.faults = Faults(latency=0.02)
    pages = ["--page-size", "20", "--resource", "incidents", "--resource", "events"]
    return ["export", "--config", config, "--profile", "noc", "--out", str(tmp_path / "out"), *pages]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, exits.INTERRUPTED), (signal.SIGTERM, exits.TERMINATED)]
)
def test_export_stops_cleanly(
    sim: Simulator, command: list[str], tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """It says so, ends with the signal's code, keeps with receipts what it read, and goes on from there."""
    with started(*command) as run:
        wait_for_pages(sim, 60, run)
        run.send_signal(number)
        out, error = run.communicate(timeout=20)
    assert run.returncode == code
    assert "the same command goes on from here" in error
    assert "Traceback" not in error
    kept = {row["resource"]: row["rows"] for row in map(json.loads, out.splitlines())}
    assert 0 < kept["incidents"] < 1200
    assert kept["incidents"] == len(pks(tmp_path / "out/noc/incidents"))
    assert not [name for name in files(tmp_path) if name.endswith(".tmp")]
    done = subprocess.run([*TOCSIN, *command], capture_output=True, text=True, check=True)
    fetched = {row["resource"]: row["fetched"] for row in map(json.loads, done.stdout.splitlines())}
    assert fetched["incidents"] == 1200 - kept["incidents"]
    assert pks(tmp_path / "out/noc/incidents") == sim.argus.incident_pks


@pytest.mark.parametrize("seed", range(2))
def test_killed_again_and_again_it_exports_each_row_once(
    sim: Simulator, command: list[str], tmp_path: Path, seed: int
) -> None:
    """Killed without warning, or stopped, after any number of requests, and started again until it is done."""
    chance = random.Random(seed)
    sim.faults = Faults.parse("latency=0.005,drop-after=0.01,truncate=0.01")
    config = Path(command[command.index("--config") + 1])
    config.write_text(config.read_text().replace("attempts = 1", "attempts = 9, base = 0.001"))
    stopped = 0
    while True:
        with started(*command) as run:
            wait_for_pages(sim, chance.randint(1, 90), run)
            run.send_signal(chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
            run.communicate(timeout=20)
        if run.returncode == exits.FINE:
            break
        assert run.returncode in {-signal.SIGKILL, -signal.SIGTERM, exits.TERMINATED}  # -15: just at its end
        stopped += 1
        if stopped == 8:
            subprocess.run([*TOCSIN, *command], check=True, stdout=subprocess.DEVNULL)
            break
    assert stopped
    assert pks(tmp_path / "out/noc/incidents") == sim.argus.incident_pks
    assert pks(tmp_path / "out/noc/events") == sim.argus.event_pks


def test_a_pipe_that_closes_is_no_traceback(config: str) -> None:
    """`tocsin check | head -0` ends quietly."""
    with started("check", "--config", config) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        error = run.stderr.read()
        run.wait(timeout=20)
    assert error == ""
    assert run.returncode == exits.PIPE
