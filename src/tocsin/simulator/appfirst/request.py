"""One request to AppFirst: what it asks for, and how it may be refused."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import parse_qsl

import attrs
import msgspec

from tocsin.simulator.appfirst.entities import R, Table
from tocsin.simulator.appfirst.state import AppFirstState
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Call, Refusal, Reply, as_array

FORM = "application/x-www-form-urlencoded"

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_SECONDS = re.compile(r"([0-9]{1,11})(?:\.[0-9]{1,9})?")
_TEXT = "text/plain; charset=utf-8"


def integer(text: str) -> int | None:
    """The number that a text is, if it is one of a size that the server can keep."""
    return int(text) if _INTEGER.fullmatch(text) else None


def moment_of(text: str) -> datetime | None:
    """The time that is so many seconds since 1970; fractions, which the vendor's client sends, are cut off."""
    found = _SECONDS.fullmatch(text)
    return datetime.fromtimestamp(int(found[1]), UTC) if found else None


def seconds(moment: datetime) -> int:
    """A time as the server keeps it."""
    return int(moment.timestamp())


def refusal(state: AppFirstState, status: int, message: str, field: str = "", **headers: str) -> Refusal:
    """An error of the API, about one argument if that is named."""
    return refusal_of(state, status, {field or "detail": [message]}, **headers)


def refusal_of(state: AppFirstState, status: int, mistakes: Mapping[str, list[str]], **headers: str) -> Refusal:
    """An error in the shape that the server has for errors; the documentation has none."""
    first = next(iter(mistakes.values()))[0]
    if state.error_shape == "text":
        return Refusal(Reply(first.encode(), status, {"Content-Type": _TEXT, **headers}))
    fields = state.error_shape == "fields" and "detail" not in mistakes
    return Refusal(Reply(mistakes if fields else {"detail": first}, status, headers))


@attrs.define(slots=False)
class Ask:
    """A request of the account's owner; ``path`` are the variable parts of the path."""

    call: Call
    state: AppFirstState
    path: tuple[str, ...]

    def refuse(self, status: int, message: str, field: str = "") -> Refusal:
        """An error, to be raised."""
        return refusal(self.state, status, message, field)

    def bad(self, field: str, message: str) -> Refusal:
        """The 400, to be raised."""
        return self.refuse(400, message, field)

    def not_found(self) -> Refusal:
        """The 404, to be raised."""
        return self.refuse(404, "Not found.")

    def one(self, table: Table[R]) -> R:
        """The row that the path names first."""
        row = table.get(int(self.path[0]))
        if row is None:
            raise self.not_found()
        return row

    # The query

    def value(self, name: str) -> str | None:
        """A parameter of the query; the last one if it comes more than once."""
        return self.call.values[name][-1] if name in self.call.values else None

    def whole(self, name: str, least: int) -> int | None:
        """A parameter that is a number."""
        text = self.value(name)
        number = None if text is None else integer(text)
        if text is not None and (number is None or number < least):
            raise self.bad(name, f"Must be an integer of {least} or more." if least else "Must be an integer.")
        return number

    def moment(self, name: str) -> datetime | None:
        """A parameter that is a time in seconds since 1970."""
        text = self.value(name)
        moment = None if text is None else moment_of(text)
        if text is not None and moment is None:
            raise self.bad(name, "Must be a number of seconds since the epoch.")
        return moment

    # The body

    @cached_property
    def form(self) -> dict[str, list[str]]:
        """The body: what PUT, POST and PATCH bring, by name."""
        kind = self.call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not self.call.body:
            return {}
        if kind == "application/json":
            return self._json_form()
        if kind != FORM:
            raise self.refuse(415, f'Unsupported media type "{kind}" in request.')
        try:
            pairs = parse_qsl(self.call.body.decode(), keep_blank_values=True, errors="strict")
        except ValueError:
            raise self.refuse(400, "Malformed form data.") from None
        found: dict[str, list[str]] = {}
        for name, value in pairs:
            found.setdefault(name, []).append(value)
        return found

    def _json_form(self) -> dict[str, list[str]]:
        """A JSON body as if its members were a form's."""
        policy = self.state.json_bodies
        if policy != "accept":
            raise self.refuse(policy, f"The body must be {FORM}.")
        try:
            members = msgspec.json.decode(self.call.body, type=dict[str, msgspec.Raw])
            values = {name: (msgspec.json.decode(raw), bytes(raw).decode()) for name, raw in members.items()}
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            raise self.refuse(400, "JSON parse error.") from None
        return {
            name: [value if isinstance(value, str) else text]
            for name, (value, text) in values.items()
            if value is not None
        }

    def given(self, name: str) -> str | None:
        """A member of the form; the last one if it comes more than once."""
        return self.form[name][-1] if name in self.form else None

    def required(self, name: str) -> str:
        """A member of the form that has to be there."""
        value = self.given(name)
        if value is None:
            raise self.bad(name, "This field is required.")
        return value

    def json(self, name: str, text: str) -> Json:
        """What a member of the form, which is JSON text, says; strict about it."""
        try:
            return msgspec.json.decode(text)
        except (msgspec.MsgspecError, RecursionError):
            raise self.bad(name, "Must be a JSON encoded string.") from None

    def ids(self, name: str, table: Table[R]) -> list[int]:
        """The ids of rows that are there: a list in JSON, or a member for each, as the vendor's client sends."""
        texts = self.form.get(name, [])
        numbers = [integer(text) for text in texts]
        given = as_array(self.json(name, texts[0])) if len(texts) == 1 and numbers == [None] else numbers
        if given is None:
            raise self.bad(name, "Must be a list of ids.")
        ids: list[int] = []
        for id in given:
            if not isinstance(id, int) or isinstance(id, bool):
                raise self.bad(name, "Must be a list of ids.")
            if table.get(id) is None:
                raise self.bad(name, f"There is no {id}.")
            if id not in ids:
                ids.append(id)
        return ids

    # The reply

    def url(self, resource: str, id: int | str) -> str:
        """The ``url`` of a row: site-relative, with the version, whatever was asked."""
        return f"/api/v5/{resource}/{id}/"

    def time(self, moment: datetime | None) -> Json:
        """A time as the server writes it."""
        if moment is None:
            return None
        if self.state.times_as == "epoch":
            return seconds(moment)
        return datetime.fromtimestamp(seconds(moment), UTC).isoformat().replace("+00:00", "Z")

    def created(self, shown: Json) -> Reply:
        """The reply to what was created."""
        return Reply(shown, self.state.created_status)

    def deleted(self, id: int) -> Reply:
        """The reply to what was deleted."""
        match self.state.deleted_as:
            case "empty":
                return Reply()
            case "no content":
                return Reply(status=204)
            case "json":
                return Reply({"id": id})
