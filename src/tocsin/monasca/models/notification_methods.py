"""Notification methods, in both dialects."""

from __future__ import annotations

from tocsin.monasca.resource import Link
from tocsin.transport.codec import Model


class NotificationMethod(Model, frozen=True, kw_only=True):
    """A way to tell somebody of an alarm.

    Attributes:
        type: EMAIL; in the current dialect also WEBHOOK, PAGERDUTY, and what else the server was given.
        address: an e-mail address, a URL or a key, by the type.
        period: seconds between repetitions while an alarm lasts; 0 for none. Always 0 in the dialect of 2014.
        links: "self"; monasca-api 11.0.0 puts the id in twice, except in lists.
    """

    id: str
    name: str
    type: str
    address: str
    period: int = 0
    links: tuple[Link, ...] = ()
