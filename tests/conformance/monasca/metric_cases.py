"""Metrics and the names in them: written, and read back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.conformance.monasca.lab import START, Lab
from tests.conformance.monasca.registry import case, refused

from tocsin.monasca import NewMetric

DAY = timedelta(days=1)


@case
async def metric_created(lab: Lab) -> Any:
    name = f"{lab.mark}.cpu"
    meta = {"unit": "%", "host": "a b"}
    await lab.demo.metrics.create(name, 1.5, dimensions={"h": "a"}, timestamp=START, value_meta=meta)
    return await lab.demo.metrics.measurements(name, start_time=START).collect()


@case
async def metric_created_now(lab: Lab) -> Any:
    name = f"{lab.mark}.cpu"
    await lab.demo.metrics.create(name, -1)
    return (
        await lab.demo.metrics.list(name=name).collect(),
        await lab.demo.metrics.measurements(name, start_time=START).collect(),
    )


@case
async def metric_written_again(lab: Lab) -> Any:
    await lab.write("cpu", {"h": "a"}, [1, 2])
    name = await lab.write("cpu", {"h": "a"}, [3])
    return await lab.demo.metrics.measurements(name, start_time=START).collect()


@case
async def metric_of_one_millisecond(lab: Lab) -> Any:
    name = await lab.write(
        "cpu", {}, [1, 2, 3], start=START.replace(microsecond=999), step=timedelta(microseconds=1)
    )
    return await lab.demo.metrics.measurements(name, start_time=START - DAY).collect()


@case
async def metric_of_largest_numbers(lab: Lab) -> Any:
    name = await lab.write("cpu", {}, [1.7976931348623157e308, -5e-324, 0.1, 123456789012345678])
    return await lab.demo.metrics.measurements(name, start_time=START).collect()


@case
async def metrics_created_many(lab: Lab) -> Any:
    hosts = [f"h{number}" for number in range(7)]
    name = f"{lab.mark}.cpu"
    rows = [NewMetric(name, number, {"h": host}, START) for number, host in enumerate(hosts)]
    sent = await lab.demo.metrics.create_many(rows, batch=3, concurrency=2)
    return sent, await lab.demo.metrics.list(name=name, page_size=2).collect()


@case
async def metrics_created_by_stream(lab: Lab) -> Any:
    name = f"{lab.mark}.cpu"
    rows = (NewMetric(name, number, {"h": "a"}, START + number * timedelta(seconds=1)) for number in range(7))
    sent = await lab.demo.metrics.create_stream(rows, batch=3)
    return sent, await lab.demo.metrics.measurements(name, start_time=START, page_size=2).collect()


@case
async def metrics_stream_refused(lab: Lab) -> Any:
    rows = [NewMetric(f"{lab.mark}.cpu", number) for number in range(5)]
    return await lab.reader.metrics.create_stream(rows, batch=2)


@case
async def metrics_of_odd_texts(lab: Lab) -> Any:
    dimensions = {"blank here": "x y", "mark:s": "a:b|c/d.*", "Größe": "ærø ☎", "quote'": "it's"}
    name = await lab.write("Größe#1%", dimensions, [1])
    found = await lab.demo.metrics.list(name=name).collect()
    rows = await lab.demo.metrics.measurements(name, start_time=START, group_by="*").collect()
    return found, rows


async def _population(lab: Lab) -> str:
    """Seven series, among them some whose dimensions others have, too; the name of most."""
    for number, host in enumerate(("a", "b", "B", "ab")):
        await lab.write("cpu", {"run": lab.mark, "host": host, "disk": f"d{number % 2}"}, [number])
    await lab.write("cpu", {"run": lab.mark, "host": "a"}, [7], start=START + DAY)
    await lab.write("Mem", {"run": lab.mark, "Host": "a"}, [8])
    await lab.write("disk", {"run": lab.mark, "host": "c", "Vol": "v"}, [9])
    return f"{lab.mark}.cpu"


@case
async def metrics_none(lab: Lab) -> Any:
    return await lab.demo.metrics.list(name=f"{lab.mark}.cpu").collect()


@case
async def metrics_by_name(lab: Lab) -> Any:
    return await lab.demo.metrics.list(name=await _population(lab)).collect()


@case
async def metrics_in_pages(lab: Lab) -> Any:
    await _population(lab)
    return await lab.demo.metrics.list(dimensions={"run": lab.mark}, page_size=2).collect()


@case
async def metrics_as_rows(lab: Lab) -> Any:
    await _population(lab)
    return await lab.demo.metrics.rows(dimensions={"run": lab.mark}, page_size=3).collect()


@case
async def metrics_page_without_walk(lab: Lab) -> Any:
    name = await _population(lab)
    return await lab.demo.request("GET", "/metrics", params={"name": name, "limit": "2", "offset": "1"})


@case
async def metrics_by_any_value(lab: Lab) -> Any:
    name = await _population(lab)
    return await lab.demo.metrics.list(name=name, dimensions={"disk": None}).collect()


@case
async def metrics_by_some_values(lab: Lab) -> Any:
    name = await _population(lab)
    return await lab.demo.metrics.list(name=name, dimensions={"host": ["a", "b"]}).collect()


@case
async def metrics_by_two_dimensions(lab: Lab) -> Any:
    name = await _population(lab)
    return await lab.demo.metrics.list(name=name, dimensions={"host": "B", "disk": "d0"}).collect()


@case
async def metrics_in_time(lab: Lab) -> Any:
    name = await _population(lab)
    return (
        await lab.demo.metrics.list(name=name, start_time=START + timedelta(seconds=1)).collect(),
        await lab.demo.metrics.list(
            dimensions={"run": lab.mark}, start_time=START, end_time=START + DAY, page_size=2
        ).collect(),
    )


@case
async def metrics_in_time_without_walk(lab: Lab) -> Any:
    name = await _population(lab)
    params = {"name": name, "start_time": "2020-02-03T00:00:00Z"}
    return await lab.demo.request("GET", "/metrics", params=params)


@case
async def metrics_in_time_stop_early(lab: Lab) -> Any:
    for number in range(3):
        await lab.write("cpu", {"host": f"h{number}"}, [number], start=START + number * DAY)
    params = {"name": f"{lab.mark}.cpu", "start_time": "2020-02-05T00:00:00Z", "limit": "1"}
    return await lab.demo.request("GET", "/metrics", params=params)


@case
async def metric_names(lab: Lab) -> Any:
    await _population(lab)
    return await lab.demo.metrics.names(dimensions={"run": lab.mark}).collect()


@case
async def metric_names_in_pages(lab: Lab) -> Any:
    for name in ("Alpha", "ALPHA", "beta", "Beta", "gamma", "Zeta", "zeta"):
        await lab.write(name, {"run": lab.mark}, [1])
    return await lab.demo.metrics.names(dimensions={"run": lab.mark}, page_size=2).collect()


@case
async def metric_names_without_walk(lab: Lab) -> Any:
    for name in ("Alpha", "beta", "Gamma", "zeta"):
        await lab.write(name, {"run": lab.mark}, [1])
    params = {"dimensions": f"run:{lab.mark}", "limit": "2"}
    first = await lab.demo.request("GET", "/metrics/names", params=params)
    offset = f"{lab.mark}.Gamma"
    return first, await lab.demo.request("GET", "/metrics/names", params={**params, "offset": offset})


@case
async def dimension_names(lab: Lab) -> Any:
    name = await _population(lab)
    other = await lab.demo.metrics.dimension_names(metric_name=f"{lab.mark}.disk", page_size=2).collect()
    return await lab.demo.metrics.dimension_names(metric_name=name).collect(), other


@case
async def dimension_names_of_nothing(lab: Lab) -> Any:
    return await lab.demo.metrics.dimension_names(metric_name=f"{lab.mark}.none").collect()


@case
async def dimension_values(lab: Lab) -> Any:
    name = await _population(lab)
    one = await lab.demo.metrics.dimension_values("host", metric_name=name, page_size=2).collect()
    every = await lab.demo.metrics.dimension_values("run").collect()
    return one, lab.mark in every


@case
async def dimension_values_of_nothing(lab: Lab) -> Any:
    name = await _population(lab)
    return await lab.demo.metrics.dimension_values("nothing", metric_name=name).collect()


@case
async def dimension_values_in_time(lab: Lab) -> Any:
    name = await _population(lab)
    # A week in which only another metric was measured, one with nothing, and those of the population.
    await lab.write("other", {"host": "z"}, [1], start=START.replace(year=2010))
    found: list[Any] = []
    for start, end in (("2010-02-03", "2010-02-04"), ("2005-02-03", "2005-03-04"), ("2020-02-05", "2020-02-06")):
        times: dict[str, Any] = {"start_time": f"{start}T00:00:00Z", "end_time": f"{end}T00:00:00Z"}
        for where, of in (("names", {}), ("names/values", {"dimension_name": "host"})):
            params = {"metric_name": name, **of, **times}
            found.append(await lab.demo.request("GET", f"/metrics/dimensions/{where}", params=params))
    return found


@case
async def dimension_values_without_name(lab: Lab) -> Any:
    return await lab.demo.request("GET", "/metrics/dimensions/names/values")


# --- what the server refuses, and the client never sends


def _bad(what: str, /, **fields: Any) -> None:
    async def run(lab: Lab) -> Any:
        metric = {"name": f"{lab.mark}.cpu", "value": 1, "timestamp": 1_580_000_000_000, **fields}
        body = {key: value for key, value in metric.items() if value != "absent"}
        return await lab.demo.request("POST", "/metrics", json=body)

    run.__name__ = f"bad_metric_{what}"
    case(run)


_bad("no_name", name="absent")
_bad("no_value", value="absent")
_bad("no_timestamp", timestamp="absent")
_bad("name_a_number", name=1)
_bad("name_empty", name="")
_bad("name_too_long", name="n" * 256)
_bad("name_with_blank", name="a b")
_bad("name_with_bracket", name="a{b}")
_bad("value_a_text", value="1")
_bad("value_null", value=None)
_bad("timestamp_a_text", timestamp="2020-01-01T00:00:00Z")
_bad("dimensions_a_list", dimensions=["a"])
_bad("dimension_a_number", dimensions={"a": 1})
_bad("dimension_empty", dimensions={"a": ""})
_bad("dimension_too_long", dimensions={"a": "v" * 256})
_bad("dimension_name_empty", dimensions={"": "v"})
_bad("dimension_name_reserved", dimensions={"_a": "v"})
_bad("dimension_with_semicolon", dimensions={"a": "b;c"})
_bad("value_meta_many", value_meta={str(number): "v" for number in range(17)})
_bad("value_meta_long", value_meta={"k": "v" * 2050})
_bad("value_meta_name_empty", value_meta={"": "v"})
_bad("value_meta_name_long", value_meta={"k" * 256: "v"})


@case
async def bad_metric_among_good(lab: Lab) -> Any:
    rows = [{"name": f"{lab.mark}.cpu", "value": value, "timestamp": 1_580_000_000_000} for value in (1, "2", 3)]
    error = await refused(lab.demo.request("POST", "/metrics", json=rows))
    return error, await lab.demo.metrics.list(name=f"{lab.mark}.cpu").collect()


@case
async def metrics_empty_list(lab: Lab) -> Any:
    return await lab.demo.request("POST", "/metrics", json=[])
