"""A client whose server is a function."""

from __future__ import annotations

from typing import Any

import httpx
from tests.backends.scripted import ScriptedServer

from tocsin.argus import ArgusClient
from tocsin.options import RetryPolicy

BASE = "http://argus.test/api/v2"
TOKEN = "0123456789abcdef"
#: Retries at once.
EAGER = RetryPolicy(base=0, cap=0)

INCIDENT = {
    "pk": 7,
    "start_time": "2026-11-23T05:00:00+01:00",
    "end_time": "infinity",
    "source": {"pk": 2, "name": "lab", "type": {"name": "nms"}, "user": 4, "base_url": "http://nms.test/"},
    "source_incident_id": "s-1",
    "details_url": "http://nms.test/a/1",
    "description": "link down",
    "level": 2,
    "ticket_url": "",
    "metadata": {"k": [1, 2]},
    "tags": [{"added_by": 4, "added_time": "2026-11-23T05:40:57.385727+01:00", "tag": "host=a.example"}],
    "stateful": True,
    "open": True,
    "acked": False,
}
EVENT = {
    "pk": 14,
    "incident": 7,
    "actor": {"pk": 4, "username": "lab"},
    "timestamp": "2026-11-23T05:30:00+01:00",
    "received": "2026-11-23T05:41:01.244000+01:00",
    "type": {"value": "END", "display": "Incident end"},
    "description": "done",
}
_TWICE = """duplicate key value violates unique constraint "incident_unique_source_incident_id_per_source"
DETAIL:  Key (source_incident_id, source_id)=(s-1, 2) already exists."""
#: The body of the refusal of a second incident of one id.
DUPLICATE = [_TWICE]


def page(*rows: object) -> httpx.Response:
    """One page, and no more."""
    return httpx.Response(200, json={"next": None, "previous": None, "results": rows})


class Server(ScriptedServer):
    """See `ScriptedServer`."""

    @property
    def seen(self) -> list[str]:
        """The requests' methods and paths."""
        return [f"{each.method} {each.url.path.removeprefix('/api/v2')}" for each in self.requests]

    def client(self, **options: Any) -> ArgusClient:
        """A client of it."""
        if "username" not in options:
            options = {"token": TOKEN, **options}
        base_url = options.pop("base_url", BASE)
        return ArgusClient(base_url, transport=self.transport, **{"retry": EAGER, **options})
