"""Logs: ``monasca.logs``. They can be written; the API cannot read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Unpack, cast

from attrs import evolve, field, frozen

from tocsin import forms
from tocsin.errors import InputError
from tocsin.monasca.batches import Framing, as_it_is, write
from tocsin.monasca.dialect import say_in
from tocsin.monasca.resource import MonascaService
from tocsin.options import CallOptions
from tocsin.transport import codec
from tocsin.transport.messages import Params, Request, with_call

#: Logs a request.
BATCH = 5_000
#: Bytes a request. monasca-api 11.0.0 refuses 1 MiB, and cuts a message of which it makes more than that.
MAX_BYTES = 1_000_000
#: Bytes that no server refuses for being too many.
_SMALL = 65_536

_LONGEST = 255
_NOT_IN_NAMES = "<>={}(),'\";&"
_NAME = re.compile(rf"(?!_)[^{re.escape(_NOT_IN_NAMES)} ]{{1,{_LONGEST}}}")
_NAME_SAYS = f'1 to {_LONGEST} characters, none of {" ".join(_NOT_IN_NAMES)}, no blank, and no "_" in front'


@frozen
class NewLog:
    """A log to be written.

    Attributes:
        message: any text.
        dimensions: names of 1 to 255 characters but ``<>={}(),'";&`` and blanks, without "_" in front; any values
            of 1 to 255 characters. They go before those of the call.
    """

    message: str
    dimensions: Mapping[str, str] = field(factory=dict[str, str])


def _dimensions(name: str, value: object) -> dict[str, str]:
    checked = forms.mapping(name, value)
    for key, text in checked.items():
        if not _NAME.fullmatch(key):
            raise InputError(f"a name in {name} must have {_NAME_SAYS}, not {key!r}")
        if not isinstance(text, str) or not 1 <= len(text) <= _LONGEST:
            raise InputError(f"{name}[{key!r}] must be a str of 1 to {_LONGEST} characters, not {text!r}")
    return checked


class LogService(MonascaService):
    """Logs (current dialect only). They are not sent again where it is unknown whether they were written."""

    async def create(
        self,
        logs: Iterable[NewLog | str | Mapping[str, Any]],
        *,
        dimensions: Mapping[str, str] | None = None,
        batch: int = BATCH,
        max_bytes: int = MAX_BYTES,
        concurrency: int = 1,
        tenant_id: str | None = None,
        **call: Unpack[CallOptions],
    ) -> int:
        """Write logs, all of which are checked before the first is sent; how many there were.

        The server says nothing of a log that it drops: what it would drop is refused here (monasca-api 11.0.0).

        Args:
            logs: each a `NewLog`, its message, or a mapping with "message" and "dimensions".
            dimensions: of all of them; see `NewLog`.
            batch, max_bytes: logs and bytes of a request, at most.
            concurrency: requests side by side; with more than one, the order may change.
            tenant_id: of another project.

        Raises InputError, which names the log by its index, when nothing was sent; `BatchError` when something
        was, which knows what became of each; NotSupported in the dialect of 2014.
        """
        common = _dimensions("dimensions", dimensions if dimensions is not None else {})
        head = b'{"dimensions":%b,"logs":[' % codec.encode(common) if common else b'{"logs":['
        framing = Framing(head, b"]}", batch, max_bytes)
        rows = [_encoded(framing, at, log) for at, log in enumerate(forms.listed("logs", logs))]
        params: Params = ()
        if tenant_id is not None:
            params = (("project_id", forms.filled("tenant_id", tenant_id)),)

        request = with_call(Request("POST", "/logs", params, headers={"content-type": "application/json"}), call)
        request = say_in(await self._dialect(), request)

        async def post(body: bytes) -> None:
            sent = evolve(request, body=body)
            if len(body) > _SMALL:
                # A server that refuses a body (413) leaves it unread, and where the connection is kept it takes it
                # for the next request, and breaks off (monasca-api 11.0.0 under gunicorn).
                sent = evolve(sent, headers={**request.headers, "connection": "close"})
            await self._pipeline.send(sent, **call)

        return await write(rows, as_it_is, framing, post, concurrency)


def _encoded(framing: Framing, at: int, log: object) -> bytes:
    name = f"logs[{at}]"
    message, dimensions = _parts(name, log)
    # Without dimensions of its own, a log gets lost where there are some of the call.
    made = {
        "message": forms.text(f"{name}.message", message),
        "dimensions": _dimensions(f"{name}.dimensions", dimensions),
    }
    return framing.fit(name, codec.encode(made))


def _parts(name: str, log: object) -> tuple[object, object]:
    if isinstance(log, str):
        return log, {}
    if isinstance(log, NewLog):
        return log.message, log.dimensions
    if not isinstance(log, Mapping):
        raise InputError(f"{name} must be a NewLog, a str or a mapping, not {log!r}")
    parts = cast("Mapping[object, object]", log)
    if "message" not in parts or parts.keys() - {"message", "dimensions"}:
        raise InputError(f'{name} must have "message", and may have "dimensions", not {sorted(map(str, parts))}')
    return parts["message"], parts.get("dimensions", {})
