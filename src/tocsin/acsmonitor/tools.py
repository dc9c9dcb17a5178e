"""Tools that the server runs from where it stands: ``acs.tools``. They need the permission monitors.run_tools.

The server runs at most 10 at once for a user, as many as a client has in flight by default. All of them only look,
and may be sent twice.
"""

from __future__ import annotations

from typing import Unpack

from tocsin import forms
from tocsin.acsmonitor.records import Record, Records
from tocsin.errors import InputError
from tocsin.forms import Form
from tocsin.options import CallOptions

_FORM = Form(
    {
        "host": forms.filled,
        "count": forms.maybe(forms.whole(1)),
        "max_hops": forms.maybe(forms.whole(1)),
        "port": forms.maybe(forms.whole(1, 65535)),
        "port_start": forms.whole(1, 65535),
        "port_end": forms.whole(1, 65535),
        "url": forms.filled,
        "follow_redirects": forms.maybe(forms.flag),
        "record_type": forms.maybe(forms.filled),
        "resolver": forms.maybe(forms.filled),
        "query": forms.filled,
    }
)


class ToolService(Records):
    """Tools; what they answer is not published."""

    async def ping(self, host: str, *, count: int | None = None, **call: Unpack[CallOptions]) -> Record:
        """Ping a host."""
        return await self._run("ping", call, host=host, count=count)

    async def traceroute(self, host: str, *, max_hops: int | None = None, **call: Unpack[CallOptions]) -> Record:
        """Find the way to a host."""
        return await self._run("traceroute", call, host=host, max_hops=max_hops)

    async def port_scan(self, host: str, *, port_start: int, port_end: int, **call: Unpack[CallOptions]) -> Record:
        """Try TCP ports of a host, from `port_start` to `port_end`."""
        if isinstance(port_start, int) and isinstance(port_end, int) and port_end < port_start:
            raise InputError(f"port_end must be at least port_start, {port_start}, not {port_end}")
        return await self._run("port-scan", call, host=host, port_start=port_start, port_end=port_end)

    async def ssl_check(self, host: str, *, port: int | None = None, **call: Unpack[CallOptions]) -> Record:
        """Look at a host's certificate."""
        return await self._run("ssl-check", call, host=host, port=port)

    async def http_headers(
        self, url: str, *, follow_redirects: bool | None = None, **call: Unpack[CallOptions]
    ) -> Record:
        """Look at the headers of a page."""
        return await self._run("http-headers", call, url=url, follow_redirects=follow_redirects)

    async def dns_lookup(
        self,
        host: str,
        *,
        record_type: str | None = None,
        resolver: str | None = None,
        **call: Unpack[CallOptions],
    ) -> Record:
        """Look a name up.

        Args:
            record_type: such as "MX".
            resolver: the name server to ask.
        """
        return await self._run("dns-lookup", call, host=host, record_type=record_type, resolver=resolver)

    async def whois(self, query: str, **call: Unpack[CallOptions]) -> Record:
        """Look up who a domain or an address belongs to."""
        return await self._run("whois", call, query=query)

    async def _run(self, tool: str, call: CallOptions, **given: object) -> Record:
        fields, _ = _FORM.read(given)
        sent = {name: value for name, value in fields.items() if value is not None}
        return await self._do("POST", call, tool, fields=sent, idempotent=True)
