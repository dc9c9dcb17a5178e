"""Reading and writing alarm expressions, in both dialects."""

from __future__ import annotations

import pickle
from typing import Any, Literal

import pytest
from hypothesis import given, settings, strategies as st
from tests.backends.monasca.expression_texts import TABLE, texts, trees
from tests.children import printed_by

from tocsin.errors import InputError
from tocsin.monasca.expressions import (
    And,
    Dimensions,
    Expression,
    ExpressionError,
    Or,
    SubExpression,
    expression_data,
    parse_expression,
    read_expression_data,
)

A, B, C, D = (SubExpression("MAX", name, {}, "GT", 1) for name in "abcd")


@pytest.mark.parametrize("text", TABLE, ids=lambda text: ascii(text)[:40])
def test_verdicts(text: str) -> None:
    """Each text of the table is read or refused as the real server does it."""
    if TABLE[text]:
        assert isinstance(parse_expression(text), Expression)
    else:
        with pytest.raises(ExpressionError):
            parse_expression(text)


READ: list[tuple[str, Expression, str]] = [
    ("a > 1", A, "max(a) > 1"),
    ("a GTE 1.50", SubExpression("MAX", "a", {}, "GTE", 1.5), "max(a) >= 1.5"),
    ("a < -1", SubExpression("MIN", "a", {}, "LT", -1), "min(a) < -1"),
    ("a{} lte 1 times 2", SubExpression("MIN", "a", {}, "LTE", 1, periods=2), "min(a) <= 1 times 2"),
    (
        "Avg( cpu { h = x y ,i=z }, DETERMINISTIC, 120 )>- 5 . 0",
        SubExpression("AVG", "cpu", {"h ": "x y ", "i": "z "}, "GT", -5, 120, 1, deterministic=True),
        "avg(cpu{h =x y , i=z }, deterministic, 120) > -5",
    ),
    ("max(a)>1 or max(b)>1 and max(c)>1", Or((A, And((B, C)))), "max(a) > 1 or max(b) > 1 and max(c) > 1"),
    ("(a>1||b>1)&&c>1", And((Or((A, B)), C)), "(max(a) > 1 or max(b) > 1) and max(c) > 1"),
    (
        "(a>1 and (b>1 and c>1)) and d>1",
        And((A, B, C, D)),
        "max(a) > 1 and max(b) > 1 and max(c) > 1 and max(d) > 1",
    ),
    ("cpu:{h=x} > 1", SubExpression("MAX", "cpu:", {"h": "x"}, "GT", 1), "max(cpu:{h=x}) > 1"),
    ("a{h=x\ty} > 1", SubExpression("MAX", "a", {"h": "x   y"}, "GT", 1), "max(a{h=x   y}) > 1"),
    ("a > 1" + "0" * 22, SubExpression("MAX", "a", {}, "GT", 1e22), "max(a) > 1" + "0" * 22),
    ("a > 0.0000001", SubExpression("MAX", "a", {}, "GT", 1e-7), "max(a) > 0.0000001"),
]


@pytest.mark.parametrize(("text", "tree", "written"), READ)
def test_trees(text: str, tree: Expression, written: str) -> None:
    """A text is the tree that it says, and the tree is written so that it is read again as itself."""
    assert parse_expression(text) == tree
    assert str(tree) == written
    assert parse_expression(written) == tree


OF_2014: list[tuple[str, Expression]] = [
    (
        "cpu_perc:{hostname=host.domain.com} > 95",
        SubExpression("MAX", "cpu_perc", {"hostname": "host.domain.com"}, "GT", 95),
    ),
    (
        "avg(cpu_perc:{hostname=host.domain.com},85) > 90 times 3",
        SubExpression("AVG", "cpu_perc", {"hostname": "host.domain.com"}, "GT", 90, 85, 3),
    ),
    (
        "(avg(cpu_user_perc{hostname=devstack}) > 10)",
        SubExpression("AVG", "cpu_user_perc", {"hostname": "devstack"}, "GT", 10),
    ),
    (
        (
            "(avg(cpu_perc:{hostname=hostname.domain.com}) > 90 ) or "
            "( avg(disk_read_ops:{hostname=hostname.domain.com,device=vda},120) > 1000 )"
        ),
        Or(
            (
                SubExpression("AVG", "cpu_perc", {"hostname": "hostname.domain.com"}, "GT", 90),
                SubExpression(
                    "AVG", "disk_read_ops", {"hostname": "hostname.domain.com", "device": "vda"}, "GT", 1000, 120
                ),
            )
        ),
    ),
    ("a:{h = x } lt 1", SubExpression("MIN", "a", {"h": "x"}, "LT", 1)),
    ("a > 1 or b > 1 && c > 1", Or((A, And((B, C))))),
    ("a > 1", A),
]


