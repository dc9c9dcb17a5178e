"""What calls of Monasca may be given; see `tocsin.forms`.

Names and dimensions are checked as monasca-api 11.0.0 checks them, and for what its store would lose.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from attrs import frozen

from tocsin import forms
from tocsin.errors import InputError
from tocsin.monasca.dialect import CURRENT, OF_2014, Dialect
from tocsin.transport import codec

#: What a query may ask of dimensions: one value, one of several, or None for any.
DimensionFilter = Mapping[str, str | Sequence[str] | None]

_LONGEST = 255
#: The server takes none of these. It takes a line break, which ends a point in the store.
_RESTRICTED = '<>={},"\\;&'
_DIMENSION = re.compile(rf"[^{re.escape(_RESTRICTED)}\n]{{1,{_LONGEST}}}")
_DIMENSION_SAYS = f"1 to {_LONGEST} characters, none of {' '.join(_RESTRICTED)} and no line break"
#: What regular expressions take for something else, but for the point.
_OF_EXPRESSIONS = re.compile(r"[()\[\]*+?^$/]")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: InfluxDB keeps nanoseconds of 64 bits, and refuses the last ones. A query for a later time fails, or where
#: the bits come round again, means another time (seen with InfluxDB 1.6.7).
LAST = datetime(2262, 4, 11, 23, 47, 16, 854_000, tzinfo=UTC)
_META_ENTRIES = 16
_META_LENGTH = 2048
#: The key of a series in InfluxDB has 64 KiB, and other things are in it.
_SERIES_BYTES = 65_000


def utc(name: str, when: object) -> str:
    """An aware time as the API writes it: in UTC, with no more digits than it needs."""
    text = codec.aware(when, name).astimezone(UTC).replace(tzinfo=None).isoformat()
    if "." in text:
        text = text.removesuffix("000")
    return f"{text}Z"


def stored(name: str, when: object) -> datetime:
    """An aware time that the store can hold."""
    time = codec.aware(when, name)
    if not _EPOCH <= time <= LAST:
        raise InputError(f"{name} must be from {_EPOCH.isoformat()} to {LAST.isoformat()}, not {time.isoformat()}")
    return time


def bound(name: str, when: object) -> str:
    """Where a time range of a query to the store begins or ends."""
    return utc(name, stored(name, when))


def dimension_name(name: str, value: object) -> str:
    """The name of a dimension."""
    text = _fits(f"a name in {name}", value, _DIMENSION, _DIMENSION_SAYS)
    if text.startswith("_"):
        raise InputError(f'a name in {name} must not begin with "_", which is the server\'s own: {text!r}')
    return text


def dimension_value(name: str, value: object) -> str:
    """The value of a dimension."""
    return _fits(name, value, _DIMENSION, _DIMENSION_SAYS)


def dimension_filter(name: str, value: object) -> str:
    """A `DimensionFilter` as a query has it: ``hostname:devstack,service,device:vda|vdb``."""
    return _terms(name, value, lambda _, values: "|".join(values))


def metric_filter(name: str, value: object) -> str:
    """The same for what is found in the store.

    monasca-api 11.0.0 gives several values to InfluxDB as one regular expression, ``^vda|vdb$``, which also finds
    vda1; other stores compare each of them. This is read by both as it is meant.
    """
    return _terms(name, value, _exactly)


def _exactly(name: str, values: Sequence[str]) -> str:
    if len(values) == 1:
        return values[0]
    for value in values:
        if unsafe := _OF_EXPRESSIONS.search(value):
            raise InputError(
                f"{name} must not have {unsafe[0]!r} in one of several values: ask for {value!r} alone"
            )
    # Nothing is behind an end: the plain values are for the stores that compare, and no expression finds them.
    quoted = [value.replace(".", "[.]") for value in values]
    return "|".join(["((-", *values, "-)$.", *quoted, "$.)"])


def _terms(name: str, value: object, join: Callable[[str, Sequence[str]], str]) -> str:
    if not isinstance(value, Mapping) or not value:
        raise InputError(f"{name} must be a mapping with at least one dimension, not {value!r}")
    terms = cast("Mapping[object, object]", value).items()
    return ",".join([_term(name, key, wanted, join) for key, wanted in terms])


def _term(name: str, key: object, wanted: object, join: Callable[[str, Sequence[str]], str]) -> str:
    dimension = dimension_name(name, key)
    if ":" in dimension:
        raise InputError(f"a name in {name} must not have a colon, at which the server cuts: {dimension!r}")
    if wanted is None:
        return dimension
    where = f"{name}[{dimension!r}]"
    values = [wanted] if isinstance(wanted, str) else forms.listed(where, cast("Iterable[object]", wanted))
    if not values:
        raise InputError(f"{where} must be a value, several, or None for any; it is empty")
    return f"{dimension}:{join(where, [_filter_value(where, each) for each in values])}"


def _filter_value(where: str, value: object) -> str:
    text = dimension_value(where, value)
    if "|" in text:
        raise InputError(f'{where} must not have "|", at which the server cuts; give several values as a list')
    return text


def _fits(what: str, value: object, pattern: re.Pattern[str], says: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{what} must be a str, not {value!r}")
    if not pattern.fullmatch(value):
        raise InputError(f"{what} must have {says}, not {value!r}")
    codec.check(value, what)
    return value


@frozen
class MetricRules:
    """What one dialect lets a metric be.

    Attributes:
        name, name_says, dimension, dimension_says: the characters and lengths, and the same in words.
        reserved: how no name of a dimension begins.
        tick: what a timestamp counts since 1970.
        value_meta: whether there is any.
    """

    name: re.Pattern[str]
    name_says: str
    dimension: re.Pattern[str]
    dimension_says: str
    reserved: re.Pattern[str]
    tick: timedelta
    value_meta: bool

    def check_name(self, name: str, value: object) -> str:
        """A metric's name."""
        return _fits(name, value, self.name, self.name_says)

    def check_dimensions(self, name: str, value: object) -> dict[str, str]:
        """A metric's dimensions, with one value each."""
        if not isinstance(value, Mapping):
            raise InputError(f"{name} must be a mapping of str to str, not {value!r}")
        checked: dict[str, str] = {}
        for key, text in cast("Mapping[object, object]", value).items():
            dimension = _fits(f"a name in {name}", key, self.dimension, self.dimension_says)
            if self.reserved.match(dimension):
                raise InputError(f"a name in {name} is the store's own, and can be none: {dimension!r}")
            checked[dimension] = _fits(f"{name}[{dimension!r}]", text, self.dimension, self.dimension_says)
        return checked

    def check_series(self, name: str, encoded: bytes) -> bytes:
        """A name and its dimensions as JSON, if the store has room for them."""
        if len(encoded) + encoded.count(b" ") > _SERIES_BYTES:
            raise InputError(f"{name} has a name and dimensions of more than {_SERIES_BYTES} bytes together")
        return encoded

    def check_timestamp(self, name: str, when: object) -> int:
        """An aware time; what is finer than the API's ticks is cut off."""
        return (stored(name, when) - _EPOCH) // self.tick

    def check_value_meta(self, name: str, value: object) -> dict[str, Any] | None:
        """What is said of one value: a JSON object; an empty one is none."""
        if not value and (value is None or isinstance(value, Mapping)):
            return None
        if not self.value_meta:
            raise InputError(f"{name} is not in the {OF_2014} dialect of Monasca")
        meta = forms.mapping(name, value)
        if len(meta) > _META_ENTRIES:
            raise InputError(f"{name} must have at most {_META_ENTRIES} entries, not {len(meta)}")
        for key in meta:
            if not 1 <= len(key) <= _LONGEST:
                raise InputError(f"a name in {name} must have 1 to {_LONGEST} characters, not {key!r}")
        codec.encode(meta)
        # As the server counts: with blanks, and with what is not ASCII as \uXXXX.
        import json  # late: few metrics have such a thing

        length = len(json.dumps(meta))
        if length > _META_LENGTH:
            raise InputError(f"{name} must have at most {_META_LENGTH} characters as JSON, not {length}")
        return meta


