"""Signing in to a real Keystone: short tokens, revoked ones, and each kind of identity."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from tests.servers.monasca import RealMonasca

from tocsin import (
    AuthError,
    ConfigError,
    ForbiddenError,
    KeystoneApplicationCredential,
    KeystoneCloud,
    KeystonePassword,
    KeystoneToken,
    MonascaClient,
)

pytestmark = [pytest.mark.real, pytest.mark.timeout(1800)]

#: Seconds of traffic, and how many calls at once; 60 and 50 with tokens of 20 s renew them three times.
SECONDS, CALLS = 60, 50
METRIC = {"name": "keystone.test", "dimensions": {"host": "a"}, "timestamp": 1_790_000_000_000, "value": 1.0}


@pytest.fixture(scope="module")
def monasca() -> Iterator[RealMonasca]:
    """A real Monasca."""
    with RealMonasca() as running:
        yield running


@pytest.fixture(scope="module")
def hasty() -> Iterator[RealMonasca]:
    """One whose tokens live 20 seconds."""
    with RealMonasca(token_seconds=20) as running:
        yield running


def password(monasca: RealMonasca, user: str = "demo", **changes: Any) -> KeystonePassword:
    """The identity of a user, in its own project unless another is named."""
    known = monasca.users[user]
    scope = {"project_name": known.project, "password": known.password, **changes}
    return KeystonePassword(monasca.keystone_url, username=user, **scope)


def application_credential(monasca: RealMonasca) -> dict[str, str]:
    """A new one of demo's."""
    token = monasca.issue_token()
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    with httpx.Client(base_url=monasca.keystone_url, headers=headers, trust_env=False, timeout=60) as http:
        user = http.get("/auth/tokens").json()["token"]["user"]["id"]
        said = {"name": f"ci-{time.time_ns()}", "roles": [{"name": "monasca-user"}]}
        made = http.post(f"/users/{user}/application_credentials", json={"application_credential": said})
    found: dict[str, str] = made.json()["application_credential"]
    return found


@pytest.mark.anyio
async def test_monasca_is_found_in_the_catalog(monasca: RealMonasca) -> None:
    """By region and interface; another region is told, with what there is."""
    for interface in ("public", "internal", "admin"):
        async with MonascaClient(auth=password(monasca), interface=interface) as client:
            assert await client.locate() == monasca.base_url
    async with MonascaClient(auth=password(monasca), region_name="Nowhere") as client:
        with pytest.raises(ConfigError, match=f"region 'Nowhere'; it has .*public in {monasca.region}"):
            await client.locate()


@pytest.mark.anyio
async def test_the_scope_decides_whose_metrics_one_sees(monasca: RealMonasca) -> None:
    """By the project's name, and by its id; without a scope there is no catalog."""
    project = monasca.project_ids["demo2"]
    for scope in ({"project_name": "demo2"}, {"project_name": None, "project_id": project}):
        async with MonascaClient(auth=password(monasca, **scope)) as client:
            assert (await client.request("GET", "/metrics")).json()["elements"] == []
    async with MonascaClient(auth=password(monasca, project_name=None)) as client:
        with pytest.raises(ConfigError, match="is the token scoped to a project"):
            await client.locate()


@pytest.mark.anyio
async def test_an_application_credential_signs_in(monasca: RealMonasca) -> None:
    """By its id, and by its name with its user."""
    credential = application_credential(monasca)
    common = {"auth_url": monasca.keystone_url, "secret": credential["secret"]}
    for auth in (
        KeystoneApplicationCredential(**common, id=credential["id"]),
        KeystoneApplicationCredential(**common, name=credential["name"], username="demo"),
        KeystoneApplicationCredential(**common, name=credential["name"], user_id=credential["user_id"]),
    ):
        async with MonascaClient(auth=auth) as client:
            assert (await client.request("GET", "/metrics/names")).status == 200


