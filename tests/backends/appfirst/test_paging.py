"""Pages: whatever a server links, counts and refuses, every row comes exactly once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

import pytest
from attrs import evolve, frozen
from hypothesis import assume, given, settings, strategies as st
from tests.paging.model import Change, FakePipeline, World, delete, each_once, insert, reloaded, run

from tocsin.appfirst.paging import Linked, Pages, shape
from tocsin.appfirst.resource import IdMark, whole_row
from tocsin.errors import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    PagingError,
    PagingLoopError,
    PagingShiftError,
    ServerError,
    StatusError,
    TocsinError,
)
from tocsin.paging import Checkpoint, Pager
from tocsin.paging.pager import ListPager
from tocsin.paging.strategies import Strategy
from tocsin.paging.walk import Listing
from tocsin.transport.messages import Request

#: How links to the next page are written; "cursor" and "token" are no page numbers, "none" is no link at all.
LINKS = ("none", "page", "relative", "cursor", "token")
#: What the count is: right, missing, more or less than there is.
COUNTS = ("right", "missing", "high", "low")
#: What stands behind the last page: an empty one, a refusal, or the last one again.
BEYOND = ("empty", "404", "400", "last")


@frozen
class Book:
    """A server of rows 1 to `rows`, so many a page at most, which counts pages from `base`."""

    rows: int = 5
    cap: int = 2
    base: int = 0
    links: str = "none"
    count: str = "right"
    beyond: str = "empty"

    def __call__(self, query: Mapping[str, str]) -> Any:
        size = min(int(query.get("limit", 2500)), self.cap)
        last = max(0, -(-self.rows // size) - 1)
        if "cursor" in query or "token" in query:
            return self.behind(int(query.get("cursor") or query["token"]), size)
        if "page" in query:
            number = int(query["page"]) - self.base
        else:
            number = 0
            if self.links in {"cursor", "token"}:
                return self.behind(0, size)
        if number < 0:
            return refusal(404)
        if number > last:
            if self.beyond in {"400", "404"}:
                return refusal(int(self.beyond))
            number = last if self.beyond == "last" else number
        link = self.link(number, size) if number < last else None
        return self.page(number * size, size, link)

    def behind(self, start: int, size: int) -> Any:
        """A page by a cursor, which tells how many rows stand before it."""
        more = {self.links: start + size, "x": "a b"}
        return self.page(start, size, f"?{urlencode(more)}" if start + size < self.rows else None)

    def page(self, start: int, size: int, link: str | None) -> Any:
        pagination = {"count": self.said(), "next": link, "previous": None}
        ids = range(1, self.rows + 1)[start : start + size]
        return {"pagination": pagination, "data": [{"id": id} for id in ids]}

    def said(self) -> int | None:
        return {"right": self.rows, "missing": None, "high": self.rows + 7, "low": max(0, self.rows - 3)}[
            self.count
        ]

    def link(self, number: int, size: int) -> str | None:
        origin = "" if self.links == "relative" else "https://elsewhere.example:444/api/v5"
        if self.links in {"page", "relative"}:
            return f"{origin}/things/?" + urlencode({"limit": size, "page": number + 1 + self.base}) + "#top"
        return None


def refusal(status: int) -> StatusError:
    """An answer that is none."""
    return StatusError.for_status(status)("no", status=status)


def listed(answer: Any, size: int = 2, strategy: Strategy | None = None, row: type[Any] = IdMark) -> Pager[Any]:
    """The rows of such a server."""
    pipeline: Any = answer if isinstance(answer, FakePipeline) else FakePipeline(answer)
    listing = Listing(Request("GET", "/things/"), shape(row, IdMark), strategy or Pages(size), attrgetter("id"))
    return ListPager(pipeline, listing, {})


async def ids(pager: Any) -> list[int]:
    """The ids of all rows."""
    return [row.id async for row in pager]


BOOKS = st.builds(
    Book,
    rows=st.integers(0, 13),
    cap=st.integers(1, 5),
    base=st.integers(0, 1),
    links=st.sampled_from(LINKS),
    count=st.sampled_from(COUNTS),
    beyond=st.sampled_from(BEYOND),
)


def tells_enough(book: Book) -> bool:
    """Whether the server is one of which all rows can be had, by the words of `Pages`."""
    if book.count == "low":
        return book.links != "none"
    return book.count != "high" or book.beyond == "empty"


@given(BOOKS, st.integers(1, 5))
@settings(max_examples=400, deadline=None)
def test_every_row_comes_exactly_once(book: Book, size: int) -> None:
    """Whatever base, size, links and count a server has, each row comes once, in order."""
    assume(tells_enough(book))
    assert run(ids(listed(book, size))) == list(range(1, book.rows + 1))


@given(BOOKS, st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=200, deadline=None)
def test_every_checkpoint_goes_on_where_it_stands(book: Book, size: int, other: int) -> None:
    """From the place behind any row, stored and read, the rest comes once, with another page size, too."""
    assume(tells_enough(book))

    async def check() -> None:
        rows, done = aiter(listed(book, size)), 0
        while True:
            rest = list(range(done + 1, book.rows + 1))
            place = reloaded(rows.checkpoint)
            assert await ids(listed(book, size).resume(place)) == rest
            assert await ids(listed(book, other).resume(place)) == rest
            if await anext(rows, None) is None:
                break
            done += 1
        assert done == book.rows

    run(check())


@given(BOOKS, st.integers(1, 5))
@settings(max_examples=200, deadline=None)
def test_checkpoints_of_pages_go_on(book: Book, size: int) -> None:
    """From the place behind each page the rest comes exactly once."""
    assume(tells_enough(book))

    async def check() -> None:
        got: list[int] = []
        async for page in listed(book, size).pages():
            got += [row.id for row in page.items]
            rest = await ids(listed(book, size).resume(reloaded(page.checkpoint)))
            assert [*got, *rest] == list(range(1, book.rows + 1))

    run(check())


@pytest.mark.anyio
@pytest.mark.parametrize("links", ["none", "page"])
@pytest.mark.parametrize("base", [0, 1])
async def test_pages_are_read_ahead_side_by_side(base: int, links: str) -> None:
    """Where pages have numbers and rows are counted, those to come are asked for early."""
    server = FakePipeline(Book(rows=9, base=base, links=links))
    async with listed(server).prefetch(3) as pages:
        got = [row.id async for page in pages for row in page.items]
    assert got == list(range(1, 10))
    assert len(server.sent) <= 7


@pytest.mark.anyio
@pytest.mark.parametrize("beyond", BEYOND)
@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("links", LINKS)
@pytest.mark.parametrize("base", [0, 1])
async def test_reading_ahead_gives_the_same(base: int, links: str, count: str, beyond: str) -> None:
    """Whatever is asked for early, every row comes exactly once."""
    book = Book(rows=9, base=base, links=links, count=count, beyond=beyond)
    if tells_enough(book):
        async with listed(book).prefetch(3) as pages:
            assert [row.id async for page in pages for row in page.items] == list(range(1, 10))


@pytest.mark.anyio
async def test_ahead_of_a_cursor_is_one_page() -> None:
    """Behind a cursor nobody knows what comes: rows are the same, and no request is wasted."""
    server = FakePipeline(Book(rows=9, links="cursor"))
    async with listed(server).prefetch(3) as pages:
        assert [row.id async for page in pages for row in page.items] == list(range(1, 10))
    assert len(server.sent) == 5


def test_first_page_has_no_number() -> None:
    """The first page is asked for without a number, which is right for any base, and the fourth by number 3."""
    server = FakePipeline(Book(rows=8))
    run(ids(listed(server)))
    assert [each.get("page") for each in server.sent] == [None, "1", "2", "3"]
    assert {each["limit"] for each in server.sent} == {"2"}


def test_base_is_found_out_by_a_page_that_repeats() -> None:
    """Pages counted from 1: page 1 is the first again, is dropped, and the place remembers it."""
    server = FakePipeline(Book(base=1))

    async def walk() -> Checkpoint:
        pages = listed(server).pages()
        got = [[row.id for row in (await anext(pages)).items] for _ in range(2)]
        assert got == [[1, 2], []]
        page = await anext(pages)
        assert [row.id for row in page.items] == [3, 4]
        return page.checkpoint

    place = run(walk())
    assert place.state is not None
    assert (place.state["base"], place.state["page"]) == (1, 3)
    server.sent.clear()
    assert run(ids(listed(server).resume(place))) == [5]
    assert [each["page"] for each in server.sent] == ["3"]


def test_base_is_found_out_by_a_link() -> None:
    """Where the first page links to page 2, pages are counted from 1, and no page is asked for twice."""
    server = FakePipeline(Book(base=1, links="page"))
    assert run(ids(listed(server))) == [1, 2, 3, 4, 5]
    assert [each.get("page") for each in server.sent] == [None, "2", "3"]


def test_base_is_found_out_though_rows_came_in() -> None:
    """A row that comes in before page 1 does not hide that it is the first page again."""
    rows = [1, 2, 3, 4, 5, 6]

    def answer(query: Mapping[str, str]) -> Any:
        if "page" in query and 9 not in rows:
            rows.insert(0, 9)
        start = (int(query.get("page", 1)) - 1) * 3
        return {"pagination": {"count": len(rows)}, "data": [{"id": id} for id in rows[start : start + 3]]}

    assert sorted(run(ids(listed(answer, 3)))) == [1, 2, 3, 4, 5, 6, 9]


def test_base_that_cannot_be_told_is_an_error() -> None:
    """Where half a page of rows comes behind the first page, page 1 may be it or not."""
    counts = iter([9, 12])

    def answer(query: Mapping[str, str]) -> Any:
        return {"pagination": {"count": next(counts)}, "data": [{"id": id} for id in range(5)]}

    with pytest.raises(PagingShiftError, match="3 rows went from the list or came behind its first page"):
        run(ids(listed(answer, 5)))


def test_links_tell_the_way_whatever_the_base() -> None:
    """Where a link leads to page 1, rows that came in behind the first page are no reason to stop."""
    rows = [1, 2, 3]

    def answer(query: Mapping[str, str]) -> Any:
        if "page" in query:
            rows.insert(0, 9)
        start = int(query.get("page", 0)) * 2
        link = "?page=1" if start == 0 else None
        return {"pagination": {"count": len(rows), "next": link}, "data": [{"id": id} for id in rows[start:][:2]]}

    assert run(ids(listed(answer))) == [1, 2, 3]


def test_link_to_the_first_page_again() -> None:
    """A server that counts from 1 and links to page 1 behind the first page repeats it: its rows come once."""
    answers = {
        None: (["1", "2"], "/things/?page=1"),
        "1": (["1", "2"], "/things/?page=2"),
        "2": (["3", "4"], "/things/?page=3"),
        "3": (["5"], None),
    }

    def answer(query: Mapping[str, str]) -> Any:
        rows, link = answers[query.get("page")]
        return {"pagination": {"count": 5, "next": link}, "data": [{"id": int(id)} for id in rows]}

    assert run(ids(listed(answer))) == [1, 2, 3, 4, 5]


def test_bare_array_is_all_there_is() -> None:
    """An array without an envelope, as older versions send it, is one page."""
    server = FakePipeline(lambda query: [{"id": 1}, {"id": 2}])
    assert run(ids(listed(server))) == [1, 2]
    assert len(server.sent) == 1


def test_envelope_without_pagination_is_read() -> None:
    """The histories of one server come without it; a second page with nothing new is the end."""
    server = FakePipeline(lambda query: {"data": [{"id": 1}]})
    assert run(ids(listed(server))) == [1]


def test_hand_edited_count_ends_at_an_empty_page() -> None:
    """A count that is too high costs one request, and neither a row nor an error."""
    server = FakePipeline(Book(rows=6, cap=200, count="high"))
    assert run(ids(listed(server, 200))) == [1, 2, 3, 4, 5, 6]
    assert len(server.sent) == 2


def test_count_that_its_rows_belie_is_not_believed() -> None:
    """A count below the rows of its own answer says nothing of the pages behind."""
    server = FakePipeline(Book(rows=4, count="low"))
    assert run(ids(listed(server))) == [1, 2, 3, 4]


def test_count_that_later_rows_belie_is_not_believed() -> None:
    """Nor does one that the rows of a later page go beyond."""
    server = FakePipeline(Book(rows=9, cap=4, count="low"))
    assert run(ids(listed(server, 4))) == list(range(1, 10))


def test_cursor_goes_along_with_the_size() -> None:
    """A cursor's link is followed with our size, unless it has its own; the page number beside it is not one."""
    answers = iter(
        [
            {"pagination": {"next": "/things/?cursor=a&page=1"}, "data": [{"id": 1}]},
            {"pagination": {"next": "/things/?cursor=b&limit=7"}, "data": [{"id": 2}]},
            {"pagination": {"next": None}, "data": [{"id": 3}]},
        ]
    )
    server = FakePipeline(lambda query: next(answers))
    assert run(ids(listed(server))) == [1, 2, 3]
    assert server.sent[1:] == [{"limit": "2", "cursor": "a", "page": "1"}, {"limit": "7", "cursor": "b"}]


