"""SNMP devices, their groups, their OIDs and what was measured of these."""

from collections.abc import Callable
from datetime import datetime

from tocsin.simulator.acsmonitor.listing import listed, shown
from tocsin.simulator.acsmonitor.request import Ask
from tocsin.simulator.acsmonitor.resources import Resource, single
from tocsin.simulator.acsmonitor.schema import SCHEMAS
from tocsin.simulator.acsmonitor.state import stamp
from tocsin.simulator.acsmonitor.tables import Row
from tocsin.simulator.acsmonitor.validation import Field, address, boolean, id_of, number, one_of, text
from tocsin.simulator.web import Reply

_VERSIONS = ("1", "2c", "3", "v1", "v2c", "v3")
_WALKED = (
    ("1.3.6.1.2.1.1.3.0", "sysUpTime", "system"),
    ("1.3.6.1.2.1.1.5.0", "sysName", "system"),
    ("1.3.6.1.2.1.2.1.0", "ifNumber", "interfaces"),
)


def _with_oids(ask: Ask, device: Row) -> Row:
    own = [row for row in ask.state.tables["oids"] if row["device_id"] == device["id"]]
    return {**device, "oids": [shown(ask.state, SCHEMAS["oids"], row) for row in own]}


GROUPS = Resource("device_groups", {"name": Field(text(), required=True), "color": Field(text(32))})

DEVICES = Resource(
    "devices",
    {
        "name": Field(text(), required=True),
        "ip_address": Field(address, required=True),
        "snmp_version": Field(one_of(_VERSIONS)),
        "community": Field(text()),
        "device_type": Field(text()),
        "location": Field(text()),
        "poll_interval_seconds": Field(number(1)),
        "is_active": Field(boolean),
        "device_group_id": id_of("device_groups"),
    },
    detail=_with_oids,
)

_OID = {
    "oid": Field(text(), required=True),
    "name": Field(text()),
    "category": Field(text()),
    "unit": Field(text()),
    "is_monitored": Field(boolean),
}
OIDS = Resource("oids", _OID)
DEVICE_OIDS = Resource("oids", _OID, parent=("devices", "device_id"))


def toggle_oid(ask: Ask) -> Reply:
    """Begin or end to measure it."""
    row = OIDS.one(ask)
    ask.state.tables["oids"].change(row, {"is_monitored": not row["is_monitored"]})
    return single(ask, OIDS.show(ask, row))


def queued(ask: Ask, work: Callable[[datetime], None]) -> Reply:
    """What is answered when work will be done later."""
    return Reply({"queued": True, "job_id": ask.state.queue(work)}, ask.state.queued_status)


def poll(ask: Ask) -> Reply:
    """Poll it later; the reply is not published, and taken to be that of a check."""
    device = DEVICES.one(ask)

    def work(due: datetime) -> None:
        status = "up" if device["status"] == "unknown" else device["status"]
        ask.state.tables["devices"].change(device, {"last_polled_at": stamp(due), "status": status})

    return queued(ask, work)


def walk(ask: Ask) -> Reply:
    """Look later for OIDs; the reply is not published."""
    device = DEVICES.one(ask)

    def work(_due: datetime) -> None:
        known = {row["oid"] for row in ask.state.tables["oids"] if row["device_id"] == device["id"]}
        for oid, name, category in _WALKED:
            if oid not in known and device["id"] in ask.state.tables["devices"].ids:
                ask.state.add(
                    "oids", oid=oid, name=name, category=category, is_monitored=False, device_id=device["id"]
                )

    return queued(ask, work)


def metrics(ask: Ask) -> Reply:
    """The values of each monitored OID, oldest first; query and reply are not published."""
    device = DEVICES.one(ask)
    found = [
        {
            "oid_id": row["id"],
            "oid": row["oid"],
            "name": row["name"],
            "unit": row["unit"],
            "values": [{"recorded_at": at, "value": value} for at, value in ask.state.samples.get(row["id"], ())],
        }
        for row in ask.state.tables["oids"]
        if row["device_id"] == device["id"] and row["is_monitored"]
    ]
    return Reply({"device_id": device["id"], "metrics": found})


def alerts(ask: Ask) -> Reply:
    """A page of its alerts, which only the client's page has."""
    where = {"device_id": DEVICES.one(ask)["id"]}
    table = ask.state.tables["alert_events"]
    return listed(ask, "device_alerts", table, SCHEMAS["alert_events"], where)
