"""What an answer of Lastline means, and the errors that it has names for.

The verdict stands in an envelope: ``{"success": 1, "data": …}``, or ``{"success": 0}`` with an error_code, an
error, both or neither, and then often with HTTP 200. Of an answer that succeeds only the envelope is read here:
its data is passed over, and decoded once, where it is needed.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tocsin.errors import DecodeError, StatusError
from tocsin.transport.codec import Model, decode_error, decoder
from tocsin.transport.judge import NOT_JSON, Failed, SignInAgain, Throttled, Verdict, judge_status
from tocsin.transport.messages import Params, Request, Response, request_id
from tocsin.transport.retry import parse_retry_after, throttles
from tocsin.transport.wire import Answer

#: The codes that are published: 9003 in the API's own page, the others in the vendor's own client.
CODES = {
    3001: "LLAPI_ERROR__PERMISSION_DENIED",
    3002: "LLAPI_ERROR__CANNOT_SWITCH_TO_KEY",
    3003: "LLAPI_ERROR__NO_KEY_SELECTED",
    3004: "LLAPI_ERROR__AUTHENTICATION_ERROR",
    9003: "LLAPI_APPLIANCE_MGMT_ERROR__NO_SUCH_APPLIANCE",
}
#: For these, and for a text with `_DENIED` in it, the vendor's own client signs in again, once.
SESSION = frozenset({3001, 3002, 3003, 3004})
_DENIED = "permission denied"
_NO_SUCH_APPLIANCE = 9003
_SELECTORS = ("appliance_uuids", "appliance_type", "key", "key_id", "subkey_id")
_YES = frozenset({"1", "true"})


class LastlineError(StatusError):
    """The server refused a call in its envelope; its `status` may well be 200.

    Attributes:
        code: the server's error_code; None where it gave none.
        code_name: the code's name, of those in `CODES`; None for any other.
        body: only with a status of 300 and more.
    """

    code: int | None = None
    code_name: str | None = None


class NoSuchApplianceError(LastlineError):
    """9003: an appliance that the call named is not there, is of another type, or is not one's to see.

    Which of the three, and which appliance, the server does not tell; one of many refuses the whole call.
    """


class Envelope(Model, frozen=True):
    """An answer with its data left as it is."""

    success: int | bool | str | msgspec.UnsetType | None = msgspec.UNSET
    error_code: int | str | None = None
    error: Any = None
    data: msgspec.Raw = msgspec.Raw()

    @property
    def good(self) -> bool:
        """Whether it says so: 1, true, or either as text."""
        return str(self.success).lower() in _YES

    @property
    def code(self) -> int | None:
        """The error's code, as a number."""
        text = str(self.error_code)
        return int(text) if re.fullmatch("[0-9]{1,9}", text) else None


def judge(request: Request, answer: Answer) -> Verdict | None:
    """By the envelope, whatever the status; then by the status."""
    try:
        envelope = _xml(answer.body) if request.path.endswith(".xml") else decoder(Envelope).decode(answer.body)
    except NOT_JSON as error:
        return judge_status(request, answer, _explain) or Failed(decode_error(_response(answer), error))
    except ValueError as error:
        failure = DecodeError(f"the answer is not whole XML ({error})", status=answer.status)
        return judge_status(request, answer, _explain) or Failed(failure)
    if envelope.success is msgspec.UNSET:
        failure = DecodeError('the answer has no "success"', status=answer.status)
        return judge_status(request, answer, _explain) or Failed(failure)
    if not envelope.good:
        return _refusal(request, answer, envelope)
    if verdict := judge_status(request, answer, _explain):
        return verdict
    if not memoryview(envelope.data):
        return Failed(DecodeError('the answer has no "data"', status=answer.status))
    return None


def _response(answer: Answer) -> Response:
    return Response(answer.status, answer.headers, answer.body)


def _explain(_: Any) -> tuple[str, dict[str, list[str]]]:
    """Nothing is known of bodies that are no envelope: they may be a proxy's."""
    return "", {}


def _refusal(request: Request, answer: Answer, envelope: Envelope) -> Verdict:
    code = envelope.code
    name = CODES.get(code) if code is not None else None
    said = "" if envelope.error is None else str(envelope.error)
    number = "" if envelope.error_code is None else f"{code} ({name})" if name else f"error {envelope.error_code}"
    message = ": ".join(filter(None, (number, said))) or "the server says only that the call failed"
    kind = LastlineError
    if code == _NO_SUCH_APPLIANCE:
        kind, message = NoSuchApplianceError, f"{message}{_named(request.params)}"
    error = kind(
        message,
        status=answer.status,
        # Secrets are blanked in bodies of errors only by their status.
        body=answer.body if answer.status >= 300 else b"",
        errors={"": [said]} if said else None,
        request_id=request_id(answer.headers),
        retry_after=parse_retry_after(answer.headers.get("retry-after"), answer.headers.get("date")),
    )
    error.code, error.code_name = code, name
    if request.sign and is_about_session(error):
        return SignInAgain(error)
    return Throttled(error) if throttles(error) else Failed(error)


def is_about_session(error: StatusError) -> bool:
    """Whether the session is refused, and not what was asked for in it.

    9003 has a say about permissions, too, but about those on appliances, which no other session has.
    """
    if error.status == 401 or not isinstance(error, LastlineError):
        return error.status == 401
    said = " ".join(error.errors.get("", ())).lower()
    return error.code in SESSION or (_DENIED in said and error.code != _NO_SUCH_APPLIANCE)


def _named(params: Params) -> str:
    """Which appliances a call named; a licence key is a secret."""
    named = [f"{name}={'***' if name == 'key' else value}" for name, value in params if name in _SELECTORS]
    if not named:
        return ""
    return (
        f"; the call named {', '.join(named)}: something that these name is not there, is of another type, or is "
        "not yours to see, which the server does not tell apart"
    )


def _xml(body: bytes) -> Envelope:
    """The envelope of an XML answer, ``<result><success>1</success><data>…``. Raises ValueError for what is none.

    What stands deeper is passed over. An answer with a document type, which the API's have not, is refused: in it
    entities are declared, and a few bytes of them can fill the memory.
    """
    from xml.parsers import expat  # late: few ask for XML

    found: dict[str, list[str]] = {}
    path: list[str] = []

    def start(name: str, _: object) -> None:
        path.append(name)
        if len(path) == 2:
            found.setdefault(name, [])

    def end(_: str) -> None:
        path.pop()

    def text(piece: str) -> None:
        if len(path) == 2 and path[1] != "data":
            found[path[1]].append(piece)

    def said(name: str) -> str:
        return "".join(found.get(name, ()))

    def document_type(*_: object) -> None:
        raise ValueError("it has a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = document_type
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from None
    return Envelope(
        success=said("success").strip() if "success" in found else msgspec.UNSET,
        error_code=said("error_code").strip() or None,
        error=said("error") if "error" in found else None,
        data=msgspec.Raw(b"null") if "data" in found else msgspec.Raw(),
    )
