"""The command line; `tocsin --help` tells of it. Needs the `cli` extra."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that the arguments name; ends the process with its exit code."""
    try:
        from tocsin.cli.app import run
    except ModuleNotFoundError as error:
        if error.name not in {"click", "rich"}:
            raise
        sys.exit(f'the command line needs {error.name}, an optional dependency: pip install "tocsin[cli]"')
    sys.exit(run())
