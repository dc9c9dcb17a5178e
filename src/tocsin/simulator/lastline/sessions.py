"""Signing in and out: by account or by licence, beforehand or in the same request."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

import attrs

from tocsin.simulator.lastline.envelope import PERMISSION_DENIED, Code, failure, success
from tocsin.simulator.lastline.state import LastlineState
from tocsin.simulator.web import Call, Refusal, Reply

COOKIE = "PHPSESSID"

_TEXTS = {
    Code.PERMISSION_DENIED: PERMISSION_DENIED,
    Code.CANNOT_SWITCH_TO_KEY: "Cannot switch to key",
    Code.NO_KEY_SELECTED: "No key selected",
    Code.AUTHENTICATION_ERROR: "Authentication error",
}


def denied(state: LastlineState, code: int | None, *, xml: bool) -> Refusal:
    """The refusal of who is not signed in, or may not do what he asks."""
    text = PERMISSION_DENIED if code is None else _TEXTS[Code(code)]
    return Refusal(failure(state, code, text, xml=xml, status=state.denial_status))


def session_cookie(call: Call) -> str | None:
    """The session that a request says it belongs to."""
    for part in call.headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return None


def with_headers(reply: Reply, headers: Mapping[str, str]) -> Reply:
    """The same reply with more headers."""
    return attrs.evolve(reply, headers={**reply.headers, **headers})


def setting(cookie: str) -> Mapping[str, str]:
    """The header that gives out a session."""
    return {"Set-Cookie": f"{COOKIE}={cookie}; path=/"}


def _fits(
    state: LastlineState, user: str | None, password: str | None, key: str | None, token: str | None
) -> bool:
    if user is not None and password is not None:
        return state.accounts.get(user) == password
    return (key, token) == (state.api_key, state.api_token)


def log_in(call: Call, state: LastlineState, *, xml: bool) -> Reply:
    """Begin a session; the credentials are form parameters.

    The vendor's clients of different years call the licence key ``api_key`` or ``key``.
    """
    form = dict(reversed(parse_qsl(call.body.decode("utf-8", "replace"))))
    user, password = form.get("username"), form.get("password")
    key, token = form.get("api_key", form.get("key")), form.get("api_token")
    if (user is None or password is None) and (key is None or token is None):
        text = "username and password, or api_key and api_token, are required"
        raise Refusal(failure(state, Code.MISSING, text, xml=xml))
    if not _fits(state, user, password, key, token):
        raise denied(state, Code.AUTHENTICATION_ERROR, xml=xml)
    return with_headers(success(state, state.login_data, xml=xml), setting(state.begin_session()))


def log_out(call: Call, state: LastlineState, *, xml: bool) -> Reply:
    """End the session, if there is one; what the reply says is not published."""
    state.sessions.pop(session_cookie(call) or "", None)
    gone = {"Set-Cookie": f"{COOKIE}=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0; path=/"}
    return with_headers(success(state, state.login_data, xml=xml), gone)


def admit(call: Call, state: LastlineState, *, xml: bool) -> str | None:
    """Let a request in; the cookie that its reply has to set, if any.

    Without a session cookie, the credentials may be among the parameters of any method. A licence has to be
    called ``api_key`` there: ``key`` selects appliances.
    """
    cookie = session_cookie(call)
    if cookie is None:
        names = ("username", "password", "api_key", "api_token")
        given = [call.value(name) for name in names]
        if not any(given):
            raise denied(state, state.denial, xml=xml)
        if not _fits(state, *given):
            raise denied(state, Code.AUTHENTICATION_ERROR, xml=xml)
        return state.begin_session()
    if not state.is_signed_in(cookie):
        raise denied(state, state.denial, xml=xml)
    return state.rotate(cookie) if state.rotate_cookie else None
