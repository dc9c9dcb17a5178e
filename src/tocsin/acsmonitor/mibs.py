"""MIB files: ``acs.mibs``."""

from __future__ import annotations

from typing import Unpack

from tocsin import forms
from tocsin.acsmonitor.records import Erasable, Gettable, Listed, Record
from tocsin.errors import InputError
from tocsin.options import CallOptions
from tocsin.transport.messages import Request


class MibService(Listed, Gettable, Erasable):
    """MIBs; `get` has their OIDs."""

    async def upload(
        self, filename: str, content: bytes, *, field: str = "file", **call: Unpack[CallOptions]
    ) -> Record:
        """Upload a MIB file; needs the permission mibs.upload.

        It is not sent again where it is unknown whether it arrived.

        Args:
            filename: without a path, a quotation mark or a line end.
            field: the name of the form's field, which is not published.
        """
        for name, value in (("filename", filename), ("field", field)):
            if not forms.filled(name, value).isprintable() or {'"', "/", "\\"} & set(value):
                raise InputError(f"{name} must have no quotation mark, slash or control character, not {value!r}")
        if not isinstance(content, bytes) or not content:
            raise InputError(f"content must be bytes, and not empty, not {type(content).__name__}")
        kind, body = _multipart(field, filename, content)
        return await self._call(Record, Request("POST", self._where, (), body, {"content-type": kind}), call)


def _multipart(field: str, filename: str, content: bytes) -> tuple[str, bytes]:
    """The type and the body of a form with one file (RFC 7578)."""
    boundary, number = "tocsin", 0
    while f"--{boundary}".encode() in content:
        boundary, number = f"tocsin-{number}", number + 1
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{field}"; filename="{filename}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return (
        f"multipart/form-data; boundary={boundary}",
        head.encode() + content + f"\r\n--{boundary}--\r\n".encode(),
    )
