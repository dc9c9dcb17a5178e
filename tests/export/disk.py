"""What an export has left on disk."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tocsin.describe import Resource, RowKey


def rows(folder: Path, key_of: Callable[[dict[str, Any]], Any] = lambda row: row["pk"]) -> list[dict[str, Any]]:
    """The rows of a resource's folder that have receipts; each file must be as its receipt says."""
    found = list[dict[str, Any]]()
    for path in sorted(folder.glob("*/?????.json")):
        receipt = json.loads(path.read_bytes())
        if receipt["segment"] is not None:
            content = (path.parent / receipt["segment"]["name"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == receipt["segment"]["sha256"]
            assert len(content) == receipt["segment"]["bytes"]
            lines = zlib.decompress(content, 31).splitlines()
            assert len(lines) == receipt["segment"]["rows"]
            found += map(json.loads, lines)
            assert receipt["last_key"] == key_of(found[-1])
    return found


def pks(folder: Path) -> list[int]:
    """The ids of those rows, ascending."""
    return sorted(row["pk"] for row in rows(folder))


def keys(folder: Path, resource: Resource[Any]) -> list[RowKey]:
    """The ids of a resource's rows below the folder of a profile, in the order of the files."""

    def written(row: dict[str, Any]) -> object:
        key = resource.key_of(row)
        return list(key) if isinstance(key, tuple) else key

    found = [resource.key_of(row) for row in rows(folder / resource.name, written)]
    assert None not in found
    return [key for key in found if key is not None]


def files(folder: Path) -> set[str]:
    """The names of all files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
