"""The client itself: what it takes, from where, and what it shows."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.backends.monasca.keystone_cloud import AUTH_URL, BASE, PASSWORD, Cloud, catalog, endpoint, password
from tests.children import printed_by

from tocsin import (
    AuthError,
    ConfigError,
    InputError,
    KeystoneCloud,
    MonascaClient,
    NotSentError,
    RetryPolicy,
    Token,
)
from tocsin.monasca.cloud import Login

#: openstacksdk warns of its own defaults.
pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:Support for InfluxDB")]

ENVIRONMENT = {"OS_AUTH_URL": AUTH_URL, "OS_USERNAME": "demo", "OS_PASSWORD": PASSWORD, "OS_PROJECT_NAME": "demo"}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of an OpenStack client, and no clouds.yaml."""
    for setting in MonascaClient.settings:
        monkeypatch.delenv(setting.env, raising=False)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets variables."""

    def set_all(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_all


def clouds(folder: Path, text: str, *, auth: str = "") -> None:
    """Write a clouds.yaml with a cloud "lab"."""
    lines = ["clouds:", "  lab:", "    auth:"]
    auth = auth or f"auth_url: {AUTH_URL}\nusername: demo\npassword: {PASSWORD}\nproject_name: demo"
    lines += [f"      {line}" for line in auth.splitlines()] + [f"    {line}" for line in text.splitlines()]
    (folder / "clouds.yaml").write_text("\n".join(lines))


BAD: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "nobody": ({"base_url": BASE}, "either token=, or auth="),
    "two": ({"base_url": BASE, "auth": password(), "token": "t0"}, "either token=, or auth="),
    "a mapping": ({"auth": {"auth_url": AUTH_URL}}, "auth= with a KeystonePassword or the like"),
    "a token without an address": ({"token": "t0"}, "needs base_url: there is no catalog"),
    "an address that is none": ({"base_url": "monasca.test", "auth": password()}, "base_url must begin"),
    "an empty token": ({"base_url": BASE, "token": ""}, "token is empty"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_work_is_refused(case: str) -> None:
    """Before anything is sent."""
    arguments, why = BAD[case]
    with pytest.raises(ConfigError, match=why):
        MonascaClient(**arguments)


def test_an_unknown_argument_is_a_type_error() -> None:
    """It is not ignored."""
    with pytest.raises(TypeError, match="region"):
        MonascaClient(BASE, token="t0", region="x")  # type: ignore[call-arg] # what is tested


def test_the_version_of_the_api_is_added() -> None:
    """An address without one gets that of the API; one that has it, whichever, stays."""
    for given, used in (
        ("http://m.test:8070", "http://m.test:8070/v2.0"),
        (f"{BASE}/", BASE),
        ("http://v2", "http://v2/v2.0"),
    ):
        assert MonascaClient(given, token="t0").base_url == used


def test_clients_are_told_apart_by_where_they_look() -> None:
    """The address is the base URL, or what it will be found by."""
    assert MonascaClient(BASE, token="t0").address == BASE
    assert MonascaClient(auth=password(), region_name="North").address == f"{AUTH_URL} North"
    assert MonascaClient(auth=KeystoneCloud("lab")).address == "lab"
    assert repr(MonascaClient(auth=KeystoneCloud("lab"))) == "<MonascaClient lab>"


def test_nothing_secret_is_shown() -> None:
    """Neither a password nor a token, nor in an error that has either in its arguments."""
    for client in (MonascaClient(BASE, auth=password()), MonascaClient(BASE, token=Token("t-secret"))):
        assert PASSWORD not in repr(client) + repr(vars(client))
        assert "t-secret" not in repr(client) + repr(vars(client))
    with pytest.raises(InputError) as caught:
        MonascaClient(BASE, token="t-secret\n")
    assert "t-secret" not in "".join(traceback.format_exception_only(caught.value))


async def test_a_client_is_made_from_the_environment(env: Callable[..., None]) -> None:
    """The variables of OpenStack's own clients are enough; region and interface choose the endpoint."""
    services = catalog(endpoint(), endpoint("http://two.test/v2.0", "internal", "RegionTwo"))
    env(**ENVIRONMENT, OS_REGION_NAME="RegionTwo", OS_INTERFACE="internal", OS_PROJECT_ID="")
    cloud = Cloud(services=services)
    async with MonascaClient.from_env(transport=httpx.MockTransport(cloud.answer)) as client:
        assert await client.locate() == "http://two.test/v2.0"
    assert cloud.sign_ins == [password().body()]


