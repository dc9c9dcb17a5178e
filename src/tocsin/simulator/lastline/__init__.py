"""The simulated Lastline Monitoring API, as its page and the vendor's documentation of signing in describe it.

What these leave open is a switch on :class:`LastlineState`.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from starlette.types import ASGIApp

from tocsin.simulator.frame import Clock, Json, Key
from tocsin.simulator.lastline.entities import RAW_INTERVAL, Appliance, LogEntry
from tocsin.simulator.lastline.envelope import Code
from tocsin.simulator.lastline.population import populate
from tocsin.simulator.lastline.routing import LISTS, ROOT, dispatch, name_of
from tocsin.simulator.lastline.state import LastlineState
from tocsin.simulator.web import Call, Reply, Site, as_array, as_object
from tocsin.simulator.world import World

__all__ = ["Appliance", "Code", "LastlineBackend", "LastlineState", "LogEntry", "create"]

_EVER = 1e12  # seconds


class LastlineBackend:
    """Lastline among the backends; see :class:`tocsin.simulator.frame.Backend`."""

    name = "lastline"

    def __init__(self, world: World, clock: Clock) -> None:
        self.state = LastlineState(clock, world.seed, world.epoch)
        populate(self.state, world)
        self.app: ASGIApp = Site(self._answer, self.state.lock)

    def _answer(self, call: Call) -> Reply:
        return dispatch(call, self.state)

    def endpoints(self, origin: str) -> Mapping[str, str]:
        """The account of the first of the people, and a licence that sees the same."""
        username, password = next(iter(self.state.accounts.items()))
        return {
            "base_url": f"{origin}{ROOT}",
            "username": username,
            "password": password,
            "api_key": self.state.api_key,
            "api_token": self.state.api_token,
        }

    def token_life(self, seconds: float | None) -> None:
        """How long sessions live; the backend's own are for ever."""
        self.state.session_life = seconds

    def is_sign_in(self, method: str, path: str) -> bool:
        """A login, in any format."""
        return method == "POST" and name_of(path) == "login"

    def is_page(self, method: str, path: str) -> bool:
        """Everything with rows, though the API has no pages of them."""
        return method == "GET" and name_of(path) in LISTS

    def shift(self) -> None:
        """One log entry more, as new as the newest; metrics have no front."""
        state = self.state
        with state.lock:
            newest = next(iter(state.newest_first()), None)
            appliance = newest.appliance if newest else next(iter(state.appliances.values()), None)
            if appliance is not None:
                at = datetime.fromtimestamp(newest.end_time, UTC) if newest else state.now()
                state.add_log_entry(appliance, at, message="shifted")

    def repeat_cursor(self, url: str, page: Json) -> Json:
        """The page as it is: the API has no cursors."""
        return page

    def break_row(self, page: Json) -> Json:
        """The row in the middle gets an id that is no text, or a value that is no number."""
        envelope = as_object(page)
        rows = _rows(envelope.get("data")) if envelope else None
        if rows:
            middle = len(rows) // 2
            row, point = as_object(rows[middle]), as_array(rows[middle])
            if row:
                row[next(iter(row))] = {"not": "a text"}
            elif point:
                point[-1] = "not a number"
            else:
                rows[middle] = {"not": "a text"}
        return page

    def held(self) -> Mapping[str, Collection[Key]]:
        """What the account's own customer has: a sample is what comes of the narrowest interval."""
        state = self.state
        with state.lock:
            own = {uuid: each for uuid, each in state.appliances.items() if each.customer == state.customer}
            width = max(RAW_INTERVAL, int(state.min_interval.total_seconds()))
            series = [(uuid, metric, each) for uuid in own for metric, each in own[uuid].metrics.items()]
            samples: list[Key] = []
            for uuid, metric, each in series:
                buckets = dict.fromkeys(time // width * width for time in each.times(-_EVER, _EVER))
                samples.extend((uuid, metric, _written(time)) for time in buckets)
            return {
                "metrics": sorted({metric for _, metric, each in series if each.times(-_EVER, _EVER)}),
                "samples": samples,
                "logs": [uuid for uuid, entry in state.logs.items() if entry.appliance.uuid in own],
            }


def _written(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _rows(data: Json) -> list[Json] | None:
    """The first rows with something in them: entries, points, or ids."""
    items, fields = as_array(data), as_object(data)
    if items is not None:
        inner = next(filter(None, (_series(each) for each in items)), None)
        return inner or items
    for name, value in (fields or {}).items():
        if name in {"log_entries", "metrics"} or as_array(value):
            return _rows(value)
        found = _series(value)
        if found:
            return found
    return None


def _series(value: Json) -> list[Json] | None:
    fields = as_object(value)
    return as_array(fields.get("time_series")) if fields else None


def create(world: World, clock: Clock) -> LastlineBackend:
    """The factory of the backend."""
    return LastlineBackend(world, clock)