def test_rows_that_go_behind_the_repeated_page_are_noticed() -> None:
    """The count to compare with is that of the page read last, also where it was the first page again."""
    rows = list(range(1, 10))
    changes = iter([lambda: None, lambda: rows.append(99), lambda: rows.remove(1)])

    def answer(query: Mapping[str, str]) -> Any:
        next(changes, lambda: None)()
        start = (int(query.get("page", 1)) - 1) * 3
        return {"pagination": {"count": len(rows)}, "data": [{"id": id} for id in rows[start : start + 3]]}

    assert sorted(run(ids(listed(answer, 3)))) == [*range(1, 10), 99]


@pytest.mark.parametrize("beyond", ["404", "400"])
def test_promised_page_that_is_refused_is_an_error(beyond: str) -> None:
    """A page that the count promises, and that is refused twice, is the refusal, with a place to go on from."""
    book = Book(rows=4, count="high", beyond=beyond)

    async def walk() -> None:
        pages = listed(book).pages()
        assert [row.id for _ in range(2) for row in (await anext(pages)).items] == [1, 2, 3, 4]
        assert not (await anext(pages)).items
        with pytest.raises((BadRequestError, NotFoundError)) as caught:
            await anext(pages)
        place = Checkpoint.from_json(caught.value.checkpoint or {})
        assert await ids(listed(evolve(book, beyond="empty")).resume(place)) == []

    run(walk())


