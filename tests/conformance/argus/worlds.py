"""The servers that the cases are put to: the simulator, and the real one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conformance.argus.lab import World

from tocsin.simulator import Simulator


@contextmanager
def simulated() -> Iterator[World]:
    """The simulator, with nothing in it but its users."""
    with Simulator(["argus"], scale=0) as simulator:
        state = simulator.argus
        state.clear()
        names = {"admin": "admin", "alice": "alice", "source": "nms-north", "source2": "nms-south"}
        tokens = {role: state.tokens[name] for role, name in names.items()}
        yield World(simulator.endpoints["argus"]["base_url"], names, tokens, state.passwords["alice"])


@contextmanager
def real() -> Iterator[World]:
    """A real server: one of our own, or the one that the environment names.

    TOCSIN_ARGUS_URL is its base URL, TOCSIN_ARGUS_TOKENS a JSON file of tokens by user name (admin, alice and
    two source systems of one type, the second named as the first with a "2" behind it), TOCSIN_ARGUS_PASSWORD is
    alice's password.
    """
    url = os.environ.get("TOCSIN_ARGUS_URL")
    if url is None:
        from tests.servers.argus import RealArgus

        names = {role: role for role in ("admin", "alice", "source", "source2")}
        with RealArgus() as server:
            yield World(server.base_url, names, dict(server.tokens), server.passwords["alice"])
        return
    found = json.loads(Path(os.environ["TOCSIN_ARGUS_TOKENS"]).read_text())
    source = next(name for name in found if f"{name}2" in found)
    names = {"admin": "admin", "alice": "alice", "source": source, "source2": f"{source}2"}
    tokens = {role: found[name] for role, name in names.items()}
    yield World(url, names, tokens, os.environ["TOCSIN_ARGUS_PASSWORD"], private=False)
