"""Queries for data: points from ``end`` backwards, in steps of a minute, an hour or a day."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from tocsin.simulator.appfirst.entities import Application, Bucket, LogSource, PolledData, Process, Server
from tocsin.simulator.appfirst.paging import envelope, window
from tocsin.simulator.appfirst.request import Ask, seconds
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply
from tocsin.simulator.world import METRICS, Host

STEPS = {"Minute": 60, "Hour": 3600, "Day": 86400}
"""Seconds by ``time_step``."""

DISK = "/"
"""The one partition of every server."""

MEMORY = 16 * 2**30
"""Bytes that every server has."""

_CPU, _MEM, _DISK, _LOAD, _NET, _PING = METRICS

Point = Callable[[datetime], Mapping[str, Json]]
"""What was measured at a time, but for the time itself."""


def step(ask: Ask, *, allowed: tuple[str, ...] = tuple(STEPS)) -> int:
    """The seconds between two points."""
    name = ask.value("time_step") or "Minute"
    if name not in allowed:
        raise ask.bad("time_step", f"Must be one of {', '.join(allowed)}.")
    return STEPS[name]


def answer(ask: Ask, since: datetime, point: Point, width: int) -> Reply:
    """The points asked for of something that has been measured since a time; newest first."""
    number = ask.whole("num", 1)
    start, end = ask.moment("start"), ask.moment("end")
    latest = ask.state.latest
    newest = seconds(min(end or latest, latest)) // width
    oldest = -(-seconds(max(start or since, since)) // width)
    there = max(newest - oldest + 1, 0)
    if number is None:
        number = there if start is not None and ask.state.unnumbered == "range" else 1
    count = min(number, there)

    def shown(index: int) -> Json:
        at = datetime.fromtimestamp((newest - index) * width, UTC)
        return {"time": ask.time(at), **point(at)}

    if ask.state.envelope == "bare":
        return Reply([shown(index) for index in range(count)])
    part = window(ask, count)
    return envelope(ask, part, count, [shown(index) for index in part.of(range(count))])


def of_server(ask: Ask, server: Server) -> Point:
    """What a collector measures of its machine."""

    def point(at: datetime) -> Mapping[str, Json]:
        def value(index: int) -> float:
            return ask.state.world.value(server.host, METRICS[index], at)

        load, busy = value(3), round(value(3) * 10, 3)
        return {
            "cpu": value(0),
            "memory": int(MEMORY * value(1) / 100),
            "disk_percent_part": {DISK: value(2)},
            "diskp_max": value(2),
            "disk_busy": {DISK: busy},
            "disk_busy_max": busy,
            "socket_read": int(value(4) * 60),
            "socket_write": int(value(4) * 20),
            "avg_response_time": int(value(5) * 1000),
            "process_num": 80 + int(load),
            "thread_num": 300 + int(load * 10),
            "page_faults": int(load),
            "s_time": 0,
        }

    return point


def _work(ask: Ask, host: Host, at: datetime) -> Mapping[str, Json]:
    """What one process uses of a host."""
    world = ask.state.world
    load = world.value(host, _LOAD, at)
    return {
        "cpu": round(world.value(host, _CPU, at) / 4, 3),
        "memory": int(MEMORY * world.value(host, _MEM, at) / 400),
        "page_faults": int(load),
        "thread_num": 1 + int(load * 2),
        "socket_write": int(world.value(host, _NET, at) * 20),
        "socket_read": int(world.value(host, _NET, at) * 60),
        "socket_num": 1 + int(load),
        "file_read": int(world.value(host, _DISK, at) * 1000),
        "file_write": int(world.value(host, _DISK, at) * 500),
        "file_num": 3,
        "registry_num": 0,
        "critical_log": 0,
        "total_log": 0,
        "avg_response_time": int(world.value(host, _PING, at) * 1000),
        "response_num": int(load * 5),
    }


def of_process(ask: Ask, process: Process) -> Point:
    """What a process uses."""
    return lambda at: _work(ask, process.server.host, at)


def of_application(ask: Ask, application: Application) -> Point:
    """What the application's processes use together; it has nothing while it has no server."""
    servers = [server for id in application.servers if (server := ask.state.servers.get(id))]

    def point(at: datetime) -> Mapping[str, Json]:
        total: dict[str, Json] = {"process_num": len(servers)}
        for server in servers:
            for name, value in _work(ask, server.host, at).items():
                total[name] = round(total.get(name, 0) + value, 3)
        if servers:
            total["avg_response_time"] //= len(servers)
        return total

    return point


def of_polled_data(ask: Ask, polled: PolledData) -> Point:
    """What a command says, and which state that is for Nagios."""

    def point(at: datetime) -> Mapping[str, Json]:
        value = ask.state.world.value(polled.server.host, polled.metric, at)
        status = "CRITICAL" if value > polled.critical else "OK"
        return {"status": status, "text": f"{status} - {polled.name}: {value:g}", "values": {polled.name: value}}

    return point


def of_log(log: LogSource) -> Point:
    """How many messages of each severity came in a minute."""
    counts: dict[tuple[int, str], int] = {}
    for line in log.lines:
        key = (seconds(line.time) // STEPS["Minute"], line.severity)
        counts[key] = counts.get(key, 0) + 1

    def point(at: datetime) -> Mapping[str, Json]:
        minute = seconds(at) // STEPS["Minute"]
        return {severity: counts.get((minute, severity), 0) for severity in ("info", "warning", "critical")}

    return point


def of_bucket(ask: Ask, bucket: Bucket) -> Point:
    """What was put into a bucket."""
    return lambda at: {"value": ask.state.world.value(bucket.host, bucket.metric, at)}


def detail(ask: Ask, process: Process) -> dict[str, list[Json]]:
    """What a process had open at ``time``, in the words of the vendor's own application."""
    ask.moment("time")
    address = process.server.host.address
    socket = {
        "Status": "LISTEN",
        "Type": "TCP",
        "Socket": "Server",
        "SockIP": address,
        "SockPort": "80",
        "PeerIP": "0.0.0.0",  # noqa: S104 - anybody, as a listening socket has it
        "PeerPort": "0",
    }
    thread = {"TID": str(process.pid), "StackSize": "8192", "CreateTime": process.create_time}
    return {"sockets": [socket], "threads": [thread], "files": [f"/var/run/{process.name}.pid"], "registries": []}
