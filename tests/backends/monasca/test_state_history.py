"""How the states of alarms changed: every transition once, however many share a millisecond."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from tests.backends.monasca.server import Server, elements

from tocsin.errors import InputError, PagingError
from tocsin.paging import Checkpoint

pytestmark = pytest.mark.anyio

ID = "14fd47b0-8927-47d7-a0a7-40e9f1ad7ecd"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: 2026-11-23T04:49:30Z in milliseconds.
BASE = 1_795_409_370_000
PATH = f"/alarms/{ID}/state-history"
#: As monasca-api 11.0.0 answers.
TRANSITION: dict[str, Any] = {
    "timestamp": "2026-11-23T04:49:30.445000Z",
    "alarm_id": ID,
    "metrics": [{"name": "cpu.user_perc", "dimensions": {"hostname": "host0", "service": "monitoring"}}],
    "new_state": "ALARM",
    "old_state": "UNDETERMINED",
    "reason": "Alarm state updated via API",
    "reason_data": "{}",
    "sub_alarms": [
        {
            "sub_alarm_expression": {
                "function": "AVG",
                "operator": "GT",
                "threshold": 10.0,
                "period": 60,
                "periods": 3,
                "metric_name": "cpu.user_perc",
                "dimensions": {"hostname": "host0"},
            },
            "sub_alarm_state": "ALARM",
            "current_values": [11.5],
        }
    ],
    "id": "1795409370445",
}
#: As the specification of 2014 has them: newest first.
OF_2014 = [
    {
        "alarm_id": ID,
        "old_state": "ALARM",
        "new_state": "UNDETERMINED",
        "reason": "Alarm state updated via API",
        "reason_data": "{}",
        "timestamp": "2014-07-19T03:38:15.000Z",
    },
    {
        "alarm_id": ID,
        "old_state": "UNDETERMINED",
        "new_state": "ALARM",
        "reason": "Alarm state updated via API",
        "reason_data": "{}",
        "timestamp": "2014-07-19T03:37:42.000Z",
    },
]


def moment(tick: int) -> datetime:
    return EPOCH + timedelta(milliseconds=tick)


class History:
    """Transitions at these milliseconds, as monasca-api 11.0.0 pages them: those later than the offset."""

    def __init__(self, ticks: list[int], *, twins: bool = False) -> None:
        reasons = ["same"] * len(ticks) if twins else [f"row {number}" for number in range(len(ticks))]
        self.rows = [
            {**TRANSITION, "timestamp": moment(BASE + tick).isoformat(), "id": str(BASE + tick), "reason": reason}
            for tick, reason in zip(ticks, reasons, strict=True)
        ]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = request.url.params
        after, limit = int(query.get("offset", "0")), int(query["limit"])
        rows = [row for row in self.rows if int(row["id"]) > after][: limit + 1]
        return elements(*rows[:limit], next=f"offset={rows[limit - 1]['id']}" if len(rows) > limit else None)


TICKS = [0, 1, 1, 1, 2, 445, 446, 446, 446, 446, 446, 447, 1000]


async def test_transition() -> None:
    """All that monasca-api 11.0.0 says of a transition."""
    server = Server(elements(TRANSITION))
    async with server.monasca() as monasca:
        (row,) = await monasca.alarms.state_history(ID).collect()
        (raw,) = await monasca.alarms.state_history_rows(ID).collect()
    assert server.seen == [f"GET {PATH}?limit=1000"] * 2
    assert (row.alarm_id, row.old_state, row.new_state) == (ID, "UNDETERMINED", "ALARM")
    assert row.timestamp == datetime(2026, 11, 23, 4, 49, 30, 445000, tzinfo=UTC)
    assert row.metrics[0].name == "cpu.user_perc"
    part = row.sub_alarms[0]
    assert (part.sub_alarm_state, part.current_values, part.sub_alarm_expression.periods) == ("ALARM", (11.5,), 3)
    assert json.loads(raw) == TRANSITION


@pytest.mark.parametrize("page_size", [2, 3, 10, 10_000])
async def test_equal_milliseconds(page_size: int) -> None:
    """Every row comes once, wherever a page ends, of one alarm and of all, as models and as bytes."""
    history = History(TICKS)
    want = [row["reason"] for row in history.rows]
    async with Server(history).monasca() as monasca:
        alarms = monasca.alarms
        assert [row.reason async for row in alarms.state_history(ID, page_size=page_size)] == want
        assert [row.reason async for row in alarms.state_histories(page_size=page_size)] == want
        raws = [await alarms.state_history_rows(ID, page_size=page_size).collect()]
        raws.append(await alarms.state_histories_rows(page_size=page_size).collect())
    for rows in raws:
        assert [json.loads(row)["reason"] for row in rows] == want


async def test_twins() -> None:
    """Rows that nothing tells apart come as often as there are of them."""
    async with Server(History(TICKS, twins=True)).monasca() as monasca:
        rows = await monasca.alarms.state_history(ID, page_size=3).collect()
    assert Counter((row.timestamp - moment(BASE)) // timedelta(milliseconds=1) for row in rows) == Counter(TICKS)


@pytest.mark.parametrize("after", range(1, len(TICKS)))
async def test_resumed(after: int) -> None:
    """From the checkpoint behind any row the walk goes on with the next, also as bytes."""
    history = History(TICKS)
    async with Server(history).monasca() as monasca:
        items = aiter(monasca.alarms.state_history(ID, page_size=3))
        for _ in range(after):
            await anext(items)
        stored = Checkpoint.from_json(json.dumps(items.checkpoint.to_json()))
        rest = await monasca.alarms.state_history(ID, page_size=2).resume(stored).collect()
        raw = await monasca.alarms.state_history_rows(ID).resume(stored).collect()
    assert [row.reason for row in rest] == [row["reason"] for row in history.rows[after:]]
    assert len(raw) == len(rest)


async def test_times_of_one_alarm() -> None:
    """The server pays no heed to times here, so the walk begins and ends by them; both ends belong to it."""
    server = Server(History(TICKS))
    async with server.monasca() as monasca:
        rows = await monasca.alarms.state_history(
            ID, page_size=2, start_time=moment(BASE + 1), end_time=moment(BASE + 446)
        ).collect()
    assert [row.reason for row in rows] == [f"row {number}" for number in range(1, 11)]
    assert server.seen[0] == f"GET {PATH}?offset={BASE}&limit=2"
    assert all(f"offset={BASE + 447}" not in line for line in server.seen), "it went on behind the end"


async def test_times_and_dimensions_of_all() -> None:
    """The server knows them here."""
    server = Server(elements())
    query: dict[str, Any] = {
        "dimensions": {"hostname": "a", "service": ["b", "c"]},
        "start_time": datetime(2026, 11, 23, 5, tzinfo=timezone(timedelta(hours=1))),
        "end_time": moment(BASE + 1),
    }
    async with server.monasca() as monasca:
        assert await monasca.alarms.state_histories(**query).collect() == []
    times = "start_time=2026-11-23T04:00:00Z&end_time=2026-11-23T04:49:30.001Z"
    assert server.seen == [f"GET /alarms/state-history?dimensions=hostname:a,service:b|c&{times}&limit=1000"]


async def test_more_than_a_page_can_have() -> None:
    """10,001 rows of one millisecond cannot be had: that is an error, and not a loss."""
    async with Server(History([0] * 10_001 + [1])).monasca() as monasca:
        with pytest.raises(PagingError, match="a page of 10000 rows does not get past one millisecond"):
            await monasca.alarms.state_history(ID, page_size=10_000).collect()


async def test_2014() -> None:
    """A history comes whole, as a bare array, in the server's order; it has no metrics and no ids."""
    server = Server(httpx.Response(200, json=OF_2014))
    async with server.monasca(dialect="2014") as monasca:
        one = await monasca.alarms.state_history(ID).collect()
        every = await monasca.alarms.state_histories(
            dimensions={"hostname": "devstack"}, start_time=moment(BASE), end_time=moment(BASE)
        ).collect()
    assert one == every
    assert [row.new_state for row in one] == ["UNDETERMINED", "ALARM"]
    assert one[0].timestamp == datetime(2014, 7, 19, 3, 38, 15, tzinfo=UTC)
    assert (one[0].id, one[0].metrics, one[0].sub_alarms) == (None, (), ())
    times = "start_time=2026-11-23T04:49:30Z&end_time=2026-11-23T04:49:30Z"
    assert server.seen == [
        f"GET {PATH}",
        f"GET /alarms/state-history?dimensions=hostname:devstack&{times}",
    ]


