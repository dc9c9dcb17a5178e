"""Rows, and the selections of them that pages are cut from."""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping

from tocsin.simulator.frame import Json

Row = dict[str, Json]
"""One row as it is kept: values as JSON has them, times as text, and the ids of what it belongs to."""

_KEPT = 8  # selections: as many lists as are usually walked at a time


class Table:
    """Rows by id, which a walk over a list finds sorted already after its first page.

    ``next_id`` is the id of the next new row: those of deleted ones do not come again.
    """

    def __init__(self, columns: Mapping[str, Json]) -> None:
        self.columns = columns
        self._rows: dict[int, Row] = {}
        self.next_id = 1
        self._selected: dict[Hashable, list[Row]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    @property
    def ids(self) -> Collection[int]:
        """The ids of all rows."""
        return self._rows.keys()

    def get(self, id: int | None) -> Row | None:
        """The row with the id, if there is one."""
        return None if id is None else self._rows.get(id)

    def add(self, values: Mapping[str, Json], id: int | None = None) -> Row:
        """Put in a row, whose columns that are not given have their defaults."""
        number = self.next_id if id is None else id
        if number in self._rows:
            raise ValueError(f"there is a row {number} already")
        row = {"id": number, **_copied(self.columns), **values}
        self._rows[number] = row
        self.next_id = max(self.next_id, number + 1)
        self._selected.clear()
        return row

    def change(self, row: Row, values: Mapping[str, Json]) -> None:
        """Set some of a row's columns."""
        row |= values
        self._selected.clear()

    def remove(self, id: int) -> Row:
        """Take a row out."""
        self._selected.clear()
        return self._rows.pop(id)

    def select(self, key: Hashable, choose: Callable[[Collection[Row]], list[Row]]) -> list[Row]:
        """What ``choose`` makes of the rows, remembered by ``key`` until a row changes."""
        if key not in self._selected:
            if len(self._selected) >= _KEPT:
                del self._selected[next(iter(self._selected))]
            self._selected[key] = choose(self._rows.values())
        return self._selected[key]


def _copied(columns: Mapping[str, Json]) -> Row:
    return {name: value.copy() if isinstance(value, list | dict) else value for name, value in columns.items()}
