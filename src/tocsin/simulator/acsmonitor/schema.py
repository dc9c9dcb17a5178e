"""What the server keeps of each resource, and how a row of it is shown.

The fields of devices, monitors and alert events are those that the client's page shows. Of the others the vendor's
documents name but a few, in prose; what they are called in JSON is not published.
"""

from collections.abc import Mapping

import attrs

from tocsin.simulator.frame import Json


@attrs.frozen
class Relation:
    """Something that a row belongs to: shown as an object with some fields of its own, or null.

    ``in_list`` is False where only the single object shows it.
    """

    column: str
    table: str
    fields: tuple[str, ...] = ("id", "name")
    in_list: bool = True


@attrs.frozen
class Schema:
    """One resource.

    ``columns`` are those that every row has, with what a new one has in them. ``order`` is the usual ``sort``,
    ``search`` the columns that free text is looked for in. What is ``hidden`` is never shown, what is in
    ``detail`` by the single object alone; what is ``computed`` no request can set. ``parent`` is the table of what
    a row goes with when that is deleted, and the column of its id.
    """

    model: str
    columns: Mapping[str, Json]
    order: str = "name"
    search: tuple[str, ...] = ("name",)
    relations: Mapping[str, Relation] = attrs.field(factory=dict[str, Relation])
    hidden: frozenset[str] = frozenset()
    detail: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    parent: tuple[str, str] | None = None


_DEVICE = Relation("device_id", "devices", ("id", "name", "ip_address"))
_MONITOR = Relation("monitor_id", "monitors", ("id", "name", "type"))
_RULE: Mapping[str, Json] = {
    "name": "",
    "condition": None,
    "threshold": None,
    "severity": "warning",
    "consecutive_failures": 1,
    "cooldown_minutes": 0,
    "notify_on_recovery": True,
    "is_active": True,
}
_EVENT: Mapping[str, Json] = {
    "severity": "warning",
    "status": "open",
    "triggered_at": None,
    "acknowledged_at": None,
    "resolved_at": None,
    "current_value": None,
    "monitor_id": None,
    "device_id": None,
    "alert_rule_id": None,
    "monitor_alert_rule_id": None,
}


def _event(model: str) -> Schema:
    return Schema(
        model,
        _EVENT,
        order="-triggered_at",
        search=("current_value",),
        relations={
            "monitor": _MONITOR,
            "device": _DEVICE,
            "alert_rule": Relation("alert_rule_id", "alert_rules"),
            "monitor_alert_rule": Relation("monitor_alert_rule_id", "monitor_alert_rules"),
        },
    )


RESULTS = Schema(
    "MonitorResult",
    {"checked_at": None, "status": "up", "response_time_ms": None},
    order="-checked_at",
    search=(),
)