@pytest.mark.parametrize(("text", "tree"), OF_2014)
def test_2014(text: str, tree: Expression) -> None:
    """The examples of the specification of 2014, with the third one's missing end put there, and more."""
    assert parse_expression(text, dialect="2014") == tree
    assert parse_expression(str(tree), dialect="2014") == tree


ERRORS: list[tuple[Literal["current", "2014"], str, int, str]] = [
    ("current", "", 0, "too early, expected a function, the name of a metric"),
    ("current", "cpu", 3, "too early.*an operator"),
    ("current", "avg(cpu) > x", 11, "found 'x', expected a number"),
    ("current", "a > 1 b", 6, 'found \'b\', expected "times", "and", "or" or the end'),
    ("current", "(a > 1", 6, r'too early, expected "\)", "times", "and" or "or"'),
    ("current", 'a{h="x"} > 1', 4, "no quoting, expected the value of a dimension"),
    ("current", "a{h=\U0001f600} > 1", 4, r"nothing beyond U\+FFFF"),
    ("current", "a{h=\ud800} > 1", 4, r"nothing beyond U\+FFFF"),
    ("current", "max(a, 85) > 1", 7, "multiple of 60 seconds, not 85"),
    ("current", "max(a, 0) > 1", 7, "at least 1"),
    ("current", "a > 1 times 0", 12, "at least 1"),
    ("current", "a > 1" + "0" * 400, 4, "no float"),
    ("current", "a\t>\tx", 4, "found 'x'"),
    ("current", "(" * 101 + "a>1" + ")" * 101, 100, "deeper than 100"),
    ("2014", "last(a) > 1", 0, "no function last"),
    ("2014", "max(a, deterministic) > 1", 7, "no deterministic"),
    ("2014", "a > 1 times 2", 6, "found 't'"),
    ("2014", "a: > 1", 3, "found '>', expected \"{\""),
    ("2014", "a:{h=x-y} > 1", 6, "found '-'"),
    ("2014", "n" * 65 + " > 1", 0, "the name of a metric"),
    (
        "2014",
        (
            "(avg(cpu_perc:{hostname=hostname.domain.com}) > 90 ) or "
            "( avg(disk_read_ops:{hostname=hostname.domain.com,device=vda,120) > 1000 t"
        ),
        120,
        r"found '\)', expected \"=\"",
    ),
]


@pytest.mark.parametrize(("dialect", "text", "position", "why"), ERRORS)
def test_errors(dialect: Literal["current", "2014"], text: str, position: int, why: str) -> None:
    """What cannot be read is told with its place in the text as it was given, and survives pickling."""
    with pytest.raises(ExpressionError, match=why) as caught:
        parse_expression(text, dialect=dialect)
    assert caught.value.position == position
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.__dict__) == (str(caught.value), caught.value.__dict__)


def test_error_shows_the_line() -> None:
    """The message of an error ends with the line and a caret below the place; line and column count from 1."""
    with pytest.raises(ExpressionError) as caught:
        parse_expression("a > 1 and\n\tb{h=x} 5 or\nc > 1")
    error = caught.value
    assert (error.line, error.column, error.position) == (2, 9, 18)
    assert error.expected == ("an operator (< <= > >= lt lte gt gte)",)
    assert (
        str(error)
        .splitlines()[0]
        .startswith("alarm expression, line 2, column 9: found '5', expected an operator")
    )
    assert str(error).splitlines()[1:] == ["     b{h=x} 5 or", "            ^"]


def test_error_shows_part_of_a_long_line() -> None:
    """Of a long line only the surroundings are shown."""
    with pytest.raises(ExpressionError) as caught:
        parse_expression(" and ".join(["a > 1"] * 100) + " or ! 1" + " " * 200)
    _, shown, caret = str(caught.value).splitlines()
    assert len(shown) < 120
    assert shown[caret.index("^")] == "1"


@pytest.mark.parametrize("value", [None, 5, b"a > 1", A])
def test_only_text_is_read(value: Any) -> None:
    """What is no str is an InputError."""
    with pytest.raises(InputError, match="must be a str"):
        parse_expression(value)


