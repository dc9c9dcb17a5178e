"""Maintenance windows, the newest first."""

from datetime import UTC, datetime

from tocsin.simulator.appfirst.entities import MaintenanceWindow
from tocsin.simulator.appfirst.paging import listing
from tocsin.simulator.appfirst.request import Ask, moment_of
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply


def shown(ask: Ask, window: MaintenanceWindow) -> Json:
    """A window as the API shows it."""
    now = ask.state.now()
    return {
        "id": window.id,
        "reason": window.reason,
        "start": ask.time(window.start),
        "end": ask.time(window.end),
        "started": window.start <= now,
        "ended": window.end <= now,
        "servers": window.servers,
        "url": ask.url("maintenance_windows", window.id),
    }


def _time(ask: Ask, name: str, text: str) -> datetime:
    if ask.state.window_times == "epoch":
        moment = moment_of(text)
    else:
        try:
            moment = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        except ValueError:
            moment = None
    if moment is None:
        wanted = {"epoch": "a number of seconds since the epoch", "text": "yyyy-mm-dd hh:mm"}
        raise ask.bad(name, f"Must be {wanted[ask.state.window_times]}.")
    return moment


def _read(ask: Ask, old: MaintenanceWindow | None) -> MaintenanceWindow:
    """A window of what the form has; the rest is as it was, but a new one needs all but a reason."""
    start = _time(ask, "start", ask.required("start")) if old is None or "start" in ask.form else old.start
    end = _time(ask, "end", ask.required("end")) if old is None or "end" in ask.form else old.end
    if old is None:
        ask.required("servers")
    servers = ask.ids("servers", ask.state.servers) if old is None or "servers" in ask.form else old.servers
    reason = ask.given("reason")
    if end <= start:
        raise ask.bad("end", "Must be after start.")
    id = ask.state.maintenance_windows.new_id() if old is None else old.id
    return MaintenanceWindow(id, start, end, (old.reason if old else "") if reason is None else reason, servers)


def list_windows(ask: Ask) -> Reply:
    """All of them."""
    return listing(ask, ask.state.maintenance_windows.listed, shown)


def create(ask: Ask) -> Reply:
    """A new one."""
    return ask.created(shown(ask, ask.state.maintenance_windows.add(_read(ask, None))))


def get(ask: Ask) -> Reply:
    """One of them."""
    return Reply(shown(ask, ask.one(ask.state.maintenance_windows)))


def put(ask: Ask) -> Reply:
    """Change what the form has of it."""
    table = ask.state.maintenance_windows
    return Reply(shown(ask, table.add(_read(ask, ask.one(table)))))


def delete(ask: Ask) -> Reply:
    """Remove it."""
    window = ask.one(ask.state.maintenance_windows)
    ask.state.maintenance_windows.remove(window)
    return ask.deleted(window.id)
