"""Source systems, their types, and their heartbeat."""

from tocsin.simulator.argus import fields, render
from tocsin.simulator.argus.entities import Source
from tocsin.simulator.argus.fields import Field
from tocsin.simulator.argus.web import ApiError, Call, Reply, Resource, ServerBugError, invalid, not_found

_FORBIDDEN = {"detail": "You do not have permission to perform this action."}


def require_superuser(call: Call) -> None:
    """Raises the 403 for anybody else."""
    if not call.user.superuser:
        raise ApiError(403, _FORBIDDEN)


def _list(call: Call) -> Reply:
    return Reply([render.source(source) for source in call.state.sources.values()])


def _create(call: Call) -> Reply:
    require_superuser(call)
    state, data = call.state, call.data()
    if not fields.is_object(data) or "name" not in data or "type" not in data:
        raise ServerBugError
    values = fields.read(
        data,
        {
            "name": Field(fields.text(blank=False), required=True),
            "type": Field(fields.text()),
            "base_url": Field(fields.text()),
        },
    )
    name, type = values["name"], values["type"]
    if type not in state.source_types:
        raise invalid({"type": ["Select a valid choice. That choice is not one of the available choices."]})
    if any(source.name == name and source.type == type for source in state.sources.values()):
        raise invalid({"__all__": ["Source system with this Name and Type already exists."]})
    source = state.add_source(name, type, state.add_user(name), values.get("base_url", ""))
    return Reply(render.source(source), 201)


def _find(call: Call) -> Source:
    source = call.state.sources.get(call.pk())
    if source is None:
        raise not_found("SourceSystem")
    return source


def _change(call: Call, *, partial: bool) -> Reply:
    require_superuser(call)
    source = _find(call)
    values = fields.read(call.data(), {"name": Field(fields.text(blank=False), required=True)}, partial=partial)
    source.name = values.get("name", source.name)
    return Reply(render.source(source))


def _list_types(call: Call) -> Reply:
    return Reply([{"name": name} for name in call.state.source_types])


def _create_type(call: Call) -> Reply:
    name = fields.read(call.data(), {"name": Field(fields.text(blank=False), required=True)})["name"]
    if name != name.lower():
        raise invalid({"name": [f"'{name}' is not a lowercase string"]})
    if name in call.state.source_types:
        raise invalid({"name": ["source system type with this name already exists."]})
    call.state.source_types.append(name)
    return Reply({"name": name}, 201)


def _get_type(call: Call) -> Reply:
    name = call.request.path_params["name"]
    if name not in call.state.source_types:
        raise not_found("SourceSystemType")
    return Reply({"name": name})


def _heartbeat(call: Call) -> Reply:
    source = call.state.source_of(call.user)
    if source is None:
        return Reply(status=403)
    call.state.last_seen[source.pk] = call.state.now()
    return Reply(status=204)


RESOURCES = {
    "/api/v2/incidents/sources/": Resource({"GET": _list, "POST": _create}, "GET, POST, HEAD, OPTIONS"),
    "/api/v2/incidents/sources/heartbeat/": Resource({"POST": _heartbeat}, "POST, OPTIONS"),
    "/api/v2/incidents/sources/{pk}/": Resource(
        {
            "GET": lambda call: Reply(render.source(_find(call))),
            "PUT": lambda call: _change(call, partial=False),
            "PATCH": lambda call: _change(call, partial=True),
        },
        "GET, PUT, PATCH, HEAD, OPTIONS",
    ),
    "/api/v2/incidents/source-types/": Resource(
        {"GET": _list_types, "POST": _create_type}, "GET, POST, HEAD, OPTIONS"
    ),
    "/api/v2/incidents/source-types/{name}/": Resource({"GET": _get_type}, "GET, HEAD, OPTIONS"),
}