def test_refused_page_after_rows_went_sends_the_walk_back() -> None:
    """Where rows went so that a promised page is refused, those that moved up are still found."""
    rows = list(range(1, 8))

    def answer(query: Mapping[str, str]) -> Any:
        start = int(query.get("page", 0)) * 2
        if start == 6:
            rows[:] = [each for each in rows if each not in {1, 3}]
        if start and start >= len(rows):
            return refusal(404)
        return {
            "pagination": {"count": len(rows), "next": None},
            "data": [{"id": id} for id in rows[start : start + 2]],
        }

    got = run(ids(listed(answer)))
    assert sorted(got) == [1, 2, 3, 4, 5, 6, 7]


def test_pages_that_repeat_for_ever_are_a_loop() -> None:
    """A server that gives its last page for every number, and counts more, is stopped."""
    server = FakePipeline(lambda query: {"pagination": {"count": 1000}, "data": [{"id": 1}, {"id": 2}]})
    with pytest.raises(PagingLoopError, match="nothing new"):
        run(ids(listed(server)))
    assert len(server.sent) < 12


def test_link_that_leads_back_is_a_loop() -> None:
    """A link to the page that it stands on is no way forward."""
    server = FakePipeline(
        lambda query: {"pagination": {"count": 9, "next": f"?page={query.get('page', 0)}"}, "data": [{"id": 1}]}
    )
    with pytest.raises(PagingLoopError, match="page 0 leads back to page 0"):
        run(ids(listed(server)))


