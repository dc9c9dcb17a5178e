"""A Monasca client whose server is a function."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus

import httpx
from tests.backends.argus.server import EAGER, Server as _Server

from tocsin.monasca.client import MonascaClient

BASE = "http://monasca.test/v2.0"
TOKEN = "0123456789abcdef"


def elements(*rows: object, next: str | None = None) -> httpx.Response:
    """One page of the current dialect."""
    links = [{"rel": "self", "href": BASE}]
    if next is not None:
        links.append({"rel": "next", "href": f"{BASE}/elsewhere?{next}"})
    return httpx.Response(200, json={"links": links, "elements": rows})


class Server(_Server):
    """Answers each request with the next of its answers, the last one again and again; keeps the requests."""

    @property
    def seen(self) -> list[str]:
        """The requests' methods and paths, with the queries as they are meant."""
        return [_shown(each) for each in self.requests]

    @property
    def sent(self) -> list[tuple[str, Any]]:
        """The requests as `seen` has them, each with the JSON that it carried, or None."""
        return [(_shown(each), json.loads(each.content) if each.content else None) for each in self.requests]

    def monasca(self, **options: Any) -> MonascaClient:
        """A client of it."""
        return MonascaClient(BASE, token=TOKEN, transport=self.transport, **{"retry": EAGER, **options})


def _shown(request: httpx.Request) -> str:
    query = request.url.query.decode()
    return f"{request.method} {request.url.path.removeprefix('/v2.0')}{'?' if query else ''}{unquote_plus(query)}"
