"""The world as AppFirst would know it."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import attrs

from tocsin.simulator.appfirst.entities import Alert, LogSource, PolledData, Process, Recipient, Server
from tocsin.simulator.appfirst.series import DISK
from tocsin.simulator.appfirst.state import AppFirstState
from tocsin.simulator.world import Alarm, Host, World

_PROGRAMS = {"web": "nginx", "db": "postgres", "gw": "haproxy", "sw": "snmpd", "mail": "postfix"}
_LOGS = {"windows": ("EVENTLOG", "System"), "junos": ("SYSLOG", "514")}
_SEVERITIES = {"critical": "critical", "high": "critical", "warning": "warning"}
_TRIGGERS = {
    "high-cpu": ("Server", "CPU"),
    "low-memory": ("Server", "Memory"),
    "disk-full": ("Server", "Disk"),
    "load": ("Polled Data", "Nagios"),
    "traffic": ("Process", "Inbound Network Traffic"),
    "unreachable": ("Server", "Server Down"),
    "config-changed": ("Log", "Log Content"),
}
"""The alert of each kind of alarm; a stateless notice is what a log says."""


@attrs.frozen
class _Machine:
    """A host with what is watched on it."""

    server: Server
    process: Process
    polled: PolledData
    log: LogSource

    @property
    def targets(self) -> Mapping[str, int | str]:
        """By the type of the alert."""
        return {
            "Server": self.server.id,
            "Process": self.process.target_id,
            "Polled Data": self.polled.id,
            "Log": self.log.id,
        }


def populate(state: AppFirstState, world: World) -> None:
    """People are users, hosts are servers; every alarm is an incident of its host's alert, with its own number."""
    for person in world.people:
        state.add_user(person.email, first_name=person.name.title(), phone_number=person.phone)
    machines = {host.number: _set_up(state, host) for host in world.hosts}
    _group(state, world)
    alerts: dict[tuple[str, int], Alert] = {}
    for alarm in world.alarms:
        machine = machines[alarm.host.number]
        kind = (alarm.name, alarm.host.number)
        if kind not in alerts:
            alerts[kind] = _watch(state, alarm, machine)
        _raise(state, alarm, alerts[kind], machine)


def _set_up(state: AppFirstState, host: Host) -> _Machine:
    server = state.add_server(host.name, host=host)
    source_type, source = _LOGS.get(host.system, ("FILE", "/var/log/messages"))
    return _Machine(
        server,
        state.add_process(server, _PROGRAMS[host.role], 1000 + host.number, args="--daemon"),
        state.add_polled_data(server, "load", critical=12.0),
        state.add_log(server, source, source_type=source_type),
    )


def _group(state: AppFirstState, world: World) -> None:
    """Sites are tags, roles applications, systems sets."""
    servers = state.servers.listed
    tags = {
        site: state.add_server_tag(site, [each.id for each in servers if each.host.site == site]).id
        for site in sorted({host.site for host in world.hosts})
    }
    applications = {
        role: state.add_application(
            f"{role}_{_PROGRAMS[role]}", _PROGRAMS[role], [each.id for each in servers if each.host.role == role]
        ).id
        for role in sorted({host.role for host in world.hosts})
    }
    for system in sorted({host.system for host in world.hosts}):
        members = [each for each in servers if each.host.system == system]
        state.add_server_set(
            system,
            [each.id for each in members],
            server_tags=[tags[site] for site in sorted({each.host.site for each in members})],
            applications=[applications[role] for role in sorted({each.host.role for each in members})],
        )
    for first in servers[:1]:
        for metric in world.metrics:
            state.add_bucket(metric.name, first.host, metric)
        end = world.epoch + timedelta(hours=4)
        state.add_maintenance_window(world.epoch, end, reason="Router upgrade", servers=[first.id])


def _watch(state: AppFirstState, alarm: Alarm, machine: _Machine) -> Alert:
    """The alert that tells of a kind of alarm on a host, to everybody by e-mail."""
    type, trigger_type = _TRIGGERS[alarm.name]
    threshold: int | Decimal | None = round(alarm.threshold)
    if trigger_type == "Disk":
        threshold = Decimal(str(round(alarm.threshold, 2)))
    elif trigger_type in {"Log Content", "Nagios", "Server Down"}:
        threshold = None
    return state.add_alert(
        f"{alarm.name} on {alarm.host.name.partition('.')[0]}",
        type,
        machine.targets[type],
        trigger_type,
        threshold=threshold,
        users=[Recipient(user.id, sendemail=True) for user in state.users],
        reg_exp="Configuration changed" if type == "Log" else "",
        part_name=DISK if trigger_type == "Disk" else "MAX",
    )


def _raise(state: AppFirstState, alarm: Alarm, alert: Alert, machine: _Machine) -> None:
    """A notice is over as it begins. Everything is in the host's log as well."""
    end = alarm.started_at if alarm.stateless else alarm.ended_at
    state.add_alert_history(alert, alarm.started_at, end, id=alarm.number, text=alarm.description)
    severity = _SEVERITIES.get(alarm.severity, "info")
    state.add_log_line(machine.log, alarm.started_at, severity, alarm.description)
