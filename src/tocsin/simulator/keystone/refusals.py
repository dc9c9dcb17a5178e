"""Keystone's errors, each as it words them."""

from tocsin.simulator.frame import Json
from tocsin.simulator.web import Call, Refusal, Reply

CHALLENGE = "WWW-Authenticate"
_MALFORMED = (
    "Expecting to find {} in {}. The server could not comply with the request since it is either malformed "
    "or otherwise incorrect. The client is assumed to be in error."
)


def challenge(call: Call) -> str:
    """What a 401 says of where to sign in."""
    return f'Keystone uri="{call.origin}/identity/v3"'


def refuse(call: Call, status: int, title: str, message: str, **more: Json) -> Refusal:
    """Any error; a 401 names the place to sign in."""
    headers = {CHALLENGE: challenge(call)} if status == 401 else {}
    return Refusal(Reply({"error": {"code": status, **more, "message": message, "title": title}}, status, headers))


def unauthorized(call: Call) -> Refusal:
    """The 401 that does not say what was wrong."""
    return refuse(call, 401, "Unauthorized", "The request you have made requires authentication.")


def malformed(call: Call, what: str, where: str) -> Refusal:
    """The 400 for a body that lacks something."""
    return refuse(call, 400, "Bad Request", _MALFORMED.format(what, where))


def forbidden(call: Call, reason: str = "") -> Refusal:
    """The 403."""
    message = "You are not authorized to perform the requested action"
    return refuse(call, 403, "Forbidden", f"{message}: {reason}." if reason else f"{message}.")


def not_found(call: Call, message: str) -> Refusal:
    """The 404."""
    return refuse(call, 404, "Not Found", message)


def conflict(call: Call, message: str) -> Refusal:
    """The 409."""
    return refuse(call, 409, "Conflict", f"Conflict occurred attempting to store {message}")
