"""Who is told of an alert: users, and the addresses that subscribe to it."""

from __future__ import annotations

from typing import Any, Self, cast

from tocsin.appfirst.values import Flag, as_list
from tocsin.transport.codec import Model, convert


class AlertUser(Model, frozen=True):
    """A user who is told of an alert, and how; what is None is not said, and the server's to decide.

    Attributes:
        id: of the user; their e-mail address where the server tells no id (a deprecated way, never written).
    """

    id: int | str
    sendemail: bool | None = None
    sendsms: bool | None = None
    pushnotification: bool | None = None


class _SaidUser(Model, frozen=True):
    """A user as it may come: the samples call the id ``id``, the prose ``user_id``."""

    id: int | None = None
    user_id: int | None = None
    email: str | None = None
    sendemail: Flag | None = None
    sendsms: Flag | None = None
    pushnotification: Flag | None = None


def alert_users(value: object) -> tuple[AlertUser, ...]:
    """The users of an alert, in whatever words; they come as a list, or as the JSON text of one.

    Raises ValueError for what is no list of users.
    """
    return tuple(map(_user, as_list(value)))


def _user(value: object) -> AlertUser:
    said = convert(value, _SaidUser)
    id = next((each for each in (said.id, said.user_id, said.email) if each is not None), None)
    if id is None:
        raise ValueError("expected a user with an id")
    return AlertUser(id, said.sendemail, said.sendsms, said.pushnotification)


class Subscriber(Model, frozen=True):
    """An address that is called when an alert triggers or is resolved; see `parse_callback`.

    Attributes:
        url: where.
        auth: sent along as HTTP Basic: "username:password" in base64, see `basic_auth`. The server tells it to
            all who may read the alert; it is never shown.
        type: the method: get or post.
        event: TRIGGERED, RESOLVED or BOTH.
    """

    url: str
    auth: str | None = None
    type: str = "get"
    event: str = "BOTH"

    def __repr__(self) -> str:
        return f"Subscriber(url={self.url!r}, type={self.type!r}, event={self.event!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("url", self.url), ("type", self.type), ("event", self.event)]


class Subscribers(tuple[Subscriber, ...]):
    """The subscribers of an alert: each a URL, or an object with one. Null is none: nobody ever subscribed."""

    __slots__ = ()

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Raises ValueError for what is no list of subscribers; it shows none."""
        if value is None:
            return cls()
        return cls(map(_subscriber, as_list(value)))


def _subscriber(value: object) -> Subscriber:
    if isinstance(value, str):
        return Subscriber(value)
    if not isinstance(value, dict):
        raise ValueError("expected a URL, or an object with one")  # noqa: TRY004 - the codec takes a ValueError
    said = cast("dict[str, Any]", value)
    one = convert({name: each for name, each in said.items() if each is not None}, Subscriber)
    return Subscriber(one.url, one.auth, one.type.lower(), one.event.upper())
