"""An alarm expression as an immutable tree of values."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, NoReturn, cast

from attrs import evolve, field, frozen

from tocsin import forms
from tocsin.errors import InputError

#: One character of a name, as a regular expression: neither blank nor delimiter, and not beyond U+FFFF. A
#: dimension's name and value may have blanks inside and at the end, too (seen on monasca-api 11.0.0).
LETTER: Final = r'[^\s\x00-\x20\x7f"(),<=>{}\ud800-\udfff\U00010000-\U0010ffff]'
LETTER_OR_BLANK: Final = f"(?:{LETTER}| )"

FUNCTIONS: Final = ("MAX", "MIN", "AVG", "COUNT", "SUM", "LAST")
#: The API's name of each operator, and how it is written.
OPERATORS: Final = MappingProxyType({"LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="})
#: In seconds: how often alarm expressions are evaluated.
DEFAULT_PERIOD: Final = 60
#: The server's database takes no larger period or number of periods.
LARGEST_NUMBER: Final = 2**63 - 1

_NAME = re.compile(f"{LETTER}{{1,255}}")
_DIMENSION = re.compile(f"{LETTER}{LETTER_OR_BLANK}{{0,254}}")


def _check_written(what: str, value: object, pattern: re.Pattern[str]) -> str:
    """`value`, if an expression can say it: there is no quoting."""
    if not isinstance(value, str) or not 1 <= len(value) <= 255:
        raise InputError(f"{what} must be a str of 1 to 255 characters, not {value!r}")
    if pattern.fullmatch(value):
        return value
    end = found.end() if (found := pattern.match(value)) else 0
    blanks = "" if pattern is _NAME else ", nor begin with a blank"
    raise InputError(
        f"{what} cannot have {value[end]!r}: {value!r}. Alarm expressions have no quoting, so names and "
        f'dimensions have no " ( ) , < = > {{ }}, no control characters and none beyond U+FFFF{blanks}'
    )


def check_name(value: object) -> str:
    """`value`, if it can be the name of a metric in an expression. Raises InputError."""
    return _check_written("the name of a metric", value, _NAME)


class Dimensions(Mapping[str, str]):
    """An immutable, hashable mapping of dimension to value; equal to every mapping with the same items.

    Raises InputError for what an expression cannot say.
    """

    __slots__ = ("_items",)

    def __init__(self, dimensions: Mapping[str, str] | None = None) -> None:
        if dimensions is not None and not isinstance(dimensions, Mapping):
            raise InputError(f"dimensions must be a mapping of str to str, not {dimensions!r}")
        self._items = {
            _check_written("the name of a dimension", name, _DIMENSION): _check_written(
                f"the value of dimension {name!r}", value, _DIMENSION
            )
            for name, value in (dimensions or {}).items()
        }

    def __getitem__(self, name: str) -> str:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)

    def __str__(self) -> str:
        listed = ", ".join([f"{name}={value}" for name, value in self._items.items()])
        return f"{{{listed}}}" if listed else ""


class Expression(ABC):
    """An alarm expression: a `SubExpression`, or `And` or `Or` of several.

    ``a & b`` and ``a | b`` combine two; `str` gives text that means the same to the server, in either dialect.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def sub_expressions(self) -> tuple[SubExpression, ...]:
        """Every comparison in it, from left to right."""

    def __and__(self, other: Expression) -> And:
        return And((self, other)) if isinstance(other, Expression) else _cannot_join("&", other)

    def __or__(self, other: Expression) -> Or:
        return Or((self, other)) if isinstance(other, Expression) else _cannot_join("|", other)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "an alarm expression is neither true nor false: join two with & and | rather than `and` and `or`, and "
            "write 1 < x < 2 as (x > 1) & (x < 2)"
        )


def _cannot_join(sign: str, other: object) -> NoReturn:
    raise TypeError(
        f"{sign} joins two alarm expressions, each in parentheses: (a > 1) {sign} (b > 2), not {other!r}"
    )


def _check_function(value: object) -> str:
    if not isinstance(value, str) or value not in FUNCTIONS:
        raise InputError(f"function must be one of {', '.join(FUNCTIONS)}, not {value!r}")
    return value


def _check_operator(value: object) -> str:
    if not isinstance(value, str) or value not in OPERATORS:
        raise InputError(f"operator must be one of {', '.join(OPERATORS)}, not {value!r}")
    return value


