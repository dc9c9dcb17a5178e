"""Polled data: what commands measure that servers run again and again."""

from collections.abc import Mapping

from tocsin.simulator.appfirst import series
from tocsin.simulator.appfirst.entities import PolledData
from tocsin.simulator.appfirst.paging import listing
from tocsin.simulator.appfirst.request import Ask
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply


def _alerts(ask: Ask) -> Mapping[int, list[int]]:
    """The ids of the alerts on each item."""
    found: dict[int, list[int]] = {}
    for alert in ask.state.alerts:
        if alert.type == "Polled Data" and isinstance(alert.target_id, int):
            found.setdefault(alert.target_id, []).append(alert.id)
    return found


def _shown(ask: Ask, polled: PolledData, ids: list[int]) -> Json:
    alert_id: Json = ids if ask.state.polled_alerts == "list" else next(iter(ids), None)
    return {
        "id": polled.id,
        "name": polled.name,
        "server_id": polled.server.id,
        "server_hostname": polled.server.hostname,
        "command_name": polled.command_name,
        "command_line": polled.command_line,
        "alert_id": alert_id,
        "url": ask.url("polled_data", polled.id),
    }


def list_polled_data(ask: Ask) -> Reply:
    """All items."""
    alerts = _alerts(ask)
    return listing(ask, ask.state.polled_data.listed, lambda ask, row: _shown(ask, row, alerts.get(row.id, [])))


def get(ask: Ask) -> Reply:
    """One item."""
    polled = ask.one(ask.state.polled_data)
    return Reply(_shown(ask, polled, _alerts(ask).get(polled.id, [])))


def data(ask: Ask) -> Reply:
    """What it measured."""
    polled = ask.one(ask.state.polled_data)
    return series.answer(ask, polled.server.created, series.of_polled_data(ask, polled), series.step(ask))
