"""Logs that are collected, and their messages."""

from tocsin.simulator.appfirst import series
from tocsin.simulator.appfirst.entities import Line, LogSource
from tocsin.simulator.appfirst.paging import listing
from tocsin.simulator.appfirst.request import Ask, seconds
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply


def shown(ask: Ask, log: LogSource) -> Json:
    """A log as the API shows it."""
    return {
        "id": log.id,
        "server_id": log.server.id,
        "source_type": log.source_type,
        "source": log.source,
        "limit": log.limit,
        "url": ask.url("logs", log.id),
    }


def list_logs(ask: Ask) -> Reply:
    """All of them."""
    return listing(ask, ask.state.logs.listed, shown)


def get(ask: Ask) -> Reply:
    """One of them."""
    return Reply(shown(ask, ask.one(ask.state.logs)))


def data(ask: Ask) -> Reply:
    """How many messages came in each minute; there are no longer steps."""
    log = ask.one(ask.state.logs)
    return series.answer(ask, log.server.created, series.of_log(log), series.step(ask, allowed=("Minute",)))


def _line(ask: Ask, line: Line) -> Json:
    return {"time": ask.time(line.time), "severity": line.severity, "data": line.data}


def detail(ask: Ask) -> Reply:
    """The messages from ``start`` to ``end`` that have ``filter`` in them, the newest first."""
    log = ask.one(ask.state.logs)
    start, end, wanted = ask.moment("start"), ask.moment("end"), ask.value("filter")
    rows = [
        line
        for line in reversed(log.lines)
        if (end is None or seconds(line.time) <= seconds(end))
        and (start is None or seconds(line.time) >= seconds(start))
        and (wanted is None or wanted in line.data)
    ]
    return listing(ask, rows, _line)