async def test_an_address_in_the_environment_is_used(env: Callable[..., None]) -> None:
    """MONASCA_API_URL goes before the catalog."""
    env(**ENVIRONMENT, MONASCA_API_URL="http://monasca.test", MONASCA_DIALECT="2014")
    client = MonascaClient.from_env()
    assert client.base_url == BASE
    assert client.dialect == "2014"


async def test_a_token_in_the_environment_is_used_as_it_is(env: Callable[..., None]) -> None:
    """With an address and no Keystone there is nothing else to do with it."""
    env(OS_TOKEN="t0", MONASCA_API_URL=BASE)
    cloud = Cloud()
    async with MonascaClient.from_env(transport=httpx.MockTransport(cloud.answer)) as client:
        with pytest.raises(AuthError, match="nothing to sign in with"):
            await client.request("GET", "/metrics/names")
    assert [each.headers["x-auth-token"] for each in cloud.requests] == ["t0"]


async def test_a_token_with_keystone_is_exchanged(env: Callable[..., None]) -> None:
    """For one of the scope asked for."""
    env(OS_TOKEN="t0", OS_AUTH_URL=AUTH_URL, OS_PROJECT_ID="p1")
    cloud = Cloud()
    async with MonascaClient.from_env(transport=httpx.MockTransport(cloud.answer)) as client:
        await client.locate()
    assert cloud.sign_ins[0]["identity"] == {"methods": ["token"], "token": {"id": "t0"}}


def test_missing_variables_are_named(env: Callable[..., None]) -> None:
    """All at once."""
    with pytest.raises(ConfigError, match="missing are OS_AUTH_URL, OS_USERNAME or OS_USER_ID, OS_PASSWORD"):
        MonascaClient.from_env()
    env(**ENVIRONMENT, OS_AUTH_TYPE="v3oidcpassword")
    with pytest.raises(ConfigError, match="OS_AUTH_TYPE must be one of password"):
        MonascaClient.from_env()


def profile(folder: Path, text: str) -> Path:
    """A tocsin.toml with a profile "noc"."""
    path = folder / "tocsin.toml"
    path.write_text(f'[profiles.noc]\nbackend = "monasca"\n{text}')
    return path


async def test_a_client_is_made_from_a_profile(tmp_path: Path, env: Callable[..., None]) -> None:
    """The same settings, with the secret by reference."""
    env(NOC_PASSWORD=PASSWORD)
    path = profile(
        tmp_path,
        f'auth_url = "{AUTH_URL}"\nusername = "demo"\nproject_name = "demo"\n'
        'password = { env = "NOC_PASSWORD" }',
    )
    cloud = Cloud()
    async with MonascaClient.from_profile("noc", path, transport=httpx.MockTransport(cloud.answer)) as client:
        assert await client.locate() == BASE
    assert cloud.sign_ins == [password().body()]


def test_a_profile_that_is_not_enough_is_told(tmp_path: Path) -> None:
    """By the names that a profile has."""
    with pytest.raises(ConfigError, match="missing are auth_url, password"):
        MonascaClient.from_profile("noc", profile(tmp_path, 'username = "demo"'))
    for secret in ("password", "token", "application_credential_secret"):
        with pytest.raises(ConfigError, match="is a secret written out"):
            MonascaClient.from_profile("noc", profile(tmp_path, f'{secret} = "{PASSWORD}"'))


async def test_a_cloud_is_read_at_the_first_call(tmp_path: Path) -> None:
    """Not before; its region and interface count, and it signs in like any identity."""
    services = catalog(endpoint(), endpoint("http://two.test/v2.0", "internal", "RegionTwo"))
    cloud = Cloud(services=services)
    async with cloud.client(auth=KeystoneCloud("lab")) as client:
        clouds(tmp_path, "region_name: RegionTwo\ninterface: internal")
        await client.request("GET", "/metrics/names")
        assert client.base_url == "http://two.test/v2.0"
        (tmp_path / "clouds.yaml").unlink()
        cloud.tokens.clear()
        await client.request("GET", "/metrics/names")
    assert cloud.sign_ins[0] == password().body()
    assert cloud.seen[0] == f"POST {AUTH_URL}/auth/tokens"
    assert len(cloud.sign_ins) == 2


