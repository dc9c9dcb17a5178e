"""The five operations that most resources have, and what a deletion takes with it."""

from collections.abc import Callable, Mapping

import attrs

from tocsin.simulator.acsmonitor.listing import rows_of, shown
from tocsin.simulator.acsmonitor.request import Ask, missing
from tocsin.simulator.acsmonitor.schema import SCHEMAS
from tocsin.simulator.acsmonitor.state import AcsMonitorState
from tocsin.simulator.acsmonitor.tables import Row
from tocsin.simulator.acsmonitor.validation import Fields, checked, writable
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply

Handler = Callable[[Ask], Reply]
Finish = Callable[[Ask, Row], Row]
"""Has the last word on values that are to be kept, or on an object that is to be shown."""


def single(ask: Ask, body: Json, status: int = 200) -> Reply:
    """One object, in the envelope that the server has for one."""
    return Reply({"data": body} if ask.state.wrap_single else body, status)


def removed(state: AcsMonitorState, table: str, row: Row) -> None:
    """Delete a row, with all that goes with it."""
    state.tables[table].remove(row["id"])
    for name, schema in SCHEMAS.items():
        if schema.parent and schema.parent[0] == table:
            for child in [each for each in state.tables[name] if each[schema.parent[1]] == row["id"]]:
                removed(state, name, child)


def deleted(ask: Ask) -> Reply:
    """What a deletion is answered."""
    if ask.state.deleted_status == 200:
        return Reply({"message": "Deleted."})
    return Reply(status=204)


@attrs.frozen
class Resource:
    """The operations of one table.

    ``fields`` are checked, others kept as they come. ``parent`` is the table that the first part of the path is
    of, and the column of its id, where paths are nested. ``keep`` sees what is to be kept of a request, ``detail``
    what is shown of a single object.
    """

    table: str
    fields: Fields
    parent: tuple[str, str] | None = None
    keep: Finish | None = None
    detail: Finish | None = None

    def _where(self, ask: Ask) -> Mapping[str, Json]:
        return {self.parent[1]: ask.found(self.parent[0])["id"]} if self.parent else {}

    def _kept(self, ask: Ask, given: Row) -> Row:
        values = {**writable(ask, self.table), **given}
        return self.keep(ask, values) if self.keep else values

    def one(self, ask: Ask) -> Row:
        """The row that the path names, which must be of the parent that it names."""
        where = self._where(ask)
        part = 1 if self.parent else 0
        row = ask.found(self.table, part)
        if any(row[column] != value for column, value in where.items()):
            raise missing(self.table, ask.path[part])
        return row

    def show(self, ask: Ask, row: Row) -> Row:
        """A single object."""
        found = shown(ask.state, SCHEMAS[self.table], row, whole=True)
        return self.detail(ask, found) if self.detail else found

    def list(self, ask: Ask) -> Reply:
        """A page of them."""
        return rows_of(ask, self.table, self._where(ask))

    def get(self, ask: Ask) -> Reply:
        """One of them."""
        return single(ask, self.show(ask, self.one(ask)))

    def create(self, ask: Ask) -> Reply:
        """A new one."""
        where = self._where(ask)
        row = ask.state.add(self.table, **self._kept(ask, checked(ask, self.fields)), **where)
        return single(ask, self.show(ask, row), ask.state.created_status)

    def update(self, ask: Ask) -> Reply:
        """Change what is given; whether a PUT must give everything is not published."""
        row = self.one(ask)
        ask.state.tables[self.table].change(row, self._kept(ask, checked(ask, self.fields, partly=True)))
        return single(ask, self.show(ask, row))

    def delete(self, ask: Ask) -> Reply:
        """Remove it."""
        removed(ask.state, self.table, self.one(ask))
        return deleted(ask)
