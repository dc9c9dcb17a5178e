"""The cursor of Django REST framework: how Argus pages its long lists.

A cursor is base64 of ``o=<offset>&r=1&p=<position>``, each part optional: rows of a position p (a time)
and an offset o into the rows behind it, backwards if r. The offset is capped, which is why a run of equal
positions that is longer than the cap repeats its cursor for ever (seen on argus-server 2.10.2).
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar
from urllib.parse import parse_qs, urlencode

import attrs

T = TypeVar("T")

OFFSET_CUTOFF = 1000


class InvalidCursorError(ValueError):
    """The cursor cannot be read: a 404."""


class BrokenPositionError(ValueError):
    """The cursor can be read, but its position is not a time: the real server answers 500."""


@attrs.frozen
class Cursor:
    """Where a page begins; ``position`` is as on the wire."""

    offset: int = 0
    reverse: bool = False
    position: str | None = None

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Raises InvalidCursorError."""
        try:
            tokens = parse_qs(base64.b64decode(text.encode("ascii")).decode("ascii"), keep_blank_values=True)
            offset = int(tokens.get("o", ["0"])[0])
            reverse = bool(int(tokens.get("r", ["0"])[0]))
        except (ValueError, binascii.Error) as error:
            raise InvalidCursorError from error
        if offset < 0:
            raise InvalidCursorError
        return cls(min(offset, OFFSET_CUTOFF), reverse, tokens.get("p", [None])[0])

    def encode(self) -> str:
        """The text for the query."""
        tokens: dict[str, str] = {}
        if self.offset:
            tokens["o"] = str(self.offset)
        if self.reverse:
            tokens["r"] = "1"
        if self.position is not None:
            tokens["p"] = self.position
        return base64.b64encode(urlencode(tokens).encode("ascii")).decode("ascii")

    def time(self) -> datetime | None:
        """The position as a time; raises BrokenPositionError."""
        if self.position is None:
            return None
        try:
            return datetime.fromisoformat(self.position).astimezone(UTC)
        except ValueError as error:
            raise BrokenPositionError from error


@attrs.frozen
class Slice(Generic[T]):
    """One page: its rows, newest first, and the cursors on both sides."""

    rows: list[T]
    next: Cursor | None
    previous: Cursor | None


def position_of(time: datetime) -> str:
    """A time as Django prints it in a cursor."""
    return str(time.astimezone(UTC))


def cut(
    rows: Sequence[T],
    time: Callable[[T], datetime],
    keep: Callable[[T], bool],
    cursor: Cursor | None,
    size: int,
) -> Slice[T]:
    """The page at ``cursor`` (None: the first) of ``rows``, which are in order, newest first.

    Reads no more rows than it needs: ``keep`` is asked row by row. Raises BrokenPositionError.
    """
    at = cursor or Cursor()
    found = [row for row, _ in zip(_from(rows, time, keep, at), range(at.offset + size + 1), strict=False)]
    found = found[at.offset :]
    page, beyond = found[:size], found[size:]
    moved = at.position is not None or at.offset > 0
    if at.reverse:
        page.reverse()
    ahead, behind = (moved, bool(beyond)) if at.reverse else (bool(beyond), moved)
    edge = position_of(time(beyond[0])) if beyond else None
    next_position, previous_position = (at.position, edge) if at.reverse else (edge, at.position)
    positions = [position_of(time(row)) for row in page]

    def link(order: list[str], back: bool, here: str | None, there: str | None, first: bool) -> Cursor:
        # Towards `here`; `there` is the position on the other side of the page, `first` its edge.
        against = at.reverse is not back and at.offset != 0
        compare = order[0] if order and cursor and against else here
        for offset, position in enumerate(order):
            if position != compare:
                return Cursor(offset, back, position)
        if not order:
            return Cursor(0, back, here)
        if first:
            return Cursor(size, back, None)
        if at.reverse is not back:
            return Cursor(0, back, there)
        return Cursor(at.offset + size, back, there)

    return Slice(
        page,
        link(positions[::-1], False, next_position, previous_position, not behind) if ahead else None,
        link(positions, True, previous_position, next_position, not ahead) if behind else None,
    )


def _from(rows: Sequence[T], time: Callable[[T], datetime], keep: Callable[[T], bool], at: Cursor) -> Iterator[T]:
    position = at.time()
    start, step = (len(rows) - 1, -1) if at.reverse else (0, 1)
    if position is not None:
        start = _first_beyond(rows, time, position, at.reverse)
    index = start
    while 0 <= index < len(rows):
        if keep(rows[index]):
            yield rows[index]
        index += step


def _first_beyond(rows: Sequence[T], time: Callable[[T], datetime], position: datetime, reverse: bool) -> int:
    """The index of the first row older than ``position``; in reverse, of the last row newer than it."""
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high) // 2
        newer = time(rows[middle]) > position if reverse else time(rows[middle]) >= position
        low, high = (middle + 1, high) if newer else (low, middle)
    return low - 1 if reverse else low
