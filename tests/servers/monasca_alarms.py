"""Alarms put straight into monasca-api's database, as monasca-thresh would when metrics come in."""

import hashlib
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta


def insert_alarms(
    database: sqlite3.Connection,
    definition_id: str,
    count: int,
    *,
    states: Sequence[str],
    metric: str,
    host: str,
    region: str,
) -> list[str]:
    """Write `count` alarms of one metric each, one millisecond apart; their ids, oldest first."""
    definition = database.execute(
        "select tenant_id from alarm_definition where id = ? and deleted_at is null", (definition_id,)
    ).fetchone()
    if definition is None:
        raise LookupError(f"there is no alarm definition {definition_id}")
    expressions = _sub_expressions(database, definition_id)
    now = datetime.now(UTC).replace(tzinfo=None)
    ids = [str(uuid.uuid4()) for _ in range(count)]
    for number, alarm in enumerate(ids):
        at = (now + timedelta(milliseconds=number)).isoformat(" ", "microseconds")
        database.execute(
            "insert into alarm (id, alarm_definition_id, state, created_at, state_updated_at, updated_at)"
            " values (?, ?, ?, ?, ?, ?)",
            (alarm, definition_id, states[number % len(states)], at, at, at),
        )
        dimensions = {"hostname": f"{host}{number}", "service": "monitoring"}
        key = _insert_metric(database, metric, dimensions, tenant=definition[0], region=region)
        database.execute("insert into alarm_metric values (?, ?)", (alarm, key))
        database.executemany(
            "insert into sub_alarm values (?, ?, ?, ?, ?, ?)",
            [(str(uuid.uuid4()), alarm, sub_id, expression, at, at) for sub_id, expression in expressions.items()],
        )
    return ids


def _sub_expressions(database: sqlite3.Connection, definition_id: str) -> dict[str, str]:
    """What each sub-alarm watches, in the language of alarm expressions, by the sub-definition's id."""
    expressions: dict[str, str] = {}
    rows = database.execute(
        "select id, function, metric_name, period, operator, threshold, periods"
        " from sub_alarm_definition where alarm_definition_id = ?",
        (definition_id,),
    ).fetchall()
    for sub_id, function, metric, period, operator, threshold, periods in rows:
        dimensions = database.execute(
            "select dimension_name || '=' || value from sub_alarm_definition_dimension"
            " where sub_alarm_definition_id = ? order by dimension_name",
            (sub_id,),
        ).fetchall()
        where = "{" + ",".join(text for (text,) in dimensions) + "}" if dimensions else ""
        watched = f"{function}({metric}{where}, {period})"
        expressions[sub_id] = f"{watched} {operator} {threshold} times {periods}"
    return expressions


def _insert_metric(
    database: sqlite3.Connection, name: str, dimensions: Mapping[str, str], *, tenant: str, region: str
) -> bytes:
    """The key of a metric, written with its dimensions unless it is there."""
    metric = _key(name, tenant, region)
    dimension_set = _key(*(word for item in sorted(dimensions.items()) for word in item))
    both = _key(metric.hex(), dimension_set.hex())
    if not _known(database, "metric_definition", "id", metric):
        database.execute("insert into metric_definition values (?, ?, ?, ?)", (metric, name, tenant, region))
    if not _known(database, "metric_dimension", "dimension_set_id", dimension_set):
        database.executemany(
            "insert into metric_dimension values (?, ?, ?)",
            [(dimension_set, *item) for item in dimensions.items()],
        )
    if not _known(database, "metric_definition_dimensions", "id", both):
        database.execute(
            "insert into metric_definition_dimensions values (?, ?, ?)", (both, metric, dimension_set)
        )
    return both


def _key(*words: str) -> bytes:
    # monasca-thresh's keys are SHA-1 too; nobody computes them again from what they stand for.
    return hashlib.sha1("\0".join(words).encode(), usedforsecurity=False).digest()


def _known(database: sqlite3.Connection, table: str, column: str, key: bytes) -> bool:
    return database.execute(f"select 1 from {table} where {column} = ?", (key,)).fetchone() is not None
