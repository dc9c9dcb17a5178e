"""How figures are taken and printed.

The compared loops take turns (A B A B …), each in a process of its own. Figures are client CPU unless said; a
ratio is the median of the ratios of the turns.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from statistics import median

import attrs
from tests.bench.meter import Figures

ROUNDS = 5


@contextmanager
def stub(module: str, pages: int) -> Generator[str]:
    """A stub server, in a process of its own; gives its root."""
    process = subprocess.Popen([sys.executable, "-m", module, str(pages)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def run(module: str, loop: str, **task: object) -> Figures:
    """One loop of a module in its own process; see `tests.bench.meter.run_loop`."""
    done = subprocess.run(
        [sys.executable, "-m", module, loop],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{loop} failed:\n{done.stderr}")
    result: Figures = json.loads(done.stdout)
    return result


def per_page(result: Figures) -> float:
    """Microseconds of CPU a page (or call)."""
    return result["cpu"] / result["pages"] * 1e6


@attrs.frozen
class Pair:
    """Two figures that were taken in turns, and their ratio; each a median over the turns."""

    ratio: float
    ours: float
    theirs: float

    @classmethod
    def of(cls, turns: list[tuple[float, float]]) -> Pair:
        """The medians."""
        return cls(
            median([ours / theirs for ours, theirs in turns]),
            median([ours for ours, _ in turns]),
            median([theirs for _, theirs in turns]),
        )


def pair(ours: Callable[[], float], theirs: Callable[[], float], rounds: int = ROUNDS) -> Pair:
    """Take both figures in turns."""
    return Pair.of([(ours(), theirs()) for _ in range(rounds)])


def head() -> None:
    """What stands above the table."""
    print(f"{'ratio':>9}  {'aim':<10} what")


def line(what: str, ratio: str, aim: str, detail: str) -> None:
    """One line of the table."""
    print(f"{ratio:>9}  {aim:<10} {what:<62} {detail}", flush=True)


def memory_line(result: Figures, rows: str, first: int) -> None:
    """What a `Growth` said."""
    line(
        f"memory: growth over {result['rows']:,.0f} {rows}, after the first {first:,}",
        f"{result['growth']:.2f}MB",
        "< 5 MB",
        f"traced, at its peak {result['peak_growth']:.2f} MB; RSS {result['rss_growth']:.2f} MB",
    )