def test_cursors_in_a_ring_are_a_loop() -> None:
    """Cursors that come round again are stopped."""
    server = FakePipeline(lambda query: {"pagination": {"next": "?cursor=a"}, "data": [{"id": 1}]})
    with pytest.raises(PagingLoopError):
        run(ids(listed(server)))


def test_link_without_a_query_is_an_error() -> None:
    """A link that says nothing cannot be followed, and its path is never used."""
    server = FakePipeline(lambda query: {"pagination": {"next": "https://elsewhere/api/x/"}, "data": [{"id": 1}]})
    with pytest.raises(PagingError, match="no query"):
        run(ids(listed(server)))


@pytest.mark.parametrize("error", [ForbiddenError("no", status=403), ServerError("no", status=500)])
def test_other_refusals_are_raised(error: TocsinError) -> None:
    """Only a page that is not there can be the end."""
    answers = iter([Book()({}), error])
    with pytest.raises(type(error)):
        run(ids(listed(lambda query: next(answers))))


@pytest.mark.parametrize("status", [400, 404])
def test_list_that_is_not_there_is_raised(status: int) -> None:
    """A first page that is refused is no end, and is not asked for again."""
    server = FakePipeline(lambda query: refusal(status))
    with pytest.raises((BadRequestError, NotFoundError)):
        run(ids(listed(server)))
    assert len(server.sent) == 1