def test_unknown_dialect() -> None:
    """A dialect that there is none of is an InputError, also "auto", which only a client can find out."""
    with pytest.raises(InputError, match='"current" or "2014"'):
        parse_expression("a > 1", dialect="auto")  # type: ignore[arg-type]


@given(trees())
@settings(deadline=None)
def test_round_trip(tree: Expression) -> None:
    """Every tree is written so that it is read again as itself, and is equal by value, hashable and picklable."""
    read = parse_expression(str(tree))
    assert read == tree
    assert hash(read) == hash(tree)
    assert pickle.loads(pickle.dumps(tree)) == tree


@given(texts() | st.text(), st.sampled_from(["current", "2014"]))
@settings(deadline=None)
def test_any_text(text: str, dialect: Literal["current", "2014"]) -> None:
    """Every text has a tree, which is written as the text of the same tree, or an error at a place in it."""
    place = 0
    try:
        tree = parse_expression(text, dialect=dialect)
    except ExpressionError as error:
        place = error.position
    else:
        assert parse_expression(str(tree), dialect=dialect) == tree
    assert 0 <= place <= len(text)


@given(trees())
@settings(deadline=None)
def test_expression_data_round_trip(tree: Expression) -> None:
    """What `expression_data` says is read again as the same tree, but for deterministic, which it cannot say."""
    read = read_expression_data(expression_data(tree))
    assert str(read) == str(tree).replace(", deterministic", "")


def test_expression_data_of_2014() -> None:
    """The specification's example of expression_data."""
    data = {
        "function": "AVG",
        "metric_name": "cpu_user_perc",
        "dimensions": {"hostname": "devstack"},
        "operator": "GT",
        "threshold": 10.0,
        "period": 60,
        "periods": 1,
    }
    tree = parse_expression("(avg(cpu_user_perc{hostname=devstack}) > 10)", dialect="2014")
    assert expression_data(tree) == data
    assert expression_data(tree | A & B) == {
        "operator": "OR",
        "operands": [data, {"operator": "AND", "operands": [expression_data(A), expression_data(B)]}],
    }


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "must be a mapping"),
        ({"function": "AVG"}, "lacks metric_name, operator, threshold"),
        ({"function": "avg", "metric_name": "a", "operator": "GT", "threshold": 1}, "function must be one of"),
        ({"function": "AVG", "metric_name": "a", "operator": ">", "threshold": 1}, "operator must be one of"),
        ({"function": "AVG", "metric_name": "a", "operator": "GT", "threshold": "1"}, "threshold must be"),
        (
            {"function": "AVG", "metric_name": "(", "operator": "GT", "threshold": 1},
            "name of a metric cannot have",
        ),
        ({"operator": "XOR", "operands": []}, '"AND" or "OR"'),
        ({"operator": "AND", "operands": "ab"}, "a list of them"),
        ({"operator": "AND", "operands": []}, "at least two"),
        ({"operands": [{}, {}]}, '"AND" or "OR"'),
        ({"operator": ["AND"], "operands": [{}, {}]}, '"AND" or "OR"'),
    ],
)
def test_data_that_says_nothing(data: object, why: str) -> None:
    """What is no expression_data is an InputError."""
    with pytest.raises(InputError, match=why):
        read_expression_data(data)


def test_sub_expressions() -> None:
    """The comparisons of an expression come from left to right."""
    assert (A & (B | C) & D).sub_expressions == (A, B, C, D)
    assert A.sub_expressions == (A,)


def test_dimensions() -> None:
    """Dimensions are a mapping that is equal to another with the same items in whatever order, and hashable."""
    dimensions = Dimensions({"a": "1", "b": "2"})
    assert dimensions == {"b": "2", "a": "1"}
    assert hash(dimensions) == hash(Dimensions({"b": "2", "a": "1"}))
    assert dimensions != {"a": "1"}
    assert (dict(dimensions), len(dimensions), str(dimensions)) == ({"a": "1", "b": "2"}, 2, "{a=1, b=2}")
    assert SubExpression("MAX", "a", {"x": "1", "y": "2"}, "GT", 1) == SubExpression(
        "MAX", "a", {"y": "2", "x": "1"}, "GT", 1
    )


def test_lark_is_loaded_late() -> None:
    """Importing the package and building an expression loads no grammar library."""
    script = (
        "import sys; from tocsin.monasca.expressions import *; str(avg('a') > 1); print('lark' in sys.modules);"
        "parse_expression('a > 1'); print('lark' in sys.modules)"
    )
    assert printed_by(script).split() == ["False", "True"]
