"""What importing costs, and what it loads."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median

from tests.bench.table import line

CLIENTS = ("AcsMonitorClient", "AppFirstClient", "ArgusClient", "LastlineClient", "MonascaClient")
HEAVY = ("httpx", "httpcore", "aiohttp", "lark")
#: With compiled modules kept, as everywhere but in some containers.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def bench_imports() -> None:
    """Milliseconds over a bare interpreter."""
    clients = [f"from tocsin import {client}" for client in CLIENTS]
    for code, aim in (("import tocsin", "<= 30 ms"), *[(code, "<= 100 ms") for code in clients]):
        _start(code)
        turns = [(_start(code), _start("pass")) for _ in range(15)]
        line(code, f"{median([a - b for a, b in turns]):.0f}ms", aim, "wall, over a bare interpreter")
    for code in clients:
        line(f"of {', '.join(HEAVY)}, `{code}` loads", _loaded(code), "[]", "")


def _start(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=ENVIRONMENT)
    return (time.perf_counter() - began) * 1e3


def _loaded(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print([name for name in {HEAVY} if name in sys.modules])"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
