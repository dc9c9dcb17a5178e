"""Configuration files with a profile of a Monasca, whose password is in an environment variable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

#: The variable that holds the password.
PASSWORD = "PASSWORD_OF_CLOUD"


def write_config(folder: Path, settings: Mapping[str, str], retry: str = "{ attempts = 1 }") -> str:
    """The path of a file with the profile "cloud"."""
    lines = ["[profiles.cloud]", 'backend = "monasca"', f"retry = {retry}"]
    lines += [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    lines += [f'password = {{ env = "{PASSWORD}" }}', ""]
    path = folder / "tocsin.toml"
    path.write_text("\n".join(lines))
    return str(path)
