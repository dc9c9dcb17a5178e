"""Network tools, and how the server itself is; none of their replies is published.

Tools have a limit of ten at once a user: a server that answers one request at a time never meets it.
"""

from collections import Counter
from collections.abc import Mapping

from tocsin.simulator.acsmonitor.request import Ask
from tocsin.simulator.acsmonitor.resources import Handler
from tocsin.simulator.acsmonitor.state import stamp
from tocsin.simulator.acsmonitor.tables import Row
from tocsin.simulator.acsmonitor.validation import Field, Fields, boolean, checked, number, text
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply

_HOST = Field(text(), required=True)
_PORT = Field(number(1, 65535))
_QUEUES = ("polling", "monitors", "discovery", "alerts", "notifications", "tools", "default")

# The arguments are those that the API's page names.
_TOOLS: Mapping[str, tuple[Fields, Json]] = {
    "ping": (
        {"host": _HOST, "count": Field(number(1, 100))},
        {"min_ms": 0.4, "avg_ms": 0.6, "max_ms": 0.9, "packet_loss_percent": 0},
    ),
    "traceroute": (
        {"host": _HOST, "max_hops": Field(number(1, 64))},
        {"hops": [{"hop": 1, "host": "198.18.0.1", "rtt_ms": 0.5}]},
    ),
    "port-scan": ({"host": _HOST, "port_start": _PORT, "port_end": _PORT}, {"open_ports": []}),
    "ssl-check": ({"host": _HOST, "port": _PORT}, {"valid": True, "issuer": "Example CA"}),
    "http-headers": (
        {"url": _HOST, "follow_redirects": Field(boolean)},
        {"status": 200, "headers": {"content-type": "text/html"}},
    ),
    "dns-lookup": (
        {"host": _HOST, "record_type": Field(text(10)), "resolver": Field(text())},
        {"records": ["198.18.0.1"]},
    ),
    "whois": ({"query": _HOST}, {"raw": "% no entries found"}),
}


def _running(fields: Fields, found: Json) -> Handler:
    def run(ask: Ask) -> Reply:
        """What it was asked, and what it would have found."""
        return Reply({**checked(ask, fields), "result": found})

    return run


TOOLS: Mapping[str, Handler] = {name: _running(*tool) for name, tool in _TOOLS.items()}
"""By the last part of their paths."""


def health(ask: Ask) -> Reply:
    """Of services, server, queues and database, as the vendor's page on it has them."""
    return Reply(
        {
            "status": "healthy",
            "checked_at": stamp(ask.state.now()),
            "services": dict.fromkeys(("probe", "scheduler", "broadcasting", "cache"), "up"),
            "server": {"cpu_percent": 12.5, "memory_percent": 41.0, "load_average": [0.4, 0.3, 0.3]},
            "queues": {name: {"pending": 0, "delayed": 0, "reserved": 0} for name in _QUEUES},
            "database": {"connections": 7, "max_connections": 151},
        }
    )


def stats(ask: Ask) -> Reply:
    """How many devices, monitors and open alerts there are."""
    tables = ask.state.tables
    events: list[Row] = [*tables["alert_events"], *tables["monitor_events"]]
    return Reply(
        {
            "devices": {"total": len(tables["devices"]), **Counter(row["status"] for row in tables["devices"])},
            "monitors": {"total": len(tables["monitors"]), **Counter(row["status"] for row in tables["monitors"])},
            "open_alerts": sum(row["status"] == "open" for row in events),
        }
    )
