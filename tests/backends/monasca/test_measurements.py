"""Reading measurements: every one once, of whatever series and times, from a server whose offsets lose them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.backends.monasca.metric_store import EPOCH, START, Dimensions, Row, Store, after, dims
from tests.paging.model import reloaded, run

from tocsin.errors import (
    ConflictError,
    DecodeError,
    InputError,
    PagingError,
    PagingLoopError,
    PagingShiftError,
    TocsinError,
)
from tocsin.monasca.dialect import Speech
from tocsin.monasca.metrics import MetricService
from tocsin.monasca.models.metrics import Measurement, MeasurementSeries
from tocsin.paging.pager import Items
from tocsin.transport.messages import Headers, Meta, Response

#: One series has the dimensions of another and more, one has none, values have a blank and a bar.
SERIES = [
    dims(),
    dims(a="1"),
    dims(a="1", b="2"),
    dims(a="x y", b="2"),
    dims(b="z|q"),
    dims(a="1", **{"host-name": "H"}),
]
Measured = Counter[tuple[Dimensions, datetime, float]]


def rows(of: Iterable[tuple[int, int]], name: str = "cpu") -> list[Row]:
    """Measurements, each by the number of its series and milliseconds; the value tells which it is."""
    return [Row(name, SERIES[which], after(ms), float(which * 1_000_000 + ms)) for which, ms in sorted(set(of))]


#: Dense and sparse, with many of one time, and with gaps of hours.
TIMES = st.one_of(
    st.integers(0, 12), st.integers(0, 3000), st.sampled_from([0, 5, 7_200_000, 7_200_001, 90_000_000])
)
MEASURED = st.lists(st.tuples(st.integers(0, len(SERIES) - 1), TIMES), max_size=60).map(rows)
SIZES = st.sampled_from([2, 3, 4, 7, 20, 100])
ENDS = st.one_of(st.none(), st.integers(1, 3000))


def of_groups(measured: Iterable[Row], names: Iterable[str] | None = None) -> Measured:
    """What was written, by the dimensions that it is grouped by."""
    return Counter(
        (tuple(pair for pair in row.dimensions if names is None or pair[0] in names), row.time, row.value)
        for row in measured
    )


def of_chunks(chunks: Iterable[MeasurementSeries]) -> Measured:
    """What was read."""
    return Counter(
        (tuple(sorted(chunk.dimensions.items())), row.timestamp, row.value)
        for chunk in chunks
        for row in chunk.measurements
    )


def of_rows(read: Iterable[bytes]) -> Measured:
    """What was read as JSON."""
    found = [json.loads(row) for row in read]
    return Counter(
        (tuple(sorted(row["dimensions"].items())), datetime.fromisoformat(row["timestamp"]), row["value"])
        for row in found
    )


def before(measured: Iterable[Row], end: int | None) -> list[Row]:
    return [row for row in measured if end is None or row.time < after(end)]


@settings(max_examples=150, deadline=None)
@given(MEASURED, SIZES, ENDS, st.sampled_from(["*", ["a"], ["b"], ["a", "b"], ["host-name"]]))
def test_groups(measured: list[Row], size: int, end: int | None, group_by: Any) -> None:
    """Groups are read whole, oldest first; a page of more rows at one time than the largest has is an error."""
    service = Store(measured, largest=20).service()
    pager = service.measurements(
        "cpu", start_time=START, end_time=after(end) if end else None, group_by=group_by, page_size=size
    )
    chunks = run(pager.collect())
    assert of_chunks(chunks) == of_groups(before(measured, end), None if group_by == "*" else group_by)
    last: dict[str, datetime] = {}
    for chunk in chunks:
        times = [row.timestamp for row in chunk.measurements]
        key = str(sorted(chunk.dimensions.items()))
        assert times == sorted(times)
        assert last.get(key, START) <= times[0]
        last[key] = times[-1]


@pytest.mark.anyio
@pytest.mark.parametrize("end", [None, datetime(2262, 4, 11, tzinfo=UTC)])
async def test_a_row_from_long_ago(end: datetime | None) -> None:
    """Windows that grow from one row of 1970 to those of today end where the store's time does, also ahead."""
    old = [Row("cpu", SERIES[0], datetime(1970, 1, 21, tzinfo=UTC), 1.0)]
    measured = [*old, *rows([(1, hour * 3_600_000) for hour in range(150)])]
    pager = Store(measured).service().measurements("cpu", start_time=EPOCH, end_time=end, group_by="*")
    assert of_chunks(await pager.collect()) == of_groups(measured)
    async with pager.prefetch(99) as pages:
        assert of_chunks([chunk async for page in pages for chunk in page.items]) == of_groups(measured)


