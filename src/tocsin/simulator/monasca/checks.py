"""What Monasca accepts as a metric, and the words in which it refuses the rest."""

import json
import math
import re

from tocsin.simulator.frame import Json
from tocsin.simulator.monasca.request import Ask, unprocessable

_IN_DIMENSION = re.compile(r'[<>={},"\\;&]')
_IN_NAME = re.compile(r'[<>={},"\\;&() ]')


class InvalidMetricError(Exception):
    """The message is the server's."""


def name(value: Json) -> None:
    """The name of a metric."""
    if not isinstance(value, str):
        raise InvalidMetricError(f"invalid metric name type: {value} is not a string type ")
    if not 1 <= len(value) <= 255:
        raise InvalidMetricError(f"invalid length for metric name: {value}")
    if _IN_NAME.search(value):
        raise InvalidMetricError(f"invalid characters in metric name: {value}")


def dimension_key(key: str) -> None:
    """The name of a dimension."""
    if not 1 <= len(key) <= 255:
        raise InvalidMetricError(f"invalid length ({len(key)}) for dimension key {key}")
    if _IN_DIMENSION.search(key) or key.startswith("_"):
        raise InvalidMetricError(f"invalid characters in dimension key {key}")


def dimension_value(key: str, value: Json) -> None:
    """The value of a dimension."""
    if not isinstance(value, str):
        raise InvalidMetricError(f"invalid dimension value type: {value} must be a string (from key {key})")
    if not 1 <= len(value) <= 255:
        raise InvalidMetricError(f"invalid length ({len(value)}) for dimension value {value} from key {key}")
    if _IN_DIMENSION.search(value):
        raise InvalidMetricError(f"invalid characters in dimension value {value} from key {key}")


def _number(value: Json, what: str) -> None:
    if not isinstance(value, int | float):
        raise InvalidMetricError(f"invalid {what} type: {value} is not a number type for metric")


def _value_meta(meta: Json) -> None:
    if meta is None:
        return
    if len(meta) > 16:
        raise InvalidMetricError(f"Too many valueMeta entries {len(meta)}, limit is 16: valueMeta {meta}")
    for key, value in meta.items():
        if not key:
            raise InvalidMetricError(f"valueMeta name cannot be empty: key={key}, value={value}")
        if len(key) > 255:
            raise InvalidMetricError(f"valueMeta name too long: {key} must be 255 characters or less")
    if len(json.dumps(meta)) > 2048:
        raise InvalidMetricError(
            f"valueMeta name value combinations must be 2048 characters or less: valueMeta {meta}"
        )


def metric(given: Json) -> None:
    """A metric that is sent; raises InvalidMetricError, or what Python says of a wrong shape."""
    name(given["name"])
    try:
        _number(given["value"], "value")
        if not math.isfinite(given["value"]):
            raise InvalidMetricError(f"invalid value: {given['value']} is not a valid value for metric")
        _number(given["timestamp"], "timestamp")
        for key, value in given.get("dimensions", {}).items():
            dimension_key(key)
            dimension_value(key, value)
        _value_meta(given.get("value_meta"))
    except (InvalidMetricError, KeyError, TypeError, AttributeError) as error:
        raise type(error)(f"{error}: for metric {given['name']}") from None


def dimensions_of(ask: Ask, parameter: str = "dimensions") -> dict[str, str]:
    """The dimensions that a query asks for."""
    wanted: dict[str, str] = {}
    for item in ",".join(ask.call.values.get(parameter, [])).split(","):
        key, _, value = item.partition(":")
        if item:
            wanted[key] = value
    return wanted


def wanted_dimensions(ask: Ask, parameter: str = "dimensions") -> dict[str, str]:
    """The same, refused where they could not be anybody's."""
    wanted = dimensions_of(ask, parameter)
    try:
        for key, value in wanted.items():
            if key.startswith("_"):
                raise InvalidMetricError(f"Dimension key {key} may not start with '_'")
            dimension_key(key)
            for each in value.split("|") if value else ():
                dimension_value(key, each)
    except InvalidMetricError as error:
        raise unprocessable(str(error)) from None
    return wanted


def wanted_name(ask: Ask, *, required: bool) -> str:
    """The metric name that a query asks for; empty is any."""
    given = ask.call.values.get("name", [])
    if required and not given:
        raise unprocessable("Missing name")
    if not given:
        return ""
    try:
        name(given if len(given) > 1 else given[0])
    except InvalidMetricError as error:
        raise unprocessable(str(error)) from None
    return given[0]
