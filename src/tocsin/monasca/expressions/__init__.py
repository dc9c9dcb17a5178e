"""Alarm expressions: read, written in Python, checked.

``parse_expression("avg(cpu_user_perc{hostname=devstack}, 120) > 90")`` and
``avg("cpu_user_perc", {"hostname": "devstack"}, period=120) > 90`` are the same tree, and its `str` is that text.
"""

from tocsin.monasca.expressions.build import Statistic, avg, count, last, max_, metric, min_, sum_
from tocsin.monasca.expressions.check import check_expression, traps
from tocsin.monasca.expressions.data import expression_data, read_expression_data
from tocsin.monasca.expressions.errors import ExpressionError
from tocsin.monasca.expressions.parse import Trap, parse_expression
from tocsin.monasca.expressions.tree import And, Dimensions, Expression, Or, SubExpression

__all__ = [
    "And",
    "Dimensions",
    "Expression",
    "ExpressionError",
    "Or",
    "Statistic",
    "SubExpression",
    "Trap",
    "avg",
    "check_expression",
    "count",
    "expression_data",
    "last",
    "max_",
    "metric",
    "min_",
    "parse_expression",
    "read_expression_data",
    "sum_",
    "traps",
]
