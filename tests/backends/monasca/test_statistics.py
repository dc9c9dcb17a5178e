"""Reading statistics: every period once and right, from a server whose offsets lose and change them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.backends.monasca.metric_store import EPOCH, START, Row, Store, after, dims
from tests.backends.monasca.test_measurements import MEASURED, SIZES, Told, before, rows
from tests.paging.model import reloaded, run

from tocsin.errors import DecodeError, InputError, PagingError
from tocsin.monasca.models.metrics import Statistic, StatisticSeries
from tocsin.paging.pager import Items

KINDS = ["max", "avg", "count", "min", "sum"]
Periods = dict[tuple[Any, datetime], tuple[float, ...]]


def of_rows(measured: Iterable[Row], period: int, names: Iterable[str] | None) -> Periods:
    """What the server would say of all that was measured; `names` are those of dimensions, None is all."""
    found: dict[tuple[Any, datetime], list[float]] = defaultdict(list)
    for row in measured:
        key = tuple(pair for pair in row.dimensions if names is None or pair[0] in names)
        second = int((row.time - EPOCH).total_seconds()) // period * period
        found[key, EPOCH + timedelta(seconds=second)].append(row.value)
    return {
        key: (max(values), sum(values) / len(values), len(values), min(values), sum(values))
        for key, values in found.items()
    }


def of_series(series: Iterable[StatisticSeries]) -> Periods:
    """What was read, if no period was read twice."""
    found: Periods = {}
    for each in series:
        for row in each.statistics:
            key = tuple(sorted(each.dimensions.items())), row.timestamp
            assert key not in found
            assert None not in {row.max, row.avg, row.count, row.min, row.sum}
            found[key] = (row.max or 0, row.avg or 0, row.count or 0, row.min or 0, row.sum or 0)
    return found


def same(got: Periods, wanted: Periods) -> bool:
    """Sums of one period are added up in the order that the server has."""
    return got.keys() == wanted.keys() and all(got[key] == pytest.approx(wanted[key]) for key in wanted)


STARTS = st.integers(0, 2500)
ENDS = st.one_of(st.none(), st.integers(2501, 9000))


@settings(max_examples=150, deadline=None)
@given(
    MEASURED, SIZES, st.sampled_from([1, 2, 7, 300]), STARTS, ENDS, st.sampled_from(["*", ["a"], ["a", "b"], ()])
)
def test_every_period(
    measured: list[Row], size: int, period: int, start: int, end: int | None, group_by: Any
) -> None:
    """Periods of groups, or of all merged, are those of one page: the first and the last of a part of them."""
    series = run(
        Store(measured, largest=20)
        .service()
        .statistics(
            "cpu",
            statistics=KINDS,
            start_time=after(start),
            end_time=after(end) if end else None,
            period=period,
            group_by=group_by,
            merge_metrics=not group_by,
            page_size=size,
        )
        .collect()
    )
    inside = [row for row in before(measured, end) if row.time >= after(start)]
    assert same(of_series(series), of_rows(inside, period, None if group_by == "*" else group_by))


@pytest.mark.parametrize("period", [1, 2, 7, 60])
@pytest.mark.parametrize("size", [2, 5, 11, 50])
def test_windows_end_between_periods(period: int, size: int) -> None:
    """However windows grow and shrink, none ends within a period."""
    measured = rows((1 + which, 300 * number) for which in range(3) for number in range(300 * (which + 1)))
    pager = (
        Store(measured)
        .service()
        .statistics("cpu", statistics=KINDS, start_time=after(500), period=period, group_by="*", page_size=size)
    )
    wanted = of_rows([row for row in measured if row.time >= after(500)], period, None)
    assert same(of_series(run(pager.collect())), wanted)


@settings(max_examples=60, deadline=None)
@given(MEASURED, SIZES, st.data())
def test_resumed_at_any_row(measured: list[Row], size: int, data: st.DataObject) -> None:
    """A walk over single periods that stops after any of them goes on with the next."""
    pager = (
        Store(measured)
        .service()
        .statistic_rows("cpu", statistics=["sum"], start_time=START, period=1, group_by="*", page_size=size)
    )

    async def walk() -> list[Any]:
        got: list[Any] = []
        resumed, going = pager, True
        while going:
            items, going = Items(resumed.walk()), False
            for _ in range(data.draw(st.integers(1, 7))):
                row = await anext(items, None)
                if row is None:
                    break
                got.append(json.loads(row))
            else:
                going, resumed = True, resumed.resume(reloaded(items.checkpoint))
        return got

    got = run(walk())
    wanted = of_rows(measured, 1, None)
    found = {(tuple(sorted(row["dimensions"].items())), datetime.fromisoformat(row["timestamp"])) for row in got}
    assert len(got) == len(found)
    assert found == wanted.keys()


def test_walk_is_by_start_time() -> None:
    """Pages of one series begin a period behind the last one, and never by the server's offset."""
    store = Store(rows((1, ms * 1000) for ms in range(10)))
    run(
        store.service()
        .statistics("cpu", statistics=["avg"], start_time=after(500), period=2, page_size=2)
        .collect()
    )
    assert [query["start_time"] for _, query in store.sent] == [
        "2026-03-01T00:00:00.500Z",
        "2026-03-01T00:00:04Z",
        "2026-03-01T00:00:08Z",
    ]
    assert all("offset" not in query for _, query in store.sent)


