"""The simulated AppFirst API, version 5, from the vendor's documentation."""

from collections.abc import Collection, Mapping

from starlette.types import ASGIApp

from tocsin.simulator.appfirst.entities import Alert, Callback, History, Recipient, Subscriber
from tocsin.simulator.appfirst.population import populate
from tocsin.simulator.appfirst.resources import ROUTES
from tocsin.simulator.appfirst.routing import below_root, dispatch
from tocsin.simulator.appfirst.state import AppFirstState
from tocsin.simulator.frame import Clock, Json, Key
from tocsin.simulator.web import Call, Reply, Site, as_array, as_object
from tocsin.simulator.world import World

__all__ = [
    "Alert",
    "AppFirstBackend",
    "AppFirstState",
    "Callback",
    "History",
    "Recipient",
    "Subscriber",
    "create",
]


class AppFirstBackend:
    """AppFirst among the backends; see :class:`tocsin.simulator.frame.Backend`."""

    name = "appfirst"

    def __init__(self, world: World, clock: Clock) -> None:
        self.state = AppFirstState(clock, world)
        populate(self.state, world)
        self.app: ASGIApp = Site(self._answer, self.state.lock)

    def _answer(self, call: Call) -> Reply:
        return dispatch(ROUTES, call, self.state)

    def endpoints(self, origin: str) -> Mapping[str, str]:
        """The account owner's."""
        return {"base_url": f"{origin}/api", "email": self.state.email, "api_key": self.state.api_key}

    def token_life(self, seconds: float | None) -> None:
        """Nothing: the API has no tokens, and its keys live for ever."""

    def is_sign_in(self, method: str, path: str) -> bool:
        """Nothing signs in: every request brings the key."""
        return False

    def is_page(self, method: str, path: str) -> bool:
        """Every list, and every query for data."""
        below = below_root(path)
        paged = below is not None and any(route.paged and route.pattern.fullmatch(below) for route in ROUTES)
        return method == "GET" and paged

    def shift(self) -> None:
        """One row more at the front of the servers, the alerts, the histories and the maintenance windows."""
        state = self.state
        with state.lock:
            server = state.add_server("shifted.example.org", front=True)
            alert = state.add_alert("shifted", "Server", server.id, "CPU", threshold=90, front=True)
            state.add_alert_history(alert, state.now(), None)
            state.add_maintenance_window(state.now(), state.now(), reason="shifted")

    def repeat_cursor(self, url: str, page: Json) -> Json:
        """The last page stays the last."""
        links = as_object((as_object(page) or {}).get("pagination"))
        if links and links.get("next"):
            links["next"] = url
        return page

    def break_row(self, page: Json) -> Json:
        """The row in the middle gets an object where its id, its uid or its time was."""
        rows = as_array((as_object(page) or {}).get("data", page))
        row = as_object(rows[len(rows) // 2]) if rows else None
        if row:
            row[next(iter(row))] = {"not": "a value"}
        return page

    def held(self) -> Mapping[str, Collection[Key]]:
        """What the account has: ids."""
        state = self.state
        with state.lock:
            return {
                "alerts": state.alerts.ids,
                "alert_histories": state.histories.ids,
                "servers": state.servers.ids,
                "server_tags": state.server_tags.ids,
                "server_sets": state.server_sets.ids,
                "applications": state.applications.ids,
                "polled_data": state.polled_data.ids,
                "logs": state.logs.ids,
                "maintenance_windows": state.maintenance_windows.ids,
                "users": state.users.ids,
            }


def create(world: World, clock: Clock) -> AppFirstBackend:
    """The factory of the backend."""
    return AppFirstBackend(world, clock)