@pytest.mark.parametrize("year", [1, 1969, 2263, 9999])
def test_times_that_the_store_cannot_hold(year: int) -> None:
    """They are refused: the server fails, or reads another time."""
    service, far = Store([]).service(), datetime(year, 6, 1, tzinfo=UTC)
    with pytest.raises(InputError, match="start_time must be from 1970"):
        service.measurements("cpu", start_time=far)
    with pytest.raises(InputError, match="end_time must be from 1970"):
        service.list(start_time=START, end_time=far)


def test_several_values() -> None:
    """Only series with just these values are merged, and only they are listed."""
    values = ["10.0.0.1", "10a0.0.1", "b", "b1", "x10.0.0.1", "xb"]
    service = Store([Row("cpu", dims(k=each), START, 1.0) for each in values]).service()
    wanted = {"k": ["10.0.0.1", "b"]}
    merged = run(service.measurements("cpu", start_time=START, dimensions=wanted, merge_metrics=True).collect())
    assert sum(len(chunk.measurements) for chunk in merged) == 2
    listed = run(service.list(dimensions=wanted).collect())
    assert sorted(metric.dimensions["k"] for metric in listed) == wanted["k"]


@settings(max_examples=100, deadline=None)
@given(MEASURED, SIZES, ENDS)
def test_merged(measured: list[Row], size: int, end: int | None) -> None:
    """All series as one are read whole, oldest first, where many measurements have one time."""
    pager = (
        Store(measured)
        .service()
        .measurements(
            "cpu", start_time=START, end_time=after(end) if end else None, merge_metrics=True, page_size=size
        )
    )
    read = [row for chunk in run(pager.collect()) for row in chunk.measurements]
    assert Counter((row.timestamp, row.value) for row in read) == Counter(
        (row.time, row.value) for row in before(measured, end)
    )
    assert [row.timestamp for row in read] == sorted(row.timestamp for row in read)


@settings(max_examples=100, deadline=None)
@given(MEASURED, SIZES, st.sampled_from(["*", ["a"], "merged"]), st.data())
def test_resumed_at_any_row(measured: list[Row], size: int, how: Any, data: st.DataObject) -> None:
    """A walk over single measurements that stops after any of them goes on with the next."""
    query: Any = {"merge_metrics": True} if how == "merged" else {"group_by": how}
    pager = Store(measured).service().measurement_rows("cpu", start_time=START, page_size=size, **query)

    async def walk() -> list[bytes]:
        got: list[bytes] = []
        resumed, going = pager, True
        while going:
            items = Items(resumed.walk())
            going = False
            for _ in range(data.draw(st.integers(1, 7))):
                row = await anext(items, None)
                if row is None:
                    break
                got.append(row)
            else:
                going = True
                resumed = resumed.resume(reloaded(items.checkpoint))
        return got

    got = run(walk())
    if how == "merged":
        assert sorted(json.loads(row)["value"] for row in got) == sorted(row.value for row in measured)
    else:
        assert of_rows(got) == of_groups(measured, None if how == "*" else how)


@settings(max_examples=40, deadline=None)
@given(MEASURED, SIZES, st.data())
def test_all_metrics(measured: list[Row], size: int, data: st.DataObject) -> None:
    """Without a name, all metrics are read one after the other, each whole, and resumed at any row."""
    store = Store([*measured, *rows([(3, 5), (4, 5), (3, 9)], "Disk"), *rows([(1, 7)], "a")])
    pager = store.service().measurement_rows(start_time=START, group_by="*", page_size=size)

    async def walk() -> list[bytes]:
        items = aiter(pager)
        got = [await anext(items) for _ in range(data.draw(st.integers(0, len(store.rows))))]
        return got + await pager.resume(reloaded(items.checkpoint)).collect()

    got = run(walk())
    assert of_rows(got) == of_groups(store.rows)
    names = [json.loads(row)["name"] for row in got]
    assert names == sorted(names)


def test_one_series() -> None:
    """One series is read page by page, with the dimensions as they were written."""
    store = Store(rows([(3, ms) for ms in range(25)] + [(1, 4)]))
    pager = store.service().measurements("cpu", start_time=START, dimensions={"a": "x y"}, page_size=10)
    chunks = run(pager.collect())
    assert [len(chunk.measurements) for chunk in chunks] == [10, 10, 5]
    assert {str(chunk.dimensions) for chunk in chunks} == {"{'a': 'x y', 'b': '2'}"}
    assert of_chunks(chunks) == of_groups(row for row in store.rows if ("a", "x y") in row.dimensions)
    assert all("offset" not in query for _, query in store.sent)


