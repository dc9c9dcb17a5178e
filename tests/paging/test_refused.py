"""Pages that a server refuses, where the strategy knows another one to ask for."""

from __future__ import annotations

import json
from collections.abc import Callable
from operator import attrgetter

import anyio
import pytest
from attrs import frozen
from tests.paging.model import SHAPE, Row
from tests.transport.fakes import Rig, Sent, answer, rig

from tocsin.errors import BadRequestError, NotFoundError, StatusError
from tocsin.paging.checkpoint import Checkpoint, State
from tocsin.paging.pager import ListPager
from tocsin.paging.strategies import PageNumber
from tocsin.paging.walk import Listing
from tocsin.transport.messages import Request
from tocsin.transport.wire import Answer

pytestmark = pytest.mark.anyio


@frozen
class FromOne(PageNumber):
    """Begins at page 0, and at page 1 where that is not found."""

    first: int = 0

    def refused(self, state: State, error: StatusError) -> State | None:
        """Page 1 in place of page 0."""
        return {**state, "page": 1} if error.status == 404 and not state.get("page") else None


FROM_ONE = FromOne(2)


def pages(sent: Sent) -> Answer:
    """Three rows, two a page, counted from 1; page 0 is not found, and page 9 refused in another way."""
    page = int(sent.url.partition("page=")[2].partition("&")[0])
    if page in {0, 9}:
        return answer(404 if page == 0 else 400)
    rows = [{"pk": pk, "time": "2026-01-01T00:00:00Z"} for pk in range(1, 4)][2 * page - 2 : 2 * page]
    return answer(200, json.dumps({"results": rows}).encode())


def listed(made: Rig, strategy: PageNumber = FROM_ONE) -> ListPager[Row]:
    """The pager of these rows."""
    listing = Listing(Request("GET", "/things"), SHAPE, strategy, attrgetter("pk"))
    return ListPager(made.pipeline, listing, {})


async def test_the_other_page_is_asked_for() -> None:
    """The walk goes on with it, and gives every row once."""
    made = rig(pages)
    assert [row.pk async for row in listed(made)] == [1, 2, 3]
    assert "page=0" in made.wire.sent[0].url
    assert "page=1" in made.wire.sent[1].url


async def test_the_place_is_the_other_page() -> None:
    """A checkpoint made afterwards does not ask for the refused page again."""
    made = rig(pages)
    rows = aiter(listed(made))
    await anext(rows)
    asked = len(made.wire.sent)
    assert [row.pk async for row in listed(made).resume(rows.checkpoint)] == [2, 3]
    assert all("page=0" not in sent.url for sent in made.wire.sent[asked:])


async def test_what_the_strategy_has_no_page_for_is_raised() -> None:
    """Another refusal is the caller's, with the place where it happened."""
    pager = listed(rig(pages))
    start = Checkpoint(query=pager.query, state={"page": 9})
    with pytest.raises(BadRequestError) as caught:
        await pager.resume(start).collect()
    assert Checkpoint.from_json(caught.value.checkpoint or {}) == start


async def test_within_a_page_a_refusal_is_raised() -> None:
    """A place inside a page is of that page alone: no other one stands for it."""
    pager = listed(rig(pages))
    start = Checkpoint(query=pager.query, state={"page": 0}, index=1, recent=(1,))
    with pytest.raises(NotFoundError):
        await pager.resume(start).collect()


@frozen
class WithoutThree(PageNumber):
    """Passes over page 3."""

    def refused(self, state: State, error: StatusError) -> State | None:
        """Page 4 in place of page 3."""
        return {**state, "page": 4} if state.get("page") == 3 else None


def without_three(sent: Sent) -> Answer:
    """Two rows a page, counted from 1, and a total; the third page is called 4."""
    page = int(sent.url.partition("page=")[2].partition("&")[0])
    if page == 3:
        return answer(404)
    first = 2 * min(page, 3) - 1
    rows = [{"pk": pk, "time": "2026-01-01T00:00:00Z"} for pk in (first, first + 1)]
    return answer(200, json.dumps({"results": rows, "total": 6}).encode())


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize(
    ("server", "strategy", "expected"),
    [(pages, FROM_ONE, [1, 2, 3]), (without_three, WithoutThree(2), [1, 2, 3, 4, 5, 6])],
    ids=["asked for in its turn", "asked for ahead"],
)
async def test_a_refused_page_has_no_place(
    depth: int, server: Callable[[Sent], Answer], strategy: PageNumber, expected: list[int]
) -> None:
    """Reading ahead gets past it with as many places as before, be it only one."""
    with anyio.fail_after(5):
        async with listed(rig(server), strategy).prefetch(depth) as ahead:
            found = [row.pk async for page in ahead for row in page.items]
        assert found == expected
        assert ahead._places.value == depth
