"""Configuration files with a profile of a Monasca, whose password is in an environment variable."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.cli.profile_text import ONCE, profile_text

#: The variable that holds the password.
PASSWORD = "PASSWORD_OF_CLOUD"


def write_config(folder: Path, settings: Mapping[str, str], retry: str = ONCE) -> str:
    """The path of a file with the profile "cloud"."""
    path = folder / "tocsin.toml"
    path.write_text(profile_text("cloud", "monasca", settings, {"password": PASSWORD}, retry=retry))
    return str(path)