def test_full_last_page_before_the_end() -> None:
    """A full page that ends where the time asked for ends is the last: no server is asked for nothing."""
    store = Store(rows((1, ms) for ms in range(6)))
    pager = store.service().measurements("cpu", start_time=START, end_time=after(4), page_size=2)
    assert of_chunks(run(pager.collect())) == of_groups(store.rows[:4])
    assert len(store.sent) == 2


@pytest.mark.parametrize("prefetch", [1, 2, 5])
@pytest.mark.anyio
async def test_read_ahead(prefetch: int) -> None:
    """Windows that are read side by side give the same chunks."""
    pager = (
        Store(rows((which, ms * 10) for which in range(6) for ms in range(200)))
        .service()
        .measurements("cpu", start_time=START, end_time=after(3000), group_by="*", page_size=40)
    )
    async with pager.prefetch(prefetch) as pages:
        read = [chunk async for page in pages for chunk in page.items]
    assert read == await pager.collect()
    assert sum(len(chunk.measurements) for chunk in read) == 1200


@pytest.mark.parametrize("query", [{"group_by": "*"}, {"merge_metrics": "true"}])
def test_offsets_lose_rows(query: dict[str, str]) -> None:
    """What the walks are for: by the server's own offsets measurements are lost."""
    store = Store(rows((which, ms) for which in range(3) for ms in range(4)))
    asked: dict[str, str] = {"name": "cpu", "start_time": START.isoformat(), **query}
    got, offset = 0, ""
    while offset is not None:
        elements, offset = store.measurements({**asked, **({"offset": offset} if offset else {})}, 4)
        got += sum(len(element["measurements"]) for element in elements)
    assert got < 12


def test_few_requests() -> None:
    """A steady stream of groups costs not many more pages than it fills."""
    store = Store(rows((which, ms * 10) for which in range(6) for ms in range(1000)))
    pager = store.service().measurements("cpu", start_time=START, group_by="*", page_size=200)
    assert of_chunks(run(pager.collect())) == of_groups(store.rows)
    assert len(store.sent) < 1.6 * 6000 / 200


def test_long_gaps() -> None:
    """Between measurements that lie years apart there are few requests."""
    store = Store(rows([(0, 0), (1, 1), (0, 500), (2, 90_000_000_000), (2, 180_000_000_000)]))
    pager = store.service().measurements("cpu", start_time=START, group_by="*", page_size=2)
    assert of_chunks(run(pager.collect())) == of_groups(store.rows)
    assert len(store.sent) < 30


@pytest.mark.parametrize("query", [{"group_by": "*"}, {"merge_metrics": True}])
def test_more_of_one_time_than_a_page(query: Any) -> None:
    """10,001 measurements of one time are a PagingError with a checkpoint, and no row of them is given."""
    crowd = [Row("cpu", dims(n=str(number)), after(50), 1.0) for number in range(10_001)]
    store = Store([*rows([(0, 0), (1, 1)]), *crowd])
    items = aiter(store.service().measurement_rows("cpu", start_time=START, **query))

    got: list[bytes] = []

    async def walk() -> None:
        while True:
            got.append(await anext(items))

    with pytest.raises(PagingError, match="more than 10000") as caught:
        run(walk())
    assert len(got) == 2
    assert caught.value.checkpoint is not None


def test_several_series() -> None:
    """Without groups or merging, several series are the server's ConflictError."""
    pager = Store(rows([(1, 0), (3, 0)])).service().measurements("cpu", start_time=START)
    with pytest.raises(ConflictError):
        run(pager.collect())


def test_of_none() -> None:
    """A metric that nothing was measured of has no chunks, by whatever way."""
    service = Store([]).service()
    queries: list[Any] = [{}, {"group_by": "*"}, {"merge_metrics": True}]
    for query in queries:
        assert run(service.measurements("cpu", start_time=START, **query).collect()) == []


def test_groups_by_words_of_the_store() -> None:
    """Names that the store would not read as such are quoted."""
    store = Store(rows([(5, 0)]))
    run(store.service().measurements("cpu", start_time=START, group_by=["host-name", "key", "a"]).collect())
    assert store.sent[-1][1]["group_by"] == '"host-name","key",a'


