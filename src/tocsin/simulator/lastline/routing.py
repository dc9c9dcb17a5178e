"""Paths, methods and formats, and the checks that come before any method of the API."""

import re
from collections.abc import Callable, Mapping

from tocsin.simulator.frame import Json
from tocsin.simulator.lastline import logs, metrics
from tocsin.simulator.lastline.envelope import Code, failure, success
from tocsin.simulator.lastline.request import Ask
from tocsin.simulator.lastline.sessions import admit, denied, log_in, log_out, setting, with_headers
from tocsin.simulator.lastline.state import LastlineState
from tocsin.simulator.web import Call, Refusal, Reply

ROOT = "/papi"

_METHODS: Mapping[str, Callable[[Ask], Json]] = {
    "monitoring/metric/list": metrics.list_metrics,
    "monitoring/metric/get": metrics.get,
    "monitoring/metric/aggregate": metrics.aggregate,
    "monitoring/log/get": logs.get,
    "monitoring/log/get_entry": logs.get_entry,
}
LISTS = frozenset(_METHODS) - {"monitoring/log/get_entry"}
_PINGS = frozenset({"ping", "monitoring/ping"})
_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "login": ("POST",),
    "logout": ("GET", "POST"),
    **dict.fromkeys((*_PINGS, *_METHODS), ("GET",)),
}
_PATH = re.compile(rf"{ROOT}/(?P<name>[a-z_/]+)(\.(?P<format>json|xml))?")


def name_of(path: str) -> str:
    """The method that a path names, whatever its format; empty if it is none of the API's."""
    found = _PATH.fullmatch(path)
    return found["name"] if found else ""


def dispatch(call: Call, state: LastlineState) -> Reply:
    """Find out what is asked for, then who asks; raises Refusal."""
    found = _PATH.fullmatch(call.path)
    name, form = found.group("name", "format") if found else ("", None)
    xml = form == "xml"
    allowed = _ALLOWED.get(name)
    if allowed is None:
        raise Refusal(failure(state, Code.NO_SUCH_METHOD, f"No such method: {call.path}", xml=xml, status=404))
    if call.method not in allowed:
        reply = failure(state, Code.NO_SUCH_METHOD, f"{name} does not take {call.method}", xml=xml, status=405)
        raise Refusal(with_headers(reply, {"Allow": ", ".join(allowed)}))
    if name == "login":
        return log_in(call, state, xml=xml)
    if name == "logout":
        return log_out(call, state, xml=xml)
    if name in _PINGS and state.open_ping:
        return success(state, "pong", xml=xml)
    cookie = admit(call, state, xml=xml)
    reply = _answer(name, call, state, xml=xml)
    return reply if cookie is None else with_headers(reply, setting(cookie))


def _answer(name: str, call: Call, state: LastlineState, *, xml: bool) -> Reply:
    """The reply to somebody who is signed in, which an error is too: it may have to set a cookie."""
    try:
        if name in _PINGS:
            return success(state, "pong", xml=xml)
        if not state.can_view_appliances:
            raise denied(state, Code.PERMISSION_DENIED, xml=xml)
        return success(state, _METHODS[name](Ask(call, state, xml)), xml=xml)
    except Refusal as refusal:
        return refusal.reply
