"""Profiles as a configuration file has them."""

from __future__ import annotations

import json
from collections.abc import Mapping

#: No call is made twice, however it fails.
ONCE = "{ attempts = 1 }"


def profile_text(
    name: str,
    backend: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    *,
    retry: str = ONCE,
    limits: str = "",
) -> str:
    """The table of a profile.

    Args:
        secrets: the environment variables that hold them, by what they are called.
        retry, limits: as TOML.
    """
    lines = [f"[profiles.{name}]", f'backend = "{backend}"', f"retry = {retry}"]
    lines += [f"limits = {limits}"] if limits else []
    lines += [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    lines += [f'{key} = {{ env = "{variable}" }}' for key, variable in secrets.items()]
    return "\n".join([*lines, ""])
