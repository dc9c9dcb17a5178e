"""`Pager`: one query, iterated by row or by page, as often as you like."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

from attrs import evolve

from tocsin.errors import InputError, TocsinError
from tocsin.options import CallOptions
from tocsin.paging.checkpoint import VERSION, Checkpoint
from tocsin.paging.page import Page
from tocsin.paging.walk import Fetch, Listing, Walk
from tocsin.transport.messages import Params, Request, Response, with_call
from tocsin.transport.pipeline import Pipeline

if TYPE_CHECKING:
    from tocsin.paging.prefetch import Ahead, Prefetch

T = TypeVar("T")


class Steps(Protocol[T]):
    """What iterators walk on; see `Walk`."""

    async def next_page(self) -> Page[T] | None:
        """The next page; None behind the last."""
        ...

    def place(self, count: int | None) -> Checkpoint:
        """The place behind `count` rows of the page read last; None is before any page."""
        ...


class Pager(ABC, Generic[T]):
    """The rows of one query.

    ``async for row in pager`` gives rows, ``async for page in pager.pages()`` gives pages; each loop walks anew.
    Nothing is sent before the first row is asked for, and breaking out of a loop leaks nothing: pages are read
    whole.
    """

    #: Where its walks begin.
    _start: Checkpoint

    @property
    @abstractmethod
    def query(self) -> str:
        """The fingerprint of its query, which is in its checkpoints."""

    @abstractmethod
    def walk(self) -> Steps[T]:
        """A new walk, from where this pager begins."""

    @abstractmethod
    def _from(self, start: Checkpoint) -> Self:
        """The same query from another place on."""

    @abstractmethod
    def prefetch(self, pages: int) -> Ahead[T]:
        """Read up to `pages` pages ahead: ``async with pager.prefetch(4) as pages: async for page in pages``.

        At most `pages` are under way or waiting at any moment; the one that the loop was given does not count.
        They are fetched side by side where pages can be addressed before the one in front of them is read (page
        numbers and offsets with a total, windows, the lists of a list), else one after the other. An error of a
        page comes from the loop, behind the pages before it; an error of the body comes as it is. For what a
        strategy can notice, all that changes while pages are under way together changes between two pages.
        """

    def __aiter__(self) -> Items[T]:
        return Items(self.walk())

    def pages(self) -> Pages[T]:
        """An iterator of pages, each with the checkpoint behind its last row."""
        return Pages(self.walk())

    async def first(self) -> T | None:
        """The first row, or None where there is none; reads pages up to the first with a row."""
        rows = await self.collect(1)
        return rows[0] if rows else None

    async def collect(self, limit: int | None = None) -> list[T]:
        """All rows as a list; with `limit`, the first so many, and no page more than these need.

        The checkpoint of an error is the place where this began: none of the rows was handed out.
        """
        if limit is not None and limit < 0:
            raise InputError(f"limit must not be negative, not {limit}")
        rows: list[T] = []
        pages = self.pages()
        while limit is None or len(rows) < limit:
            try:
                page = await anext(pages, None)
            except TocsinError as error:
                error.checkpoint = self._start.to_json()
                raise
            if page is None:
                break
            rows.extend(page.items)
        return rows if limit is None else rows[:limit]

    def batches(self, size: int) -> Batches[T]:
        """An iterator of lists of `size` rows; the last may be shorter, and one before an error."""
        return Batches(self.walk(), size)

    def resume(self, checkpoint: Checkpoint) -> Self:
        """The same query from a checkpoint on.

        The server's address is no part of the query: a checkpoint may be resumed at another address of the same
        server, and one of another server is not noticed.

        Raises InputError for another query's.
        """
        if not isinstance(checkpoint, Checkpoint):
            raise InputError(
                f"resume takes a Checkpoint (see Checkpoint.from_json), not {type(checkpoint).__name__}"
            )
        if checkpoint.query != self.query:
            raise InputError("the checkpoint belongs to another query")
        if checkpoint.version != VERSION:
            raise InputError(f"the checkpoint has version {checkpoint.version}; this one reads version {VERSION}")
        return self._from(checkpoint)


class ListPager(Pager[T]):
    """The rows of one list of one server."""

    def __init__(
        self, pipeline: Pipeline, listing: Listing[T], call: CallOptions, start: Checkpoint | None = None
    ) -> None:
        if unknown := call.keys() - CallOptions.__annotations__.keys():
            raise TypeError(f"unknown argument {', '.join(sorted(unknown))}")
        # What the call adds to the query belongs to its identity, and stands behind what pages ask for.
        self._listing = evolve(listing, request=with_call(listing.request, call)) if call else listing
        self._pipeline = pipeline
        self._call = call.copy()
        self._call.pop("extra_params", None)
        self._call.pop("extra_headers", None)
        self._start = start or self._listing.start()

    @property
    def query(self) -> str:
        """See `Pager`."""
        return self._listing.query

    def prefetch(self, pages: int) -> Prefetch[T]:
        """See `Pager`."""
        from tocsin.paging.prefetch import Prefetch  # late: few need it

        return Prefetch(self.walk, self._fetch, pages, self._listing.strategy)

    def walk(self, fetch: Fetch | None = None) -> Walk[T]:
        """See `Pager`."""
        return Walk(self._listing, fetch or self._fetch, self._stamp, self._start)

    def _from(self, start: Checkpoint) -> Self:
        return type(self)(self._pipeline, self._listing, self._call, start)

    async def _fetch(self, params: Params) -> Response:
        return await self._pipeline.send(self._request(params), **self._call)

    def _request(self, params: Params) -> Request:
        request = self._listing.request
        if request.params:
            names = {name for name, _ in params}
            params = (*[pair for pair in request.params if pair[0] not in names], *params)
        return evolve(request, params=params)

    def _stamp(self, error: TocsinError, params: Params, response: Response) -> TocsinError:
        return self._pipeline.stamp(error, self._request(params), response)


class Pages(AsyncIterator[Page[T]]):
    """Pages, one after the other."""

    def __init__(self, walk: Steps[T]) -> None:
        self._walk = walk

    async def __anext__(self) -> Page[T]:
        page = await self._walk.next_page()
        if page is None:
            raise StopAsyncIteration
        return page


class Items(AsyncIterator[T]):
    """Rows, one after the other."""

    def __init__(self, walk: Steps[T]) -> None:
        self._walk = walk
        self._page: Page[T] | None = None
        self._next = 0
        self._count = 0

    async def __anext__(self) -> T:
        while self._next >= self._count:
            page = await self._walk.next_page()
            if page is None:
                raise StopAsyncIteration
            self._page, self._next, self._count = page, 0, len(page.items)
        assert self._page is not None
        row = self._page.items[self._next]
        self._next += 1
        return row

    @property
    def checkpoint(self) -> Checkpoint:
        """The place behind the row handed out last."""
        return self._walk.place(self._next if self._page is not None else None)


class Batches(AsyncIterator[list[T]]):
    """Lists of so many rows."""

    def __init__(self, walk: Steps[T], size: int) -> None:
        if size < 1:
            raise InputError(f"a batch must have at least 1 row, not {size}")
        self._items = Items(walk)
        self._size = size
        #: Rows that wait for their batch to be full: a cancelled call leaves them to the next.
        self._rows: list[T] = []
        self._error: TocsinError | None = None
        self._place = self._items.checkpoint

    async def __anext__(self) -> list[T]:
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        try:
            while len(self._rows) < self._size:
                self._rows.append(await anext(self._items))
        except StopAsyncIteration:
            if not self._rows:
                raise
        except TocsinError as error:
            # An InputError is about this call, and not the end of the rows: see `Walk.next_page`.
            if not self._rows or isinstance(error, InputError):
                raise
            self._error = error
        rows, self._rows, self._place = self._rows, [], self._items.checkpoint
        return rows

    @property
    def checkpoint(self) -> Checkpoint:
        """The place behind the batch handed out last."""
        return self._place
