"""Make monasca-api's tables in the SQLite file that is named; its own migrations are for MySQL alone."""

# mypy: disable-error-code="import-not-found,import-untyped"
# monasca-api is installed in the server's virtual environment, not where the types are checked.

import sqlite3
import sys
from contextlib import closing

import sqlalchemy
from monasca_api.common.repositories.sqla import models

NOTIFICATION_TYPES = ("EMAIL", "PAGERDUTY", "WEBHOOK")
# The models leave out MySQL's keys, without which listing alarms reads whole tables for each of them.
INDEXES = (
    ("alarm", "id"),
    ("alarm", "alarm_definition_id"),
    ("alarm_metric", "alarm_id"),
    ("metric_definition_dimensions", "id"),
    ("metric_definition", "id"),
    ("metric_dimension", "dimension_set_id"),
    ("sub_alarm", "alarm_id"),
)


def main(path: str) -> None:
    """Tables, indexes and the kinds of notification that a new installation has."""
    models.get_all_metadata().create_all(sqlalchemy.create_engine(f"sqlite:///{path}"))
    with closing(sqlite3.connect(path)) as database, database:
        for table, column in INDEXES:
            database.execute(f"create index {table}_{column} on {table} ({column})")
        database.executemany(
            "insert into notification_method_type (name) values (?)", [(name,) for name in NOTIFICATION_TYPES]
        )
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma journal_mode = wal")


if __name__ == "__main__":
    main(sys.argv[1])
