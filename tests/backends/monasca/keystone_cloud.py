"""A Keystone and a Monasca in one function; what they answer has the shapes of the recorded replies."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from anyio.lowlevel import checkpoint
from tests.backends.argus.server import EAGER
from tests.transport.fakes import FakeClock

from tocsin import KeystonePassword, MonascaClient

AUTH_URL = "http://keystone.test/v3"
BASE = "http://monasca.test/v2.0"
PASSWORD = "the-secret-of-demo"
UNAUTHORIZED = {
    "error": {
        "code": 401,
        "title": "Unauthorized",
        "message": "The request you have made requires authentication.",
    }
}
FORBIDDEN = {"title": "Forbidden", "description": "The request does not have access to this service"}

Handler = Callable[[httpx.Request], httpx.Response]


def endpoint(url: str = BASE, interface: str = "public", region: str | None = "RegionOne") -> dict[str, Any]:
    """An endpoint in a catalog."""
    return {"id": "e1", "url": url, "interface": interface, "region": region, "region_id": region}


def catalog(*endpoints: dict[str, Any]) -> list[dict[str, Any]]:
    """A catalog with these endpoints of Monasca; by default the usual one."""
    identity = {"type": "identity", "name": "keystone", "endpoints": [endpoint(AUTH_URL)]}
    return [identity, {"type": "monitoring", "name": "monasca", "endpoints": list(endpoints) or [endpoint()]}]


def password(**changes: Any) -> KeystonePassword:
    """The identity of demo."""
    scope = {"username": "demo", "project_name": "demo"}
    return KeystonePassword(changes.pop("auth_url", AUTH_URL), **{"password": PASSWORD, **scope, **changes})


class Cloud:
    """Gives tokens to all who ask, and lets those in who have one.

    Args:
        life: seconds that a token lives.
        refusal: what Keystone answers instead of a token.
        monasca: what Monasca answers to those who are let in.
    """

    def __init__(
        self,
        *,
        life: float = 3600,
        services: list[dict[str, Any]] | None = None,
        refusal: httpx.Response | Exception | None = None,
        monasca: Handler = lambda _: httpx.Response(200, json={"links": [], "elements": []}),
    ) -> None:
        self.clock = FakeClock()
        self.life = life
        self.services = catalog() if services is None else services
        self.refusal = refusal
        self.monasca = monasca
        #: How a token that has ended is refused when it is to be revoked, and whether revoking fails.
        self.unknown, self.failing = 401, False
        self.requests: list[httpx.Request] = []
        #: The good tokens, and when each ends.
        self.tokens: dict[str, datetime] = {}

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """The answer, before which others may run."""
        await checkpoint()
        self.requests.append(request)
        if not request.url.path.endswith("/auth/tokens"):
            good = self.tokens.get(request.headers.get("x-auth-token", ""))
            if (good is None or good <= self.clock.now()) and not request.url.path.endswith("/healthcheck"):
                return httpx.Response(401, json=UNAUTHORIZED)
            return self.monasca(request)
        return self._issue(request) if request.method == "POST" else self._revoke(request)

    def _issue(self, request: httpx.Request) -> httpx.Response:
        if isinstance(self.refusal, Exception):
            raise self.refusal
        if self.refusal is not None:
            return self.refusal
        now = self.clock.now()
        token = f"token-number-{len(self.sign_ins)}"
        self.tokens[token] = now + timedelta(seconds=self.life)
        said: dict[str, Any] = {
            "methods": ["password"],
            "issued_at": _text(now),
            "expires_at": _text(self.tokens[token]),
        }
        if "nocatalog" not in request.url.params:
            said["catalog"] = self.services
        return httpx.Response(201, json={"token": said}, headers={"x-subject-token": token})

    def _revoke(self, request: httpx.Request) -> httpx.Response:
        if self.failing:
            return httpx.Response(500)
        if request.headers["x-auth-token"] not in self.tokens:
            return httpx.Response(self.unknown, json=UNAUTHORIZED)
        del self.tokens[request.headers["x-subject-token"]]
        return httpx.Response(204)

    @property
    def seen(self) -> list[str]:
        """The requests' methods and URLs, without queries."""
        return [f"{each.method} {each.url.copy_with(query=None)}" for each in self.requests]

    @property
    def sign_ins(self) -> list[Any]:
        """What each sign-in said below "auth"."""
        posted = [each for each in self.requests if each.method == "POST" and "/auth/tokens" in each.url.path]
        return [json.loads(each.content)["auth"] for each in posted]

    @property
    def calls(self) -> list[httpx.Request]:
        """The requests that Monasca had."""
        return [each for each in self.requests if "/auth/tokens" not in each.url.path]

    def client(self, base_url: str | None = None, **options: Any) -> MonascaClient:
        """A client of it."""
        if "token" not in options:
            options.setdefault("auth", password())
        transport = httpx.MockTransport(self.answer)
        return MonascaClient(base_url, transport=transport, **{"retry": EAGER, "clock": self.clock, **options})


def _text(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