def number(name: str, value: object) -> float:
    """A measured value. It is stored as a double: a large int loses its last digits."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{name} must be an int or a float, not {value!r}")
    try:
        measured = float(value)
    except OverflowError:
        raise InputError(f"{name} must fit into a float, and is larger") from None
    if not math.isfinite(measured):
        raise InputError(f"{name} must be a finite number, not {value!r}")
    return measured


#: In the store, a name with "#" in front is a comment, and the dimension "time" makes a point one that is refused.
#: By dialect: as monasca-api 11.0.0 has it, and as the specification of 2014 does.
METRIC_RULES: Mapping[Dialect, MetricRules] = {
    CURRENT: MetricRules(
        name=re.compile(rf"(?!#)[^{re.escape(_RESTRICTED)}() \n]{{1,{_LONGEST}}}"),
        name_says=(
            f"1 to {_LONGEST} characters, none of {' '.join(_RESTRICTED)} ( ), no blank or line break, "
            'and no "#" in front'
        ),
        dimension=_DIMENSION,
        dimension_says=_DIMENSION_SAYS,
        reserved=re.compile(r"_|time\Z"),
        tick=timedelta(milliseconds=1),
        value_meta=True,
    ),
    OF_2014: MetricRules(
        name=re.compile(r".{1,64}"),
        name_says="1 to 64 characters and no line break",
        dimension=re.compile(rf"[a-zA-Z0-9._]{{1,{_LONGEST}}}"),
        dimension_says=f"1 to {_LONGEST} characters, all of a-z A-Z 0-9 . _",
        reserved=re.compile(r"(?!)"),
        tick=timedelta(seconds=1),
        value_meta=False,
    ),
}
