"""What a Monasca server says of itself. Seen on monasca-api 11.0.0; versions are alike in the specification of
2014."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import field

from tocsin.monasca.resource import Link
from tocsin.transport.codec import Model


class Version(Model, frozen=True):
    """A version of the API.

    Attributes:
        id: "v2.0".
        status: CURRENT, for one.
        updated: when it was, aware, in UTC.
    """

    id: str
    status: str = ""
    updated: datetime | None = None
    links: tuple[Link, ...] = ()


class Health(Model, frozen=True):
    """How a server is.

    Attributes:
        healthy: what it says itself.
        parts: "OK" or what is wrong, by part: "kafka", "alarms_database", "metrics_database".
    """

    healthy: bool
    parts: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def unhealthy(self) -> Mapping[str, str]:
        """What is wrong, by part."""
        return {name: said for name, said in self.parts.items() if said != "OK"}
