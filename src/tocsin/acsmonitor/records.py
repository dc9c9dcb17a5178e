"""Things whose fields the vendor does not publish: they are read and written as JSON objects.

One class for each thing that can be done with them; a service object is made of those that its path offers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, Unpack, cast

from tocsin import forms
from tocsin.acsmonitor import queries
from tocsin.acsmonitor.queries import ListQuery
from tocsin.acsmonitor.resource import PAGE_SIZE, AcsService, at
from tocsin.errors import InputError
from tocsin.forms import Form
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.paging.strategies import fingerprint
from tocsin.transport.pipeline import Pipeline

T = TypeVar("T")
#: A thing as the server has it.
Record = dict[str, Any]


class Records(AcsService):
    """Things below one path."""

    def __init__(self, pipeline: Pipeline, *parts: str | int) -> None:
        super().__init__(pipeline)
        self._parts = parts
        self._where = at(*parts)

    def _at(self, *parts: str | int) -> str:
        return at(*self._parts, *parts)

    def _records(
        self,
        row: type[T],
        form: Form,
        query: Mapping[str, object],
        page_size: int,
        on_bad_row: OnBadRow,
        *below: str | int,
    ) -> Pager[T]:
        """The rows of the path, or of one below it."""
        params, call = queries.read(form, query)
        return self._pages(
            row, self._at(*below), params, page_size, on_bad_row, call, mark=cast("type[Any]", Record), key=_key
        )

    async def _do(
        self,
        method: str,
        call: CallOptions,
        *parts: str | int,
        fields: Mapping[str, Any] | None = None,
        idempotent: bool | None = None,
    ) -> Record:
        """Do something, and what the server says of it; {} where that is nothing."""
        json = None if fields is None else forms.mapping("fields", fields)
        return await self._ask(Record, method, self._at(*parts), call, json=json, idempotent=idempotent)


class Listed(Records):
    """What can be listed."""

    def list(
        self, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[ListQuery]
    ) -> Pager[Record]:
        """All of them, as JSON objects.

        Args:
            page_size: rows a page; the server's largest is not published.
            on_bad_row: "raise", or "skip" to put what is no object into `Page.bad_rows`.
            query: see `ListQuery`.

        Raises TypeError for a filter that there is none of, InputError for a value.
        """
        return self._records(Record, queries.LIST, query, page_size, on_bad_row)

    def rows(
        self, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[ListQuery]
    ) -> Pager[bytes]:
        """As `list`, each as the JSON that the server sent: nothing is lost, nothing decoded."""
        return self._records(bytes, queries.LIST, query, page_size, on_bad_row)


class Gettable(Records):
    """What can be read one by one."""

    async def get(self, id: int | str, **call: Unpack[CallOptions]) -> Record:
        """One of them. Raises NotFoundError."""
        return await self._do("GET", call, id)


class Creatable(Records):
    """What can be made."""

    async def create(self, fields: Mapping[str, Any], **call: Unpack[CallOptions]) -> Record:
        """Make one of fields by their names in the API.

        It is not sent again where it is unknown whether it was made.

        Raises BadRequestError, with messages by field.
        """
        return await self._do("POST", call, fields=forms.mapping("fields", fields))


class Updatable(Records):
    """What can be changed."""

    async def update(self, id: int | str, fields: Mapping[str, Any], **call: Unpack[CallOptions]) -> Record:
        """Change fields of one, by PUT. Raises NotFoundError, BadRequestError."""
        return await self._do("PUT", call, id, fields=forms.mapping("fields", fields))


class Erasable(Records):
    """What can be deleted."""

    async def delete(self, id: int | str, **call: Unpack[CallOptions]) -> None:
        """Delete it. Raises NotFoundError."""
        await self._delete(self._at(id), call)


class Collection(Listed, Gettable, Creatable, Updatable, Erasable):
    """What can be listed, read, made, changed and deleted."""


class AnyResource(Collection):
    """Whatever is below a path, for what the API has besides: ``acs.resource("device-groups")``."""

    async def act(
        self,
        id: int | str,
        action: str,
        fields: Mapping[str, Any] | None = None,
        *,
        idempotent: bool = False,
        **call: Unpack[CallOptions],
    ) -> Record:
        """POST to what stands below one of them: ``act(7, "toggle")``.

        Args:
            fields: the body; without, there is none.
            idempotent: whether it may be sent again where it is unknown if it was done.
        """
        return await self._do("POST", call, id, action, fields=fields, idempotent=idempotent)


def any_resource(pipeline: Pipeline, where: str) -> AnyResource:
    """What is below `where`, in parts divided by "/".

    Raises InputError for a part that is none.
    """
    if not isinstance(where, str):
        raise InputError(f'a resource is a path, such as "device-groups", not {where!r}')
    return AnyResource(pipeline, *where.strip("/").split("/"))


def _key(record: Record) -> str | int:
    found = record.get("id")
    return found if isinstance(found, str | int) else fingerprint(sorted(record.items(), key=str))
