"""Signing in to Keystone, and finding Monasca in its catalog.

Seen on Keystone 30.0.0: a token comes in a header, with its catalog in the body; its times are cut to seconds. A
token made from a token ends with it. Application credentials ask for no scope.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated

from attrs import frozen
from msgspec import Meta

from tocsin.errors import AuthError, ConfigError, DecodeError, StatusError
from tocsin.monasca.cloud import SERVICE, KeystoneCloud
from tocsin.monasca.keystone import KeystoneAuth, KeystoneToken
from tocsin.service import check_base_url
from tocsin.transport import codec
from tocsin.transport.codec import Model
from tocsin.transport.credentials import NoSignInError, Send, Token
from tocsin.transport.messages import Request, Response

TOKENS = "/auth/tokens"
_VERSION = re.compile(r"(?<!/)/v[0-9]+(\.[0-9]+)?$")


class Endpoint(Model, frozen=True):
    """One address of a service in a catalog."""

    url: str
    interface: str
    region: str | None = None
    region_id: str | None = None

    @property
    def where(self) -> str:
        """Its region's name."""
        return self.region or self.region_id or ""


class CatalogEntry(Model, frozen=True):
    """A service in a catalog."""

    type: str
    endpoints: tuple[Endpoint, ...] = ()


#: One that says no zone tells no time.
_Time = Annotated[datetime, Meta(tz=True)]


class _TokenBody(Model, frozen=True):
    issued_at: _Time | None = None
    expires_at: _Time | None = None
    catalog: tuple[CatalogEntry, ...] = ()


class _Answer(Model, frozen=True):
    token: _TokenBody


@frozen
class Place:
    """Which of a service's endpoints is meant.

    Attributes:
        interface: "public" where nothing is said.
        region_name: None takes the only region there is.
    """

    interface: str | None = None
    region_name: str | None = None

    def __attrs_post_init__(self) -> None:
        if self._interface not in {"public", "internal", "admin"}:
            raise ConfigError(f'interface must be "public", "internal" or "admin", not {self.interface!r}')

    @property
    def _interface(self) -> str:
        """Without the ending that older configurations have."""
        return (self.interface or "public").removesuffix("URL")

    def find(self, catalog: Sequence[CatalogEntry]) -> str:
        """The URL of the endpoint.

        Raises ConfigError, which lists what there is, where there is none or more than one.
        """
        all_of_it = [endpoint for entry in catalog if entry.type == SERVICE for endpoint in entry.endpoints]
        urls = {
            endpoint.url
            for endpoint in all_of_it
            if endpoint.interface == self._interface
            and (self.region_name is None or endpoint.where == self.region_name)
        }
        if len(urls) == 1:
            return urls.pop()
        there = ", ".join(sorted(f"{each.interface} in {each.where or 'no region'}" for each in all_of_it))
        region = f" in region {self.region_name!r}" if self.region_name is not None else ""
        if urls:
            raise ConfigError(
                f"the catalog has more than one {SERVICE} endpoint with interface {self._interface!r}{region}: it "
                f"has {there}; give region_name="
            )
        if all_of_it:
            raise ConfigError(
                f"the catalog has no {SERVICE} endpoint with interface {self._interface!r}{region}; it has {there}"
            )
        services = ", ".join(sorted({entry.type for entry in catalog}))
        what = f"it has {services}" if services else "it is empty: is the token scoped to a project?"
        raise ConfigError(f"the catalog has no {SERVICE} service; {what}")


def with_version(url: str, name: str = "base_url") -> str:
    """A base URL of Monasca, with the API's version, which is added where there is none.

    Raises ConfigError.
    """
    url = check_base_url(url, name)
    return url if _VERSION.search(url) else f"{url}/v2.0"


def root_of(base_url: str) -> str:
    """The address above the API's version."""
    return _VERSION.sub("", base_url)


