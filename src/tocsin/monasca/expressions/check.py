"""What is checked of an alarm expression before it is sent."""

from __future__ import annotations

from tocsin.errors import InputError
from tocsin.monasca.dialect import Dialect
from tocsin.monasca.expressions.errors import ExpressionError
from tocsin.monasca.expressions.parse import Reading, Trap, read
from tocsin.monasca.expressions.tree import Expression


def traps(expression: str | Expression, *, dialect: Dialect = "current") -> tuple[Trap, ...]:
    """Where the server takes an expression and makes of it what one would not think, in the order of the text.

    These are: a metric's name with a colon at its end (``cpu:{host=a}`` is how one wrote in 2014), a name that is
    cut at 255 characters, blanks at the end of a dimension's name or value, a tab in one, a dimension given twice,
    a period that is no multiple of 60 seconds (in 2014; a server of today refuses it), and parentheses nested so
    deep that the server is busy for minutes. All but the period seen on monasca-api 11.0.0.

    Raises as `parse_expression`.
    """
    return _read(expression, dialect).traps


def check_expression(expression: str | Expression, *, dialect: Dialect = "current") -> str:
    """The text of an expression that a server of this dialect takes and understands as it is meant.

    Raises ExpressionError, with the position, for one that it would refuse or that has one of the `traps`, and
    InputError for what is neither a str nor an Expression.
    """
    reading = _read(expression, dialect)
    for trap in reading.traps:
        raise ExpressionError(trap.message, text=reading.text, position=trap.position)
    return reading.text


def _read(expression: object, dialect: Dialect) -> Reading:
    if isinstance(expression, str):
        return read(expression, dialect)
    if isinstance(expression, Expression):
        try:
            text = str(expression)
        except RecursionError:
            raise InputError("the alarm expression is nested deeper than any server reads") from None
        return read(text, dialect)
    raise InputError(
        f'an alarm expression must be a str or an Expression, such as avg("cpu") > 90, not {expression!r}'
    )
