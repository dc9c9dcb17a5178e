"""What a Monasca holds, and what of it was exported, as ids that can be compared."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from tests.export.disk import keys

from tocsin.describe import RowKey, row_key
from tocsin.monasca.describe import RESOURCES
from tocsin.simulator import Simulator


def held(sim: Simulator) -> dict[str, Counter[RowKey]]:
    """The ids of all that the server holds, with times as moments."""
    return {name: Counter(timed(row_key(id)) for id in ids) for name, ids in sim.held("monasca").items()}


def timed(key: RowKey) -> RowKey:
    """An id in which a time is written in one way: each dialect has its own digits."""
    if not isinstance(key, tuple):
        return key
    # Rows are as the server sends them, which writes a blank in the dimensions of a metric with a backslash.
    return tuple([_moment(part.replace("\\\\ ", " ")) if isinstance(part, str) else part for part in key])


def _moment(part: str) -> str:
    try:
        return datetime.fromisoformat(part).astimezone(UTC).isoformat()
    except ValueError:
        return part


def exported(out: Path) -> dict[str, Counter[RowKey]]:
    """The ids of all that was exported."""
    names = [plan.parent.name for plan in out.glob("*/plan.json")]
    return {name: Counter(map(timed, keys(out, RESOURCES[name]))) for name in names}
