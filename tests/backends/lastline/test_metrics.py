"""Metrics: lists of them, and their values in windows that keep the resolution."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings, strategies as st
from tests.backends.lastline.metric_server import INTERVALS, MetricServer
from tests.backends.lastline.server import HALF_HOUR, OTHER, UUID, Server, at, good, seconds, spelled
from tests.transport.fakes import FakeClock

from tocsin.errors import DecodeError, InputError
from tocsin.lastline import Appliance, Metric, Sample
from tocsin.lastline.series import width_of
from tocsin.paging.checkpoint import Checkpoint

YEAR = (at("2025-01-01 00:00:00"), at("2026-01-01 00:00:00"))
RATE = "counter.mail.processed"

pytestmark = pytest.mark.anyio


def every(step: int, start: datetime, end: datetime) -> list[tuple[int, float]]:
    """A value each so many seconds."""
    first, last = int(start.timestamp()), int(end.timestamp())
    return [(time, float(time % 977)) for time in range(first, last, step)]


def places(samples: list[Sample]) -> list[tuple[str | None, int]]:
    """Whose samples they are, and of when."""
    return [(sample.appliance_uuid, int(sample.time.timestamp())) for sample in samples]


LISTS: dict[str, Any] = {
    "list": ["counter.a", "gauge.b"],
    "by appliance": {UUID: ["counter.a"], OTHER: ["counter.a", "gauge.b"]},
    "objects": [{"metric": "counter.a"}, {"metric": "gauge.b"}],
}


@pytest.mark.parametrize("name", LISTS)
async def test_list_in_every_reading(name: str) -> None:
    """A flat list, a list for each appliance and a list of objects give each metric once."""
    server = Server(good(LISTS[name]))
    async with server.client() as lastline:
        found = await lastline.metrics.list(start_time=YEAR[0], end_time=YEAR[1]).collect()
        rows = await lastline.metrics.rows(start_time=YEAR[0], end_time=YEAR[1]).collect()
    assert found == ["counter.a", "gauge.b"]
    assert [(metric.kind, metric.name) for metric in found] == [("counter", "a"), ("gauge", "b")]
    assert rows == [b'{"metric":"counter.a"}', b'{"metric":"gauge.b"}']
    assert Metric("odd").kind == ""


async def test_list_that_is_empty() -> None:
    """No metrics are an empty list, also as PHP writes an empty object."""
    async with Server(good([])).client() as lastline:
        assert await lastline.metrics.list(start_time=YEAR[0]).first() is None


async def test_list_with_a_bad_row() -> None:
    """What is no metric is an error with its place, or put aside."""
    async with Server(good(["counter.a", 7])).client() as lastline:
        with pytest.raises(DecodeError) as caught:
            await lastline.metrics.list(start_time=YEAR[0]).collect()
        assert (caught.value.path, caught.value.row) == ("$.data[1]", 1)
        [page] = [page async for page in lastline.metrics.rows(on_bad_row="skip").pages()]
    assert (page.items, [row.raw for row in page.bad_rows]) == ([b'{"metric":"counter.a"}'], [b"7"])


async def test_a_year_in_the_least_number_of_requests() -> None:
    """17,520 half hours come in 59 requests of 300 points at most, each once, with their value and width."""
    raw = every(HALF_HOUR, *YEAR)
    model = MetricServer({UUID: raw})
    async with model.server.client() as lastline:
        samples = await lastline.metrics.get(RATE, start_time=YEAR[0], end_time=YEAR[1]).collect()
    assert len(model.asked) == 59
    assert [(int(sample.time.timestamp()), sample.value) for sample in samples] == raw
    assert {sample.width for sample in samples} == {timedelta(minutes=30)}
    assert {sample.metric for sample in samples} == {RATE}


async def test_a_year_side_by_side() -> None:
    """With prefetch it is the same requests, several of them under way at once."""
    model = MetricServer({UUID: every(HALF_HOUR, *YEAR)})
    busy, most = 0, 0

    class Slow(Server):
        async def answer(self, request: httpx.Request) -> httpx.Response:
            nonlocal busy, most
            busy += 1
            most = max(most, busy)
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
            busy -= 1
            return self(request)

    samples: list[Sample] = []
    async with Slow(model).client() as lastline:
        pager = lastline.metrics.get(RATE, start_time=YEAR[0], end_time=YEAR[1])
        async with pager.prefetch(4) as pages:
            async for page in pages:
                samples += page.items
    assert (len(model.asked), len(samples), most) == (59, 17_520, 4)


async def test_windows_as_they_are_asked_for() -> None:
    """An unaligned time begins and ends with a shorter window; those between lie on the grid, and ask for 300."""
    start, end = at("2026-03-01 00:10:00"), at("2026-03-10 00:00:00")
    server = Server(good({}))
    async with server.client() as lastline:
        await lastline.metrics.get(RATE, start_time=start, end_time=end).collect()
    asked = [tuple(request.url.params.multi_items()) for request in server.requests]
    common = (("metric", RATE), ("timezone", "UTC"))
    assert [each[:2] for each in asked] == [common, common]
    assert [dict(each[2:]) for each in asked] == [
        {"start_time": "2026-03-01 00:10:00", "end_time": "2026-03-07 06:00:00", "max_data_points": "300"},
        {"start_time": "2026-03-07 06:00:00", "end_time": "2026-03-10 00:00:00", "max_data_points": "132"},
    ]
    assert server.seen == ["GET /monitoring/metric/get.json"] * 2


@pytest.mark.parametrize("interval", INTERVALS)
async def test_every_resolution(interval: int) -> None:
    """Each of the nine resolutions is kept, by windows of 300 intervals, the last one included."""
    end = YEAR[0] + timedelta(seconds=310 * interval)
    model = MetricServer({UUID: every(1800, YEAR[0], end)})
    async with model.server.client() as lastline:
        samples = await lastline.metrics.get(
            RATE, start_time=YEAR[0], end_time=end, resolution=timedelta(seconds=interval)
        ).collect()
    assert [(points, used) for _, _, points, used in model.asked] == [(300, interval), (10, interval)]
    assert len(samples) == 310
    assert {sample.width for sample in samples} == {timedelta(seconds=interval)}


@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"closed": True},
        {"touched": True},
        {"touched": True, "closed": True},
        {"most": 150},
        {"most": 50},
        {"most": 50, "touched": True},
    ],
)
async def test_servers_that_count_otherwise(kind: dict[str, Any]) -> None:
    """From servers that give fewer points, count otherwise or include the end, all comes once, and fine."""
    start, end = at("2026-01-01 00:00:00"), at("2026-02-01 00:00:00")
    raw = every(HALF_HOUR, start, end + timedelta(hours=3))
    model = MetricServer({UUID: raw, OTHER: raw[7:]}, **kind)
    async with model.server.client() as lastline:
        samples = await lastline.metrics.get(RATE, start_time=start, end_time=end).collect()
    inside = [(uuid, time) for uuid, values in model.raw.items() for time, _ in values if time < end.timestamp()]
    assert sorted(places(samples)) == sorted(inside)
    assert {sample.width for sample in samples} == {timedelta(minutes=30)}


@pytest.mark.parametrize("native", INTERVALS[1:])
async def test_a_server_with_nothing_finer(native: int) -> None:
    """Where the server has coarser values only, each comes once, whole, with its true width."""
    start, end = at("2026-01-01 00:00:00"), at("2026-03-02 01:00:00")
    model = MetricServer({UUID: every(600, start, end)}, native=native)
    async with model.server.client() as lastline:
        samples = await lastline.metrics.get(RATE, start_time=start, end_time=end).collect()
    whole = MetricServer({UUID: model.raw[UUID]}, native=native)._series(
        model.raw[UUID], seconds("2026-01-01 00:00:00"), int(end.timestamp()), native
    )
    assert [(int(sample.time.timestamp()), sample.value) for sample in samples] == whole
    assert {sample.width for sample in samples} == {timedelta(seconds=native)}


async def test_a_last_window_of_one_coarse_sample() -> None:
    """A window that has one sample only is asked for with the one before, so that its width is known."""
    end = YEAR[0] + timedelta(hours=151)
    model = MetricServer({UUID: every(600, YEAR[0], end)}, native=7200)
    async with model.server.client() as lastline:
        samples = await lastline.metrics.get(RATE, start_time=YEAR[0], end_time=end).collect()
    assert len(samples) == 76
    assert {sample.width for sample in samples} == {timedelta(hours=2)}


async def test_a_server_that_counts_both_ends_costs_one_request_more() -> None:
    """Where the end counts as an interval, windows of 299 do, which are tried before shorter ones."""
    end = YEAR[0] + timedelta(hours=299)
    model = MetricServer({UUID: every(HALF_HOUR, YEAR[0], end)}, touched=True)
    async with model.server.client() as lastline:
        samples = await lastline.metrics.get(RATE, start_time=YEAR[0], end_time=end).collect()
    assert (len(model.asked), len(samples)) == (3, 598)


async def test_coarse_values_are_looked_into_once() -> None:
    """That there is nothing finer costs three requests, and not three a window."""
    start, end = YEAR[0], YEAR[0] + timedelta(hours=1500)
    model = MetricServer({UUID: every(HALF_HOUR, start, end)}, native=3600)
    async with model.server.client() as lastline:
        await lastline.metrics.get(RATE, start_time=start, end_time=end).collect()
    assert len(model.asked) <= 11 + 3


async def test_gaps_do_not_look_coarse() -> None:
    """A series with gaps stands for half hours as long as any two of the answer's times tell it."""
    raw = [pair for pair in every(HALF_HOUR, *YEAR) if pair[0] % 86_400 in {0, 9000}][:20]
    model = MetricServer({UUID: raw})
    async with model.server.client() as lastline:
        samples = await lastline.metrics.get(
            RATE, start_time=YEAR[0], end_time=at("2025-01-12 00:00:00")
        ).collect()
    assert {sample.width for sample in samples} == {timedelta(minutes=30)}
    assert len(samples) == 20