async def test_what_the_client_is_given_goes_before_the_cloud(tmp_path: Path) -> None:
    """Its region and interface, and its address."""
    services = catalog(endpoint("http://one.test/v2.0"), endpoint("http://two.test/v2.0", "internal", "RegionTwo"))
    clouds(tmp_path, "region_name: RegionTwo\ninterface: internal\nmonitoring_endpoint_override: http://no.test")
    cloud = Cloud(services=services)
    async with cloud.client(BASE, auth=KeystoneCloud("lab")) as client:
        await client.request("GET", "/metrics/names")
    assert cloud.seen[-1] == f"GET {BASE}/metrics/names"
    clouds(tmp_path, "region_name: RegionTwo\ninterface: internal")
    async with cloud.client(auth=KeystoneCloud("lab"), region_name="RegionOne", interface="public") as client:
        assert await client.locate() == "http://one.test/v2.0"


async def test_a_cloud_may_name_the_address(tmp_path: Path) -> None:
    """Then the catalog is not looked at."""
    clouds(tmp_path, "monitoring_endpoint_override: http://monasca.test")
    cloud = Cloud(services=[])
    async with cloud.client(auth=KeystoneCloud("lab")) as client:
        assert await client.locate() == BASE
    assert "nocatalog" in cloud.requests[0].url.params


async def test_the_environment_may_name_a_cloud(tmp_path: Path, env: Callable[..., None]) -> None:
    """OS_CLOUD goes before the variables that say who one is."""
    clouds(tmp_path, "")
    env(**{**ENVIRONMENT, "OS_USERNAME": "somebody"}, OS_CLOUD="lab")
    cloud = Cloud()
    async with MonascaClient.from_env(transport=httpx.MockTransport(cloud.answer)) as client:
        await client.locate()
    assert cloud.sign_ins == [password().body()]


KINDS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "v3password": (
        "user_id: 7\npassword: 8\nproject_id: p1",
        "auth_type: v3password",
        {
            "identity": {"methods": ["password"], "password": {"user": {"id": "7", "password": "8"}}},
            "scope": {"project": {"id": "p1"}},
        },
    ),
    "application credential": (
        "application_credential_id: c1\napplication_credential_secret: s3",
        "auth_type: v3applicationcredential",
        {
            "identity": {
                "methods": ["application_credential"],
                "application_credential": {"id": "c1", "secret": "s3"},
            }
        },
    ),
    "token": (
        "token: t0\nproject_id: p1",
        "auth_type: v3token",
        {"identity": {"methods": ["token"], "token": {"id": "t0"}}, "scope": {"project": {"id": "p1"}}},
    ),
}


@pytest.mark.parametrize("case", KINDS)
async def test_clouds_sign_in_in_different_ways(tmp_path: Path, case: str) -> None:
    """Each kind of identity that a cloud may have."""
    auth, text, body = KINDS[case]
    clouds(tmp_path, text, auth=f"auth_url: {AUTH_URL}\n{auth}")
    cloud = Cloud()
    async with cloud.client(auth=KeystoneCloud("lab")) as client:
        await client.locate()
    assert cloud.sign_ins == [body]


UNUSABLE: Mapping[str, tuple[str, str, str]] = {
    "a kind": ("auth_type: v3oidcpassword", "", "auth_type of cloud 'lab' in clouds.yaml must be one of"),
    "a part": ("", f"auth_url: {AUTH_URL}\ntrust_id: x", "has trust_id in auth, which tocsin cannot"),
    "too little": ("", f"auth_url: {AUTH_URL}\npassword: {PASSWORD}", "missing are username of cloud 'lab'"),
    "a CA": ("cacert: /ca.pem", "", "sets cacert: give the client verify= instead"),
    "no check": ("verify: false", "", "sets verify: give the client verify="),
    "insecure": ("insecure: true", "", "sets insecure: give the client verify="),
    "a certificate": ("cert: /c.pem\nkey: /k.pem", "", "sets cert and key: give the client cert="),
    "an address": ("monitoring_endpoint_override: x", "", "the monitoring endpoint of 'lab' must begin"),
}


