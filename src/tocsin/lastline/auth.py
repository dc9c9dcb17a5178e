"""Signing in to Lastline: a form to ``login``, and the session cookie that it brings.

The API's page says nothing of it; the vendor's documentation and own client do. How long a session lasts is not
published. The API takes credentials with any other call, too, also in its query: they are never sent there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from attrs import evolve, field, frozen

from tocsin.errors import AuthError, ConfigError, StatusError
from tocsin.lastline.errors import LastlineError
from tocsin.service import build
from tocsin.transport.credentials import Send, Token
from tocsin.transport.messages import Request

COOKIE = "PHPSESSID"
#: Where an answer's headers set it: behind the start, or the comma that joins headers of one name.
_SET = re.compile(rf"(?:^|,)\s*{COOKIE}=([^;,\s]*)")
#: What PHP sets a cookie to that is to go.
_GONE = "deleted"


def session_of(headers: Mapping[str, str]) -> str | None:
    """The session cookie that an answer sets; None where it sets none. Of several the last counts (RFC 6265, 5.3).

    Other cookies are passed over.
    """
    values = _SET.findall(headers.get("set-cookie", ""))
    return values[-1] if values and values[-1] not in {"", _GONE} else None


def cookie(token: Token) -> Mapping[str, str]:
    """The header that a session goes in."""
    return {"cookie": f"{COOKIE}={token.value}"}


def logout_request(token: Token) -> Request:
    """Ends a session; doing it twice is as good as once."""
    return Request("POST", "/logout.json", headers=cookie(token), idempotent=True, sign=False)


@frozen
class LastlineLogin:
    """What one signs in with.

    Attributes:
        form: as it is sent.
        what: its words, for errors.
    """

    form: Mapping[str, str] = field(repr=False)
    what: str

    async def fetch(self, send: Send, current: Token | None) -> Token:
        """Begin a session, whether or not one still lasts; doing it twice only begins two.

        Raises AuthError where it is refused, or brings no session cookie.
        """
        request = evolve(build("POST", "/login", form=self.form, idempotent=True), sign=False)
        try:
            response = await send(request)
        except StatusError as error:
            # An envelope refuses it with 200, too; with 429 and 5xx it is the server's own trouble.
            in_envelope = isinstance(error, LastlineError) and error.status < 400
            if error.status not in {400, 401, 403} and not in_envelope:
                raise
            failure = AuthError(f"Lastline refused the {self.what}: {error.message}", status=error.status)
        else:
            session = session_of(response.headers)
            if session is not None:
                return Token(session)
            failure = AuthError(f"the login worked, but set no cookie {COOKIE}", status=response.status)
        raise failure

    def headers(self, token: Token) -> Mapping[str, str]:
        """See `cookie`."""
        return cookie(token)

    def follow(self, token: Token, headers: Mapping[str, str]) -> Token | None:
        """The session goes on under another cookie as soon as an answer sets one."""
        session = session_of(headers)
        return Token(session) if session is not None and session != token.value else None

    def secrets(self) -> Iterable[str]:
        """All but the user's name."""
        return [value for name, value in self.form.items() if name != "username"]


def login(
    username: str | None, password: str | None, api_key: str | None, api_token: str | None, licence_parameter: str
) -> LastlineLogin:
    """A login of an account, or of a licence. Raises ConfigError, which shows no value."""
    account = {"username": username, "password": password}
    licence = {"api_key": api_key, "api_token": api_token}
    given = {name for name, value in {**account, **licence}.items() if value is not None}
    if licence_parameter not in {"api_key", "key"}:
        raise ConfigError(f'licence_parameter must be "api_key" or "key", not {licence_parameter!r}')
    if given == account.keys():
        return LastlineLogin(_texts(account), "user name or password")
    if given == licence.keys():
        texts = _texts(licence)
        form = {licence_parameter: texts["api_key"], "api_token": texts["api_token"]}
        return LastlineLogin(form, "licence key or API token")
    raise ConfigError("LastlineClient takes either username= and password=, or api_key= and api_token=")


def _texts(values: Mapping[str, str | None]) -> dict[str, str]:
    texts = dict[str, str]()
    for name, value in values.items():
        if not isinstance(value, str) or not value:
            raise ConfigError(f"{name} must be a str, and not empty")
        texts[name] = value
    return texts
