"""Expressions as JSON: the ``expression_data`` of an alarm of 2014."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from tocsin.errors import InputError
from tocsin.monasca.expressions.tree import DEFAULT_PERIOD, And, Expression, Or, SubExpression


def expression_data(expression: Expression) -> dict[str, Any]:
    """An expression as the API's specification of 2014 has it in an alarm.

    The specification shows a single comparison. Several are ``{"operator": "AND", "operands": […]}``, or the same
    with "OR", as the server's own model of that time had it.
    """
    match expression:
        case And(operands):
            return {"operator": "AND", "operands": [expression_data(each) for each in operands]}
        case Or(operands):
            return {"operator": "OR", "operands": [expression_data(each) for each in operands]}
        case SubExpression():
            return {
                "function": expression.function,
                "metric_name": expression.metric_name,
                "dimensions": dict(expression.dimensions),
                "operator": expression.operator,
                "threshold": expression.threshold,
                "period": expression.period,
                "periods": expression.periods,
            }
        case _:
            raise InputError(f"an alarm expression must be an Expression, not {expression!r}")


def read_expression_data(data: object) -> Expression:
    """The expression that `expression_data` says.

    Raises InputError for what says none.
    """
    if not isinstance(data, Mapping):
        raise InputError(f"expression_data must be a mapping, not {data!r}")
    said = cast("Mapping[str, Any]", data)
    if "operands" in said:
        return _joined(said)
    names = {"function", "metric_name", "operator", "threshold"}
    if missing := names - said.keys():
        raise InputError(f"expression_data lacks {', '.join(sorted(missing))}: {data!r}")
    return SubExpression(
        function=said["function"],
        metric_name=said["metric_name"],
        dimensions=said.get("dimensions"),
        operator=said["operator"],
        threshold=said["threshold"],
        period=said.get("period", DEFAULT_PERIOD),
        periods=said.get("periods", 1),
    )


def _joined(said: Mapping[str, Any]) -> Expression:
    operands = said["operands"]
    kind = {"AND": And, "OR": Or}.get(str(said.get("operator")))
    if kind is None or isinstance(operands, str) or not isinstance(operands, Sequence):
        raise InputError(
            f'expression_data with operands must have a list of them, and operator "AND" or "OR": {said!r}'
        )
    return kind([read_expression_data(each) for each in cast("Sequence[object]", operands)])
