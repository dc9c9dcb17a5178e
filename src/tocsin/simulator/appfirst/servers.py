"""Servers, and what is known of each of them."""

import uuid

from tocsin.simulator.appfirst import groups, histories, processes, series
from tocsin.simulator.appfirst.entities import History, Process, Server
from tocsin.simulator.appfirst.paging import listing
from tocsin.simulator.appfirst.request import Ask
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply

_SYSTEMS = {
    "debian": ("Linux", "Debian GNU/Linux 8"),
    "rhel": ("Linux", "Red Hat 7"),
    "junos": ("Linux", "JunOS 14"),
}
_WINDOWS = ("Windows", "Windows Server 2012 R2")
_LONGEST = {"nickname": 256, "description": 1024}


def shown(ask: Ask, server: Server) -> Json:
    """A server as the API shows it."""
    os, os_detail = _SYSTEMS.get(server.host.system, _WINDOWS)
    return {
        "id": server.id,
        "created": ask.time(server.created),
        "os": os,
        "hostname": server.hostname,
        "nickname": server.nickname,
        "description": server.description,
        "running": server.running,
        "capacity_mem": series.MEMORY,
        "capacity_cpu_num": 4,
        "capacity_cpu_freq": 2400,
        "capacity_disks": {series.DISK: 40_960},
        "current_version": "5.1.0",
        "location_ip": server.host.address,
        "os_detail": os_detail,
        "arch": "x86_64",
        "guid": str(uuid.uuid5(uuid.NAMESPACE_DNS, server.hostname)),
        "network_interfaces": ["lo", "eth0"],
        "url": ask.url("servers", server.id),
    }


def _one(ask: Ask) -> Server:
    return ask.one(ask.state.servers)


def list_servers(ask: Ask) -> Reply:
    """All of them, or those of a name or an address, or that began to send after a time."""
    hostname, address = ask.value("hostname"), ask.value("location_ip")
    since = ask.moment("create_time")
    rows = ask.state.servers.listed
    if hostname or address or since:
        rows = [
            row
            for row in rows
            if hostname in {None, row.hostname}
            and address in {None, row.host.address}
            and (since is None or row.created > since)
        ]
    return listing(ask, rows, shown)


def get(ask: Ask) -> Reply:
    """One of them."""
    return Reply(shown(ask, _one(ask)))


def patch(ask: Ask) -> Reply:
    """Change what users say of it."""
    server = _one(ask)
    given = {name: text for name in _LONGEST if (text := ask.given(name)) is not None}
    for name, text in given.items():
        if len(text) > _LONGEST[name]:
            raise ask.bad(name, f"Must have {_LONGEST[name]} characters or less.")
    for name, text in given.items():
        setattr(server, name, text)
    return Reply(shown(ask, server))


def delete(ask: Ask) -> Reply:
    """Remove it, and what is watched on it."""
    server = _one(ask)
    ask.state.remove_server(server)
    return ask.deleted(server.id)


def data(ask: Ask) -> Reply:
    """What was measured of it."""
    server = _one(ask)
    return series.answer(ask, server.created, series.of_server(ask, server), series.step(ask))


def outages(ask: Ask) -> Reply:
    """The times in which it was down, the latest first: ``num`` of them."""
    down = [row for row in histories.between(ask, "Server", _one(ask).id) if row.trigger_type == "Server Down"]
    return listing(ask, down[: ask.whole("num", 1) or 1], _outage)


def _outage(ask: Ask, history: History) -> Json:
    return {"start": ask.time(history.start), "end": ask.time(history.end)}


def tags(ask: Ask) -> Reply:
    """The tags that it has."""
    server = _one(ask)
    return listing(ask, [tag for tag in ask.state.server_tags if server.id in tag.servers], groups.tag_shown)


def put_tags(ask: Ask) -> Reply:
    """Give it these tags, and no others."""
    server = _one(ask)
    ask.required("server_tags")
    wanted = ask.ids("server_tags", ask.state.server_tags)
    for tag in ask.state.server_tags:
        if tag.id in wanted and server.id not in tag.servers:
            tag.servers.append(server.id)
        elif tag.id not in wanted and server.id in tag.servers:
            tag.servers.remove(server.id)
    return tags(ask)


def polled_data_config(ask: Ask) -> Reply:
    """The file that says which commands are run."""
    server = _one(ask)
    return Reply({"file_path": server.config_path, "file_contents": server.config})


def put_polled_data_config(ask: Ask) -> Reply:
    """Change the file."""
    server = _one(ask)
    path, contents = ask.given("file_path"), ask.given("file_contents")
    server.config_path = server.config_path if path is None else path
    server.config = server.config if contents is None else contents
    return polled_data_config(ask)


def _processes(ask: Ask) -> list[Process]:
    server = _one(ask)
    return [each for each in ask.state.processes.values() if each.server is server]


def list_processes(ask: Ask) -> Reply:
    """The processes that run on it."""
    return listing(ask, _processes(ask), processes.shown)


def processes_data(ask: Ask) -> Reply:
    """The processes with what each of them uses at the end of the time asked for."""
    return processes.summaries(ask, _processes(ask))


def processes_detail(ask: Ask) -> Reply:
    """What the processes had open; files by the process."""
    found = [(each.uid, series.detail(ask, each)) for each in _processes(ask)]
    together: dict[str, Json] = processes.together([each for _, each in found])
    return Reply({"data": {**together, "files": {uid: each["files"] for uid, each in found}}})


def auto_detection(ask: Ask) -> Reply:
    """The names of the applications that are found on it."""
    server = _one(ask)
    return Reply([each.name for each in ask.state.applications if server.id in each.servers])
