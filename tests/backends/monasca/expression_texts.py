"""Alarm expressions for tests: a table, and strategies for texts well-formed and nearly so."""

from __future__ import annotations

from hypothesis import strategies as st

from tocsin.monasca.expressions import And, Expression, Or, SubExpression

LONG = "n" * 255
#: Texts in the current dialect, and whether they are well-formed.
TABLE: dict[str, bool] = {
    "cpu > 90": True,
    "avg(cpu) > 90": True,
    "(avg(cpu_user_perc{hostname=devstack}) > 10)": True,
    "avg(cpu_user_perc{hostname=devstack}, 120) >= 90 times 3": True,
    "max(cpu{}) > 1": True,
    "MAX(cpu) GT 1": True,
    "Min ( cpu ) Lte 1": True,
    "sum(cpu) gte 1 TIMES 2": True,
    "count(log.error{test=1}, deterministic) > 1.0": True,
    "count(log.error{test=1},Deterministic,120) > 1.0": True,
    "count(log.error, 120, deterministic) > 1": False,
    "last(cpu) < 13": True,
    "median(cpu) < 13": False,
    "max(cpu)": False,
    "max() > 1": False,
    "max > 1": True,
    "max(max) > 1": True,
    "max(max(cpu)) > 1": False,
    "andy > 1": True,
    "a>1 and b<2 or c>=3": True,
    "a>1 && b<2 || c>=3": True,
    "a>1andb>2": True,
    "a>1 android>2": True,
    "a&&b > 1": True,
    "a > 1 and": False,
    "and a > 1": False,
    "a > 1 b > 1": False,
    "a > 1 xor b > 1": False,
    "not a > 1": False,
    "not(a > 1)": False,
    "(a>1 or b>2) and c>3": True,
    "((a > 1))": True,
    "(a > 1": False,
    "a > 1)": False,
    "()": False,
    "": False,
    " \r\n": False,
    "\n a\r>\t1 ": True,
    "a == 1": False,
    "a = 1": False,
    "a != 1": False,
    "a => 1": False,
    "a < = 1": False,
    "a lt1": True,
    "alt 1": False,
    "a{}lt1": True,
    "1 < a": False,
    "a > b": False,
    "a > -5": True,
    "a > - 5 . 50": True,
    "a > +5": False,
    "a > .5": False,
    "a > 5.": False,
    "a > 1e3": False,
    "a > 1,5": False,
    "a > 007": True,
    "a > 5 times 0": False,
    "a > 5 times -1": False,
    "a > 5 times 1.5": False,
    "a > 5 times": False,
    "a > 5 times 3or b > 1": True,
    "max(a,0)>1": False,
    "max(a,61)>1": False,
    "max(a,85)>1": False,
    "max(a,-60)>1": False,
    "max(a,60.0)>1": False,
    "max(a,00120)>1": True,
    "a,60 > 1": False,
    "cpu:{h=x} > 1": True,
    "cpu: > 1": True,
    "cpu{h=x > 1": False,
    "cpu{h} > 1": False,
    "cpu{h=} > 1": False,
    "cpu{=x} > 1": False,
    "cpu{h=x,} > 1": False,
    "cpu{h=x}{i=y} > 1": False,
    "cpu{h=x=y} > 1": False,
    'cpu{h="x"} > 1': False,
    "cpu{h=f(x)} > 1": False,
    "cpu{h = x y , i= z } > 1": True,
    "cpu{h=\tx\ty} > 1": True,
    "cpu{h=x\n} > 1": True,
    "cpu{h=x\ny} > 1": False,
    "cpu{h=1,h=2} > 1": True,
    "cpu{it's this=that's it} > 1": True,
    "cpu{mount=/var/log,dev=C:\\x} > 1": True,
    "-_.千幸福的笑脸{घोड़ा=馬,  dn2=dv2} gte 100 times 3": True,
    "\ufeff\uffff\x80 > 1": True,
    "a\x85 > 1": False,
    "a\x00 > 1": False,
    "a\x0b> 1": False,
    "a\u3000> 1": False,
    "\U0001f600 > 1": False,
    "cpu{h=\U0001f600} > 1": False,
    "a > \u0663": False,
    "m\u0131n(a) > 1 t\u0131me\u017f 2": True,
    "m\u0130n(a) > 1": False,
    f"{LONG} > 1": True,
    f"n{LONG} > 1": False,
    f"{LONG}lt5": True,
    f"a{{{LONG}={LONG}}} > 1": True,
    f"a{{{LONG}n=x}} > 1": False,
    f"a{{x={LONG} }} > 1": False,
    f"a{{{LONG} =x}} > 1": False,
    f"a > 1{'0' * 308}": True,
    # The server fails on these: 500.
    f"a > 1{'0' * 309}": False,
    f"a > 1 times {2**63 - 1}": True,
    f"a > 1 times {2**63}": False,
    f"max(a,{60 * 2**62}) > 1": False,
    f"max(a,{'0' * 5000}60) > 1": False,
}

