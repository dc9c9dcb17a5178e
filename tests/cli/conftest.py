"""A simulated Argus with a profile for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.profile_text import profile_text

from tocsin.simulator import Simulator

#: Writes a configuration file: a base URL and a token for each profile named.
Configure = Callable[..., str]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TOCSIN_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing-here"))


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """An Argus with 1,200 incidents."""
    with Simulator(["argus"], scale=2) as running:
        yield running


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """`configure(noc=(base_url, token))` gives the path of the file."""

    def write(**profiles: tuple[str, str]) -> str:
        path = tmp_path / "tocsin.toml"
        for name, (base_url, token) in profiles.items():
            monkeypatch.setenv(f"TOKEN_OF_{name}", token)
            with path.open("a") as file:
                secrets = {"token": f"TOKEN_OF_{name}"}
                file.write(profile_text(name, "argus", {"base_url": base_url}, secrets))
        return str(path)

    return write


@pytest.fixture
def config(sim: Simulator, configure: Configure) -> str:
    """A configuration file with the profile "noc" for the simulator."""
    endpoint = sim.endpoints["argus"]
    return configure(noc=(endpoint["base_url"], endpoint["token"]))
