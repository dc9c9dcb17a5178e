"""Reading several lists ahead of the caller, side by side; see `nested`."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

import anyio

from tocsin.paging.page import Page
from tocsin.paging.parts import Part, Parts
from tocsin.paging.prefetch import Ahead

S = TypeVar("S")
T = TypeVar("T")


class _Lane(Generic[T]):
    """One inner list that is read a page ahead."""

    def __init__(self) -> None:
        self.page: Page[T] | Exception | None = None
        self.ready = anyio.Event()
        self.taken = anyio.Event()


class SideBySide(Ahead[T], Generic[S, T]):
    """Inner lists side by side, in order.

    Each list that is open has a place, for the one page that it has under way or waiting; while the next list is
    looked for, its place is that of the outer list's page.
    """

    def __init__(self, parts: Parts[S, T], depth: int) -> None:
        super().__init__(depth)
        self._parts = parts
        self._lanes: deque[_Lane[T] | Exception | None] = deque()

    async def _run(self) -> None:
        assert self._tasks is not None
        self._more = anyio.Event()
        self._tasks.start_soon(self._open_lanes)
        while True:
            while not self._lanes:
                await self._more.wait()
            lane = self._lanes.popleft()
            if not isinstance(lane, _Lane):
                self._hand_out(lane)
                return
            while True:
                await lane.ready.wait()
                lane.ready = anyio.Event()
                page = lane.page
                if page is None:
                    break
                self._current = lane
                self._hand_out(page)
                if isinstance(page, Exception):
                    return

    def _taken(self) -> None:
        self._current.taken.set()

    async def _open_lanes(self) -> None:
        assert self._tasks is not None
        while True:
            await self._places.acquire()
            try:
                part = await self._parts.next()
            except Exception as error:  # noqa: BLE001 - raised again in the task that iterates
                self._line_up(error)
                return
            if part is None:
                self._line_up(None)
                return
            lane = _Lane[T]()
            self._tasks.start_soon(self._read, part, lane)
            self._line_up(lane)

    def _line_up(self, lane: _Lane[T] | Exception | None) -> None:
        self._lanes.append(lane)
        self._more.set()
        self._more = anyio.Event()

    async def _read(self, part: Part[T], lane: _Lane[T]) -> None:
        going = True
        while going:
            try:
                lane.page = await part.next_page()
            except Exception as error:  # noqa: BLE001 - raised again in the task that iterates
                lane.page = error
            going = isinstance(lane.page, Page)
            lane.taken = anyio.Event()
            lane.ready.set()
            if going:
                await lane.taken.wait()
        self._places.release()
