"""Log entries: walked from newest to oldest, and asked for one by one."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx
import pytest
from attrs import define, field
from hypothesis import given, settings, strategies as st
from tests.backends.lastline.server import OTHER, UUID, Server, at, bad, good, seconds, spelled
from tests.transport.fakes import FakeClock

from tocsin.errors import DecodeError, PagingError, PagingLoopError
from tocsin.lastline import LastlineError, LogEntry, LogEntryInfo
from tocsin.lastline.backwards import WIDEST
from tocsin.paging.checkpoint import Checkpoint

pytestmark = pytest.mark.anyio

#: The time that the tests ask for, in seconds since 1970.
FROM, UNTIL = seconds("2026-01-01 00:00:00"), seconds("2026-01-02 00:00:00")
TIMES: Any = {"start_time": at("2026-01-01 00:00:00"), "end_time": at("2026-01-02 00:00:00")}


DAY = timedelta(days=1)
#: An answer without entries.
NOTHING = good({"log_entries": []})


def entry(number: int, start: int, end: int | None = None, **more: Any) -> dict[str, Any]:
    """An entry as the server sends it; times in seconds behind the start of what is asked for."""
    return {
        "log_entry_uuid": f"{number:032x}",
        "appliance_uuid": UUID,
        "start_time": spelled(FROM + start),
        "end_time": spelled(FROM + (start if end is None else end)),
        "message": "OK",
        "impact": 10,
        "count": 3,
        "log_identifier": "db.replication",
        **more,
    }


@define
class LogServer:
    """A model of get_log, by the API's page, with what that leaves open to choose.

    Attributes:
        entries: all there are.
        by: which time they are sorted by.
        closed: whether an entry that begins at the very end belongs to the answer.
        after: whether one that was reported last at the very start does not.
        most: as many as it gives at most.
        steady: whether entries of one time always come in the same order.
    """

    entries: list[dict[str, Any]]
    by: str = "start_time"
    closed: bool = False
    most: int | None = None
    steady: bool = False
    after: bool = False
    asked: list[tuple[int, int]] = field(factory=list[tuple[int, int]])
    _random: random.Random = field(factory=lambda: random.Random(7))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = request.url.params
        start, end, limit = query["start_time"], query["end_time"], int(query["limit"])
        assert start < end
        self.asked.append((seconds(end), limit))
        found = [
            each
            for each in self.entries
            if (each["end_time"] > start or (not self.after and each["end_time"] == start))
            and (each["start_time"] < end or (self.closed and each["start_time"] == end))
        ]
        if not self.steady:
            self._random.shuffle(found)
        found.sort(key=lambda each: str(each[self.by]), reverse=True)
        return good(
            {"log_entries": found[: min(limit, self.most or limit)], "appliances": [], "log_entry_info": []}
        )

    def collect(self, **options: Any) -> list[str]:
        """The uuids of all entries, walked to the end."""

        async def work() -> list[str]:
            async with Server(self).client() as lastline:
                return [
                    str(each.log_entry_uuid) for each in await lastline.logs.list(**TIMES, **options).collect()
                ]

        return anyio.run(work)


@st.composite
def worlds(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Entries of few seconds and many, short and long."""
    span = draw(st.sampled_from([3, 40, 86_000]))
    return [
        entry(number, start, start + length)
        for number, (start, length) in enumerate(
            draw(st.lists(st.tuples(st.integers(-20, span), st.sampled_from([0, 0, 0, 1, 30, 9000])), max_size=60))
        )
        if start + length >= 0
    ]


def crowd(entries: list[dict[str, Any]]) -> int:
    """The most entries that reach over two seconds together."""
    times = {seconds(each[name]) for each in entries for name in ("start_time", "end_time")} | {FROM}
    return max(
        (
            sum(seconds(each["start_time"]) <= time + 1 and seconds(each["end_time"]) >= time for each in entries)
            for time in times
        ),
        default=0,
    )


