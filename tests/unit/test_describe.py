"""Tables of readable resources, apart from any backend."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tocsin.describe import Resource
from tocsin.errors import InputError


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