def test_more_groups_than_a_page() -> None:
    """More groups in one period than the largest page has are a PagingError."""
    store = Store([Row("cpu", dims(n=str(number)), after(50), 1.0) for number in range(10_001)])
    pager = store.service().statistics("cpu", statistics=["sum"], start_time=START, group_by="*")
    with pytest.raises(PagingError, match="more than 10000 groups"):
        run(pager.collect())


def test_columns() -> None:
    """Numbers are read by the columns' names; those that were not asked for are None."""
    body = [
        {
            "name": "cpu",
            "dimensions": {"hostname": "devstack"},
            "columns": ["timestamp", "max", "avg"],
            "statistics": [["2014-07-18T03:20:00Z", 4.93, 2.765], ["2014-07-18T03:10:00Z", 4, None]],
        }
    ]
    series = run(
        Told(body).service("2014").statistics("cpu", statistics=["max", "avg"], start_time=START).collect()
    )
    assert series[0].statistics == [
        Statistic(datetime(2014, 7, 18, 3, 20, tzinfo=UTC), avg=2.765, max=4.93),
        Statistic(datetime(2014, 7, 18, 3, 10, tzinfo=UTC), max=4.0),
    ]
    assert series[0].columns == ["timestamp", "max", "avg"]


def test_malformed() -> None:
    """What is no number is a DecodeError that tells the row."""
    body = [
        {
            "name": "cpu",
            "dimensions": {},
            "columns": ["timestamp", "max"],
            "statistics": [["2014-07-18T03:20:00Z", 1], ["2014-07-18T03:20:00Z", "x"]],
        }
    ]
    with pytest.raises(DecodeError) as caught:
        run(Told(body).service().statistics("cpu", statistics=["max"], start_time=START).collect())
    assert caught.value.path == "$[0].statistics[1]"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name must be a str"),
    ({"name": ""}, "name must not be empty"),
    ({"statistics": []}, "some of avg, min, max, sum, count"),
    ({"statistics": ["avg", "median"]}, "some of avg, min, max, sum, count"),
    ({"statistics": ["avg", "avg"]}, "each once"),
    ({"statistics": "avg"}, "must be a list"),
    ({"period": 0}, "period must be a whole number from 1 to 9223372036"),
    ({"period": 10**15}, "period must be a whole number from 1 to 9223372036"),
    ({"period": 1.5}, "period must be a whole number from 1"),
    ({"start_time": datetime(2026, 3, 1)}, "astimezone"),
    ({"end_time": START}, "end_time must be after"),
    ({"merge_metrics": True, "group_by": ["a"]}, "exclude each other"),
    ({"page_size": 1}, "from 2 to 10000"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED)
def test_refused(given: dict[str, Any], message: str) -> None:
    """Bad input is an InputError that says what is allowed, and nothing is sent."""
    store = Store([])
    for call in (store.service().statistics, store.service().statistic_rows):
        query: Any = {"name": "cpu", "statistics": ["avg"], "start_time": START, **given}
        with pytest.raises(InputError, match=message):
            call(**query)
    assert not store.sent
