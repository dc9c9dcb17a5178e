"""The servers that the cases are put to: the simulator, and the real one."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from tests.conformance.monasca.lab import ROLES, World
from tests.servers.monasca import RealMonasca

from tocsin.simulator import Simulator


@contextmanager
def simulated() -> Generator[World]:
    """The simulator, with nothing in it but its users."""
    with Simulator(["monasca"], scale=0) as simulator:
        state, endpoint = simulator.monasca, simulator.endpoints["monasca"]
        state.clear()
        keystone = state.keystone

        def add_alarms(
            definition_id: str, count: int = 3, *, states: tuple[str, ...], metric: str, host: str
        ) -> list[str]:
            definition, now = state.definitions[definition_id], state.now()
            return [
                state.add_alarm(
                    definition,
                    [(metric, {"hostname": f"{host}{number}", "service": "monitoring"})],
                    state=states[number % len(states)],
                    created_at=now + timedelta(milliseconds=number),
                ).id
                for number in range(count)
            ]

        yield World(
            endpoint["base_url"],
            endpoint["keystone_url"],
            {name: project.id for name, project in keystone.projects.items()},
            {name: user.password for name, user in keystone.users.items()},
            {role: keystone.sign_in(*_who(role)) for role in ROLES},
            add_alarms,
        )


def real(server: RealMonasca) -> World:
    """A real server that runs."""
    return World(
        server.base_url,
        server.keystone_url,
        server.project_ids,
        {name: user.password for name, user in server.users.items()},
        {role: server.issue_token(*_who(role)) for role in ROLES},
        server.insert_alarms,
    )


def _who(role: str) -> tuple[str, str]:
    """A role's user and project."""
    return ("demo", "demo2") if role == "demo2" else (role, "demo")
