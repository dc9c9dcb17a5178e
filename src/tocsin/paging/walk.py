"""One walk over the pages of one listing: asks, reads, drops what came before, and keeps the place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from attrs import frozen

from tocsin.errors import DecodeError, InputError, PagingShiftError, StatusError, TocsinError
from tocsin.paging.checkpoint import RECENT, Checkpoint, Key, State
from tocsin.paging.page import BadRow, OnBadRow, Page, Reader, Sheet, bad_row_error
from tocsin.paging.strategies import Reply, Strategy, fingerprint
from tocsin.transport.messages import Params, Request, Response

T = TypeVar("T")
R = TypeVar("R")

#: Asks for one page: the listing's request with these parameters added.
Fetch = Callable[[Params], Awaitable[Response]]
#: Puts into an error what is known of the request for a page, and takes the secrets out.
Stamp = Callable[[TocsinError, Params, Response], TocsinError]


@frozen
class Listing(Generic[T]):
    """What a list is made of.

    Attributes:
        request: the query, without what the strategy adds.
        shape: how a page is read.
        strategy: how the next page is asked for.
        key: a row's id.
        order: the value that the server sorts by, for strategies that need it.
        on_bad_row: "raise" or "skip".
    """

    request: Request
    shape: Reader[T]
    strategy: Strategy
    key: Callable[[Any], Key]
    order: Callable[[Any], Any] | None = None
    on_bad_row: OnBadRow = "raise"

    def __attrs_post_init__(self) -> None:
        if self.on_bad_row not in {"raise", "skip"}:
            raise InputError(f'on_bad_row must be "raise" or "skip", not {self.on_bad_row!r}')

    @property
    def query(self) -> str:
        """The query's fingerprint, for checkpoints."""
        free = self.strategy.free
        params = sorted(pair for pair in self.request.params if pair[0] not in free)
        return fingerprint((self.request.method, self.request.path, params, self.strategy.name))

    def start(self) -> Checkpoint:
        """The place before the first row."""
        return Checkpoint(query=self.query, state={})

    def reply(self, sheet: Sheet[T]) -> Reply:
        """What the strategy may know of a page."""
        if sheet.clean:
            return Reply(sheet.marks, self.key, self.order, next=sheet.next, total=sheet.total)
        return Reply(
            sheet.marks,
            lambda mark: _bad_key(mark) if isinstance(mark, BadRow) else self.key(mark),
            lambda mark: None if self.order is None or isinstance(mark, BadRow) else self.order(mark),
            next=sheet.next,
            total=sheet.total,
        )


def _bad_key(bad: BadRow) -> str:
    # A malformed row has no id that could be trusted; its bytes tell whether it came before.
    return "bad:" + fingerprint(bad.raw)


