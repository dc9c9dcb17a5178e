"""Alarm expressions written in Python, and what is checked before one is sent."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import attrs
import pytest
from hypothesis import given, settings
from tests.backends.monasca.expression_texts import trees

from tocsin.errors import InputError
from tocsin.monasca.expressions import (
    And,
    Expression,
    ExpressionError,
    Or,
    SubExpression,
    Trap,
    avg,
    check_expression,
    count,
    last,
    max_,
    metric,
    min_,
    parse_expression,
    sum_,
    traps,
)

A, B = avg("a") > 1, avg("b") > 2
BUILT: list[tuple[Expression, str]] = [
    (
        avg("cpu_user_perc", {"hostname": "devstack"}, period=120) > 90,
        "avg(cpu_user_perc{hostname=devstack}, 120) > 90",
    ),
    ((avg("a") >= 90).times(3), "avg(a) >= 90 times 3"),
    (count("log.error", deterministic=True) > 1.5, "count(log.error, deterministic) > 1.5"),
    (last("a") < 1, "last(a) lt 1"),
    (max_("a") <= 1, "max(a) lte 1"),
    (min_("a") > -1, "min(a) gt -1"),
    (sum_("a", {"x y": "z", "u": "v"}) > 1, "sum(a{x y=z, u=v}) > 1"),
    (metric("a") > 1, "a > 1"),
    (metric("a", {"x": "y"}) < 1, "a{x=y} < 1"),
    (metric("a") >= 1, "a >= 1"),
    (metric("a") <= 1, "a <= 1"),
    (avg("a") > 90, "avg(a) > 90"),
    (A & B | A & B & A, "avg(a)>1 and avg(b)>2 or avg(a)>1 and avg(b)>2 and avg(a)>1"),
    ((A | B) & A, "(avg(a)>1 or avg(b)>2) and avg(a)>1"),
]


@pytest.mark.parametrize(("built", "text"), BUILT, ids=[text for _, text in BUILT])
def test_built(built: Expression, text: str) -> None:
    """What is written in Python is the tree of the text."""
    assert built == parse_expression(text)
    assert check_expression(built) == str(built)


MISUSED: dict[str, Callable[[], object]] = {
    "and": lambda: A and B,  # type: ignore[unreachable]
    "or": lambda: A or B,  # type: ignore[unreachable]
    "not": lambda: not A,
    "chained": lambda: 1 < avg("a") < 2,
    "no parentheses": lambda: avg("a") > 1 & avg("b") > 2,
    "no parentheses for |": lambda: avg("a") > 1 | avg("b"),
    "equal": lambda: avg("a") == 1,
    "unequal": lambda: avg("a") != 1,
    "bool": lambda: bool(avg("a")),
    "str": lambda: avg("a") > "1",  # type: ignore[operator]
    "True": lambda: avg("a") > True,
    "two metrics": lambda: avg("a") > avg("b"),  # type: ignore[operator]
    "no comparison": lambda: A & avg("b"),
    "number": lambda: A | 1,  # type: ignore[operator]
    "hash": lambda: {avg("a")},
}


@pytest.mark.parametrize("name", MISUSED)
def test_misused_operators(name: str) -> None:
    """What Python would take for something else is a TypeError."""
    with pytest.raises(TypeError, match=r"parentheses|and `or`|unhashable"):
        MISUSED[name]()


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: avg(""), "1 to 255 characters"),
    (lambda: avg("n" * 256), "1 to 255 characters"),
    (lambda: avg(5), "name of a metric must be a str"),  # type: ignore[arg-type]
    (lambda: avg("a b"), "cannot have ' '"),
    (lambda: avg("a{h=x}"), "cannot have '{'.*no quoting"),
    (lambda: avg("a\U0001f600"), "beyond U"),
    (lambda: avg("a\ud800"), "cannot have"),
    (lambda: avg("a", "h=x"), "dimensions must be a mapping"),  # type: ignore[arg-type]
    (lambda: avg("a", {"h": 'say "x"'}), "the value of dimension 'h' cannot have '\"'"),
    (lambda: avg("a", {"h": "f(x)"}), r"cannot have '\('"),
    (lambda: avg("a", {"h": "x,y"}), "cannot have ','"),
    (lambda: avg("a", {"h=": "x"}), "the name of a dimension cannot have '='"),
    (lambda: avg("a", {"h": "x\ty"}), r"cannot have '\\t'"),
    (lambda: avg("a", {"h": " x"}), "nor begin with a blank"),
    (lambda: avg("a", {"h": ""}), "1 to 255 characters"),
    (lambda: avg("a", {"h": 1}), "must be a str"),  # type: ignore[dict-item]
    (lambda: avg("a", period=85), "multiple of 60 seconds, not 85"),
    (lambda: avg("a", period=0), "whole number"),
    (lambda: avg("a", period=60.0), "whole number"),  # type: ignore[arg-type]
    (lambda: avg("a", deterministic=1), "True or False"),  # type: ignore[arg-type]
    (lambda: SubExpression("AVG", "a", {}, "GT", math.nan), "finite"),
    (lambda: avg("a") > math.inf, "finite"),
    (lambda: avg("a") > 10**400, "finite"),
    (lambda: A.times(0), "whole number"),
    (lambda: A.times(2**63), "whole number"),
    (lambda: And((A,)), "at least two"),
    (lambda: Or([A, "b > 1"]), "must be an Expression"),  # type: ignore[list-item]
]


@pytest.mark.parametrize(("call", "why"), REFUSED)
def test_refused(call: Callable[[], object], why: str) -> None:
    """What no text can say, or no server takes, is an InputError with the reason."""
    with pytest.raises(InputError, match=why):
        call()


def test_trees_are_frozen() -> None:
    """An expression does not change; `times` and the operators make new ones."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        A.periods = 2  # type: ignore[misc]
    assert A.times(3) != A
    assert isinstance(A, SubExpression)


