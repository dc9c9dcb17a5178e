"""What the service objects of ACS Monitor share."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar

from tocsin import forms
from tocsin.acsmonitor.replies import Pages, one, shape
from tocsin.errors import DecodeError
from tocsin.options import CallOptions
from tocsin.paging.checkpoint import Key
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.service import Service, build
from tocsin.transport.codec import Model
from tocsin.transport.messages import Params, Request, path

T = TypeVar("T")

#: Rows a page, where the caller does not say. The vendor's samples ask for as many; the server's largest page is
#: not published, and a shorter one than was asked for is taken as it comes.
PAGE_SIZE = 100


class IdMark(Model, frozen=True):
    """What a walk needs of a row that is left as JSON: its id."""

    id: int | str


def at(*parts: str | int) -> str:
    """The path of these parts; a number among them is an id.

    Raises InputError for an id below 1, or a part that cannot be one.
    """
    for part in parts:
        if not isinstance(part, str):
            forms.whole(1)("id", part)
    return path(*parts)


class AcsService(Service):
    """A group of calls of ACS Monitor."""

    async def _call(self, into: type[T], request: Request, call: CallOptions) -> T:
        """Send, and read the answer as one thing; see `one`."""
        response = await self._pipeline.send(request, **call)
        try:
            return one(into, response)
        except DecodeError as error:
            failure = error
        raise self._pipeline.stamp(failure, request, response)

    async def _change(
        self, into: type[T], method: str, where: str, then: str, call: CallOptions, *, json: object
    ) -> T:
        """Change a thing, and what it is then.

        Whether the server answers with the thing is not published: where it does not, the thing is read.

        Args:
            then: where the thing is.
        """
        response = await self._pipeline.send(build(method, where, json=json), **call)
        try:
            return one(into, response)
        except DecodeError:
            pass
        call = call.copy()
        call.pop("extra_params", None)  # they were for the change
        return await self._ask(into, "GET", then, call)

    async def _mapping(self, where: str, params: Params, call: CallOptions) -> dict[str, Any]:
        """A JSON object as it is, whatever stands in it."""
        request = Request("GET", where, params)
        return await super()._call(dict[str, Any], request, call)

    def _pages(
        self,
        row: type[T],
        where: str,
        params: Params,
        page_size: int,
        on_bad_row: OnBadRow,
        call: CallOptions,
        *,
        mark: type[Any] = IdMark,
        key: Callable[[Any], Key] = attrgetter("id"),
    ) -> Pager[T]:
        """A list, page by page."""
        strategy = Pages(forms.whole(1)("page_size", page_size))
        return self._list(shape(row, mark), where, params, strategy, call, key=key, on_bad_row=on_bad_row)
