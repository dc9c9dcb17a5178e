"""Webhooks of devices: what they take in, and the rules that look at it."""

from tocsin.simulator.acsmonitor.alerts import COMMON, with_channels
from tocsin.simulator.acsmonitor.listing import rows_of
from tocsin.simulator.acsmonitor.request import Ask, missing, refusal
from tocsin.simulator.acsmonitor.resources import Resource, deleted, removed, single
from tocsin.simulator.acsmonitor.state import stamp
from tocsin.simulator.acsmonitor.tables import Row
from tocsin.simulator.acsmonitor.validation import Field, boolean, checked, one_of, text, writable
from tocsin.simulator.web import Reply, as_object

_CONDITIONS = (
    *("status_down", "status_up", "payload_eq", "payload_ne"),
    *("payload_contains", "payload_gt", "payload_lt"),
)


def _with_token(ask: Ask, values: Row) -> Row:
    created = len(ask.path) == 1
    return {**values, "token": ask.state.tokens.secret()} if created else values


def _with_url(ask: Ask, webhook: Row) -> Row:
    return {**webhook, "ingest_url": f"{ask.origin}/api/v1/webhook-ingest/{webhook['token']}"}


WEBHOOKS = Resource(
    "webhooks",
    {"name": Field(text(), required=True), "description": Field(text()), "is_active": Field(boolean)},
    parent=("devices", "device_id"),
    keep=_with_token,
    detail=_with_url,
)
RULES = Resource(
    "webhook_alert_rules",
    {**COMMON, "condition": Field(one_of(_CONDITIONS)), "payload_field": Field(text())},
    detail=with_channels,
)


def toggle(ask: Ask) -> Reply:
    """Switch it off or on."""
    row = WEBHOOKS.one(ask)
    ask.state.tables["webhooks"].change(row, {"is_active": not row["is_active"]})
    return single(ask, WEBHOOKS.show(ask, row))


def events(ask: Ask) -> Reply:
    """A page of what came in, newest first."""
    return rows_of(ask, "webhook_events", {"webhook_id": WEBHOOKS.one(ask)["id"]})


def rules(ask: Ask) -> Reply:
    """A page of its rules."""
    return rows_of(ask, "webhook_alert_rules", {"webhook_id": WEBHOOKS.one(ask)["id"]})


def create_rule(ask: Ask) -> Reply:
    """A new rule."""
    webhook = WEBHOOKS.one(ask)
    values = {**writable(ask, RULES.table), **checked(ask, RULES.fields), "webhook_id": webhook["id"]}
    row = ask.state.add(RULES.table, **values)
    return single(ask, RULES.show(ask, row), ask.state.created_status)


def _rule(ask: Ask) -> Row:
    webhook = WEBHOOKS.one(ask)
    row = ask.found("webhook_alert_rules", 2)
    if row["webhook_id"] != webhook["id"]:
        raise missing("webhook_alert_rules", ask.path[2])
    return row


def update_rule(ask: Ask) -> Reply:
    """Change a rule."""
    row = _rule(ask)
    values = {**writable(ask, RULES.table), **checked(ask, RULES.fields, partly=True)}
    ask.state.tables[RULES.table].change(row, values)
    return single(ask, RULES.show(ask, row))


def delete_rule(ask: Ask) -> Reply:
    """Remove a rule."""
    removed(ask.state, RULES.table, _rule(ask))
    return deleted(ask)


def ingest(ask: Ask) -> Reply:
    """Take in any JSON, from whoever knows the token; the reply is not published."""
    webhook = next((row for row in ask.state.tables["webhooks"] if row["token"] == ask.path[0]), None)
    if webhook is None or not webhook["is_active"]:
        raise refusal(404, "Not found.")
    payload = ask.body()
    given = as_object(payload) or {}
    status = given.get("status")
    ask.state.add(
        "webhook_events",
        status=status if isinstance(status, str) else "received",
        payload=payload,
        query={name: values[-1] for name, values in ask.call.values.items()},
        source_ip="127.0.0.1",
        received_at=stamp(ask.state.now()),
        webhook_id=webhook["id"],
    )
    return Reply({"message": "Received."})
