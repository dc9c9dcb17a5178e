"""Benchmarks of the Argus client: lists and single calls from a stub server, and exports from a real one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import Literal

from tests.bench.table import line, memory_line, pair, per_page, run, stub
from tests.servers.argus import RealArgus
from tests.servers.official import time_official

LOOPS = "tests.bench.argus_loops"
STUB = "tests.bench.argus_stub"
PAGES = 600
REAL_INCIDENTS = 20_000
MODES: tuple[Literal["sync", "async"], ...] = ("sync", "async")


def bench_stub() -> None:
    """CPU a page and a call."""
    with stub(STUB, PAGES) as root:
        url = f"{root}/api/v2"

        def ours(transport: str) -> float:
            return per_page(run(LOOPS, "tocsin", url=url, transport=transport))

        def by_hand(library: str) -> float:
            return per_page(run(LOOPS, library, url=url))

        for library, aim in (("aiohttp", "<= 1.1"), ("httpx", "< 1.0")):
            taken = pair(partial(ours, library), partial(by_hand, library))
            line(
                f"list typed incidents, 100 a page: tocsin-{library} / hand-written {library}",
                f"{taken.ratio:.2f}x",
                aim,
                f"{taken.ours:.0f} / {taken.theirs:.0f} us CPU a page",
            )
        for mode in MODES:
            official = median(
                [time_official(url, "benchmark", mode, 100).cpu_seconds / PAGES * 1e6 for _ in range(3)]
            )
            own = median([ours("aiohttp") for _ in range(3)])
            what = f"the same: official client ({mode}) / tocsin-aiohttp"
            line(what, f"{official / own:.0f}x", ">= 35", f"{official:.0f} / {own:.0f} us CPU a page")

        def calls(width: int) -> float:
            return per_page(run(LOOPS, "in_flight", url=url, count=12_800, transport="aiohttp", width=width))

        taken = pair(partial(calls, 64), partial(calls, 8))
        line(
            "one incident by id, aiohttp wire: 64 in flight / 8 in flight",
            f"{taken.ratio:.2f}x",
            "<= 1.15",
            f"{taken.ours:.0f} / {taken.theirs:.0f} us CPU a call",
        )


def bench_memory() -> None:
    """Growth over a million rows."""
    with stub(STUB, 10_000) as root:
        memory_line(run(LOOPS, "memory", url=f"{root}/api/v2"), "incidents", 10_000)


def bench_real() -> None:
    """Export of incidents from a real server against the official client's listing."""
    with RealArgus() as argus, tempfile.TemporaryDirectory() as folder:
        argus.load_incidents(REAL_INCIDENTS)
        config = Path(folder) / "tocsin.toml"
        config.write_text(
            f'[profiles.real]\nbackend = "argus"\nbase_url = "{argus.base_url}"\n'
            'token = { env = "BENCH_TOKEN" }\n'
        )
        turns: list[tuple[float, float, float]] = []
        for number in range(2):
            began = time.perf_counter()
            subprocess.run(
                [
                    *(sys.executable, "-m", "tocsin.cli", "export", "--config", str(config), "--profile", "real"),
                    *("--resource", "incidents", "--out", f"{folder}/{number}"),
                ],
                check=True,
                capture_output=True,
                env={"BENCH_TOKEN": argus.tokens["admin"], "PATH": "/usr/bin:/bin"},
            )
            ours = time.perf_counter() - began
            sync, asynchronous = (time_official(argus.base_url, argus.tokens["admin"], mode) for mode in MODES)
            assert sync.rows == asynchronous.rows == REAL_INCIDENTS
            turns.append((ours, sync.wall_seconds, asynchronous.wall_seconds))
    ours, *theirs = (median(column) for column in zip(*turns, strict=True))
    for mode, wall in zip(MODES, theirs, strict=True):
        line(
            f"real Argus, {REAL_INCIDENTS:,} incidents: official client lists ({mode}) / tocsin export",
            f"{wall / ours:.1f}x",
            ">= 2",
            f"{wall:.1f} / {ours:.1f} s wall; ours {REAL_INCIDENTS / ours:.0f} rows/s",
        )
