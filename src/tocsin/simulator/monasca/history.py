"""The history of alarms' states."""

from datetime import UTC, datetime
from itertools import pairwise

from tocsin.simulator.frame import Json
from tocsin.simulator.monasca import checks, links
from tocsin.simulator.monasca.alarms import own, stamp, watches
from tocsin.simulator.monasca.defects import Defect
from tocsin.simulator.monasca.entities import Transition
from tocsin.simulator.monasca.querying import moment
from tocsin.simulator.monasca.request import READERS, Ask
from tocsin.simulator.web import Reply

_NO_TIME = "invalid operation: time and *influxql.StringLiteral are not compatible"


def in_order(transitions: list[Transition]) -> list[Transition]:
    """The oldest first; those of one millisecond as they came."""
    return sorted(transitions, key=lambda row: row.time)


def _page(ask: Ask, transitions: list[Transition]) -> Reply:
    limit, offset = ask.limit(), ask.call.value("offset")
    rows = [_shown(row) for row in in_order(transitions)]
    if not ask.has(Defect.HISTORY_OFFSET):
        # Rows of one millisecond are numbered, so that an offset names one of them.
        for before, row in pairwise(rows):
            time, _, number = before["id"].partition("_")
            if row["id"] == time:
                row["id"] = f"{time}_{int(number or 0) + 1}"
    if offset:
        time, _, number = offset.partition("_")
        after = moment(time)
        if after is None:
            raise ask.mistake(_NO_TIME, repository=True)
        rows = [row for row in rows if _place(row["id"]) > (after, int(number or 0))]
    return Reply(links.by_id(ask, rows[: limit + 1], limit))


def _place(id: str) -> tuple[int, int]:
    time, _, number = id.partition("_")
    return int(time), int(number or 0)


def _shown(row: Transition) -> dict[str, Json]:
    return {
        "timestamp": stamp(
            datetime.fromtimestamp(row.time // 1000, UTC).replace(microsecond=row.time % 1000 * 1000)
        ),
        "alarm_id": row.alarm_id,
        "metrics": [metric.shown() for metric in row.metrics],
        "new_state": row.new_state,
        "old_state": row.old_state,
        "reason": row.reason,
        "reason_data": "{}",
        "sub_alarms": [],
        "id": str(row.time),
    }


def of_one(ask: Ask) -> Reply:
    """The history of one alarm, which need not exist."""
    ask.permit(READERS)
    id = ask.path[0]
    if "'" in id or ";" in id:
        message = f"Input from user contains single quote ['] or semi-colon [;] characters[ {id} ]"
        raise ask.mistake(message, repository=True)
    mine = [row for row in ask.state.transitions if row.alarm_id == id and row.tenant == ask.own_tenant]
    return _page(ask, mine)


def of_all(ask: Ask) -> Reply:
    """The history of every alarm that there is and that watches the dimensions; the end counts in."""
    ask.permit(READERS)
    start, end = ask.time("start_time"), ask.time("end_time")
    wanted = checks.wanted_dimensions(ask)
    ask.limit()
    ids = {id for id, alarm in own(ask).items() if not wanted or watches(alarm, wanted)}
    if not ids:
        return Reply(links.page(ask, [], None))
    rows = [
        row
        for row in ask.state.transitions
        if row.alarm_id in ids and (not start or row.time >= start) and (not end or row.time <= end)
    ]
    return _page(ask, rows)
