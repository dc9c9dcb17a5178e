"""Alerts: ``appfirst.alerts``."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, TypeVar, Unpack, cast

from tocsin.appfirst import inputs
from tocsin.appfirst.alert_fields import CHANGES, FILTER_NAMES, FILTERS, NEW, AlertChanges, AlertQuery, NewAlert
from tocsin.appfirst.alert_rules import check_new, check_window
from tocsin.appfirst.models import Alert
from tocsin.appfirst.receivers import AlertUser, Subscriber
from tocsin.appfirst.resource import PAGE, Collection, at
from tocsin.errors import InputError
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.service import build
from tocsin.transport.messages import Params, Request

T = TypeVar("T")


class AlertService(Collection[Alert]):
    """Alerts, with their users and subscribers. As the API's page on alerts has them."""

    _part = "alerts"
    _row = Alert

    def list(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **filters: Unpack[AlertQuery]
    ) -> Pager[Alert]:
        """Alerts; the order is not published.

        Args:
            page_size: 1 to 2500.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            filters: at most one; see `AlertFilters`.
        """
        return self._alerts(Alert, page_size, on_bad_row, filters)

    def rows(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **filters: Unpack[AlertQuery]
    ) -> Pager[bytes]:
        """As `list`, each alert as the JSON that the server sent: nothing is lost, nothing decoded."""
        return self._alerts(bytes, page_size, on_bad_row, filters)

    def _alerts(
        self, row: type[T], page_size: int, on_bad_row: OnBadRow, filters: Mapping[str, object]
    ) -> Pager[T]:
        params, call = _query(filters)
        return self._all(row, params, page_size, on_bad_row, call)

    async def count(self, **filters: Unpack[AlertQuery]) -> int:
        """How many alerts `list` would give. Raises NotSupported where the server does not count."""
        params, call = _query(filters)
        return await self._count(at("alerts"), params, call)

    async def create(self, *, both_spellings: bool = False, **fields: Unpack[NewAlert]) -> Alert:
        """Make an alert. It is never sent again once it may have been acted on: a lost answer is a MaybeSentError.

        Args:
            both_spellings: send the ports as ``ip_detail``, too. So the page spells them among the arguments of
                this call, and ``ip_details`` everywhere else.
            fields: see `NewAlert`; what does not go together is an InputError.

        Raises BadRequestError for what the server refuses.
        """
        given, call = NEW.read(fields)
        form = check_new(given)
        if both_spellings and "ip_details" in form:
            form["ip_detail"] = form["ip_details"]
        return await self._send(Alert, "POST", at("alerts"), form, call)

    async def update(self, id: int, **changes: Unpack[AlertChanges]) -> Alert:
        """Change what is given and nothing else; the alert as it then is.

        What is watched, for what, and the type of an alert cannot be changed. The server has no versions: of two
        changes at once, the last one stays.

        Args:
            changes: see `AlertChanges`, at least one; users and subscribers are replaced as a whole.

        Raises NotFoundError, BadRequestError.
        """
        form, call = inputs.read_changes(CHANGES, changes)
        check_window(form, form.get("window_units"))
        return await self._put(id, form, call)

    async def delete(self, id: int, **call: Unpack[CallOptions]) -> None:
        """Delete it. Raises NotFoundError."""
        await self._delete(at("alerts", id), call)

    async def set_users(self, id: int, users: Iterable[AlertUser | int], **call: Unpack[CallOptions]) -> Alert:
        """Tell these users, and no others. Raises as `update`."""
        return await self.update(id, users=users, **call)

    async def set_subscribers(
        self, id: int, subscribers: Iterable[Subscriber | str], **call: Unpack[CallOptions]
    ) -> Alert:
        """Call these addresses, and no others; none at all unsubscribes everybody. Raises as `update`."""
        return await self.update(id, subscribers=subscribers, **call)

    async def subscribe(self, id: int, *subscribers: Subscriber | str, **call: Unpack[CallOptions]) -> Alert:
        """Call these addresses, too; what is subscribed with one of their URLs already is replaced.

        The API replaces subscribers as a whole: they are read, and written with the new ones. Somebody else's
        change in between is lost.

        Raises as `update`.
        """
        new = inputs.subscribers("subscribers", subscribers)
        if not new:
            raise InputError("subscribers must have at least one entry")
        left = await self._others(id, {each.url for each in new}, call)
        return await self._put(id, {"subscribers": [*left, *new]}, call)

    async def unsubscribe(self, id: int, *urls: str, **call: Unpack[CallOptions]) -> Alert:
        """Do not call these addresses any more; see `subscribe`. Those that are not subscribed do no harm."""
        if not urls or not all(isinstance(url, str) for url in urls):
            raise InputError("urls must be at least one URL as text")
        return await self._put(id, {"subscribers": await self._others(id, urls, call)}, call)

    async def _others(self, id: int, urls: Container[str], call: CallOptions) -> Sequence[Subscriber]:
        """Those who are subscribed with other URLs than these."""
        look_up = {name: value for name, value in call.items() if name != "extra_params"}
        alert = await self.get(id, **cast("CallOptions", look_up))
        return [each for each in alert.subscribers if each.url not in urls]

    async def _put(self, id: int, form: Mapping[str, Any], call: CallOptions) -> Alert:
        """Change an alert. Subscribers are not text yet: an error's traceback keeps this frame."""
        for each in form.get("subscribers", ()):
            self._learn(each)
        return await self._call(Alert, _put_request(id, form), call)

    def _learn(self, subscriber: Subscriber) -> None:
        if subscriber.auth is not None:
            password = inputs.decoded(subscriber.auth).partition(b":")[2].decode("utf-8", "surrogateescape")
            # As of headers: those of many subscribers must not push out the API key.
            for secret in (subscriber.auth, password):
                self._pipeline.reporter.redactor.learn_headers({"authorization": secret})


def _put_request(id: int, form: Mapping[str, Any]) -> Request:
    if "subscribers" in form:
        form = {**form, "subscribers": inputs.subscribers_text(form["subscribers"])}
    return build("PUT", at("alerts", id), form=form, idempotent=True)


def _query(filters: Mapping[str, object]) -> tuple[Params, CallOptions]:
    """The filter by its name and value, as the API has it.

    Raises InputError for more than one, or half of one.
    """
    given, call = FILTERS.read(filters)
    if ("filter_name" in given) != ("filter_id" in given):
        raise InputError("filter_name and filter_id need each other")
    chosen: list[tuple[str, Any]] = [(name, given[name]) for name in FILTER_NAMES if name in given]
    if "filter_name" in given:
        chosen.append((given["filter_name"], given["filter_id"]))
    if len(chosen) > 1:
        raise InputError(f"alerts can be filtered by one of {', '.join(FILTER_NAMES)} at a time")
    return tuple([pair for name, id in chosen for pair in (("filter_name", name), ("filter_id", str(id)))]), call
