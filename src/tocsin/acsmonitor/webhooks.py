"""Webhooks, by which devices report what they measure: ``acs.webhooks(device_id)``."""

from __future__ import annotations

from typing import Unpack
from urllib.parse import unquote

from attrs import evolve

from tocsin.acsmonitor import queries
from tocsin.acsmonitor.queries import ListQuery
from tocsin.acsmonitor.records import Collection, Creatable, Erasable, Listed, Record, Updatable
from tocsin.acsmonitor.resource import PAGE_SIZE, AcsService
from tocsin.errors import InputError
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.transport import codec
from tocsin.transport.credentials import check_secret
from tocsin.transport.messages import Request, path
from tocsin.transport.observe import Redactor, Reporter


class WebhookRuleService(Listed, Creatable, Updatable, Erasable):
    """The alert rules of one webhook."""


class WebhookService(Collection):
    """The webhooks of one device. What is read of them has their tokens in it: whoever has one can report."""

    async def toggle(self, id: int, **call: Unpack[CallOptions]) -> Record:
        """Switch a webhook on, or off; not sent again where it is unknown whether it was done."""
        return await self._do("POST", call, id, "toggle")

    def events(
        self, id: int, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[ListQuery]
    ) -> Pager[Record]:
        """What came in by a webhook; otherwise as `list`."""
        return self._records(Record, queries.LIST, query, page_size, on_bad_row, id, "events")

    def event_rows(
        self, id: int, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[ListQuery]
    ) -> Pager[bytes]:
        """As `events`, each as the JSON that the server sent."""
        return self._records(bytes, queries.LIST, query, page_size, on_bad_row, id, "events")

    def alert_rules(self, id: int) -> WebhookRuleService:
        """The alert rules of a webhook."""
        return WebhookRuleService(self._pipeline, *self._parts, id, "alert-rules")


#: Nothing shorter is looked for in what is told.
_SHORTEST = 6


class Report(Request):
    """A report to a webhook, whose path is a secret."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<Report>"


class _ForOneReport(Redactor):
    """The client's redactor, and one secret more, which is forgotten with the report.

    Of the secrets that it is given the client's own remembers the last 64: the tokens of a hundred webhooks would
    push out the password, and each other.
    """

    def __init__(self, client: Redactor, secret: str) -> None:
        super().__init__([secret])
        self._client = client

    def text(self, text: str) -> str:
        """`text` without secrets."""
        return self._client.text(super().text(text))


class IngestService(AcsService):
    """See `AcsMonitorClient.webhook_ingest`."""

    def report(self, token: str, body: object) -> Report:
        """A report. Raises InputError for a token that could not be taken out of what is told."""
        check_secret("token", token)
        if len(token) < _SHORTEST:
            raise InputError(f"token must have at least {_SHORTEST} characters")
        content, headers = codec.encode(body), {"content-type": "application/json"}
        return Report("POST", path("webhook-ingest", token), (), content, headers, idempotent=False, sign=False)

    async def send(self, report: Report, call: CallOptions) -> Record:
        """Send it, without signing in; its token is taken out of all that is told of it."""
        told = self._pipeline.reporter
        redactor = _ForOneReport(told.redactor, unquote(report.path.rpartition("/")[2]))
        pipeline = evolve(self._pipeline, reporter=Reporter(told.backend, told.observer, redactor))
        return await AcsService(pipeline)._call(Record, report, call)
