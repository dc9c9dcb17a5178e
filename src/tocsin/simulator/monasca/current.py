"""The API as monasca-api 11.0.0 has it."""

from tocsin.simulator.frame import Json
from tocsin.simulator.monasca import (
    alarms,
    definitions,
    history,
    links,
    logs,
    measurements,
    methods,
    metrics,
    statistics,
)
from tocsin.simulator.monasca.request import Ask, refusal, unprocessable
from tocsin.simulator.monasca.routing import Handler, Route
from tocsin.simulator.web import Call, Reply

VERSION = "v2.0"


def _version(href: str) -> Json:
    return {
        "id": VERSION,
        "links": [{"rel": "self", "href": href}],
        "status": "CURRENT",
        "updated": "2013-03-06T00:00:00.000Z",
    }


def _versions(ask: Ask) -> Reply:
    root = links.base(ask)
    return Reply({"links": [{"rel": "self", "href": root}], "elements": [_version(root + VERSION)]})


def _one_version(ask: Ask) -> Reply:
    if ask.path[0] != VERSION:
        raise unprocessable(f"No versions found matching {ask.path[0]}", "Invalid version")
    return Reply(_version(links.base(ask)))


def health(call: Call) -> Reply:
    """Needs no token."""
    headers = {"Cache-Control": "must-revalidate, no-cache, no-store"}
    if call.method == "HEAD":
        return Reply(status=204, headers=headers)
    if call.method != "GET":
        raise refusal(405, "405 Method Not Allowed", Allow="GET, HEAD, OPTIONS")
    return Reply({"kafka": "OK", "alarms_database": "OK", "metrics_database": "OK"}, headers=headers)


def _not_implemented(_ask: Ask) -> Reply:
    """An empty answer that claims to be JSON."""
    return Reply(status=501, headers={"Content-Type": "application/json"})


def _unfit(function: str, complaint: str) -> Handler:
    """An operation that the server has, and calls with an id too few or too many."""

    def answer(ask: Ask) -> Reply:
        raise ask.mistake(f"{function}() {complaint}")

    return answer


def _needs_id(resource: str, id: str) -> dict[str, Handler]:
    complaint = f"missing 1 required positional argument: '{id}'"
    return {each: _unfit(f"{resource}.on_{each.lower()}", complaint) for each in ("PUT", "PATCH", "DELETE")}


def _takes_no_id(resource: str, id: str) -> Handler:
    return _unfit(f"{resource}.on_post", f"got an unexpected keyword argument '{id}'")


_ID = "/([^/]+)"
ROUTES = [
    Route.of("/", GET=_versions),
    Route.of("/v2.0/metrics", GET=metrics.list_metrics, POST=metrics.create),
    Route.of("/v2.0/metrics/names", GET=metrics.names),
    Route.of("/v2.0/metrics/dimensions/names", GET=metrics.dimension_names),
    Route.of("/v2.0/metrics/dimensions/names/values", GET=metrics.dimension_values),
    Route.of("/v2.0/metrics/measurements", GET=measurements.list_measurements),
    Route.of("/v2.0/metrics/statistics", GET=statistics.list_statistics),
    Route.of(
        "/v2.0/notification-methods",
        GET=methods.list_methods,
        POST=methods.create,
        **_needs_id("Notifications", "notification_method_id"),
    ),
    Route.of(
        "/v2.0/notification-methods/types",
        GET=methods.types,
        POST=_not_implemented,
        PUT=_not_implemented,
        PATCH=_not_implemented,
        DELETE=_not_implemented,
    ),
    Route.of(
        f"/v2.0/notification-methods{_ID}",
        GET=methods.get,
        POST=_takes_no_id("Notifications", "notification_method_id"),
        PUT=methods.put,
        PATCH=methods.patch,
        DELETE=methods.delete,
    ),
    Route.of(
        "/v2.0/alarm-definitions",
        GET=definitions.list_definitions,
        POST=definitions.create,
        PUT=definitions.put,
        PATCH=definitions.patch,
        DELETE=definitions.delete,
    ),
    Route.of(
        f"/v2.0/alarm-definitions{_ID}",
        GET=definitions.get,
        POST=_takes_no_id("AlarmDefinitions", "alarm_definition_id"),
        PUT=definitions.put,
        PATCH=definitions.patch,
        DELETE=definitions.delete,
    ),
    Route.of("/v2.0/alarms", GET=alarms.list_alarms, **_needs_id("Alarms", "alarm_id")),
    Route.of("/v2.0/alarms/count", GET=alarms.count),
    Route.of("/v2.0/alarms/state-history", GET=history.of_all),
    Route.of(f"/v2.0/alarms{_ID}", GET=alarms.get, PUT=alarms.put, PATCH=alarms.patch, DELETE=alarms.delete),
    Route.of(f"/v2.0/alarms{_ID}/state-history", GET=history.of_one),
    Route.of("/v2.0/logs", GET=_not_implemented, POST=logs.create),
    Route.of(_ID, GET=_one_version),
]
"""The operations; a literal path comes before one with an id that would match it too."""
