"""What notification methods, alarm definitions and alarms share: ids, and lists by the number of a row."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Generic, TypeVar, Unpack

from tocsin.monasca.resource import IdMark, MonascaService
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.transport.messages import Params, path

T = TypeVar("T")
RowT = TypeVar("RowT")

#: Rows a page, where the caller does not say.
PAGE = 1000


class Collection(MonascaService, Generic[RowT]):
    """Things of one kind that have ids, below one path."""

    _part: str
    _row: type[RowT]

    def _all(
        self, row: type[T], params: Params, page_size: int, on_bad_row: OnBadRow, call: CallOptions
    ) -> Pager[T]:
        where = path(self._part)
        return self._by_number(
            row, where, params, page_size, call, key=attrgetter("id"), mark=IdMark, on_bad_row=on_bad_row
        )

    async def get(self, id: str, **call: Unpack[CallOptions]) -> RowT:
        """One of them. Raises NotFoundError."""
        return await self._ask(self._row, "GET", path(self._part, id), call)

    async def delete(self, id: str, **call: Unpack[CallOptions]) -> None:
        """Delete it. Raises NotFoundError."""
        await self._delete(path(self._part, id), call)

    async def _create(self, body: Mapping[str, object], call: CallOptions) -> RowT:
        return await self._ask(self._row, "POST", path(self._part), call, json=body)

    async def _change(self, method: str, id: str, body: Mapping[str, object], call: CallOptions) -> RowT:
        """Change one of them; what it becomes does not depend on how often it is told."""
        return await self._ask(self._row, method, path(self._part, id), call, json=body, idempotent=True)
