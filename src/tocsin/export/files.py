"""Files that are either whole or not there, whenever the process or the machine stops."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from tocsin.errors import ConfigError

TEMPORARY = ".tmp"


def temporary(path: Path) -> Path:
    """Where a file is written before it is whole."""
    return path.with_name(path.name + TEMPORARY)


def settle(file: IO[bytes], path: Path) -> None:
    """Close the temporary `file` of `path` and give it its name, for good."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
    temporary(path).replace(path)
    sync_folder(path.parent)


def write(path: Path, content: bytes) -> None:
    """Put a whole file in place of what was there."""
    with temporary(path).open("wb") as file:
        file.write(content)
        settle(file, path)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are not there, for good."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make new names in a folder last; where the system cannot, it needs no telling."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Lock:
    """Keeps a folder to one process; the system lets go of it when the process ends, however that happens.

    Raises ConfigError when another process has it, and OSError where files cannot be locked.
    """

    def __init__(self, folder: Path) -> None:
        self._file = (folder / ".lock").open("ab")
        try:
            _lock(self._file)
        except _TAKEN:
            self._file.close()
            raise ConfigError(f"another export is writing to {folder}") from None
        except OSError:
            self._file.close()
            raise

    def release(self) -> None:
        """Let others in."""
        with suppress(OSError):
            self._file.close()


if sys.platform == "win32":
    import msvcrt

    _TAKEN = PermissionError

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    _TAKEN = BlockingIOError

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
