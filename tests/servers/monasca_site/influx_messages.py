"""monasca-api's message queue without Kafka: what it sends is in InfluxDB before it answers.

Metrics and state transitions become the points that monasca-persister makes of them, other messages lines
in the file that TOCSIN_MESSAGES names.
"""

# mypy: disable-error-code="import-not-found,import-untyped,misc"
# monasca-api is installed in the server's virtual environment, not where the types are checked.

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests
from monasca_api.common.messaging import exceptions, publisher
from oslo_config import cfg

WRITE_SECONDS = 60
# What the persister renames in the sub-alarms of a transition.
SNAKE_CASE = {
    "subAlarmExpression": "sub_alarm_expression",
    "subAlarmState": "sub_alarm_state",
    "currentValues": "current_values",
    "metricDefinition": "metric_definition",
}


class InfluxPublisher(publisher.Publisher):
    """`[messaging] driver`: made with a topic, given what is to be published there."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._point = {
            cfg.CONF.kafka.metrics_topic: measurement,
            cfg.CONF.kafka.alarm_state_transitions_topic: transition,
        }.get(topic)

    def send_message(self, message: str | list[str]) -> None:
        """Write JSON envelopes; MessageQueueException, as Kafka's driver has it, when InfluxDB refuses."""
        envelopes = message if isinstance(message, list) else [message]
        if self._point is None:
            keep(self._topic, envelopes)
        else:
            write([self._point(json.loads(envelope)) for envelope in envelopes])


def keep(topic: str, messages: Sequence[str | bytes]) -> None:
    """Append messages to the file, in one write: several processes do."""
    lines = (json.dumps({"topic": topic, "message": json.loads(message)}) for message in messages)
    with Path(os.environ["TOCSIN_MESSAGES"]).open("ab", buffering=0) as file:
        file.write("".join(f"{line}\n" for line in lines).encode())


def write(points: list[str]) -> None:
    """Hand points to InfluxDB, times in milliseconds."""
    influxdb = cfg.CONF.influxdb
    try:
        answer = requests.post(
            f"http://{influxdb.ip_address}:{influxdb.port}/write",
            params={"db": influxdb.database_name, "precision": "ms"},
            data="\n".join(points).encode(),
            timeout=WRITE_SECONDS,
        )
    except requests.RequestException as error:
        raise exceptions.MessageQueueException(str(error)) from error
    if answer.status_code != requests.codes.no_content:
        raise exceptions.MessageQueueException(answer.text)


def measurement(envelope: dict[str, Any]) -> str:
    """The point of one metric: dimensions, tenant and region are tags."""
    metric, meta = envelope["metric"], envelope["meta"]
    dimensions: dict[str, str] = metric.get("dimensions") or {}
    tags = {**dimensions, "_tenant_id": meta["tenantId"], "_region": meta["region"]}
    series = ",".join([tag(metric["name"]), *(f"{tag(name)}={tag(tags[name])}" for name in sorted(tags))])
    value_meta = text(as_json(metric.get("value_meta") or {}))
    return f"{series} value={float(metric['value'])},value_meta={value_meta} {int(metric['timestamp'])}"


def transition(envelope: dict[str, Any]) -> str:
    """The point of one change of an alarm's state."""
    change = envelope["alarm-transitioned"]
    sub_alarms = as_json(change["subAlarms"] or [])
    for theirs, ours in SNAKE_CASE.items():
        sub_alarms = sub_alarms.replace(f'"{theirs}":', f'"{ours}":')
    fields = {
        "tenant_id": change["tenantId"],
        "alarm_id": change["alarmId"],
        "metrics": as_json(change["metrics"]),
        "new_state": change["newState"],
        "old_state": change["oldState"],
        "link": change.get("link") or "",
        "lifecycle_state": change.get("lifecycleState") or "",
        "reason": change["stateChangeReason"],
        "reason_data": "{}",
        "sub_alarms": sub_alarms,
    }
    values = ",".join(f"{name}={text(value)}" for name, value in fields.items())
    return f"alarm_state_history,tenant_id={tag(change['tenantId'])} {values} {int(change['timestamp'])}"


def as_json(value: object) -> str:
    """JSON as the persister keeps it in a field."""
    return json.dumps(value, ensure_ascii=False)


def tag(word: str) -> str:
    """A measurement's name, a tag or its value. The persister doubles backslashes, so they come back doubled."""
    for special in ("\\", " ", ",", "="):
        word = word.replace(special, f"\\{special}")
    return word


def text(value: str) -> str:
    """A field that is a string."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
