"""The windows of one resource: they cover its time once, and are written down before anything is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import msgspec
from attrs import field, frozen

from tocsin.describe import Shard
from tocsin.errors import (
    BadRequestError,
    ConfigError,
    DecodeError,
    NotFoundError,
    NotSupported,
    TocsinError,
)
from tocsin.export import files
from tocsin.export.source import AnyResource, Source
from tocsin.export.windows import Cutting, Point, cut
from tocsin.transport.codec import decoder

PLAN = "plan.json"
VERSION = 1
#: A window of fewer rows is not worth a walk of its own.
SMALLEST = 500


@frozen
class Partition:
    """One window of a resource: rows with ``since <= time < until``; None is open.

    Attributes:
        id: the name of its folder.
        shard: which part of the window's rows, where a resource has parts.
        rows: how many rows it had when it was planned, if the server told.
    """

    id: str
    since: datetime | None = None
    until: datetime | None = None
    rows: int | None = None
    shard: Shard | None = None


@frozen(kw_only=True)
class Query:
    """What was asked for; a plan serves one query only."""

    backend: str
    base_url: str
    resource: str
    since: datetime | None = None
    until: datetime | None = None


@frozen(kw_only=True)
class Plan:
    """The partitions of one resource. `id` is in each of their receipts: those of another plan do not count.

    Attributes:
        made: when the server was first asked, in UTC.
    """

    query: Query
    partitions: Sequence[Partition]
    made: datetime
    id: str = field(factory=lambda: uuid4().hex)
    version: int = VERSION


# Attrs classes with sequences: msgspec reads them as they are, pyright cannot see that.
_decoder: Any = decoder(Plan)


def load(folder: Path, query: Query) -> Plan | None:
    """The plan that a folder has for `query`, if it has one.

    Raises ConfigError if it has one for another query, or one that cannot be read.
    """
    path = folder / PLAN
    try:
        plan: Plan = _decoder.decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise ConfigError(f"{path} is no plan of an export ({error}); export to another folder") from None
    if plan.version != VERSION:
        raise ConfigError(f"{path} has version {plan.version}; this one reads version {VERSION}")
    if plan.query != query:
        raise ConfigError(f"{folder} holds another export ({_difference(plan.query, query)}): {OVER_AGAIN}")
    return plan


OVER_AGAIN = "export to another folder, or start over with --fresh (fresh=True)"


def _difference(had: Query, wanted: Query) -> str:
    names = ("backend", "base_url", "resource", "since", "until")
    pairs = [(name, getattr(had, name), getattr(wanted, name)) for name in names]
    return ", ".join(f"{name} was {old}, is {new}" for name, old, new in pairs if old != new)


def save(folder: Path, plan: Plan) -> None:
    """Write the plan down, for good, in place of an older one."""
    files.write(folder / PLAN, msgspec.json.format(msgspec.json.encode(plan), indent=1) + b"\n")


def query(source: Source, resource: AnyResource, since: datetime | None, until: datetime | None) -> Query:
    """What is asked for; a resource without a time is always read whole."""
    if resource.time is None:
        since = until = None
    return Query(
        backend=source.client.backend,
        base_url=source.client.address,
        resource=resource.name,
        since=since and since.astimezone(UTC),
        until=until and until.astimezone(UTC),
    )


async def make(source: Source, resource: AnyResource, query: Query, parts: int) -> Plan:
    """Ask the server how its rows lie in time, and part them into up to `parts` windows of about equal rows.

    A resource that has parts of its own is read in these instead.

    The first and the last window are as open as the query is, so that rows which come meanwhile fall into one.

    Raises TocsinError as requests do.
    """
    made = datetime.now(UTC)
    if resource.sharded:
        shards = [
            Partition(f"{number:03}", query.since, query.until, shard=(number, parts)) for number in range(parts)
        ]
        return Plan(query=query, partitions=shards, made=made)
    total = await _count(source, resource, query.since, query.until)
    cuts = list[Point]()
    parts = min(parts, (total or 0) // SMALLEST) if resource.time is not None else 1
    if total is not None and parts > 1 and (newest := await _newest(source, resource, query)) is not None:
        cuts = await _cut(source, resource, query, cut(total, newest, parts))
    edges = [(query.since, 0), *cuts, (query.until, total)]
    partitions = [
        Partition(f"{number:03}", start, end, after - before if after is not None and before is not None else None)
        for number, ((start, before), (end, after)) in enumerate(pairwise(edges))
    ]
    return Plan(query=query, partitions=partitions, made=made)


async def _cut(source: Source, resource: AnyResource, query: Query, cutting: Cutting) -> list[Point]:
    """Count what the cutting asks for, side by side."""
    counts = dict[datetime, int]()

    async def count(when: datetime) -> None:
        outside = query.since is not None and when <= query.since
        counts[when] = 0 if outside else await _count(source, resource, query.since, when) or 0

    try:
        asks = next(cutting)
        while True:
            await _side_by_side([partial(count, when) for when in asks])
            asks = cutting.send([counts[when] for when in asks])
    except StopIteration as done:
        cuts: list[Point] = done.value
        return cuts


async def _side_by_side(calls: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Do all of them; the first TocsinError is raised as it is."""
    errors = list[TocsinError]()

    async def one(call: Callable[[], Awaitable[None]]) -> None:
        try:
            await call()
        except TocsinError as error:
            errors.append(error)
            tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        for call in calls:
            tasks.start_soon(one, call)
    if errors:
        raise errors[0]


async def _count(
    source: Source, resource: AnyResource, since: datetime | None, until: datetime | None
) -> int | None:
    """None where the server cannot tell: that is no reason not to read."""
    try:
        return await resource.count(source.client, since=since, until=until)
    except (BadRequestError, NotFoundError, NotSupported, DecodeError):
        return None


async def _newest(source: Source, resource: AnyResource, query: Query) -> datetime | None:
    """The time of the first row, if rows have one."""
    pager = resource.pager(source.client, since=query.since, until=query.until, page_size=1, on_bad_row="skip")
    row = await pager.first()
    value: object = decoder(dict[str, Any]).decode(row).get(resource.time) if row is not None else None
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return when.astimezone(UTC) if when is not None and when.tzinfo is not None else None
