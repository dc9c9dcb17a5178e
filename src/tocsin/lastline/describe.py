"""The readable resources of Lastline in one table: for export, demo, check and the lists of the command line.

Left out are sums over appliances, which can be worked out of samples.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tocsin.describe import Backend, Resource, Selection, in_shard
from tocsin.lastline.client import LastlineClient
from tocsin.lastline.inputs import SelectorCall
from tocsin.lastline.logs import PAGE
from tocsin.lastline.metrics import HALF_HOUR
from tocsin.paging.nested import nested
from tocsin.paging.pager import Pager

#: What selects appliances, as it stands in the API's query.
_APPLIANCES = frozenset({"appliance_uuids", "appliance_type"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def _find_earliest(lastline: LastlineClient) -> None:
    if not lastline.metrics.found_earliest:
        await lastline.metrics.earliest()


def _selectors(select: Selection) -> SelectorCall:
    selectors: SelectorCall = {}
    if "appliance_uuids" in select.where:
        selectors["appliance_uuids"] = select.where["appliance_uuids"].split(",")
    if "appliance_type" in select.where:
        selectors["appliance_type"] = select.where["appliance_type"]
    return selectors


def _metrics(lastline: LastlineClient, select: Selection) -> Pager[bytes]:
    return lastline.metrics.rows(on_bad_row=select.on_bad_row, **_selectors(select))


def _samples(lastline: LastlineClient, select: Selection) -> Pager[bytes]:
    """Metric by metric, of each those that begin in the time; a shard is some of the metrics."""
    since, until, selectors = select.since, select.until, _selectors(select)

    def of_metric(metric: str) -> Pager[bytes]:
        return lastline.metrics.sample_rows(
            metric, beginning=True, start_time=since, end_time=until, on_bad_row=select.on_bad_row, **selectors
        )

    name = select.where.get("name")
    if name is not None:
        return of_metric(name)
    # To the end of the last interval, where all that it has may have been reported.
    end = None if until is None else until + (_EPOCH - until) % HALF_HOUR
    metrics = lastline.metrics.list(start_time=since, end_time=end, on_bad_row=select.on_bad_row, **selectors)
    return nested(
        metrics,
        lambda metric: of_metric(metric) if in_shard(metric, select.shard) else None,
        repr((since, until, select.shard)),
    )


def _logs(lastline: LastlineClient, select: Selection) -> Pager[bytes]:
    """Those that begin in the time: entries reach over it, and when they end may change."""
    return lastline.logs.rows(
        start_time=select.since,
        end_time=select.until,
        beginning=select.since is not None or select.until is not None,
        on_bad_row=select.on_bad_row,
        page_size=select.page_size or PAGE,
        **_selectors(select),
    )


_RESOURCES: tuple[Resource[LastlineClient], ...] = (
    Resource(name="metrics", read=_metrics, key="metric", filters=_APPLIANCES, columns=("metric",)),
    Resource(
        name="samples",
        read=_samples,
        prepare=_find_earliest,
        key=("appliance_uuid", "metric", "time"),
        time="time",
        filters=_APPLIANCES | {"name"},
        columns=("time", "metric", "value", "width", "appliance_uuid"),
        sharded=True,
    ),
    Resource(
        name="logs",
        read=_logs,
        key="log_entry_uuid",
        time="start_time",
        filters=_APPLIANCES,
        columns=("start_time", "impact", "count", "log_identifier", "message"),
    ),
)


async def _server(lastline: LastlineClient) -> str:
    return f"answers {await lastline.ping()}"


async def _sign_in(lastline: LastlineClient) -> str:
    await lastline.metrics.list().first()
    return f"at {lastline.base_url}"


BACKEND = Backend(
    client=LastlineClient,
    resources=_RESOURCES,
    checks={"sign-in": _sign_in, "server": _server},
    lists={"metrics": "metrics", "measurements": "samples", "logs": "logs"},
    at=lambda endpoint: LastlineClient(
        endpoint["base_url"], username=endpoint["username"], password=endpoint["password"]
    ),
)
#: By name, in the order of the table.
RESOURCES = BACKEND.resources
