"""The Lastline client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Unpack

from tocsin.errors import InputError, StatusError
from tocsin.lastline.auth import login, logout_request
from tocsin.lastline.errors import is_about_session, judge
from tocsin.lastline.inputs import hide_key
from tocsin.lastline.logs import LogService
from tocsin.lastline.metrics import MetricService
from tocsin.options import CallOptions
from tocsin.profiles import Setting
from tocsin.service import Client, ClientOptions
from tocsin.transport.messages import Request, Response, check_params, path


class LastlineClient(Client):
    """A client of one Lastline manager's monitoring API.

    Its service objects: `metrics`, `logs`.

    Args:
        base_url: with the API's root: ``https://user.lastline.com/papi``.
        username, password: of an account that may view appliances.
        api_key, api_token: instead of these, of a licence.
        licence_parameter: what the login calls the licence's key, "api_key" or "key": the vendor's own clients
            do not agree.

    Raises ConfigError for an address or credentials that cannot work.
    """

    backend = "lastline"
    settings = (
        Setting("base_url", "LASTLINE_URL"),
        Setting("username", "LASTLINE_USERNAME"),
        Setting("password", "LASTLINE_PASSWORD", secret=True),
        Setting("api_key", "LASTLINE_API_KEY", secret=True),
        Setting("api_token", "LASTLINE_API_TOKEN", secret=True),
        Setting("licence_parameter", "LASTLINE_LICENCE_PARAMETER"),
    )

    def __init__(
        self,
        base_url: str,
        *,
        username: str | None = None,
        password: str | None = None,
        api_key: str | None = None,
        api_token: str | None = None,
        licence_parameter: str = "api_key",
        **options: Unpack[ClientOptions],
    ) -> None:
        credential = login(username, password, api_key, api_token, licence_parameter)
        super().__init__(base_url, judge=judge, credential=credential, options=options)

    def _bind(self) -> None:
        self.metrics = MetricService(self._pipeline)
        self.logs = LogService(self._pipeline)

    async def raw(
        self,
        function: str,
        params: Mapping[str, str] | None = None,
        *,
        response_format: Literal["json", "xml"] = "json",
        **call: Unpack[CallOptions],
    ) -> Response:
        """What a function of the API answers, as it came, in either of its formats; signed and judged as ever.

        Args:
            function: with its module: "monitoring/metric/list".
            params: as the API's page has them; nothing is added.

        Raises what `errors` lists, InputError for a function that would be another path.
        """
        if response_format not in {"json", "xml"}:
            raise InputError(f'response_format must be "json" or "xml", not {response_format!r}')
        if not isinstance(function, str):
            raise InputError(f"function must be a str, not {function!r}")
        where = f"{path(*function.split('/'))}.{response_format}"
        headers = {"accept": f"application/{response_format}"}
        request = Request("GET", where, check_params(params or {}), headers=headers)
        for name, value in request.params:
            if name == "key":
                hide_key(value, self._pipeline.reporter.redactor)
        return await self._pipeline.send(request, **call)

    async def ping(self, module: str | None = None, **call: Unpack[CallOptions]) -> str:
        """What the server answers to a ping of one of its modules, or of them all: "pong"."""
        parts = ("ping",) if module is None else (module, "ping")
        response = await self._pipeline.send(Request("GET", f"{path(*parts)}.json"), **call)
        return str(response.json()["data"])

    async def logout(self, **call: Unpack[CallOptions]) -> None:
        """End the session, for all who share it; the next call signs in again. Nothing to do where there is none.

        Raises as requests do, and then the session stays in use.
        """
        tokens = self._pipeline.tokens
        token = tokens.current if tokens is not None else None
        if tokens is None or token is None:
            return
        try:
            await self._sign_in.send(logout_request(token), **call)
        except StatusError as error:
            if not is_about_session(error):  # else it has ended already
                raise
        if tokens.current is token:
            tokens.forget()
