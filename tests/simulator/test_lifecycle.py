"""Starting and stopping the simulator, its log, and what it may import."""

import ast
import asyncio
import builtins
import importlib
import json
import socket
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

import tocsin.simulator
from tocsin.simulator import BACKENDS, Simulator

PACKAGE = Path(tocsin.simulator.__file__).parent


def test_stops_cleanly() -> None:
    """After the block nobody listens, no thread is left, and there are no endpoints."""
    before = threading.active_count()
    with Simulator(["argus"], scale=0) as sim:
        url = httpx.URL(sim.endpoints["argus"]["base_url"])
        client = httpx.Client()
        assert client.get(url.copy_with(path="/api/")).status_code == 200
    assert sim.endpoints == {}
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((url.host, url.port or 0))
    client.close()


def test_stops_among_requests_under_way() -> None:
    """A reply that is still to come does not hold the end up for long."""
    with Simulator(["argus"], scale=0, faults="latency=30") as sim:
        url = httpx.URL(sim.endpoints["argus"]["base_url"])
        with socket.create_connection((url.host, url.port or 0)) as waiting:
            waiting.sendall(b"GET /api/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            began = time.monotonic()
            sim.__exit__(None, None, None)
            assert time.monotonic() - began < 15


def test_ignores_half_a_request(sim: Simulator, http: httpx.Client) -> None:
    """A request whose body breaks off is not handled."""
    url = httpx.URL(sim.endpoints["argus"]["base_url"])
    with socket.create_connection((url.host, url.port or 0)) as cut:
        head = "POST /api/v2/auth/token/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n"
        token = f"Authorization: Token {sim.endpoints['argus']['token']}\r\n\r\n"
        cut.sendall(f"{head}{token}{{".encode())
    assert http.get("/auth/user/").status_code == 200
    assert [seen.path for seen in sim.log] == ["/api/v2/auth/user/"]
    assert sim.argus.refreshes == 0


def test_starts_again_on_its_port() -> None:
    """A fixed port is free again at once, and a taken one is an OSError."""
    with Simulator(["argus"], scale=0) as sim:
        port = httpx.URL(sim.endpoints["argus"]["base_url"]).port or 0
    with Simulator(["argus"], scale=0, port=port) as sim:
        assert httpx.URL(sim.endpoints["argus"]["base_url"]).port == port
        with pytest.raises(OSError, match=f"in use.*127.0.0.1:{port}"), Simulator(["argus"], scale=0, port=port):
            pass


def test_serves_inside_a_running_loop() -> None:
    """It works within a coroutine: it has a loop of its own."""

    async def main() -> int:
        with Simulator(["argus"], scale=0) as sim:
            endpoint = sim.endpoints["argus"]
            headers = {"Authorization": f"Token {endpoint['token']}"}
            async with httpx.AsyncClient(headers=headers) as client:
                return (await client.get(f"{endpoint['base_url']}/incidents/")).status_code

    assert asyncio.run(main()) == 200


def test_unknown_backend() -> None:
    """A backend that does not exist is refused, and the message lists those that do."""
    for backends in (["nagios"], []):
        with pytest.raises(ValueError, match="argus"):
            Simulator(backends)
    assert "argus" in BACKENDS


def test_world_is_presented() -> None:
    """Every alarm of the world is an incident, with the world's severity, ends and acknowledgements."""
    with Simulator(["argus"]) as sim:
        endpoint = sim.endpoints["argus"]
        headers = {"Authorization": f"Token {endpoint['token']}"}
        page = httpx.get(f"{endpoint['base_url']}/incidents/", params={"page_size": 1000}, headers=headers).json()
    rows = {row["source_incident_id"]: row for row in page["results"]}
    alarms = sim.world.alarms
    assert set(rows) == {alarm.id for alarm in alarms}
    for alarm in alarms:
        row = rows[alarm.id]
        assert row["open"] is alarm.open
        assert row["stateful"] is not alarm.stateless
        assert row["acked"] is (alarm.acknowledged_at is not None)
        assert f"host={alarm.host.name}" in [tag["tag"] for tag in row["tags"]]


def test_log(sim: Simulator, http: httpx.Client) -> None:
    """The log has what the server saw, in order, with credentials and body."""
    http.get("/incidents/", params={"open": "true"})
    http.post("/incidents/source-types/", json={"name": "seen"})
    first, second = sim.log
    assert (first.backend, first.method, first.path) == ("argus", "GET", "/api/v2/incidents/")
    assert (first.query, first.status, first.body) == ("open=true", 200, b"")
    assert first.headers["authorization"] == f"Token {sim.endpoints['argus']['token']}"
    assert (second.status, json.loads(second.body)) == (201, {"name": "seen"})
    assert first.when <= second.when
    sim.clear_log()
    assert len(sim.log) == 0


def test_imports_nothing_of_tocsin_but_itself() -> None:
    """No module of the simulator imports the clients: a misreading would agree with itself."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, path
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                own = name.startswith("tocsin.simulator")
                assert own or name.partition(".")[0] != "tocsin", f"{path} imports {name}"


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_says_which_extra_is_missing(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Without its libraries, importing the simulator says how to install them."""
    real = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name.partition(".")[0] == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *args, **kwargs)  # type: ignore[arg-type] # passed on as it came

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(sys.modules, "tocsin.simulator")
    with pytest.raises(ImportError, match=r'pip install "tocsin\[simulator\]"'):
        importlib.import_module("tocsin.simulator")
