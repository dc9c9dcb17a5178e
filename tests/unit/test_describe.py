"""Tables of readable resources, apart from any backend."""

from __future__ import annotations

from typing import Any, cast

import pytest

import tocsin
from tocsin.cli.backends import NAMES, backend
from tocsin.describe import Resource
from tocsin.errors import InputError
from tocsin.simulator import BACKENDS


@pytest.mark.parametrize(
    ("sharded", "where", "message"),
    [(False, {}, "things cannot be read in parts$"), (True, {"name": "x"}, "in parts with a filter")],
)
def test_parts_are_of_the_whole(sharded: bool, where: dict[str, str], message: str) -> None:
    """Only what has parts is read in parts, and then all of it: nothing is asked for otherwise."""

    def read(*_: object) -> Any:
        raise AssertionError("it was read")

    things = Resource[Any](name="things", read=read, filters=frozenset({"name"}), sharded=sharded)
    with pytest.raises(InputError, match=message):
        things.pager(cast("Any", None), where=where, shard=(0, 2))


@pytest.mark.parametrize(
    ("key", "row", "expected"),
    [
        ("id", {"id": 7}, 7),
        ("id", {"id": {"b": 1, "a": 2}}, '{"a":2,"b":1}'),
        ("id", {}, None),
        (("name", "at"), {"name": "x", "at": "noon"}, ("x", "noon")),
        (("name", "at"), {"name": "x"}, None),
    ],
)
def test_a_key_tells_rows_apart(key: Any, row: dict[str, Any], expected: object) -> None:
    """It is a value that can be in a set, several values as a tuple; None where one is missing."""
    assert Resource[Any](name="things", read=cast("Any", None), key=key).key_of(row) == expected


def test_every_backend_has_a_table_and_a_simulated_server() -> None:
    """The packages with a table are those that commands know, and each of them can be simulated."""
    assert set(NAMES) == set(BACKENDS)
    for name in NAMES:
        assert backend(name).client.__name__ in tocsin.__all__


@pytest.mark.parametrize("name", NAMES)
def test_tables_name_what_there_is(name: str) -> None:
    """The client is of that backend, and lists are of resources that it has."""
    table = backend(name)
    assert table.client.backend == name
    assert set(table.lists.values()) <= set(table.resources)
    assert all(resource.name == each for each, resource in table.resources.items())
