"""The examples of AppFirst and Lastline, against the simulator."""

from __future__ import annotations

import csv
import io
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests.examples.running import EXAMPLES, run

from tocsin.simulator import Simulator

SIGNED = {"CALLBACK_USER": "appfirst", "CALLBACK_PASSWORD": "callback-password"}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A simulated AppFirst, and a simulated Lastline."""
    with Simulator(["appfirst", "lastline"]) as servers:
        yield servers


@contextmanager
def receiver() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The example that receives calls, at its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, EXAMPLES / "appfirst_receiver.py", str(port)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **SIGNED},
    )
    try:
        url = f"http://127.0.0.1:{port}/"
        while True:
            assert process.poll() is None, "it ended"
            try:
                httpx.get(url)
                break
            except httpx.ConnectError:
                continue
        yield url, process
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def test_subscribe_and_receive(simulator: Simulator) -> None:
    """The alerts of one server call the receiver, which prints each call; what is not signed is refused."""
    state, endpoint = simulator.appfirst, simulator.endpoints["appfirst"]
    server = next(iter(state.servers))
    alerts = [alert for alert in state.alerts if (alert.type, str(alert.target_id)) == ("Server", str(server.id))]
    assert alerts
    with receiver() as (url, process):
        for _ in range(2):
            printed = run(
                "appfirst_subscribe",
                server.hostname,
                url,
                APPFIRST_BASE_URL=endpoint["base_url"],
                APPFIRST_EMAIL=endpoint["email"],
                APPFIRST_API_KEY=endpoint["api_key"],
                **SIGNED,
            )
            assert sorted(printed.splitlines()) == sorted(f"{alert.name} calls {url}" for alert in alerts)
        assert sum(seen.method == "PUT" for seen in simulator.log) == len(alerts)
        history = state.trigger(alerts[0].id)
        state.resolve(alerts[0].id)
        calls = state.callbacks[-2:]
        assert {call.url for call in calls} == {url}
        for call in calls:
            assert httpx.post(url, content=call.body).status_code == 401
            answer = httpx.request(call.method, call.url, content=call.body, headers=call.headers)
            assert answer.status_code == 204
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in calls]
    assert lines == [
        f"alert {alerts[0].id} {status}, history {history.id}" for status in ("TRIGGERED", "RESOLVED")
    ]


def test_counts(simulator: Simulator) -> None:
    """Rates times their widths are what was counted on each day and appliance."""
    endpoint, state = simulator.endpoints["lastline"], simulator.lastline
    appliance = state.add_appliance("mail-1")
    state.data_from, state.data_until = datetime(2025, 12, 20, tzinfo=UTC), datetime(2025, 12, 23, tzinfo=UTC)
    state.add_metric(appliance, "counter.mails", lambda at: 2.0 if at.day == 20 else 0.5)
    printed = run(
        "lastline_counts",
        "counter.mails",
        "2025-12-20",
        "2025-12-22",
        LASTLINE_URL=endpoint["base_url"],
        LASTLINE_USERNAME=endpoint["username"],
        LASTLINE_PASSWORD=endpoint["password"],
    )
    header, *rows = csv.reader(io.StringIO(printed))
    assert header == ["day", "appliance", "counter.mails"]
    day = timedelta(days=1).total_seconds()
    assert Counter({(when, who): int(count) for when, who, count in rows}) == Counter(
        {
            ("2025-12-20", appliance.uuid): int(2 * day),
            ("2025-12-21", appliance.uuid): int(day / 2),
            ("2025-12-22", appliance.uuid): int(day / 2),
        }
    )
