"""Lists in pages of ``limit`` rows, which ``page`` counts: from 0, as documented, or from 1."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

import attrs

from tocsin.simulator.appfirst.request import Ask, integer
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply

MAX_LIMIT = 2500
"""Rows on a page, by default and at most."""

FOREIGN = "https://pod3.appfirst.com"
"""Another of the vendor's hosts."""

_PLACE = ("page", "cursor")
T = TypeVar("T")


@attrs.frozen
class Window:
    """The part of a list that a request asks for."""

    offset: int
    limit: int

    def of(self, rows: Sequence[T]) -> Sequence[T]:
        """These rows."""
        return rows[self.offset : self.offset + self.limit]


def window(ask: Ask, count: int) -> Window:
    """Which of so many rows are asked for."""
    state = ask.state
    limit = ask.whole("limit", 1)
    if limit is None and state.page_base:
        limit = ask.whole("page_size", 1)
    if limit is None:
        limit = MAX_LIMIT
    if limit > MAX_LIMIT:
        if state.over_limit == "refuse":
            raise ask.bad("limit", f"Must be {MAX_LIMIT} or less.")
        limit = MAX_LIMIT
    cursor = ask.value("cursor")
    if cursor is not None:
        return Window(_place(ask, cursor), limit)
    page = ask.whole("page", 0)
    if page is None or (page == 0 and state.page_zero == "first"):
        page = state.page_base
    offset = (page - state.page_base) * limit
    if offset < 0 or (offset and offset >= count and state.beyond == "refuse"):
        raise ask.refuse(404, "Invalid page.")
    return Window(offset, limit)


def envelope(ask: Ask, window: Window, count: int, rows: Sequence[Json]) -> Reply:
    """One page of so many rows, with the ways to the pages beside it."""
    state = ask.state
    behind = window.offset + window.limit
    following = behind < count and state.next_link != "null"
    links = {
        "count": count,
        "next": _link(ask, window, behind) if following else None,
        "previous": _link(ask, window, window.offset - window.limit) if window.offset else None,
    }
    return Reply({"pagination": links, "data": rows})


def listing(ask: Ask, rows: Sequence[T], show: Callable[[Ask, T], Json]) -> Reply:
    """A list, of which only the page asked for is rendered."""
    if ask.state.envelope == "bare":
        return Reply([show(ask, row) for row in rows])
    part = window(ask, len(rows))
    return envelope(ask, part, len(rows), [show(ask, row) for row in part.of(rows)])


def _link(ask: Ask, window: Window, offset: int) -> str:
    style = ask.state.next_link
    kept = [(name, value) for name, value in parse_qsl(ask.call.query) if name not in _PLACE]
    if style == "cursor":
        place = ("cursor", base64.urlsafe_b64encode(f"o={max(offset, 0)}".encode()).decode())
    else:
        place = ("page", str(max(offset, 0) // window.limit + ask.state.page_base))
    host = {"relative": "", "foreign": FOREIGN}.get(style, ask.call.origin)
    return f"{host}{ask.call.path}?{urlencode([*kept, place])}"


def _place(ask: Ask, cursor: str) -> int:
    try:
        text = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    offset = integer(text.removeprefix("o=")) if text.startswith("o=") else None
    if offset is None or offset < 0:
        raise ask.refuse(404, "Invalid cursor.")
    return offset