@settings(deadline=None, max_examples=250)
@given(
    worlds(),
    st.sampled_from(["start_time", "end_time"]),
    st.booleans(),
    st.sampled_from([1, 2, 3, 7, 20, 1000]),
    st.sampled_from([None, 2, 5, 15, 40]),
    st.integers(0, 70),
    st.booleans(),
)
def test_every_entry_once(
    entries: list[dict[str, Any]], by: str, closed: bool, limit: int, most: int | None, stop: int, raw: bool
) -> None:
    """Whichever time they are sorted by, however many share a second, each entry comes once, resumed anywhere."""
    model = LogServer(entries, by, closed, most)

    async def work() -> list[str]:
        async with Server(model).client() as lastline:
            service: Any = lastline.logs
            pager = (service.rows if raw else service.list)(**TIMES, page_size=limit)
            got, items = [], aiter(pager)
            for _ in range(stop):
                try:
                    got.append(await anext(items))
                except StopAsyncIteration:
                    break
            place = Checkpoint.from_json(items.checkpoint.to_json())
            got += await pager.resume(place).collect()
        return [
            each.log_entry_uuid
            if isinstance(each, LogEntry)
            else httpx.Response(200, content=each).json()["log_entry_uuid"]
            for each in got
        ]

    try:
        got = anyio.run(work)
    except PagingError:
        assert most is not None
        assert crowd(entries) >= most
        return
    counted = Counter(got)
    assert not counted or max(counted.values()) == 1
    if most is None or crowd(entries) < most:
        assert counted.keys() == {each["log_entry_uuid"] for each in entries}


def test_an_empty_log_is_asked_for_once() -> None:
    """Where there is nothing, one answer says so."""
    model = LogServer([])
    assert model.collect() == []
    assert len(model.asked) == 1


def test_newest_first() -> None:
    """Entries come in the server's order, over the pages."""
    model = LogServer([entry(number, 10 * number) for number in range(50)])
    assert model.collect(page_size=20) == [f"{number:032x}" for number in reversed(range(50))]
    assert [limit for _, limit in model.asked] == [20] * len(model.asked)


def test_many_of_one_second() -> None:
    """A page whose entries all share a second is asked for with twice the limit, until it shows what is before."""
    model = LogServer([entry(number, 7) for number in range(90)] + [entry(100, 3)], steady=True)
    assert len(set(model.collect(page_size=10))) == 91
    assert [limit for _, limit in model.asked][:4] == [10, 10, 20, 20]


def test_more_of_one_second_than_the_server_gives() -> None:
    """Where the server gives no more at once, it is an error that says what to do."""
    model = LogServer([entry(number, 7) for number in range(90)], most=50)
    with pytest.raises(PagingError, match=r"no more than 50 entries.*2026-01-01 00:00:07 UTC.*select fewer"):
        model.collect(page_size=50)


def test_a_limit_of_the_server_that_other_pages_show() -> None:
    """A limit below what is asked for is learned from pages that were not the last."""
    model = LogServer([entry(number, 100 + number if number < 60 else 7) for number in range(120)], most=20)
    with pytest.raises(PagingError, match="no more than 20 entries"):
        model.collect(page_size=50)


def test_a_page_sorted_by_neither_time() -> None:
    """A full page in another order cannot be gone on from; one that has all is fine."""
    odd = [entry(1, 5, 9), entry(2, 8, 8), entry(3, 6, 20)]
    for limit, fine in ((3, False), (10, True)):

        async def work(limit: int = limit) -> list[LogEntry]:
            async with Server(good({"log_entries": odd}), NOTHING).client() as lastline:
                return await lastline.logs.list(**TIMES, page_size=limit).collect()

        if fine:
            assert len(anyio.run(work)) == 3
        else:
            with pytest.raises(PagingError, match="neither by start_time nor by end_time"):
                anyio.run(work)


def test_limits_end_somewhere() -> None:
    """The limit grows to the widest page, and no further."""
    same = [entry(number, 7) for number in range(WIDEST + 1)]
    model = LogServer(same)
    with pytest.raises(PagingError, match=f"no more than {WIDEST} entries"):
        model.collect(page_size=WIDEST)


async def test_an_entry_that_grows_comes_once() -> None:
    """An entry that is reported again during the walk keeps its uuid, and is not handed out again."""
    model = LogServer([entry(number, 10 * number) for number in range(10)], "end_time")
    got: list[LogEntry] = []
    async with Server(model).client() as lastline:
        async for each in lastline.logs.list(**TIMES, page_size=3):
            got.append(each)
            model.entries[1]["end_time"] = spelled(FROM + 500)
            model.entries[8]["count"] = 99
    assert sorted(Counter(each.log_entry_uuid for each in got).values()) == [1] * 10


