"""What a command prints.

Results go to stdout, as a table on a terminal and as NDJSON elsewhere; progress and remarks go to stderr.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import click
import msgspec

from tocsin.cli import exits
from tocsin.export import Progress, Result
from tocsin.export.sinks import lines

Row = Mapping[str, Any]
#: Seconds between two lines of progress, where there is no terminal.
EVERY = 5.0
#: A time as APIs write it; a table has no room for parts of a second.
_TIME = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$")
#: How narrow a column may get, in characters.
_NARROWEST = 10
#: Columns that a table leaves out where no row has anything in them.
_RARE = {"bad_rows", "errors"}


def show(rows: Sequence[Row]) -> None:
    """Print rows, at least one, that all have the same keys; numbers in a table are counts and seconds."""
    if sys.stdout.isatty():
        _show_table(rows, _counted)
    else:
        _print_bytes(lines([msgspec.json.encode(row) for row in rows]))


def _print_bytes(text: bytes) -> None:
    with _unless_gone():
        print(text.decode(), end="", flush=True)  # noqa: T201 - this is where commands print


@contextmanager
def _unless_gone() -> Generator[None]:
    """End the command where whoever read us has gone."""
    try:
        yield
    except BrokenPipeError:
        # What is still in the buffer must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(exits.PIPE) from None


def _show_table(rows: Sequence[Row], number: Callable[[float], str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    names = [name for name in rows[0] if name not in _RARE or any(row[name] for row in rows)]
    cells = {name: [_cell(row[name], number) for row in rows] for name in names}
    widths = {name: max(len(name), *map(len, cells[name])) for name in names}
    console = Console()
    _fit(widths, console.width - 2 * len(names))
    for name in names:
        long = name in {"detail", "errors"}
        table.add_column(
            name.replace("_", " "),
            justify="right" if all(_is_number(row[name]) for row in rows) else "left",
            max_width=None if long else widths[name],
            overflow="fold" if long else "ellipsis",
            no_wrap=not long,
        )
    for row in zip(*cells.values(), strict=True):
        table.add_row(*map(Text, row))
    with _unless_gone():
        console.print(table)
        sys.stdout.flush()


def _fit(widths: dict[str, int], room: int) -> None:
    """Take from the widest columns what there is no room for: short ones tell most a character."""
    while sum(widths.values()) > room and (most := max(widths.values())) > _NARROWEST:
        widths[next(name for name, width in widths.items() if width == most)] -= 1


def _is_number(value: object) -> bool:
    """Whether it does not keep a column from being one of numbers."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _counted(value: float) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def _cell(value: object, number: Callable[[float], str]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] # any
    return "" if value is None else str(value)


class Listing:
    """Rows that come page by page: a table of some columns on a terminal, at its end, else NDJSON at once."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._table = list[Row]() if sys.stdout.isatty() else None

    def add(self, rows: Sequence[bytes]) -> None:
        """Take the rows of a page, each as JSON."""
        if self._table is None:
            _print_bytes(lines(rows))
        else:
            self._table += [self._cells(msgspec.json.decode(row)) for row in rows]

    def _cells(self, row: Row) -> Row:
        cells = {name: _at(row, name) for name in self._columns or row}
        return {
            name: _TIME.sub(r"\1 \2\3", cell) if isinstance(cell, str) else cell for name, cell in cells.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._table:
            _show_table(self._table, str)  # ids and what was measured, which nothing is to be left out of
        elif self._table is not None and kind is None:
            tell("None.")


def _at(row: Any, path: str) -> Any:
    """What stands at a path with dots; None where there is nothing."""
    for part in path.split("."):
        row = row.get(part) if isinstance(row, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] # any JSON
    return row  # pyright: ignore[reportUnknownVariableType] # any JSON


def tell(line: str) -> None:
    """Print a line to stderr."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is where commands print


def result_row(result: Result) -> dict[str, Any]:
    """An export's result as it is printed."""
    state = "complete" if result.complete else "partial" if result.rows else "failed"
    return {
        "profile": result.source,
        "resource": result.resource,
        "state": state,
        "rows": result.rows,
        "fetched": result.fetched,
        "bad_rows": result.bad_rows,
        "bytes": result.bytes,
        "seconds": round(result.seconds, 3),
        "errors": [f"{type(error).__name__}: {error}" for error in result.errors],
    }


class Display:
    """The progress of an export on stderr: bars on a terminal, else a line now and then."""

    def __init__(self) -> None:
        self._rows = dict[tuple[str, str], dict[str, Progress]]()
        self._told = time.monotonic()
        self._over = set[tuple[str, str]]()
        self._bars: Any = None
        self._tasks = dict[tuple[str, str], Any]()

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed:,.0f} rows"),
                TimeElapsedColumn(),
            )
            self._bars = Progress(*columns, console=Console(stderr=True))
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, progress: Progress) -> None:
        """Take notice of a partition's progress."""
        name = (progress.source, progress.resource)
        parts = self._rows.setdefault(name, {})
        parts[progress.partition] = progress
        if self._bars is not None:
            self._move(name, parts)
        elif time.monotonic() - self._told >= EVERY:
            self._told = time.monotonic()
            self._tell()

    def _tell(self) -> None:
        """One line of all but those that a line before has said are done."""
        over = {name for name, parts in self._rows.items() if _sums(parts)[2]}
        if news := [_line(name, parts) for name, parts in self._rows.items() if name not in over & self._over]:
            tell(", ".join(news))
        self._over = over

    def _move(self, name: tuple[str, str], parts: Mapping[str, Progress]) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task("/".join(name), total=None)
        rows, total, done = _sums(parts)
        self._bars.update(self._tasks[name], completed=rows, total=rows if done else total)
        if len(self._tasks) >= self._bars.console.height:
            # Of bars that are too many a terminal shows the first: let that be those that move.
            for each, task in self._tasks.items():
                self._bars.update(task, visible=not _sums(self._rows[each])[2])


def _line(name: tuple[str, str], parts: Mapping[str, Progress]) -> str:
    rows, total, done = _sums(parts)
    of = f" of {total:,}" if total is not None and not done else ""
    return f"{'/'.join(name)} {rows:,}{of} rows{' (done)' if done else ''}"


def _sums(parts: Mapping[str, Progress]) -> tuple[int, int | None, bool]:
    """Rows, the number there should be if every partition knows its own, and whether all are done."""
    totals = [each.total for each in parts.values() if each.total is not None]
    total = sum(totals) if len(totals) == len(parts) else None
    return sum(each.rows for each in parts.values()), total, all(each.done for each in parts.values())