def test_linked_page_that_is_refused_is_raised() -> None:
    """A page that the server links to and refuses is its error."""
    answers = iter([Book(links="page")({}), refusal(404)])
    with pytest.raises(NotFoundError):
        run(ids(listed(lambda query: next(answers))))


def test_unlinked_lists_are_one_page() -> None:
    """Data points come in one answer unless it links to more: the count is not asked after."""
    server = FakePipeline(Book(rows=5))
    assert run(ids(listed(server, strategy=Linked()))) == [1, 2]
    assert len(server.sent) == 1


@given(st.integers(0, 9), st.integers(1, 3), st.sampled_from(["page", "cursor", "token"]))
def test_linked_lists_go_on(rows: int, cap: int, links: str) -> None:
    """Links of any kind are followed with their whole query, from any place."""
    book = Book(rows=rows, cap=cap, links=links)

    async def check() -> None:
        walk, done = aiter(listed(book, strategy=Linked())), 0
        while await anext(walk, None) is not None:
            done += 1
            rest = await ids(listed(book, strategy=Linked()).resume(reloaded(walk.checkpoint)))
            assert rest == list(range(done + 1, rows + 1))
        assert done == rows

    run(check())


def test_rows_without_an_id_are_told_apart_by_all_of_them() -> None:
    """Points of one time are different points; one that a page repeats comes once."""
    pages = iter(
        [
            {"pagination": {"next": "?end=1"}, "data": [{"time": 2, "cpu": 1}, {"time": 2, "cpu": 3}]},
            {"pagination": {"next": None}, "data": [{"time": 2, "cpu": 3}, {"time": 1, "cpu": 3}]},
        ]
    )
    pipeline: Any = FakePipeline(lambda query: next(pages))
    listing = Listing(Request("GET", "/x/"), shape(dict[str, Any], dict[str, Any]), Linked(), whole_row)
    got = run(ListPager(pipeline, listing, {}).collect())
    assert got == [{"time": 2, "cpu": 1}, {"time": 2, "cpu": 3}, {"time": 1, "cpu": 3}]


def test_raw_rows_are_as_the_server_sent_them() -> None:
    """With bytes for rows, unknown fields and spelling stay."""
    body = b'{"pagination": {"count": 1, "next": null}, "data": [ {"id": 1,  "new": 1.50} ]}'
    assert run(listed(lambda query: body, row=bytes).collect()) == [b'{"id": 1,  "new": 1.50}']
    assert json.loads(body)["data"][0]["id"] == 1


PLACES = st.floats(0, 1)
#: Before each request some rows come, or some go.
CHANGES = st.lists(
    st.one_of(st.lists(st.builds(insert, PLACES), max_size=8), st.lists(st.builds(delete, PLACES), max_size=8)),
    max_size=12,
)


@given(
    rows=st.integers(0, 30),
    size=st.integers(1, 6),
    base=st.integers(0, 1),
    links=st.booleans(),
    refuses=st.booleans(),
    changed=CHANGES,
)
@settings(max_examples=300, deadline=None)
def test_rows_that_come_or_go(
    rows: int, size: int, base: int, links: bool, refuses: bool, changed: list[list[Change]]
) -> None:
    """Rows that come, or go, during the walk make none come twice or be lost, or it says that they might have."""
    world = World.of(range(rows), changed)

    def answer(query: Mapping[str, str]) -> Any:
        world.step()
        number = max(0, int(query.get("page", base)) - base)
        got = world.rows[number * size : (number + 1) * size]
        if not got and number and refuses:
            return refusal(404)
        more = links and (number + 1) * size < len(world.rows)
        pagination = {"count": len(world.rows), "next": f"?page={number + 1 + base}" if more else None}
        return {"pagination": pagination, "data": [{"id": id} for id, _ in got]}

    try:
        got = run(ids(listed(answer, size)))
    except (PagingShiftError, NotFoundError):
        return
    assert each_once(got, world.stable)
