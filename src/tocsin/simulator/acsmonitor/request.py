"""One request to ACS Monitor: who asks, for what, and how it may be refused."""

from collections.abc import Mapping, Sequence

import attrs
import msgspec

from tocsin.simulator.acsmonitor.accounts import Token
from tocsin.simulator.acsmonitor.schema import SCHEMAS
from tocsin.simulator.acsmonitor.state import AcsMonitorState
from tocsin.simulator.acsmonitor.tables import Row
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Call, Refusal, Reply, as_object

_ID_DIGITS = 18  # more are no id of any database


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """Any error but those of validation."""
    return Refusal(Reply({"message": message}, status, headers or {}))


def missing(table: str, id: str) -> Refusal:
    """The 404 for a row, in the words of stock Laravel; the server's own are not published."""
    return refusal(404, f"No query results for model [App\\Models\\{SCHEMAS[table].model}] {id}")


def no_route(call: Call) -> Refusal:
    """The 404 for a path."""
    return refusal(404, f"The route {call.path.strip('/')} could not be found.")


def invalid(errors: Mapping[str, Sequence[str]]) -> Refusal:
    """The 422: the first mistake in the message, and all of them by field."""
    mistakes = [text for texts in errors.values() for text in texts]
    more = len(mistakes) - 1
    rest = f" (and {more} more error{'s' if more > 1 else ''})" if more else ""
    body = {"message": f"{mistakes[0]}{rest}", "errors": {field: list(texts) for field, texts in errors.items()}}
    return Refusal(Reply(body, 422))


@attrs.define
class Ask:
    """A request of somebody who may make it; ``path`` are the variable parts of its path.

    ``user`` is empty where nobody needs to sign in.
    """

    call: Call
    state: AcsMonitorState
    token: Token | None
    user: Row
    path: tuple[str, ...]

    @property
    def origin(self) -> str:
        """The scheme and host that the server takes for its own."""
        return self.state.app_url or self.call.origin

    def found(self, table: str, part: int = 0) -> Row:
        """The row that a part of the path names."""
        text = self.path[part]
        decimal = text.isascii() and text.isdecimal() and len(text) <= _ID_DIGITS
        row = self.state.tables[table].get(int(text)) if decimal else None
        if row is None:
            raise missing(table, text)
        return row

    def body(self) -> Json:
        """The decoded body, None if it is not JSON."""
        try:
            data: Json = msgspec.json.decode(self.call.body)
            msgspec.json.encode([[[[data]]]])  # what is too deep to be shown again is too deep
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        return data

    def input(self) -> Row:
        """The object in the body; what is not JSON, or not an object, counts as empty, as in Laravel."""
        kind = self.call.headers.get("content-type", "").partition(";")[0].strip()
        return (as_object(self.body()) or {}) if kind.endswith(("/json", "+json")) else {}
