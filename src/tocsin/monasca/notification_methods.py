"""Notification methods: ``monasca.notification_methods``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, Unpack

from tocsin import forms
from tocsin.errors import InputError, NotSupported
from tocsin.forms import Form
from tocsin.monasca import alarm_inputs as inputs
from tocsin.monasca.alarm_inputs import SortBy
from tocsin.monasca.collection import PAGE, Collection
from tocsin.monasca.dialect import OF_2014
from tocsin.monasca.models.notification_methods import NotificationMethod
from tocsin.monasca.resource import Elements
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.transport.codec import Model

T = TypeVar("T")

_LONGEST_ADDRESS_OF_2014 = 100


class NotificationMethodChanges(CallOptions, total=False):
    """What can be changed of a notification method.

    name: at most 250 characters, unique in its project.
    type: see `NotificationMethodService.types`.
    address: at most 512 characters.
    period: seconds between repetitions; the server's setting valid_notification_periods says which, by default
        0 (none) and 60.
    """

    name: str
    type: str
    address: str
    period: int


_FORM = Form(
    {
        "name": inputs.up_to(250),
        "type": lambda name, value: inputs.up_to(100)(name, value).upper(),
        "address": inputs.up_to(512),
        "period": forms.whole(0),
    }
)
_QUERY = Form({"sort_by": inputs.sort_by("id", "name", "type", "address", "created_at", "updated_at")})


class _Type(Model, frozen=True):
    type: str


class NotificationMethodService(Collection[NotificationMethod]):
    """Ways to tell somebody of an alarm. One that is deleted goes out of what alarms it was an action of."""

    _part = "notification-methods"
    _row = NotificationMethod

    def list(
        self,
        *,
        sort_by: SortBy | None = None,
        page_size: int = PAGE,
        on_bad_row: OnBadRow = "raise",
        **call: Unpack[CallOptions],
    ) -> Pager[NotificationMethod]:
        """All of the project.

        Args:
            sort_by: by id, name, type, address, created_at or updated_at, as ``"name"``, ``"name desc"``,
                ``("name", "desc")``, or several of these; by default by id. Current dialect only.
            page_size: rows a page, from 2 to 10000.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.

        Raises InputError for a value that the server would refuse.
        """
        return self._listed(NotificationMethod, sort_by, page_size, on_bad_row, call)

    def rows(
        self,
        *,
        sort_by: SortBy | None = None,
        page_size: int = PAGE,
        on_bad_row: OnBadRow = "raise",
        **call: Unpack[CallOptions],
    ) -> Pager[bytes]:
        """As `list`, each as the JSON that the server sent: nothing is lost, nothing decoded."""
        return self._listed(bytes, sort_by, page_size, on_bad_row, call)

    def _listed(
        self,
        row: type[T],
        sort_by: SortBy | None,
        page_size: int,
        on_bad_row: OnBadRow,
        call: CallOptions,
    ) -> Pager[T]:
        params, _ = _QUERY.query({} if sort_by is None else {"sort_by": sort_by})
        return self._all(row, params, page_size, on_bad_row, call)

    async def create(
        self, name: str, type: str, address: str, period: int = 0, **call: Unpack[CallOptions]
    ) -> NotificationMethod:
        """Make one. It is not sent again where it is unknown whether it was made.

        Args:
            name, type, address, period: see `NotificationMethodChanges`. In the dialect of 2014 the only type is
                EMAIL, an address has at most 100 characters, and there is no period.

        Raises ConflictError for a name that there is already, BadRequestError for a type that the server has not,
        or an address that is none of its type; NotSupported.
        """
        body = await self._body({"name": name, "type": type, "address": address, "period": period})
        return await self._create(body, call)

    async def update(
        self, id: str, name: str, type: str, address: str, period: int = 0, **call: Unpack[CallOptions]
    ) -> NotificationMethod:
        """Replace all of it, by PUT. Raises as `create`, and NotFoundError."""
        body = await self._body({"name": name, "type": type, "address": address, "period": period})
        return await self._change("PUT", id, body, call)

    async def patch(self, id: str, **changes: Unpack[NotificationMethodChanges]) -> NotificationMethod:
        """Change what is given (current dialect only). Raises as `update`."""
        body, call = _FORM.read(changes)
        return await self._change("PATCH", id, body, call)

    async def types(self, **call: Unpack[CallOptions]) -> tuple[str, ...]:
        """The types that this server has (current dialect only)."""
        found = await self._ask(Elements[_Type], "GET", f"/{self._part}/types", call)
        return tuple([each.type for each in found.elements])

    async def _body(self, fields: Mapping[str, object]) -> Mapping[str, object]:
        body, _ = _FORM.read(fields)
        if await self._dialect() != OF_2014:
            return body
        if body.pop("period"):
            raise NotSupported("notification methods have no period in the 2014 dialect of Monasca")
        if body["type"] != "EMAIL":
            raise NotSupported(f"type must be EMAIL in the 2014 dialect of Monasca, not {body['type']!r}")
        if len(body["address"]) > _LONGEST_ADDRESS_OF_2014:
            raise InputError(
                f"address must have at most {_LONGEST_ADDRESS_OF_2014} characters in the 2014 dialect of Monasca"
            )
        return body
