"""Alerts: the rules of the API's page about them."""

import json
from decimal import Decimal

import attrs
import msgspec

from tocsin.simulator.appfirst.arguments import Mistakes, check_together, read
from tocsin.simulator.appfirst.entities import Alert, Subscriber
from tocsin.simulator.appfirst.kinds import FILTERS, KINDS, trigger_of
from tocsin.simulator.appfirst.paging import listing
from tocsin.simulator.appfirst.request import Ask, integer, refusal_of
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply

_REQUIRED = ("name", "type", "target_id", "trigger_type", "users")
_READ_ONLY = (
    "id",
    "type",
    "target",
    "target_id",
    "trigger",
    "trigger_type",
    "last_triggered",
    "in_incident",
    "url",
)
_BAND = ("window_length", "window_units", "band_value")
_SPARSE = ("direction", "num_of_servers", "part_name", "ip_details")


def _refuse_if(ask: Ask, mistakes: Mistakes) -> None:
    if mistakes:
        raise refusal_of(ask.state, 400, mistakes)


def create(ask: Ask) -> Reply:
    """A new alert on something that is there; nobody subscribes to it yet."""
    _refuse_if(ask, {name: ["This field is required."] for name in _REQUIRED if name not in ask.form})
    type, trigger_type = ask.required("type"), ask.required("trigger_type")
    if type not in KINDS:
        raise ask.bad("type", f"Must be one of {', '.join(KINDS)}.")
    mistakes: Mistakes = {}
    if trigger_type not in KINDS[type].triggers:
        mistakes["trigger_type"] = [f"Must be one of {', '.join(KINDS[type].triggers)}."]
    target_id, target = _target(ask, type)
    if not target:
        mistakes["target_id"] = ["Must be the id of an existing object."]
    found = read(ask, trigger_type, mistakes, leave=("subscribers",))
    if found.get("users") == []:
        mistakes["users"] = ["At least one user has to be assigned."]
    _refuse_if(ask, mistakes)
    alerts = ask.state.alerts
    alert = Alert(
        alerts.new_id(), type=type, target=target, target_id=target_id, trigger_type=trigger_type, **found
    )
    check_together(ask, alert, mistakes)
    _refuse_if(ask, mistakes)
    return ask.created(shown(ask, alerts.add(alert)))


def _target(ask: Ask, type: str) -> tuple[int | str, str]:
    """The id and the name of what the new alert is on; no name if there is no such thing."""
    text = ask.required("target_id")
    id = text if type == "Process" else integer(text)
    return (text, "") if id is None else (id, ask.state.target_of(type, id) or "")


def put(ask: Ask) -> Reply:
    """Change what the form has, and nothing else."""
    alert = ask.one(ask.state.alerts)
    fixed = () if ask.state.band_fields == "writable" else _BAND
    mistakes: Mistakes = {}
    if ask.state.read_only == "refuse":
        names = (*_READ_ONLY, *fixed)
        mistakes = {name: ["This field is read-only."] for name in names if name in ask.form}
    found = read(ask, alert.trigger_type, mistakes, leave=("threshold_type", *fixed))
    _refuse_if(ask, mistakes)
    check_together(ask, attrs.evolve(alert, **found), mistakes)
    _refuse_if(ask, mistakes)
    for name, value in found.items():
        setattr(alert, name, value)
    return Reply(shown(ask, alert))


def get(ask: Ask) -> Reply:
    """One of them."""
    return Reply(shown(ask, ask.one(ask.state.alerts)))


def delete(ask: Ask) -> Reply:
    """Remove it; its histories stay."""
    alert = ask.one(ask.state.alerts)
    ask.state.alerts.remove(alert)
    return ask.deleted(alert.id)


def list_alerts(ask: Ask) -> Reply:
    """All of them, or those on one object."""
    name, id = ask.value("filter_name"), ask.value("filter_id")
    rows = ask.state.alerts.listed
    if name is None and id is None:
        return listing(ask, rows, shown)
    if name not in FILTERS:
        raise ask.bad("filter_name", f"Must be one of {', '.join(FILTERS)}.")
    wanted = None if id is None else integer(id)
    if wanted is None:
        raise ask.bad("filter_id", "Must be an integer.")
    type = FILTERS[name]
    return listing(ask, [row for row in rows if row.type == type and _number_of(row) == wanted], shown)


def _number_of(alert: Alert) -> int:
    """The number that a filter finds the alert's target by: of a process, that of the operating system."""
    target = alert.target_id
    return target if isinstance(target, int) else int(target.split(",")[1])


def shown(ask: Ask, alert: Alert) -> Json:
    """An alert as the API shows it; its band only where it has one, as in the samples."""
    state = ask.state
    banded = alert.threshold_type != "static"
    users: Json = [attrs.asdict(each) for each in alert.users]
    row: dict[str, Json] = {
        "id": alert.id,
        "name": alert.name,
        "type": alert.type,
        "target": state.target_of(alert.type, alert.target_id) or alert.target,
        "target_id": alert.target_id,
        "trigger_type": alert.trigger_type,
        "trigger": trigger_of(alert),
        "band_value": alert.band_value if banded else 0,
        "threshold": _threshold(ask, alert),
        "direction": alert.direction,
        "active": alert.active,
        "last_triggered": ask.time(alert.last_triggered),
        "window_length": alert.window_length if banded else 0,
        "window_units": alert.window_units if banded else "h",
        "time_above_threshold": alert.time_above_threshold,
        "num_of_servers": alert.num_of_servers,
        "ip_details": alert.ip_details,
        "reg_exp": alert.reg_exp,
        "users": json.dumps(users) if state.users_as == "text" else users,
        "subscribers": alert.subscribers and [_subscriber_shown(each) for each in alert.subscribers],
        "part_name": alert.part_name,
        "interval": alert.interval,
        "in_incident": alert.history is not None,
        "url": ask.url("alerts", alert.id),
    }
    if not state.optional_fields:
        for name in _SPARSE:
            del row[name]
    if state.target_as == "name":
        return row
    # One key twice is more than a mapping can say.
    uri = msgspec.json.encode(_uri(ask, alert))
    return msgspec.Raw(b'{"target":' + uri + b"," + msgspec.json.encode(row)[1:])


def _uri(ask: Ask, alert: Alert) -> str | None:
    path, target = KINDS[alert.type].path, alert.target_id
    if isinstance(target, str):
        target = "_".join(target.split(",", 3)[:3])
    return ask.url(path, target) if path else None


def _threshold(ask: Ask, alert: Alert) -> Json:
    value = alert.threshold
    if value is None:
        return None
    if ask.state.threshold_as == "text":
        return str(value)
    return float(value) if isinstance(value, Decimal) else value


def _subscriber_shown(subscriber: Subscriber) -> Json:
    return {name: value for name, value in attrs.asdict(subscriber).items() if value is not None}
