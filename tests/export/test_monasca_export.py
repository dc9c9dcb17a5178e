"""Exports from a Monasca: stopped at any moment and gone on with, each row is there once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from tests.cli.monasca_config import PASSWORD, write_config
from tests.cli.test_signals import TOCSIN, started, wait_for_pages
from tests.export.monasca_rows import exported, held

from tocsin import MonascaClient
from tocsin.export import Bounds, Export, Progress, Source
from tocsin.monasca import KeystonePassword
from tocsin.monasca.describe import RESOURCES
from tocsin.simulator import Faults, Simulator

CURRENT = tuple(RESOURCES)
OF_2014 = tuple(name for name in CURRENT if name != "alarm_definitions")


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A Monasca whose series have 24 measurements each, and one of them 500."""
    with Simulator(["monasca"]) as running:
        start = running.world.epoch - timedelta(hours=9)
        rows = [(start + timedelta(seconds=number), float(number)) for number in range(500)]
        running.monasca.add_measurements("Disk.ReadOps", {"host": "a b", "device": "sda"}, rows)
        yield running


def client(sim: Simulator) -> MonascaClient:
    """A client of it."""
    endpoint = sim.endpoints["monasca"]
    auth = KeystonePassword(
        endpoint["keystone_url"], username="demo", password=endpoint["password"], project_name="demo"
    )
    return MonascaClient(endpoint["base_url"], auth=auth, dialect=sim.monasca.dialect)


@pytest.mark.anyio
@pytest.mark.parametrize("windows", [1, 3, 64])
async def test_every_part_ends(sim: Simulator, tmp_path: Path, windows: int) -> None:
    """Also parts of the metrics that none of them is in are complete; done again, nothing is asked for."""
    async with client(sim) as api:
        source = Source("cloud", api, [RESOURCES["measurements"]])
        [result] = await Export([source], tmp_path, windows=windows).run()
        assert (result.complete, result.partitions, result.rows) == (True, windows, 240 * 24 + 500)
        sim.clear_log()
        [result] = await Export([source], tmp_path, windows=windows).run()
    assert (result.already, result.fetched, len(sim.log)) == (True, 0, 0)
    assert exported(tmp_path / "cloud")["measurements"] == held(sim)["measurements"]


@pytest.mark.anyio
@pytest.mark.parametrize("pages", [1, 7, 60])
async def test_a_cancelled_export_goes_on(sim: Simulator, tmp_path: Path, pages: int) -> None:
    """What was read stays, and is not read again."""
    read = 0
    bounds = Bounds(rows=100)
    async with client(sim) as api:
        source = Source("cloud", api, [RESOURCES["measurements"]])
        scope = anyio.CancelScope()

        def stop(progress: Progress) -> None:
            nonlocal read
            read += progress.rows > 0
            if read == pages:
                scope.cancel()

        job = Export([source], tmp_path, windows=2, page_size=10, bounds=bounds, on_progress=stop)
        with scope:
            await job.run()
        assert scope.cancelled_caught
        [stopped] = job.results()
        assert 0 < stopped.rows < 240 * 24
        [result] = await Export([source], tmp_path, windows=2, page_size=10, bounds=bounds).run()
    assert (result.complete, result.fetched) == (True, 240 * 24 + 500 - stopped.rows)
    assert exported(tmp_path / "cloud")["measurements"] == held(sim)["measurements"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("dialect", ["current", "2014"])
@pytest.mark.parametrize("seed", range(2))
def test_killed_again_and_again_it_exports_each_row_once(
    sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: str, seed: int
) -> None:
    """Killed without warning, or stopped, after any number of requests, and started again until it is done."""
    chance = random.Random(f"{dialect} {seed}")
    sim.monasca.dialect = dialect
    sim.faults = Faults.parse("latency=0.005,drop-after=0.01,truncate=0.01")
    endpoint = sim.endpoints["monasca"]
    monkeypatch.setenv(PASSWORD, endpoint["password"])
    who = {"auth_url": endpoint["keystone_url"], "username": "demo", "project_name": "demo", "dialect": "auto"}
    config = write_config(tmp_path, who, "{ attempts = 9, base = 0.001 }")
    command = ["export", "--config", config, "--profile", "cloud", "--out", str(tmp_path / "out")]
    command += ["--page-size", "20", "--windows", "3"]
    stopped = 0
    while True:
        with started(*command) as run:
            wait_for_pages(sim, chance.randint(1, 150 if dialect == "current" else 8), run)
            run.send_signal(chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
            run.communicate(timeout=20)
        if run.returncode == 0:
            break
        assert run.returncode in {-signal.SIGKILL, -signal.SIGTERM, 128 + signal.SIGTERM}
        stopped += 1
        if stopped == 5:
            subprocess.run([*TOCSIN, *command], check=True, stdout=subprocess.DEVNULL)
            break
    assert stopped
    wanted = {
        name: ids for name, ids in held(sim).items() if name in (CURRENT if dialect == "current" else OF_2014)
    }
    assert exported(tmp_path / "out/cloud") == wanted
    assert all(set(ids.values()) == {1} for ids in wanted.values())
