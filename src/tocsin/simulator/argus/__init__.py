"""The simulated Argus server, API v2, as argus-server 2.10.2 behaves."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from starlette.types import ASGIApp

from tocsin.simulator.argus import auth, destinations, events, incidents, maintenance, profiles, site, sources
from tocsin.simulator.argus.population import populate
from tocsin.simulator.argus.state import ArgusState
from tocsin.simulator.argus.web import App
from tocsin.simulator.frame import Clock, Json, Key
from tocsin.simulator.world import World

__all__ = ["ArgusBackend", "ArgusState", "create"]

_PAGES = frozenset({"/api/v2/incidents/", "/api/v2/incidents/mine/", "/api/v2/incidents/events/"})


class ArgusBackend:
    """Argus among the backends; see :class:`tocsin.simulator.frame.Backend`."""

    name = "argus"

    def __init__(self, world: World, clock: Clock) -> None:
        self.state = ArgusState(clock, world.seed)
        populate(self.state, world)
        api = {
            **incidents.RESOURCES,
            **events.RESOURCES,
            **sources.RESOURCES,
            **auth.RESOURCES,
            **profiles.RESOURCES,
            **destinations.RESOURCES,
            **maintenance.RESOURCES,
        }
        self.app: ASGIApp = App({**api, **site.resources(api)}, self.state)

    def endpoints(self, origin: str) -> Mapping[str, str]:
        """The admin's token and password, and the token of a source system: only those may report incidents."""
        return {
            "base_url": f"{origin}/api/v2",
            "token": self.state.tokens["admin"],
            "username": "admin",
            "password": self.state.passwords["admin"],
            "source_token": self.state.tokens["nms-north"],
        }

    def token_life(self, seconds: float | None) -> None:
        """Also shortens the life of the tokens that are out already."""
        self.state.token_life = seconds
        if seconds is not None:
            self.state.issued.shorten(timedelta(seconds=seconds))

    def is_sign_in(self, method: str, path: str) -> bool:
        """Every way to get a token."""
        return method == "POST" and path in auth.SIGN_IN_PATHS

    def is_page(self, method: str, path: str) -> bool:
        """The lists that have cursors."""
        return method == "GET" and path in _PAGES

    def shift(self) -> None:
        """A new incident, which started just now."""
        self.state.add_incidents(1)

    def repeat_cursor(self, url: str, page: Json) -> Json:
        """The last page stays the last."""
        return {**page, "next": url} if page.get("next") else page

    def break_row(self, page: Json) -> Json:
        """The row in the middle gets a pk that is no number."""
        rows = page.get("results")
        if rows:
            rows[len(rows) // 2]["pk"] = "not a number"
        return page

    def held(self) -> Mapping[str, Collection[Key]]:
        """What the administrator is shown."""
        state = self.state
        admin = state.user("admin")
        return {
            "incidents": state.incident_pks,
            "events": state.event_pks,
            "sources": list(state.sources),
            "source_types": list(state.source_types),
            "notification_profiles": [each.pk for each in state.profiles.values() if each.user is admin],
            "filters": [each.pk for each in state.filters.values() if each.public or each.user is admin],
            "timeslots": [each.pk for each in state.timeslots.values() if each.user is admin],
            "destinations": [each.pk for each in state.destinations.values() if each.user is admin],
            "media": [each["slug"] for each in state.media],
            "planned_maintenance": list(state.maintenances),
            "user": [admin.username],
        }


def create(world: World, clock: Clock) -> ArgusBackend:
    """The factory of the backend."""
    return ArgusBackend(world, clock)
