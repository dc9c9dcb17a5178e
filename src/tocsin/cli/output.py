"""What a command prints.

Results go to stdout, as a table on a terminal and as NDJSON elsewhere; progress and remarks go to stderr.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import click
import msgspec

from tocsin.cli import exits
from tocsin.export import Progress, Result

Row = Mapping[str, Any]
#: Seconds between two lines of progress, where there is no terminal.
EVERY = 5.0
#: Columns that a table leaves out where no row has anything in them.
_RARE = {"bad_rows", "errors"}


def show(rows: Sequence[Row]) -> None:
    """Print rows, at least one, that all have the same keys."""
    try:
        if sys.stdout.isatty():
            _show_table(rows)
        else:
            for row in rows:
                print(msgspec.json.encode(row).decode())  # noqa: T201 - this is where commands print
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us has gone; what is still in the buffer must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(exits.PIPE) from None


def _show_table(rows: Sequence[Row]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    names = [name for name in rows[0] if name not in _RARE or any(row[name] for row in rows)]
    for name in names:
        number = isinstance(rows[0][name], int | float) and not isinstance(rows[0][name], bool)
        long = name in {"detail", "errors"}
        table.add_column(
            name.replace("_", " "),
            justify="right" if number else "left",
            overflow="fold" if long else "ellipsis",
            no_wrap=not long,
        )
    for row in rows:
        table.add_row(*[Text(_cell(row[name])) for name in names])
    Console().print(table)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] # any
    return "" if value is None else str(value)


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
            tell(", ".join([_line(name, parts) for name, parts in self._rows.items()]))

    def _move(self, name: tuple[str, str], parts: Mapping[str, Progress]) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task("/".join(name), total=None)
        rows, total, done = _sums(parts)
        self._bars.update(self._tasks[name], completed=rows, total=rows if done else total)


def _line(name: tuple[str, str], parts: Mapping[str, Progress]) -> str:
    rows, total, done = _sums(parts)
    of = f" of {total:,}" if total is not None and not done else ""
    return f"{'/'.join(name)} {rows:,}{of} rows{' (done)' if done else ''}"


def _sums(parts: Mapping[str, Progress]) -> tuple[int, int | None, bool]:
    """Rows, the number there should be if every partition knows its own, and whether all are done."""
    totals = [each.total for each in parts.values() if each.total is not None]
    total = sum(totals) if len(totals) == len(parts) else None
    return sum(each.rows for each in parts.values()), total, all(each.done for each in parts.values())