class Told:
    """A pipeline that answers with one body after the other."""

    def __init__(self, *bodies: object) -> None:
        self._bodies = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in bodies]

    def service(self, dialect: str = "current") -> MetricService:
        pipeline: Any = self
        return MetricService(pipeline, Speech(dialect))

    async def send(self, *_: object, **__: object) -> Response:
        return Response(200, Headers(()), self._bodies.pop(0), Meta())

    def stamp(self, error: TocsinError, *_: object) -> TocsinError:
        return error


OF_2014 = [
    {
        "name": "cpu",
        "dimensions": {"hostname": name},
        "columns": ["id", "timestamp", "value"],
        "measurements": [[7, "2014-07-18T03:24:25Z", 2.54], [6, "2014-07-18T03:23:50Z", 2]],
    }
    for name in ("a", "b")
]


def test_columns_of_2014() -> None:
    """Bare arrays with columns in another order are read by their names, several series and all."""
    chunks = run(Told(OF_2014).service("2014").measurements(start_time=START).collect())
    assert [chunk.dimensions for chunk in chunks] == [{"hostname": "a"}, {"hostname": "b"}]
    assert chunks[0].columns == ["id", "timestamp", "value"]
    assert chunks[1].measurements[0] == Measurement(datetime(2014, 7, 18, 3, 24, 25, tzinfo=UTC), 2.54, {})
    row = run(Told(OF_2014).service("2014").measurement_rows(start_time=START).collect())[3]
    assert row == (
        b'{"name":"cpu","dimensions":{"hostname":"b"},"id":6,"timestamp":"2014-07-18T03:23:50Z","value":2}'
    )


def series(columns: list[str], *measured: list[Any]) -> dict[str, Any]:
    return {
        "links": [],
        "elements": [{"name": "cpu", "dimensions": {}, "columns": columns, "measurements": list(measured)}],
    }


def test_columns_that_are_swapped() -> None:
    """Columns are believed, and not their order, also where the values would fit another one."""
    body = series(["value", "timestamp"], [1, "2026-01-01T00:00:00Z"])
    chunk = run(Told(body).service().measurements("cpu", start_time=START).collect())[0]
    assert chunk.measurements == [Measurement(datetime(2026, 1, 1, tzinfo=UTC), 1.0, {})]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (
            series(["timestamp", "value", "value_meta"], ["2026-01-01T00:00:00Z", 1, {}], ["2026-01-01", 2, {}]),
            "$.elements[0].measurements[1]",
        ),
        (series(["timestamp", "value"], ["2026-01-01T00:00:00Z", "x"]), "$.elements[0].measurements[0]"),
        (series(["timestamp", "value"], ["2026-01-01T00:00:00Z"]), "$.elements[0].measurements[0]"),
        (series(["timestamp"], ["2026-01-01T00:00:00Z"]), None),
        (series(["value"], [1]), None),
        (series(["timestamp", "count"], ["2026-01-01T00:00:00Z", 1]), None),
        ({"elements": [{"name": "cpu"}]}, "$.elements[0]"),
        (
            [{"name": "cpu", "dimensions": {}, "columns": ["timestamp"], "measurements": [[]]}],
            "$[0].measurements[0]",
        ),
    ],
)
def test_malformed(body: object, path: str | None) -> None:
    """What is no measurement is a DecodeError that tells where, and the walk can go on from before the page."""
    with pytest.raises(DecodeError) as caught:
        run(Told(body).service().measurements("cpu", start_time=START).collect())
    assert caught.value.path == path
    assert caught.value.checkpoint is not None


def test_rows_are_what_the_server_sent() -> None:
    """A row is the text of the server's values, digit by digit."""
    body = (
        b'{"elements": [{"name": "cpu", "dimensions": {"a": "", "b": "x\\\\ y%d"}, "columns": ["timestamp",'
        b' "value", "value_meta", "a%b"], "measurements": '
        b'[["2026-01-01T00:00:00.000Z", 1.50, {"k":  "\\u00e9"}, null]]}]}'
    )
    assert run(Told(body).service().measurement_rows("cpu", start_time=START).collect()) == [
        (
            b'{"name":"cpu","dimensions":{"b":"x y%d"},"timestamp":"2026-01-01T00:00:00.000Z","value":1.50,'
            b'"value_meta":{"k":  "\\u00e9"},"a%b":null}'
        )
    ]


def page(*measured: tuple[int, float], more: bool = True) -> dict[str, Any]:
    body = series(["timestamp", "value"], *[[after(ms).isoformat(), value] for ms, value in measured])
    return {**body, "links": [{"rel": "next", "href": "http://x/?offset=1"}] if more else []}


