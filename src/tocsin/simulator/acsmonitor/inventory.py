"""What finds and names devices: discovery jobs and MIB files."""

import re
from datetime import datetime
from email.parser import BytesParser

from tocsin.simulator.acsmonitor.devices import DEVICES, queued
from tocsin.simulator.acsmonitor.listing import shown
from tocsin.simulator.acsmonitor.request import Ask, invalid
from tocsin.simulator.acsmonitor.resources import Resource, single
from tocsin.simulator.acsmonitor.schema import SCHEMAS
from tocsin.simulator.acsmonitor.state import stamp
from tocsin.simulator.acsmonitor.tables import Row
from tocsin.simulator.acsmonitor.validation import Field, network, text
from tocsin.simulator.web import Reply

_SUFFIXES = (".mib", ".txt", ".my")
_OBJECT = re.compile(r"^\s*([a-z][\w-]*)\s+OBJECT-TYPE\b", re.MULTILINE)


def _with_results(ask: Ask, job: Row) -> Row:
    own = [row for row in ask.state.tables["discovery_results"] if row["discovery_id"] == job["id"]]
    return {**job, "results": [shown(ask.state, SCHEMAS["discovery_results"], row) for row in own]}


JOBS = Resource(
    "discovery",
    {"name": Field(text()), "subnet": Field(network, required=True), "schedule": Field(text())},
    detail=_with_results,
)
MIBS = Resource("mibs", {})


def run(ask: Ask) -> Reply:
    """Scan later, which finds one device; the reply is not published."""
    state, job = ask.state, JOBS.one(ask)

    def work(due: datetime) -> None:
        if job["id"] not in state.tables["discovery"].ids:
            return
        state.tables["discovery"].change(job, {"status": "completed", "last_run_at": stamp(due)})
        base = str(job["subnet"]).partition("/")[0]
        state.add(
            "discovery_results",
            ip_address=base,
            hostname=f"host-{job['id']}",
            services=["ssh"],
            discovery_id=job["id"],
        )

    return queued(ask, work)


def import_result(ask: Ask) -> Reply:
    """Set up the device that was found, with a monitor for each of its services."""
    result = ask.found("discovery_results")
    name = result["hostname"] or result["ip_address"]
    device = ask.state.add(
        "devices", name=name, ip_address=result["ip_address"], device_type=result["device_type"]
    )
    for service in result["services"]:
        ask.state.add_monitor(f"{service} on {name}", service, host=result["ip_address"])
    ask.state.tables["discovery_results"].change(result, {"is_imported": True})
    return single(ask, DEVICES.show(ask, device), ask.state.created_status)


def upload(ask: Ask) -> Reply:
    """Take in a MIB file, whichever the name of its part is: that is not published."""
    head = f"Content-Type: {ask.call.headers.get('content-type', '')}\r\n\r\n".encode("latin-1")
    parts = BytesParser().parsebytes(head + ask.call.body).walk()
    name, content = next(
        ((part.get_filename() or "", part.get_payload(decode=True)) for part in parts if part.get_filename()),
        ("", None),
    )
    if not isinstance(content, bytes):
        raise invalid({"file": ["The file field is required."]})
    if not name.endswith(_SUFFIXES):
        raise invalid({"file": ["The file field must be a file of type: mib, txt, my."]})
    oids = [{"name": found} for found in _OBJECT.findall(content.decode("utf-8", "replace"))]
    row = ask.state.add(
        "mibs", name=name.rpartition(".")[0], filename=name, uploaded_at=stamp(ask.state.now()), oids=oids
    )
    return single(ask, MIBS.show(ask, row), ask.state.created_status)
