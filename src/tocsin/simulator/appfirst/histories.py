"""Alert histories: the incidents of alerts, the newest first. Their page is lost; clients tell their fields."""

from collections.abc import Callable

from tocsin.simulator.appfirst.entities import History, R, Table
from tocsin.simulator.appfirst.paging import listing
from tocsin.simulator.appfirst.request import Ask, seconds
from tocsin.simulator.appfirst.state import AppFirstState
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply


def shown(ask: Ask, history: History) -> Json:
    """An incident as the API shows it."""
    return {
        "id": history.id,
        "alert_id": history.alert_id,
        "subject": history.subject,
        "trigger": history.trigger,
        "resource_name": history.resource_name,
        "start": ask.time(history.start),
        "end": ask.time(history.end),
        "url": ask.url("alert_histories", history.id),
    }


def list_histories(ask: Ask) -> Reply:
    """All of them."""
    return listing(ask, ask.state.histories.listed, shown)


def get(ask: Ask) -> Reply:
    """One of them."""
    return Reply(shown(ask, ask.one(ask.state.histories)))


def message(ask: Ask) -> Reply:
    """The e-mail that was sent about it."""
    return Reply({"text": ask.one(ask.state.histories).text})


def between(ask: Ask, type: str, target_id: int) -> list[History]:
    """The incidents of the alerts on one object that touch the time from ``start`` to ``end``."""
    start, end = ask.moment("start"), ask.moment("end")
    return [
        each
        for each in ask.state.histories
        if each.type == type
        and each.target_id == target_id
        and (end is None or seconds(each.start) <= seconds(end))
        and (start is None or each.end is None or seconds(each.end) >= seconds(start))
    ]


def of(type: str, table: Callable[[AppFirstState], Table[R]]) -> Callable[[Ask], Reply]:
    """The operation that lists the incidents of one object of a resource, for alerts of this type."""

    def list_of_one(ask: Ask) -> Reply:
        return listing(ask, between(ask, type, ask.one(table(ask.state)).id), shown)

    return list_of_one
