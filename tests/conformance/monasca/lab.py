"""A place to try a Monasca server in: its users' clients, and answers with what differs by server masked."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Protocol, Self, cast
from uuid import uuid4

import attrs
import msgspec

from tocsin import RetryPolicy
from tocsin.errors import AuthError, StatusError, TocsinError
from tocsin.monasca import AlarmDefinition, BatchError, MonascaClient, NewMetric, NotificationMethod
from tocsin.transport.messages import Response

#: Users and projects; demo2 is the user demo in the project demo2.
ROLES = ("demo", "reader", "agent", "norole", "demo2")
#: Long ago, so that a test's own times are told from those that a server makes now.
START = datetime(2020, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)
#: An id that nothing has.
MISSING = "00000000-0000-4000-8000-00000000dead"


Items = Mapping[object, object]


class AddAlarms(Protocol):
    """Makes alarms of a definition, as the threshold engine would; their ids, oldest first.

    Each has one metric, with the dimensions hostname (`host` and a number from 0) and service.
    """

    def __call__(
        self, definition_id: str, count: int = 3, *, states: tuple[str, ...], metric: str, host: str
    ) -> list[str]: ...


@attrs.frozen
class World:
    """One server with its Keystone; passwords are by user, tokens by role (see `ROLES`), project ids by name."""

    base_url: str
    keystone_url: str
    project_ids: Mapping[str, str]
    passwords: Mapping[str, str] = attrs.field(repr=False)
    tokens: Mapping[str, str] = attrs.field(repr=False)
    add_alarms: AddAlarms = attrs.field(repr=False)


class Lab:
    """One case's clients and rows; everything that it makes carries its mark, and what can be deleted is."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mark = "m" + uuid4().hex[:10]
        self._stack = AsyncExitStack()
        self.demo, self.reader, self.agent, self.norole, self.demo2 = (
            self._new(world.base_url, token=world.tokens[role]) for role in ROLES
        )

    async def __aenter__(self) -> Self:
        for client in (self.demo, self.reader, self.agent, self.norole, self.demo2):
            await self._stack.enter_async_context(client)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def client(self, base_url: str | None = None, **options: Any) -> MonascaClient:
        """A further client, closed at the end."""
        return await self._stack.enter_async_context(self._new(base_url, **options))

    @staticmethod
    def _new(base_url: str | None, **options: Any) -> MonascaClient:
        return MonascaClient(base_url, transport="httpx", retry=RetryPolicy(attempts=1), **options)

    def _erase(self, delete: Callable[[str], Awaitable[None]], id: str) -> None:
        """Delete it at the end, unless the case has done so."""

        async def quietly() -> None:
            try:
                await delete(id)
            except StatusError as error:
                if error.status != 404:
                    raise

        self._stack.push_async_callback(quietly)

    async def method(
        self,
        name: str = "a",
        type: str = "EMAIL",
        address: str = "a@example.org",
        period: int = 0,
        *,
        client: MonascaClient | None = None,
    ) -> NotificationMethod:
        """A notification method, by default demo's, with this case's mark in its name."""
        methods = (client or self.demo).notification_methods
        made = await methods.create(f"{self.mark} {name}", type, address, period)
        self._erase(methods.delete, made.id)
        return made

    async def definition(
        self, name: str = "a", expression: str = "", *, client: MonascaClient | None = None, **fields: Any
    ) -> AlarmDefinition:
        """An alarm definition, by default demo's, with this case's mark in its name and among its dimensions."""
        definitions = (client or self.demo).alarm_definitions
        expression = expression or f"avg(cpu{{run={self.mark}}}) > 1"
        made = await definitions.create(name=f"{self.mark} {name}", expression=expression, **fields)
        self._erase(definitions.delete, made.id)
        return made

    def alarms(
        self,
        definition: AlarmDefinition,
        count: int = 3,
        states: tuple[str, ...] = ("UNDETERMINED", "OK", "ALARM"),
        metric: str = "cpu",
    ) -> list[str]:
        """Alarms whose hosts are called by this case's mark and a number; their ids, oldest first."""
        return self.world.add_alarms(definition.id, count, states=states, metric=metric, host=self.mark)

    async def write(
        self,
        name: str,
        dimensions: Mapping[str, str],
        values: Iterable[float],
        *,
        start: datetime = START,
        step: timedelta = timedelta(seconds=1),
        value_meta: Mapping[str, Any] | None = None,
    ) -> str:
        """Measurements of a metric, with this case's mark in front of its name; that name."""
        metric = f"{self.mark}.{name}"
        rows = [
            NewMetric(metric, value, dimensions, start + number * step, value_meta)
            for number, value in enumerate(values)
        ]
        await self.demo.metrics.create_many(rows)
        return metric

    async def answer(self, case: Callable[[Lab], Awaitable[Any]]) -> Any:
        """What a case gives, or the error that it raises, with what differs by server masked."""
        try:
            value = await case(self)
        except TocsinError as error:
            value = error
        return _Mask(self).value(value)


