"""SNMP traps: ``acs.snmp_traps``."""

from __future__ import annotations

from typing import Unpack

from tocsin.acsmonitor import queries
from tocsin.acsmonitor.queries import TrapQuery
from tocsin.acsmonitor.records import Erasable, Gettable, Record
from tocsin.acsmonitor.resource import PAGE_SIZE
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager


class SnmpTrapService(Gettable, Erasable):
    """Traps that devices sent."""

    def list(
        self, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[TrapQuery]
    ) -> Pager[Record]:
        """Traps, as JSON objects; see `TrapQuery`, and for the rest `Listed.list`."""
        return self._records(Record, queries.TRAPS, query, page_size, on_bad_row)

    def rows(
        self, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[TrapQuery]
    ) -> Pager[bytes]:
        """As `list`, each as the JSON that the server sent."""
        return self._records(bytes, queries.TRAPS, query, page_size, on_bad_row)

    async def acknowledge(self, id: int, **call: Unpack[CallOptions]) -> Record:
        """Say that somebody looks after a trap; not sent again where it is unknown whether it was done."""
        return await self._do("POST", call, id, "acknowledge")