@pytest.mark.anyio
@pytest.mark.filterwarnings("ignore:Support for InfluxDB")  # openstacksdk warns of its own defaults
async def test_a_cloud_signs_in(monasca: RealMonasca, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From clouds.yaml, as OpenStack's own library reads it."""
    user = monasca.users["demo"]
    (tmp_path / "clouds.yaml").write_text(
        f"clouds: {{lab: {{region_name: {monasca.region}, auth: {{auth_url: '{monasca.keystone_url}', "
        f"username: demo, password: {user.password}, project_name: {user.project}, "
        "user_domain_name: Default, project_domain_name: Default}}}"
    )
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    async with MonascaClient(auth=KeystoneCloud("lab")) as client:
        assert await client.locate() == monasca.base_url
        assert (await client.request("GET", "/metrics/names")).status == 200


@pytest.mark.anyio
async def test_a_bad_password_is_asked_once(monasca: RealMonasca) -> None:
    """Keystone counts refusals, and may lock the account."""
    before = len([each for each in monasca.sign_ins() if each.status == 401])
    async with MonascaClient(auth=password(monasca, password="not-it")) as client:
        with pytest.raises(AuthError, match="Keystone refused") as caught:
            await client.request("GET", "/metrics/names")
    assert caught.value.status == 401
    assert len([each for each in monasca.sign_ins() if each.status == 401]) == before + 1


@pytest.mark.anyio
async def test_a_missing_role_is_no_reason_to_sign_in(monasca: RealMonasca) -> None:
    """For a user without a role for Monasca, and for a reader who writes."""
    for user, method in (("norole", "GET"), ("reader", "POST"), ("agent", "GET")):
        before = len(monasca.sign_ins(user))
        body = {"json": METRIC} if method == "POST" else {}
        async with MonascaClient(auth=password(monasca, user)) as client:
            for _ in range(3):
                with pytest.raises(ForbiddenError, match="does not have access"):
                    await client.request(method, "/metrics", **body)
        assert len(monasca.sign_ins(user)) == before + 1


@pytest.mark.anyio
async def test_a_revoked_token_costs_one_sign_in(monasca: RealMonasca) -> None:
    """Thirty metrics at once are all written, and one call signs in for all."""
    async with MonascaClient(auth=password(monasca)) as client:
        await client.request("POST", "/metrics", json=METRIC)
        before = len(monasca.sign_ins("demo"))
        monasca.revoke_all("demo")

        async def post(number: int) -> None:
            metric = {**METRIC, "name": "keystone.revoked", "dimensions": {"n": str(number)}}
            await client.request("POST", "/metrics", json=metric)

        async with anyio.create_task_group() as group:
            for number in range(30):
                group.start_soon(post, number)
        assert len(monasca.sign_ins("demo")) == before + 1
        found = await client.request("GET", "/metrics", params={"name": "keystone.revoked"})
        assert {each["dimensions"]["n"] for each in found.json()["elements"]} == set(map(str, range(30)))


@pytest.mark.anyio
async def test_signing_out_revokes_the_token(monasca: RealMonasca) -> None:
    """Nobody can use it any more; the next call signs in again; doing it twice is fine, and so is too late."""
    async with MonascaClient(auth=password(monasca)) as client:
        await client.request("GET", "/metrics/names")
        token = monasca.sign_ins("demo")[-1].token
        assert token is not None
        await client.sign_out()
        await client.sign_out()
        async with MonascaClient(monasca.base_url, token=token) as late:
            with pytest.raises(AuthError, match="nothing to sign in with"):
                await late.request("GET", "/metrics/names")
        await client.request("GET", "/metrics/names")
        monasca.revoke_all("demo")
        await client.sign_out()
        await client.request("GET", "/metrics/names")


@pytest.mark.anyio
async def test_a_token_is_exchanged_for_another_project(monasca: RealMonasca) -> None:
    """And when the first one has ended, the error says so."""
    token = monasca.issue_token()
    auth = KeystoneToken(monasca.keystone_url, token=token, project_name="demo2")
    async with MonascaClient(auth=auth) as client:
        assert (await client.request("GET", "/metrics")).json()["elements"] == []
        await client.sign_out()
        assert (await client.request("GET", "/metrics")).status == 200
        await client.sign_out()
        monasca.revoke(token)
        with pytest.raises(AuthError, match="ended or was revoked"):
            await client.request("GET", "/metrics")


@pytest.mark.anyio
async def test_versions_health_and_dialect(monasca: RealMonasca) -> None:
    """What the server says of itself; there is no Kafka, which it says, too."""
    async with MonascaClient(monasca.base_url, auth=password(monasca), dialect="auto") as client:
        health = await client.health()
        assert not health.healthy
        assert list(health.unhealthy) == ["kafka"]
        assert (await client.health(parts=False)).healthy
        assert await client.find_dialect() == "current"
        [version] = await client.versions.list()
        assert version.id == "v2.0"
        assert await client.versions.get("v2.0") == version


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_short_tokens_are_renewed_ahead(hasty: RealMonasca) -> None:
    """With tokens of 20 s, 60 s of traffic at 50 calls in flight sign in at most 5 times, and fail not once."""
    before = len(hasty.sign_ins("demo"))
    done = 0
    async with MonascaClient(auth=password(hasty)) as client:
        end = time.monotonic() + SECONDS

        async def call() -> None:
            nonlocal done
            while time.monotonic() < end:
                await client.request("GET", "/metrics/names")
                done += 1

        async with anyio.create_task_group() as group:
            for _ in range(CALLS):
                group.start_soon(call)
    assert 3 <= len(hasty.sign_ins("demo")) - before <= 5
    refused = [line for line in hasty.access_log.read_text().splitlines() if line.endswith(" 401")]
    assert not [line for line in refused if "/metrics/names" in line]
    assert done > CALLS
