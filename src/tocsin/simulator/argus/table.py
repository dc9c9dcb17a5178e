"""Rows by primary key, read newest first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")


class Table(Mapping[int, T], Generic[T]):
    """A mapping from pk to row that keeps its sorted views until a row comes or goes."""

    def __init__(self, time: Callable[[T], datetime]) -> None:
        self.time = time
        self._rows: dict[int, T] = {}
        self._views: dict[int | None, list[T]] = {}

    def __getitem__(self, pk: int) -> T:
        return self._rows[pk]

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, pk: int, row: T) -> None:
        """Put a row in."""
        self._rows[pk] = row
        self._views.clear()

    def remove(self, pk: int) -> T:
        """Take a row out; KeyError if there is none."""
        self._views.clear()
        return self._rows.pop(pk)

    def newest_first(self, shuffle: int | None = None) -> Sequence[T]:
        """All rows by descending time; rows of one time by pk, or in an order that ``shuffle`` decides."""
        view = self._views.get(shuffle)
        if view is None:

            def tie(pk: int) -> int:
                # Fibonacci hashing: cheap, and as different for two values of shuffle as need be.
                return pk if shuffle is None else (pk * 2654435761 ^ shuffle * 40503) * 2246822519 % 2**32

            rows = sorted(self._rows.items(), key=lambda item: tie(item[0]))
            view = [row for _, row in sorted(rows, key=lambda item: self.time(item[1]), reverse=True)]
            self._views[shuffle] = view
        return view
