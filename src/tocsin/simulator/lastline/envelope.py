"""The envelope around every reply, as JSON or as XML, and the error codes."""

import re
from enum import IntEnum
from html import escape

from tocsin.simulator.frame import Json
from tocsin.simulator.lastline.switches import Switches
from tocsin.simulator.web import Reply, as_array, as_object


class Code(IntEnum):
    """Error codes. Those below 1000 are this simulation's own: the vendor publishes none for such mistakes."""

    MISSING = 1
    INVALID = 2
    RANGE_TOO_LONG = 3
    NO_SUCH_ENTRY = 4
    NO_SUCH_METRIC = 5
    NO_SUCH_METHOD = 6
    PERMISSION_DENIED = 3001
    CANNOT_SWITCH_TO_KEY = 3002
    NO_KEY_SELECTED = 3003
    AUTHENTICATION_ERROR = 3004
    NO_SUCH_APPLIANCE = 9003


PERMISSION_DENIED = "Permission denied"

_XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def success(switches: Switches, data: Json, *, xml: bool) -> Reply:
    """A reply whose contents are ``data``."""
    return _reply({"success": switches.success, "data": data}, 200, xml=xml)


def failure(
    switches: Switches, code: int | None, text: str, *, xml: bool = False, status: int | None = None
) -> Reply:
    """An error; one without a code keeps its text, whatever the shape of errors."""
    shape = switches.error_shape
    body: dict[str, Json] = {"success": type(switches.success)(0)}
    if code is not None and shape != "text":
        body["error_code"] = int(code)
    if code is None or shape != "code":
        body["error"] = text
    return _reply(body, switches.error_status if status is None else status, xml=xml)


def _reply(body: Json, status: int, *, xml: bool) -> Reply:
    if not xml:
        return Reply(body, status)
    content = f'<?xml version="1.0" encoding="UTF-8"?>\n{_element("result", body)}'
    return Reply(content.encode(), status, {"Content-Type": "application/xml; charset=utf-8"})


def _element(name: str, value: Json) -> str:
    """An element as in the vendor's sample, which has but fields: how lists look in XML is not published."""
    if _XML_NAME.fullmatch(name):
        return f"<{name}>{_content(value)}</{name}>"
    return f'<entry key="{_text(name)}">{_content(value)}</entry>'


def _content(value: Json) -> str:
    fields, items = as_object(value), as_array(value)
    if fields is not None:
        return "".join(_element(name, each) for name, each in fields.items())
    if items is not None:
        return "".join(_element("item", each) for each in items)
    return _text(value)


def _text(value: Json) -> str:
    return _NOT_XML.sub("\ufffd", escape(str(int(value) if isinstance(value, bool) else value)))
