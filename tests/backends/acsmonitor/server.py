"""A client whose server is a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
from tests.backends.scripted import ScriptedServer
from tests.transport.fakes import FakeClock

from tocsin.acsmonitor import AcsMonitorClient
from tocsin.options import RetryPolicy

ROOT = "https://monitoring.example.com"
API = f"{ROOT}/api/v1"
TOKEN = "1|abc123secret"
PASSWORD = "your-strong-password"
ACCOUNT = {"email": "api@example.com", "password": PASSWORD}
#: Retries at once.
EAGER = RetryPolicy(base=0, cap=0)

#: The vendor's typical things, with the comments and the trailing commas of Python taken out.
DEVICE = {
    "id": 42,
    "name": "core-switch-01",
    "ip_address": "10.0.0.1",
    "snmp_version": "2c",
    "device_type": "cisco_ios",
    "status": "up",
    "last_polled_at": "2026-04-22T10:14:33Z",
    "poll_interval_seconds": 60,
    "is_active": True,
    "device_group": {"id": 3, "name": "Core network", "color": "#3b82f6"},
}
MONITOR = {
    "id": 117,
    "name": "Public website",
    "type": "https",
    "host": "example.com",
    "port": 443,
    "status": "up",
    "response_time_ms": 142,
    "ssl_expiry_at": "2026-09-14T00:00:00Z",
    "uptime_percent_7d": 99.97,
    "uptime_percent_30d": 99.81,
    "consecutive_failures": 0,
    "last_checked_at": "2026-04-22T10:15:01Z",
    "config": {"method": "GET", "path": "/", "expected_status": 200, "ssl_verify": True},
}
EVENT = {
    "id": 9821,
    "severity": "critical",
    "status": "open",
    "triggered_at": "2026-04-22T09:55:12Z",
    "acknowledged_at": None,
    "resolved_at": None,
    "current_value": "down",
    "monitor": {"id": 117, "name": "Public website", "type": "https"},
    "device": None,
}


def says(body: object, status: int = 200, **headers: str) -> httpx.Response:
    """An answer of JSON."""
    return httpx.Response(
        status, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


def signed_in(token: str = TOKEN) -> httpx.Response:
    """The answer to a sign-in, as the API's overview has it."""
    return says({"token": token, "user": {"id": 1, "name": "Admin"}})


UNAUTHENTICATED = {"message": "Unauthenticated."}


def hybrid(request: httpx.Request, rows: Sequence[object], size: int, **more: object) -> dict[str, Any]:
    """A page in the vendor's own envelope: `links`, `meta` and a top-level `next_page_url`."""
    page = int(request.url.params.get("page", 1))
    last = max(1, -(-len(rows) // size))
    start = (page - 1) * size

    def link(number: int) -> str | None:
        return f"https://internal.lan{request.url.path}?page={number}" if 1 <= number <= last else None

    here = list(rows[start : start + size])
    meta = {"current_page": page, "from": start + 1, "to": start + len(here), "per_page": size, "total": len(rows)}
    links = {"first": link(1), "last": link(last), "prev": link(page - 1), "next": link(page + 1)}
    return {"data": here, "links": links, "meta": meta, "next_page_url": link(page + 1), **more}


def paged(
    rows: Sequence[object], *, cap: int = 1000, default: int = 50
) -> Callable[[httpx.Request], httpx.Response]:
    """A list in pages of as many rows as are asked for, `cap` at most."""

    def answer(request: httpx.Request) -> httpx.Response:
        return says(hybrid(request, rows, min(cap, int(request.url.params.get("per_page", default)))))

    return answer


def page(*rows: object) -> httpx.Response:
    """One page, and no more."""
    meta = {"current_page": 1, "from": 1, "to": len(rows), "per_page": 50, "total": len(rows)}
    return says({"data": rows, "links": {"next": None}, "meta": meta, "next_page_url": None})


class Server(ScriptedServer):
    """See `ScriptedServer`."""

    @property
    def seen(self) -> list[str]:
        """The requests' methods and paths, with what they ask for as it is written, but for the brackets."""
        return [
            f"{each.method} {each.url.raw_path.decode().removeprefix('/api/v1')}".replace("%5B", "[").replace(
                "%5D", "]"
            )
            for each in self.requests
        ]

    @property
    def signed(self) -> list[str | None]:
        """What each request was signed with."""
        return [each.headers.get("authorization") for each in self.requests]

    def client(self, base_url: str = ROOT, **options: Any) -> AcsMonitorClient:
        """A client of it, whose waits take no time."""
        if not options.keys() & {"email", "password", "token", "token_file"}:
            options["token"] = TOKEN
        settings: Mapping[str, Any] = {"retry": EAGER, "clock": FakeClock(), **options}
        return AcsMonitorClient(base_url, transport=self.transport, **settings)
