"""Processes: ``appfirst.processes``."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Unpack

from tocsin.appfirst.alert_rules import ProcessTarget
from tocsin.appfirst.models import Process
from tocsin.appfirst.resource import Measured, at, moment
from tocsin.errors import InputError
from tocsin.options import CallOptions

_UID = re.compile(r"[0-9]+_[0-9]+_[0-9]+")


class ProcessService(Measured[str | ProcessTarget]):
    """Processes, as the API's page on processes has them; those of a server are in `ServerService.processes`.

    They are named by their uid, "server_pid_creationtime", or by a `ProcessTarget`.
    """

    _part = "processes"

    def _where(self, id: str | ProcessTarget, *parts: str) -> str:
        uid = id.uid if isinstance(id, ProcessTarget) else id
        if not isinstance(uid, str) or not _UID.fullmatch(uid):
            raise InputError(f'a process is "server_pid_creationtime", or a ProcessTarget, not {uid!r}')
        return at(self._part, uid, *parts)

    async def get(self, uid: str | ProcessTarget, **call: Unpack[CallOptions]) -> Process:
        """One of them. Raises NotFoundError."""
        return await self._ask(Process, "GET", self._where(uid), call)

    async def detail(
        self, uid: str | ProcessTarget, *, time: datetime | None = None, **call: Unpack[CallOptions]
    ) -> Any:
        """What it did in one minute, by default the latest, as the server says it: the fields are not
        published."""
        return await self._said(self._where(uid, "detail"), moment(time), call)
