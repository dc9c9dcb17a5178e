"""The client that Monasca itself publishes (python-monascaclient 2.8.0), timed as a peer."""

import json
import subprocess
from typing import Any

import attrs
from tests.servers.installs import HERE, virtual_environment
from tests.servers.monasca import RealMonasca
from tests.servers.official import OfficialRun
from tests.servers.processes import ServerError, server_environment


@attrs.frozen
class Series:
    """Measurements of one metric, `count` of them, `step_ms` apart from `start_ms` on (epoch)."""

    name: str
    dimensions: dict[str, str]
    start_ms: int
    count: int
    step_ms: int = 1000


def time_listing(
    server: RealMonasca, series: Series, *, limit: int = 10_000, user: str = "demo", seconds: float = 1800
) -> OfficialRun:
    """List the measurements with the official client, the offset passed on by hand as it has no paging.

    `limit` is the rows a page, at most 10,000. What is timed includes the sign-in. ServerError if the client
    fails, subprocess.TimeoutExpired if it takes over `seconds`.
    """
    return _run(server, "list_measurements", user, seconds, series=attrs.asdict(series), limit=limit)


def time_creating(
    server: RealMonasca, series: Series, *, batch: int = 5_000, user: str = "demo", seconds: float = 1800
) -> OfficialRun:
    """Create the measurements with the official client, `batch` of them a request."""
    return _run(server, "create_metrics", user, seconds, series=attrs.asdict(series), batch=batch)


def run_script(script: str, task: object, *, seconds: float = 1800) -> Any:
    """Run the file `script` in tests/servers with the official client installed; what it prints, from JSON.

    It reads `task` as JSON from its standard input.
    """
    done = subprocess.run(
        [virtual_environment("monascaclient") / "python", HERE / script],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=seconds,
        env=server_environment(),
        check=False,
    )
    if done.returncode != 0:
        raise ServerError(f"the official client failed:\n{done.stderr}")
    return json.loads(done.stdout)


def _run(server: RealMonasca, call: str, user: str, seconds: float, **arguments: object) -> OfficialRun:
    who = server.users[user]
    access = {
        "endpoint": server.base_url,
        "auth_url": server.keystone_url,
        "username": who.name,
        "password": who.password,
        "project_name": who.project,
        "user_domain_name": server.domain,
        "project_domain_name": server.domain,
    }
    task = {"call": call, "access": access, "arguments": arguments}
    return OfficialRun(**run_script("official_monasca_script.py", task, seconds=seconds))
