"""The readable resources of AppFirst in one table: for export, demo, check and the lists of the command line.

Left out are buckets and templates, whose fields are not published, and data points, of which there are as many as
one asks for. Logs are no list of log entries: they say what is collected, and from where.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from tocsin.appfirst.alert_fields import FILTER_NAMES
from tocsin.appfirst.client import AppFirstClient
from tocsin.appfirst.resource import PAGE
from tocsin.appfirst.values import is_number
from tocsin.describe import Backend, Resource
from tocsin.errors import InputError
from tocsin.paging.pager import Pager


class _Listed(Protocol):
    @property
    def rows(self) -> Callable[..., Pager[bytes]]: ...

    @property
    def count(self) -> Callable[[], Awaitable[int]]: ...


#: Reads a filter's value from text, which comes with the filter's name.
_Read = Callable[[str, str], object]


def _whole(name: str, text: str) -> int:
    if not is_number(text):
        raise InputError(f"{name} must be a whole number, not {text!r}")
    return int(text)


def _text(_: str, text: str) -> str:
    return text


_NO_FILTERS: Mapping[str, _Read] = {}


def _resource(
    name: str,
    service: Callable[[AppFirstClient], _Listed],
    columns: str,
    filters: Mapping[str, _Read] = _NO_FILTERS,
) -> Resource[AppFirstClient]:
    """A list in pages, whose rows the server counts."""
    return Resource(
        name=name,
        read=lambda appfirst, how: service(appfirst).rows(
            page_size=how.page_size or PAGE,
            on_bad_row=how.on_bad_row,
            **{each: filters[each](each, text) for each, text in how.where.items()},
        ),
        total=lambda appfirst, _: service(appfirst).count(),
        filters=frozenset(filters),
        columns=tuple(columns.split()),
    )


_BY_NAME: Mapping[str, _Read] = {"filter": _text}

_RESOURCES: tuple[Resource[AppFirstClient], ...] = (
    _resource(
        "alerts",
        lambda appfirst: appfirst.alerts,
        "id type trigger_type in_incident active target name",
        dict.fromkeys(FILTER_NAMES, _whole),
    ),
    _resource("alert_histories", lambda appfirst: appfirst.alert_histories, "id start end alert_id subject"),
    _resource(
        "servers",
        lambda appfirst: appfirst.servers,
        "id hostname nickname os running location_ip",
        {"hostname": _text, "location_ip": _text},
    ),
    _resource("server_tags", lambda appfirst: appfirst.server_tags, "id name servers", _BY_NAME),
    _resource("server_sets", lambda appfirst: appfirst.server_sets, "id name servers", _BY_NAME),
    _resource("applications", lambda appfirst: appfirst.applications, "id name created template"),
    _resource("polled_data", lambda appfirst: appfirst.polled_data, "id name server_hostname command_name"),
    _resource("logs", lambda appfirst: appfirst.logs, "id server_id source_type source"),
    _resource("maintenance_windows", lambda appfirst: appfirst.maintenance_windows, "id start end reason"),
    _resource("users", lambda appfirst: appfirst.users, "id email"),
)


async def _sign_in(appfirst: AppFirstClient) -> str:
    page = await anext(appfirst.alerts.list(page_size=1).pages())
    return f"{page.total} alerts" if page.total is not None else "alerts can be read"


BACKEND = Backend(
    client=AppFirstClient,
    resources=_RESOURCES,
    checks={"sign-in": _sign_in},
    lists={"alarms": "alerts", "notification-methods": "users"},
    at=lambda endpoint: AppFirstClient(endpoint["base_url"], email=endpoint["email"], api_key=endpoint["api_key"]),
)
#: By name, in the order of the table.
RESOURCES = BACKEND.resources
