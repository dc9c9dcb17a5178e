"""Commands as processes of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tocsin.simulator import Simulator

TOCSIN = [sys.executable, "-m", "tocsin.cli"]


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command that runs until it is done, or the block is."""
    with subprocess.Popen([*TOCSIN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        try:
            yield run
        finally:
            run.kill()


def wait_for_pages(sim: Simulator, count: int, run: subprocess.Popen[str]) -> None:
    """Until the server has answered so many more requests, or the command has ended."""
    goal = len(sim.log) + count
    while len(sim.log) < goal and run.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            run.wait(0.005)
