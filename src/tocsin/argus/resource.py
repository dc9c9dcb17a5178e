"""What the service objects of Argus share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar, Unpack

from tocsin.argus.inputs import moment, pk as check_pk
from tocsin.argus.paging import array_shape, cursor_shape
from tocsin.forms import Form, whole
from tocsin.options import CallOptions
from tocsin.paging.drf import DrfCursor
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.paging.strategies import Strategy
from tocsin.service import Service
from tocsin.transport.codec import Model
from tocsin.transport.messages import Params, path

T = TypeVar("T")
RowT = TypeVar("RowT")
KeyT = TypeVar("KeyT", int, str)


class PkMark(Model, frozen=True):
    """What a walk needs of a row that is left as JSON: its key."""

    pk: int


class NameMark(Model, frozen=True):
    """The key of source types."""

    name: str


class SlugMark(Model, frozen=True):
    """The key of media."""

    slug: str


def at(*parts: str | int) -> str:
    """The path of these parts; a number among them is a pk.

    Raises InputError for a pk below 1, or a part that cannot be one.
    """
    for part in parts:
        if not isinstance(part, str):
            check_pk("pk", part)
    return path(*parts, slash=True)


class ArgusService(Service):
    """A group of calls of Argus. Every path ends in a slash: without one the server redirects, even a POST."""

    def _array(
        self,
        row: type[T],
        where: str,
        call: CallOptions,
        *,
        on_bad_row: OnBadRow = "raise",
        mark: type[Any] = PkMark,
        key: str = "pk",
    ) -> Pager[T]:
        """A list that the server sends whole."""
        shape = array_shape(row, mark)
        return self._list(shape, where, (), Strategy(), call, key=attrgetter(key), on_bad_row=on_bad_row)

    def _cursor(
        self,
        row: type[T],
        where: str,
        params: Params,
        call: CallOptions,
        *,
        order: str,
        mark: type[Any],
        page_size: int,
        on_bad_row: OnBadRow,
    ) -> Pager[T]:
        """A list that comes in cursor pages, newest first by the field `order`."""
        strategy = DrfCursor(whole(1)("page_size", page_size))
        return self._list(
            cursor_shape(row, mark),
            where,
            params,
            strategy,
            call,
            key=attrgetter("pk"),
            order=attrgetter(order),
            on_bad_row=on_bad_row,
        )

    def _timestamp(self, given: datetime | None) -> str:
        """An aware time as a body has it; now where none is given."""
        return moment("timestamp", self._pipeline.link.clock.now() if given is None else given)


class Collection(ArgusService, Generic[RowT, KeyT]):
    """Things of one kind that the server lists whole."""

    _parts: tuple[str, ...]
    _row: type[RowT]
    _mark: type[Any] = PkMark
    _key = "pk"

    def list(self, *, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]) -> Pager[RowT]:
        """All that one may see, in one page.

        Args:
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
        """
        where = at(*self._parts)
        return self._array(self._row, where, call, on_bad_row=on_bad_row, mark=self._mark, key=self._key)

    def rows(self, *, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]) -> Pager[bytes]:
        """As `list`, each as the JSON that the server sent: nothing is lost, nothing decoded."""
        where = at(*self._parts)
        return self._array(bytes, where, call, on_bad_row=on_bad_row, mark=self._mark, key=self._key)

    async def get(self, pk: KeyT, **call: Unpack[CallOptions]) -> RowT:
        """One of them, by its key. Raises NotFoundError, also for one that one may not see."""
        return await self._ask(self._row, "GET", at(*self._parts, pk), call)

    async def _write(self, method: str, form: Form, fields: Mapping[str, object], *key: KeyT) -> RowT:
        """Send the fields; what they replace or update may be sent again."""
        body, call = form.read(fields)
        again = method != "POST"
        return await self._ask(self._row, method, at(*self._parts, *key), call, json=body, idempotent=again)


class Erasable(Collection[RowT, KeyT]):
    """Things that can be deleted."""

    async def delete(self, pk: KeyT, **call: Unpack[CallOptions]) -> None:
        """Delete it. Raises NotFoundError; BadRequestError where something else is in need of it."""
        await self._delete(at(*self._parts, pk), call)
