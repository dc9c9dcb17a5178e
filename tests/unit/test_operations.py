"""Every operation of the documents that tocsin implements, and the test that proves it: none is missing.

The documents are the README of ACS Monitor's Python client, AppFirst's page on alerts, the README of pyargus,
Lastline's page on its Monitoring API, and the specification of Monasca's API of 2014.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from tests.backends.monasca.test_seed import PROOFS

BACKENDS = Path(__file__).parents[1] / "backends"
MONASCA = "monasca/test_seed.py::test_example"
ACS = "acsmonitor/test_seed.py::test_"
APPFIRST = "appfirst/test_seed.py::test_"
ARGUS = "argus/test_official_calls.py::test_"
LASTLINE = "lastline/test_seed.py::test_"

#: By document: its operations in their order there, each with its test.
OPERATIONS: dict[str, dict[str, str]] = {
    "monasca": dict.fromkeys([proof.operation for proof in PROOFS], MONASCA),
    "argus": {
        "get_incidents": f"{ARGUS}get_incidents",
        "get_my_incidents": f"{ARGUS}get_my_incidents",
        "post_incident": f"{ARGUS}post_incident",
        "resolve_incident": f"{ARGUS}resolve_incident",
        "update_incident": f"{ARGUS}update_incident",
        "post_incident, STATELESS": f"{ARGUS}post_stateless_incident",
        "refresh_token": f"{ARGUS}refresh_token",
    },
    "acsmonitor": {
        "POST /auth/login": f"{ACS}login",
        "POST /auth/logout": f"{ACS}logout",
        "GET /devices": f"{ACS}devices",
        "GET /devices/{id}": f"{ACS}device",
        "POST /devices/{id}/poll": f"{ACS}poll_device",
        "GET /devices/{id}/metrics": f"{ACS}device_metrics",
        "GET /devices/{id}/alerts": f"{ACS}device_alerts",
        "GET /monitors": f"{ACS}monitors",
        "GET /monitors/{id}": f"{ACS}monitor",
        "POST /monitors": f"{ACS}create_monitor",
        "POST /monitors/{id}/check": f"{ACS}check_monitor",
        "GET /monitors/{id}/results": f"{ACS}monitor_results",
        "GET /monitors/{id}/uptime": f"{ACS}monitor_uptime",
        "GET /alert-events": f"{ACS}alert_events",
        "POST /alert-events/{id}/acknowledge": f"{ACS}acknowledge_alert_event",
        "POST /alert-events/{id}/resolve": f"{ACS}resolve_alert_event",
        "GET /system/health": f"{ACS}system_health",
    },
    "appfirst": {
        "GET /alerts/": f"{APPFIRST}list_alerts",
        "POST /alerts/": f"{APPFIRST}create_alert",
        "GET /alerts/{id}/": f"{APPFIRST}get_alert",
        "PUT /alerts/{id}/": f"{APPFIRST}update_alert_users",
        "DELETE /alerts/{id}/": f"{APPFIRST}delete_alert",
    },
    "lastline": {
        "list_metric": f"{LASTLINE}list_metric",
        "get_metric": f"{LASTLINE}get_metric",
        "aggregate_metrics": f"{LASTLINE}aggregate_metrics",
        "get_log": f"{LASTLINE}get_log",
        "get_log_entry": f"{LASTLINE}get_log_entry",
    },
}
COUNTS = {"monasca": 19, "argus": 7, "acsmonitor": 17, "appfirst": 5, "lastline": 5}


@cache
def proofs_in(file: str) -> dict[str, bool]:
    """The tests of a file, and whether each of them asserts something."""
    tree = ast.parse((BACKENDS / file).read_text())
    return {
        node.name: any(isinstance(inner, ast.Assert) for inner in ast.walk(node))
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


def test_none_is_missing() -> None:
    """Each document has as many operations here as there."""
    assert {name: len(operations) for name, operations in OPERATIONS.items()} == COUNTS


@pytest.mark.parametrize(
    ("operation", "where"),
    [(f"{name}: {each}", where) for name, operations in OPERATIONS.items() for each, where in operations.items()],
    ids=str,
)
def test_each_is_proven(operation: str, where: str) -> None:
    """The test named is there, and asserts something."""
    file, _, name = where.partition("::")
    assert proofs_in(file)[name], operation