def _check_threshold(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"threshold must be an int or a float, not {value!r}")
    try:
        threshold = float(value)
    except OverflowError:
        threshold = math.inf
    if not math.isfinite(threshold):
        raise InputError("threshold must be a finite number, as a float of 64 bits can hold")
    return threshold


def _check_period(value: object) -> int:
    return cast("int", forms.whole(1, LARGEST_NUMBER)("period", value))


def _check_periods(value: object) -> int:
    return cast("int", forms.whole(1, LARGEST_NUMBER)("periods", value))


def check_deterministic(value: object) -> bool:
    """`value`, if it is True or False. Raises InputError."""
    return forms.flag("deterministic", value)


@frozen
class SubExpression(Expression):
    """One comparison: a function of a metric, over `period` seconds, with a threshold.

    The attributes are those of the API's ``expression_data``.

    Attributes:
        function: one of "MAX", "MIN", "AVG", "COUNT", "SUM", "LAST" (not in the 2014 dialect).
        metric_name: the name of the metric.
        dimensions: what its series must have; others may be there, too.
        operator: "LT" (<), "LTE" (<=), "GT" (>) or "GTE" (>=).
        threshold: in the unit of the metric.
        period: in seconds; the server wants multiples of 60.
        periods: how many periods in a row the comparison must hold.
        deterministic: an alarm without measurements is OK rather than UNDETERMINED (not in the 2014 dialect).

    Raises InputError for what no expression can say.
    """

    function: str = field(converter=_check_function)
    metric_name: str = field(converter=check_name)
    dimensions: Dimensions = field(converter=Dimensions)
    operator: str = field(converter=_check_operator)
    threshold: float = field(converter=_check_threshold)
    period: int = field(default=DEFAULT_PERIOD, converter=_check_period)
    periods: int = field(default=1, converter=_check_periods)
    deterministic: bool = field(default=False, converter=check_deterministic)

    @property
    def sub_expressions(self) -> tuple[SubExpression, ...]:
        """Itself."""
        return (self,)

    def times(self, periods: int) -> SubExpression:
        """The same, but to hold in so many periods in a row. Raises InputError."""
        return evolve(self, periods=periods)

    def __str__(self) -> str:
        arguments = [f"{self.metric_name}{self.dimensions}"]
        if self.deterministic:
            arguments.append("deterministic")
        if self.period != DEFAULT_PERIOD:
            arguments.append(str(self.period))
        times = f" times {self.periods}" if self.periods != 1 else ""
        # The server reads no exponents.
        threshold = f"{Decimal(repr(self.threshold)):f}".removesuffix(".0")
        return f"{self.function.lower()}({', '.join(arguments)}) {OPERATORS[self.operator]} {threshold}{times}"


def _joined(kind: type[Expression], operands: Iterable[Expression]) -> tuple[Expression, ...]:
    """At least two operands, and none of the kind that they make: parentheses would say nothing there."""
    flat: list[Expression] = []
    for operand in operands:
        if not isinstance(operand, Expression):
            raise InputError(f"an operand must be an Expression, not {operand!r}")
        flat += operand.operands if isinstance(operand, And | Or) and isinstance(operand, kind) else [operand]
    if len(flat) < 2:
        raise InputError("an expression of `and` or `or` has at least two operands")
    return tuple(flat)


def _all(operands: Iterable[Expression]) -> tuple[Expression, ...]:
    return _joined(And, operands)


def _any(operands: Iterable[Expression]) -> tuple[Expression, ...]:
    return _joined(Or, operands)


def _comparisons(operands: Iterable[Expression]) -> tuple[SubExpression, ...]:
    return tuple([each for operand in operands for each in operand.sub_expressions])


@frozen
class And(Expression):
    """All operands hold. An operand that is an `And` itself is merged into it."""

    operands: tuple[Expression, ...] = field(converter=_all)

    @property
    def sub_expressions(self) -> tuple[SubExpression, ...]:
        """Every comparison in it, from left to right."""
        return _comparisons(self.operands)

    def __str__(self) -> str:
        return " and ".join([f"({each})" if isinstance(each, Or) else str(each) for each in self.operands])


@frozen
class Or(Expression):
    """Some operand holds. An operand that is an `Or` itself is merged into it."""

    operands: tuple[Expression, ...] = field(converter=_any)

    @property
    def sub_expressions(self) -> tuple[SubExpression, ...]:
        """Every comparison in it, from left to right."""
        return _comparisons(self.operands)

    def __str__(self) -> str:
        return " or ".join([str(each) for each in self.operands])
