"""The simulated Monasca API v2.0, as monasca-api 11.0.0 behaves, with its Keystone on the same port.

It also speaks the dialect of the API's specification of 2014: see :class:`MonascaState`.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from starlette.types import ASGIApp

from tocsin.simulator import keystone
from tocsin.simulator.frame import Clock, Json, Key
from tocsin.simulator.monasca import current, dialect2014
from tocsin.simulator.monasca.defects import ALL_DEFECTS, Defect
from tocsin.simulator.monasca.population import populate
from tocsin.simulator.monasca.routing import dispatch
from tocsin.simulator.monasca.state import MonascaState
from tocsin.simulator.web import Call, Reply, Site, as_object
from tocsin.simulator.world import World

__all__ = ["ALL_DEFECTS", "Defect", "MonascaBackend", "MonascaState", "create"]

_TOKENS = f"{keystone.ROOT}/v3/auth/tokens"
_LISTS = frozenset(
    f"/v2.0/{name}"
    for name in (
        "metrics",
        "metrics/names",
        "metrics/dimensions/names",
        "metrics/dimensions/names/values",
        "metrics/measurements",
        "metrics/statistics",
        "notification-methods",
        "alarm-definitions",
        "alarms",
        "alarms/state-history",
    )
)


class MonascaBackend:
    """Monasca among the backends; see :class:`tocsin.simulator.frame.Backend`."""

    name = "monasca"

    def __init__(self, world: World, clock: Clock) -> None:
        self.state = MonascaState(clock, world.seed)
        populate(self.state, world)
        self.app: ASGIApp = Site(self._answer, self.state.lock)

    def _answer(self, call: Call) -> Reply:
        if call.path == keystone.ROOT or call.path.startswith(f"{keystone.ROOT}/"):
            return keystone.answer(call, self.state.keystone)
        if self.state.dialect == "2014":
            return dispatch(dialect2014.ROUTES, call, self.state)
        if call.path == "/healthcheck":
            return current.health(call)
        return dispatch(current.ROUTES, call, self.state)

    def endpoints(self, origin: str) -> Mapping[str, str]:
        """Demo's name and password and a token of demo's, all for the project demo."""
        user = self.state.keystone.users["demo"]
        return {
            "base_url": f"{origin}/v2.0",
            "keystone_url": f"{origin}{keystone.ROOT}/v3",
            "username": user.name,
            "password": user.password,
            "project": "demo",
            "user_domain": "Default",
            "project_domain": "Default",
            "region": "RegionOne",
            "token": self.state.keystone.sign_in(),
        }

    def token_life(self, seconds: float | None) -> None:
        """Also shortens the life of the tokens that are out already."""
        self.state.keystone.token_life(seconds)

    def is_sign_in(self, method: str, path: str) -> bool:
        """Getting a token from Keystone."""
        return method == "POST" and path == _TOKENS

    def is_page(self, method: str, path: str) -> bool:
        """Every list that has pages."""
        one = path.startswith("/v2.0/alarms/") and path.endswith("/state-history")
        return method == "GET" and (path in _LISTS or one)

    def shift(self) -> None:
        """One row more at the front of the alarms, the definitions, the methods and the series."""
        state = self.state
        with state.lock:
            state.shifts += 1
            number = state.shifts
            # Lists are in the order of ids and names: this one sorts before all of them.
            id = f"00000000-0000-4000-8000-{10**12 - number:012}"
            own, state.new_id = state.new_id, lambda: id
            try:
                state.add_method(f"shifted {number}", "EMAIL", "shifted@example.org")
                definition = state.add_definition(f"shifted {number}", "shifted > 0")
                metric = (f"!shifted.{10**6 - number}", {"host": "!shifted"})
                state.add_alarm(definition, [metric])
                state.add_measurements(*metric, [(state.now(), 1.0)])
            finally:
                state.new_id = own

    def repeat_cursor(self, url: str, page: Json) -> Json:
        """The last page stays the last."""
        envelope = as_object(page) or {}  # the dialect of 2014 has no pages
        for link in envelope.get("links", ()):
            if link["rel"] == "next":
                link["href"] = url
        return page

    def break_row(self, page: Json) -> Json:
        """The row in the middle gets a name or an id that is no text, a measurement a value that is no number."""
        envelope = as_object(page)
        elements = page if envelope is None else envelope.get("elements")
        if not elements:
            return page
        row = elements[len(elements) // 2]
        inner = row.get("measurements") or row.get("statistics")
        if inner:
            inner[len(inner) // 2][-1 if "statistics" in row else row["columns"].index("value")] = "not a number"
        else:
            row[next(iter(row))] = {"not": "a text"}
        return page

    def held(self) -> Mapping[str, Collection[Key]]:
        """What the project demo has, as the API writes it."""
        state = self.state
        series = list(state.store.matching(state.tenant, "", {}))
        return {
            "metrics": [(each.name, each.dimensions) for each in series],
            "measurements": [
                (each.name, each.dimensions, _written(time, "milliseconds"))
                for each in series
                for time in each.times
            ],
            "notification_methods": list(state.methods),
            "alarm_definitions": list(state.definitions),
            "alarms": list(state.alarms),
            "state_histories": [
                (row.alarm_id, _written(row.time, "auto"), row.old_state, row.new_state, row.reason)
                for row in state.transitions
                if row.alarm_id in state.alarms
            ],
        }


def _written(milliseconds: int, digits: str) -> str:
    when = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return when.isoformat(timespec=digits).replace("+00:00", "Z")


def create(world: World, clock: Clock) -> MonascaBackend:
    """The factory of the backend."""
    return MonascaBackend(world, clock)
