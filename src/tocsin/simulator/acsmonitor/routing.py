"""Paths and methods, and the checks that come before any operation."""

import re
from collections.abc import Iterable, Mapping

import attrs

from tocsin.simulator.acsmonitor.accounts import SUPER, Token
from tocsin.simulator.acsmonitor.request import Ask, no_route, refusal
from tocsin.simulator.acsmonitor.resources import Handler
from tocsin.simulator.acsmonitor.state import AcsMonitorState
from tocsin.simulator.web import Call, Refusal, Reply

ROOT = "/api/v1"
LOGIN = f"{ROOT}/auth/login"

_ADDRESS = "127.0.0.1"  # every client is on loopback
_REDIRECT = b'<!DOCTYPE html>\n<html><body>Redirecting to <a href="/login">login</a>.</body></html>\n'


@attrs.frozen
class Operation:
    """What one method does on one path.

    ``permission`` is the slug that it asks for; None asks for no more than a token, and ``public`` not for that.
    ``pages`` tells that it reads a page of a list.
    """

    handler: Handler
    permission: str | None = None
    public: bool = False
    pages: bool = False


@attrs.frozen
class Route:
    """One path below the root, and its operations by their methods."""

    pattern: re.Pattern[str]
    operations: Mapping[str, Operation]

    @classmethod
    def of(cls, path: str, **operations: Operation) -> "Route":
        """``path`` has ``{}`` for each of its variable parts."""
        return cls(re.compile(re.escape(path).replace(r"\{\}", "([^/]+)")), operations)

    @property
    def pages(self) -> bool:
        """Whether a GET reads a page of a list."""
        return "GET" in self.operations and self.operations["GET"].pages

    @property
    def allow(self) -> str:
        """The methods, as a 405 lists them."""
        return ", ".join(sorted({*self.operations, *(["HEAD"] if "GET" in self.operations else [])}))


def find(routes: Iterable[Route], path: str) -> tuple[Route, tuple[str, ...]] | None:
    """The route of a path, with the variable parts."""
    below = path.rstrip("/").removeprefix(f"{ROOT}/")
    if not path.startswith(f"{ROOT}/"):
        return None
    matches = ((route, route.pattern.fullmatch(below)) for route in routes)
    return next(((route, match.groups()) for route, match in matches if match), None)


@attrs.frozen
class _Caller:
    """Whose window a request counts in, and how many the window has room for."""

    key: str
    limit: int | None


def dispatch(routes: Iterable[Route], call: Call, state: AcsMonitorState) -> Reply:
    """Do what is asked for, and tell with it what is left of the rate limit."""
    state.settle()
    token = _token(call, state)
    caller = _caller(call, state, token)
    try:
        reply = _answer(routes, call, state, token, caller)
    except Refusal as refused:
        reply = refused.reply
    if caller.limit is None:
        return reply
    return attrs.evolve(
        reply, headers={**state.limiter.told(caller.key, caller.limit, state.now()), **reply.headers}
    )


def _token(call: Call, state: AcsMonitorState) -> Token | None:
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    return state.tokens.find(value.strip(), state.now()) if scheme.lower() == "bearer" else None


def _caller(call: Call, state: AcsMonitorState, token: Token | None) -> _Caller:
    if call.path.rstrip("/") == LOGIN:
        return _Caller(f"login {_ADDRESS}", state.login_rate_limit)
    if call.path.startswith(f"{ROOT}/webhook-ingest/"):
        return _Caller("", None)  # the limit is of "all authenticated endpoints"
    return _Caller(f"user {token.user_id}" if token else f"address {_ADDRESS}", state.rate_limit)


def _answer(
    routes: Iterable[Route], call: Call, state: AcsMonitorState, token: Token | None, caller: _Caller
) -> Reply:
    found = find(routes, call.path)
    if found is None:
        raise no_route(call)
    route, parts = found
    operation = route.operations.get("GET" if call.method == "HEAD" else call.method)
    if operation is None:
        if call.method == "OPTIONS":
            return Reply(headers={"Allow": route.allow})
        message = f"The {call.method} method is not supported for route {call.path.strip('/')}."
        raise refusal(405, f"{message} Supported methods: {route.allow}.", {"Allow": route.allow})
    user = state.tables["users"].get(token.user_id) if token else None
    if user is None and not operation.public:
        raise _unauthenticated(call)
    # As in stock Laravel, who is not signed in is refused before anything is counted.
    _count(state, caller)
    if operation.permission and user and not _may(state, str(user["role"]), operation.permission):
        raise refusal(403, "This action is unauthorized.")
    return operation.handler(Ask(call, state, token, user or {}, parts))


def _unauthenticated(call: Call) -> Refusal:
    """The 401; who does not say that it takes JSON is sent to the login page, as in stock Laravel."""
    if any(kind in call.headers.get("accept", "") for kind in ("/json", "+json")):
        return refusal(401, "Unauthenticated.")
    headers = {"Location": f"{call.origin}/login", "Content-Type": "text/html; charset=utf-8"}
    return Refusal(Reply(_REDIRECT, 302, headers))


def _count(state: AcsMonitorState, caller: _Caller) -> None:
    limit, now = caller.limit, state.now()
    if limit is None or state.limiter.take(caller.key, limit, state.rate_window, now):
        return
    headers = state.limiter.told_refused(caller.key, now)
    message = "Too Many Attempts."
    if state.plain_429:
        headers["Content-Type"] = "text/html; charset=utf-8"
        raise Refusal(Reply(message.encode(), 429, headers))
    raise refusal(429, message, headers)


def _may(state: AcsMonitorState, role: str, permission: str) -> bool:
    return role == SUPER or permission in state.permissions.get(role, ())