class Walk(Generic[T]):
    """Page after page from a checkpoint. Its place moves only once a page is in hand."""

    def __init__(self, listing: Listing[T], fetch: Fetch, stamp: Stamp, start: Checkpoint) -> None:
        self._listing = listing
        self._fetch = fetch
        self._stamp = stamp
        self._place = start
        self._pending: DecodeError | None = None
        self._resumed = bool(start.state)
        self._busy = False
        #: Told of each page the state behind it and the reply, to fetch ahead.
        self.on_reply: Callable[[State, Reply], None] | None = None
        #: State and reply of the page read last, and the indexes of its rows that were given.
        self._reply: tuple[State, Reply, Sequence[int]] | None = None

    async def next_page(self) -> Page[T] | None:
        """The next page with its new rows; None behind the last.

        Raises what fetching raises, PagingError, and DecodeError for a malformed row; each with a checkpoint
        from which the walk can go on. InputError while another task waits for a page of this walk, and for a
        checkpoint whose state cannot be read.
        """
        if self._busy:
            raise InputError("this iterator is in use by another task: make one for each")
        self._busy = True
        try:
            return await self._next_page()
        finally:
            self._busy = False

    async def _next_page(self) -> Page[T] | None:
        if self._pending is not None:
            error, self._pending = self._pending, None
            raise error
        state = self._place.state
        if state is None:
            return None
        strategy = self._listing.strategy
        while True:
            params = self._read(partial(strategy.params, state))
            try:
                response = await self._fetch(params)
                break
            except TocsinError as error:
                other = self._instead(state, error)
                if other is None:
                    error.checkpoint = self._place.to_json()
                    raise
                state = other
        try:
            return self._take(state, params, response)
        except TocsinError as error:
            failure = self._stamp(error, params, response)
            failure.checkpoint = self._place.to_json()
        raise failure

    def _instead(self, state: State, error: TocsinError) -> State | None:
        """What the strategy asks for in place of a page that was refused; never inside a page."""
        if self._place.index or not isinstance(error, StatusError):
            return None
        other = self._listing.strategy.refused(state, error)
        if other is not None:
            self._place = Checkpoint(query=self._place.query, state=other)
        return other

    def _read(self, ask: Callable[[], R]) -> R:
        """What a strategy says; that it stumbles over the state of a checkpoint is the checkpoint's fault."""
        try:
            return ask()
        except TocsinError:
            raise
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            if not self._resumed:
                raise
            why = repr(error)
        raise InputError(f"the checkpoint cannot be read: {why}")

    def _take(self, state: State, params: Params, response: Response) -> Page[T]:
        listing, place = self._listing, self._place
        sheet = listing.shape.read(response)
        reply = listing.reply(sheet)
        turn = self._read(lambda: listing.strategy.turn(state, reply))
        keep: Sequence[int] = range(len(sheet.rows)) if turn.keep is None else turn.keep
        if place.index:
            keep = _behind(place, reply, keep)
        after = Checkpoint(query=place.query, state=turn.state)
        self._reply = state, reply, keep
        items: Sequence[Any] = sheet.rows if len(keep) == len(sheet.rows) else [sheet.rows[at] for at in keep]
        bad: Sequence[BadRow] = ()
        if not sheet.clean:
            bad = [row for row in items if isinstance(row, BadRow)]
            if bad and listing.on_bad_row == "raise":
                at = items.index(bad[0])
                items, after = items[:at], self.checkpoint_behind(at)
                self._pending = self._bad_row(bad[0], params, response, after)
                bad = ()
            else:
                good = [at for at in keep if not isinstance(sheet.rows[at], BadRow)]
                items, self._reply = [sheet.rows[at] for at in good], (state, reply, good)
        self._place = after
        if self.on_reply is not None and turn.state is not None:
            self.on_reply(turn.state, reply)
        return Page(items, bad, len(sheet.rows), after, response, sheet.total)

    def _bad_row(self, bad: BadRow, params: Params, response: Response, after: Checkpoint) -> DecodeError:
        error = bad_row_error(bad)
        self._stamp(error, params, response)
        error.status, error.checkpoint = response.status, after.to_json()
        return error

    def place(self, count: int | None) -> Checkpoint:
        """The place behind `count` rows of the page read last; None is before any page."""
        return self._place if count is None else self.checkpoint_behind(count)

    def checkpoint_behind(self, count: int) -> Checkpoint:
        """The place behind the first `count` rows of the page that was read last."""
        assert self._reply is not None
        state, reply, keep = self._reply
        if count >= len(keep):
            return self._place
        index = keep[count]
        if index == 0:
            return Checkpoint(query=self._place.query, state=state)
        made = self._listing.strategy.behind(state, reply, index)
        if made is not None:
            return Checkpoint(query=self._place.query, state=made)
        recent = tuple(reply.keys[max(0, index - RECENT) : index])
        return Checkpoint(query=self._place.query, state=state, index=index, recent=recent)


def _behind(place: Checkpoint, reply: Reply, keep: Sequence[int]) -> Sequence[int]:
    """The rows behind a place inside a page; rows may have come or gone before it since."""
    at = {key: index for index, key in enumerate(reply.keys)}
    found = [at[key] for key in place.recent if key in at]
    if not found or found != sorted(found):
        raise PagingShiftError(
            f"the rows handed out last ({', '.join(map(str, place.recent))}) are not on their page as they were"
        )
    return [index for index in keep if index > found[-1]]
