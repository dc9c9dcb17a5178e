"""The command group, its options, and how errors end it."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin._version import __version__
from tocsin.cli import exits
from tocsin.errors import TocsinError

#: By name, where a command is defined.
_COMMANDS = {
    "alarms": "lists:alarms",
    "check": "check:command",
    "demo": "demo:command",
    "export": "export:command",
    "logs": "lists:logs",
    "metrics": "lists:metrics",
    "notification-methods": "lists:notification_methods",
    "simulate": "simulate:command",
}


class _Commands(click.Group):
    """Loads a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"tocsin.cli.{module}"), name)
        return command


@click.group(cls=_Commands, epilog=exits.HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tocsin", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Export monitoring systems in bulk, side by side and resumably; try `tocsin demo`."""


if TYPE_CHECKING:
    _TimeType = click.ParamType[datetime]
else:
    _TimeType = click.ParamType  # generic since click 8.4


class AwareTime(_TimeType):
    """A time with its zone, as RFC 3339 writes it."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """A datetime; fails for what is none, and for one without a zone."""
        try:
            when = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time; write it like 2026-01-31T12:00:00Z", param, ctx)
        if when.tzinfo is None:
            self.fail(f"{value!r} has no zone; write it like 2026-01-31T12:00:00Z or …+01:00", param, ctx)
        return when


#: `--config`, for the commands that read profiles.
config_option = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file with the profiles; by default TOCSIN_CONFIG, else tocsin.toml in your config folder.",
)


def run(args: Sequence[str] | None = None) -> int:
    """Run a command; gives the exit code, and prints errors as one line."""
    arguments = list(sys.argv[1:] if args is None else args)
    try:
        code = cli.main(arguments, prog_name="tocsin", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return exits.USAGE
    except (click.Abort, KeyboardInterrupt):
        return exits.INTERRUPTED
    except (TocsinError, OSError) as error:
        if "--debug" in arguments:
            traceback.print_exc()
        click.echo(f"Error: {error}", err=True)
        return exits.of_error(error) if isinstance(error, TocsinError) else exits.PARTIAL
    return code if isinstance(code, int) else exits.FINE