async def test_times_of_one_alarm_in_2014() -> None:
    """The walk leaves out what is not of these times; it is asked for nothing that the specification has not."""
    server = Server(httpx.Response(200, json=OF_2014))
    times: dict[str, Any] = {"start_time": datetime(2014, 7, 19, 3, 38, 15, tzinfo=UTC)}
    async with server.monasca(dialect="2014") as monasca:
        rows = await monasca.alarms.state_history(ID, **times).collect()
    assert [row.new_state for row in rows] == ["UNDETERMINED"]
    assert server.seen == [f"GET {PATH}"]


async def test_resumed_in_2014() -> None:
    """The place within a history that comes whole is told by the rows before it."""
    async with Server(httpx.Response(200, json=OF_2014)).monasca(dialect="2014") as monasca:
        items = aiter(monasca.alarms.state_history(ID))
        await anext(items)
        rows = await monasca.alarms.state_history(ID).resume(items.checkpoint).collect()
    assert [row.new_state for row in rows] == ["ALARM"]


async def test_checkpoint_of_other_times() -> None:
    """The times belong to the query, also where the server is not told of them."""
    async with Server(History(TICKS)).monasca() as monasca:
        items = aiter(monasca.alarms.state_history(ID, end_time=moment(BASE + 1)))
        await anext(items)
        with pytest.raises(InputError, match="another query"):
            monasca.alarms.state_history(ID).resume(items.checkpoint)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda alarms: alarms.state_history(""), InputError, "part of a path"),
        (lambda alarms: alarms.state_history(".."), InputError, "part of a path"),
        (lambda alarms: alarms.state_history(ID, page_size=1), InputError, "page_size"),
        (lambda alarms: alarms.state_history(ID, page_size=10_001), InputError, "page_size"),
        (lambda alarms: alarms.state_history(ID, start_time=datetime(2026, 1, 1)), InputError, "naive"),
        (lambda alarms: alarms.state_history(ID, dimensions={"a": "b"}), TypeError, "unknown argument dimensions"),
        (
            lambda alarms: alarms.state_histories(start_time=moment(1), end_time=moment(0)),
            InputError,
            "start_time must not be behind end_time",
        ),
        (
            lambda alarms: alarms.state_histories(end_time=datetime(9999, 1, 1, tzinfo=UTC)),
            InputError,
            "end_time must be from 1970",
        ),
        (lambda alarms: alarms.state_histories(state="OK"), TypeError, "unknown argument state"),
    ],
)
async def test_bad_input(call: Callable[[Any], Any], error: type[Exception], message: str) -> None:
    """What cannot be asked for is refused before anything is sent."""
    async with Server(elements()).monasca() as monasca:
        with pytest.raises(error, match=message):
            call(monasca.alarms)
