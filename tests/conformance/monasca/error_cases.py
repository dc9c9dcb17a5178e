"""Versions, health, and the server's own errors for what this client never sends."""

from __future__ import annotations

from typing import Any

from tests.conformance.monasca.lab import MISSING, Lab
from tests.conformance.monasca.registry import case, raw_case, refused

AT = "2020-02-03T04:05:06.789Z"


@case
async def versions(lab: Lab) -> Any:
    return await lab.demo.versions.list()


@case
async def version(lab: Lab) -> Any:
    return await lab.demo.versions.get("v2.0")


@case
async def version_unknown(lab: Lab) -> Any:
    return await lab.demo.versions.get("v3.0")


@case
async def dialect_found_out(lab: Lab) -> Any:
    client = await lab.client(lab.world.base_url, token=lab.world.tokens["reader"], dialect="auto")
    return await client.find_dialect()


@case
async def base_url_without_version(lab: Lab) -> Any:
    origin = lab.world.base_url.removesuffix("/v2.0")
    client = await lab.client(origin, token=lab.world.tokens["reader"])
    return client.base_url, await client.notification_methods.types()


@case
async def base_url_of_no_such_version(lab: Lab) -> Any:
    base_url = lab.world.base_url.removesuffix("/v2.0") + "/v3.0"
    client = await lab.client(base_url, token=lab.world.tokens["reader"])
    return (
        await refused(client.notification_methods.types()),
        await refused(client.request("POST", "/logs", json={"logs": []})),
    )


@case
async def health(lab: Lab) -> Any:
    # Without a Kafka the real server is not well, and says so.
    found = await lab.demo.health()
    return sorted(found.parts), {part: said for part, said in found.parts.items() if part != "kafka"}


@case
async def health_without_parts(lab: Lab) -> Any:
    return await lab.demo.health(parts=False)


@case
async def health_needs_no_token(lab: Lab) -> Any:
    client = await lab.client(lab.world.base_url, token="0123456789abcdef")
    return sorted((await client.health()).parts)


# --- paths and methods

raw_case("unknown_path", "GET", "/nope")
raw_case("unknown_path_below", "GET", f"/alarms/{MISSING}/nope")
raw_case("history_of_2014", "GET", f"/alarms/{MISSING}/history")
raw_case("versions_of_2014", "GET", "/versions")
raw_case("alarms_of_2014", "POST", "/alarms", json={"name": "n", "expression": "cpu > 1"})
raw_case("slash_at_the_end", "GET", "/notification-methods/types/")


