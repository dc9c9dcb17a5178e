"""Planned maintenance."""

from datetime import datetime, timedelta

from tocsin.simulator.argus import fields, render
from tocsin.simulator.argus.entities import Maintenance
from tocsin.simulator.argus.fields import ZONE, Field
from tocsin.simulator.argus.profiles import related_list
from tocsin.simulator.argus.sources import require_superuser
from tocsin.simulator.argus.web import Call, Reply, Resource, invalid, not_found
from tocsin.simulator.frame import Json

FOREVER = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=ZONE)
"""What the server keeps for an end that nobody has set."""

_MODIFIABLE = timedelta(hours=12)


def _fields(call: Call) -> dict[str, Field]:
    return {
        "start_time": Field(fields.moment),
        "end_time": Field(fields.moment, null=True),
        "description": Field(fields.text(longest=255)),
        "filters": Field(related_list(call.state.filters, empty=False), required=True),
    }


def _list(call: Call) -> Reply:
    return Reply([render.maintenance(task) for task in call.state.maintenances.values()])


def _create(call: Call) -> Reply:
    require_superuser(call)
    now = call.state.now()
    values = fields.read(call.data(), _fields(call))
    start, end = values.get("start_time", now), values.get("end_time") or FOREVER
    _refuse(_order_errors(start, end))
    task = Maintenance(
        pk=call.state.pk("maintenance"),
        created_by=call.user,
        created=now,
        start_time=start,
        end_time=end,
        description=values.get("description", ""),
        filters=values["filters"],
    )
    call.state.maintenances[task.pk] = task
    return Reply(render.maintenance(task), 201)


def _order_errors(start: datetime, end: datetime) -> list[str]:
    return [] if end > start else ["End_time needs to be after start_time"]


def _refuse(errors: list[str]) -> None:
    if errors:
        raise invalid({"non_field_errors": errors})


def _find(call: Call) -> Maintenance:
    task = call.state.maintenances.get(call.pk())
    if task is None:
        raise not_found("PlannedMaintenanceTask")
    return task


def _change(call: Call, *, partial: bool) -> Reply:
    require_superuser(call)
    task = _find(call)
    values = fields.read(call.data(), _fields(call), partial=partial)
    start: datetime = values.get("start_time", task.start_time)
    kept: Json = task.end_time if partial else None
    end: datetime = values.get("end_time", kept) or FOREVER
    errors = _order_errors(start, end)
    if call.state.now() - task.end_time > _MODIFIABLE:
        ended = "This planned maintenance task is no longer modifiable as it ended more than 12 hours ago."
        errors.insert(0, ended)
    _refuse(errors)
    task.start_time, task.end_time = start, end
    task.description = values.get("description", task.description)
    task.filters = values.get("filters", task.filters)
    return Reply(render.maintenance(task))


def _delete(call: Call) -> Reply:
    require_superuser(call)
    task = _find(call)
    if task.start_time <= call.state.now():
        raise invalid(["It is not possible to delete past or ongoing planned maintenance tasks."])
    del call.state.maintenances[task.pk]
    return Reply(status=204)


RESOURCES = {
    "/api/v2/plannedmaintenance/": Resource({"GET": _list, "POST": _create}, "GET, HEAD, POST"),
    "/api/v2/plannedmaintenance/{pk}/": Resource(
        {
            "GET": lambda call: Reply(render.maintenance(_find(call))),
            "PUT": lambda call: _change(call, partial=False),
            "PATCH": lambda call: _change(call, partial=True),
            "DELETE": _delete,
        },
        "GET, HEAD, PATCH, PUT, DELETE",
    ),
}
