"""The command line; `tocsin --help` tells of it. Needs the `cli` extra."""

from __future__ import annotations

import sys
from importlib import import_module


def main() -> None:
    """Run the command that the arguments name; ends the process with its exit code."""
    for name in ("click", "rich"):
        try:
            import_module(name)
        except ModuleNotFoundError:
            needs = f'the command line needs {name}, an optional dependency: pip install "tocsin[cli]"'
            print(needs, file=sys.stderr)  # noqa: T201 - there is nothing else to tell it with
            sys.exit(2)
    from tocsin.cli.app import run

    sys.exit(run())
