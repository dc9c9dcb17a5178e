"""Reading ahead of the caller, with tasks that live in one ``async with``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

import anyio
from anyio.abc import TaskGroup

from tocsin.errors import InputError, TocsinError
from tocsin.paging.checkpoint import State
from tocsin.paging.page import Page
from tocsin.paging.strategies import Reply, Strategy
from tocsin.paging.walk import Fetch, Walk
from tocsin.transport.messages import Params, Response

T = TypeVar("T")


class _Early:
    """One page that is fetched before its turn; its scope is cancelled when it is not wanted any more."""

    __slots__ = ("done", "error", "response", "scope")

    def __init__(self) -> None:
        self.scope = anyio.CancelScope()
        self.done = anyio.Event()
        self.response: Response | None = None
        self.error: Exception | None = None


class Ahead(ABC, AsyncIterator[Page[T]], Generic[T]):
    """Pages that are read while the caller works on those before.

    At most `depth` pages are under way or waiting at any moment: each holds a place from before it is asked for
    until the caller takes it, or until its task has ended if it is not wanted. The page in the caller's hands
    holds none.
    """

    def __init__(self, depth: int) -> None:
        if depth < 1:
            raise InputError(f"prefetch takes at least 1 page, not {depth}")
        self._depth = depth
        self._ready: deque[Page[T] | Exception | None] = deque()  # last comes an error, or None for the end
        self._tasks: TaskGroup | None = None
        self._open = False

    async def __aenter__(self) -> Self:
        if self._tasks is not None:
            raise InputError("this prefetch was used already: make one for each loop")
        self._places = anyio.Semaphore(self._depth)
        self._news = anyio.Event()
        self._tasks = await anyio.create_task_group().__aenter__()
        self._open = True
        self._tasks.start_soon(self._run)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._tasks is not None
        self._open = False
        self._tasks.cancel_scope.cancel()
        # Not told of the body's error: the group would wrap it, and the caller should get it as it is.
        await self._tasks.__aexit__(None, None, None)

    async def __anext__(self) -> Page[T]:
        if not self._open:
            raise InputError("prefetch is for ``async with``, and its pages are for the body of that")
        while not self._ready:
            await self._news.wait()
        # Nothing is awaited from here on: a page that was taken cannot be lost to a cancellation.
        page = self._ready[0]
        if page is None:
            raise StopAsyncIteration
        if isinstance(page, Exception):
            raise page
        self._ready.popleft()
        self._taken()
        return page

    def _hand_out(self, page: Page[T] | Exception | None) -> None:
        self._ready.append(page)
        self._news.set()
        self._news = anyio.Event()

    @abstractmethod
    async def _run(self) -> None:
        """Hand out every page, and then an error or None."""

    @abstractmethod
    def _taken(self) -> None:
        """The caller has a page: its place is free."""


class Prefetch(Ahead[T]):
    """The pages of one list.

    One task walks, in order. Where the strategy can tell which pages follow, others fetch those meanwhile, and
    the walk finds them ready. What was fetched for a page that the walk then does not ask for is thrown away,
    and so is its error.
    """

    def __init__(self, walk: Callable[[Fetch], Walk[T]], fetch: Fetch, depth: int, strategy: Strategy) -> None:
        super().__init__(depth)
        self._make_walk = walk
        self._fetch = fetch
        self._strategy = strategy
        self._expected: list[Params] = []  # the pages that come next, as far as they can be told
        self._ahead: dict[Params, _Early] = {}

    def _taken(self) -> None:
        self._places.release()
        self._fetch_expected()

    async def _run(self) -> None:
        walk = self._make_walk(self._take)
        walk.on_reply = self._look_ahead
        going = True
        while going:
            try:
                page: Page[T] | Exception | None = await walk.next_page()
            except Exception as error:  # noqa: BLE001 - raised again in the task that iterates
                page = error
            going = isinstance(page, Page)
            self._hand_out(page)

    async def _take(self, params: Params) -> Response:
        """A page's answer: fetched ahead, or now. One that failed has no place: the walk may ask for another."""
        ahead = self._ahead.pop(params, None)
        self._expected = [later for later in self._expected if later != params]
        try:
            if ahead is None:
                await self._places.acquire()
                return await self._fetch(params)
            await ahead.done.wait()
            if ahead.error is not None:
                raise ahead.error
        except TocsinError:
            self._places.release()
            raise
        assert ahead.response is not None
        return ahead.response

    def _look_ahead(self, state: State, reply: Reply) -> None:
        self._expected = list(self._strategy.predict(state, reply, self._depth))
        for params in self._ahead.keys() - set(self._expected):
            self._drop(self._ahead.pop(params))
        self._fetch_expected()

    def _fetch_expected(self) -> None:
        """Begin as many of the expected pages as there are places for.

        The next page is the first of them, and if the walk waits for a place already, a free one is its own: so
        pages that come later never hold all places.
        """
        assert self._tasks is not None
        for params in self._expected:
            if params in self._ahead:
                continue
            try:
                self._places.acquire_nowait()
            except anyio.WouldBlock:
                return
            ahead = self._ahead[params] = _Early()
            self._tasks.start_soon(self._fetch_ahead, params, ahead)

    def _drop(self, ahead: _Early) -> None:
        ahead.scope.cancel()
        if ahead.done.is_set():
            self._places.release()

    async def _fetch_ahead(self, params: Params, ahead: _Early) -> None:
        with ahead.scope:
            try:
                ahead.response = await self._fetch(params)
            except Exception as error:  # noqa: BLE001 - raised again when the walk comes to this page
                ahead.error = error
        ahead.done.set()
        if ahead.scope.cancel_called:
            self._places.release()
