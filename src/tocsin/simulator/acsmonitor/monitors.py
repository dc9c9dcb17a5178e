"""Service monitors, their groups, and what their checks found."""

from datetime import datetime

from tocsin.simulator.acsmonitor.devices import queued
from tocsin.simulator.acsmonitor.listing import listed, shown
from tocsin.simulator.acsmonitor.request import Ask, invalid
from tocsin.simulator.acsmonitor.resources import Resource
from tocsin.simulator.acsmonitor.schema import RESULTS
from tocsin.simulator.acsmonitor.state import WINDOWS, Outcome
from tocsin.simulator.acsmonitor.tables import Row
from tocsin.simulator.acsmonitor.validation import Field, an_object, boolean, id_of, number, one_of, text, texts
from tocsin.simulator.web import Reply

TYPES = (
    *("ping", "tcp", "http", "https", "ssl", "ssh", "smtp", "ftp", "pop3", "imap"),
    *("dns", "mysql", "redis", "snmp"),
)
"""Those of the client's page, and the one more of the vendor's page on websites."""

_RECENT = 10
_USUAL_MS = 12.0


def _with_results(ask: Ask, monitor: Row) -> Row:
    recent = list(ask.state.results_of(monitor["id"]))[: -_RECENT - 1 : -1]
    return {**monitor, "recent_results": [shown(ask.state, RESULTS, row) for row in recent]}


GROUPS = Resource("monitor_groups", {"name": Field(text(), required=True), "color": Field(text(32))})

MONITORS = Resource(
    "monitors",
    {
        "name": Field(text(), required=True),
        "type": Field(one_of(TYPES), required=True),
        "host": Field(text(), required=True),
        "port": Field(number(1, 65535)),
        "check_interval_seconds": Field(number(1)),
        "timeout_ms": Field(number(1)),
        "is_active": Field(boolean),
        "tags": Field(texts),
        "config": Field(an_object),  # each type has its own, in a page that is not public
        "monitor_group_id": id_of("monitor_groups"),
    },
    detail=_with_results,
)


def delete(ask: Ask) -> Reply:
    """Remove it, with what was found."""
    ask.state.results.pop(MONITORS.one(ask)["id"], None)
    return MONITORS.delete(ask)


def check(ask: Ask) -> Reply:
    """Check it later, on the probe service."""
    state, monitor = ask.state, MONITORS.one(ask)

    def work(due: datetime) -> None:
        if monitor["id"] in state.tables["monitors"].ids:
            state.add_results(monitor, [(due, state.outcomes.get(monitor["id"]) or _as_before(monitor))])

    return queued(ask, work)


def _as_before(monitor: Row) -> Outcome:
    if monitor["status"] == "unknown":
        return Outcome("up", _USUAL_MS)
    return Outcome(monitor["status"], monitor["response_time_ms"])


def results(ask: Ask) -> Reply:
    """A page of what was found, newest first."""
    table = ask.state.results_of(MONITORS.one(ask)["id"])
    return listed(ask, "monitor_results", table, RESULTS, {})


def uptime(ask: Ask) -> Reply:
    """How often it was up; the window that is taken when none is asked for is not published."""
    monitor = MONITORS.one(ask)
    window = ask.call.value("window") or "7d"
    if window not in WINDOWS:
        raise invalid({"window": ["The selected window is invalid."]})
    return Reply(ask.state.uptime(monitor, window))
