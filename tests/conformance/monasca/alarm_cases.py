"""Alarms, how many there are, and how they came to be what they are."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conformance.monasca.lab import MISSING, Lab
from tests.conformance.monasca.registry import case, refused


@case
async def alarm_get(lab: Lab) -> Any:
    (alarm,) = lab.alarms(await lab.definition(severity="HIGH"), 1)
    return await lab.demo.alarms.get(alarm)


@case
async def alarm_as_it_is(lab: Lab) -> Any:
    (alarm,) = lab.alarms(await lab.definition(), 1)
    return await lab.demo.request("GET", f"/alarms/{alarm}")


@case
async def alarm_get_missing(lab: Lab) -> Any:
    return await lab.demo.alarms.get(MISSING)


@case
async def alarm_delete(lab: Lab) -> Any:
    (alarm,) = lab.alarms(await lab.definition(), 1)
    await lab.demo.alarms.delete(alarm)
    return await refused(lab.demo.alarms.delete(alarm)), await refused(lab.demo.alarms.get(alarm))


@case
async def alarm_patch(lab: Lab) -> Any:
    (alarm,) = lab.alarms(await lab.definition(), 1)
    patch = lab.demo.alarms.patch
    return [
        await patch(alarm, state="ok"),
        await patch(alarm, lifecycle_state="OPEN"),
        await patch(alarm, link="http://example.org/1"),
        await patch(alarm, state="ALARM", lifecycle_state="", link=""),
    ]


@case
async def alarm_patch_same_state(lab: Lab) -> Any:
    (alarm,) = lab.alarms(await lab.definition(), 1, states=("ALARM",))
    changed = await lab.demo.alarms.patch(alarm, state="ALARM")
    return changed, await lab.demo.alarms.state_history(alarm).collect()


@case
async def alarm_patch_missing(lab: Lab) -> Any:
    return await lab.demo.alarms.patch(MISSING, state="OK")


@case
async def alarm_put(lab: Lab) -> Any:
    (alarm,) = lab.alarms(await lab.definition(), 1)
    changed = await lab.demo.alarms.update(alarm, "ALARM", "OPEN", "http://example.org/1")
    return changed, await lab.demo.alarms.get(alarm) == changed


@case
async def alarm_put_missing(lab: Lab) -> Any:
    return await lab.demo.alarms.update(MISSING, "OK", "OPEN", "http://x")


# --- lists


async def _population(lab: Lab) -> tuple[str, str, list[str]]:
    """Two definitions with five alarms and two, some changed; the ids of the definitions and of all alarms."""
    high = await lab.definition("high", severity="HIGH")
    low = await lab.definition("low")
    alarms = [*lab.alarms(high, 5), *lab.alarms(low, 2, states=("ALARM",), metric="mem")]
    await lab.demo.alarms.patch(alarms[0], lifecycle_state="OPEN", link="http://a")
    await lab.demo.alarms.patch(alarms[1], lifecycle_state="ACKNOWLEDGED")
    return high.id, low.id, alarms


@case
async def alarms_in_pages(lab: Lab) -> Any:
    high, _, alarms = await _population(lab)
    found = [each.id async for each in lab.demo.alarms.list(alarm_definition_id=high, page_size=2)]
    return len(found), found == sorted(alarms[:5])


@case
async def alarms_page_as_it_is(lab: Lab) -> Any:
    definition = await lab.definition()
    lab.alarms(definition, 3)
    params = {"alarm_definition_id": definition.id, "limit": "2", "sort_by": "created_timestamp"}
    first = await lab.demo.request("GET", "/alarms", params=params)
    return first, await lab.demo.request("GET", "/alarms", params={**params, "offset": "2"})


@case
async def alarms_as_rows(lab: Lab) -> Any:
    definition = await lab.definition()
    lab.alarms(definition, 1)
    return await lab.demo.alarms.rows(alarm_definition_id=definition.id).collect()


def _filter_case(name: str, **filters: Any) -> None:
    async def run(lab: Lab) -> Any:
        _, _, alarms = await _population(lab)
        numbers = {id: number for number, id in enumerate(alarms)}
        found = await lab.demo.alarms.list(**filters).collect()
        groups = {each.id: numbers[each.id] for each in found if each.id in numbers}
        return sorted(groups.values())

    run.__name__ = f"alarms_by_{name}"
    case(run)


_filter_case("state", state="alarm")
_filter_case("severity", severity=["HIGH", "critical"])
_filter_case("severity_low", severity="low")
_filter_case("metric_name", metric_name="mem")
_filter_case("unknown_metric_name", metric_name="nothing.at.all")
_filter_case("lifecycle_state", lifecycle_state="OPEN")
_filter_case("link", link="http://a")
_filter_case("unknown_definition", alarm_definition_id=MISSING)
_filter_case("dimension_of_any_value", metric_dimensions={"hostname": None}, metric_name="mem")
_filter_case("unknown_dimension", metric_dimensions={"nothing": None})
_filter_case("state_changed_long_ago", state_updated_start_time=datetime(2020, 1, 1, tzinfo=UTC))
_filter_case("state_changed_in_future", state_updated_start_time=datetime(2090, 1, 1, tzinfo=UTC))


@case
async def alarms_by_metric_dimensions(lab: Lab) -> Any:
    _, _, alarms = await _population(lab)
    numbers = {id: number for number, id in enumerate(alarms)}
    found: list[Any] = []
    for host in (f"{lab.mark}0", [f"{lab.mark}1", f"{lab.mark}3"], f"{lab.mark}9"):
        dimensions = {"hostname": host, "service": "monitoring"}
        rows = await lab.demo.alarms.list(metric_dimensions=dimensions).collect()
        found.append(sorted(numbers[each.id] for each in rows))
    return found


@case
async def alarms_sorted(lab: Lab) -> Any:
    high, _, alarms = await _population(lab)
    numbers = {id: number for number, id in enumerate(alarms)}
    found: dict[str, Any] = {}
    for order in (
        ["alarm_definition_name", "created_timestamp desc"],
        ["alarm_definition_name desc", "state_updated_timestamp"],
        ["state", "alarm_definition_name", "created_timestamp"],
        ["severity desc", "created_timestamp"],
        ["lifecycle_state", "alarm_definition_name", "created_timestamp"],
        ["link desc", "alarm_definition_name", "created_timestamp"],
    ):
        rows = await lab.demo.alarms.list(sort_by=order, page_size=3).collect()
        found[str(order)] = [numbers[each.id] for each in rows if each.id in numbers]
    by_id = await lab.demo.alarms.list(alarm_definition_id=high, sort_by="alarm_id desc").collect()
    return found, [each.id for each in by_id] == sorted(alarms[:5], reverse=True)


# --- counts


@case
async def alarm_count(lab: Lab) -> Any:
    high, low, _ = await _population(lab)
    return [await lab.demo.alarms.count(alarm_definition_id=each) for each in (high, low, MISSING)]


@case
async def alarm_count_filtered(lab: Lab) -> Any:
    high, _, _ = await _population(lab)
    of: dict[str, Any] = {"alarm_definition_id": high}
    host = {"hostname": f"{lab.mark}2"}
    return [
        await lab.demo.alarms.count(**of, state="OK"),
        await lab.demo.alarms.count(**of, severity=["HIGH", "LOW"]),
        await lab.demo.alarms.count(**of, metric_name="mem"),
        await lab.demo.alarms.count(**of, metric_dimensions=host),
        await lab.demo.alarms.count(**of, lifecycle_state="OPEN"),
        await lab.demo.alarms.count(**of, link="http://a"),
        await lab.demo.alarms.count(**of, state_updated_start_time=datetime(2090, 1, 1, tzinfo=UTC)),
    ]


def _count_case(*group_by: str) -> None:
    async def run(lab: Lab) -> Any:
        high, _, _ = await _population(lab)
        of: dict[str, Any] = {"alarm_definition_id": high}
        return (
            await lab.demo.alarms.count(**of, group_by=group_by),
            await lab.demo.alarms.count(**of, group_by=group_by, page_size=2),
        )

    run.__name__ = f"alarm_count_by_{'_and_'.join(group_by)}"
    case(run)


_count_case("state")
_count_case("name", "state")
_count_case("severity")
_count_case("lifecycle_state")
_count_case("link", "state")
_count_case("alarm_definition_id")
_count_case("metric_name")
_count_case("dimension_name")
_count_case("dimension_name", "dimension_value")
_count_case("state", "dimension_value", "dimension_name")


@case
async def alarm_count_as_it_is(lab: Lab) -> Any:
    high, _, _ = await _population(lab)
    of: dict[str, Any] = {"alarm_definition_id": high}
    count = "/alarms/count"
    return (
        await lab.demo.request("GET", count, params=of),
        await lab.demo.request("GET", count, params={**of, "group_by": "state", "limit": "2"}),
        await lab.demo.request("GET", count, params={**of, "group_by": "state", "offset": "9"}),
        await lab.demo.request("GET", count, params={"alarm_definition_id": MISSING, "group_by": "state,name"}),
    )


@case
async def alarm_count_of_any_value(lab: Lab) -> Any:
    high, _, _ = await _population(lab)
    params = {"alarm_definition_id": high, "metric_dimensions": "hostname"}
    return await lab.demo.request("GET", "/alarms/count", params=params)


# --- state history


async def _changed(lab: Lab) -> list[str]:
    """Two alarms that have changed six times."""
    alarms = lab.alarms(await lab.definition(), 2, states=("UNDETERMINED",))
    for state in ("OK", "ALARM", "OK"):
        for alarm in alarms:
            await lab.demo.alarms.patch(alarm, state=state)
    return alarms


def _untimed(row: dict[str, Any]) -> dict[str, Any]:
    """A row without its time, of which a server writes no fraction in one of a thousand cases."""
    assert row["timestamp"].endswith("Z")
    return {**row, "timestamp": None}


@case
async def history_of_one(lab: Lab) -> Any:
    alarms = await _changed(lab)
    return await lab.demo.alarms.state_history(alarms[0]).collect()


@case
async def history_in_pages(lab: Lab) -> Any:
    alarms = await _changed(lab)
    dimensions = {"hostname": [f"{lab.mark}0", f"{lab.mark}1"]}
    pager = lab.demo.alarms.state_histories(dimensions=dimensions, page_size=2)
    rows = await pager.collect()
    return [[(row.old_state, row.new_state) for row in rows if row.alarm_id == alarm] for alarm in alarms]


@case
async def history_as_rows(lab: Lab) -> Any:
    alarms = await _changed(lab)
    rows = await lab.demo.alarms.state_history_rows(alarms[1], page_size=2).collect()
    more = await lab.demo.alarms.state_histories_rows(dimensions={"hostname": f"{lab.mark}1"}).collect()
    return [_untimed(json.loads(row)) for row in rows], rows == more


@case
async def history_page_as_it_is(lab: Lab) -> Any:
    alarms = await _changed(lab)
    where = f"/alarms/{alarms[0]}/state-history"
    answer = (await lab.demo.request("GET", where, params={"limit": "2"})).json()
    return [_untimed(row) for row in answer["elements"]], answer["links"]


@case
async def history_in_time(lab: Lab) -> Any:
    alarms = await _changed(lab)
    now, hour = datetime.now(UTC), timedelta(hours=1)
    dimensions = {"hostname": f"{lab.mark}0"}
    histories, history = lab.demo.alarms.state_histories, lab.demo.alarms.state_history
    found = [
        await histories(dimensions=dimensions, start_time=now - hour, end_time=now + hour).collect(),
        await histories(dimensions=dimensions, start_time=now + hour).collect(),
        await histories(dimensions=dimensions, end_time=now - hour).collect(),
        await history(alarms[0], start_time=now - hour).collect(),
        await history(alarms[0], end_time=now - hour).collect(),
    ]
    return [len(rows) for rows in found]


@case
async def history_of_unknown_alarm(lab: Lab) -> Any:
    return await lab.demo.alarms.state_history(MISSING).collect()


@case
async def history_of_unknown_dimensions(lab: Lab) -> Any:
    return await lab.demo.alarms.state_histories(dimensions={"hostname": lab.mark}).collect()


@case
async def history_of_deleted_alarm(lab: Lab) -> Any:
    alarms = await _changed(lab)
    await lab.demo.alarms.delete(alarms[0])
    of_one = await lab.demo.alarms.state_history(alarms[0]).collect()
    of_all = await lab.demo.alarms.state_histories(dimensions={"hostname": f"{lab.mark}0"}).collect()
    return len(of_one), len(of_all)


@case
async def history_of_other_project(lab: Lab) -> Any:
    alarms = await _changed(lab)
    return await lab.demo2.alarms.state_history(alarms[0]).collect()
