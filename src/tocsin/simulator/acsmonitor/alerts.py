"""Rules, the alerts that they raise, SNMP traps, and the channels by which people are told."""

from collections.abc import Mapping

from tocsin.simulator.acsmonitor.listing import shown
from tocsin.simulator.acsmonitor.request import Ask, invalid
from tocsin.simulator.acsmonitor.resources import Handler, Resource, single
from tocsin.simulator.acsmonitor.schema import SCHEMAS
from tocsin.simulator.acsmonitor.state import Note, stamp
from tocsin.simulator.acsmonitor.tables import Row
from tocsin.simulator.acsmonitor.validation import (
    Field,
    an_object,
    boolean,
    checked,
    id_of,
    ids_of,
    number,
    one_of,
    text,
)
from tocsin.simulator.web import Reply

SEVERITIES = ("info", "warning", "critical")
CHANNELS = ("email", "sms", "webhook", "slack")

_RECENT = 10
_LONGEST_NOTE = 1000  # "a short string": how short is not published

COMMON: Mapping[str, Field] = {
    "name": Field(text(), required=True),
    "severity": Field(one_of(SEVERITIES)),
    "consecutive_failures": Field(number(1)),
    "cooldown_minutes": Field(number(0)),
    "notify_on_recovery": Field(boolean),
    "is_active": Field(boolean),
    "channel_ids": ids_of("alert_channels"),
}
"""What rules of every kind have."""


def with_channels(ask: Ask, rule: Row) -> Row:
    """A rule with the channels that it tells."""
    channels = ask.state.tables["alert_channels"]
    found = [channels.get(id) for id in rule["channel_ids"] or ()]
    return {
        **rule,
        "channels": [{field: row[field] for field in ("id", "name", "type")} for row in found if row],
    }


def _with_events(ask: Ask, rule: Row) -> Row:
    of_monitor = "monitor" in rule
    table = "monitor_events" if of_monitor and ask.state.events == "separate" else "alert_events"
    column = "monitor_alert_rule_id" if of_monitor else "alert_rule_id"
    own = [row for row in ask.state.tables[table] if row[column] == rule["id"]]
    events = [shown(ask.state, SCHEMAS[table], row) for row in own[: -_RECENT - 1 : -1]]
    return {**with_channels(ask, rule), "recent_events": events}


RULES = Resource(
    "alert_rules",
    {
        **COMMON,
        "condition": Field(one_of(("gt", "lt", "eq", "ne", "contains", "regex", "pct_gt", "pct_lt"))),
        "device_id": id_of("devices"),
        "oid_id": id_of("oids"),
    },
    detail=_with_events,
)

MONITOR_RULES = Resource(
    "monitor_alert_rules",
    {
        **COMMON,
        "condition": Field(one_of(("status_down", "response_time_gt", "ssl_expiry_lt", "body_mismatch"))),
        "monitor_id": id_of("monitors"),
    },
    detail=_with_events,
)

EVENTS = Resource("alert_events", {})
MONITOR_EVENTS = Resource("monitor_events", {})
TRAPS = Resource("snmp_traps", {})

CHANNEL = Resource(
    "alert_channels",
    {
        "name": Field(text(), required=True),
        "type": Field(one_of(CHANNELS), required=True),
        "config": Field(an_object),
        "is_active": Field(boolean),
    },
)


def send_test(ask: Ask) -> Reply:
    """Tell somebody that the channel works; the reply is not published."""
    CHANNEL.one(ask)
    return Reply({"message": "Test notification sent."})


def acknowledging(events: Resource) -> Handler:
    """The operation that takes an alert in hand."""

    def acknowledge(ask: Ask) -> Reply:
        """What happens to one that is not open is not published; see the switch."""
        return _changed(ask, events, "acknowledged", "acknowledge", ("open",))

    return acknowledge


def resolving(events: Resource) -> Handler:
    """The operation that ends an alert."""

    def resolve(ask: Ask) -> Reply:
        """What happens to one that has ended is not published; see the switch."""
        return _changed(ask, events, "resolved", "resolve", ("open", "acknowledged"))

    return resolve


def _changed(ask: Ask, events: Resource, status: str, action: str, before: tuple[str, ...]) -> Reply:
    row = events.one(ask)
    note = checked(ask, {"note": Field(text(_LONGEST_NOTE))}).get("note")
    if row["status"] in before:
        values = {"status": status, f"{status}_at": stamp(ask.state.now())}
        ask.state.tables[events.table].change(row, values)
    elif ask.state.strict_transitions:
        raise invalid({"status": [f"The alert is {row['status']} already."]})
    ask.state.audit_log.append(Note(events.table, row["id"], action, ask.user["id"], note))
    return single(ask, events.show(ask, row))


def acknowledge_trap(ask: Ask) -> Reply:
    """Take a trap in hand."""
    row = TRAPS.one(ask)
    if row["status"] == "new":
        values = {"status": "acknowledged", "acknowledged_at": stamp(ask.state.now())}
        ask.state.tables["snmp_traps"].change(row, values)
    return single(ask, TRAPS.show(ask, row))
