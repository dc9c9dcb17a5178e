"""Use a Monasca by clients that others made; runs in the virtual environment that these are installed in.

Reads `{"part", "access", "arguments"}` from standard input, and writes what each call answered, in their order.
"""

# mypy: disable-error-code="import-not-found,import-untyped"
# The clients are installed in a virtual environment of their own, not where the types are checked.

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from keystoneauth1.exceptions import EndpointNotFound, HttpError

Answers = list[tuple[str, Any]]


def main() -> None:
    """Make the calls of one part."""
    task = json.load(sys.stdin)
    answers: Answers = []
    PARTS[task["part"]](task["access"], answers, **task["arguments"])
    json.dump(answers, sys.stdout)


def ask(answers: Answers, what: str, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Make a call, and note what it gives, or how it is refused."""
    try:
        found = call(*args, **kwargs)
    except HttpError as error:
        body = error.response.json() if error.response is not None else None
        found = {"refused": type(error).__name__, "status": error.http_status, "body": body}
    except EndpointNotFound as error:
        found = {"refused": type(error).__name__, "says": str(error)}
    if hasattr(found, "status_code"):
        found = {"status": found.status_code, "body": found.json() if found.content else None}
    answers.append((what, found))
    return found


def monascaclient(access: dict[str, str]) -> Any:
    """The official client."""
    from monascaclient import client

    del access["region_name"]  # it has no such thing
    return client.Client("2_0", **access)


def metrics(access: dict[str, str], answers: Answers) -> None:
    """Metrics, measurements and statistics."""
    api = monascaclient(access).metrics
    times = {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-01T00:10:00Z"}
    at, name = 1_772_323_200_000, "peers.Cpu"
    one, two = {"peer": "yes", "host": "h1"}, {"peer": "yes", "host": "h2"}
    ask(answers, "create", api.create, name=name, dimensions=one, timestamp=at, value=0.5, value_meta={"k": "v"})
    rows = [
        {"name": name, "dimensions": dimensions, "timestamp": at + 20_000 * number, "value": number + 0.25}
        for number in range(1, 9)
        for dimensions in (one, two)
    ]
    rows += [{"name": "peers.mem", "dimensions": one, "timestamp": at, "value": 1}]
    ask(answers, "create many", api.create, jsonbody=rows)
    ask(answers, "create nothing", api.create, name="", timestamp=at, value=1)
    ask(answers, "create a bad name", api.create, name="a{b", timestamp=at, value=1)
    ask(answers, "list", api.list, name=name)
    ask(answers, "list some", api.list, dimensions={"peer": "yes", "host": "h1"})
    ask(answers, "list any", api.list, name=name, dimensions={"host": None})
    ask(answers, "list a page", api.list, name=name, limit=1)
    answers.append(("the next", api.next))
    ask(answers, "list what there is not", api.list, name="peers.none")
    answers.append(("no next", api.next))
    ask(answers, "list by limit", api.list, name=name, limit="x")
    ask(answers, "names", api.list_names, dimensions={"peer": "yes"})
    ask(answers, "dimension names", api.list_dimension_names, metric_name=name)
    ask(answers, "dimension values", api.list_dimension_values, metric_name=name, dimension_name="host")
    ask(answers, "no dimension", api.list_dimension_values, metric_name=name)
    queries: dict[str, dict[str, Any]] = {
        "one series": {"dimensions": {"host": "h2"}},
        "a page": {"dimensions": {"host": "h2"}, "limit": 3},
        "several": {},
        "merged": {"merge_metrics": "true"},
        "grouped": {"group_by": "*"},
        "grouped by one": {"group_by": "host"},
        "none": {"dimensions": {"host": "h3"}},
    }
    for what, query in queries.items():
        ask(answers, f"measurements, {what}", api.list_measurements, name=name, **times, **copied(query))
        answers.append(("next", api.next))
        numbers = {"statistics": "avg,min,max,sum,count", "period": 60}
        ask(answers, f"statistics, {what}", api.list_statistics, name=name, **numbers, **times, **copied(query))
        answers.append(("next", api.next))
    ask(answers, "measurements without a start", api.list_measurements, name=name)
    ask(answers, "statistics of none", api.list_statistics, name=name, **times)
    ask(answers, "statistics of what is none", api.list_statistics, name=name, statistics="mode", **times)


def copied(query: dict[str, Any]) -> dict[str, Any]:
    """The client changes the dimensions it is given."""
    return {key: dict(value) if isinstance(value, dict) else value for key, value in query.items()}


def notifications(access: dict[str, str], answers: Answers) -> None:
    """Notification methods and their types."""
    client = monascaclient(access)
    api = client.notifications
    types = ask(answers, "types", client.notificationtypes.list)
    types.sort(key=str)
    mail = {"name": "peers mail", "type": "EMAIL", "address": "a@example.org"}
    made = ask(answers, "create", api.create, **mail)
    ask(answers, "create again", api.create, **mail)
    ask(answers, "create a bad type", api.create, name="peers x", type="PIGEON", address="roof")
    ask(answers, "create a bad address", api.create, name="peers x", type="EMAIL", address="nobody")
    ask(answers, "create a bad period", api.create, name="p", type="EMAIL", address="a@b.c", period=7)
    url = {"name": "peers web", "type": "WEBHOOK", "address": "http://127.0.0.1/", "period": 60}
    hook = ask(answers, "create a webhook", api.create, **url)
    id = {"notification_id": made["id"]}
    ask(answers, "get", api.get, **id)
    ask(answers, "list", api.list, sort_by="name")
    ask(answers, "list a page", api.list, sort_by="name", limit=1)
    ask(answers, "list by what is none", api.list, sort_by="colour")
    ask(answers, "update", api.update, **id, **{**mail, "address": "b@example.org", "period": 0})
    ask(answers, "update without a period", api.update, **id, **mail)
    ask(answers, "patch", api.patch, **id, name="peers post")
    ask(answers, "delete", api.delete, notification_id=hook["id"])
    ask(answers, "delete again", api.delete, notification_id=hook["id"])
    ask(answers, "get what is gone", api.get, notification_id=hook["id"])
    ask(answers, "list what is left", api.list)
    ask(answers, "delete the last", api.delete, **id)


def definitions(access: dict[str, str], answers: Answers) -> None:
    """Alarm definitions."""
    client = monascaclient(access)
    api = client.alarm_definitions
    mail = client.notifications.create(name="peers told", type="EMAIL", address="a@example.org")
    expression = "avg(cpu.user_perc{service=monitoring}, 120) > 5.5 times 3"
    plain = {"name": "peers one", "expression": expression}
    made = ask(answers, "create", api.create, **plain)
    ask(answers, "create again", api.create, **plain)
    ask(answers, "create a bad one", api.create, name="peers bad", expression="avg(cpu > 1")
    whole = {
        "description": "of two",
        "expression": "(max(cpu.user_perc{service=monitoring}) >= 90 or last(mem.free, deterministic) < 1)",
        "severity": "HIGH",
        "match_by": ["hostname"],
        "ok_actions": [],
        "alarm_actions": [mail["id"]],
        "undetermined_actions": [],
    }
    other = ask(answers, "create a whole one", api.create, name="peers two", **whole)
    ask(answers, "create with no such action", api.create, **{**whole, "name": "x", "alarm_actions": ["none"]})
    id = {"alarm_id": made["id"]}
    ask(answers, "get", api.get, **id)
    ask(answers, "list", api.list, sort_by="name")
    ask(answers, "list some", api.list, name="peers two", dimensions={"service": "monitoring"})
    ask(answers, "list the severe", api.list, severity="HIGH|CRITICAL")
    ask(answers, "list a page", api.list, sort_by="name", limit=1)
    answers.append(("the next", api.next))
    ask(answers, "patch", api.patch, **id, description="patched", severity="CRITICAL")
    ask(answers, "patch the metric", api.patch, **id, expression="avg(other) > 1")
    changed = {**whole, "name": "peers three", "actions_enabled": False, "severity": "LOW"}
    ask(answers, "update", api.update, alarm_id=other["id"], **changed)
    del changed["severity"]
    ask(answers, "update a part", api.update, alarm_id=other["id"], **changed)
    ask(answers, "delete", api.delete, alarm_id=other["id"])
    ask(answers, "delete again", api.delete, alarm_id=other["id"])
    ask(answers, "get what is gone", api.get, alarm_id=other["id"])


def alarms(access: dict[str, str], answers: Answers, *, definition: str) -> None:
    """Alarms that somebody has made of a definition, and their histories."""
    api = monascaclient(access).alarms
    of = {"alarm_definition_id": definition}
    # The server may hold the histories of others, from before.
    since = {"start_time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    oldest = {**of, "sort_by": "created_timestamp"}
    listed = ask(answers, "list", api.list, **oldest)
    first, second, third = [each["id"] for each in listed]
    ask(answers, "list a page", api.list, **oldest, limit=1)
    answers.append(("the next", api.next))
    ask(answers, "list by state", api.list, **of, state="OK")
    ask(answers, "list by severity", api.list, **oldest, severity="LOW|CRITICAL")
    ask(answers, "list by metric", api.list, metric_name="cpu.user_perc", metric_dimensions={"hostname": "host1"})
    ask(answers, "list by any", api.list, **oldest, metric_dimensions={"hostname": None})
    ask(answers, "list by no severity", api.list, **of, severity="DIRE")
    ask(answers, "get", api.get, alarm_id=second)
    whole = {"state": "ALARM", "lifecycle_state": "OPEN", "link": "http://127.0.0.1/1"}
    ask(answers, "update", api.update, alarm_id=first, **whole)
    ask(answers, "update a part", api.update, alarm_id=first, state="OK", link="x")
    ask(answers, "patch", api.patch, alarm_id=second, state="UNDETERMINED")
    ask(answers, "patch again", api.patch, alarm_id=first, state="OK", lifecycle_state="RESOLVED")
    ask(answers, "patch the link", api.patch, alarm_id=third, link="http://127.0.0.1/3")
    ask(answers, "count", api.count, **of)
    ask(answers, "count by state", api.count, **of, group_by="state,severity")
    ask(answers, "count some", api.count, **of, metric_dimensions={"hostname": "host1"})
    ask(answers, "count by what is none", api.count, **of, group_by="colour")
    ask(answers, "history", api.history, alarm_id=first)
    ask(answers, "history of a page", api.history, alarm_id=first, limit=1)
    ask(answers, "history of none", api.history, alarm_id=third)
    ask(answers, "histories", api.history_list, **since)
    ask(answers, "histories of some", api.history_list, dimensions={"hostname": "host1"}, **since)
    ask(answers, "delete", api.delete, alarm_id=third)
    ask(answers, "delete again", api.delete, alarm_id=third)
    ask(answers, "get what is gone", api.get, alarm_id=third)
    ask(answers, "list what is left", api.list, **oldest)


def openstacksdk(access: dict[str, str], answers: Answers) -> None:
    """A connection of openstacksdk, which finds Monasca in the catalog, and makes requests of one's own to it."""
    import openstack

    del access["endpoint"]
    region = access.pop("region_name")
    connection = openstack.connect(load_yaml_config=False, load_envvars=False, region_name=region, auth=access)
    session, monasca = connection.session, connection.monitoring
    answers.append(("signed in", bool(connection.authorize())))
    answers.append(("project", connection.current_project.name))
    where: dict[str, Any] = {"service_type": "monitoring", "region_name": region}
    for interface in ("public", "internal", "admin"):
        answers.append((interface, session.get_endpoint(**where, interface=interface)))
    ask(answers, "elsewhere", session.get_endpoint, service_type="monitoring", region_name="Elsewhere")
    answers.append(("endpoint", monasca.get_endpoint()))
    ask(answers, "versions", session.get, session.get_endpoint(**where), raise_exc=False)
    sdk = {"name": "peers sdk", "type": "EMAIL", "address": "a@example.org"}
    made = ask(answers, "create", monasca.post, "/notification-methods", json=sdk)["body"]
    ask(answers, "get", monasca.get, f"/notification-methods/{made['id']}")
    ask(answers, "patch", monasca.patch, f"/notification-methods/{made['id']}", json={"name": "peers kit"})
    ask(answers, "filtered", session.get, "/notification-methods", endpoint_filter=where, params={"limit": 1})
    ask(answers, "delete", monasca.delete, f"/notification-methods/{made['id']}")
    ask(answers, "gone", session.get, f"/notification-methods/{made['id']}", endpoint_filter=where)


PARTS = {part.__name__: part for part in (metrics, notifications, definitions, alarms, openstacksdk)}

if __name__ == "__main__":
    main()
