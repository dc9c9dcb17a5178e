"""Servers in memory whose rows come, go and change places between two requests, and pagers of them."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from random import Random
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

from attrs import define, field, frozen

from tocsin.errors import TocsinError
from tocsin.options import CallOptions
from tocsin.paging import Checkpoint, Pager
from tocsin.paging.page import Shape
from tocsin.paging.pager import ListPager
from tocsin.paging.strategies import Strategy
from tocsin.paging.walk import Listing
from tocsin.transport.messages import Headers, Meta, Params, Request, Response

T = TypeVar("T")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@frozen
class Row:
    """A row as the caller gets it."""

    pk: int
    time: datetime


@frozen
class Envelope(Generic[T]):
    """A page as these servers send it."""

    results: list[T]
    next: str | None = None
    total: int | None = None


ENVELOPE: Any = Envelope
SHAPE = Shape(
    envelope=lambda row: ENVELOPE[row],
    row=Row,
    mark=Row,
    rows=attrgetter("results"),
    next=attrgetter("next"),
    total=attrgetter("total"),
)


def at(second: float) -> datetime:
    """A time on the servers' clock."""
    return EPOCH + timedelta(seconds=second)


Change = Callable[["World"], None]


@define
class World:
    """Rows, as (pk, seconds), in the server's order; before each request the next of `changes` happens."""

    rows: list[tuple[int, float]]
    changes: list[Sequence[Change]] = field(factory=list)
    stable: set[int] = field(init=False)
    fresh: int = 1_000_000

    def __attrs_post_init__(self) -> None:
        self.stable = {pk for pk, _ in self.rows}

    @classmethod
    def of(cls, times: Iterable[float], changes: Iterable[Sequence[Change]] = ()) -> World:
        return cls([(pk, when) for pk, when in enumerate(times, 1)], list(changes))

    def step(self) -> None:
        for change in self.changes.pop(0) if self.changes else ():
            change(self)

    def insert(self, place: float, second: float = 0.0) -> None:
        self.fresh += 1
        self.rows.insert(round(place * len(self.rows)), (self.fresh, second))

    def delete(self, place: float) -> None:
        if self.rows:
            pk, _ = self.rows.pop(min(int(place * len(self.rows)), len(self.rows) - 1))
            self.stable.discard(pk)


def insert(place: float, second: float = 0.0) -> Change:
    """A row comes in, at this part of the list."""
    return lambda world: world.insert(place, second)


def delete(place: float) -> Change:
    """The row at this part of the list goes."""
    return lambda world: world.delete(place)


Query = Mapping[str, str]
Answerer = Callable[[Query], Any]


def as_json(rows: Iterable[tuple[int, float]]) -> list[dict[str, Any]]:
    return [{"pk": pk, "time": at(second).isoformat()} for pk, second in rows]


def page(rows: Iterable[tuple[int, float]], *, next: str | None = None, total: int | None = None) -> Any:
    return {"results": as_json(rows), "next": next, "total": total}


def by_offset(world: World, *, total: bool = True, cap: int = 1000) -> Answerer:
    """Rows from a number on, at most `cap`."""

    def answer(query: Query) -> Any:
        world.step()
        start, count = int(query["offset"]), min(int(query["limit"]), cap)
        return page(world.rows[start : start + count], total=len(world.rows) if total else None)

    return answer


def by_number(
    world: World, *, first: int = 1, total: bool = True, links: bool = False, cap: int = 1000
) -> Answerer:
    """Pages by number, of at most `cap` rows."""

    def answer(query: Query) -> Any:
        world.step()
        size = min(int(query["per_page"]), cap)
        start = (int(query["page"]) - first) * size
        more = links and start + size < len(world.rows)
        return page(
            world.rows[start : start + size],
            next="https://elsewhere/?page=9" if more else None,
            total=len(world.rows) if total else None,
        )

    return answer


def by_link(world: World, *, size: int = 3) -> Answerer:
    """Links to what stands behind a row's pk; rows are in the order of their pks."""

    def answer(query: Query) -> Any:
        world.step()
        rows = sorted(row for row in world.rows if row[0] > int(query.get("after", "0")))
        after = urlencode({"after": str(rows[size - 1][0]), "limit": "9"}) if len(rows) > size else None
        return page(rows[:size], next=after and f"http://10.0.0.1/internal?{after}#x")

    return answer


