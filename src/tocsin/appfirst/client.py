"""The AppFirst client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self, Unpack

from tocsin.appfirst.account import AccountService
from tocsin.appfirst.alert_histories import AlertHistoryService
from tocsin.appfirst.alerts import AlertService
from tocsin.appfirst.applications import ApplicationService
from tocsin.appfirst.auth import EmailAndKey
from tocsin.appfirst.buckets import BucketService
from tocsin.appfirst.errors import judge
from tocsin.appfirst.logs import LogService
from tocsin.appfirst.maintenance_windows import MaintenanceWindowService
from tocsin.appfirst.polled_data import PolledDataService
from tocsin.appfirst.processes import ProcessService
from tocsin.appfirst.server_sets import ServerSetService
from tocsin.appfirst.server_tags import ServerTagService
from tocsin.appfirst.servers import ServerService
from tocsin.appfirst.users import UserService
from tocsin.errors import ConfigError
from tocsin.profiles import Setting
from tocsin.service import Client, ClientOptions


class AppFirstClient(Client):
    """A client of AppFirst's API version 5.

    Its service objects: `alerts`, `alert_histories`, `servers`, `server_tags`, `server_sets`, `applications`,
    `processes`, `polled_data`, `logs`, `maintenance_windows`, `users`, `buckets`, `account`.

    Args:
        base_url: with ``/api`` and without a version, which a header chooses: ``https://wwws.appfirst.com/api``,
            or that of a pod, ``https://pod3.appfirst.com/api``.
        email: of the account's owner.
        api_key: as it stands under Administration, Profile.

    Raises ConfigError for an address or credentials that cannot work.
    """

    backend = "appfirst"
    settings = (
        Setting("base_url", "APPFIRST_BASE_URL"),
        Setting("email", "APPFIRST_EMAIL"),
        Setting("api_key", "APPFIRST_API_KEY", secret=True),
    )
    _headers: Mapping[str, str] = {"accept": "application/json; version=5"}

    def __init__(self, base_url: str, *, email: str, api_key: str, **options: Unpack[ClientOptions]) -> None:
        credential = EmailAndKey(email, api_key)
        super().__init__(base_url, judge=judge, credential=credential, token=credential.token(), options=options)

    @classmethod
    def _from_settings(
        cls, values: Mapping[str, str], options: Mapping[str, object], called: Mapping[str, str]
    ) -> Self:
        """All three must be there."""
        if missing := [name for name in called if name not in values]:
            raise ConfigError(f"{cls.__name__} needs {', '.join(called[name] for name in missing)}")
        return super()._from_settings(values, options, called)

    def _bind(self) -> None:
        pipeline = self._pipeline
        self.alerts = AlertService(pipeline)
        self.alert_histories = AlertHistoryService(pipeline)
        self.servers = ServerService(pipeline)
        self.server_tags = ServerTagService(pipeline)
        self.server_sets = ServerSetService(pipeline)
        self.applications = ApplicationService(pipeline)
        self.processes = ProcessService(pipeline)
        self.polled_data = PolledDataService(pipeline)
        self.logs = LogService(pipeline)
        self.maintenance_windows = MaintenanceWindowService(pipeline)
        self.users = UserService(pipeline)
        self.buckets = BucketService(pipeline)
        self.account = AccountService(pipeline)