@pytest.mark.parametrize("case", UNUSABLE)
async def test_what_a_cloud_asks_in_vain_is_told(tmp_path: Path, case: str) -> None:
    """Nothing of it is ignored, nothing is sent, and no secret shown."""
    text, auth, why = UNUSABLE[case]
    clouds(tmp_path, text, auth=auth)
    cloud = Cloud()
    async with cloud.client(auth=KeystoneCloud("lab")) as client:
        with pytest.raises(ConfigError, match=why) as caught:
            await client.request("GET", "/metrics/names")
    assert cloud.requests == []
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "text", ["- lab", "clouds: [lab]", f"clouds: {{lab: {PASSWORD}}}", "clouds: {lab: {auth: x}}"]
)
async def test_a_file_of_another_form_is_told(tmp_path: Path, text: str) -> None:
    """openstacksdk meets it with errors of all kinds; none of them comes through, nor a secret."""
    (tmp_path / "clouds.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"^clouds\.yaml: ") as caught:
        await KeystoneCloud("lab").login(None, ())
    assert caught.value.__context__ is None
    assert PASSWORD not in str(caught.value)


async def test_tls_options_of_the_client_stand_for_those_of_the_cloud(tmp_path: Path) -> None:
    """Given to the client, they count, and what the cloud says of them does not matter."""
    clouds(tmp_path, "verify: false\ncert: /c.pem")
    assert await KeystoneCloud("lab").login(None, {"verify", "cert"}) == Login(password(), None, None, "public")
    clouds(tmp_path, "verify: false", auth="auth_url: http://127.0.0.1:1\nusername: demo\npassword: p")
    once = RetryPolicy(attempts=1)
    async with MonascaClient(auth=KeystoneCloud("lab"), verify=False, retry=once) as client:
        with pytest.raises(NotSentError, match=r"127\.0\.0\.1:1"):
            await client.locate()


async def test_an_unknown_cloud_is_told(tmp_path: Path) -> None:
    """Of one that is there, the settings of the region count that the client is given."""
    clouds(
        tmp_path, "regions: [{name: One, values: {interface: admin}}, {name: Two, values: {interface: internal}}]"
    )
    with pytest.raises(ConfigError, match=r"clouds\.yaml: Cloud none was not found"):
        await KeystoneCloud("none").login(None, ())
    for region, interface in (("Two", "internal"), (None, "admin"), ("North", "admin")):
        assert (await KeystoneCloud("lab").login(region, ())).interface == interface
    with pytest.raises(ConfigError, match="cloud must be a text"):
        KeystoneCloud("")


async def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """clouds.yaml needs openstacksdk."""
    monkeypatch.setitem(sys.modules, "openstack.config", None)
    with pytest.raises(ConfigError, match=r'pip install "tocsin\[openstack\]"'):
        await KeystoneCloud("lab").login(None, ())


async def test_secrets_of_a_cloud_are_redacted(tmp_path: Path) -> None:
    """Though they are known only after the client was made: not even Keystone's own words show one."""
    clouds(tmp_path, "")
    cloud = Cloud(refusal=httpx.Response(401, json={"error": {"title": "Unauthorized", "message": PASSWORD}}))
    events: list[object] = []
    async with cloud.client(auth=KeystoneCloud("lab"), observer=events.append) as client:
        with pytest.raises(AuthError, match="Keystone refused") as caught:
            await client.locate()
    assert PASSWORD not in str(caught.value) + repr(events)


def test_importing_a_client_loads_little() -> None:
    """No HTTP library, no openstacksdk, nothing that can wait."""
    program = "import sys; from tocsin import MonascaClient, KeystoneCloud; print(*sys.modules)"
    loaded = set(printed_by(program).split())
    assert not loaded & {"httpx", "aiohttp", "openstack", "keystoneauth1", "yaml", "asyncio", "ssl", "email"}
