"""How alarms are counted: a table of its own make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, cast

from tocsin.monasca.models.alarms import AlarmCount
from tocsin.monasca.resource import Link
from tocsin.paging.page import Shape
from tocsin.paging.strategies import fingerprint
from tocsin.transport.codec import Model


class _Line:
    """A count, and what the columns behind it say."""

    __slots__ = ("count", "values")

    def __init__(self, count: int, values: Sequence[str | None]) -> None:
        self.count = count
        self.values = values

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Raises ValueError for what is no such line."""
        if not isinstance(value, list) or not value:
            raise ValueError("expected a list with a count in front")
        count, *values = cast("list[object]", value)
        if not isinstance(count, int) or not all(each is None or isinstance(each, str) for each in values):
            raise ValueError("expected a whole number, and texts or null behind it")
        return cls(count, cast("list[str | None]", values))


class _Table(Model, frozen=True):
    columns: list[str]
    counts: list[_Line]
    links: list[Link] = []  # noqa: RUF012 - msgspec copies an empty default


def _rows(table: _Table) -> list[AlarmCount]:
    """The lines, but for that of a grouped count of nothing: what the server sends where there is no line at all,
    also behind the last page (seen on monasca-api 11.0.0)."""
    names = table.columns[1:]
    return [
        AlarmCount(line.count, dict(zip(names, line.values, strict=False)))
        for line in table.counts
        if line.count or not names
    ]


def _next(table: _Table) -> str | None:
    return next((link.href for link in table.links if link.rel == "next"), None)


def _total(_: _Table) -> None:
    return None


def _envelope(_: Any) -> Any:
    return _Table


SHAPE = Shape(envelope=_envelope, row=AlarmCount, mark=AlarmCount, rows=_rows, next=_next, total=_total)


def key(row: AlarmCount) -> str:
    """What tells a group from the others."""
    group: Mapping[str, str | None] = row.group
    return fingerprint(sorted(group.items()))
