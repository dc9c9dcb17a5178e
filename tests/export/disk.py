"""What an export has left on disk."""

from __future__ import annotations

import hashlib
import json
import zlib
from pathlib import Path
from typing import Any


def rows(folder: Path) -> list[dict[str, Any]]:
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
            assert receipt["last_key"] == found[-1]["pk"]
    return found


def pks(folder: Path) -> list[int]:
    """The ids of those rows, ascending."""
    return sorted(row["pk"] for row in rows(folder))


def files(folder: Path) -> set[str]:
    """The names of all files below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
