"""What lists can be asked for: each name once, with its type and its check."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tocsin import forms
from tocsin.errors import InputError
from tocsin.forms import Check, Form
from tocsin.options import CallOptions
from tocsin.transport.messages import Params

_COLUMN = re.compile(r"-?[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*", re.ASCII)


class ListQuery(CallOptions, total=False):
    """What every list takes, and what every call takes.

    search: words in names and hosts.
    sort: a column, such as "name", or "-name" for the other way round; which there are is not published.
    filters: exact values by field, for those that have no keyword here: ``filters={"device_type": "cisco_ios"}``.
    """

    search: str
    sort: str
    filters: Mapping[str, str | float | bool]


class DeviceQuery(ListQuery, total=False):
    """`ListQuery`, and status ("up", "down", "unknown"), is_active."""

    status: str
    is_active: bool


class MonitorQuery(ListQuery, total=False):
    """`ListQuery`, and status ("up", "down", "degraded", "unknown"), type (see `Monitor`), group."""

    status: str
    type: str
    group: str | int


class EventQuery(ListQuery, total=False):
    """`ListQuery`, and status ("open", "acknowledged", "resolved"), severity ("info", "warning", "critical")."""

    status: str
    severity: str


class TrapQuery(EventQuery, total=False):
    """`ListQuery`, and status, severity, device."""

    device: str | int


class RuleQuery(ListQuery, total=False):
    """`ListQuery`, and severity ("info", "warning", "critical"), device, active."""

    severity: str
    device: str | int
    active: bool


def scalar(name: str, value: object) -> str | int | float | bool:
    """A text that is not empty, a number, True or False."""
    if isinstance(value, str):
        return str(forms.filled(name, value))
    if not isinstance(value, int | float):
        raise InputError(f"{name} must be a str, a number, True or False, not {value!r}")
    forms.anything(name, value)
    return value


def _sort(name: str, value: object) -> str:
    column = forms.filled(name, value)
    if not _COLUMN.fullmatch(column):
        raise InputError(f'{name} must be one column, such as "name" or "-name", not {value!r}')
    return column


_COMMON: Mapping[str, Check] = {"search": forms.filled, "sort": _sort}
_EVENT = {"status": forms.filled, "severity": forms.filled}

LIST = Form(_COMMON)
DEVICES = Form({**_COMMON, "status": forms.filled, "is_active": forms.flag})
MONITORS = Form({**_COMMON, "status": forms.filled, "type": forms.filled, "group": scalar})
EVENTS = Form({**_COMMON, **_EVENT})
TRAPS = Form({**_COMMON, **_EVENT, "device": scalar})
RULES = Form({**_COMMON, "severity": forms.filled, "device": scalar, "active": forms.flag})


def read(form: Form, given: Mapping[str, object]) -> tuple[Params, CallOptions]:
    """The query of a list, with filters as the API writes them, and the options of the call.

    Raises TypeError for a name that there is none of, InputError for a value.
    """
    more = forms.mapping("filters", given.get("filters", {}))
    params, call = form.query({name: value for name, value in given.items() if name != "filters"})
    params = tuple([(name if name in _COMMON else f"filter[{name}]", value) for name, value in params])
    for name in more:
        if not _FIELD.fullmatch(name):
            raise InputError(f"filters must have names of fields, not {name!r}")
    named = {f"filter[{name}]": value for name, value in more.items()}
    if twice := named.keys() & dict(params).keys():
        raise InputError(f"{', '.join(sorted(twice))} is given twice: by its keyword, and in filters")
    others, _ = Form(dict.fromkeys(named, scalar)).query(named)
    return (*params, *others), call
