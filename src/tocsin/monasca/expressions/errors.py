"""What is said of a text that is no alarm expression, or of one that the server would take for another."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.errors import InputError

#: How much of a line an error shows on each side of the position, in characters.
_SHOWN = 50


class ExpressionError(InputError):
    """A text that cannot be an alarm expression, with the place. Nothing was sent.

    Attributes:
        text: the whole text.
        position: the offset of the trouble in it, from 0; its length if the text ends too early.
        line: the line of the position, from 1.
        column: the column of the position in its line, from 1.
        expected: what would have been right there; empty where the trouble is of another kind.
    """

    def __init__(self, why: str, *, text: str, position: int, expected: Sequence[str] = ()) -> None:
        before = text[:position]
        self.text = text
        self.position = position
        self.line = before.count("\n") + 1
        self.column = position - before.rfind("\n")
        self.expected = tuple(expected)
        if expected:
            why = f"{why}, expected {_either(self.expected)}"
        where = f"line {self.line}, column {self.column}" if "\n" in text else f"column {self.column}"
        super().__init__(f"alarm expression, {where}: {why}\n{_pointed_at(text, position)}")


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _pointed_at(text: str, position: int) -> str:
    """The line around the position, and below it a caret."""
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    first = max(start, position - _SHOWN)
    shown = text[first : min(len(text) if end < 0 else end, position + _SHOWN)]
    printable = "".join([char if char.isprintable() else " " for char in shown])
    return f"    {printable.rstrip()}\n    {' ' * (position - first)}^"
