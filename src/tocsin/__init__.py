"""tocsin: one async SDK for monitoring APIs.

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from tocsin._version import __version__

if TYPE_CHECKING:
    from tocsin.acsmonitor.client import AcsMonitorClient
    from tocsin.appfirst.client import AppFirstClient
    from tocsin.argus.client import ArgusClient
    from tocsin.argus.models import INFINITY, STATELESS
    from tocsin.errors import (
        AuthError,
        BadRequestError,
        ConfigError,
        ConflictError,
        DecodeError,
        ForbiddenError,
        InputError,
        MaybeSentError,
        NotFoundError,
        NotSentError,
        NotSupported,
        PagingError,
        PagingLoopError,
        PagingShiftError,
        PayloadTooLargeError,
        RateLimitedError,
        RedirectError,
        ServerError,
        StatusError,
        TocsinError,
        TransportError,
    )
    from tocsin.lastline.client import LastlineClient
    from tocsin.monasca.client import MonascaClient
    from tocsin.monasca.cloud import KeystoneCloud
    from tocsin.monasca.keystone import KeystoneApplicationCredential, KeystonePassword, KeystoneToken
    from tocsin.options import Limits, Rate, RetryPolicy, Timeouts
    from tocsin.paging.checkpoint import Checkpoint
    from tocsin.paging.page import BadRow, Page
    from tocsin.paging.pager import Pager
    from tocsin.transport.credentials import Token
    from tocsin.transport.messages import Response
    from tocsin.transport.observe import Event

_HOMES = {
    "tocsin.acsmonitor.client": ["AcsMonitorClient"],
    "tocsin.appfirst.client": ["AppFirstClient"],
    "tocsin.argus.client": ["ArgusClient"],
    "tocsin.argus.models": ["INFINITY", "STATELESS"],
    "tocsin.errors": [
        "AuthError",
        "BadRequestError",
        "ConfigError",
        "ConflictError",
        "DecodeError",
        "ForbiddenError",
        "InputError",
        "MaybeSentError",
        "NotFoundError",
        "NotSentError",
        "NotSupported",
        "PagingError",
        "PagingLoopError",
        "PagingShiftError",
        "PayloadTooLargeError",
        "RateLimitedError",
        "RedirectError",
        "ServerError",
        "StatusError",
        "TocsinError",
        "TransportError",
    ],
    "tocsin.lastline.client": ["LastlineClient"],
    "tocsin.monasca.client": ["MonascaClient"],
    "tocsin.monasca.cloud": ["KeystoneCloud"],
    "tocsin.monasca.keystone": ["KeystoneApplicationCredential", "KeystonePassword", "KeystoneToken"],
    "tocsin.options": ["Limits", "Rate", "RetryPolicy", "Timeouts"],
    "tocsin.paging.checkpoint": ["Checkpoint"],
    "tocsin.paging.page": ["BadRow", "Page"],
    "tocsin.paging.pager": ["Pager"],
    "tocsin.transport.credentials": ["Token"],
    "tocsin.transport.messages": ["Response"],
    "tocsin.transport.observe": ["Event"],
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "INFINITY",
    "STATELESS",
    "AcsMonitorClient",
    "AppFirstClient",
    "ArgusClient",
    "AuthError",
    "BadRequestError",
    "BadRow",
    "Checkpoint",
    "ConfigError",
    "ConflictError",
    "DecodeError",
    "Event",
    "ForbiddenError",
    "InputError",
    "KeystoneApplicationCredential",
    "KeystoneCloud",
    "KeystonePassword",
    "KeystoneToken",
    "LastlineClient",
    "Limits",
    "MaybeSentError",
    "MonascaClient",
    "NotFoundError",
    "NotSentError",
    "NotSupported",
    "Page",
    "Pager",
    "PagingError",
    "PagingLoopError",
    "PagingShiftError",
    "PayloadTooLargeError",
    "Rate",
    "RateLimitedError",
    "RedirectError",
    "Response",
    "RetryPolicy",
    "ServerError",
    "StatusError",
    "Timeouts",
    "TocsinError",
    "Token",
    "TransportError",
    "__version__",
]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'tocsin' has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
