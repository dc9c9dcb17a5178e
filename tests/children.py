"""Python programs that tests run in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys


def printed_by(program: str) -> str:
    """What a program prints, without coverage, which starts in child processes and loads much before them."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout
