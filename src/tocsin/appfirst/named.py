"""Collections whose lists take a filter by name: server tags, server sets."""

from __future__ import annotations

from typing import TypeVar, Unpack

from tocsin.appfirst.resource import PAGE, Collection, at
from tocsin.forms import Form, filled
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager

RowT = TypeVar("RowT")


class NameQuery(CallOptions, total=False):
    """Which of them, and what every call takes.

    filter: what names are to match; how is not published.
    """

    filter: str


_FILTERS = Form({"filter": filled})


class Named(Collection[RowT]):
    """Things that can be looked for by name."""

    def list(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **filters: Unpack[NameQuery]
    ) -> Pager[RowT]:
        """All of them, or those whose name matches.

        Args:
            page_size: 1 to 2500.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            filters: see `NameQuery`.
        """
        params, call = _FILTERS.query(filters)
        return self._all(self._row, params, page_size, on_bad_row, call)

    def rows(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **filters: Unpack[NameQuery]
    ) -> Pager[bytes]:
        """As `list`, each as the JSON that the server sent: nothing is lost, nothing decoded."""
        params, call = _FILTERS.query(filters)
        return self._all(bytes, params, page_size, on_bad_row, call)

    async def count(self, **filters: Unpack[NameQuery]) -> int:
        """How many `list` would give. Raises NotSupported where the server does not count."""
        params, call = _FILTERS.query(filters)
        return await self._count(at(self._part), params, call)
