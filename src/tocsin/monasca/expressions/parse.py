"""Reading an alarm expression."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from attrs import frozen

from tocsin.errors import InputError
from tocsin.monasca.dialect import CURRENT, OF_2014, Dialect
from tocsin.monasca.expressions.errors import ExpressionError
from tocsin.monasca.expressions.tree import (
    DEFAULT_PERIOD,
    LARGEST_NUMBER,
    LETTER,
    OPERATORS,
    And,
    Dimensions,
    Expression,
    Or,
    SubExpression,
)

if TYPE_CHECKING:
    from lark import Token, Tree

#: Parentheses in parentheses. Each takes the server five times as long: four 0.3 s (seen on monasca-api 11.0.0).
_DEEPEST: Final = 100
_DEEP: Final = 5
#: Python reads no more, and the server is written in it: it fails on them.
_MOST_DIGITS: Final = 4300
_IS_LETTER: Final = re.compile(LETTER)
_OPERATORS: Final = {sign: name for name, sign in OPERATORS.items()}


@frozen
class Trap:
    """A place in a well-formed text that the server reads otherwise than one would think.

    Attributes:
        position: the offset in the text, from 0.
        message: what the server makes of it, and how to write it.
    """

    position: int
    message: str


@frozen
class Reading:
    """A text and what it says.

    Attributes:
        text: as it was given.
        expression: what it says.
        traps: where it says something else than one would think, in the order of the text.
    """

    text: str
    expression: Expression
    traps: tuple[Trap, ...]


def parse_expression(text: str, *, dialect: Dialect = "current") -> Expression:
    """The tree of an alarm expression.

    In the current dialect a text is well-formed just if monasca-api 11.0.0 takes it, whatever it makes of it: see
    `traps` for what it mangles. That of 2014 is the grammar of the API's specification of 2014, where it is sound:
    `and` binds closer than `or`; ``cpu:{host=a}`` and ``cpu{host=a}`` both mean the metric ``cpu``; a period need
    not be a multiple of 60, because the specification's own example has 85, but such a one is told by `traps`.

    Raises ExpressionError with the position, and InputError for what is no str.
    """
    return read(text, dialect).expression


def read(text: str, dialect: Dialect) -> Reading:
    """As `parse_expression`, with the traps."""
    if dialect not in {CURRENT, OF_2014}:
        raise InputError(f'dialect must be "current" or "2014", not {dialect!r}')
    if not isinstance(text, str):
        raise InputError(f"an alarm expression must be a str, not {text!r}")
    return _Reader(text, dialect).read()


class _Reader:
    """One text on its way to a tree."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        self._text = text
        self._dialect: Dialect = dialect
        self._expanded = text.expandtabs()
        self._origins = _origins(text)
        self._traps: list[Trap] = []

    def read(self) -> Reading:
        from tocsin.monasca.expressions.grammar import Unexpected, syntax_tree

        self._look_for_nesting()
        try:
            tree = syntax_tree(self._expanded, self._dialect)
        except Unexpected as error:
            at = self._origins[error.position]
            raise self._error(at, _found(self._text[at:]), *error.expected) from None
        expression = self._expression(tree)
        return Reading(self._text, expression, tuple(sorted(self._traps, key=lambda trap: trap.position)))

    def _error(self, position: int, why: str, *expected: str) -> ExpressionError:
        return ExpressionError(why, text=self._text, position=position, expected=expected)

    def _look_for_nesting(self) -> None:
        depth = deepest = deepest_at = 0
        for position, char in enumerate(self._text):
            depth += (char == "(") - (char == ")")
            if depth > deepest:
                deepest, deepest_at = depth, position
        if deepest > _DEEPEST:
            raise self._error(deepest_at, f"parentheses nested deeper than {_DEEPEST}, which no server reads")
        if deepest > _DEEP:
            why = f"{deepest} nested parentheses, each of which slows the server fivefold: write at most {_DEEP}"
            self._traps.append(Trap(deepest_at, why))

    def _expression(self, tree: Tree[Token]) -> Expression:
        branches = [child for child in tree.children if not isinstance(child, str)]
        if tree.data == "any":
            return Or([self._expression(branch) for branch in branches])
        if tree.data == "all":
            return And([self._expression(branch) for branch in branches])
        return self._comparison([child for child in tree.children if isinstance(child, str)])

    def _comparison(self, tokens: list[Token]) -> SubExpression:
        by_type = {token.type: token for token in tokens}
        sign = by_type["OPERATOR"].lower()
        operator = _OPERATORS.get(sign, sign.upper())
        function = by_type.get("FUNCTION")
        deterministic = by_type.get("DETERMINISTIC")
        bare = "MAX" if operator in {"GT", "GTE"} else "MIN"
        called = bare if function is None else function.upper()
        if self._dialect == OF_2014:
            if function is not None and called == "LAST":
                raise self._error(self._at(function), "the 2014 dialect has no function last")
            if deterministic is not None:
                raise self._error(self._at(deterministic), "the 2014 dialect has no deterministic")
        return SubExpression(
            function=called,
            metric_name=self._name(by_type["NAME"]),
            dimensions=self._dimensions(tokens),
            operator=operator,
            threshold=self._threshold(by_type["THRESHOLD"]),
            period=self._period(by_type.get("PERIOD")),
            periods=self._number(by_type.get("PERIODS"), 1),
            deterministic=deterministic is not None,
        )

    def _name(self, token: Token) -> str:
        if token.endswith(":"):
            self._trap(
                token,
                f"the server takes the colon for a part of the metric's name, {str(token)!r}: leave it out, as "
                "only the 2014 dialect has a colon between name and dimensions",
            )
        if self._dialect == CURRENT and len(token) == 255 and _IS_LETTER.match(self._expanded, token.end_pos or 0):
            self._trap(token, "the server cuts the metric's name at 255 characters, and reads on behind them")
        return str(token)

    def _dimensions(self, tokens: list[Token]) -> Dimensions:
        pairs: dict[str, str] = {}
        values = [token for token in tokens if token.type == "VALUE"]
        for key, value in zip([token for token in tokens if token.type == "KEY"], values, strict=True):
            if key in pairs:
                self._trap(key, f"dimension {str(key)!r} is given twice, and only the last value counts")
            pairs[str(key)] = str(value)
            for token in (key, value):
                if token.endswith(" "):
                    self._trap(token, f"the server keeps the blanks at the end of {str(token)!r}: leave them out")
                elif "\t" in self._text[self._at(token) : self._origins[token.end_pos or 0]]:
                    self._trap(token, f"the server makes blanks of a tab, and keeps them: {str(token)!r}")
        return Dimensions(pairs)

    def _threshold(self, token: Token) -> float:
        threshold = float("".join(token.split()))
        if not math.isfinite(threshold):
            raise self._error(self._at(token), "a threshold that no float of 64 bits can hold")
        return threshold

    def _period(self, token: Token | None) -> int:
        period = self._number(token, DEFAULT_PERIOD)
        if token is not None and period % DEFAULT_PERIOD:
            why = f"a period must be a multiple of {DEFAULT_PERIOD} seconds, not {period}"
            if self._dialect == CURRENT:
                raise self._error(self._at(token), why)
            self._trap(token, why)
        return period

    def _number(self, token: Token | None, default: int) -> int:
        if token is None:
            return default
        number = int(token) if len(token) <= _MOST_DIGITS else 0
        if not 1 <= number <= LARGEST_NUMBER:
            raise self._error(self._at(token), f"a number of at least 1 and at most {LARGEST_NUMBER}")
        return number

    def _at(self, token: Token) -> int:
        """Where a token begins in the text as it was given."""
        return self._origins[token.start_pos or 0]

    def _trap(self, token: Token, message: str) -> None:
        self._traps.append(Trap(self._at(token), message))


def _origins(text: str) -> list[int]:
    """Where in a text each character comes from once the tabs are expanded, as the server does it; and its end."""
    origins: list[int] = []
    column = 0
    for position, char in enumerate(text):
        width = 8 - column % 8 if char == "\t" else 1
        origins += [position] * width
        column = 0 if char in "\r\n" else column + width
    return [*origins, len(text)]


def _found(rest: str) -> str:
    """What stands where something else was expected."""
    if not rest:
        return "it ends too early"
    if rest[0] == '"':
        return "there is no quoting"
    if rest[0] > "\uffff" or "\ud800" <= rest[0] <= "\udfff":
        return f"there can be no {rest[0]!r}, as nothing beyond U+FFFF"
    return f"found {rest[0]!r}"
