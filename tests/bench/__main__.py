"""Print the benchmarks as a table, ratios first: ``python -m tests.bench [stub] [imports] [memory] [real]``.

The compared loops take turns (A B A B …), each in a process of its own, against one stub server in another. The
figures are client CPU unless said; a ratio is the median of the ratios of the turns.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.servers.official import time_official

ROUNDS = 5
LOADED = (
    "import sys; from tocsin import ArgusClient; "
    "print([name for name in ('httpx', 'aiohttp', 'httpcore') if name in sys.modules])"
)
PAGES = 600


@contextmanager
def stub(pages: int) -> Iterator[str]:
    """The stub server; gives the API's base URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.stub", str(pages)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/api/v2"
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def run(name: str, url: str, count: int = 0) -> dict[str, float]:
    """One loop in its own process."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.clients", name, url, str(count)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    result: dict[str, float] = json.loads(done.stdout)
    return result


def line(what: str, ratio: str, aim: str, detail: str) -> None:
    """One line of the table."""
    print(f"{ratio:>9}  {aim:<10} {what:<62} {detail}", flush=True)


def per_page(result: dict[str, float]) -> float:
    """Microseconds of CPU a page (or call)."""
    return result["cpu"] / result["pages"] * 1e6


def pair(ours: str, theirs: str, url: str, count: int = 0) -> tuple[float, float, float]:
    """Ratio, and each side's microseconds; all medians over the turns."""
    turns = [(per_page(run(ours, url, count)), per_page(run(theirs, url, count))) for _ in range(ROUNDS)]
    return median([a / b for a, b in turns]), median([a for a, _ in turns]), median([b for _, b in turns])


def bench_stub() -> None:
    """CPU a page and a call."""
    with stub(PAGES) as url:
        for ours, theirs, aim in (("tocsin-aiohttp", "aiohttp", "<= 1.1"), ("tocsin-httpx", "httpx", "< 1.0")):
            ratio, a, b = pair(ours, theirs, url)
            what = f"list typed incidents, 100 a page: {ours} / hand-written {theirs}"
            line(what, f"{ratio:.2f}x", aim, f"{a:.0f} / {b:.0f} us CPU a page")
        for mode in ("sync", "async"):
            official = median(
                [time_official(url, "benchmark", mode, 100).cpu_seconds / PAGES * 1e6 for _ in range(3)]
            )
            ours_cpu = median([per_page(run("tocsin-aiohttp", url)) for _ in range(3)])
            what = f"the same: official client ({mode}) / tocsin-aiohttp"
            line(what, f"{official / ours_cpu:.0f}x", ">= 35", f"{official:.0f} / {ours_cpu:.0f} us CPU a page")
        ratio, a, b = pair("flight-64", "flight-8", url, 12_800)
        line(
            "one incident by id, aiohttp wire: 64 in flight / 8 in flight",
            f"{ratio:.2f}x",
            "<= 1.15",
            f"{a:.0f} / {b:.0f} us CPU a call",
        )


def bench_memory() -> None:
    """Growth over a million rows."""
    with stub(10_000) as url:
        result = run("memory", url)
    line(
        f"memory: growth over {result['rows']:,.0f} rows, after the first 10,000",
        f"{result['growth']:.2f}MB",
        "< 5 MB",
        f"traced, at its peak {result['peak_growth']:.2f} MB; RSS {result['rss_growth']:.2f} MB",
    )


def bench_imports() -> None:
    """Milliseconds over a bare interpreter."""

    # With compiled modules kept, as everywhere but in some containers.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def start(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, env=environment)
        return (time.perf_counter() - began) * 1e3

    for code, aim in (("import tocsin", "<= 30 ms"), ("from tocsin import ArgusClient", "<= 100 ms")):
        start(code)
        turns = [(start(code), start("pass")) for _ in range(15)]
        line(code, f"{median([a - b for a, b in turns]):.0f}ms", aim, "wall, over a bare interpreter")
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            LOADED,
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    line("HTTP libraries that `from tocsin import ArgusClient` loads", loaded, "[]", "")


def bench_real() -> None:
    """Export of 20,000 incidents from a real server against the official client's listing."""
    from tests.servers.argus import RealArgus

    with RealArgus() as argus, tempfile.TemporaryDirectory() as folder:
        argus.load_incidents(20_000)
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
            sync, asynchronous = (
                time_official(argus.base_url, argus.tokens["admin"], mode) for mode in ("sync", "async")
            )
            assert sync.rows == asynchronous.rows == 20_000
            turns.append((ours, sync.wall_seconds, asynchronous.wall_seconds))
    ours, sync_wall, async_wall = (median(column) for column in zip(*turns, strict=True))
    for mode, theirs in (("sync", sync_wall), ("async", async_wall)):
        what = f"real Argus, 20,000 incidents: official client lists ({mode}) / tocsin export"
        line(
            what,
            f"{theirs / ours:.1f}x",
            ">= 2",
            f"{theirs:.1f} / {ours:.1f} s wall; ours {20_000 / ours:.0f} rows/s",
        )


PARTS = {"imports": bench_imports, "stub": bench_stub, "memory": bench_memory, "real": bench_real}


def main(names: list[str]) -> None:
    """Run the parts that were asked for, or all."""
    print(f"{'ratio':>9}  {'aim':<10} what")
    for name in names or list(PARTS):
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
