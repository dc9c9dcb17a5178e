"""Every endpoint, with the slug that it asks for: those of the vendor's page "API Endpoints", and one more."""

from collections.abc import Iterator

from tocsin.simulator.acsmonitor import alerts, dashboards, devices, inventory, monitors, people, tools, webhooks
from tocsin.simulator.acsmonitor.resources import Resource
from tocsin.simulator.acsmonitor.routing import Operation, Route


def _crud(path: str, resource: Resource, area: str) -> Iterator[Route]:
    """The five operations of a resource whose slugs are those of ``area``."""
    yield Route.of(
        path,
        GET=Operation(resource.list, f"{area}.view", pages=True),
        POST=Operation(resource.create, f"{area}.create"),
    )
    yield Route.of(
        f"{path}/{{}}",
        GET=Operation(resource.get, f"{area}.view"),
        PUT=Operation(resource.update, f"{area}.edit"),
        DELETE=Operation(resource.delete, f"{area}.delete"),
    )


def _events(path: str, resource: Resource) -> Iterator[Route]:
    yield Route.of(path, GET=Operation(resource.list, "alerts.view", pages=True))
    yield Route.of(f"{path}/{{}}", GET=Operation(resource.get, "alerts.view"))
    yield Route.of(
        f"{path}/{{}}/acknowledge", POST=Operation(alerts.acknowledging(resource), "alerts.acknowledge")
    )
    yield Route.of(f"{path}/{{}}/resolve", POST=Operation(alerts.resolving(resource), "alerts.acknowledge"))


def _account() -> Iterator[Route]:
    yield Route.of("auth/login", POST=Operation(people.login, public=True))
    yield Route.of("auth/logout", POST=Operation(people.logout))
    yield Route.of("auth/me", GET=Operation(people.me))
    yield Route.of(
        "users",
        GET=Operation(people.USERS.list, "users.view", pages=True),
        POST=Operation(people.USERS.create, "users.create"),
    )
    yield Route.of(
        "users/{}",
        GET=Operation(people.USERS.get, "users.view"),
        PUT=Operation(people.USERS.update, "users.edit"),
        DELETE=Operation(people.delete_user, "users.delete"),
    )
    yield Route.of("roles", GET=Operation(people.ROLE.list, "roles.manage", pages=True))
    yield Route.of(
        "roles/{}",
        GET=Operation(people.ROLE.get, "roles.manage"),
        PUT=Operation(people.update_role, "roles.manage"),
    )


def _devices() -> Iterator[Route]:
    yield from _crud("devices", devices.DEVICES, "devices")
    yield Route.of("devices/{}/poll", POST=Operation(devices.poll, "devices.edit"))
    yield Route.of("devices/{}/walk", POST=Operation(devices.walk, "devices.edit"))
    yield Route.of("devices/{}/metrics", GET=Operation(devices.metrics, "devices.view"))
    yield from _crud("device-groups", devices.GROUPS, "devices")
    yield Route.of(
        "devices/{}/oids",
        GET=Operation(devices.DEVICE_OIDS.list, "devices.view", pages=True),
        POST=Operation(devices.DEVICE_OIDS.create, "devices.edit"),
    )
    yield Route.of(
        "oids/{}",
        GET=Operation(devices.OIDS.get, "devices.view"),
        PUT=Operation(devices.OIDS.update, "devices.edit"),
        DELETE=Operation(devices.OIDS.delete, "devices.delete"),
    )
    yield Route.of("oids/{}/toggle-monitor", POST=Operation(devices.toggle_oid, "devices.edit"))


def _webhooks() -> Iterator[Route]:
    path = "devices/{}/webhooks"
    yield from _crud(path, webhooks.WEBHOOKS, "devices")
    yield Route.of(f"{path}/{{}}/toggle", POST=Operation(webhooks.toggle, "devices.edit"))
    yield Route.of(f"{path}/{{}}/events", GET=Operation(webhooks.events, "devices.view", pages=True))
    yield Route.of(
        f"{path}/{{}}/alert-rules",
        GET=Operation(webhooks.rules, "alerts.view", pages=True),
        POST=Operation(webhooks.create_rule, "alerts.create"),
    )
    yield Route.of(
        f"{path}/{{}}/alert-rules/{{}}",
        PUT=Operation(webhooks.update_rule, "alerts.edit"),
        DELETE=Operation(webhooks.delete_rule, "alerts.delete"),
    )
    ingest = Operation(webhooks.ingest, public=True)
    yield Route.of("webhook-ingest/{}", GET=ingest, POST=ingest)


