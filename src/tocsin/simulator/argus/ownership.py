"""What belongs to a user, and who uses it."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

from tocsin.simulator.argus.entities import Destination, Filter, User
from tocsin.simulator.argus.web import Call, not_found


class Owned(Protocol):
    """Whatever belongs to a user."""

    @property
    def user(self) -> User: ...


Row = TypeVar("Row", bound=Owned)


def owned(call: Call, table: Mapping[int, Row], what: str) -> Row:
    """The caller's own row that the path names, or the 404."""
    row = table.get(call.pk())
    if row is None or row.user is not call.user:
        raise not_found(what)
    return row


def users_of(call: Call, filter: Filter | None = None, destination: Destination | None = None) -> str:
    """The names of the profiles that use one of these, as an error shows them."""
    return ", ".join(
        profile.name or f"{profile.timeslot.name}: {', '.join(each.name for each in profile.filters)}"
        for profile in call.state.profiles.values()
        if filter in profile.filters or destination in profile.destinations
    )
