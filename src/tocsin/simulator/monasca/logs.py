"""The log API, which only takes."""

import re

from tocsin.simulator.frame import Json
from tocsin.simulator.monasca.request import DELEGATES, SENDERS, Ask, unprocessable
from tocsin.simulator.web import Reply, as_array, as_object

MAX_SIZE = 1_048_576
_NAME = re.compile(r"""[^><={}(), '";&]+$""")
_TITLE = "unprocessable_entity"


def create(ask: Ask) -> Reply:
    """Take log entries; one without a message is silently dropped."""
    ask.check_content_type()
    ask.permit(SENDERS | DELEGATES)
    if len(ask.call.body) >= MAX_SIZE:
        # The body is not read, so what is left of it would be taken for the next request.
        body = {"title": "Log payload size exceeded", "description": f"Maximum allowed size is {MAX_SIZE} bytes"}
        return Reply(body, 413, {"Vary": "Accept"}, hang_up=True)
    data = as_object(ask.json(exact_type=True))
    if data is None or "logs" not in data:
        raise unprocessable("Unprocessable Entity Logs not found", _TITLE)
    dimensions = _checked(data.get("dimensions", {}))
    for each in as_array(data["logs"]) or ():
        entry = as_object(each)
        if entry and "message" in entry:
            own = as_object(entry.get("dimensions")) or {}
            ask.state.logs.append((ask.own_tenant, {**entry, "dimensions": {**dimensions, **own}}))
    return Reply(status=204)


def _checked(given: Json) -> dict[str, Json]:
    dimensions = as_object(given)
    if dimensions is None:
        raise unprocessable(f"Dimensions {given} must be a dictionary (map)", _TITLE)
    for name, value in dimensions.items():
        if not name:
            raise unprocessable("Dimension name cannot be empty", _TITLE)
        if len(name) > 255:
            raise unprocessable(f"Dimension name {name} must be 255 characters or less", _TITLE)
        if name.startswith("_"):
            raise unprocessable(f"Dimension name {name} cannot start with underscore (_)", _TITLE)
        if not _NAME.match(name):
            raise unprocessable(f"Dimension name {name} may not contain: > < = {{ }} ( ) ' \" , ; &", _TITLE)
        if not isinstance(value, str) or not value:
            raise unprocessable("Dimension value cannot be empty", _TITLE)
        if len(value) > 255:
            raise unprocessable(f"Dimension value {value} must be 255 characters or less", _TITLE)
    return dimensions
