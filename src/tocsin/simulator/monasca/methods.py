"""Notification methods."""

from operator import attrgetter

from tocsin.simulator.frame import Json
from tocsin.simulator.monasca import links, shapes
from tocsin.simulator.monasca.defects import Defect
from tocsin.simulator.monasca.entities import Method
from tocsin.simulator.monasca.request import READERS, WRITERS, Ask, bad_request, not_found, refusal
from tocsin.simulator.web import Reply, as_object

TYPES = ("EMAIL", "PAGERDUTY", "WEBHOOK")
_FIELDS: dict[str, shapes.Check] = {
    "name": shapes.text(250),
    "type": shapes.text(),
    "address": shapes.text(512),
    "period": shapes.integer_or_text,
}
_REQUIRED = ("name", "type", "address")
_SORT_FIELDS = frozenset({"id", "name", "type", "address", "updated_at", "created_at"})


def shown(method: Method, url: str) -> Json:
    """A method as the API shows it, with a link under ``url``."""
    return {
        "id": method.id,
        "name": method.name,
        "type": method.type,
        "address": method.address,
        "period": method.period,
        "links": links.to(url, method.id),
    }


def own(ask: Ask) -> dict[str, Method]:
    """The methods of the project, by id."""
    return {id: method for id, method in ask.state.methods.items() if method.tenant == ask.own_tenant}


def one(ask: Ask) -> Method:
    """The method that the path names."""
    method = own(ask).get(ask.path[0])
    if method is None:
        raise not_found()
    return method


def _checked(data: Json, *, whole: bool) -> dict[str, Json]:
    try:
        given = dict(shapes.check(data, _FIELDS, _REQUIRED, extra=False))
        if "period" in given:
            given["period"] = shapes.notification_period(given["period"])
        elif whole:
            raise shapes.ShapeError("Period is required")
        given["type"] = given["type"].upper()
        shapes.address(given["type"], given["address"])
    except shapes.ShapeError as error:
        raise bad_request(str(error), "Bad Request") from None
    return given


def _check_type(given: dict[str, Json]) -> None:
    if given["type"] not in TYPES:
        raise bad_request(f"Not a valid notification method type {given['type']} ", "Bad Request")


def create(ask: Ask) -> Reply:
    """A new method, whose name must be new."""
    ask.check_content_type()
    ask.permit(WRITERS)
    given = _checked(ask.json(exact_type=True), whole=False)
    if any(method.name == given["name"] for method in own(ask).values()):
        message = f"A notification method with the name {given['name']} already exists"
        raise refusal(409, "AlreadyExistsException", message)
    _check_type(given)
    method = ask.state.add_method(**given, tenant=ask.own_tenant)
    return Reply(shown(method, links.base(ask)), 201)


def list_methods(ask: Ask) -> Reply:
    """All of them, by id unless another order is asked for."""
    ask.permit(READERS)
    fields = ask.sort_by(_SORT_FIELDS)
    offset = ask.row_offset()
    limit = ask.limit()
    rows = sorted(own(ask).values(), key=attrgetter("id"))
    for field, descending in reversed(fields):
        rows.sort(key=attrgetter(field), reverse=descending)
    elements = [shown(row, links.base(ask)) for row in rows[offset : offset + limit + 1]]
    if ask.has(Defect.METHOD_OFFSET):
        return Reply(links.by_id(ask, elements, limit))
    return Reply(links.by_row(ask, elements, limit, offset))


def get(ask: Ask) -> Reply:
    """One of them; its link has the id twice, as the server writes it."""
    ask.permit(READERS)
    return Reply(shown(one(ask), links.base(ask)))


def _update(ask: Ask, data: Json) -> Reply:
    given = _checked(data, whole=True)
    for other in own(ask).values():
        if other.name == given["name"] and other.id != ask.path[0]:
            message = f"A notification method with name {given['name']} already exists with id {other.id}"
            raise refusal(409, "AlreadyExistsException", message)
    _check_type(given)
    method = one(ask)
    method.name, method.type = given["name"], given["type"]
    method.address, method.period = given["address"], given["period"]
    method.updated_at = ask.state.now()
    return Reply(shown(method, links.base(ask)))


def put(ask: Ask) -> Reply:
    """Replace all of it."""
    ask.check_content_type()
    ask.permit(WRITERS)
    return _update(ask, ask.json(exact_type=True))


def patch(ask: Ask) -> Reply:
    """Change some of it."""
    ask.check_content_type()
    ask.permit(WRITERS)
    data = ask.json(exact_type=True)
    given = as_object(data)
    method = one(ask)
    old = {"name": method.name, "type": method.type, "address": method.address, "period": method.period}
    return _update(ask, data if given is None else old | given)


def delete(ask: Ask) -> Reply:
    """Remove it, used or not."""
    ask.permit(WRITERS)
    del ask.state.methods[one(ask).id]
    return Reply(status=204)


def types(ask: Ask) -> Reply:
    """The types; there is no second page, and a limit that would need one fails."""
    ask.permit(READERS)
    if ask.limit() < len(TYPES):
        raise ask.mistake("cannot access local variable 'new_offset' where it is not associated with a value")
    return Reply(links.page(ask, [{"type": each} for each in TYPES], None))
