"""A client whose server is a function, and models of the API's own behaviour."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
from tests.backends.scripted import Answer, ScriptedServer

from tocsin.lastline import LastlineClient
from tocsin.options import RetryPolicy

BASE = "https://user.lastline.test/papi"
USERNAME = "alice@example.org"
PASSWORD = "a-secret-of-alice"
#: Retries at once.
EAGER = RetryPolicy(base=0, cap=0)
HALF_HOUR = 1800
UUID = "287a0715712a405abbdc42d826f81fb4"
OTHER = "64360bd07ca044038e7e7a829bd646dd"


def good(data: object, **headers: str) -> httpx.Response:
    """An answer that succeeded."""
    return httpx.Response(200, json={"success": 1, "data": data}, headers=headers)


def bad(code: int | None = None, error: str | None = None, status: int = 200, **headers: str) -> httpx.Response:
    """One that failed."""
    body: dict[str, Any] = {"success": 0}
    body |= {"error_code": code} if code is not None else {}
    body |= {"error": error} if error is not None else {}
    return httpx.Response(
        status, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


def at(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def seconds(text: str) -> int:
    """A time of a query, in seconds since 1970."""
    return int(at(text).timestamp())


def spelled(second: int) -> str:
    """A time as replies have it."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


class Server(ScriptedServer):
    """Lets everybody sign in; answers other requests with the next of its answers, the last again and again."""

    def __init__(self, *answers: Answer, login: Answer | None = None) -> None:
        super().__init__(*answers)
        self._login = login
        self.logins: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/papi/login":
            return super().__call__(request)
        self.logins.append(request)
        session = f"PHPSESSID=session-{len(self.logins)}; path=/; HttpOnly"
        return self._said(self._login or good("true", **{"set-cookie": session}), request)

    def _said(self, answer: Answer, request: httpx.Request) -> httpx.Response:
        """A copy, for one that is given again and again."""
        said = super()._said(answer, request)
        return httpx.Response(said.status_code, headers=said.headers, content=said.content)

    @property
    def seen(self) -> list[str]:
        """The requests' methods and paths, but for sign-ins."""
        return [f"{each.method} {each.url.path.removeprefix('/papi')}" for each in self.requests]

    @property
    def query(self) -> dict[str, str]:
        """What the last request asked."""
        return dict(self.requests[-1].url.params)

    @property
    def cookies(self) -> list[str | None]:
        """What each request was signed with."""
        return [each.headers.get("cookie") for each in self.requests]

    def client(self, **options: Any) -> LastlineClient:
        """A client of it."""
        if "api_key" not in options:
            options = {"username": USERNAME, "password": PASSWORD, **options}
        base_url = options.pop("base_url", BASE)
        return LastlineClient(base_url, transport=self.transport, **{"retry": EAGER, **options})