_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_HEX = re.compile(r"\b[0-9a-f]{32}\b")
_TIME = re.compile(r"\b(20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?Z?")
_MILLISECONDS = re.compile(r"\b[0-9]{13}\b")
#: What Python writes of a set, or a list that was made of one, has no order.
_UNORDERED = re.compile(r"(?<=[\[{])[^\[\]{}:]*,[^\[\]{}:]*(?=[\]}])")


class _Mask:
    def __init__(self, lab: Lab) -> None:
        world = lab.world
        origin = world.base_url.removesuffix("/v2.0")
        self._parts = {
            lab.mark: "<mark>",
            world.base_url: "<base_url>",
            world.keystone_url: "<keystone_url>",
            origin: "<origin>",
            origin.partition("://")[2]: "<host>",
            **{id: f"<project {name}>" for name, id in world.project_ids.items()},
        }

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bytes):
            return self._body(value)
        if isinstance(value, datetime):
            return self._text(f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}")
        if isinstance(value, BatchError):
            ranges = (value.written, value.uncertain, value.refused, value.unsent)
            told = [[[each.start, each.stop] for each in several] for several in ranges]
            return {"error": "BatchError", "ranges": told, "causes": self.value(value.causes)}
        if isinstance(value, TocsinError):
            return self._error(value)
        if isinstance(value, Response):
            headers = {name: value.headers[name] for name in ("content-type", "allow") if name in value.headers}
            return {"status": value.status, **headers, "body": self.value(value.body)}
        if isinstance(value, msgspec.Struct):
            return {name: self.value(getattr(value, name)) for name in value.__struct_fields__}
        if isinstance(value, Mapping):
            return {self._text(str(key)): self.value(item) for key, item in cast("Items", value).items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in cast("list[object]", value)]
        assert value is None or isinstance(value, bool | int | float), value
        return value

    def _body(self, body: bytes) -> Any:
        try:
            return self.value(msgspec.json.decode(body))
        except msgspec.DecodeError:
            return self._text(body.decode())

    def _error(self, error: TocsinError) -> dict[str, Any]:
        said: dict[str, Any] = {"error": type(error).__name__, "message": self._words(error.message)}
        if isinstance(error, StatusError | AuthError):
            said["status"] = error.status
        if isinstance(error, StatusError) and error.body:
            said["body"] = self._said(self._body(error.body))
        return said

    def _said(self, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        texts = cast("Items", body).items()
        return {key: self._words(text) if isinstance(text, str) else text for key, text in texts}

    def _words(self, text: str) -> str:
        return _UNORDERED.sub(lambda found: ", ".join(sorted(re.split(", ?", found[0]))), self._text(text))

    def _text(self, text: str) -> str:
        for part, mask in self._parts.items():
            text = text.replace(part, mask)
        text = _HEX.sub("<hex>", _UUID.sub("<id>", text))
        text = _TIME.sub(self._time, text)
        return _MILLISECONDS.sub(self._milliseconds, text)

    def _time(self, found: re.Match[str]) -> str:
        when = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
        # How many digits a server gives a time is a part of its answer.
        return f"<now {len(found[2] or '')}>" if _is_now(when) else found[0]

    def _milliseconds(self, found: re.Match[str]) -> str:
        return "<now ms>" if _is_now(datetime.fromtimestamp(int(found[0]) / 1000, UTC)) else found[0]


def _is_now(when: datetime) -> bool:
    return abs(when - datetime.now(UTC)) < timedelta(days=1)
