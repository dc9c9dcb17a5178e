"""The Monasca client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Self, Unpack, cast

from attrs import evolve

from tocsin.errors import ConfigError, NotSupported, StatusError
from tocsin.monasca.alarm_definitions import AlarmDefinitionService
from tocsin.monasca.alarms import AlarmService
from tocsin.monasca.auth import KeystoneCredential, Place, revocation, root_of, with_version
from tocsin.monasca.cloud import KeystoneCloud
from tocsin.monasca.dialect import Dialect, Speech
from tocsin.monasca.errors import judge
from tocsin.monasca.keystone import IDENTITY_SETTINGS, KeystoneAuth, identity
from tocsin.monasca.logs import LogService
from tocsin.monasca.metrics import MetricService
from tocsin.monasca.models.versions import Health
from tocsin.monasca.notification_methods import NotificationMethodService
from tocsin.monasca.versions import RootService, VersionService
from tocsin.options import CallOptions
from tocsin.profiles import Setting
from tocsin.service import Client, ClientOptions
from tocsin.transport.credentials import Credential, FixedToken, Token, check_secret

#: Settings that are keywords of the client as they stand.
_OWN = ("base_url", "dialect", "region_name", "interface")


class MonascaClient(Client):
    """A client of one Monasca API v2.0, signed in by Keystone.

    Its service objects: `metrics`, `notification_methods`, `alarm_definitions`, `alarms`, `logs`, `versions`.

    Args:
        base_url: with the API's version, ``https://monasca.example.org:8070/v2.0``; None looks it up in Keystone's
            catalog at the first call.
        auth: a `KeystonePassword`, `KeystoneApplicationCredential`, `KeystoneToken`, or a `KeystoneCloud` of
            ``clouds.yaml``.
        token: instead of it, a token of Keystone as it is; it is never renewed, and needs a base_url.
        dialect: "current"; "2014" for servers that speak as the specification of 2014 has it; "auto" asks the
            server once.
        region_name, interface: which endpoint of the catalog; by default the only region's, and "public".

    Raises ConfigError for an address or credentials that cannot work.
    """

    backend = "monasca"
    settings = (
        Setting("base_url", "MONASCA_API_URL"),
        Setting("dialect", "MONASCA_DIALECT"),
        Setting("cloud", "OS_CLOUD"),
        Setting("auth_type", "OS_AUTH_TYPE"),
        Setting("region_name", "OS_REGION_NAME"),
        Setting("interface", "OS_INTERFACE"),
        *[Setting(name, f"OS_{name.upper()}", secret) for name, secret in IDENTITY_SETTINGS.items()],
    )

    def __init__(
        self,
        base_url: str | None = None,
        *,
        auth: KeystoneAuth | KeystoneCloud | None = None,
        token: str | Token | None = None,
        dialect: str = "current",
        region_name: str | None = None,
        interface: str | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        place = Place(interface, region_name)
        credential: Credential
        given: Token | None = None
        if token is not None and auth is None:
            if base_url is None:
                raise ConfigError("MonascaClient with token= needs base_url: there is no catalog to find it in")
            given = token if isinstance(token, Token) else Token(token)
            check_secret("token", given.value)
            credential = FixedToken("X-Auth-Token")
        elif isinstance(auth, KeystoneAuth | KeystoneCloud) and token is None:
            credential = KeystoneCredential(
                auth,
                place,
                options.keys(),
                look_up=base_url is None,
                keystone_at=self._keystone_at,
                monasca_at=self._monasca_at,
            )
        else:
            raise ConfigError("MonascaClient takes either token=, or auth= with a KeystonePassword or the like")
        self._speech = Speech(dialect)
        self._revocable = auth is not None
        super().__init__(
            with_version(base_url) if base_url is not None else None,
            judge=judge,
            credential=credential,
            sign_in_url="",
            token=given,
            options=options,
        )
        # Above the API's version lie the versions and the server's health: another address, in the same lane.
        self._root = self._links[0].at(root_of(self.base_url))
        self._links.append(self._root)
        where = auth.cloud if isinstance(auth, KeystoneCloud) else auth.auth_url if auth is not None else ""
        self._address = self.base_url or " ".join(filter(None, (where, region_name, interface)))

    @classmethod
    def _from_settings(
        cls, values: Mapping[str, str], options: Mapping[str, object], called: Mapping[str, str]
    ) -> Self:
        """A cloud of clouds.yaml goes before all else that says who one is; a token alone is used as it is."""
        make = cast("Callable[..., Self]", cls)
        own = {name: values[name] for name in _OWN if name in values}
        said = {name: value for name, value in values.items() if name in IDENTITY_SETTINGS}
        if "cloud" in values:
            return make(auth=KeystoneCloud(values["cloud"]), **own, **options)
        if said.keys() == {"token"} and "base_url" in own:
            return make(token=said["token"], **own, **options)
        auth = identity(said, values.get("auth_type"), called.__getitem__)
        return make(auth=auth, **own, **options)

    def _keystone_at(self, auth_url: str) -> None:
        self._links[1].place(auth_url)

    def _monasca_at(self, base_url: str) -> None:
        self._links[0].place(base_url)
        self._root.place(root_of(base_url))

    def _bind(self) -> None:
        pipeline = self._pipeline = evolve(self._pipeline, prepare=self._speech.prepare)
        self.metrics = MetricService(pipeline, self._speech)
        self.notification_methods = NotificationMethodService(pipeline, self._speech)
        self.alarm_definitions = AlarmDefinitionService(pipeline, self._speech)
        self.alarms = AlarmService(pipeline, self._speech)
        self.logs = LogService(pipeline, self._speech)
        self.versions = VersionService(pipeline, self._speech, lambda: self._root)

    @property
    def address(self) -> str:
        """The base URL; of a client that looks it up, where it does."""
        return self._address

    @property
    def dialect(self) -> Dialect | None:
        """The server's dialect; None as long as it is to be found out."""
        return self._speech.found

    async def find_dialect(self) -> Dialect:
        """The server's dialect, for which it is asked now if need be. Raises as requests do."""
        return await self._speech.dialect(self._pipeline)

    async def health(self, *, parts: bool = True, **call: Unpack[CallOptions]) -> Health:
        """How the server is: it looks after its parts now. Needs no token, and none is sent.

        A client without a base URL signs in first, if it has not yet, to learn where the server is.

        Args:
            parts: False asks only whether the API itself answers.

        Raises NotSupported where the server is known to speak the 2014 dialect, which has no such call.
        """
        return await RootService(self._pipeline, self._root).health(self._speech, call, parts=parts)

    async def sign_out(self, **call: Unpack[CallOptions]) -> None:
        """Revoke the token in use, for all who have it; the next call signs in again.

        There is nothing to do where there is no token, or where it has ended already. Servers that keep in mind
        which tokens are good (300 s by default) take it for as long.

        Raises NotSupported for a client made with token=, which could not sign in again; else as requests do, and
        then the token stays in use.
        """
        tokens = self._pipeline.tokens
        if not self._revocable or tokens is None:
            raise NotSupported("a client made with token= does not sign out: the token is not its own")
        token = tokens.current
        if token is None:
            return
        try:
            await self._sign_in.send(revocation(token), **call)
        except StatusError as error:
            # A token that has ended is not even known to itself: 401; to others it is 404 (Keystone 30.0.0).
            if error.status not in {401, 404}:
                raise
        if tokens.current is token:
            tokens.forget()
