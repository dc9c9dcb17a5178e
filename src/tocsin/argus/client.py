"""The Argus client."""

from __future__ import annotations

import re
from typing import Any, Unpack

from attrs import evolve

from tocsin.argus.auth import ArgusPassword, ArgusToken
from tocsin.argus.destinations import DestinationService
from tocsin.argus.errors import judge_at
from tocsin.argus.filters import FilterService
from tocsin.argus.incidents import IncidentService
from tocsin.argus.media import MediaService
from tocsin.argus.models import Metadata
from tocsin.argus.notification_profiles import NotificationProfileService
from tocsin.argus.planned_maintenance import PlannedMaintenanceService
from tocsin.argus.server import ServerService
from tocsin.argus.sources import SourceService, SourceTypeService
from tocsin.argus.timeslots import TimeslotService
from tocsin.argus.tokens import TokenService
from tocsin.argus.users import UserService
from tocsin.errors import ConfigError
from tocsin.options import CallOptions
from tocsin.profiles import Setting
from tocsin.service import Client, ClientOptions, check_base_url
from tocsin.transport.credentials import Credential, Token, check_secret


class ArgusClient(Client):
    """A client of one Argus server's API v2.

    Its service objects: `incidents`, `sources`, `source_types`, `notification_profiles`, `filters`, `timeslots`,
    `destinations`, `media`, `planned_maintenance`, `users`, `tokens`.

    Args:
        base_url: with the API's version: ``https://argus.example.org/api/v2``.
        token: a token, as text or as the `Token` that `on_token` was given. Argus renews a token only while it
            works; so it is exchanged ahead of its expiry, if that is known. Of a token given as text it is not:
            with `on_token`, which keeps the new one, it is exchanged at the first call; without, it is used
            for as long as it lasts (Argus gives 10 hours by default).
        username, password: instead of a token; signs in again whenever it must.

    Raises ConfigError for an address or credentials that cannot work.
    """

    backend = "argus"
    settings = (
        Setting("base_url", "ARGUS_URL"),
        Setting("token", "ARGUS_TOKEN", secret=True),
        Setting("username", "ARGUS_USERNAME"),
        Setting("password", "ARGUS_PASSWORD", secret=True),
    )

    def __init__(
        self,
        base_url: str,
        *,
        token: str | Token | None = None,
        username: str | None = None,
        password: str | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        credential: Credential
        given: Token | None = None
        if token is not None and username is None and password is None:
            given = token if isinstance(token, Token) else Token(token)
            check_secret("token", given.value)
            credential = ArgusToken(given)
        elif token is None and username is not None and password is not None:
            credential = ArgusPassword(username, password)
        else:
            raise ConfigError("ArgusClient takes either token=, or username= and password=")
        super().__init__(
            base_url,
            judge=judge_at(check_base_url(base_url)),
            credential=credential,
            token=given,
            exchange=given is not None and given.expires_at is None and options.get("on_token") is not None,
            options=options,
        )
        # The server's metadata lies above the API's version: another address, in the same lane.
        self._root = self._links[0].at(re.sub(r"/v[0-9]+$", "", self.base_url))
        self._links.append(self._root)

    def _bind(self) -> None:
        pipeline = self._pipeline
        self.incidents = IncidentService(pipeline)
        self.sources = SourceService(pipeline)
        self.source_types = SourceTypeService(pipeline)
        self.notification_profiles = NotificationProfileService(pipeline)
        self.filters = FilterService(pipeline)
        self.timeslots = TimeslotService(pipeline)
        self.destinations = DestinationService(pipeline)
        self.media = MediaService(pipeline)
        self.planned_maintenance = PlannedMaintenanceService(pipeline)
        self.users = UserService(pipeline)
        self.tokens = TokenService(pipeline)

    async def metadata(self, **call: Unpack[CallOptions]) -> Metadata:
        """What the server says of itself, its version for one. Needs no token, and none is sent."""
        return await ServerService(evolve(self._pipeline, link=self._root)).metadata(call)

    async def schema(self, **call: Unpack[CallOptions]) -> dict[str, Any]:
        """The OpenAPI schema of the API v2, as the server has it."""
        return await ServerService(self._pipeline).schema(call)

    async def stable_schema(self, **call: Unpack[CallOptions]) -> dict[str, Any]:
        """The OpenAPI schema of the version that the server calls stable."""
        return await ServerService(evolve(self._pipeline, link=self._root)).schema(call)
