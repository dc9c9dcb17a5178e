"""The readable resources of Monasca in one table: for export, demo, check and the lists of the command line.

Left out are logs, which the API takes and never gives, and statistics, which can be worked out of measurements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from tocsin.describe import Backend, Resource, Selection, in_shard
from tocsin.errors import InputError
from tocsin.monasca.client import MonascaClient
from tocsin.monasca.dialect import OF_2014
from tocsin.monasca.keystone import KeystonePassword
from tocsin.paging.nested import nested
from tocsin.paging.pager import Pager

if TYPE_CHECKING:
    from tocsin.monasca.alarm_fields import AlarmFilters
    from tocsin.monasca.inputs import DimensionFilter
    from tocsin.monasca.state_history import HistoryTimes

#: Measurements a page: the server's largest; a tenth of it is read at two thirds of the speed.
MEASUREMENTS = 10_000
#: Rows a page of the other lists.
PAGE_SIZE = 1_000
#: Nothing is older: the API wants to be told from when on measurements are meant.
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


#: The smallest step of time here.
_TICK = timedelta(microseconds=1)
_ALARM_TEXTS: tuple[Literal["name", "state", "alarm_definition_id", "metric_name", "lifecycle_state"], ...] = (
    "name",
    "state",
    "alarm_definition_id",
    "metric_name",
    "lifecycle_state",
)


async def _find_dialect(monasca: MonascaClient) -> None:
    await monasca.find_dialect()


def _dimensions(select: Selection) -> DimensionFilter | None:
    """Of ``dimensions=hostname:devstack,service``, as the API writes them."""
    text = select.where.get("dimensions")
    if text is None:
        return None
    found: dict[str, str | Sequence[str] | None] = {}
    for pair in text.split(","):
        name, colon, values = pair.partition(":")
        if not name:
            raise InputError(f"dimensions must be NAME:VALUE, NAME:ONE|OTHER or NAME, by commas, not {text!r}")
        found[name] = values.split("|") if colon else None
    return found


def _metrics(monasca: MonascaClient, select: Selection) -> Pager[bytes]:
    return monasca.metrics.rows(
        name=select.where.get("name"),
        dimensions=_dimensions(select),
        page_size=select.page_size or PAGE_SIZE,
        on_bad_row=select.on_bad_row,
    )


def _measurements(monasca: MonascaClient, select: Selection) -> Pager[bytes]:
    """Metric by metric, and of each the series; a shard is some of the metrics.

    A server of 2014 does not tell names, and sends all measurements in one answer: that is the first shard.
    """
    since, dimensions, name = select.since or _EVER, _dimensions(select), select.where.get("name")
    size = select.page_size or MEASUREMENTS

    def of_metric(name: str) -> Pager[bytes]:
        return monasca.metrics.measurement_rows(
            name, start_time=since, end_time=select.until, dimensions=dimensions, group_by="*", page_size=size
        )

    if monasca.dialect == OF_2014:
        if select.shard is not None and select.shard[0] > 0:
            return nested(monasca.metrics.rows(), lambda _: None)
        return monasca.metrics.measurement_rows(
            name, start_time=since, end_time=select.until, dimensions=dimensions, page_size=size
        )
    if name is not None:
        return of_metric(name)
    names = monasca.metrics.names(dimensions=dimensions)
    return nested(
        names,
        lambda name: of_metric(name) if in_shard(name, select.shard) else None,
        repr((since, select.until, select.shard)),
    )


def _alarms(monasca: MonascaClient, select: Selection) -> Pager[bytes]:
    filters: AlarmFilters = {}
    for name in _ALARM_TEXTS:
        if name in select.where:
            filters[name] = select.where[name]
    if "severity" in select.where:
        filters["severity"] = select.where["severity"].split("|")
    return monasca.alarms.rows(page_size=select.page_size or PAGE_SIZE, on_bad_row=select.on_bad_row, **filters)


async def _alarm_count(monasca: MonascaClient, _: Selection) -> int:
    [row] = await monasca.alarms.count()
    return row.count


def _state_histories(monasca: MonascaClient, select: Selection) -> Pager[bytes]:
    times: HistoryTimes = {}
    if select.since is not None:
        times["start_time"] = select.since
    if select.until is not None:
        times["end_time"] = select.until - _TICK  # which the server includes
    return monasca.alarms.state_histories_rows(
        page_size=select.page_size or PAGE_SIZE, on_bad_row=select.on_bad_row, **times
    )


def _only_current(monasca: MonascaClient) -> bool:
    return monasca.dialect != OF_2014


_RESOURCES: tuple[Resource[MonascaClient], ...] = (
    Resource(
        name="metrics",
        read=_metrics,
        key=("name", "dimensions"),
        filters=frozenset({"name", "dimensions"}),
        columns=("name", "dimensions"),
    ),
    Resource(
        name="measurements",
        read=_measurements,
        prepare=_find_dialect,
        key=("name", "dimensions", "timestamp"),
        time="timestamp",
        filters=frozenset({"name", "dimensions"}),
        columns=("timestamp", "name", "value", "dimensions"),
        sharded=True,
    ),
    Resource(
        name="notification_methods",
        read=lambda monasca, how: monasca.notification_methods.rows(
            page_size=how.page_size or PAGE_SIZE, on_bad_row=how.on_bad_row
        ),
        columns=("name", "type", "address", "period", "id"),
    ),
    Resource(
        name="alarm_definitions",
        read=lambda monasca, how: monasca.alarm_definitions.rows(
            page_size=how.page_size or PAGE_SIZE, on_bad_row=how.on_bad_row
        ),
        prepare=_find_dialect,
        offered=_only_current,
        columns=("name", "severity", "expression", "id"),
    ),
    Resource(
        name="alarms",
        read=_alarms,
        total=_alarm_count,
        filters=frozenset({*_ALARM_TEXTS, "severity"}),
        columns=("state_updated_timestamp", "state", "alarm_definition.severity", "alarm_definition.name", "id"),
    ),
    Resource(
        name="state_histories",
        read=_state_histories,
        # The server's id of a transition is only its millisecond.
        key=("alarm_id", "timestamp", "old_state", "new_state", "reason"),
        time="timestamp",
        columns=("timestamp", "old_state", "new_state", "alarm_id", "reason"),
    ),
)


async def _server(monasca: MonascaClient) -> str:
    versions = await monasca.versions.list()
    return f"Monasca {', '.join(version.id for version in versions)}, {monasca.dialect} dialect"


async def _sign_in(monasca: MonascaClient) -> str:
    await monasca.notification_methods.list(page_size=2).first()
    return f"at {monasca.base_url}"


async def _send_logs(monasca: MonascaClient, messages: Sequence[str], dimensions: Mapping[str, str]) -> None:
    await monasca.logs.create(messages, dimensions=dimensions)


def _at(endpoint: Mapping[str, str]) -> MonascaClient:
    auth = KeystonePassword(
        endpoint["keystone_url"],
        username=endpoint["username"],
        password=endpoint["password"],
        project_name=endpoint["project"],
    )
    return MonascaClient(endpoint["base_url"], auth=auth)


BACKEND = Backend(
    client=MonascaClient,
    resources=_RESOURCES,
    checks={"sign-in": _sign_in, "server": _server},
    lists={
        "alarms": "alarms",
        "metrics": "metrics",
        "measurements": "measurements",
        "notification-methods": "notification_methods",
    },
    at=_at,
    send_logs=_send_logs,
)
#: By name, in the order of the table.
RESOURCES = BACKEND.resources
