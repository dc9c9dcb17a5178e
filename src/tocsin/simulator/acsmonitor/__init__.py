"""The simulated ACS Monitor API, as its client's page and the vendor's documentation describe it.

What these leave open, or say in two ways, is a switch on :class:`AcsMonitorState`.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.types import ASGIApp

from tocsin.simulator.acsmonitor.population import populate
from tocsin.simulator.acsmonitor.routes import DEVICE_ALERTS, ROUTES
from tocsin.simulator.acsmonitor.routing import LOGIN, dispatch, find
from tocsin.simulator.acsmonitor.state import AcsMonitorState, Note, Outcome, stamp
from tocsin.simulator.frame import Clock, Json, Key
from tocsin.simulator.web import Call, Reply, Site, as_array, as_object
from tocsin.simulator.world import World

__all__ = ["AcsMonitorBackend", "AcsMonitorState", "Note", "Outcome", "create"]

_HELD = (
    "devices",
    "monitors",
    "alert_events",
    "monitor_events",
    "alert_channels",
    "device_groups",
    "monitor_groups",
    "alert_rules",
    "monitor_alert_rules",
    "snmp_traps",
    "users",
)
_NAMED = ("alert_channels", "device_groups", "monitor_groups", "alert_rules", "monitor_alert_rules")
_EVERY_ROUTE = (*ROUTES, DEVICE_ALERTS)


class AcsMonitorBackend:
    """ACS Monitor among the backends; see :class:`tocsin.simulator.frame.Backend`."""

    name = "acsmonitor"

    def __init__(self, world: World, clock: Clock) -> None:
        self.state = AcsMonitorState(clock, world.seed)
        populate(self.state, world)
        self.app: ASGIApp = Site(self._answer, self.state.lock)

    def _answer(self, call: Call) -> Reply:
        return dispatch(_EVERY_ROUTE if self.state.device_alerts else ROUTES, call, self.state)

    def endpoints(self, origin: str) -> Mapping[str, str]:
        """The admin's e-mail address and password, and a long-lived token of the same user."""
        user = self.state.user("admin")
        return {
            "base_url": origin,
            "email": user["email"],
            "password": user["password"],
            "token": self.state.token_of("admin"),
        }

    def token_life(self, seconds: float | None) -> None:
        """How long tokens of a login live; the long-lived ones of the first users stay."""
        self.state.token_life = seconds

    def is_sign_in(self, method: str, path: str) -> bool:
        """A login."""
        return method == "POST" and path == LOGIN

    def is_page(self, method: str, path: str) -> bool:
        """Every list."""
        found = find(_EVERY_ROUTE, path) if method == "GET" else None
        return found is not None and found[0].pages

    def shift(self) -> None:
        """One row more at the front of every list of what :meth:`held` names, but for users, and of the first
        device's alerts and the first monitor's results."""
        state = self.state
        with state.lock:
            state.shifts += 1
            # Names sort before those that are there, and times behind: so the usual order has them first.
            name = f"!shifted {10**6 - state.shifts:06}"
            state.add_device(name)
            state.add_monitor(name)
            device, monitor = next(iter(state.tables["devices"])), next(iter(state.tables["monitors"]))
            at = self._newest("triggered_at", "alert_events", "monitor_events")
            state.add_alert_event(device, triggered_at=at)
            state.add_monitor_event(monitor, triggered_at=at)
            state.add("snmp_traps", received_at=stamp(self._newest("received_at", "snmp_traps")))
            state.add_results(monitor, [(self._newest("last_checked_at", "monitors"), Outcome("up", 10))])
            for table in _NAMED:
                state.add(table, name=name)

    def _newest(self, column: str, *tables: str) -> datetime:
        """The latest time in any of the tables, or now if that is later."""
        state = self.state
        times = [
            datetime.fromisoformat(row[column]) for table in tables for row in state.tables[table] if row[column]
        ]
        return max([state.now(), *times])

    def repeat_cursor(self, url: str, page: Json) -> Json:
        """The last page stays the last, and a list without pages as it is."""
        envelope = as_object(page) or {}
        links = envelope.get("links")
        around = as_object(links)
        following = (around or {}).get("next") or envelope.get("next_page_url")
        if not following:
            return page
        again = _with_page(url)
        if "next_page_url" in envelope:
            envelope["next_page_url"] = again
        if around:
            around["next"] = again
        for numbered in (links, (as_object(envelope.get("meta")) or {}).get("links")):
            for link in as_array(numbered) or ():
                if link["url"] == following:
                    link["url"] = again
        return page

    def break_row(self, page: Json) -> Json:
        """The row in the middle gets an id that is no number."""
        envelope = as_object(page)
        rows = as_array(page if envelope is None else envelope.get("data"))
        if rows:
            rows[len(rows) // 2]["id"] = {"not": "a number"}
        return page

    def held(self) -> Mapping[str, Collection[Key]]:
        """What the admin sees, who sees everything: the ids."""
        with self.state.lock:
            return {name: list(self.state.tables[name].ids) for name in _HELD}


def _with_page(url: str) -> str:
    """The URL of a page, which is that of the first one if it does not say."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query)
    if all(name != "page" for name, _ in query):
        query.append(("page", "1"))
    return parts._replace(query=urlencode(query)).geturl()


def create(world: World, clock: Clock) -> AcsMonitorBackend:
    """The factory of the backend."""
    return AcsMonitorBackend(world, clock)