SCHEMAS: Mapping[str, Schema] = {
    "users": Schema(
        "User",
        {"name": "", "email": "", "password": "", "role": "viewer"},
        search=("name", "email"),
        hidden=frozenset({"password"}),
    ),
    "roles": Schema("Role", {"name": "", "permissions": []}, order="id"),
    "device_groups": Schema("DeviceGroup", {"name": "", "color": "#3b82f6", "description": None}),
    "devices": Schema(
        "Device",
        {
            "name": "",
            "ip_address": "",
            "snmp_version": "2c",
            "community": "public",
            "device_type": None,
            "location": None,
            "status": "unknown",
            "last_polled_at": None,
            "poll_interval_seconds": 60,
            "is_active": True,
            "device_group_id": None,
        },
        search=("name", "ip_address"),
        relations={"device_group": Relation("device_group_id", "device_groups", ("id", "name", "color"))},
        hidden=frozenset({"community"}),
        computed=frozenset({"status", "last_polled_at", "oids"}),
    ),
    "oids": Schema(
        "Oid",
        {"oid": "", "name": "", "category": None, "unit": None, "is_monitored": True, "device_id": None},
        order="id",
        search=("name", "oid"),
        computed=frozenset({"device_id"}),
        parent=("devices", "device_id"),
    ),
    "webhooks": Schema(
        "Webhook",
        {"name": "", "description": None, "token": "", "is_active": True, "device_id": None},
        computed=frozenset({"device_id", "token"}),
        parent=("devices", "device_id"),
    ),
    "webhook_events": Schema(
        "WebhookEvent",
        {
            "status": "received",
            "payload": None,
            "query": {},
            "source_ip": None,
            "received_at": None,
            "webhook_id": None,
        },
        order="-received_at",
        search=("status",),
        parent=("webhooks", "webhook_id"),
    ),
    "webhook_alert_rules": Schema(
        "WebhookAlertRule",
        {**_RULE, "payload_field": None, "webhook_id": None, "channel_ids": []},
        computed=frozenset({"webhook_id"}),
        parent=("webhooks", "webhook_id"),
    ),
    "snmp_traps": Schema(
        "SnmpTrap",
        {
            "source_ip": "",
            "oid": "",
            "severity": "info",
            "status": "new",
            "received_at": None,
            "acknowledged_at": None,
            "varbinds": [],
            "device_id": None,
        },
        order="-received_at",
        search=("source_ip", "oid"),
        relations={"device": _DEVICE},
        detail=frozenset({"varbinds"}),
    ),
    "monitor_groups": Schema("MonitorGroup", {"name": "", "color": "#22c55e", "description": None}),
    "monitors": Schema(
        "Monitor",
        {
            "name": "",
            "type": "ping",
            "host": "",
            "port": None,
            "status": "unknown",
            "response_time_ms": None,
            "ssl_expiry_at": None,
            "uptime_percent_7d": None,
            "uptime_percent_30d": None,
            "consecutive_failures": 0,
            "last_checked_at": None,
            "check_interval_seconds": 60,
            "timeout_ms": 5000,
            "is_active": True,
            "tags": [],
            "config": {},
            "monitor_group_id": None,
        },
        search=("name", "host", "tags"),
        relations={
            "group": Relation("monitor_group_id", "monitor_groups", ("id", "name", "color"), in_list=False)
        },
        computed=frozenset(
            {
                "status",
                "response_time_ms",
                "ssl_expiry_at",
                "uptime_percent_7d",
                "uptime_percent_30d",
                "consecutive_failures",
                "last_checked_at",
                "recent_results",
            }
        ),
    ),
    "alert_rules": Schema(
        "AlertRule",
        {**_RULE, "escalate_after_minutes": None, "device_id": None, "oid_id": None, "channel_ids": []},
        relations={"device": _DEVICE, "oid": Relation("oid_id", "oids", ("id", "oid", "name"), in_list=False)},
        computed=frozenset({"recent_events"}),
    ),
    "alert_events": _event("AlertEvent"),
    "monitor_alert_rules": Schema(
        "MonitorAlertRule",
        {**_RULE, "monitor_id": None, "channel_ids": []},
        relations={"monitor": _MONITOR},
        computed=frozenset({"recent_events"}),
    ),
    "monitor_events": _event("MonitorEvent"),
    "alert_channels": Schema("AlertChannel", {"name": "", "type": "email", "config": {}, "is_active": True}),
    "mibs": Schema(
        "Mib", {"name": "", "filename": "", "uploaded_at": None, "oids": []}, detail=frozenset({"oids"})
    ),
    "discovery": Schema(
        "DiscoveryJob",
        {
            "name": "",
            "subnet": "",
            "snmp_version": "2c",
            "schedule": None,
            "status": "pending",
            "last_run_at": None,
        },
        order="id",
        search=("name", "subnet"),
        computed=frozenset({"status", "last_run_at", "results"}),
    ),
    "discovery_results": Schema(
        "DiscoveryResult",
        {
            "ip_address": "",
            "hostname": None,
            "device_type": None,
            "services": [],
            "is_imported": False,
            "discovery_id": None,
        },
        order="id",
        parent=("discovery", "discovery_id"),
    ),
    "dashboards": Schema(
        "Dashboard",
        {"name": "", "is_default": False, "user_id": None},
        computed=frozenset({"user_id", "widgets"}),
    ),
    "widgets": Schema(
        "Widget",
        {"type": None, "title": None, "config": {}, "position": {}, "dashboard_id": None},
        order="id",
        search=("title",),
        computed=frozenset({"dashboard_id"}),
        parent=("dashboards", "dashboard_id"),
    ),
}
"""By the name of its table: that of its path, with underscores."""