async def test_entries_without_a_uuid() -> None:
    """Without uuids, entries are told apart by appliance, identifier, start and message."""
    bare = [{**entry(0, 7, 7, message=f"m{number}"), "log_entry_uuid": None} for number in range(5)]
    bare += [{**entry(0, 7, 7, message="m0"), "log_entry_uuid": None, "count": 4}]
    model = LogServer(bare)
    async with Server(model).client() as lastline:
        got = await lastline.logs.list(**TIMES, page_size=2).collect()
    assert sorted(each.message for each in got) == ["m0", "m1", "m2", "m3", "m4"]


async def test_only_those_that_begin_in_the_time() -> None:
    """With `beginning`, entries that only reach into the time are left out."""
    model = LogServer([entry(1, -20, 30), entry(2, 5), entry(3, 86_399, 90_000)])
    async with Server(model).client() as lastline:
        both = [
            [each.start_time async for each in lastline.logs.list(**TIMES, beginning=beginning)]
            for beginning in (False, True)
        ]
    assert [len(each) for each in both] == [3, 2]
    assert min(both[1]) >= TIMES["start_time"]


@pytest.mark.parametrize("after", [False, True])
async def test_what_begins_at_the_very_start(after: bool) -> None:
    """Times that lie side by side have each entry once, whether the server takes a start for a part of them."""
    model = LogServer([entry(number, second) for number, second in enumerate([-1, 0, 0, 1])], after=after)
    cut = TIMES["start_time"]
    async with Server(model).client() as lastline:
        got = [
            [each.log_entry_uuid async for each in lastline.logs.list(**TIMES, beginning=True)],
            [
                each.log_entry_uuid
                async for each in lastline.logs.list(start_time=cut - DAY, end_time=cut, beginning=True)
            ],
        ]
    assert [sorted(int(uuid or "") for uuid in some) for some in got] == [[1, 2, 3], [0]]


async def test_what_is_told_beside_entries_is_put_into_them() -> None:
    """Component, names and appliance are found by the entry; where there is nothing, they are None."""
    info = {"component": "Mail", "displayname": "Submission of Artifacts"}
    answer = {
        "log_entries": [entry(1, 9), entry(2, 8, log_identifier="x"), entry(3, 7, appliance_uuid=OTHER)],
        "appliances": {UUID: {"appliance_type": "SENSOR", "access_key": "ACCESS-KEY-1"}},
        "log_entry_info": {UUID: {"db.replication": info}, OTHER: []},
    }
    async with Server(good(answer), NOTHING).client() as lastline:
        first, second, third = await lastline.logs.list(**TIMES).collect()
    assert first.info == LogEntryInfo("Mail", "Submission of Artifacts", None)
    assert first.appliance == answer["appliances"][UUID]  # type: ignore[index]
    assert (second.info, third.info, third.appliance) == (None, None, None)
    assert "ACCESS-KEY-1" not in repr(first)
    assert "Submission of Artifacts" in repr(first)


@pytest.mark.parametrize(
    "beside",
    [
        {"appliances": None, "log_entry_info": None},
        {"appliances": {UUID: []}, "log_entry_info": {UUID: []}},
        {"appliances": {UUID: None}, "log_entry_info": {UUID: None}},
        {"log_entry_info": {UUID: {"db.replication": []}}},
        {"log_entry_info": {UUID: {"db.replication": None}}},
    ],
)
async def test_nothing_told_beside_entries(beside: dict[str, Any]) -> None:
    """Nothing is an empty list or null in places, and keeps no entry back."""
    async with Server(good({"log_entries": [entry(1, 5)], **beside})).client() as lastline:
        got = await lastline.logs.list(**TIMES).first()
    assert got is not None
    assert (got.appliance, got.info) == (None, None)


async def test_info_with_nulls() -> None:
    """Of what is told of an identifier, any part may be null."""
    info = {UUID: {"db.replication": {"component": "Database", "displayname": None, "description": None}}}
    async with Server(good({"log_entries": [entry(1, 5)], "log_entry_info": info})).client() as lastline:
        got = await lastline.logs.list(**TIMES).first()
    assert got is not None
    assert got.info == LogEntryInfo("Database")