def test_server_that_heeds_no_start() -> None:
    """A page from before its start is a loop, and is not given out."""
    first, overlap = page((0, 1), (1, 2)), page((1, 2), (2, 3), more=False)
    for again in (first, overlap):
        with pytest.raises(PagingLoopError):
            run(Told(first, again).service().measurements("cpu", start_time=START).collect())


@pytest.mark.parametrize("query", [{}, {"group_by": "*"}, {"merge_metrics": True}])
def test_newest_first(query: dict[str, Any]) -> None:
    """A page that is not the last and not oldest first is an error: what is behind it could not be asked for."""
    told = Told(page((5, 1), (3, 2), (1, 2)))
    with pytest.raises(PagingError, match="not oldest first"):
        run(told.service().measurements("cpu", start_time=START, **query).collect())


def test_server_that_heeds_no_end() -> None:
    """A page from behind its window is a loop, and is not given out."""
    probe, far = page((0, 1), (5, 1)), page((7, 1), more=False)
    with pytest.raises(PagingLoopError):
        run(Told(probe, far).service().measurements("cpu", start_time=START, group_by="*").collect())


def test_rows_that_came_before_the_place() -> None:
    """A walk resumed within a page that has changed before the place says so."""
    store = Store(rows([(1, 0), (1, 5), (1, 9)]))
    pager = store.service().measurement_rows("cpu", start_time=START, group_by="*")

    async def two() -> Any:
        items = aiter(pager)
        await anext(items)
        await anext(items)
        return items.checkpoint

    place = run(two())
    store.rows[:] = rows([(1, 0), (1, 3), (1, 5), (1, 9)])
    with pytest.raises(PagingShiftError):
        run(pager.resume(reloaded(place)).collect())


@pytest.mark.parametrize("query", [{"group_by": "*"}, {"group_by": ["a"]}, {"merge_metrics": True}])
@pytest.mark.parametrize("late", [False, True])
def test_resumed_with_smaller_pages(query: Any, late: bool) -> None:
    """A walk that was left within a page goes on with pages of another size, also if its page has grown since."""
    store = Store(rows((which, ms) for which in range(1, 4) for ms in range(0, 40, 2)))
    query = {"start_time": START, **query}

    async def some() -> tuple[list[bytes], Any]:
        items = aiter(store.service().measurement_rows("cpu", page_size=70, **query))
        return [await anext(items) for _ in range(31)], items.checkpoint

    got, place = run(some())
    came = rows((3, ms) for ms in range(31, 39, 2)) if late else []
    store.rows += came
    try:
        got += run(store.service().measurement_rows("cpu", page_size=4, **query).resume(reloaded(place)).collect())
    except PagingShiftError:
        assert late
        assert query.get("group_by") != "*"  # rows of one time in one group, whose order is another now
        return
    values = Counter(json.loads(row)["value"] for row in got)
    assert values == Counter(row.value for row in store.rows)


NAIVE = datetime(2026, 3, 1)
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name must be given"),
    ({"name": ""}, "name must not be empty"),
    ({"name": "x" * 256}, "at most 255"),
    ({"start_time": NAIVE}, "astimezone"),
    ({"start_time": "2026-03-01"}, "must be a datetime"),
    ({"end_time": NAIVE}, "astimezone"),
    ({"end_time": START}, "end_time must be after"),
    ({"end_time": START - timedelta(1)}, "end_time must be after"),
    ({"dimensions": {}}, "at least one dimension"),
    ({"merge_metrics": 1}, "True or False"),
    ({"merge_metrics": True, "group_by": "*"}, "exclude each other"),
    ({"group_by": ["*", "a"]}, '"\\*" alone'),
    ({"group_by": ["a,b"]}, "group_by"),
    ({"group_by": 5}, "group_by must be a list"),
    ({"tenant_id": ""}, "tenant_id must not be empty"),
    ({"page_size": 1}, "from 2 to 10000"),
    ({"page_size": 10_001}, "from 2 to 10000"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED)
def test_refused(given: dict[str, Any], message: str) -> None:
    """Bad input is an InputError that says what is allowed, and nothing is sent."""
    store = Store([])
    for call in (store.service().measurements, store.service().measurement_rows):
        query: Any = {"name": "cpu", "start_time": START, **given}
        with pytest.raises(InputError, match=message):
            call(**query)
    assert not store.sent


def test_unknown_keyword() -> None:
    """A keyword that there is none of is a TypeError."""
    call: Any = Store([]).service().measurements
    with pytest.raises(TypeError, match="limit"):
        call("cpu", start_time=START, limit=5)
