"""The windows of one resource: they cover its time once, and are written down before anything is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from attrs import field, frozen

from tocsin.errors import BadRequestError, ConfigError, DecodeError, NotFoundError
from tocsin.export import files
from tocsin.export.source import Resource, Source
from tocsin.export.windows import cut
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
        rows: how many rows it had when it was planned, if the server told.
    """

    id: str
    since: datetime | None = None
    until: datetime | None = None
    rows: int | None = None


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
    """The partitions of one resource. `id` is in each of their receipts: those of another plan do not count."""

    query: Query
    partitions: Sequence[Partition]
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


def query(source: Source, resource: Resource, since: datetime | None, until: datetime | None) -> Query:
    """What is asked for; a resource without a time is always read whole."""
    if resource.time is None:
        since = until = None
    return Query(
        backend=source.client.backend,
        base_url=source.client.base_url,
        resource=resource.name,
        since=since and since.astimezone(UTC),
        until=until and until.astimezone(UTC),
    )


async def make(source: Source, resource: Resource, query: Query, parts: int) -> Plan:
    """Ask the server how its rows lie in time, and part them into up to `parts` windows of about equal rows.

    The first and the last window are as open as the query is, so that rows which come meanwhile fall into one.

    Raises TocsinError as requests do.
    """
    total = await _count(source, resource, query.since, query.until)
    cuts = list[datetime]()
    parts = min(parts, (total or 0) // SMALLEST)
    if resource.time is not None and parts > 1 and (newest := await _newest(source, resource, query)) is not None:
        cuts = await _cut(source, resource, query, total or 0, newest, parts)
    edges = [query.since, *cuts, query.until]
    partitions = [
        Partition(f"{number:03}", start, end, total if not cuts else None)
        for number, (start, end) in enumerate(pairwise(edges))
    ]
    if cuts:
        counts = [await _count(source, resource, each.since, each.until) for each in partitions]
        partitions = [
            Partition(each.id, each.since, each.until, rows) for each, rows in zip(partitions, counts, strict=True)
        ]
    return Plan(query=query, partitions=partitions)


async def _cut(
    source: Source, resource: Resource, query: Query, total: int, newest: datetime, parts: int
) -> list[datetime]:
    cutting = cut(total, newest, parts)
    try:
        when = next(cutting)
        while True:
            outside = query.since is not None and when <= query.since
            count = 0 if outside else await _count(source, resource, query.since, when)
            when = cutting.send(count or 0)
    except StopIteration as done:
        cuts: list[datetime] = done.value
        return cuts


async def _count(source: Source, resource: Resource, since: datetime | None, until: datetime | None) -> int | None:
    """None where the server cannot tell: that is no reason not to read."""
    try:
        return await resource.count(source.client, since=since, until=until)
    except (BadRequestError, NotFoundError, DecodeError):
        return None


async def _newest(source: Source, resource: Resource, query: Query) -> datetime | None:
    """The time of the first row, if rows have one."""
    pager = resource.pager(source.client, since=query.since, until=query.until, page_size=1, on_bad_row="skip")
    row = await pager.first()
    value: object = decoder(dict[str, Any]).decode(row).get(resource.time) if row is not None else None
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return when.astimezone(UTC) if when is not None and when.tzinfo is not None else None
