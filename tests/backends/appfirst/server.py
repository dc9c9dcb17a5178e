"""A client whose server is a function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx
from tests.backends.scripted import ScriptedServer

from tocsin.appfirst import AppFirstClient
from tocsin.options import RetryPolicy

BASE = "http://appfirst.test/api"
EMAIL = "owner@example.org"
API_KEY = "0123456789-a-key"
#: Retries at once.
EAGER = RetryPolicy(base=0, cap=0)

ALERT: Mapping[str, Any] = {
    "id": 609777,
    "name": "High CPU on e6bf3f881d3b",
    "type": "Server",
    "target": "e6bf3f881d3b",
    "target_id": 265792,
    "trigger_type": "CPU",
    "trigger": "CPU above 75.00 % for 3 min",
    "threshold": 75.0,
    "active": True,
    "users": [{"id": 1, "sendemail": True}],
    "subscribers": None,
    "url": "/api/v5/alerts/609777/",
}


def page(*rows: object, count: int | None = None, next: str | None = None) -> httpx.Response:
    """One page; unless told otherwise, of all that there is."""
    pagination = {"count": len(rows) if count is None else count, "next": next, "previous": None}
    return httpx.Response(200, json={"pagination": pagination, "data": rows})


class Server(ScriptedServer):
    """See `ScriptedServer`."""

    @property
    def seen(self) -> list[str]:
        """The requests' methods and targets."""
        return [f"{each.method} {each.url.raw_path.decode().removeprefix('/api')}" for each in self.requests]

    @property
    def form(self) -> dict[str, str]:
        """What the last request carried."""
        request = self.requests[-1]
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        pairs = parse_qsl(request.content.decode("ascii"), keep_blank_values=True, strict_parsing=True)
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    def sent(self, name: str) -> Any:
        """One value of the last form that is JSON text."""
        return json.loads(self.form[name])

    def client(self, **options: Any) -> AppFirstClient:
        """A client of it."""
        options = {"email": EMAIL, "api_key": API_KEY, "retry": EAGER, **options}
        base_url = options.pop("base_url", BASE)
        return AppFirstClient(base_url, transport=self.transport, **options)
