"""What the measured loops share."""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

#: What a loop prints: what it did, and what that took.
Figures = dict[str, float]
Loop = Callable[..., Awaitable[Figures]]


class Meter:
    """CPU and wall time from its making, or its last start, on."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin to count."""
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def stop(self, pages: int, rows: int) -> Figures:
        """What was counted."""
        cpu, wall = time.process_time() - self.cpu, time.perf_counter() - self.wall
        return {"pages": pages, "rows": rows, "cpu": cpu, "wall": wall}


class Growth:
    """Memory from `start` on: traced, at its peak, and resident; in MB."""

    def __init__(self) -> None:
        tracemalloc.start()
        self.traced = self.resident = 0

    def start(self) -> None:
        """Begin to count."""
        self.resident = _resident()
        self.traced = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()

    def stop(self, rows: int) -> Figures:
        """What was counted."""
        resident = _resident() - self.resident
        now, peak = tracemalloc.get_traced_memory()
        return {
            "rows": rows,
            "growth": (now - self.traced) / 1e6,
            "peak_growth": (peak - self.traced) / 1e6,
            "rss_growth": resident / 1e6,
        }


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


def run_loop(loops: Mapping[str, Loop]) -> None:
    """Run the loop that the command line names, on the JSON object of standard input; print its figures."""
    task: dict[str, Any] = json.load(sys.stdin)

    async def measure() -> Figures:
        return await loops[sys.argv[1]](**task)

    json.dump(asyncio.run(measure()), sys.stdout)
