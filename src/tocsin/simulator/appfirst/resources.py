"""Every path of the API that is simulated."""

from operator import attrgetter

from tocsin.simulator.appfirst import (
    account,
    alerts,
    applications,
    groups,
    histories,
    logs,
    maintenance,
    polled_data,
    processes,
    servers,
)
from tocsin.simulator.appfirst.request import Ask
from tocsin.simulator.appfirst.routing import Route
from tocsin.simulator.web import Reply

RESOURCES = (
    "account",
    "alert_histories",
    "alerts",
    "applications",
    "buckets",
    "logs",
    "maintenance_windows",
    "polled_data",
    "server_sets",
    "server_tags",
    "servers",
    "users",
)
_POLLED = "polled[_-]data"


def root(_: Ask) -> Reply:
    """The endpoints of the account, which the API's root is documented to list."""
    return Reply({name: f"/api/v5/{name}/" for name in RESOURCES})


ROUTES = (
    Route.of("", GET=root),
    Route.of("alerts", paged=True, GET=alerts.list_alerts, POST=alerts.create),
    Route.of("alerts/{id}", GET=alerts.get, PUT=alerts.put, DELETE=alerts.delete),
    Route.of("alert_histories", paged=True, GET=histories.list_histories),
    Route.of("alert_histories/{id}", GET=histories.get),
    Route.of("alert_histories/{id}/message", GET=histories.message),
    Route.of("servers", paged=True, GET=servers.list_servers),
    Route.of("servers/{id}", GET=servers.get, PATCH=servers.patch, PUT=servers.patch, DELETE=servers.delete),
    Route.of("servers/{id}/alert_histories", paged=True, GET=histories.of("Server", attrgetter("servers"))),
    Route.of("servers/{id}/auto_detection", GET=servers.auto_detection),
    Route.of("servers/{id}/data", paged=True, GET=servers.data),
    Route.of("servers/{id}/outages", paged=True, GET=servers.outages),
    Route.of(
        "servers/{id}/polled_data_config", GET=servers.polled_data_config, PUT=servers.put_polled_data_config
    ),
    Route.of("servers/{id}/processes", paged=True, GET=servers.list_processes),
    Route.of("servers/{id}/processes/data", paged=True, GET=servers.processes_data),
    Route.of("servers/{id}/processes/detail", GET=servers.processes_detail),
    Route.of("servers/{id}/tags", paged=True, GET=servers.tags, PUT=servers.put_tags),
    Route.of("server_tags", paged=True, GET=groups.list_tags, POST=groups.create_tag),
    Route.of("server_tags/{id}", GET=groups.get_tag, PUT=groups.put_tag, DELETE=groups.delete_tag),
    Route.of("server_sets", paged=True, GET=groups.list_sets),
    Route.of("server_sets/{id}", GET=groups.get_set),
    Route.of("applications", paged=True, GET=applications.list_applications),
    Route.of("applications/templates", paged=True, GET=applications.list_templates),
    Route.of("applications/templates/{id}", GET=applications.get_template),
    Route.of("applications/{id}", GET=applications.get),
    Route.of(
        "applications/{id}/alert_histories",
        paged=True,
        GET=histories.of("Application", attrgetter("applications")),
    ),
    Route.of("applications/{id}/data", paged=True, GET=applications.data),
    Route.of("applications/{id}/detail", GET=applications.detail),
    Route.of("applications/{id}/processes", paged=True, GET=applications.list_processes),
    Route.of("applications/{id}/processes/data", paged=True, GET=applications.processes_data),
    Route.of("processes/{uid}", GET=processes.get),
    Route.of("processes/{uid}/data", paged=True, GET=processes.data),
    Route.of("processes/{uid}/detail", GET=processes.detail),
    Route.of(_POLLED, paged=True, GET=polled_data.list_polled_data),
    Route.of(f"{_POLLED}/{{id}}", GET=polled_data.get),
    Route.of(
        f"{_POLLED}/{{id}}/alert_histories", paged=True, GET=histories.of("Polled Data", attrgetter("polled_data"))
    ),
    Route.of(f"{_POLLED}/{{id}}/data", paged=True, GET=polled_data.data),
    Route.of("logs", paged=True, GET=logs.list_logs),
    Route.of("logs/{id}", GET=logs.get),
    Route.of("logs/{id}/alert_histories", paged=True, GET=histories.of("Log", attrgetter("logs"))),
    Route.of("logs/{id}/data", paged=True, GET=logs.data),
    Route.of("logs/{id}/detail", paged=True, GET=logs.detail),
    Route.of("maintenance_windows", paged=True, GET=maintenance.list_windows, POST=maintenance.create),
    Route.of("maintenance_windows/{id}", GET=maintenance.get, PUT=maintenance.put, DELETE=maintenance.delete),
    Route.of("(?:users|user_profiles)", paged=True, GET=account.list_users),
    Route.of("(?:users|user_profiles)/{id}", GET=account.get_user),
    Route.of("buckets", paged=True, GET=account.list_buckets),
    Route.of("buckets/{id}", GET=account.get_bucket),
    Route.of("buckets/{id}/alert_histories", paged=True, GET=histories.of("Bucket", attrgetter("buckets"))),
    Route.of("buckets/{id}/data", paged=True, GET=account.bucket_data),
    Route.of("account", GET=account.account),
)
