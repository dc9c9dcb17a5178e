"""Paths and methods, and the checks that come before any operation."""

import re
from collections.abc import Callable, Iterable, Mapping

import attrs

from tocsin.simulator.keystone.refusals import CHALLENGE, challenge
from tocsin.simulator.monasca.request import Ask, not_found, refusal
from tocsin.simulator.monasca.state import MonascaState
from tocsin.simulator.web import Call, Refusal, Reply

Handler = Callable[[Ask], Reply]


@attrs.frozen
class Route:
    """One path, a regular expression whose groups are the variable parts, and its operations."""

    pattern: re.Pattern[str]
    handlers: Mapping[str, Handler]

    @classmethod
    def of(cls, pattern: str, **handlers: Handler) -> "Route":
        """``pattern`` is below the root; the operations are named by their methods."""
        return cls(re.compile(pattern), handlers)

    @property
    def allow(self) -> str:
        """The methods, as a 405 lists them."""
        return ", ".join([*sorted(self.handlers), "OPTIONS"])


def unauthorized(call: Call) -> Refusal:
    """The 401 of the middleware before Monasca, for a token that is missing or no longer good."""
    message = "The request you have made requires authentication."
    body = {"error": {"code": 401, "title": "Unauthorized", "message": message}}
    return Refusal(Reply(body, 401, {CHALLENGE: challenge(call)}))


def dispatch(routes: Iterable[Route], call: Call, state: MonascaState) -> Reply:
    """Find out who asks, then what for; raises Refusal."""
    token = state.keystone.find(call.headers.get("x-auth-token", ""))
    if token is None:
        raise unauthorized(call)
    path = call.path.rstrip("/") or "/"
    for route in routes:
        found = route.pattern.fullmatch(path)
        if not found:
            continue
        if call.method == "OPTIONS":
            allow = ", ".join(sorted(route.handlers))
            return Reply(headers={"Allow": allow, "Content-Type": "application/json"})
        handler = route.handlers.get(call.method)
        if handler is None:
            raise refusal(405, "405 Method Not Allowed", Allow=route.allow)
        return handler(Ask(call, state, token, tuple(part for part in found.groups() if part is not None)))
    raise not_found()
