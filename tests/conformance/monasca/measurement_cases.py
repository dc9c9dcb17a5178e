"""Measurements and statistics: of one series, merged, grouped, and in pages."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tests.conformance.monasca.lab import START, Lab
from tests.conformance.monasca.registry import case

SECOND = timedelta(seconds=1)
END = START + timedelta(hours=1)
AT = "2020-02-03T04:05:06.789Z"


async def _hosts(lab: Lab) -> str:
    """Three series of different length, with many times in common; their name."""
    for number, count in enumerate((7, 10, 4)):
        host = {"host": f"h{number}", "room": f"r{number % 2}"}
        await lab.write("cpu", host, [number + value / 10 for value in range(count)])
    return f"{lab.mark}.cpu"


def _flat(found: list[bytes]) -> list[Any]:
    """Rows in one order: the server has none for those of one time."""
    rows = [json.loads(row) for row in found]
    return sorted(
        [row["timestamp"], *sorted(row["dimensions"].items()), row["value"], row["value_meta"]] for row in rows
    )


@case
async def measurements_of_one(lab: Lab) -> Any:
    name = await _hosts(lab)
    return await lab.demo.metrics.measurements(name, start_time=START, dimensions={"host": "h0"}).collect()


@case
async def measurements_in_time(lab: Lab) -> Any:
    name = await _hosts(lab)
    times: dict[str, Any] = {"start_time": START + SECOND, "end_time": START + 3 * SECOND}
    return await lab.demo.metrics.measurements(name, dimensions={"host": "h0"}, **times).collect()


@case
async def measurements_in_pages(lab: Lab) -> Any:
    name = await _hosts(lab)
    pager = lab.demo.metrics.measurements(name, start_time=START, dimensions={"host": "h1"}, page_size=3)
    return [row for series in await pager.collect() for row in series.measurements]


@case
async def measurements_as_rows(lab: Lab) -> Any:
    name = await _hosts(lab)
    pager = lab.demo.metrics.measurement_rows(name, start_time=START, dimensions={"host": "h1"}, page_size=4)
    return await pager.collect()


@case
async def measurements_with_meta(lab: Lab) -> Any:
    name = await lab.write("cpu", {"h": "a"}, [1, 2], value_meta={"a": "☎", "b": 'say "x"', "c": "", "d": "\\"})
    return await lab.demo.metrics.measurements(name, start_time=START).collect()


@case
async def measurements_of_several(lab: Lab) -> Any:
    name = await _hosts(lab)
    return await lab.demo.metrics.measurements(name, start_time=START).collect()


@case
async def measurements_of_series_in_another(lab: Lab) -> Any:
    await lab.write("cpu", {"a": "1"}, [1])
    name = await lab.write("cpu", {"a": "1", "b": "2"}, [2])
    return await lab.demo.metrics.measurements(name, start_time=START, dimensions={"a": "1"}).collect()


@case
async def measurements_of_none(lab: Lab) -> Any:
    return await lab.demo.metrics.measurements(f"{lab.mark}.none", start_time=START).collect()


@case
async def measurements_before_there_were_any(lab: Lab) -> Any:
    name = await _hosts(lab)
    times: dict[str, Any] = {"start_time": START - SECOND, "end_time": START}
    return await lab.demo.metrics.measurements(name, dimensions={"host": "h0"}, **times).collect()


@case
async def measurements_grouped(lab: Lab) -> Any:
    name = await _hosts(lab)
    return await lab.demo.metrics.measurements(name, start_time=START, group_by="*").collect()


@case
async def measurements_grouped_in_pages(lab: Lab) -> Any:
    name = await _hosts(lab)
    pager = lab.demo.metrics.measurement_rows(name, start_time=START, end_time=END, group_by=["host"], page_size=4)
    return _flat(await pager.collect())


@case
async def measurements_grouped_by_room(lab: Lab) -> Any:
    name = await _hosts(lab)
    pager = lab.demo.metrics.measurement_rows(name, start_time=START, group_by="room", page_size=5)
    return _flat(await pager.collect())


@case
async def measurements_grouped_by_what_is_not_there(lab: Lab) -> Any:
    name = await _hosts(lab)
    pager = lab.demo.metrics.measurement_rows(name, start_time=START, group_by=["nothing"])
    return _flat(await pager.collect())


@case
async def measurements_of_all_metrics(lab: Lab) -> Any:
    await lab.write("a", {"run": lab.mark, "host": "h"}, [1, 2])
    await lab.write("B", {"run": lab.mark}, [3])
    pager = lab.demo.metrics.measurements(
        start_time=START, dimensions={"run": lab.mark}, group_by="*", page_size=2
    )
    return await pager.collect()


@case
async def measurements_merged(lab: Lab) -> Any:
    name = await _hosts(lab)
    pager = lab.demo.metrics.measurement_rows(name, start_time=START, merge_metrics=True)
    return _flat(await pager.collect())


@case
async def measurements_merged_in_pages(lab: Lab) -> Any:
    name = await _hosts(lab)
    pager = lab.demo.metrics.measurement_rows(name, start_time=START, merge_metrics=True, page_size=4)
    return _flat(await pager.collect())


@case
async def measurements_merged_by_room(lab: Lab) -> Any:
    name = await _hosts(lab)
    pager = lab.demo.metrics.measurement_rows(
        name, start_time=START, dimensions={"room": "r0"}, merge_metrics=True
    )
    return _flat(await pager.collect())


# --- what pages are without the client's walks: the server's defects


async def _page(lab: Lab, what: str = "measurements", **params: str) -> Any:
    given = {"name": f"{lab.mark}.cpu", "start_time": AT, **params}
    return await lab.demo.request("GET", f"/metrics/{what}", params=given)


@case
async def measurements_page_of_one(lab: Lab) -> Any:
    await _hosts(lab)
    first = await _page(lab, dimensions="host:h1", limit="3")
    return (
        first,
        await _page(lab, dimensions="host:h1", limit="3", offset="2020-02-03T04:05:08.789Z"),
        await _page(lab, dimensions="host:h1", limit="30", offset="0_2020-02-03T04:05:08.789Z"),
        await _page(lab, dimensions="host:h1", limit="3", offset="1580702710789"),
    )


@case
async def measurements_full_last_page(lab: Lab) -> Any:
    await lab.write("cpu", {}, [1, 2])
    return await _page(lab, limit="2"), await _page(lab, limit="2", offset="0_2020-02-03T04:05:07.789Z")


@case
async def measurements_page_of_groups(lab: Lab) -> Any:
    await _hosts(lab)
    first = await _page(lab, group_by="host", limit="9")
    return first, await _page(lab, group_by="host", limit="9", offset="1_2020-02-03T04:05:07.789Z")


@case
async def measurements_limit_zero(lab: Lab) -> Any:
    await _hosts(lab)
    return await _page(lab, dimensions="host:h1", limit="0")


@case
async def statistics_page(lab: Lab) -> Any:
    await _hosts(lab)
    asked = {"dimensions": "host:h1", "statistics": "avg,count", "period": "2", "limit": "2"}
    first = await _page(lab, "statistics", **asked)
    return first, await _page(lab, "statistics", **asked, offset="2020-02-03T04:05:08Z")


# --- statistics


@case
async def statistics_of_all_kinds(lab: Lab) -> Any:
    name = await _hosts(lab)
    kinds = ["avg", "min", "max", "sum", "count"]
    pager = lab.demo.metrics.statistics(name, statistics=kinds, start_time=START, dimensions={"host": "h0"})
    return await pager.collect()


@case
async def statistics_by_period(lab: Lab) -> Any:
    name = await _hosts(lab)
    found: dict[str, Any] = {}
    for period in (1, 2, 3, 60):
        pager = lab.demo.metrics.statistics(
            name,
            statistics=["count", "max"],
            start_time=START,
            end_time=END,
            period=period,
            dimensions={"host": "h1"},
        )
        found[str(period)] = await pager.collect()
    return found


@case
async def statistics_in_pages(lab: Lab) -> Any:
    name = await _hosts(lab)
    pager = lab.demo.metrics.statistics(
        name, statistics=["avg"], start_time=START, period=2, dimensions={"host": "h1"}, page_size=2
    )
    return [row for series in await pager.collect() for row in series.statistics]


@case
async def statistics_with_gaps(lab: Lab) -> Any:
    await lab.write("cpu", {}, [1, 2])
    name = await lab.write("cpu", {}, [3], start=START + timedelta(days=3))
    pager = lab.demo.metrics.statistics(name, statistics=["sum"], start_time=START, period=3600)
    return await pager.collect()


@case
async def statistics_grouped(lab: Lab) -> Any:
    name = await _hosts(lab)
    pager = lab.demo.metrics.statistics(
        name, statistics=["min", "count"], start_time=START, end_time=END, group_by=["room"], period=2
    )
    return await pager.collect()


@case
async def statistics_grouped_in_pages(lab: Lab) -> Any:
    name = await _hosts(lab)
    pager = lab.demo.metrics.statistic_rows(
        name, statistics=["sum"], start_time=START, end_time=END, group_by="*", period=1, page_size=4
    )
    rows = [json.loads(row) for row in await pager.collect()]
    return sorted([row["dimensions"]["host"], row["timestamp"], row["sum"]] for row in rows)


@case
async def statistics_merged(lab: Lab) -> Any:
    name = await _hosts(lab)
    pager = lab.demo.metrics.statistics(
        name, statistics=["count", "max"], start_time=START, merge_metrics=True, period=3, page_size=2
    )
    return [row for series in await pager.collect() for row in series.statistics]


@case
async def statistics_of_several(lab: Lab) -> Any:
    name = await _hosts(lab)
    return await lab.demo.metrics.statistics(name, statistics=["avg"], start_time=START).collect()


@case
async def statistics_of_none(lab: Lab) -> Any:
    return await lab.demo.metrics.statistics(f"{lab.mark}.n", statistics=["avg"], start_time=START).collect()


@case
async def statistics_as_rows(lab: Lab) -> Any:
    name = await _hosts(lab)
    pager = lab.demo.metrics.statistic_rows(
        name, statistics=["max", "min"], start_time=START, dimensions={"host": "h2"}, period=60
    )
    return await pager.collect()
