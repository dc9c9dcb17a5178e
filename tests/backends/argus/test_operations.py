"""Every operation of the API's schema has a method, and so has every call of the official client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.backends.argus.server import BASE, Server

from tocsin.argus import ArgusClient, FilterBlob, TimeRecurrence
from tocsin.errors import StatusError

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
BLOB = FilterBlob(open=True)
WEEK = [TimeRecurrence(days=(1, 7), all_day=True)]
SLOT: dict[str, Any] = {"name": "s", "time_recurrences": WEEK}

#: All operations of the schema of argus-server 2.10.2, and a call that makes each.
OPERATIONS: dict[str, Callable[[ArgusClient], Awaitable[object]]] = {
    "GET /api/": lambda argus: argus.metadata(),
    "GET /api/schema/": lambda argus: argus.stable_schema(),
    "GET /api/v2/schema/": lambda argus: argus.schema(),
    "POST /api/v2/auth/refresh-token/": lambda argus: argus.tokens.legacy_refresh(),
    "POST /api/v2/auth/token/login/": lambda argus: argus.tokens.login("alice", "secret-of-alice"),
    "POST /api/v2/auth/token/logout/": lambda argus: argus.tokens.logout(),
    "POST /api/v2/auth/token/logoutall": lambda argus: argus.tokens.logout_all(),
    "POST /api/v2/token-auth/": lambda argus: argus.tokens.legacy_login("alice", "secret-of-alice"),
    "GET /api/v2/auth/user/": lambda argus: argus.users.me(),
    "GET /api/v2/auth/users/{id}/": lambda argus: argus.users.get(1),
    "GET /api/v2/incidents/": lambda argus: argus.incidents.list().first(),
    "POST /api/v2/incidents/": lambda argus: argus.incidents.create(start_time=NOW),
    "GET /api/v2/incidents/{incident_pk}/acks/": lambda argus: argus.incidents.acks(1).first(),
    "POST /api/v2/incidents/{incident_pk}/acks/": lambda argus: argus.incidents.acknowledge(1),
    "GET /api/v2/incidents/{incident_pk}/acks/{id}/": lambda argus: argus.incidents.get_ack(1, 1),
    "PUT /api/v2/incidents/{incident_pk}/acks/{id}/": lambda argus: argus.incidents.replace_ack(
        1, 1, expiration=NOW
    ),
    "PATCH /api/v2/incidents/{incident_pk}/acks/{id}/": lambda argus: argus.incidents.update_ack(
        1, 1, expiration=None
    ),
    "PUT /api/v2/incidents/{incident_pk}/automatic-ticket/": lambda argus: argus.incidents.create_ticket(1),
    "GET /api/v2/incidents/{incident_pk}/events/": lambda argus: argus.incidents.events(1).first(),
    "POST /api/v2/incidents/{incident_pk}/events/": lambda argus: argus.incidents.post_event(1, "OTH"),
    "GET /api/v2/incidents/{incident_pk}/events/{id}/": lambda argus: argus.incidents.get_event(1, 1),
    "GET /api/v2/incidents/{incident_pk}/tags/": lambda argus: argus.incidents.tags(1),
    "POST /api/v2/incidents/{incident_pk}/tags/": lambda argus: argus.incidents.add_tag(1, "a=1"),
    "GET /api/v2/incidents/{incident_pk}/tags/{tag}/": lambda argus: argus.incidents.get_tag(1, "a=1"),
    "DELETE /api/v2/incidents/{incident_pk}/tags/{tag}/": lambda argus: argus.incidents.remove_tag(1, "a=1"),
    "GET /api/v2/incidents/{id}/": lambda argus: argus.incidents.get(1),
    "PUT /api/v2/incidents/{id}/": lambda argus: argus.incidents.replace(1, tags=[]),
    "PATCH /api/v2/incidents/{id}/": lambda argus: argus.incidents.update(1, level=1),
    "DELETE /api/v2/incidents/{id}/": lambda argus: argus.incidents.delete(1),
    "PUT /api/v2/incidents/{id}/ticket_url/": lambda argus: argus.incidents.set_ticket_url(1, ""),
    "POST /api/v2/incidents/acks/bulk/": lambda argus: argus.incidents.acknowledge_many([1]),
    "GET /api/v2/incidents/events/": lambda argus: argus.incidents.all_events().first(),
    "POST /api/v2/incidents/events/bulk/": lambda argus: argus.incidents.post_event_many([1], "CLO"),
    "GET /api/v2/incidents/mine/": lambda argus: argus.incidents.mine().first(),
    "POST /api/v2/incidents/mine/": lambda argus: argus.incidents.create_mine(start_time=NOW),
    "GET /api/v2/incidents/source-types/": lambda argus: argus.source_types.list().first(),
    "POST /api/v2/incidents/source-types/": lambda argus: argus.source_types.create("nms"),
    "GET /api/v2/incidents/source-types/{name}/": lambda argus: argus.source_types.get("nms"),
    "GET /api/v2/incidents/sources/": lambda argus: argus.sources.list().first(),
    "POST /api/v2/incidents/sources/": lambda argus: argus.sources.create(name="n", type="nms"),
    "GET /api/v2/incidents/sources/{id}/": lambda argus: argus.sources.get(1),
    "PUT /api/v2/incidents/sources/{id}/": lambda argus: argus.sources.replace(1, name="n", type="nms"),
    "PATCH /api/v2/incidents/sources/{id}/": lambda argus: argus.sources.update(1, name="n"),
    "POST /api/v2/incidents/sources/heartbeat/": lambda argus: argus.sources.heartbeat(),
    "POST /api/v2/incidents/ticket_url/bulk/": lambda argus: argus.incidents.set_ticket_url_many([1], ""),
    "GET /api/v2/notificationprofiles/": lambda argus: argus.notification_profiles.list().first(),
    "POST /api/v2/notificationprofiles/": lambda argus: argus.notification_profiles.create(
        timeslot=1, filters=[1]
    ),
    "GET /api/v2/notificationprofiles/{id}/": lambda argus: argus.notification_profiles.get(1),
    "PUT /api/v2/notificationprofiles/{id}/": lambda argus: argus.notification_profiles.replace(
        1, timeslot=1, filters=[1]
    ),
    "PATCH /api/v2/notificationprofiles/{id}/": lambda argus: argus.notification_profiles.update(1, timeslot=1),
    "DELETE /api/v2/notificationprofiles/{id}/": lambda argus: argus.notification_profiles.delete(1),
    "GET /api/v2/notificationprofiles/{id}/incidents/": lambda argus: argus.notification_profiles.incidents(
        1
    ).first(),
    "GET /api/v2/notificationprofiles/destinations/": lambda argus: argus.destinations.list().first(),
    "POST /api/v2/notificationprofiles/destinations/": lambda argus: argus.destinations.create(
        media="email", settings={}
    ),
    "GET /api/v2/notificationprofiles/destinations/{id}/": lambda argus: argus.destinations.get(1),
    "PATCH /api/v2/notificationprofiles/destinations/{id}/": lambda argus: argus.destinations.update(
        1, label=None
    ),
    "DELETE /api/v2/notificationprofiles/destinations/{id}/": lambda argus: argus.destinations.delete(1),
    "GET /api/v2/notificationprofiles/destinations/{id}/duplicate/": lambda argus: argus.destinations.duplicate(1),
    "POST /api/v2/notificationprofiles/filterpreview/": lambda argus: argus.filters.filterpreview(BLOB),
    "GET /api/v2/notificationprofiles/filters/": lambda argus: argus.filters.list().first(),
    "POST /api/v2/notificationprofiles/filters/": lambda argus: argus.filters.create(name="f", filter=BLOB),
    "GET /api/v2/notificationprofiles/filters/{id}/": lambda argus: argus.filters.get(1),
    "PUT /api/v2/notificationprofiles/filters/{id}/": lambda argus: argus.filters.replace(
        1, name="f", filter=BLOB
    ),
    "PATCH /api/v2/notificationprofiles/filters/{id}/": lambda argus: argus.filters.update(1, public=True),
    "DELETE /api/v2/notificationprofiles/filters/{id}/": lambda argus: argus.filters.delete(1),
    "GET /api/v2/notificationprofiles/media/": lambda argus: argus.media.list().first(),
    "GET /api/v2/notificationprofiles/media/{slug}/": lambda argus: argus.media.get("email"),
    "GET /api/v2/notificationprofiles/media/{slug}/json_schema/": lambda argus: argus.media.json_schema("email"),
    "POST /api/v2/notificationprofiles/preview/": lambda argus: argus.filters.preview(BLOB),
    "GET /api/v2/notificationprofiles/timeslots/": lambda argus: argus.timeslots.list().first(),
    "POST /api/v2/notificationprofiles/timeslots/": lambda argus: argus.timeslots.create(**SLOT),
    "GET /api/v2/notificationprofiles/timeslots/{id}/": lambda argus: argus.timeslots.get(1),
    "PUT /api/v2/notificationprofiles/timeslots/{id}/": lambda argus: argus.timeslots.replace(1, **SLOT),
    "PATCH /api/v2/notificationprofiles/timeslots/{id}/": lambda argus: argus.timeslots.update(1, name="t"),
    "DELETE /api/v2/notificationprofiles/timeslots/{id}/": lambda argus: argus.timeslots.delete(1),
    "GET /api/v2/plannedmaintenance/": lambda argus: argus.planned_maintenance.list().first(),
    "POST /api/v2/plannedmaintenance/": lambda argus: argus.planned_maintenance.create(filters=[1]),
    "GET /api/v2/plannedmaintenance/{id}/": lambda argus: argus.planned_maintenance.get(1),
    "PUT /api/v2/plannedmaintenance/{id}/": lambda argus: argus.planned_maintenance.replace(1, filters=[1]),
    "PATCH /api/v2/plannedmaintenance/{id}/": lambda argus: argus.planned_maintenance.update(1, description="m"),
    "DELETE /api/v2/plannedmaintenance/{id}/": lambda argus: argus.planned_maintenance.delete(1),
}
#: Path parameters, as the calls above fill them.
VALUES = {"{id}": "1", "{incident_pk}": "1", "{tag}": "a=1", "{name}": "nms", "{slug}": "email"}


def test_there_are_81_operations() -> None:
    """The schema has 81 operations, and so has the table."""
    assert len(OPERATIONS) == 81


@pytest.mark.anyio
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_operation(operation: str) -> None:
    """The call makes just this one request, to the path that the schema has, and raises what it answers."""
    method, path = operation.split()
    for name, value in VALUES.items():
        path = path.replace(name, value)
    server = Server(httpx.Response(418, json={"detail": "teapot"}))
    async with server.client() as argus:
        with pytest.raises(StatusError, match="teapot"):
            await OPERATIONS[operation](argus)
    assert [(each.method, each.url.path) for each in server.requests] == [(method, path)]
    assert urlsplit(str(server.requests[0].url)).netloc == urlsplit(BASE).netloc
