"""How the answers of ACS Monitor are read: one thing, or a page of many."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec
from attrs import evolve, frozen

from tocsin.errors import PagingLoopError
from tocsin.paging.checkpoint import State
from tocsin.paging.page import Shape
from tocsin.paging.strategies import PageNumber, Reply, Turn, link_params
from tocsin.transport import codec
from tocsin.transport.codec import Model
from tocsin.transport.judge import NOT_JSON
from tocsin.transport.messages import Response

T = TypeVar("T")

_PAGE = frozenset({"page"})
#: No list has so many pages; Python refuses to read numbers of thousands of digits.
_DIGITS = 18


class _Outside(Model, frozen=True):
    id: Any = None
    data: msgspec.Raw = msgspec.Raw()


def one(into: type[T], response: Response) -> T:
    """One thing: bare, as the vendor's samples have it, or inside ``{"data": {…}}``, as Laravel wraps resources.

    An empty answer is read as ``{}``. Raises DecodeError.
    """
    return codec.decode(into, evolve(response, body=_inside(response.body.strip() or b"{}")))


def _inside(body: bytes) -> bytes:
    """The thing; `body` itself where it is bare, or no JSON at all."""
    try:
        outside = codec.decoder(_Outside).decode(body)
    except NOT_JSON:
        return body
    inside = bytes(outside.data)
    return inside if outside.id is None and inside.startswith(b"{") else body


class Numbers(Model, frozen=True):
    """Where a page stands among the others."""

    current_page: int | None = None
    last_page: int | None = None
    total: int | None = None


class Envelope(Model, Generic[T], frozen=True):
    """A page, in any of three forms.

    The vendor's sample has `links` with "next", `meta`, and `next_page_url`. Laravel has two of its own: a plain
    paginator with all numbers beside `data` and `links` as an array, and a resource collection with `links` and
    `meta` and no `next_page_url`.
    """

    data: list[T]
    links: dict[str, Any] | list[Any] | None = None
    meta: Numbers | None = None
    next_page_url: str | None = None
    current_page: int | None = None
    last_page: int | None = None
    total: int | None = None


# A type is put together at run time, for the codec alone: nothing for a type checker to follow.
_ENVELOPE: Any = Envelope
_LIST: Any = list


def shape(row: type[T], mark: type[Any]) -> Shape[T]:
    """Pages in any form, and lists that come whole as a bare array."""
    return Shape(
        envelope=lambda row: _ENVELOPE[row] | _LIST[row],
        row=row,
        mark=mark,
        rows=_rows,
        next=_next,
        total=_total,
    )


def _rows(page: Envelope[Any] | list[Any]) -> list[Any]:
    return page if isinstance(page, list) else page.data


def _next(page: Envelope[Any] | list[Any]) -> str | None:
    if isinstance(page, list):
        return None
    link = page.next_page_url or (page.links.get("next") if isinstance(page.links, dict) else None)
    if isinstance(link, str) and link:
        return link
    for numbers in (page, page.meta):
        if numbers is not None and numbers.current_page is not None and numbers.last_page is not None:
            return f"?page={numbers.current_page + 1}" if numbers.current_page < numbers.last_page else None
    return None


def _total(page: Envelope[Any] | list[Any]) -> int | None:
    if isinstance(page, list):
        return None
    return page.total if page.total is not None or page.meta is None else page.meta.total


@frozen
class Pages(PageNumber):
    """`PageNumber`, for a server that says when there is more.

    Of its link to the next page only the number is looked at: Laravel leaves filters and page size out of links,
    and may write them for an internal address. A link that does not lead on is passed over where the server tells
    a total, and is a PagingLoopError where it does not. Without a total, a page without a link is the last.
    """

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        page = state.get("page", self.first)
        if reply.next is not None and not _leads_on(reply.next, page):
            if reply.total is None:
                raise PagingLoopError(f"behind page {page} the server's next link leads to {reply.next!r}")
            reply.next = None
        turn = super().turn(state, reply)
        return Turn(turn.keep, None) if reply.total is None and reply.next is None else turn


def _leads_on(link: str, page: int) -> bool:
    """Whether a link goes behind `page`; one whose number cannot be read only says that there is more."""
    number = link_params(link, _PAGE).get("page", "")
    return not (number.isascii() and number.isdigit() and len(number) <= _DIGITS) or int(number) > page