TRAPS: list[tuple[Literal["current", "2014"], str, list[int], str]] = [
    ("current", "cpu:{h=x} > 1", [0], "colon.*leave it out"),
    ("current", "b > 1 and cpu: > 1", [10], "colon"),
    ("current", "a{h =x} > 1", [2], "blanks at the end of 'h '"),
    ("current", "a{h=x } > 1 or a{i=y } > 1", [4, 19], "blanks at the end of 'x '"),
    ("current", "\ta{h=\tx\ty} > 1", [6], "blanks of a tab"),
    ("current", "a{h=x\t} > 1", [4], "blanks at the end"),
    ("current", "a{h=1,h=2} > 1", [6], "given twice"),
    ("current", "n" * 255 + "lt5", [0], "cuts the metric's name at 255"),
    ("current", "((((((a>1))))))", [5], "6 nested parentheses"),
    ("2014", "avg(cpu_perc:{hostname=host.domain.com},85) > 90 times 3", [40], "multiple of 60"),
    ("2014", "a:{h=1,h=2} > 1", [7], "given twice"),
]


@pytest.mark.parametrize(("dialect", "text", "positions", "why"), TRAPS)
def test_traps(dialect: Literal["current", "2014"], text: str, positions: list[int], why: str) -> None:
    """What the server takes and mangles can be read, is told with its place, and is not sent."""
    assert [trap.position for trap in traps(text, dialect=dialect)] == positions
    with pytest.raises(ExpressionError, match=why) as caught:
        check_expression(text, dialect=dialect)
    assert caught.value.position == positions[0]
    # Of the others the tree says nothing any more.
    if why.startswith(("colon", "blanks at the end", "multiple")):
        with pytest.raises(ExpressionError):
            check_expression(parse_expression(text, dialect=dialect), dialect=dialect)


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("current", " avg( cpu {h=x, i=y z},120)>1 "),
        ("current", "(((((a>1)))))"),
        ("current", "a{h=\tx} \t> 1"),
        ("current", "a:b > 1"),
        ("current", "n" * 255 + " > 5"),
        ("2014", "cpu:{h = x } > 1"),
    ],
)
def test_checked_text_is_sent_as_it_is(dialect: Literal["current", "2014"], text: str) -> None:
    """A text without traps is not rewritten."""
    assert traps(text, dialect=dialect) == ()
    assert check_expression(text, dialect=dialect) == text


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        (last("a") > 1, "no function last"),
        (avg("a", deterministic=True) > 1, "no deterministic"),
        (avg("a", {"h": "x-y"}) > 1, "found '-'"),
        (avg("n" * 65) > 1, "the name of a metric"),
        (avg("a:b") > 1, "found ':'|found 'b'"),
    ],
)
def test_what_2014_lacks(expression: Expression, why: str) -> None:
    """A tree that the 2014 dialect cannot say is refused with the place in its text."""
    assert check_expression(expression) == str(expression)
    with pytest.raises(ExpressionError, match=why):
        check_expression(expression, dialect="2014")


@pytest.mark.parametrize("value", [None, True, 5, avg("a")])
def test_checks_expressions_only(value: Any) -> None:
    """What is neither text nor a whole comparison is an InputError."""
    with pytest.raises(InputError, match="must be a str or an Expression"):
        check_expression(value)


@given(trees())
@settings(deadline=None)
def test_check_finds_no_other_traps(tree: Expression) -> None:
    """A tree has traps just where a name ends with a colon or a dimension with a blank."""
    expected = sum(
        sub.metric_name.endswith(":") + sum(part.endswith(" ") for pair in sub.dimensions.items() for part in pair)
        for sub in tree.sub_expressions
    )
    found = [trap for trap in traps(tree) if "nested" not in trap.message]
    assert len(found) == expected
    assert all(isinstance(trap, Trap) for trap in found)


def test_what_is_nested_too_deep_is_told() -> None:
    """Deeper than Python can follow: no such text is sent."""
    deep: Expression = avg("a") > 1
    for _ in range(1_000):
        deep = (deep & (avg("b") > 1)) | (avg("c") > 1)
    with pytest.raises(InputError, match="nested deeper than any server reads"):
        check_expression(deep)
