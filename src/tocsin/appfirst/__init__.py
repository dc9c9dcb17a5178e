"""AppFirst: the client, its models, and what its calls take."""

from tocsin.appfirst.alert_rules import TRIGGERS, ProcessTarget
from tocsin.appfirst.auth import basic_auth
from tocsin.appfirst.callbacks import Callback, parse_callback
from tocsin.appfirst.client import AppFirstClient
from tocsin.appfirst.models import (
    Alert,
    AlertHistory,
    AlertMessage,
    Application,
    Log,
    MaintenanceWindow,
    PolledData,
    Process,
    Server,
    ServerSet,
    ServerTag,
)
from tocsin.appfirst.receivers import AlertUser, Subscriber, Subscribers

__all__ = [
    "TRIGGERS",
    "Alert",
    "AlertHistory",
    "AlertMessage",
    "AlertUser",
    "AppFirstClient",
    "Application",
    "Callback",
    "Log",
    "MaintenanceWindow",
    "PolledData",
    "Process",
    "ProcessTarget",
    "Server",
    "ServerSet",
    "ServerTag",
    "Subscriber",
    "Subscribers",
    "basic_auth",
    "parse_callback",
]
