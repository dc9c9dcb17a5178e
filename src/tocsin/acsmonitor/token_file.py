"""A file that holds a token, as command line tools keep it: ``~/.config/acsmon/token``, for its owner alone."""

from __future__ import annotations

import os
from contextlib import suppress
from inspect import isawaitable
from pathlib import Path

from attrs import frozen

from tocsin.errors import ConfigError
from tocsin.profiles import secret_in_file
from tocsin.transport.credentials import OnToken, Token

#: Where the vendor has command line tools keep a token.
DEFAULT = "~/.config/acsmon/token"


@frozen
class TokenFile:
    """The file at a path; "~" is the user's home."""

    path: Path

    @classmethod
    def at(cls, path: str | os.PathLike[str]) -> TokenFile:
        """Raises ConfigError for what is no path."""
        if not isinstance(path, str | os.PathLike) or not str(path):
            raise ConfigError(f"token_file must be a path, not {path!r}")
        try:
            return cls(Path(path).expanduser())
        except RuntimeError as error:  # "~somebody", and there is no such user
            why = str(error)
        raise ConfigError(f"token_file: {path} cannot be found ({why})")

    def read(self) -> str | None:
        """The token; None where there is no file, or nothing in it. Blocks.

        Raises ConfigError for a file that is open to other users, or cannot be read.
        """
        with suppress(OSError):  # what keeps it from being read is told below
            if not self.path.exists():
                return None
        return secret_in_file(self.path, "token_file") or None

    def write(self, token: Token) -> None:
        """Put a token in place of what is there, all at once; a link to it stays one. Blocks.

        Raises ConfigError where that cannot be done.
        """
        import tempfile

        path = Path(os.path.realpath(self.path))
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".token-", dir=path.parent)  # open to its owner alone
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(token.value + "\n")
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            why = error.strerror
        else:
            return
        raise ConfigError(f"token_file: {self.path} cannot be written ({why})")

    def keeper(self, on_token: OnToken | None) -> OnToken:
        """Writes each new token, and then tells `on_token`."""

        async def keep(token: Token) -> None:
            from anyio.to_thread import run_sync

            await run_sync(self.write, token)
            if on_token is not None:
                told = on_token(token)
                if isawaitable(told):
                    await told

        return keep
