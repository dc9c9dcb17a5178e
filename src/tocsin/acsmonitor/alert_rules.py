"""Alert rules of devices: ``acs.alert_rules``."""

from __future__ import annotations

from typing import Unpack

from tocsin.acsmonitor import queries
from tocsin.acsmonitor.queries import RuleQuery
from tocsin.acsmonitor.records import Creatable, Erasable, Gettable, Record, Updatable
from tocsin.acsmonitor.resource import PAGE_SIZE
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager


class AlertRuleService(Gettable, Creatable, Updatable, Erasable):
    """Rules for what is polled by SNMP; those of monitors are ``acs.monitor_alert_rules``."""

    def list(
        self, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[RuleQuery]
    ) -> Pager[Record]:
        """Rules, as JSON objects; see `RuleQuery`, and for the rest `Listed.list`."""
        return self._records(Record, queries.RULES, query, page_size, on_bad_row)

    def rows(
        self, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[RuleQuery]
    ) -> Pager[bytes]:
        """As `list`, each as the JSON that the server sent."""
        return self._records(bytes, queries.RULES, query, page_size, on_bad_row)
