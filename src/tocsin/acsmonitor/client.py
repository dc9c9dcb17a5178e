"""The ACS Monitor client."""

from __future__ import annotations

from os import PathLike
from typing import Any, Self, Unpack

from tocsin.acsmonitor.account import AccountService
from tocsin.acsmonitor.alert_channels import AlertChannelService
from tocsin.acsmonitor.alert_rules import AlertRuleService
from tocsin.acsmonitor.auth import AcsPassword, given_token
from tocsin.acsmonitor.dashboards import DashboardService, WidgetService
from tocsin.acsmonitor.devices import DeviceService
from tocsin.acsmonitor.discovery import DiscoveryService
from tocsin.acsmonitor.errors import judge_at
from tocsin.acsmonitor.events import AlertEventService, MonitorEventService
from tocsin.acsmonitor.mibs import MibService
from tocsin.acsmonitor.monitors import MonitorService
from tocsin.acsmonitor.oids import OidService
from tocsin.acsmonitor.records import AnyResource, Collection, any_resource
from tocsin.acsmonitor.roles import RoleService
from tocsin.acsmonitor.snmp_traps import SnmpTrapService
from tocsin.acsmonitor.system import SystemService
from tocsin.acsmonitor.token_file import DEFAULT, TokenFile
from tocsin.acsmonitor.tools import ToolService
from tocsin.acsmonitor.webhooks import IngestService, WebhookService
from tocsin.errors import ConfigError
from tocsin.options import CallOptions, Rate
from tocsin.profiles import Setting, from_environment
from tocsin.service import Client, ClientOptions, check_base_url
from tocsin.transport.credentials import Credential, Token, check_secret

_API = "/api/v1"


