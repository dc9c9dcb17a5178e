"""Reading ahead of the caller, with tasks that live in one ``async with``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

from tocsin.errors import InputError
from tocsin.paging.checkpoint import State
from tocsin.paging.page import Page
from tocsin.paging.strategies import Reply, Strategy
from tocsin.paging.walk import Fetch, Walk
from tocsin.transport.messages import Params, Response

T = TypeVar("T")


class _Ahead:
    """One page that is fetched before its turn."""

    __slots__ = ("done", "error", "response")

    def __init__(self) -> None:
        self.done = anyio.Event()
        self.response: Response | None = None
        self.error: Exception | None = None


class Prefetch(AsyncIterator[Page[T]], Generic[T]):
    """Pages that are read while the caller works on those before; at most `depth` wait.

    One task walks, in order. Where the strategy can tell which pages follow, others fetch those meanwhile, and
    the walk finds them ready. What was fetched for a page that the walk then does not ask for is thrown away.
    """

    def __init__(self, walk: Callable[[Fetch], Walk[T]], fetch: Fetch, depth: int, strategy: Strategy) -> None:
        if depth < 1:
            raise InputError(f"prefetch takes at least 1 page, not {depth}")
        self._make_walk = walk
        self._fetch = fetch
        self._depth = depth
        self._strategy = strategy
        self._ahead: dict[Params, _Ahead] = {}
        self._tasks: TaskGroup | None = None

    async def __aenter__(self) -> Prefetch[T]:
        if self._tasks is not None:
            raise InputError("this prefetch is in use already: make one for each loop")
        #: As many pages as may be under way or waiting.
        self._room = anyio.Semaphore(self._depth)
        self._send, self._receive = anyio.create_memory_object_stream[Page[T] | Exception](self._depth)
        self._tasks = await anyio.create_task_group().__aenter__()
        self._tasks.start_soon(self._run)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._tasks is not None
        self._tasks.cancel_scope.cancel()
        try:
            # Not told of the body's error: the group would wrap it, and the caller should get it as it is.
            await self._tasks.__aexit__(None, None, None)
        finally:
            self._send.close()
            self._receive.close()

    async def __anext__(self) -> Page[T]:
        try:
            page = await self._receive.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None
        self._room.release()
        if isinstance(page, Exception):
            raise page
        return page

    async def _run(self) -> None:
        walk = self._make_walk(self._take)
        walk.on_reply = self._look_ahead
        with self._send:
            while True:
                await self._room.acquire()
                page: Page[T] | Exception | None
                try:
                    page = await walk.next_page()
                except Exception as error:  # noqa: BLE001 - raised again in the task that iterates
                    page = error
                if page is None:
                    return
                await self._send.send(page)
                if isinstance(page, Exception):
                    return

    async def _take(self, params: Params) -> Response:
        """A page's answer: fetched ahead, or now."""
        ahead = self._ahead.pop(params, None)
        if ahead is None:
            return await self._fetch(params)
        await ahead.done.wait()
        # The walk holds a place of its own; the one of the page fetched ahead is free again.
        self._room.release()
        if ahead.error is not None:
            raise ahead.error
        assert ahead.response is not None
        return ahead.response

    def _look_ahead(self, state: State, reply: Reply) -> None:
        expected = self._strategy.predict(state, reply, self._depth - 1)
        for params in [params for params in self._ahead if params not in expected]:
            self._drop(params)
        assert self._tasks is not None
        for params in expected:
            if params in self._ahead:
                continue
            try:
                self._room.acquire_nowait()
            except anyio.WouldBlock:
                return
            ahead = self._ahead[params] = _Ahead()
            self._tasks.start_soon(self._fetch_ahead, params, ahead)

    def _drop(self, params: Params) -> None:
        del self._ahead[params]
        self._room.release()

    async def _fetch_ahead(self, params: Params, ahead: _Ahead) -> None:
        try:
            ahead.response = await self._fetch(params)
        except Exception as error:  # noqa: BLE001 - raised again when the walk comes to this page
            ahead.error = error
        finally:
            ahead.done.set()
