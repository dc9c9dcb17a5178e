"""What alerts are made of and changed by: each name once, with its type and its check."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, Required, TypedDict

from tocsin import forms
from tocsin.appfirst import inputs
from tocsin.appfirst.alert_rules import DIRECTIONS, THRESHOLD_TYPES, TRIGGERS, WINDOWS, ProcessTarget
from tocsin.appfirst.receivers import AlertUser, Subscriber
from tocsin.forms import Check, Form
from tocsin.options import CallOptions

FilterName = Literal["application_id", "process_id", "server_id", "polled_data_id", "log_id"]
FILTER_NAMES: tuple[FilterName, ...] = ("application_id", "process_id", "server_id", "polled_data_id", "log_id")


class AlertFilters(TypedDict, total=False):
    """Which alerts: at most one of these, or filter_name with filter_id, which say the same.

    filter_name: the name of one of the others; filter_id: its value.
    application_id, process_id, server_id, polled_data_id, log_id: alerts on this one.
    """

    filter_name: FilterName
    filter_id: int
    application_id: int
    process_id: int
    server_id: int
    polled_data_id: int
    log_id: int


class AlertQuery(AlertFilters, CallOptions, total=False):
    """`AlertFilters`, and what every call takes."""


class _Common(CallOptions, total=False):
    active: bool
    direction: Literal["above", "below", "outside bounds"]
    threshold: Decimal | float | int
    interval: int
    time_above_threshold: int
    num_of_servers: int
    part_name: str
    ip_details: Iterable[int] | str
    reg_exp: str
    window_length: int
    window_units: Literal["h", "d"]
    band_value: float


class NewAlert(_Common, total=False):
    """What an alert is made of, and what every call takes. Defaults are the server's.

    name: 1 to 32 characters.
    type, trigger_type: what is watched, and for what: see `tocsin.appfirst.alert_rules.TRIGGERS`.
    target_id: the id of what is watched; for a process a `ProcessTarget`, or its text.
    users: who is told, at least one: ids, or `AlertUser`s that say how.
    active: default True.
    direction: default above; outside bounds only where threshold_type is "out of band".
    threshold: a whole number; for Disk a Decimal, or another number.
    threshold_type: static (default); "out of band" for some types and trigger types.
    band_value: standard deviations, default 2. window_length: 1 to 23 hours or 1 to 31 days, default 1.
    window_units: h (default) or d. All three with "out of band" alone.
    interval: minutes until it is sent again, default 10.
    time_above_threshold: minutes, default 1.
    num_of_servers: default 1; for a Server Tag alone.
    part_name: a disk, such as "C:", default MAX; for Disk and Disk Busy alone.
    ip_details: ports, or a text of them by commas; for Port Accessed alone.
    reg_exp: what to look for; for triggers that look at a content, which need it.
    """

    name: Required[str]
    type: Required[Literal["Application", "Process", "Server", "Polled Data", "Log", "Server Tag"]]
    target_id: Required[int | str | ProcessTarget]
    trigger_type: Required[str]
    users: Required[Iterable[AlertUser | int]]
    threshold_type: Literal["static", "out of band"]


class AlertChanges(_Common, total=False):
    """What can be changed of an alert, and what every call takes; see `NewAlert`.

    Of what type the alert is, is not looked up: what does not go with it, the server refuses or leaves alone.

    users: all of them, at least one. subscribers: all of them, as `Subscriber`s or URLs; none unsubscribes all.
    window_length, window_units, band_value: the page calls them neither writable nor read-only.
    """

    name: str
    users: Iterable[AlertUser | int]
    subscribers: Iterable[Subscriber | str]


def _direction(name: str, value: object) -> str:
    return str(inputs.one_of(DIRECTIONS)(name, value.lower() if isinstance(value, str) else value))


_COMMON: dict[str, Check] = {
    "name": inputs.length(1, 32),
    "active": inputs.boolean,
    "direction": _direction,
    "interval": inputs.number(0),
    "time_above_threshold": inputs.number(0),
    "num_of_servers": inputs.number(1),
    "part_name": forms.filled,
    "ip_details": inputs.ports,
    "reg_exp": forms.text,
    "users": inputs.users,
    "window_length": inputs.number(1, 31),
    "window_units": inputs.one_of(tuple(WINDOWS)),
    "band_value": inputs.decimal,
}


def _as_it_is(_: str, value: object) -> object:
    """Checked later, with what it depends on."""
    return value


NEW = Form(
    {
        **_COMMON,
        "type": inputs.one_of(tuple(TRIGGERS)),
        "trigger_type": forms.filled,
        "target_id": _as_it_is,
        "threshold": _as_it_is,
        "threshold_type": inputs.one_of(THRESHOLD_TYPES),
    },
    required={"name", "type", "target_id", "trigger_type", "users"},
)
CHANGES = Form({**_COMMON, "threshold": inputs.decimal, "subscribers": inputs.subscribers})
FILTERS = Form(
    {
        "filter_name": inputs.one_of(FILTER_NAMES),
        "filter_id": forms.whole(0),
        **dict.fromkeys(FILTER_NAMES, forms.whole(0)),
    }
)