class AcsMonitorClient(Client):
    """A client of one ACS Monitor's API v1.

    Its service objects: `devices`, `monitors`, `alert_events` and `monitor_events`, which give models; and
    `alert_channels`, `alert_rules`, `dashboards`, `device_groups`, `discovery`, `mibs`, `monitor_alert_rules`,
    `monitor_groups`, `oids`, `roles`, `snmp_traps`, `system`, `tools`, `users`, `webhooks` (of a device),
    `widgets`, and `resource` for any other path, which give JSON objects: the API publishes no fields for them.

    The server takes 60 requests a minute from a user, and 6 sign-ins, which the client keeps by itself
    (``limits=Limits(rate=…)`` for a server with another limit). All that a user runs share them.

    Args:
        base_url: the root, ``https://monitoring.example.com``; ``/api/v1`` is added where it is not there.
        email, password: signs in with the first call, and once more whenever the server refuses the token.
        token: a token, as text or as the `Token` that `on_token` was given. With an e-mail address and a password,
            it is used until the server refuses it; alone, it is all there is.
        token_file: a file that holds the token, as command line tools want it; "~" is the user's home. It is read
            now where no `token` is given, which blocks, and each new token is written to it, for its owner alone.
            A file that others can read is refused. It need not be there with an e-mail address and a password.

    Raises ConfigError for an address or credentials that cannot work.
    """

    backend = "acsmonitor"
    settings = (
        Setting("base_url", "ACSMON_BASE_URL"),
        Setting("token", "ACSMON_TOKEN", secret=True),
        Setting("token_file", "ACSMON_TOKEN_FILE", path=True),
        Setting("email", "ACSMON_EMAIL"),
        Setting("password", "ACSMON_PASSWORD", secret=True),
    )
    _rate = Rate(60)
    _sign_in_rate = Rate(6)

    def __init__(
        self,
        base_url: str,
        *,
        email: str | None = None,
        password: str | None = None,
        token: str | Token | None = None,
        token_file: str | PathLike[str] | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        root = check_base_url(base_url)
        address = root if root.endswith(_API) else root + _API
        if (email is None) != (password is None):
            raise ConfigError("AcsMonitorClient takes email= and password= together")
        file = None if token_file is None else TokenFile.at(token_file)
        if token is None and file is not None:
            token = file.read()
        given = token if isinstance(token, Token) or token is None else Token(token)
        if given is not None:
            check_secret("token", given.value)
        credential: Credential
        if email is not None and password is not None:
            credential = AcsPassword(email, password)
        elif given is not None:
            credential = given_token()
        elif file is not None:
            raise ConfigError(
                f"token_file: there is no token in {file.path}; AcsMonitorClient takes token=, or email= and "
                "password=, besides"
            )
        else:
            raise ConfigError("AcsMonitorClient takes token=, token_file=, or email= and password=")
        if file is not None:
            options["on_token"] = file.keeper(options.get("on_token"))
        super().__init__(address, judge=judge_at(address), credential=credential, token=given, options=options)

    @classmethod
    def from_env(cls, **options: Unpack[ClientOptions]) -> Self:
        """A client from ACSMON_BASE_URL, and ACSMON_TOKEN, ACSMON_TOKEN_FILE, or ACSMON_EMAIL and ACSMON_PASSWORD.

        The token goes before the file; with an e-mail address and a password besides, it is replaced when it is
        refused. Where none of them is set, ``~/.config/acsmon/token`` is the file. It is read now, which blocks.

        Raises ConfigError where they are not enough.
        """
        values = from_environment(cls.settings)
        if not values.keys() & {"token", "token_file", "email", "password"}:
            values["token_file"] = DEFAULT
        return cls._from_settings(values, options, {setting.name: setting.env for setting in cls.settings})

    def _bind(self) -> None:
        pipeline = self._pipeline
        self._account = AccountService(pipeline)
        self._ingest = IngestService(pipeline)
        self.devices = DeviceService(pipeline)
        self.monitors = MonitorService(pipeline)
        self.alert_events = AlertEventService(pipeline)
        self.monitor_events = MonitorEventService(pipeline)
        self.alert_channels = AlertChannelService(pipeline, "alert-channels")
        self.system = SystemService(pipeline)
        self.device_groups = Collection(pipeline, "device-groups")
        self.oids = OidService(pipeline, "oids")
        self.snmp_traps = SnmpTrapService(pipeline, "snmp-traps")
        self.monitor_groups = Collection(pipeline, "monitor-groups")
        self.alert_rules = AlertRuleService(pipeline, "alert-rules")
        self.monitor_alert_rules = Collection(pipeline, "monitor-alert-rules")
        self.mibs = MibService(pipeline, "mibs")
        self.discovery = DiscoveryService(pipeline, "discovery")
        self.dashboards = DashboardService(pipeline, "dashboards")
        self.widgets = WidgetService(pipeline, "widgets")
        self.users = Collection(pipeline, "users")
        self.roles = RoleService(pipeline, "roles")
        self.tools = ToolService(pipeline, "tools")

    def webhooks(self, device_id: int) -> WebhookService:
        """The webhooks of a device."""
        return WebhookService(self._pipeline, "devices", device_id, "webhooks")

    def resource(self, path: str) -> AnyResource:
        """What is below a path, for what the API has besides: ``acs.resource("any/path").list()``."""
        return any_resource(self._pipeline, path)

    async def login(self, **call: Unpack[CallOptions]) -> Token:
        """Sign in now, and use the new token from now on; `on_token` is told. ``.value`` is its text.

        It need not be called: the first call signs in by itself.

        Raises AuthError for an e-mail address or password that the server refuses, and where there is none.
        """
        return await self._account.login(**call)

    async def logout(self, **call: Unpack[CallOptions]) -> None:
        """Revoke the token in use, and forget it; a token file is left as it is.

        With an e-mail address and a password the next call signs in again; else it is an AuthError.
        """
        await self._account.logout(**call)

    async def me(self, **call: Unpack[CallOptions]) -> dict[str, Any]:
        """The user that this client signs in as, with roles and permissions; the form of it is not published.

        Any user may ask for it, so it tells whether one is let in.
        """
        return await self._account.me(**call)

    async def webhook_ingest(self, token: str, body: object, **call: Unpack[CallOptions]) -> dict[str, Any]:
        """Report to a webhook, which keeps any JSON value; signs nothing, and needs no permission.

        It is not sent again where it is unknown whether it arrived.

        Args:
            token: the webhook's own, of at least 6 characters; it stands in the URL, and is shown nowhere.
        """
        report = self._ingest.report(token, body)
        del token  # an error's traceback keeps this frame
        return await self._ingest.send(report, call)
