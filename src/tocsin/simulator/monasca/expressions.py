"""Alarm expressions as monasca-api 11.0.0 reads them, down to the column of a complaint.

The server's grammar backtracks: what looks like a function but is none is tried as the name of a metric,
so that a mistake between the parentheses is reported behind the function's name.
"""

import re
from collections.abc import Callable, Mapping
from typing import NoReturn

import attrs

_LETTERS = r"\x80-\u1fff\u2010-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff\u3001-\uffff"
_CHARS = r"A-Za-z0-9.\-_#!$%&'*+/:;?@\[\\\]^`|~" + _LETTERS
_BLANKS = re.compile(r"[ \t\r\n]*")
_NAME = re.compile(rf"[{_CHARS}]{{1,255}}")
_DIMENSION = re.compile(rf"[{_CHARS} ]{{1,255}}")
_FUNCTION = re.compile(r"max|min|avg|count|sum|last", re.IGNORECASE)
_DETERMINISTIC = re.compile(r"deterministic", re.IGNORECASE)
_OPERATOR = re.compile(r"<=|lte|<|lt|>=|gte|>|gt", re.IGNORECASE)
_AND = re.compile(r"and|&&", re.IGNORECASE)
_OR = re.compile(r"or|\|\|", re.IGNORECASE)
_TIMES = re.compile(r"times", re.IGNORECASE)
_INTEGER = re.compile(r"[0-9]+")
_MINUS = re.compile(r"-")
_NUMBER = re.compile(r"([0-9]+)(?:[ \t\r\n]*\.[ \t\r\n]*([0-9]+))?")
_OPEN, _CLOSE, _COMMA, _EQUAL = (re.compile(re.escape(sign)) for sign in "(),=")
_OPEN_BRACE, _CLOSE_BRACE = re.compile(r"\{"), re.compile(r"\}")
_OPERATORS = {"<": "LT", "<=": "LTE", ">": "GT", ">=": "GTE"}

NO_TERM = "Expected {'OR' | '||'} term"
NO_END = "Expected string_end"


class ExpressionError(ValueError):
    """The expression is none; ``column`` counts from 1."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(message)
        self.column = column
        self.message = message


@attrs.frozen
class SubExpression:
    """One comparison of one metric."""

    function: str
    metric_name: str
    dimensions: Mapping[str, str]
    operator: str
    threshold: float
    period: int = 60
    periods: int = 1
    deterministic: bool = False

    @property
    def metric(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What must not change when a definition does."""
        return self.metric_name, tuple(sorted(self.dimensions.items()))


@attrs.frozen
class Operation:
    """Two or more operands joined by AND or by OR."""

    operator: str
    operands: tuple["Expression", ...]


Expression = SubExpression | Operation


def subs_of(expression: Expression) -> tuple[SubExpression, ...]:
    """The comparisons, from left to right."""
    if isinstance(expression, SubExpression):
        return (expression,)
    return tuple(sub for operand in expression.operands for sub in subs_of(operand))


def parse(text: str) -> Expression:
    """Read a whole expression; raises ExpressionError."""
    reader = _Reader(text)
    try:
        found = reader.either()
    except _NoMatchError as error:
        raise ExpressionError(error.at + 1, NO_TERM) from None
    reader.skip()
    if reader.at < len(text):
        raise ExpressionError(reader.at + 1, NO_END)
    return found


class _NoMatchError(Exception):
    """The text does not go on as it should; another way may fit."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self) -> None:
        found = _BLANKS.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def fail(self) -> NoReturn:
        raise _NoMatchError(self.at)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What fits behind the blanks; else nothing is read, not even those."""
        before = self.at
        self.skip()
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else before
        return found

    def must(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = self.take(pattern)
        if not found:
            self.skip()
            self.fail()
        return found

    def either(self) -> Expression:
        return self._joined("OR", _OR, lambda: self._joined("AND", _AND, self.sub))

    def _joined(self, name: str, pattern: re.Pattern[str], read: Callable[[], Expression]) -> Expression:
        operands = [read()]
        while True:
            before = self.at
            if not self.take(pattern):
                break
            try:
                operands.append(read())
            except _NoMatchError:
                self.at = before
                break
        return operands[0] if len(operands) == 1 else Operation(name, tuple(operands))

    def sub(self) -> Expression:
        self.skip()
        if self.text[self.at : self.at + 1] == "(":
            self.at += 1
            found = self.either()
            self.must(_CLOSE)
            return found
        return self.comparison()

    def comparison(self) -> SubExpression:
        before = self.at
        try:
            function, name, dimensions, deterministic, period = self.call()
        except _NoMatchError:
            self.at = before
            function, deterministic, period = "", False, 60
            name, dimensions = self.metric()
        word = self.must(_OPERATOR)[0].lower()
        operator = _OPERATORS.get(word, word.upper())
        sign = "-" if self.take(_MINUS) else ""
        whole, fraction = self.must(_NUMBER).groups()
        return SubExpression(
            function=function or ("MAX" if operator.startswith("G") else "MIN"),
            metric_name=name,
            dimensions=dimensions,
            operator=operator,
            threshold=float(f"{sign}{whole}.{fraction or 0}"),
            period=period,
            periods=self.periods(),
            deterministic=deterministic,
        )

    def call(self) -> tuple[str, str, dict[str, str], bool, int]:
        function = self.must(_FUNCTION)[0].upper()
        self.must(_OPEN)
        name, dimensions = self.metric()
        deterministic, period = False, 60
        if self._behind_comma(_DETERMINISTIC):
            deterministic = True
        found = self._behind_comma(_INTEGER)
        if found:
            period = int(found[0])
            if period == 0:
                raise ExpressionError(found.start() + 1, "Period must not be 0")
            if period % 60:
                raise ExpressionError(found.start() + 1, f"Period {period} must be a multiple of 60")
        self.must(_CLOSE)
        return function, name, dimensions, deterministic, period

    def _behind_comma(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        before = self.at
        found = self.take(pattern) if self.take(_COMMA) else None
        if not found:
            self.at = before
        return found

    def metric(self) -> tuple[str, dict[str, str]]:
        name = self.must(_NAME)[0]
        before = self.at
        try:
            return name, self.dimensions() if self.take(_OPEN_BRACE) else {}
        except _NoMatchError:
            self.at = before  # the braces are optional, so what follows the name is at fault
            return name, {}

    def dimensions(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while not self.take(_CLOSE_BRACE):
            if found:
                self.must(_COMMA)
            key = self.must(_DIMENSION)[0]
            self.must(_EQUAL)
            found[key] = self.must(_DIMENSION)[0]
        return found

    def periods(self) -> int:
        before = self.at
        found = self.take(_INTEGER) if self.take(_TIMES) else None
        if not found:
            self.at = before
            return 1
        if int(found[0]) < 1:
            raise ExpressionError(found.start() + 1, f"Periods {int(found[0])} must be 1 or greater")
        return int(found[0])