def _methods_case(name: str, path: str) -> None:
    async def run(lab: Lab) -> Any:
        others = ("POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
        return {each: await refused(lab.reader.request(each, path)) for each in others}

    run.__name__ = f"methods_of_{name}"
    case(run)


for _name, _path in {
    "metrics": "/metrics",
    "metric_names": "/metrics/names",
    "dimension_names": "/metrics/dimensions/names",
    "dimension_values": "/metrics/dimensions/names/values",
    "measurements": "/metrics/measurements",
    "statistics": "/metrics/statistics",
    "all_methods": "/notification-methods",
    "one_method": f"/notification-methods/{MISSING}",
    "types": "/notification-methods/types",
    "all_definitions": "/alarm-definitions",
    "one_definition": f"/alarm-definitions/{MISSING}",
    "all_alarms": "/alarms",
    "one_alarm": f"/alarms/{MISSING}",
    "count": "/alarms/count",
    "histories": "/alarms/state-history",
    "history": f"/alarms/{MISSING}/state-history",
    "logs": "/logs",
    "version": "/",
}.items():
    _methods_case(_name, _path)

# --- parameters

for _name, _path in {
    "metrics": "/metrics",
    "metric_names": "/metrics/names",
    "dimension_names": "/metrics/dimensions/names",
    "methods": "/notification-methods",
    "definitions": "/alarm-definitions",
    "alarms": "/alarms",
    "count": "/alarms/count",
    "histories": "/alarms/state-history",
    "history": f"/alarms/{MISSING}/state-history",
}.items():
    raw_case(f"limit_abc_{_name}", "GET", _path, params={"limit": "abc"})
    raw_case(f"limit_negative_{_name}", "GET", _path, params={"limit": "-1"})
for _name, _path in {
    "metrics": "/metrics",
    "methods": "/notification-methods",
    "definitions": "/alarm-definitions",
    "alarms": "/alarms",
    "count": "/alarms/count",
}.items():
    raw_case(f"offset_abc_{_name}", "GET", _path, params={"offset": "abc"})

_MEASURED = {"name": "nothing", "start_time": AT}
_STATISTICS = {**_MEASURED, "statistics": "avg"}
raw_case("measurements_without_name", "GET", "/metrics/measurements", params={"start_time": AT})
raw_case("measurements_without_start", "GET", "/metrics/measurements", params={"name": "n"})
raw_case("measurements_bad_start", "GET", "/metrics/measurements", params={"name": "n", "start_time": "soon"})
raw_case("measurements_end_before", "GET", "/metrics/measurements", params={**_MEASURED, "end_time": AT})
raw_case("measurements_bad_name", "GET", "/metrics/measurements", params={**_MEASURED, "name": "a b"})
raw_case("measurements_limit_abc", "GET", "/metrics/measurements", params={**_MEASURED, "limit": "abc"})
raw_case("metrics_end_alone", "GET", "/metrics", params={"end_time": AT})
raw_case("metrics_bad_dimension", "GET", "/metrics", params={"dimensions": "_a:b"})
raw_case("metrics_long_dimension", "GET", "/metrics", params={"dimensions": f"a:{'v' * 256}"})
raw_case("statistics_without_statistics", "GET", "/metrics/statistics", params=_MEASURED)
raw_case("statistics_unknown", "GET", "/metrics/statistics", params={**_MEASURED, "statistics": "median"})
raw_case("statistics_period_abc", "GET", "/metrics/statistics", params={**_STATISTICS, "period": "abc"})
raw_case("statistics_period_negative", "GET", "/metrics/statistics", params={**_STATISTICS, "period": "-1"})
raw_case("methods_sort_unknown", "GET", "/notification-methods", params={"sort_by": "colour"})
raw_case("methods_sort_direction", "GET", "/notification-methods", params={"sort_by": "name up"})
raw_case("types_limit", "GET", "/notification-methods/types", params={"limit": "1"})
raw_case("definitions_sort_unknown", "GET", "/alarm-definitions", params={"sort_by": "colour"})
raw_case("definitions_severity", "GET", "/alarm-definitions", params={"severity": "LOW|AWFUL"})
raw_case("alarms_sort_unknown", "GET", "/alarms", params={"sort_by": "colour"})
raw_case("alarms_state", "GET", "/alarms", params={"state": "bad"})
raw_case("alarms_severity", "GET", "/alarms", params={"severity": "awful"})
raw_case("alarms_since", "GET", "/alarms", params={"state_updated_start_time": "2020-01-01T00:00:00Z"})
raw_case("count_group_by", "GET", "/alarms/count", params={"group_by": "colour"})
raw_case("count_state", "GET", "/alarms/count", params={"state": "bad"})
raw_case("histories_bad_time", "GET", "/alarms/state-history", params={"start_time": "soon"})
raw_case("history_quoted", "GET", "/alarms/a%27b/state-history")
raw_case("unknown_parameter", "GET", "/notification-methods/types", params={"colour": "red"})


@case
async def measurements_bad_offset(lab: Lab) -> Any:
    name = await lab.write("cpu", {}, [1])
    params = {"name": name, "start_time": AT}
    return (
        await refused(lab.demo.request("GET", "/metrics/measurements", params={**params, "offset": "abc"})),
        await refused(lab.demo.request("GET", "/metrics/measurements", params={**params, "offset": "a_b"})),
    )


@case
async def statistics_bad_offset(lab: Lab) -> Any:
    name = await lab.write("cpu", {}, [1])
    params = {"name": name, "start_time": AT, "statistics": "avg", "offset": "abc"}
    return await lab.demo.request("GET", "/metrics/statistics", params=params)


@case
async def measurements_as_metrics_conflict(lab: Lab) -> Any:
    await lab.write("cpu", {"a": "1"}, [1])
    name = await lab.write("cpu", {"a": "2"}, [1])
    return await lab.demo.request("GET", "/metrics/measurements", params={"name": name, "start_time": AT})


# --- bodies

_JSON = {"content-type": "application/json"}
_CHARSET = {"content-type": "application/json; charset=utf-8"}
_TEXT = {"content-type": "text/plain"}
for _name, _path, _body in (
    ("metrics", "/metrics", b"[]"),
    ("method", "/notification-methods", b'{"name":"n"}'),
    ("definition", "/alarm-definitions", b'{"name":"n"}'),
):
    raw_case(f"bad_json_{_name}", "POST", _path, content=b'{"name":', extra_headers=_JSON)
    raw_case(f"charset_{_name}", "POST", _path, content=_body, extra_headers=_CHARSET)
    raw_case(f"plain_text_{_name}", "POST", _path, content=_body, extra_headers=_TEXT)
    raw_case(f"not_utf8_{_name}", "POST", _path, content=b'"\xff"', extra_headers=_JSON)
raw_case("definition_a_list", "POST", "/alarm-definitions", json=[])
raw_case("metric_a_text", "POST", "/metrics", json="text")
raw_case("metrics_of_a_number", "POST", "/metrics", json=[1])


def _alarm_case(name: str, method: str, body: Any) -> None:
    async def run(lab: Lab) -> Any:
        (alarm,) = lab.alarms(await lab.definition(), 1)
        return await lab.demo.request(method, f"/alarms/{alarm}", json=body)

    run.__name__ = f"alarm_{name}"
    case(run)


_alarm_case("patch_state_ok", "PATCH", {"state": "ok"})
_alarm_case("patch_nothing", "PATCH", {})
_alarm_case("patch_extra_key", "PATCH", {"colour": "red"})
_alarm_case("patch_long_link", "PATCH", {"link": "x" * 513})
_alarm_case("patch_long_lifecycle_state", "PATCH", {"lifecycle_state": "x" * 51})
_alarm_case("patch_list", "PATCH", [])
_alarm_case("put_state_only", "PUT", {"state": "OK"})
_alarm_case("put_empty_link", "PUT", {"state": "OK", "lifecycle_state": "OPEN", "link": ""})
_alarm_case("put_state_unknown", "PUT", {"state": "BAD", "lifecycle_state": "OPEN", "link": "x"})
