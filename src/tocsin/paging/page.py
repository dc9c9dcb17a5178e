"""One page of rows, and how its bytes are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Literal, Protocol, TypeVar, cast

import msgspec
from attrs import Factory, field, frozen

from tocsin.errors import DecodeError
from tocsin.paging.checkpoint import Checkpoint
from tocsin.transport.codec import Model, decode_error, decoder, path_of, read
from tocsin.transport.judge import NOT_JSON
from tocsin.transport.messages import Response

T = TypeVar("T")
OnBadRow = Literal["raise", "skip"]


@frozen
class BadRow:
    """A row that is not what the API promises.

    Attributes:
        index: its place on the page, from 0.
        path: the JSON path of the trouble inside the answer, e.g. ``$.results[3].pk``.
        message: what is wrong.
        raw: the row as JSON bytes; not shown, for it may hold what is secret.
    """

    index: int
    path: str
    message: str
    raw: bytes = field(repr=False)


@frozen
class Page(Generic[T]):
    """Rows that came in one answer.

    Attributes:
        items: the rows; those already handed out, which a page may overlap with, are left out.
        bad_rows: rows that could not be read, with ``on_bad_row="skip"``.
        raw_rows: how many rows the answer had, whatever became of them.
        checkpoint: the place behind its last row.
        response: the answer itself.
        total: how many rows the query has, if the server tells.
    """

    items: Sequence[T]
    bad_rows: Sequence[BadRow]
    raw_rows: int
    checkpoint: Checkpoint
    response: Response
    total: int | None = None


@frozen
class Sheet(Generic[T]):
    """An answer as rows, before the walk decides which of them are new.

    Attributes:
        rows: as the caller gets them; a BadRow where one could not be read.
        marks: the same rows as `Listing.key` and `Listing.order` read them.
    """

    rows: Sequence[T | BadRow]
    marks: Sequence[Any]
    next: str | None
    total: int | None
    clean: bool = True


class Reader(Protocol[T]):
    """How a page of one API is read."""

    def read(self, response: Response) -> Sheet[T]:
        """The rows of an answer. Raises DecodeError if it is not a page at all."""
        ...


def _whole(shape: Shape[Any]) -> msgspec.json.Decoder[Any]:
    row: Any = msgspec.Raw if shape.row is bytes else shape.row
    return decoder(shape.envelope(row), row)


@frozen
class Shape(Generic[T]):
    """Reads a page whose rows stand in a JSON list, each for itself where one is malformed.

    Attributes:
        envelope: gives, for a type of row, the type of a whole answer.
        row: the type of the rows; `bytes` leaves them as JSON.
        mark: with rows of `bytes`, the small type that key and order are read from.
        rows: where the rows stand in an answer.
        next: the server's link to the next page.
        total: the number of rows in all, if the answer tells.
    """

    envelope: Callable[[Any], Any]
    row: type[T]
    mark: type[Any]
    rows: Callable[[Any], Sequence[Any]]
    next: Callable[[Any], str | None]
    total: Callable[[Any], int | None]
    #: Of a whole answer; looked up once, and not for each page.
    _decoder: msgspec.json.Decoder[Any] = field(
        init=False, eq=False, repr=False, default=Factory(_whole, takes_self=True)
    )

    def read(self, response: Response) -> Sheet[T]:
        """The rows of an answer. Raises DecodeError if it is not a page at all."""
        if self.row is bytes:
            return self._one_by_one(response)
        try:
            answer = self._decoder.decode(response.body)
        except NOT_JSON:
            return self._one_by_one(response)
        rows = self.rows(answer)
        return Sheet(rows, rows, self.next(answer), self.total(answer))

    def _one_by_one(self, response: Response) -> Sheet[T]:
        try:
            answer = decoder(self.envelope(msgspec.Raw)).decode(response.body)
        except NOT_JSON as error:
            failure = decode_error(response, error)
        else:
            rows, marks, clean = self._read_rows(response, self.rows(answer))
            return Sheet(rows, marks, self.next(answer), self.total(answer), clean)
        raise failure

    def _read_rows(
        self, response: Response, raws: Sequence[msgspec.Raw]
    ) -> tuple[list[T | BadRow], list[Any], bool]:
        rows: list[T | BadRow] = []
        marks: list[Any] = []
        type_ = self.row if self.row is not bytes else self.mark
        where = ""
        for index, raw in enumerate(raws):
            try:
                mark = read(type_, raw)
            except NOT_JSON as error:
                message = str(error).partition(" - at `")[0]
                tail = path_of(error)[1:] if isinstance(error, msgspec.ValidationError) else ""
                where = where or self._where(response)
                bad = BadRow(index, where.format(index) + tail, message, bytes(raw))
                rows.append(bad)
                marks.append(bad)
            else:
                rows.append(cast("T", bytes(raw)) if self.row is bytes else mark)
                marks.append(mark)
        return rows, marks, not where

    def _where(self, response: Response) -> str:
        """The path of rows in the answer; {} is for a row's index."""
        try:
            decoder(self.envelope(_NoRow)).decode(response.body)
        except msgspec.ValidationError as error:
            return path_of(error).replace("[0]", "[{}]")
        return "[{}]"  # the rows were made from what the answer has, and stand nowhere in it


class _NoRow(Model, frozen=True):
    """What no row is: the error of reading the first as one tells where rows stand."""

    no_row: None


def bad_row_error(bad: BadRow) -> DecodeError:
    """The error that a malformed row becomes with ``on_bad_row="raise"``."""
    return DecodeError(f"row {bad.index} of the page: {bad.message}", path=bad.path, row=bad.index)