async def test_bad_entries() -> None:
    """An entry without times is an error behind those before it, or put aside."""
    rows = [entry(1, 9), {"message": "no times"}, entry(2, 8)]
    async with Server(good({"log_entries": rows}), good({"log_entries": rows}), NOTHING).client() as lastline:
        with pytest.raises(DecodeError) as caught:
            await lastline.logs.list(**TIMES).collect()
        assert caught.value.path == "$.data.log_entries[1]"
        pages = [page async for page in lastline.logs.rows(on_bad_row="skip", **TIMES).pages()]
    assert [len(page.items) for page in pages] == [2, 0]
    assert len(pages[0].bad_rows) == 1


async def test_a_server_that_ignores_the_end() -> None:
    """A server that sends what begins after the end that it was given would be asked for ever: an error."""
    same = good({"log_entries": [entry(2, 500), entry(1, 9)]})
    async with Server(same).client() as lastline:
        with pytest.raises(PagingLoopError, match="begin after 2026-01-01 00:00:10 UTC"):
            await lastline.logs.list(**TIMES).collect()


async def test_nothing_but_bad_entries() -> None:
    """A page without any time to go on from is an error."""
    async with Server(good({"log_entries": [{"message": "x"}]})).client() as lastline:
        with pytest.raises(PagingError, match="none of the 1 entries"):
            await lastline.logs.list(on_bad_row="skip", **TIMES).collect()


async def test_all_filters_as_sent() -> None:
    """What selects entries is sent as the API's page has it; lists by commas, one value as it is."""
    server = Server(good({"log_entries": []}))
    async with server.client() as lastline:
        await lastline.logs.list(
            **TIMES,
            identifiers=["db.replication", "llmail.analysis.submission"],
            min_impact=0,
            max_impact=100,
            message_contains="100% = bad, & so",
            components="Mail",
            appliance_type="ENGINE",
            page_size=500,
        ).collect()
    assert server.query == {
        "start_time": "2026-01-01 00:00:00",
        "end_time": "2026-01-02 00:00:00",
        "timezone": "UTC",
        "identifiers": "db.replication,llmail.analysis.submission",
        "min_impact": "0",
        "max_impact": "100",
        "message_contains": "100% = bad, & so",
        "components": "Mail",
        "appliance_type": "ENGINE",
        "limit": "500",
    }


async def test_without_times_all_is_asked_for() -> None:
    """Without a start the log is asked for from 2010 on, without an end until now, and a later now resumes it."""
    clock = FakeClock()
    server = Server(LogServer([entry(1, 9), entry(2, 8), entry(3, 7)]))
    async with server.client(clock=clock) as lastline:
        items = aiter(lastline.logs.list(page_size=2))
        await anext(items)
        clock.time += 3600
        rest = await lastline.logs.list(page_size=2).resume(items.checkpoint).collect()
    first = server.requests[0].url.params
    assert (first["start_time"], first["end_time"]) == ("2010-01-01 00:00:00", "2026-01-02 03:04:05")
    assert len(rest) == 2
    assert datetime.fromtimestamp(FROM, UTC).year == 2026


@pytest.mark.parametrize("wrapped", [True, False])
async def test_get_in_both_readings(wrapped: bool) -> None:
    """One entry is read in "log_entry", as in the page's example, and bare, as in its text."""
    one = entry(1, 9)
    server = Server(good({"log_entry": one} if wrapped else one))
    async with server.client() as lastline:
        found = await lastline.logs.get(f"{1:032x}")
    assert (found.log_entry_uuid, found.start_time) == (f"{1:032x}", at("2026-01-01 00:00:09"))
    assert server.query == {"log_entry_uuid": f"{1:032x}", "timezone": "UTC"}


@pytest.mark.parametrize("data", [{}, [], "x", {"log_entry": {"message": "m"}}])
async def test_get_of_another_shape(data: object) -> None:
    """What is no entry is a DecodeError that names the request."""
    async with Server(good(data)).client() as lastline:
        with pytest.raises(DecodeError) as caught:
            await lastline.logs.get("u1")
    assert "get_entry" in str(caught.value.url)


async def test_get_of_nothing() -> None:
    """An unknown entry is the server's error, whatever its code."""
    async with Server(bad(1, "no such log entry")).client() as lastline:
        with pytest.raises(LastlineError, match="no such log entry"):
            await lastline.logs.get("u1")
