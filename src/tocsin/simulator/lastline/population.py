"""The world as a Lastline manager would know it."""

import uuid
from functools import partial

from tocsin.simulator.lastline.entities import TYPES, Appliance
from tocsin.simulator.lastline.state import LastlineState
from tocsin.simulator.world import Alarm, Host, Metric, World

HOSTS_PER_APPLIANCE = 8
"""Every eighth host is an appliance, which reports what happens on itself and the seven before it."""

_IMPACTS = {"critical": 100, "high": 75, "warning": 50, "low": 25, "info": 0}
_COMPONENTS = {"disk": "Storage", "net": "Network", "ping": "Network"}


def metric_id(metric: Metric) -> str:
    """What is measured a second is a counter, which the API shows as a rate; all else is a gauge."""
    return f"{'counter' if metric.unit.endswith('/s') else 'gauge'}.{metric.name}"


def log_identifier(alarm: Alarm) -> str:
    """The kind of an alarm in the words of the log."""
    return f"host.{alarm.name.replace('-', '_')}"


def populate(state: LastlineState, world: World) -> None:
    """People have accounts; every alarm of the world is a log entry, its id that of the alarm."""
    for person in world.people:
        state.accounts[person.email] = state.new_id()
    hosts = world.hosts[HOSTS_PER_APPLIANCE - 1 :: HOSTS_PER_APPLIANCE]
    appliances = [_appliance(state, world, host, number) for number, host in enumerate(hosts)]
    for alarm in world.alarms:
        _report(state, appliances[(alarm.host.number - 1) // HOSTS_PER_APPLIANCE], alarm)


def _appliance(state: LastlineState, world: World, host: Host, number: int) -> Appliance:
    """The types come in turn; of five, one has no licence key, one no subkey, one no ids."""
    turn = number % len(TYPES)
    key, subkey, ids = turn != 2, turn not in {1, 2}, turn not in {2, 3}
    appliance = state.add_appliance(
        TYPES[turn],
        uuid=uuid.uuid5(uuid.NAMESPACE_DNS, f"{world.seed}.{host.number}.appliance.example.org").hex,
        access_key=state.api_key if key else None,
        subkey=f"{host.site}-{host.number}" if subkey else None,
        subkey_name=f"{host.name} in {host.site.title()}" if subkey else None,
        access_key_id="1" if key and ids else None,
        subkey_id=str(host.number) if subkey and ids else None,
    )
    for metric in world.metrics:
        state.add_metric(appliance, metric_id(metric), partial(world.value, host, metric))
    return appliance


def _report(state: LastlineState, appliance: Appliance, alarm: Alarm) -> None:
    identifier = log_identifier(alarm)
    # An engine is of a version that knows nothing about its entries; of a notice none has to tell anything.
    if appliance.type != "ENGINE" and not alarm.stateless and identifier not in appliance.log_info:
        component = _COMPONENTS.get(alarm.metric.name.partition(".")[0], "System")
        description = None if component == "Network" else f"{alarm.metric.name} is above its threshold"
        state.add_log_info(appliance, identifier, component, alarm.name.replace("-", " ").title(), description)
    state.add_log_entry(
        appliance,
        alarm.started_at,
        alarm.ended_at or alarm.history[-1].at,
        message=alarm.description,
        impact=_IMPACTS[alarm.severity],
        count=len(alarm.history),
        identifier=identifier,
        uuid=alarm.id.replace("-", ""),
    )
