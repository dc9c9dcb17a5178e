"""The grammars of both dialects. Importing this loads lark, so it is imported where a text is read.

That of today says what monasca-api 11.0.0 reads, to the letter. Its parser knows no words and takes what fits
where it stands: ``a>1andb>2`` is fine there, and so is a name of 255 letters with the operator right behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken

from tocsin.monasca.dialect import CURRENT, Dialect
from tocsin.monasca.expressions.tree import LETTER, LETTER_OR_BLANK

_BLANK: Final = r"[ \t\r\n]"


def _word(text: str) -> str:
    """A word in any case: the server compares what `str.upper` makes of it, so a dotless i and a long s do."""
    also = {"i": "\u0131", "s": "\u017f"}
    return "".join([f"[{char}{char.upper()}{also.get(char, '')}]" for char in text])


def _words(*texts: str) -> str:
    return "|".join([_word(text) for text in texts])


_COMMON: Final = rf"""
?start: any
?any: all (_OR all)*
?all: one (_AND one)*
?one: comparison | "(" any ")"
_statistic: FUNCTION "(" _metric ["," DETERMINISTIC] ["," PERIOD] ")"
_dimensions: "{{" [_dimension ("," _dimension)*] "}}"
_dimension: KEY "=" VALUE

_OR: /{_word("or")}|\|\|/
_AND: /{_word("and")}|&&/
_TIMES: /{_word("times")}/
FUNCTION.2: /(?:{_words("max", "min", "avg", "count", "sum", "last")})(?={_BLANK}*\()/
OPERATOR: /<=|{_word("lte")}|<|{_word("lt")}|>=|{_word("gte")}|>|{_word("gt")}/
THRESHOLD: /(?:-{_BLANK}*)?[0-9]+(?:{_BLANK}*\.{_BLANK}*[0-9]+)?/
PERIOD: /[0-9]+/
PERIODS: /[0-9]+/
DETERMINISTIC: /{_word("deterministic")}/
BLANK: /{_BLANK}+/
%ignore BLANK
"""

_TODAY: Final = rf"""
comparison: (_statistic | _metric) OPERATOR THRESHOLD [_TIMES PERIODS]
_metric: NAME _dimensions?

NAME: /{LETTER}{{1,255}}/
KEY: /{LETTER}{LETTER_OR_BLANK}{{0,254}}(?!{LETTER_OR_BLANK})/
VALUE: /{LETTER}{LETTER_OR_BLANK}{{0,254}}(?!{LETTER_OR_BLANK})/
"""

#: ``metric:{...}`` is how the specification says it, ``metric{...}`` what it has in its requests; its brackets are
#: not balanced, so a metric without dimensions is taken to be well-formed, as the prose has it.
_OF_2014: Final = rf"""
comparison: _statistic OPERATOR THRESHOLD [_TIMES PERIODS] | _metric OPERATOR THRESHOLD
_metric: NAME (":"? _dimensions)?

NAME: /(?:(?!:){LETTER}){{1,64}}(?!(?!:){LETTER})/
KEY: /[a-zA-Z0-9._]{{1,255}}/
VALUE: /[a-zA-Z0-9._]{{1,255}}/
"""

_EXPECTED: Final = {
    "FUNCTION": "a function",
    "NAME": "the name of a metric",
    "LPAR": '"("',
    "RPAR": '")"',
    "LBRACE": '"{"',
    "RBRACE": '"}"',
    "COMMA": '","',
    "COLON": '":"',
    "EQUAL": '"="',
    "OPERATOR": "an operator (< <= > >= lt lte gt gte)",
    "THRESHOLD": "a number such as 90 or -1.5",
    "PERIOD": "a period in seconds",
    "PERIODS": "a number of periods",
    "DETERMINISTIC": '"deterministic"',
    "KEY": "the name of a dimension",
    "VALUE": "the value of a dimension",
    "_TIMES": '"times"',
    "_AND": '"and"',
    "_OR": '"or"',
    "$END": "the end",
}


# What lark gives is not typed all through.
@cache
def _parser(dialect: Dialect) -> Any:
    own = _TODAY if dialect == CURRENT else _OF_2014
    return Lark(_COMMON + own, parser="lalr", lexer="contextual", maybe_placeholders=False)


class Unexpected(Exception):  # noqa: N818 - never leaves the package
    """The text stops to be well-formed at `position`, where one of `expected` would have been right."""

    def __init__(self, position: int, expected: Sequence[str]) -> None:
        super().__init__(position, expected)
        self.position = position
        self.expected = expected


def syntax_tree(text: str, dialect: Dialect) -> Tree[Token]:
    """The concrete syntax. Raises Unexpected."""
    parser = _parser(dialect)
    try:
        return cast("Tree[Token]", parser.parse(text))
    except UnexpectedInput as error:
        position = _position(error, text)
    sound = parser.parse_interactive(text[:position])
    sound.exhaust_lexer()
    accepted = sound.accepts()
    raise Unexpected(position, [words for name, words in _EXPECTED.items() if name in accepted])


def _position(error: Any, text: str) -> int:
    if isinstance(error, UnexpectedToken) and cast("Any", error).token.type == "$END":
        return len(text)
    return cast("int", error.pos_in_stream)
