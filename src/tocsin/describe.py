"""What a backend says of itself in one table, `Backend`: read by export, demo, check and lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast
from zlib import crc32

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


def in_shard(name: str, shard: Shard | None) -> bool:
    """Whether what has this name is in a part, of parts that have about as many names each; None is all."""
    return shard is None or crc32(name.encode()) % shard[1] == shard[0]


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
            return row_key(row.get(self.key))
        return row_key(tuple([row.get(name) for name in self.key]))


def row_key(value: object) -> RowKey | None:
    """The value of a row's key, or the values as a tuple, as what can be compared and put into a set."""
    if not isinstance(value, tuple):
        return _key_part(value)
    parts = tuple([_key_part(part) for part in cast("tuple[object, ...]", value)])
    return None if None in parts else cast("tuple[str | int, ...]", parts)


def _key_part(value: object) -> str | int | None:
    """An object or a list as its JSON."""
    if value is None or isinstance(value, str | int):
        return value
    return msgspec.json.encode(value, order="sorted").decode()


def _by_name(resources: Iterable[Resource[ClientT]]) -> Mapping[str, Resource[ClientT]]:
    return MappingProxyType({resource.name: resource for resource in resources})


@frozen(kw_only=True)
class Backend(Generic[ClientT]):
    """One API, as ``tocsin.NAME.describe.BACKEND`` has it.

    Attributes:
        client: the class of its client.
        resources: what can be read whole, by name.
        checks: what tells, in a few words, that a server is there and lets the client in; in the order to ask.
        lists: what the lists of the command line show, by their command.
        at: a client for a simulated server, by what that tells of itself.
        send_logs: sends log messages, all with the same dimensions; None where the API takes none.
    """

    client: type[ClientT]
    resources: Mapping[str, Resource[ClientT]] = field(converter=_by_name)
    checks: Mapping[str, Callable[[ClientT], Awaitable[str]]]
    lists: Mapping[str, str]
    at: Callable[[Mapping[str, str]], ClientT]
    send_logs: Callable[[ClientT, Sequence[str], Mapping[str, str]], Awaitable[None]] | None = None