def by_window(world: World, *, cap: int | None = None, closed: bool = False, seed: int = 0) -> Answerer:
    """Rows of a stretch of time, in any order; `closed` takes in its end, `cap` cuts it."""
    random = Random(seed)

    def answer(query: Query) -> Any:
        world.step()
        start, end = float(query["from"]), float(query["to"])
        rows = [row for row in world.rows if start <= row[1] < end or (closed and row[1] == end)]
        random.shuffle(rows)
        return page(rows[:cap])

    return answer


def bounds(start: datetime, end: datetime) -> Params:
    """A window as `by_window` is asked for it."""
    return (
        ("from", repr((start - EPOCH).total_seconds())),
        ("to", repr((end - EPOCH).total_seconds())),
    )


def by_cursor(world: World, *, cutoff: int = 1000, seed: int = 0) -> Answerer:
    """Django REST framework's CursorPagination by -time; each query has its own order of rows of one time."""
    random = Random(seed)

    def answer(query: Query) -> Any:
        world.step()
        size = int(query["page_size"])
        cursor = dict(parse_qsl(b64decode(query["cursor"]).decode())) if "cursor" in query else {}
        offset, position = min(int(cursor.get("o", "0")), cutoff), cursor.get("p")
        rows = sorted(world.rows, key=lambda row: (-row[1], random.random()))
        if position is not None:
            rows = [row for row in rows if at(row[1]) < datetime.fromisoformat(position)]
        got, behind = rows[offset : offset + size], rows[offset + size : offset + size + 1]
        if not behind:
            return page(got)
        return page(got, next=_next_link(got, behind[0][1], position, offset, size))

    return answer


def _next_link(
    got: Sequence[tuple[int, float]], following: float, position: str | None, offset: int, size: int
) -> str:
    compare, skip = following, 0
    for _, second in reversed(got):
        if second != compare:
            where: dict[str, str] = {"p": str(at(second))}
            break
        skip += 1
    else:
        skip = size if position is None and offset == 0 else offset + size
        where = {"p": position} if position is not None else {}
    if skip:
        where["o"] = str(skip)
    cursor = b64encode(urlencode(where).encode()).decode()
    return "http://testserver/api/v2/incidents/?" + urlencode({"cursor": cursor, "page_size": str(size)})


class FakePipeline:
    """Answers at once, from a function of the query; what it gives may be JSON, bytes, an error or awaitable."""

    def __init__(self, answer: Answerer) -> None:
        self.answer = answer
        self.sent: list[dict[str, str]] = []
        self.options: list[CallOptions] = []

    async def send(self, request: Request, **options: Any) -> Response:
        query = dict(request.params)
        self.sent.append(query)
        self.options.append(options)  # type: ignore[arg-type] # a TypedDict has no ** of its own
        value = self.answer(query)
        if isinstance(value, Awaitable):
            value = await value
        if isinstance(value, BaseException):
            raise value
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return Response(200, Headers(((b"Content-Type", b"application/json"),)), body, Meta())

    def stamp(self, error: TocsinError, request: Request, response: Response | None = None) -> TocsinError:
        error.method, error.url = request.method, request.target
        return error


def pager(
    answer: Answerer | FakePipeline,
    strategy: Strategy,
    *,
    row: type[Any] = Row,
    shape: Shape[Any] | None = None,
    params: Params = (),
    on_bad_row: Any = "raise",
    call: CallOptions | None = None,
) -> Pager[Any]:
    """A pager over one of these servers."""
    pipeline: Any = answer if isinstance(answer, FakePipeline) else FakePipeline(answer)
    if shape is None:
        shape = Shape(SHAPE.envelope, row, Row, SHAPE.rows, SHAPE.next, SHAPE.total)
    listing = Listing(
        Request("GET", "/rows", params), shape, strategy, attrgetter("pk"), attrgetter("time"), on_bad_row
    )
    return ListPager(pipeline, listing, call or {})


def run(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that never has to wait: no event loop, so that thousands of walks are quick."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


async def pks(rows: Any) -> list[int]:
    """The pks of all rows of an iterator."""
    return [row.pk async for row in rows]


def reloaded(checkpoint: Checkpoint | Mapping[str, Any]) -> Checkpoint:
    """A checkpoint that has been stored as JSON and read again."""
    value = checkpoint.to_json() if isinstance(checkpoint, Checkpoint) else checkpoint
    return Checkpoint.from_json(json.loads(json.dumps(value)))


def each_once(got: Sequence[int], stable: set[int]) -> bool:
    """Whether the stable rows are there, and no row twice."""
    return len(got) == len(set(got)) and stable <= set(got)
