"""Exit codes, which scripts can rely on."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.errors import AuthError, ConfigError, ForbiddenError, NotSupported, TocsinError
from tocsin.export import Result

FINE = 0
PARTIAL = 1
USAGE = 2
REFUSED = 3
UNREACHABLE = 4
INTERRUPTED = 130
TERMINATED = 143
PIPE = 141

HELP = """\
Exit codes: 0 all is well; 1 some of it failed, or for different reasons, and what arrived is kept; 2 the
command or the configuration is wrong, nothing was sent; 3 signing in was refused everywhere; 4 no server
gave a usable answer; 130 and 143 stopped by SIGINT and SIGTERM, what arrived is kept."""


def of_error(error: Exception) -> int:
    """For a command that `error` ended."""
    if isinstance(error, ConfigError | NotSupported):
        return USAGE
    return REFUSED if isinstance(error, AuthError | ForbiddenError) else UNREACHABLE


def of_outcome(*, fine: bool, anything: bool, errors: Sequence[Exception]) -> int:
    """For a command that does many things: whether all went well, and whether any did.

    Where nothing did, the code is that of all errors if they agree.
    """
    if fine:
        return FINE
    codes = {of_error(error) for error in errors if isinstance(error, TocsinError)}
    others = [error for error in errors if not isinstance(error, TocsinError)]
    return PARTIAL if anything or others or len(codes) != 1 else codes.pop()


def of_results(results: Sequence[Result]) -> int:
    """For an export."""
    return of_outcome(
        fine=all(result.complete for result in results),
        anything=any(result.rows or (not result.unfinished and result.partitions) for result in results),
        errors=[error for result in results for error in result.errors],
    )
