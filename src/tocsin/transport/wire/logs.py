"""Keeps the lower libraries' debug records of our requests free of headers.

httpcore logs response headers (cookies and fresh tokens among them) at DEBUG. While one of our sends runs,
its records, and no one else's, are cut to the name of the event.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar

#: True while a send of ours runs in this context.
ours: ContextVar[bool] = ContextVar("tocsin_send", default=False)


class _EventNameOnly(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if ours.get():
            record.msg = str(record.msg).partition(" ")[0]
            record.args = None
            record.exc_info = None
        return True


_event_name_only = _EventNameOnly()


def hush(*names: str) -> None:
    """Put the filter on these loggers; doing it again changes nothing."""
    for name in names:
        logging.getLogger(name).addFilter(_event_name_only)
