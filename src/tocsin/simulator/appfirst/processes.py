"""Processes: a resource that has no list of its own."""

from collections.abc import Sequence
from datetime import UTC, datetime

from tocsin.simulator.appfirst import series
from tocsin.simulator.appfirst.entities import Process
from tocsin.simulator.appfirst.paging import listing
from tocsin.simulator.appfirst.request import Ask, seconds
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply


def shown(_: Ask, process: Process) -> Json:
    """A process as the API shows it."""
    return {
        "uid": process.uid,
        "create_time": process.create_time,
        "name": process.name,
        "pid": process.pid,
        "args": process.args,
        "server_id": process.server.id,
    }


def _one(ask: Ask) -> Process:
    process = ask.state.processes.get(ask.path[0])
    if process is None:
        raise ask.not_found()
    return process


def get(ask: Ask) -> Reply:
    """One of them."""
    return Reply(shown(ask, _one(ask)))


def data(ask: Ask) -> Reply:
    """What it used."""
    process = _one(ask)
    since = datetime.fromtimestamp(process.create_time // 10**9, UTC)
    return series.answer(ask, since, series.of_process(ask, process), series.step(ask))


def detail(ask: Ask) -> Reply:
    """What it had open."""
    return Reply({"data": series.detail(ask, _one(ask))})


def summaries(ask: Ask, rows: Sequence[Process]) -> Reply:
    """Processes with what each of them used at ``end``."""
    width = series.step(ask)
    end = min(ask.moment("end") or ask.state.latest, ask.state.latest)
    at = datetime.fromtimestamp(seconds(end) // width * width, UTC)

    def summary(ask: Ask, process: Process) -> Json:
        used = series.of_process(ask, process)(at)
        return {**shown(ask, process), "time": ask.time(at), **used}

    return listing(ask, rows, summary)


def together(details: Sequence[dict[str, list[Json]]]) -> dict[str, Json]:
    """What several processes had open."""
    names = ("sockets", "threads", "files", "registries")
    return {name: [row for each in details for row in each[name]] for name in names}