_BLANKS = st.sampled_from(["", "", " ", " ", "  ", "\t", "\n", "\r\n"])
_LETTERS = st.characters(codec="utf-8", max_codepoint=0xFFFF, exclude_characters='"(),<=>{}\x7f').filter(
    lambda char: char > " " and not char.isspace()
)
_NAMES = st.sampled_from(["cpu", "max", "and", "last", "times", "cpu.user_perc", "a:b", "cpu:"]) | st.text(
    _LETTERS, min_size=1, max_size=8
)
_DIMENSIONS = st.dictionaries(
    _NAMES, st.builds("{}{}".format, _NAMES, st.text(_LETTERS | st.just(" "), max_size=4)), max_size=3
)
_PIECES = st.sampled_from(
    [
        *(
            "(",
            ")",
            "{",
            "}",
            ",",
            "=",
            "<",
            ">",
            ">=",
            ":",
            "-",
            ".",
            '"',
            "'",
            "|",
            "&",
            "&&",
            "||",
            "not",
            "and",
        ),
        *(
            "or",
            "lt",
            "gte",
            "max",
            "last",
            "times",
            "times 2",
            "deterministic",
            "60",
            "61",
            "0",
            "x=y",
            "1e3",
            " ",
        ),
        *(
            "\t",
            "\n",
            "\x0b",
            "\x1f",
            "\x85",
            "\xa0",
            "\u2028",
            "\u0131",
            "\u017f",
            "\u0130",
            "\U0001f600",
            "{a=b}",
        ),
    ]
)


def _any_case(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from([text, text, text.upper(), text.capitalize()])


@st.composite
def _comparisons(draw: st.DrawFn) -> list[str]:
    """The tokens of a comparison."""
    measured = [draw(_NAMES)]
    if draw(st.booleans()):
        pairs = [[name, "=", value] for name, value in draw(_DIMENSIONS).items()]
        listed = [token for pair in pairs for token in [",", *pair]][1:]
        measured += ["{", *listed, "}"]
    if draw(st.booleans()):
        function = draw(st.sampled_from(["max", "min", "avg", "count", "sum", "last"]).flatmap(_any_case))
        more = draw(st.sampled_from([[], [",", "60"], [",", "deterministic"], [",", "DETERMINISTIC", ",", "180"]]))
        measured = [function, "(", *measured, *more, ")"]
    # Blanks before it, as what is behind a name may be read as a part of it.
    operator = draw(st.sampled_from(["<", "<=", ">", ">=", " lt", " lte", " gt", " gte"]).flatmap(_any_case))
    threshold = draw(st.sampled_from(["0", "5", "-5", "99.50", "- 1 . 0"]))
    return [*measured, operator, threshold, *draw(st.sampled_from([[], [], ["times", "3"]]))]


def _joined(operands: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    words = st.sampled_from(["and", "or", "&&", "||", "AND", "Or"])
    several = st.builds(lambda left, word, right: [*left, word, *right], operands, words, operands)
    return several | st.builds(lambda one: ["(", *one, ")"], operands)


@st.composite
def well_formed(draw: st.DrawFn) -> str:
    """Texts in the current dialect as people write them, and a little worse."""
    tokens = draw(st.recursive(_comparisons(), _joined, max_leaves=4))
    return draw(_BLANKS) + "".join([token + draw(_BLANKS) for token in tokens])


@st.composite
def nearly_well_formed(draw: st.DrawFn) -> str:
    """Such texts with one to three changes."""
    text = draw(well_formed())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        taken = draw(st.integers(0, 2))
        put = draw(st.just("") | _PIECES | st.characters(codec="utf-8"))
        text = text[:at] + put + text[at + taken :]
    return text


def texts() -> st.SearchStrategy[str]:
    """Texts of every kind; none nested so deep that the server is busy for long."""
    mixed = st.lists(_PIECES | _NAMES, max_size=9).map("".join)
    return (well_formed() | nearly_well_formed() | nearly_well_formed() | mixed).filter(
        lambda text: text.count("(") <= 5
    )


def sub_expressions() -> st.SearchStrategy[SubExpression]:
    """Comparisons of every kind."""
    return st.builds(
        SubExpression,
        function=st.sampled_from(["MAX", "MIN", "AVG", "COUNT", "SUM", "LAST"]),
        metric_name=_NAMES,
        dimensions=_DIMENSIONS,
        operator=st.sampled_from(["LT", "LTE", "GT", "GTE"]),
        threshold=st.floats(allow_nan=False, allow_infinity=False),
        period=st.integers(1, 2**40).map(lambda minutes: minutes * 60),
        periods=st.integers(1, 2**63 - 1),
        deterministic=st.booleans(),
    )


def trees() -> st.SearchStrategy[Expression]:
    """Expressions of every kind."""
    return st.recursive(
        sub_expressions(),
        lambda operands: (
            st.lists(operands, min_size=2, max_size=3).map(And)
            | st.lists(operands, min_size=2, max_size=3).map(Or)
        ),
        max_leaves=8,
    )