def _monitors() -> Iterator[Route]:
    yield Route.of(
        "monitors",
        GET=Operation(monitors.MONITORS.list, "monitors.view", pages=True),
        POST=Operation(monitors.MONITORS.create, "monitors.create"),
    )
    yield Route.of(
        "monitors/{}",
        GET=Operation(monitors.MONITORS.get, "monitors.view"),
        PUT=Operation(monitors.MONITORS.update, "monitors.edit"),
        DELETE=Operation(monitors.delete, "monitors.delete"),
    )
    yield Route.of("monitors/{}/check", POST=Operation(monitors.check, "monitors.edit"))
    yield Route.of("monitors/{}/results", GET=Operation(monitors.results, "monitors.view", pages=True))
    yield Route.of("monitors/{}/uptime", GET=Operation(monitors.uptime, "monitors.view"))
    yield from _crud("monitor-groups", monitors.GROUPS, "monitors")


def _alerts() -> Iterator[Route]:
    yield from _crud("alert-rules", alerts.RULES, "alerts")
    yield from _crud("monitor-alert-rules", alerts.MONITOR_RULES, "alerts")
    yield from _events("alert-events", alerts.EVENTS)
    yield from _events("monitor-events", alerts.MONITOR_EVENTS)
    yield from _crud("alert-channels", alerts.CHANNEL, "channels")
    yield Route.of("alert-channels/{}/test", POST=Operation(alerts.send_test, "channels.edit"))
    yield Route.of("snmp-traps", GET=Operation(alerts.TRAPS.list, "devices.view", pages=True))
    yield Route.of(
        "snmp-traps/{}",
        GET=Operation(alerts.TRAPS.get, "devices.view"),
        DELETE=Operation(alerts.TRAPS.delete, "devices.delete"),
    )
    yield Route.of("snmp-traps/{}/acknowledge", POST=Operation(alerts.acknowledge_trap, "alerts.acknowledge"))


def _inventory() -> Iterator[Route]:
    yield Route.of(
        "mibs",
        GET=Operation(inventory.MIBS.list, "mibs.view", pages=True),
        POST=Operation(inventory.upload, "mibs.upload"),
    )
    yield Route.of(
        "mibs/{}",
        GET=Operation(inventory.MIBS.get, "mibs.view"),
        DELETE=Operation(inventory.MIBS.delete, "mibs.delete"),
    )
    yield Route.of(
        "discovery",
        GET=Operation(inventory.JOBS.list, "discovery.view", pages=True),
        POST=Operation(inventory.JOBS.create, "discovery.create"),
    )
    yield Route.of(
        "discovery/{}",
        GET=Operation(inventory.JOBS.get, "discovery.view"),
        DELETE=Operation(inventory.JOBS.delete, "discovery.create"),
    )
    yield Route.of("discovery/{}/run", POST=Operation(inventory.run, "discovery.run"))
    yield Route.of("discovery-results/{}/import", POST=Operation(inventory.import_result, "discovery.create"))


def _dashboards() -> Iterator[Route]:
    yield Route.of(
        "dashboards",
        GET=Operation(dashboards.listed, "dashboards.view", pages=True),
        POST=Operation(dashboards.DASHBOARDS.create, "dashboards.create"),
    )
    yield Route.of(
        "dashboards/{}",
        GET=Operation(dashboards.DASHBOARDS.get, "dashboards.view"),
        PUT=Operation(dashboards.DASHBOARDS.update, "dashboards.edit"),
        DELETE=Operation(dashboards.DASHBOARDS.delete, "dashboards.delete"),
    )
    yield Route.of(
        "dashboards/{}/widgets",
        GET=Operation(dashboards.DASHBOARD_WIDGETS.list, "dashboards.view", pages=True),
        POST=Operation(dashboards.DASHBOARD_WIDGETS.create, "dashboards.edit"),
    )
    yield Route.of("widgets/positions", POST=Operation(dashboards.move, "dashboards.edit"))
    yield Route.of(
        "widgets/{}",
        PUT=Operation(dashboards.WIDGETS.update, "dashboards.edit"),
        DELETE=Operation(dashboards.WIDGETS.delete, "dashboards.edit"),
    )


def _system() -> Iterator[Route]:
    for name, run in tools.TOOLS.items():
        yield Route.of(f"tools/{name}", POST=Operation(run, "monitors.run_tools"))
    yield Route.of("system/health", GET=Operation(tools.health, "settings.view"))
    yield Route.of("system/stats", GET=Operation(tools.stats, "settings.view"))


ROUTES: tuple[Route, ...] = (
    *_account(),
    *_devices(),
    *_webhooks(),
    *_monitors(),
    *_alerts(),
    *_inventory(),
    *_dashboards(),
    *_system(),
)
"""What both the vendor's page and the client's page have."""

DEVICE_ALERTS = Route.of("devices/{}/alerts", GET=Operation(devices.alerts, "devices.view", pages=True))
"""What only the client's page has; its slug is not published."""
