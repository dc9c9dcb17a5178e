"""The client that Argus itself publishes (argus-api-client 0.8.0, imported as pyargus), timed as a peer."""

import json
import subprocess
from typing import Literal

import attrs
from tests.servers.installs import HERE, virtual_environment
from tests.servers.processes import ServerError, server_environment


@attrs.frozen
class OfficialRun:
    """What one listing of all incidents took, without the start of the interpreter and its imports."""

    rows: int
    wall_seconds: float
    cpu_seconds: float
    """User and system time of the client's process."""


def time_official(
    base_url: str,
    token: str,
    mode: Literal["sync", "async"] = "sync",
    page_size: int | None = None,
    *,
    seconds: float = 1800,
) -> OfficialRun:
    """List every incident with the official client, in a process of its own, and say what that took.

    `base_url` ends in /api/v2. Without `page_size` the server gives its 100 rows a page. ServerError if
    the client fails, subprocess.TimeoutExpired if it takes over `seconds`.
    """
    task = {"base_url": base_url, "token": token, "mode": mode, "page_size": page_size}
    done = subprocess.run(
        [virtual_environment("official") / "python", HERE / "official_script.py"],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=seconds,
        env=server_environment(),
        check=False,
    )
    if done.returncode != 0:
        raise ServerError(f"the official client failed:\n{done.stderr}")
    return OfficialRun(**json.loads(done.stdout))
