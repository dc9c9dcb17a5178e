"""Alarm definitions."""

from __future__ import annotations

from typing import Any

from tests.conformance.monasca.lab import MISSING, Lab
from tests.conformance.monasca.registry import case, refused

from tocsin.monasca import AlarmDefinition


@case
async def definition_created(lab: Lab) -> Any:
    made = await lab.definition()
    return made, await lab.demo.alarm_definitions.get(made.id) == made


@case
async def definition_created_whole(lab: Lab) -> Any:
    method = await lab.method()
    return await lab.definition(
        expression=f"max(cpu{{run={lab.mark}}}, deterministic, 120) >= 1.5 times 3 or avg(mem) < 10",
        description="ærlig ☎",
        severity="critical",
        match_by=["hostname", "service"],
        alarm_actions=[method.id],
        ok_actions=[method.id],
        undetermined_actions=[method.id],
    )


@case
async def definition_deterministic(lab: Lab) -> Any:
    made = await lab.definition(expression="count(log.error{}, deterministic) > 1 and last(x, deterministic) > 0")
    return made.deterministic, made.expression


@case
async def definition_as_it_is(lab: Lab) -> Any:
    made = await lab.definition()
    return await lab.demo.request("GET", f"/alarm-definitions/{made.id}")


@case
async def definition_created_twice(lab: Lab) -> Any:
    await lab.definition()
    return await lab.definition()


@case
async def definition_with_missing_method(lab: Lab) -> Any:
    return (
        await refused(lab.definition(alarm_actions=[MISSING])),
        await refused(lab.definition(undetermined_actions=["nothing"])),
    )


@case
async def definition_get_missing(lab: Lab) -> Any:
    return await lab.demo.alarm_definitions.get(MISSING)


@case
async def definition_delete(lab: Lab) -> Any:
    made = await lab.definition()
    alarms = lab.alarms(made, 2)
    await lab.demo.alarm_definitions.delete(made.id)
    return (
        await refused(lab.demo.alarm_definitions.delete(made.id)),
        await refused(lab.demo.alarms.get(alarms[0])),
        await lab.demo.alarms.list(alarm_definition_id=made.id).collect(),
    )


# --- lists


async def _population(lab: Lab) -> None:
    of = f"run={lab.mark}"
    await lab.definition("b", f"avg(cpu{{{of},host=a}}) > 1", severity="HIGH")
    await lab.definition("a", f"avg(cpu{{{of}}}) > 1 and min(mem{{{of}}}) > 2", severity="LOW")
    await lab.definition("c", f"cpu{{{of},host=b}} < 1", severity="CRITICAL")


@case
async def definitions_by_name(lab: Lab) -> Any:
    await _population(lab)
    return await lab.demo.alarm_definitions.list(name=f"{lab.mark} a").collect()


@case
async def definitions_by_severity(lab: Lab) -> Any:
    await _population(lab)
    found = await lab.demo.alarm_definitions.list(severity=["low", "CRITICAL"], sort_by="name").collect()
    return [each.name for each in found if lab.mark in each.name]


@case
async def definitions_by_dimensions(lab: Lab) -> Any:
    await _population(lab)
    found: list[Any] = []
    for host in ({}, {"host": "a"}, {"host": "z"}):
        dimensions = {"run": lab.mark, **host}
        rows = await lab.demo.alarm_definitions.list(dimensions=dimensions, sort_by="name").collect()
        found.append([each.name for each in rows])
    return found


@case
async def definitions_by_dimensions_without_walk(lab: Lab) -> Any:
    await _population(lab)
    params = {"dimensions": f"run:{lab.mark}", "sort_by": "name"}
    return await lab.demo.request("GET", "/alarm-definitions", params=params)


@case
async def definitions_sorted(lab: Lab) -> Any:
    await _population(lab)
    found: dict[str, Any] = {}
    for order in ("name desc", "severity", ("severity", "desc"), "created_at", ["updated_at", "id"]):
        rows = await lab.demo.alarm_definitions.list(sort_by=order).collect()
        found[str(order)] = [each.name for each in rows if lab.mark in each.name]
    return found


@case
async def definitions_in_pages(lab: Lab) -> Any:
    for number in range(7):
        await lab.definition(f"{number}", f"cpu{{run={lab.mark}}} > {number}")
    pager = lab.demo.alarm_definitions.list(dimensions={"run": lab.mark}, page_size=3, sort_by="name")
    return [each.name async for each in pager]


@case
async def definitions_page_as_it_is(lab: Lab) -> Any:
    for number in range(3):
        await lab.definition(f"{number}", f"cpu{{run={lab.mark}}} > {number}")
    params = {"dimensions": f"run:{lab.mark}", "limit": "2", "sort_by": "name"}
    first = await lab.demo.request("GET", "/alarm-definitions", params=params)
    return first, await lab.demo.request("GET", "/alarm-definitions", params={**params, "offset": "2"})


@case
async def definitions_as_rows(lab: Lab) -> Any:
    made = await lab.definition()
    return await lab.demo.alarm_definitions.rows(name=made.name).collect()


# --- changes


def _whole(made: AlarmDefinition, **changes: Any) -> dict[str, Any]:
    """All that PUT takes."""
    return {
        "name": made.name,
        "expression": made.expression,
        "description": "d",
        "severity": "HIGH",
        "match_by": list(made.match_by),
        "alarm_actions": [],
        "ok_actions": [],
        "undetermined_actions": [],
        "actions_enabled": False,
        **changes,
    }


