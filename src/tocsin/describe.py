"""What a backend's table of readable resources is made of: read by export, demo, check and lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

import msgspec
from attrs import field, frozen

from tocsin.errors import InputError
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.service import Client

ClientT = TypeVar("ClientT", bound=Client)

#: One of so many parts of a resource, from 0.
Shard = tuple[int, int]
#: What tells a row from the others of its resource.
RowKey = str | int | tuple[str | int, ...]


@frozen(kw_only=True)
class Selection:
    """Which rows of a resource, and how they are read; what is None is the backend's choice.

    Attributes:
        since, until: aware times: ``since <= time < until``.
        where: values of the resource's filters, as text.
        shard: one part of them.
    """

    since: datetime | None = None
    until: datetime | None = None
    where: Mapping[str, str] = field(factory=dict[str, str])
    shard: Shard | None = None
    page_size: int | None = None
    on_bad_row: OnBadRow = "raise"


@frozen(kw_only=True)
class Resource(Generic[ClientT]):
    """What can be read whole.

    Attributes:
        name: as the client calls its service object, or the thing.
        read: gives its rows, each as the JSON that the server sent; newest first where `total` counts by time.
        key: the field that tells rows apart, or the fields that do together.
        time: the field that windows bound, and which never changes; None where the API has no such filter.
        total: counts its rows, where the server can.
        filters: what may select rows besides the time.
        columns: what a list shows of a row; parts of what is nested with dots.
        sharded: whether it can be read in parts of about equal size, side by side.
        prepare: what has to be known before `read` can tell how; awaited first by all who read.
        offered: whether this server has it at all, asked after `prepare`; None where all have.
    """

    name: str
    read: Callable[[ClientT, Selection], Pager[bytes]]
    key: str | tuple[str, ...] = "id"
    time: str | None = None
    total: Callable[[ClientT, Selection], Awaitable[int]] | None = None
    filters: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()
    sharded: bool = False
    prepare: Callable[[ClientT], Awaitable[None]] | None = None
    offered: Callable[[ClientT], bool] | None = None

    async def ready(self, client: ClientT) -> bool:
        """Find out what `pager` needs to know; whether this server has such rows. Raises as requests do."""
        if self.prepare is not None:
            await self.prepare(client)
        return self.offered is None or self.offered(client)

    def pager(
        self,
        client: ClientT,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        where: Mapping[str, str] | None = None,
        shard: Shard | None = None,
        page_size: int | None = None,
        on_bad_row: OnBadRow = "raise",
    ) -> Pager[bytes]:
        """The rows selected; see `Selection`.

        Raises InputError for times where there is no `time`, an unknown filter, a shard where there are none.
        """
        selection = Selection(
            since=since, until=until, where=where or {}, shard=shard, page_size=page_size, on_bad_row=on_bad_row
        )
        self._check(selection)
        return self.read(client, selection)

    async def count(
        self, client: ClientT, *, since: datetime | None = None, until: datetime | None = None
    ) -> int | None:
        """How many rows that is; None where the server does not tell."""
        if self.total is None:
            return None
        selection = Selection(since=since, until=until)
        self._check(selection)
        return await self.total(client, selection)

    def _check(self, selection: Selection) -> None:
        if self.time is None and (selection.since is not None or selection.until is not None):
            raise InputError(f"the server cannot select {self.name} by time")
        if unknown := sorted(selection.where.keys() - self.filters):
            allowed = ", ".join(sorted(self.filters)) or "none"
            raise InputError(f"{self.name} have no filter {', '.join(unknown)}; there are: {allowed}")
        if selection.shard is not None and (not self.sharded or selection.where):
            raise InputError(f"{self.name} cannot be read in parts{' with a filter' if self.sharded else ''}")

    def key_of(self, row: Mapping[str, Any]) -> RowKey | None:
        """A row's `key`; a tuple where it has several fields, and None where one is missing."""
        if isinstance(self.key, str):
            return key_part(row.get(self.key))
        values = tuple([key_part(row.get(name)) for name in self.key])
        return None if None in values else cast("tuple[str | int, ...]", values)


def key_part(value: object) -> str | int | None:
    """A value as a part of a key: what can be compared and put into a set; an object or a list as its JSON."""
    if value is None or isinstance(value, str | int):
        return value
    return msgspec.json.encode(value, order="sorted").decode()
