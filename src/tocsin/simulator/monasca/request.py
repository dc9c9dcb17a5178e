"""One request to Monasca: who asks, for what, and how it may be refused."""

import re
from datetime import UTC, datetime

import attrs

from tocsin.simulator.frame import Json
from tocsin.simulator.keystone.entities import Token
from tocsin.simulator.keystone.refusals import CHALLENGE, challenge
from tocsin.simulator.monasca.defects import Defect
from tocsin.simulator.monasca.state import MonascaState
from tocsin.simulator.web import Call, Refusal, Reply

MAX_LIMIT = 10_000

READERS = frozenset({"monasca-user", "monasca-read-only-user", "admin"})
WRITERS = frozenset({"monasca-user", "admin"})
SENDERS = WRITERS | {"monasca-agent"}
DELEGATES = frozenset({"monasca-delegate"})

_UNPROCESSABLE = "Unprocessable Entity"
_NO_SERVICE = "Service unavailable"
_NO_REPOSITORY = "The repository was unable to process your request"


def refusal(status: int, title: str, description: str | None = None, **headers: str) -> Refusal:
    """Any error of Monasca's own."""
    body = {"title": title} if description is None else {"title": title, "description": description}
    return Refusal(Reply(body, status, {"Vary": "Accept", **headers}))


def unprocessable(description: str, title: str = _UNPROCESSABLE) -> Refusal:
    """The 422."""
    return refusal(422, title, description)


def bad_request(description: str, title: str = "Bad request") -> Refusal:
    """The 400."""
    return refusal(400, title, description)


def not_found() -> Refusal:
    """The 404, for a route as for an object."""
    return refusal(404, "404 Not Found")


@attrs.define
class Ask:
    """A request of somebody who has a valid token; ``path`` are the variable parts of the path."""

    call: Call
    state: MonascaState
    token: Token
    path: tuple[str, ...]

    def has(self, defect: Defect) -> bool:
        """Whether the server has the defect."""
        return defect in self.state.defects

    def permit(self, roles: frozenset[str]) -> None:
        """Refuse whoever has none of the roles, with a 401 that only its body tells from an expired token's."""
        if not roles & set(self.token.roles):
            where = {CHALLENGE: f"T, o, k, e, n, {challenge(self.call)}"}
            raise refusal(401, "Forbidden", "The request does not have access to this service", **where)

    @property
    def own_tenant(self) -> str:
        """The project of the token."""
        return self.token.project.id if self.token.project else ""

    @property
    def tenant(self) -> str:
        """The project asked for by a delegate; of anybody else its own."""
        asked = self.call.value("tenant_id")
        return asked if asked and DELEGATES & set(self.token.roles) else self.own_tenant

    def mistake(self, description: str, *, repository: bool = False) -> Refusal:
        """A mistake of the client's that the real server takes for its own."""
        if not self.has(Defect.CLIENT_MISTAKES):
            return unprocessable(description)
        return refusal(500, _NO_REPOSITORY if repository else _NO_SERVICE, description)

    def limit(self) -> int:
        """How many rows may be on the page."""
        given = re.findall(r"(?:^|&)limit(?:=([^&]*))?(?=&|$)", self.call.query)
        if not given:
            return MAX_LIMIT
        allowed = given[-1].isdecimal() and (self.has(Defect.ZERO_LIMIT) or int(given[-1]) > 0)
        if not allowed or (int(given[-1]) > MAX_LIMIT and not self.has(Defect.CLAMPED_LIMIT)):
            raise unprocessable("Limit parameter must be a positive integer", "Invalid limit")
        return min(int(given[-1]), MAX_LIMIT)

    def row_offset(self, message: str = "Offset value {} must be an integer") -> int:
        """The offset where it is a number of rows."""
        given = self.call.value("offset")
        try:
            return max(int(given or 0), 0)
        except ValueError:
            raise unprocessable(message.format(given)) from None

    def time(self, name: str) -> float | None:
        """A parameter that is a time, in epoch milliseconds."""
        text = self.call.value(name)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise unprocessable(f"Unable to parse date string '{text}'") from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000

    def sort_by(self, allowed: frozenset[str]) -> list[tuple[str, bool]]:
        """The fields to sort by, each with whether it is descending."""
        fields: list[tuple[str, bool]] = []
        text = self.call.value("sort_by")
        for item in text.split(",") if text else ():
            words = item.split()
            if not words or len(words) > 2:
                raise unprocessable(f"Invalid sort_by {item}")
            if words[0] not in allowed:
                known = ",".join(sorted(allowed))
                raise unprocessable(f"sort_by field {words[0]} must be one of [{known}]")
            if len(words) > 1 and words[1] not in {"asc", "desc"}:
                raise unprocessable(f"sort_by value {words[1]} must be 'asc' or 'desc'")
            fields.append((words[0], words[1:] == ["desc"]))
        return fields

    def json(self, *, exact_type: bool = False) -> Json:
        """The decoded body. ``exact_type`` refuses a media type with parameters, and a missing one."""
        kind = self.call.headers.get("content-type")
        if exact_type:
            self.check_content_type()
        elif kind is not None and kind.partition(";")[0].strip() != "application/json":
            raise bad_request("Request body is not valid JSON")
        try:
            return self.call.json()
        except ValueError:
            raise bad_request("Request body is not valid JSON") from None

    def check_content_type(self) -> None:
        """Refuse whatever is not exactly JSON."""
        if self.call.headers.get("content-type") != "application/json":
            raise bad_request("Bad content type. Must be application/json")