@case
async def definition_put(lab: Lab) -> Any:
    method = await lab.method()
    made = await lab.definition(match_by=["hostname"], alarm_actions=[method.id])
    expression = f"max(cpu{{run={lab.mark}}}, 120) < 2 times 2"
    changed = await lab.demo.alarm_definitions.replace(
        made.id, **_whole(made, expression=expression, ok_actions=[method.id])
    )
    return changed, await lab.demo.alarm_definitions.get(made.id)


@case
async def definition_put_bad(lab: Lab) -> Any:
    made = await lab.definition(match_by=["hostname"])
    await lab.definition("taken")
    replace = lab.demo.alarm_definitions.replace
    cpu = f"cpu{{run={lab.mark}}}"
    bad: list[dict[str, Any]] = [
        {"name": f"{lab.mark} taken"},
        {"match_by": []},
        {"match_by": ["other"]},
        {"expression": "mem > 1"},
        {"expression": f"{cpu} > 1 and mem > 1"},
        {"expression": f"{cpu} > 1 and {cpu} < 9"},
        {"alarm_actions": [MISSING]},
    ]
    return [await refused(replace(made.id, **_whole(made, **changes))) for changes in bad]


@case
async def definition_put_missing(lab: Lab) -> Any:
    made = await lab.definition()
    return await lab.demo.alarm_definitions.replace(MISSING, **_whole(made, name=f"{lab.mark} new"))


@case
async def definition_patch(lab: Lab) -> Any:
    method = await lab.method()
    made = await lab.definition(alarm_actions=[method.id])
    patch = lab.demo.alarm_definitions.patch
    return [
        await patch(made.id, name=f"{lab.mark} new", description=""),
        await patch(made.id, severity="medium", actions_enabled=False),
        await patch(made.id, expression=f"min(cpu{{run={lab.mark}}}) > 7", alarm_actions=[]),
        await patch(made.id, match_by=[], undetermined_actions=[method.id]),
    ]


@case
async def definition_patch_bad(lab: Lab) -> Any:
    made = await lab.definition(match_by=["hostname"])
    await lab.definition("taken")
    patch = lab.demo.alarm_definitions.patch
    cpu = f"cpu{{run={lab.mark}}}"
    return (
        await refused(patch(made.id, name=f"{lab.mark} taken")),
        await refused(patch(made.id, match_by=["other"])),
        await refused(patch(made.id, expression="mem > 1")),
        await refused(patch(made.id, expression=f"{cpu} > 1 and mem > 1")),
        await refused(patch(made.id, ok_actions=[MISSING])),
        await refused(patch(MISSING, description="x")),
    )


@case
async def definition_unchanged_by_refusal(lab: Lab) -> Any:
    made = await lab.definition(match_by=["hostname"])
    await refused(lab.demo.alarm_definitions.patch(made.id, description="new", match_by=["other"]))
    return await lab.demo.alarm_definitions.get(made.id) == made


# --- bodies that the client never sends


def _bad(what: str, method: str = "POST", /, **fields: Any) -> None:
    async def run(lab: Lab) -> Any:
        where, body = "/alarm-definitions", {"name": lab.mark, "expression": "cpu > 1", **fields}
        if method != "POST":
            made = await lab.definition()
            where, body = f"{where}/{made.id}", {**(_whole(made) if method == "PUT" else {}), **fields}
        body = {key: value for key, value in body.items() if value != "absent"}
        return await lab.demo.request(method, where, json=body)

    run.__name__ = f"bad_definition_{what}"
    case(run)


_bad("no_name", name="absent")
_bad("no_expression", expression="absent")
_bad("name_a_number", name=1)
_bad("name_too_long", name="n" * 256)
_bad("expression_a_number", expression=1)
_bad("expression_empty", expression="")
_bad("expression_not", expression="not cpu > 1")
_bad("expression_half", expression="avg(cpu) >")
_bad("expression_two", expression="cpu > 1 mem > 2")
_bad("expression_period", expression="avg(cpu, 85) > 1")
_bad("expression_exponent", expression="cpu > 1e3")
_bad("expression_dimension", expression="avg(cpu{a}) > 1")
_bad("expression_function", expression="median(cpu) > 1")
_bad("description_too_long", description="d" * 256)
_bad("severity", severity="AWFUL")
_bad("match_by_a_text", match_by="hostname")
_bad("match_by_numbers", match_by=[1])
_bad("actions_a_text", alarm_actions="x")
_bad("actions_numbers", alarm_actions=[1])
_bad("actions_long", alarm_actions=["x" * 51])
_bad("actions_twice", alarm_actions=["x", "x"])
_bad("actions_enabled_a_text", actions_enabled="yes")
_bad("put_without_actions", "PUT", ok_actions="absent")
_bad("put_expression", "PUT", expression="avg(cpu) >")
_bad("patch_severity", "PATCH", severity="AWFUL")
_bad("patch_expression", "PATCH", expression="avg(cpu) >")


@case
async def definition_with_extra_key(lab: Lab) -> Any:
    body = {"name": lab.mark, "expression": "cpu > 1", "colour": "red"}
    answer = await lab.demo.request("POST", "/alarm-definitions", json=body)
    await lab.demo.alarm_definitions.delete(answer.json()["id"])
    return answer


@case
async def definition_of_odd_names(lab: Lab) -> Any:
    expression = f"avg(größe.☎{{run={lab.mark},a b=c d ,x:y=z|w}}) > -1.50"
    made = await lab.definition(expression=expression)
    found = await lab.demo.alarm_definitions.list(dimensions={"run": lab.mark}).collect()
    return made.expression, [each.expression for each in found]