class KeystoneCredential:
    """An identity at work.

    Args:
        place: which endpoint of the catalog; what it leaves open, a cloud may say.
        given: the options that the client was given itself; see `KeystoneCloud.login`.
        look_up: whether Monasca's address is to be found.
        keystone_at, monasca_at: are given the addresses, as soon as they are known.
    """

    def __init__(
        self,
        auth: KeystoneAuth | KeystoneCloud,
        place: Place,
        given: Collection[str],
        *,
        look_up: bool,
        keystone_at: Callable[[str], None],
        monasca_at: Callable[[str], None],
    ) -> None:
        self._source = auth
        self._place = place
        self._given = given
        self._look_up = look_up
        self._keystone_at = keystone_at
        self._monasca_at = monasca_at
        self._auth = None if isinstance(auth, KeystoneCloud) else auth

    async def fetch(self, send: Send, current: Token | None) -> Token:
        """Sign in.

        Raises AuthError where Keystone refuses, ConfigError where the catalog has no Monasca.
        """
        auth = self._auth = self._auth or await self._read_cloud()
        self._keystone_at(auth.auth_url)
        params = () if self._look_up else (("nocatalog", ""),)
        body = codec.encode({"auth": auth.body()})
        headers = {"content-type": "application/json"}
        request = Request("POST", TOKENS, params, body, headers, idempotent=True, sign=False)
        try:
            response = await send(request)
        except StatusError as error:
            failure = _refusal(error, auth)
        else:
            return self._token(auth, response)
        raise failure

    async def _read_cloud(self) -> KeystoneAuth:
        assert isinstance(self._source, KeystoneCloud)
        login = await self._source.login(self._place.region_name, self._given)
        self._place = Place(self._place.interface or login.interface, self._place.region_name or login.region_name)
        if self._look_up and login.base_url is not None:
            self._found(with_version(login.base_url, f"the {SERVICE} endpoint of {self._source.cloud!r}"))
        return login.auth

    def _token(self, auth: KeystoneAuth, response: Response) -> Token:
        value = response.headers.get("x-subject-token")
        if not value:
            raise DecodeError("Keystone's answer has no X-Subject-Token", status=response.status)
        told = codec.decode(_Answer, response).token
        if self._look_up:
            url = with_version(self._place.find(told.catalog), f"the {SERVICE} endpoint of the catalog")
            if auth.auth_url.startswith("https://") and not url.startswith("https://"):
                raise ConfigError(
                    f"the catalog of {auth.auth_url} has {url}: a token does not go from https to http"
                )
            self._found(url)
        if isinstance(auth, KeystoneToken):
            return Token(value)  # it cannot be renewed, so it is used until it is refused
        return Token(value, told.issued_at, told.expires_at)

    def _found(self, base_url: str) -> None:
        self._look_up = False
        self._monasca_at(base_url)

    def headers(self, token: Token) -> Mapping[str, str]:
        """The token in X-Auth-Token."""
        return {"x-auth-token": token.value}

    def secrets(self) -> Iterable[str]:
        """Those of the identity, as soon as it is known."""
        return self._auth.secrets() if self._auth is not None else ()


def _refusal(error: StatusError, auth: KeystoneAuth) -> StatusError | AuthError:
    """400, 401 and 403 refuse an identity, and so does a 404 in Keystone's own words, of one unknown to it;
    any other 404 is of an address that is not Keystone's."""
    unknown = error.status == 404 and error.body.lstrip().startswith(b"{")
    if isinstance(auth, KeystoneToken) and (error.status == 401 or unknown):
        return NoSignInError(
            "the token has ended or was revoked, or is not good for what is asked for, and no other can be made: "
            f"{error.message}",
            status=error.status,
        )
    if error.status in {400, 401, 403} or unknown:
        return AuthError(f"Keystone refused to sign in: {error.message}", status=error.status)
    if error.status in {300, 404}:
        error.args = (f"{error.message}; is {auth.auth_url} the root of Keystone's API v3?",)
    return error


def revocation(token: Token) -> Request:
    """Asks Keystone to end a token, in that token's own name."""
    headers = {"x-auth-token": token.value, "x-subject-token": token.value}
    return Request("DELETE", TOKENS, headers=headers, sign=False)