WIDTHS: list[tuple[list[list[int]], int | None]] = [
    ([], None),
    ([[0], [3600]], None),
    ([[0, 1800]], 1800),
    ([[0, 86_400]], 86_400),
    ([[0, 172_800]], 86_400),
    ([[1800, 9000]], 1800),
    ([[420, 420 + 7200]], 7200),
    ([[0, 300, 600]], 300),
    ([[0, 3600], [1800, 5400]], 1800),
    ([[0, 7200, 18_000]], 3600),
    ([[0, 4 * 86_400 // 24 * 5]], 14_400),
]


@pytest.mark.parametrize(("series", "width"), WIDTHS)
def test_width_by_times(series: list[list[int]], width: int | None) -> None:
    """The width is the longest interval that all times fit; unknown where no series has two."""
    assert width_of(series) == width


@settings(deadline=None, max_examples=60)
@given(
    offset=st.integers(0, 7200),
    length=st.integers(1, 700 * 1800),
    present=st.lists(st.booleans(), min_size=1, max_size=40),
    interval=st.sampled_from(INTERVALS[:4]),
    kind=st.fixed_dictionaries({"most": st.sampled_from([300, 150, 40]), "closed": st.booleans()}),
    stop=st.integers(0, 400),
)
def test_every_interval_once(
    offset: int, length: int, present: list[bool], interval: int, kind: dict[str, Any], stop: int
) -> None:
    """Whatever time is asked for, each interval of each series comes once, also resumed from any place."""
    begin = seconds("2026-01-01 00:00:00")
    raw = [
        (time, 1.0)
        for number, time in enumerate(range(begin - 7200, begin + offset + length + 7200, 600))
        if present[number // 9 % len(present)]
    ]
    model = MetricServer({UUID: raw, OTHER: raw[::5]}, **kind)
    start, end = (datetime.fromtimestamp(second, UTC) for second in (begin + offset, begin + offset + length))

    async def work() -> list[Sample]:
        async with model.server.client() as lastline:
            pager = lastline.metrics.get(
                RATE, start_time=start, end_time=end, resolution=timedelta(seconds=interval)
            )
            items = aiter(pager)
            samples = [sample async for _, sample in _first(items, stop)]
            place = Checkpoint.from_json(items.checkpoint.to_json())
            return samples + await pager.resume(place).collect()

    samples = anyio.run(work)
    counted = Counter(places(samples))
    assert not counted or max(counted.values()) == 1
    inside = {
        (uuid, time)
        for uuid, values in model.raw.items()
        for time, _ in values
        if begin + offset <= time < begin + offset + length
    }
    for uuid, time in inside:
        assert any(
            sample.appliance_uuid == uuid
            and sample.time.timestamp() <= time < sample.time.timestamp() + sample.width.total_seconds()
            for sample in samples
        )


async def _first(items: Any, count: int) -> Any:
    for number in range(count):
        try:
            yield number, await anext(items)
        except StopAsyncIteration:
            return


async def test_samples_carry_their_appliance() -> None:
    """Of each series its appliance is told, whose licence no repr shows; a null is no value."""
    series = {
        "time_series": [["2025-01-01 00:00:00", 1.5], ["2025-01-01 00:30:00", None]],
        "appliance_type": "MANAGER",
        "access_key": "ACCESS-KEY-1",
        "subkey": "SUBKEY-2",
        "subkey_name": "lab",
        "access_key_id": 7,
        "subkey_id": "x8",
        "new_field": [1],
    }
    async with Server(good({UUID: series})).client() as lastline:
        first, second = await lastline.metrics.get(RATE, start_time=YEAR[0], end_time=YEAR[1]).collect(2)
    assert first.appliance == Appliance(UUID, "MANAGER", "ACCESS-KEY-1", "SUBKEY-2", "lab", 7, "x8")
    assert (first.value, second.value, second.appliance_uuid) == (1.5, None, UUID)
    assert "lab" in repr(first)
    assert "ACCESS-KEY-1" not in repr(first)
    assert "SUBKEY-2" not in repr(first)


@pytest.mark.parametrize(
    "write",
    [
        spelled,
        lambda time: time,
        float,
        lambda time: time * 1000,
        str,
        lambda time: spelled(time).replace(" ", "T"),
    ],
)
async def test_times_as_servers_may_write_them(write: Any) -> None:
    """Seconds, milliseconds, and texts are read alike."""
    model = MetricServer({UUID: every(HALF_HOUR, YEAR[0], YEAR[1])[:10]}, write=write)
    async with model.server.client() as lastline:
        samples = await lastline.metrics.get(
            RATE, start_time=YEAR[0], end_time=at("2025-01-02 00:00:00")
        ).collect()
    assert [(int(sample.time.timestamp()), sample.value) for sample in samples] == list(model.raw[UUID])


async def test_dates_alone() -> None:
    """A bare date is its midnight."""
    answer = {UUID: {"time_series": [["2025-01-01", 1], ["2025-01-02", 2]]}}
    async with Server(good(answer)).client() as lastline:
        samples = await lastline.metrics.get(
            RATE, start_time=YEAR[0], end_time=at("2025-01-03 00:00:00"), resolution=timedelta(days=1)
        ).collect()
    assert [(sample.time, sample.width.days) for sample in samples] == [
        (at("2025-01-01 00:00:00"), 1),
        (at("2025-01-02 00:00:00"), 1),
    ]


async def test_rows_of_samples() -> None:
    """Each row is a JSON object of its own; sums have no appliance."""
    model = MetricServer({UUID: [(1_735_689_600, 1.0), (1_735_691_400, 2.5)]})
    times: Any = {"start_time": YEAR[0], "end_time": at("2025-01-02 00:00:00")}
    async with model.server.client() as lastline:
        rows = await lastline.metrics.sample_rows(RATE, **times).collect()
        sums = await lastline.metrics.aggregate_rows(RATE, **times).collect()
    head = f'"appliance_uuid":"{UUID}",'
    tail = f'"metric":"{RATE}","time":"2025-01-01T00:30:00Z","value":2.5,"width":1800}}'
    assert rows[1].decode() == f"{{{head}{tail}"
    assert sums[1].decode() == f"{{{tail}"


SUMS: dict[str, Any] = {
    "metric": {"metrics": [{"metric": RATE, "time_series": [["2025-01-01 00:00:00", 3]]}]},
    "metrics": {"metrics": [{"metrics": RATE, "time_series": [["2025-01-01 00:00:00", 3]]}]},
    "name": {"metrics": [{"name": RATE, "time_series": [["2025-01-01 00:00:00", 3]]}]},
    "bare list": [{"metric": RATE, "time_series": [["2025-01-01 00:00:00", 3]]}],
}


@pytest.mark.parametrize("name", SUMS)
async def test_sums_in_every_reading(name: str) -> None:
    """The metric's name under any of its names, in an object or a bare list, is read alike."""
    server = Server(good(SUMS[name]))
    async with server.client() as lastline:
        [sample] = await lastline.metrics.aggregate(
            [RATE, "gauge.b"], start_time=YEAR[0], end_time=at("2025-01-02 00:00:00"), customer="c@example.org"
        ).collect()
    assert (sample.metric, sample.value, sample.appliance, sample.appliance_uuid) == (RATE, 3.0, None, None)
    assert (server.query["metrics"], server.query["customer"]) == (f"{RATE},gauge.b", "c@example.org")
    assert server.seen == ["GET /monitoring/metric/aggregate.json"]


async def test_sums_of_a_year() -> None:
    """Sums are read in the same windows, several metrics side by side in each."""
    model = MetricServer({UUID: every(HALF_HOUR, *YEAR), OTHER: every(HALF_HOUR, *YEAR)})
    async with model.server.client() as lastline:
        samples = await lastline.metrics.aggregate(["a", "b"], start_time=YEAR[0], end_time=YEAR[1]).collect()
    assert (len(model.asked), len(samples)) == (59, 2 * 17_520)
    assert samples[2].value == 2 * model.raw[UUID][1][1]


async def test_bad_points() -> None:
    """What is no point is an error with its place behind the page's good ones, or put aside; others stay."""
    answer = {
        UUID: {"time_series": [["2025-01-01 00:00:00", 1], ["yesterday", 2], ["2025-01-01 00:30:00", "x"], 7]}
    }
    times: Any = {"start_time": YEAR[0], "end_time": at("2025-01-02 00:00:00")}
    async with Server(good(answer)).client() as lastline:
        with pytest.raises(DecodeError) as caught:
            await lastline.metrics.get(RATE, **times).collect()
        assert (caught.value.path, caught.value.row) == (f"$.data.{UUID}.time_series[1][0]", 1)
        [page] = [page async for page in lastline.metrics.sample_rows(RATE, on_bad_row="skip", **times).pages()]
    assert len(page.items) == 1
    assert [row.raw for row in page.bad_rows] == [b'["yesterday",2]', b'["2025-01-01 00:30:00","x"]', b"7"]


@pytest.mark.parametrize(
    "data", [[1], "x", {UUID: {"time_series": {}}}, {UUID: []}, {"metrics": [{"time_series": []}]}, [{}]]
)
async def test_answers_of_another_shape(data: Any) -> None:
    """What is no answer at all is a DecodeError."""
    times: Any = {"start_time": YEAR[0], "end_time": at("2025-01-02 00:00:00")}
    async with Server(good(data)).client() as lastline:
        read = lastline.metrics.aggregate if isinstance(data, list) or "metrics" in data else lastline.metrics.get
        with pytest.raises(DecodeError):
            await read(RATE, **times).collect()


async def test_doubled_points_come_once() -> None:
    """A time that a series has twice comes once."""
    answer = {UUID: {"time_series": [["2025-01-01 00:00:00", 1], ["2025-01-01 00:00:00", 1]]}}
    async with Server(good(answer)).client() as lastline:
        rows = await lastline.metrics.get(RATE, start_time=YEAR[0], end_time=at("2025-01-02 00:00:00")).collect()
    assert len(rows) == 1


async def test_now_is_the_end_where_none_is_given() -> None:
    """Without an end it is the client's now, which is no part of the query: a walk is resumed at a later now."""
    clock = FakeClock()
    server = Server(good({}))
    async with server.client(clock=clock) as lastline:
        pager = lastline.metrics.get(RATE, start_time=at("2026-01-02 00:00:00"))
        await pager.collect()
        clock.time += 7200
        later = lastline.metrics.get(RATE, start_time=at("2026-01-02 00:00:00"))
        fixed = lastline.metrics.get(
            RATE, start_time=at("2026-01-02 00:00:00"), end_time=at("2026-01-03 00:00:00")
        )
    assert server.query["end_time"] == "2026-01-02 03:04:05"
    assert later.query == pager.query != fixed.query


async def test_earliest() -> None:
    """The earliest metrics are found by some ten lists, not more than a week too early; samples begin there."""
    first = seconds("2024-05-17 11:00:00")

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/metric/list.json"):
            return good([RATE] if seconds(request.url.params["end_time"]) > first else [])
        return good({})

    server = Server(answer)
    async with server.client(clock=FakeClock()) as lastline:
        with pytest.raises(InputError, match="earliest"):
            lastline.metrics.get(RATE)
        found = await lastline.metrics.earliest(appliance_type="SENSOR")
        assert found is not None
        assert 0 <= first - found.timestamp() <= 7 * 86_400
        assert len(server.requests) < 14
        assert server.query["appliance_type"] == "SENSOR"
        await lastline.metrics.get(RATE, appliance_type="SENSOR").first()
        asked = [each for each in server.requests if each.url.path.endswith("/metric/get.json")]
        assert seconds(asked[0].url.params["start_time"]) == found.timestamp()


async def test_earliest_of_some_is_not_that_of_others() -> None:
    """What was found for some appliances is the start for these; what was found for all, for any of one's own."""
    begins = {UUID: "2025-12-01 00:00:00", None: "2024-12-01 00:00:00"}

    def answer(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        if request.url.path.endswith("/metric/list.json"):
            return good([RATE] if query["end_time"] > begins[query.get("appliance_uuids")] else [])
        return good({})

    def start() -> int:
        asked = [each for each in server.requests if each.url.path.endswith("/metric/get.json")]
        return seconds(asked[-1].url.params["start_time"])

    server = Server(answer)
    async with server.client(clock=FakeClock()) as lastline:
        some = await lastline.metrics.earliest(appliance_uuids=iter([UUID]))
        assert some is not None
        assert 0 <= seconds(begins[UUID]) - some.timestamp() <= 7 * 86_400
        with pytest.raises(InputError, match="earliest"):
            lastline.metrics.get(RATE)
        every = await lastline.metrics.earliest()
        assert every is not None
        ways: list[tuple[Any, datetime]] = [
            ({}, every),
            ({"appliance_uuids": [UUID]}, some),
            ({"key_id": 7}, every),
        ]
        for selectors, found in ways:
            await lastline.metrics.get(RATE, end_time=found + timedelta(days=6), **selectors).first()
            assert start() == found.timestamp()
        with pytest.raises(InputError, match="earliest"):
            lastline.metrics.get(RATE, customer="else@example.org")


async def test_earliest_of_nothing() -> None:
    """Where there are no metrics there is no earliest, and samples are asked for once."""
    server = Server(good([]))
    async with server.client(clock=FakeClock()) as lastline:
        assert await lastline.metrics.earliest() is None
        assert await lastline.metrics.get(RATE).collect() == []
    assert len(server.requests) == 2
