"""The two dialects of the API: that of 2014, as the specification v2.0 has it, and what runs in the field today.

They share paths, and mean different things by them. What one of them lacks is NotSupported before it is sent: a
server takes no notice of a parameter that it does not know, and answers with the wrong rows.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, cast

import anyio
from attrs import evolve, frozen

from tocsin.errors import ConfigError, DecodeError, NotFoundError, NotSupported, TocsinError
from tocsin.transport.messages import Request
from tocsin.transport.observe import logger
from tocsin.transport.pipeline import Pipeline

Dialect = Literal["current", "2014"]
CURRENT: Final = "current"
OF_2014: Final = "2014"

#: What walks add to a query; a server of 2014 sends every list whole. The `limit` that it knows for measurements
#: would cut them short, with no word of there being more.
_PAGING = frozenset({"limit", "offset"})

#: All that the specification of 2014 filters by.
_PAIRS = re.compile(r"[^:,|]+:[^,|]+(,[^:,|]+:[^,|]+)*")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


@frozen
class _Operation:
    """The query parameters of one operation in each dialect; None where the dialect has no such operation."""

    of_2014: frozenset[str] | None = None
    current: frozenset[str] | None = None

    def names(self, dialect: Dialect) -> frozenset[str] | None:
        return self.current if dialect == CURRENT else self.of_2014


_NONE = frozenset[str]()
_BOTH = _Operation(_NONE, _NONE)
_SERIES = _names("name dimensions start_time end_time tenant_id")
_WHOLE_SERIES = _SERIES | _PAGING | _names("merge_metrics group_by")

#: By method and path; an id in a path is "*".
OPERATIONS: Mapping[tuple[str, str], _Operation] = MappingProxyType(
    {
        ("GET", "/versions"): _Operation(_NONE),
        ("GET", "/versions/*"): _Operation(_NONE),
        ("POST", "/metrics"): _Operation(_NONE, _names("tenant_id")),
        ("GET", "/metrics"): _Operation(_names("name dimensions"), _SERIES | _PAGING),
        ("GET", "/metrics/names"): _Operation(None, _names("dimensions tenant_id") | _PAGING),
        ("GET", "/metrics/dimensions/names"): _Operation(
            None, _names("metric_name start_time end_time tenant_id") | _PAGING
        ),
        ("GET", "/metrics/dimensions/names/values"): _Operation(
            None, _names("metric_name dimension_name start_time end_time tenant_id") | _PAGING
        ),
        ("GET", "/metrics/measurements"): _Operation(_names("name dimensions start_time end_time"), _WHOLE_SERIES),
        ("GET", "/metrics/statistics"): _Operation(
            _names("name dimensions statistics start_time end_time period"),
            _WHOLE_SERIES | _names("statistics period"),
        ),
        ("GET", "/notification-methods"): _Operation(_NONE, _PAGING | _names("sort_by")),
        ("GET", "/notification-methods/types"): _Operation(None, _NONE),
        ("POST", "/notification-methods"): _BOTH,
        ("GET", "/notification-methods/*"): _BOTH,
        ("PUT", "/notification-methods/*"): _BOTH,
        ("PATCH", "/notification-methods/*"): _Operation(None, _NONE),
        ("DELETE", "/notification-methods/*"): _BOTH,
        ("GET", "/alarm-definitions"): _Operation(None, _PAGING | _names("name dimensions severity sort_by")),
        ("POST", "/alarm-definitions"): _Operation(None, _NONE),
        ("GET", "/alarm-definitions/*"): _Operation(None, _NONE),
        ("PUT", "/alarm-definitions/*"): _Operation(None, _NONE),
        ("PATCH", "/alarm-definitions/*"): _Operation(None, _NONE),
        ("DELETE", "/alarm-definitions/*"): _Operation(None, _NONE),
        ("GET", "/alarms"): _Operation(
            _names("name dimensions state"),
            _PAGING
            | _names(
                "alarm_definition_id metric_name metric_dimensions state severity lifecycle_state link "
                "state_updated_start_time sort_by"
            ),
        ),
        ("GET", "/alarms/count"): _Operation(
            None,
            _PAGING
            | _names(
                "alarm_definition_id metric_name metric_dimensions state severity lifecycle_state link "
                "state_updated_start_time group_by"
            ),
        ),
        ("POST", "/alarms"): _Operation(_NONE),
        ("GET", "/alarms/*"): _BOTH,
        ("PUT", "/alarms/*"): _BOTH,
        ("PATCH", "/alarms/*"): _BOTH,
        ("DELETE", "/alarms/*"): _BOTH,
        ("GET", "/alarms/state-history"): _Operation(
            _names("dimensions start_time end_time"), _PAGING | _names("dimensions start_time end_time")
        ),
        ("GET", "/alarms/*/state-history"): _Operation(_NONE, _PAGING),
        ("POST", "/logs"): _Operation(None, _names("project_id")),
    }
)


def operation_of(method: str, path: str) -> tuple[str, str] | None:
    """The key in `OPERATIONS` of a request; None for one that is not there."""
    if (method, path) in OPERATIONS:
        return method, path
    parts = path.split("/")
    if len(parts) > 2:
        parts[2] = "*"
    found = method, "/".join(parts)
    return found if found in OPERATIONS else None


def say_in(dialect: Dialect, request: Request) -> Request:
    """The request without what only walks add and this dialect lacks.

    Raises NotSupported for an operation or a parameter that only the other dialect has.
    """
    key = operation_of(request.method, request.path)
    if key is None:
        return request
    operation = OPERATIONS[key]
    allowed = operation.names(dialect)
    if allowed is None:
        raise NotSupported(f"{' '.join(key)} is not in the {dialect} dialect of Monasca")
    known = (operation.current or _NONE) | (operation.of_2014 or _NONE) | _PAGING
    foreign = [name for name, _ in request.params if name in known - allowed]
    if refused := [name for name in foreign if name not in _PAGING]:
        raise NotSupported(f"{' '.join(key)} has no {', '.join(refused)} in the {dialect} dialect of Monasca")
    dimensions = [value for name, value in request.params if name == "dimensions"]
    if dialect == OF_2014 and not all(map(_PAIRS.fullmatch, dimensions)):
        raise NotSupported(f"dimensions must be asked for with one value each in the {dialect} dialect of Monasca")
    if foreign:
        request = evolve(request, params=tuple([pair for pair in request.params if pair[0] not in foreign]))
    return request


class _Flight:
    """One question under way, and how it failed, if it did."""

    def __init__(self) -> None:
        self.done = anyio.Event()
        self.error: TocsinError | None = None


class Speech:
    """The dialect of one server, asked for once if it is to be found out.

    Attributes:
        found: the dialect, or None as long as it is unknown.
    """

    def __init__(self, dialect: str) -> None:
        if dialect not in {CURRENT, OF_2014, "auto"}:
            raise ConfigError(f'dialect must be "current", "2014" or "auto", not {dialect!r}')
        self.found: Dialect | None = None if dialect == "auto" else cast("Dialect", dialect)
        self._flight: _Flight | None = None

    async def dialect(self, pipeline: Pipeline) -> Dialect:
        """The dialect; where it is unknown, one call asks for it, and all others wait.

        When that call is cancelled, one of those that wait asks in its place; when it fails, all of them do, and
        the next one asks again. Raises as requests do.
        """
        while self.found is None:
            flight = self._flight
            if flight is None:
                await self._find(pipeline)
            else:
                await flight.done.wait()
                if flight.error is not None:
                    raise copy.copy(flight.error)
        return self.found

    async def _find(self, pipeline: Pipeline) -> None:
        flight = self._flight = _Flight()
        try:
            self.found = await _ask(evolve(pipeline, prepare=None))
        except TocsinError as error:
            flight.error = error
            raise
        finally:
            self._flight = None
            flight.done.set()
        logger.info("monasca: the server speaks the %s dialect", self.found)

    async def prepare(self, pipeline: Pipeline, request: Request) -> Request:
        """`say_in` the server's dialect."""
        return say_in(await self.dialect(pipeline), request)


async def _ask(pipeline: Pipeline) -> Dialect:
    """Only a server of 2014 has ``GET /versions``, and answers with a bare array."""
    try:
        response = await pipeline.send(Request("GET", "/versions"))
    except NotFoundError:
        return CURRENT
    if isinstance(response.json(), list):
        return OF_2014
    raise DecodeError("the answer to GET /versions is no list of versions", status=response.status)
