"""The Argus client."""

from __future__ import annotations

from typing import Unpack

from tocsin.argus.auth import ArgusPassword, ArgusToken
from tocsin.argus.errors import judge
from tocsin.errors import ConfigError
from tocsin.service import Client, ClientOptions
from tocsin.transport.credentials import Credential, Token, check_secret


class ArgusClient(Client):
    """A client of one Argus server's API v2.

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
            judge=judge,
            credential=credential,
            token=given,
            exchange=given is not None and given.expires_at is None and options.get("on_token") is not None,
            options=options,
        )

    def _bind(self) -> None: ...
