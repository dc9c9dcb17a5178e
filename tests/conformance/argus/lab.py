"""A place to try an Argus server in: its users' clients, and answers with what differs by server masked."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, time, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import attrs

from tocsin.argus import INFINITY, ArgusClient, Incident, Source, Tags
from tocsin.argus.describe import RESOURCES
from tocsin.errors import AuthError, ConfigError, StatusError, TocsinError

ROLES = ("admin", "alice", "source", "source2")
#: Long ago, so that a test's own times are told from those that a server makes now.
START = datetime(2020, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)
#: A pk that nothing has.
MISSING = 99_999_999

_PKS = {"pk", "incident", "user", "added_by", "sourceSystemIds"}


@attrs.frozen
class World:
    """One server: its base URL, and by role the user's name and token.

    The roles are admin (superuser), alice (ordinary), source and source2 (source systems of one type).
    """

    base_url: str
    names: Mapping[str, str]
    tokens: dict[str, str] = attrs.field(repr=False)
    password: str = attrs.field(repr=False)
    """Alice's."""
    private: bool = True
    """Whether nobody else uses it."""


class Lab:
    """One case's clients and rows; everything that it makes carries its mark, and what can be deleted is."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mark = "m" + uuid4().hex[:10]
        self._stack = AsyncExitStack()
        self.admin, self.alice, self.source, self.source2 = (
            ArgusClient(world.base_url, token=world.tokens[role], transport="httpx") for role in ROLES
        )
        self._own: Source | None = None

    async def __aenter__(self) -> Self:
        for client in (self.admin, self.alice, self.source, self.source2):
            await self._stack.enter_async_context(client)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def erase(self, delete: Callable[[int], Awaitable[None]], pk: int) -> None:
        """Delete it at the end, unless the case has done so."""

        async def quietly() -> None:
            try:
                await delete(pk)
            except StatusError as error:
                if error.status != 404:
                    raise

        self._stack.push_async_callback(quietly)

    async def client(self, **options: Any) -> ArgusClient:
        """A further client, closed at the end."""
        return await self._stack.enter_async_context(
            ArgusClient(self.world.base_url, transport="httpx", **options)
        )

    async def own_source(self) -> Source:
        """The source system of the role source."""
        if self._own is None:
            sources = await self.admin.sources.list().collect()
            self._own = next(each for each in sources if each.name == self.world.names["source"])
        return self._own

    async def incident(self, **fields: Any) -> Incident:
        """An open incident of the role source, with this case's mark among its tags."""
        tags = {"host": "a.example", "run": self.mark, **fields.pop("tags", {})}
        fields = {"description": "link down", "start_time": START, "level": 2, **fields}
        return await self.source.incidents.create(tags=tags, **fields)

    async def answer(self, case: Callable[[Lab], Awaitable[Any]]) -> Any:
        """What a case gives, or the error that it raises, with what differs by server masked."""
        try:
            value = await case(self)
        except TocsinError as error:
            value = error
        own = await self.own_source()
        return _Mask(self, own).value(value)


class _Mask:
    def __init__(self, lab: Lab, own: Source) -> None:
        origin = lab.world.base_url.partition("/api/")[0]
        self._parts = {lab.mark: "<mark>", lab.world.base_url: "<base_url>", origin: "<origin>"}
        if own.base_url:
            self._parts[own.base_url] = "<source_url>/"
        self._wholes = {name: f"<{role}>" for role, name in lab.world.names.items()}
        self._wholes[own.type.name] = "<type>"

    def value(self, value: Any, name: str = "") -> Any:
        if name in _PKS and value is not None and not isinstance(value, list | tuple):
            return "<pk>"
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, datetime):
            return self._time(value)
        if isinstance(value, time):
            return value.isoformat()
        if isinstance(value, Tags):
            return sorted(map(self._text, value.texts))
        if isinstance(value, TocsinError):
            return self._error(value)
        if isinstance(value, Incident):
            plain = {
                field.name: self.value(getattr(value, field.name), field.name) for field in attrs.fields(Incident)
            }
            del plain["tag_entries"]
            return {**plain, "tags": self.value(value.tags)}
        if attrs.has(type(value)):
            return {
                field.name: self.value(getattr(value, field.name), field.name)
                for field in attrs.fields(type(value))
            }
        if isinstance(value, Mapping):
            return {self._key(key): self.value(item, str(key)) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item, name) for item in value]
        assert value is None or isinstance(value, bool | int | float), value
        return value

    def _key(self, key: object) -> str:
        return "<pk>" if isinstance(key, int) and key != MISSING else self._text(str(key))

    def _text(self, text: str) -> str:
        text = self._wholes.get(text, text)
        for part, mask in self._parts.items():
            text = text.replace(part, mask)
        return text

    def _time(self, when: datetime) -> str:
        if when == INFINITY:
            return "infinity"
        if abs(when - datetime.now(UTC)) < timedelta(days=1):
            return "<now>"
        return when.astimezone(UTC).isoformat()

    def _error(self, error: TocsinError) -> dict[str, Any]:
        said: dict[str, Any] = {"error": type(error).__name__}
        if not isinstance(error, ConfigError):
            # Numbers are pks and times of this run.
            parts = re.sub(r"[0-9]+", "#", self._text(error.message)).removeprefix("HTTP #: ").split("; ")
            said["message"] = "; ".join(sorted(parts))
        if isinstance(error, StatusError):
            said["status"] = error.status
            said["errors"] = sorted(map(self._text, error.errors))
        if isinstance(error, AuthError):
            said["status"] = error.status
        return said


async def rows(client: ArgusClient, resource: str) -> list[bytes]:
    """All rows of a readable resource."""
    return await RESOURCES[resource].pager(client).collect()
