"""Signing in to Keystone: who one is, where Monasca is, and how often one has to ask."""

from __future__ import annotations

import json
import traceback
from collections.abc import AsyncIterator, Mapping
from typing import Any

import anyio
import httpx
import pytest
from tests.backends.monasca.keystone_cloud import (
    AUTH_URL,
    BASE,
    FORBIDDEN,
    PASSWORD,
    Cloud,
    catalog,
    endpoint,
    password,
)

from tocsin import (
    AuthError,
    ConfigError,
    DecodeError,
    Event,
    ForbiddenError,
    KeystoneApplicationCredential,
    KeystonePassword,
    KeystoneToken,
    NotFoundError,
    NotSupported,
    RedirectError,
    RetryPolicy,
    ServerError,
)
from tocsin.monasca.batches import BatchError
from tocsin.monasca.keystone import KeystoneAuth, identity
from tocsin.monasca.metric_writing import NewMetric

pytestmark = pytest.mark.anyio

DEFAULT = {"name": "Default"}
USER = {"name": "demo", "domain": DEFAULT, "password": PASSWORD}
SECRET = {"auth_url": AUTH_URL, "secret": "s3"}


def by_password(user: Mapping[str, Any] = USER, scope: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a password's sign-in carries."""
    said: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": user}}}
    return {**said, "scope": scope} if scope else said


def by_credential(**credential: Any) -> dict[str, Any]:
    """What an application credential's sign-in carries."""
    return {"identity": {"methods": ["application_credential"], "application_credential": credential}}


BODIES: Mapping[str, tuple[KeystoneAuth, Mapping[str, Any]]] = {
    "names": (password(), by_password(scope={"project": {"name": "demo", "domain": DEFAULT}})),
    "ids": (
        password(username=None, user_id="u1", project_name=None, project_id="p1"),
        by_password({"id": "u1", "password": PASSWORD}, {"project": {"id": "p1"}}),
    ),
    "names in domains": (
        password(user_domain_name="people", project_domain_id="d1"),
        by_password({**USER, "domain": {"name": "people"}}, {"project": {"name": "demo", "domain": {"id": "d1"}}}),
    ),
    "a domain": (
        password(project_name=None, domain_name="things"),
        by_password(scope={"domain": {"name": "things"}}),
    ),
    "a domain's id": (password(project_name=None, domain_id="d1"), by_password(scope={"domain": {"id": "d1"}})),
    "no scope": (password(project_name=None), by_password()),
    "an application credential": (
        KeystoneApplicationCredential(id="c1", **SECRET),
        by_credential(id="c1", secret="s3"),
    ),
    "an application credential's name": (
        KeystoneApplicationCredential(name="ci", username="demo", user_domain_id="d1", **SECRET),
        by_credential(name="ci", user={"name": "demo", "domain": {"id": "d1"}}, secret="s3"),
    ),
    "an application credential of an id": (
        KeystoneApplicationCredential(name="ci", user_id="u1", **SECRET),
        by_credential(name="ci", user={"id": "u1"}, secret="s3"),
    ),
    "a token": (
        KeystoneToken(AUTH_URL, token="t0", project_id="p1"),
        {"identity": {"methods": ["token"], "token": {"id": "t0"}}, "scope": {"project": {"id": "p1"}}},
    ),
}


@pytest.mark.parametrize("case", BODIES)
def test_identities_say_what_keystone_asks_for(case: str) -> None:
    """Each identity and scope has the form that Keystone 30.0.0 was seen to take."""
    auth, body = BODIES[case]
    assert auth.body() == body


BAD: Mapping[str, tuple[type[Any], Mapping[str, Any], str]] = {
    "no user": (KeystonePassword, {"password": "p"}, "username or user_id is missing"),
    "two users": (KeystonePassword, {"password": "p", "username": "a", "user_id": "b"}, "exclude each other"),
    "no password": (KeystonePassword, {"password": "", "username": "a"}, "password must be a text"),
    "two scopes": (
        KeystonePassword,
        {"password": "p", "username": "a", "project_id": "p", "domain_id": "d"},
        "either a project or a domain",
    ),
    "two domains": (
        KeystonePassword,
        {"password": "p", "username": "a", "user_domain_id": "b", "user_domain_name": "c"},
        "user_domain_name and user_domain_id exclude",
    ),
    "an empty name": (KeystonePassword, {"password": "p", "username": ""}, "username must be a text"),
    "a number": (KeystonePassword, {"password": "p", "user_id": 7}, "user_id must be a text"),
    "no credential": (KeystoneApplicationCredential, {"secret": "s"}, "needs id, or name with a user"),
    "two credentials": (KeystoneApplicationCredential, {"secret": "s", "id": "a", "name": "b"}, "exclude"),
    "nobody's credential": (KeystoneApplicationCredential, {"secret": "s", "name": "b"}, "username or user_id"),
    "no token": (KeystoneToken, {"token": ""}, "token is empty"),
    "a token with a line end": (KeystoneToken, {"token": "t0\n"}, "token has a character that no header"),
    "bytes of another encoding": (KeystonePassword, {"password": "p\udcff"}, "has a character that UTF-8"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_an_identity_is_refused(case: str) -> None:
    """The error names the argument, and comes when the identity is made."""
    make, arguments, why = BAD[case]
    with pytest.raises(ConfigError, match=why):
        make(AUTH_URL, **arguments)


def test_the_version_of_keystone_is_added() -> None:
    """Keystone's own root only tells of versions; its API v2.0 is no more; the error calls it auth_url."""
    assert password(auth_url="https://k.test:5000/").auth_url == "https://k.test:5000/v3"
    assert password(auth_url="https://k.test/identity/v3/").auth_url == "https://k.test/identity/v3"
    with pytest.raises(ConfigError, match=r"v2\.0, which Keystone has no more"):
        password(auth_url="https://k.test:5000/v2.0")
    with pytest.raises(ConfigError, match="auth_url must begin"):
        password(auth_url="k.test")


def test_identities_show_no_secret() -> None:
    """Neither in repr nor in str."""
    for auth, _ in BODIES.values():
        assert not [secret for secret in auth.secrets() if secret in repr(auth) + str(auth)]


async def test_monasca_is_found_in_the_catalog() -> None:
    """One sign-in brings token and address; the call is signed with the one and goes to the other."""
    cloud = Cloud()
    async with cloud.client() as client:
        assert client.base_url == ""
        await client.request("GET", "/metrics/names")
        assert client.base_url == BASE
    assert cloud.seen == [f"POST {AUTH_URL}/auth/tokens", f"GET {BASE}/metrics/names"]
    assert cloud.calls[0].headers["x-auth-token"] == "token-number-1"
    assert "authorization" not in cloud.calls[0].headers


async def test_a_known_address_needs_no_catalog() -> None:
    """With a base_url, Keystone is asked to leave the catalog out, and what it has is not looked at."""
    cloud = Cloud(services=[])
    async with cloud.client("http://monasca.test") as client:
        assert await client.locate() == BASE
        await client.request("GET", "/metrics/names")
    assert cloud.seen == [f"POST {AUTH_URL}/auth/tokens", f"GET {BASE}/metrics/names"]
    assert "nocatalog" in cloud.requests[0].url.params


async def test_the_address_is_looked_up_once() -> None:
    """A catalog that changes moves no client: later sign-ins do without it."""
    cloud = Cloud(life=100)
    async with cloud.client() as client:
        await client.locate()
        cloud.services = catalog(endpoint("http://elsewhere.test/v2.0"))
        cloud.clock.advance(200)
        await client.request("GET", "/metrics/names")
    assert cloud.seen[-1] == f"GET {BASE}/metrics/names"
    assert "nocatalog" in cloud.requests[-2].url.params


TWO = (endpoint(), endpoint("http://two.test/v2.0", region="RegionTwo"))
PLACES: Mapping[str, tuple[list[dict[str, Any]], Mapping[str, Any], str]] = {
    "the region": (catalog(*TWO), {"region_name": "RegionTwo"}, "http://two.test/v2.0"),
    "the interface": (
        catalog(endpoint(), endpoint("http://inside.test:8070/v2.0", "internal")),
        {"interface": "internal"},
        "http://inside.test:8070/v2.0",
    ),
    "an older word": (
        catalog(endpoint(), endpoint("http://a.test/v2.0", "admin")),
        {"interface": "adminURL"},
        "http://a.test/v2.0",
    ),
    "no version": (catalog(endpoint("http://monasca.test/")), {}, BASE),
    "no region": (catalog(endpoint(region=None)), {}, BASE),
    "twice the same": (catalog(endpoint(), endpoint(region="RegionTwo")), {}, BASE),
}


@pytest.mark.parametrize("case", PLACES)
async def test_the_endpoint_is_chosen(case: str) -> None:
    """By interface and region; a version is added where there is none."""
    services, chosen, expected = PLACES[case]
    async with Cloud(services=services).client(**chosen) as client:
        assert await client.locate() == expected


NOWHERE: Mapping[str, tuple[list[dict[str, Any]], Mapping[str, Any], str]] = {
    "another region": (
        catalog(),
        {"region_name": "North"},
        "no monitoring endpoint with interface 'public' in region 'North'; it has public in RegionOne",
    ),
    "another interface": (catalog(), {"interface": "admin"}, "interface 'admin'; it has public in RegionOne"),
    "which one": (
        catalog(*TWO),
        {},
        "more than one .* public in RegionOne, public in RegionTwo; give region_name=",
    ),
    "no Monasca": (catalog()[:1], {}, "no monitoring service; it has identity"),
    "nothing": ([], {}, "it is empty: is the token scoped to a project"),
    "no URL": (catalog(endpoint("monasca.test")), {}, "the monitoring endpoint of the catalog must begin"),
}


@pytest.mark.parametrize("case", NOWHERE)
async def test_a_catalog_without_it_is_told(case: str) -> None:
    """The error lists what there is, and nothing is sent to Monasca."""
    services, chosen, why = NOWHERE[case]
    cloud = Cloud(services=services)
    async with cloud.client(**chosen) as client:
        with pytest.raises(ConfigError, match=why):
            await client.request("GET", "/metrics/names")
    assert len(cloud.requests) == 1


async def test_a_token_does_not_go_from_https_to_http() -> None:
    """A catalog had over https cannot send the token over http."""
    cloud = Cloud()
    async with cloud.client(auth=password(auth_url="https://keystone.test/v3")) as client:
        with pytest.raises(ConfigError, match="does not go from https to http"):
            await client.request("GET", "/metrics/names")
    assert len(cloud.requests) == 1


def test_another_interface_is_refused() -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigError, match='must be "public", "internal" or "admin"'):
        Cloud().client(interface="private")


async def test_a_bad_password_is_told_once() -> None:
    """One sign-in, not retried, answers all calls that wait; it shows no password."""
    cloud = Cloud(refusal=httpx.Response(401, json={"error": {"title": "Unauthorized", "message": PASSWORD}}))
    errors: list[AuthError] = []
    events: list[Event] = []
    async with cloud.client(observer=events.append) as client:

        async def call() -> None:
            try:
                await client.request("GET", "/metrics/names")
            except AuthError as error:
                errors.append(error)

        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(call)
    assert len(cloud.sign_ins) == 1
    assert [error.status for error in errors] == [401] * 20
    assert "Keystone refused to sign in: HTTP 401: Unauthorized" in str(errors[0])
    shown = "".join(["".join(traceback.format_exception(error)) for error in errors]) + repr(events)
    assert PASSWORD not in shown


async def test_the_wrong_address_of_keystone_is_told() -> None:
    """300 is what its unversioned root answers, 404 what another server does: both name the address."""
    versions = httpx.Response(300, json={"versions": {"values": []}}, headers={"location": f"{AUTH_URL}/"})
    async with Cloud(refusal=versions).client() as client:
        with pytest.raises(RedirectError, match=f"is {AUTH_URL} the root of Keystone's API v3"):
            await client.locate()
    async with Cloud(refusal=httpx.Response(404)).client() as client:
        with pytest.raises(NotFoundError, match=f"is {AUTH_URL} the root of Keystone's API v3"):
            await client.locate()


async def test_a_keystone_that_fails_is_tried_again() -> None:
    """Signing in twice does no harm, so a 503 is retried; in the end it is raised as it is."""
    cloud = Cloud(refusal=httpx.Response(503))
    async with cloud.client(retry=RetryPolicy(attempts=3, base=0, cap=0)) as client:
        with pytest.raises(ServerError):
            await client.locate()
    assert len(cloud.sign_ins) == 3


@pytest.mark.parametrize(
    "refusal",
    [httpx.Response(503), httpx.Response(429), httpx.Response(401), httpx.ConnectError("no route")],
    ids=str,
)
async def test_rows_are_unsent_when_keystone_fails(refusal: httpx.Response | Exception) -> None:
    """Where a token ends among many rows and no other is had, those that it was for were not acted on."""
    cloud = Cloud(monasca=lambda _: httpx.Response(204))

    async def rows() -> AsyncIterator[NewMetric]:
        for at in range(6):
            if at == 3:  # which shows that the first two rows are a full request
                await anyio.wait_all_tasks_blocked()
                cloud.tokens.clear()
                cloud.refusal = refusal
            yield NewMetric("cpu", at)

    async with cloud.client(retry=RetryPolicy(attempts=1)) as client:
        with pytest.raises(BatchError) as caught:
            await client.metrics.create_stream(rows(), batch=2)
    error = caught.value
    assert (error.written, error.uncertain, error.refused) == ((range(2),), (), ())
    assert error.unsent[0].start == 2
    assert error.causes[0].signing_in


async def test_an_answer_without_a_token_is_told() -> None:
    """A 201 of something else than Keystone brings no token, and the error shows nothing of it."""
    async with Cloud(refusal=httpx.Response(201, json={"token": {}})).client() as client:
        with pytest.raises(DecodeError, match="no X-Subject-Token"):
            await client.locate()
    no_zone = httpx.Response(
        201, json={"token": {"expires_at": "2026-11-23T00:00:00"}}, headers={"x-subject-token": "t0"}
    )
    async with Cloud(refusal=no_zone).client() as client:
        with pytest.raises(DecodeError, match=r"timezone.*expires_at"):
            await client.locate()


async def test_a_missing_role_is_no_reason_to_sign_in() -> None:
    """Monasca says it with status 401, too: it is told as Forbidden, with its reason, after one try."""
    cloud = Cloud(monasca=lambda _: httpx.Response(401, json=FORBIDDEN))
    async with cloud.client() as client:
        for _ in range(3):
            with pytest.raises(ForbiddenError, match="does not have access to this service") as caught:
                await client.request("GET", "/metrics")
    assert caught.value.status == 401
    assert len(cloud.sign_ins) == 1
    assert len(cloud.calls) == 3


async def test_a_revoked_token_costs_one_sign_in() -> None:
    """Many calls meet the 401 at once; one signs in for all, and each body is sent again whole."""
    cloud = Cloud()
    async with cloud.client() as client:
        await client.locate()
        cloud.tokens.clear()

        async def post(number: int) -> None:
            await client.request("POST", "/metrics", json={"name": f"m{number}"})

        async with anyio.create_task_group() as group:
            for number in range(50):
                group.start_soon(post, number)
    assert len(cloud.sign_ins) == 2
    good = [each for each in cloud.calls if each.headers["x-auth-token"] == "token-number-2"]
    assert sorted(json.loads(each.content)["name"] for each in good) == sorted(f"m{n}" for n in range(50))


async def test_a_token_is_renewed_ahead_of_its_end() -> None:
    """At a fraction of its life, short or long, so that Monasca never sees one that has ended."""
    for life in (20, 36_000):
        cloud = Cloud(life=life)
        async with cloud.client() as client:
            for _ in range(100):
                await client.request("GET", "/metrics/names")
                cloud.clock.advance(life / 20)
        assert 5 <= len(cloud.sign_ins) <= 7
        assert {request.headers["x-auth-token"] for request in cloud.calls} == set(cloud.tokens)
        assert len(cloud.calls) == 100


async def test_a_given_token_is_exchanged_and_used_to_its_end() -> None:
    """What is made of a token ends with it, so there is no renewing ahead; at the end the error says why."""
    cloud = Cloud(life=100)
    async with cloud.client(auth=KeystoneToken(AUTH_URL, token="t0", project_name="demo")) as client:
        await client.request("GET", "/metrics/names")
        cloud.clock.advance(99)
        await client.request("GET", "/metrics/names")
        assert len(cloud.sign_ins) == 1
        cloud.clock.advance(2)
        cloud.refusal = httpx.Response(404, json={"error": {"code": 404, "message": "Failed to validate token"}})
        with pytest.raises(AuthError, match="ended or was revoked") as caught:
            await client.request("GET", "/metrics/names")
    assert caught.value.status == 404
    assert len(cloud.sign_ins) == 2


async def test_signing_out_revokes_the_token() -> None:
    """In its own name, over the sign-in link; the next call signs in again."""
    cloud = Cloud()
    async with cloud.client() as client:
        await client.sign_out()
        assert cloud.requests == []
        await client.request("GET", "/metrics/names")
        await client.sign_out()
        await client.sign_out()
        assert cloud.tokens == {}
        await client.request("GET", "/metrics/names")
    revoked = cloud.requests[2]
    assert cloud.seen[2:4] == [f"DELETE {AUTH_URL}/auth/tokens", f"POST {AUTH_URL}/auth/tokens"]
    assert revoked.headers["x-subject-token"] == revoked.headers["x-auth-token"] == "token-number-1"
    assert cloud.calls[-1].headers["x-auth-token"] == "token-number-2"


@pytest.mark.parametrize("status", [401, 404])
async def test_signing_out_with_a_token_that_has_ended_is_done(status: int) -> None:
    """Keystone does not know it any more, and neither does the client."""
    cloud = Cloud()
    async with cloud.client() as client:
        await client.locate()
        cloud.tokens.clear()
        cloud.unknown = status
        await client.sign_out()
        await client.request("GET", "/metrics/names")
    assert [each.headers["x-auth-token"] for each in cloud.calls] == ["token-number-2"]


async def test_a_sign_out_that_fails_can_be_done_again() -> None:
    """The token stays in use until Keystone has revoked it."""
    cloud = Cloud()
    async with cloud.client() as client:
        await client.locate()
        cloud.failing = True
        with pytest.raises(ServerError):
            await client.sign_out()
        cloud.failing = False
        await client.request("GET", "/metrics/names")
        await client.sign_out()
    assert [each.headers["x-auth-token"] for each in cloud.calls] == ["token-number-1"]
    assert cloud.tokens == {}


async def test_a_given_token_does_not_sign_out() -> None:
    """It is somebody else's, and there would be no way back in."""
    cloud = Cloud()
    async with cloud.client(BASE, token="t0") as client:
        with pytest.raises(NotSupported, match="does not sign out"):
            await client.sign_out()
    assert cloud.requests == []


async def test_a_given_token_is_used_as_it_is() -> None:
    """It signs the call; when it is refused, there is no sign-in."""
    cloud = Cloud()
    async with cloud.client(BASE, token="t0") as client:
        with pytest.raises(AuthError, match="nothing to sign in with"):
            await client.request("GET", "/metrics/names")
    assert [each.headers["x-auth-token"] for each in cloud.requests] == ["t0"]


async def test_siblings_share_token_and_address() -> None:
    """What one has found, the other goes by, and signing out counts for both."""
    cloud = Cloud()
    async with cloud.client() as client:
        sibling = client.with_options(retry=RetryPolicy(attempts=1))
        await sibling.request("GET", "/metrics/names")
        assert client.base_url == BASE
        await client.request("GET", "/metrics/names")
        await client.sign_out()
        await sibling.request("GET", "/metrics/names")
    assert len(cloud.sign_ins) == 2


ENOUGH = {"auth_url": AUTH_URL, "username": "demo", "password": PASSWORD}
SETTINGS: Mapping[str, tuple[Mapping[str, str], str | None, KeystoneAuth]] = {
    "a password": ({**ENOUGH, "project_name": "demo"}, None, password()),
    "by its type": ({**ENOUGH, "token": "t0"}, "v3token", KeystoneToken(AUTH_URL, token="t0")),
    "a password before a token": ({**ENOUGH, "token": "t0"}, None, password(project_name=None)),
    "ids before names": (
        {**ENOUGH, "user_id": "u1", "project_name": "demo", "project_id": "p1", "user_domain_name": "x"},
        None,
        password(username=None, user_id="u1", project_name=None, project_id="p1", user_domain_name="x"),
    ),
    "a tenant": ({**ENOUGH, "tenant_name": "old"}, None, password(project_name="old")),
    "a project before a tenant": (
        {**ENOUGH, "tenant_id": "old", "project_id": "p1"},
        None,
        password(project_name=None, project_id="p1"),
    ),
    "an application credential": (
        {
            "auth_url": AUTH_URL,
            "application_credential_id": "c1",
            "application_credential_name": "ci",
            "application_credential_secret": "s3",
            "project_id": "p1",
        },
        None,
        KeystoneApplicationCredential(AUTH_URL, id="c1", secret="s3"),
    ),
    "its name": (
        {
            "auth_url": AUTH_URL,
            "application_credential_name": "ci",
            "application_credential_secret": "s3",
            "user_id": "u1",
        },
        "v3applicationcredential",
        KeystoneApplicationCredential(AUTH_URL, name="ci", secret="s3", user_id="u1"),
    ),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_settings_are_read_as_openstack_reads_them(case: str) -> None:
    """Each set of settings makes the identity that OpenStack's own clients would use."""
    said, kind, expected = SETTINGS[case]
    assert identity(said, kind, str.upper) == expected


LACKING: Mapping[str, tuple[Mapping[str, str], str | None, str]] = {
    "all": ({}, None, "missing are AUTH_URL, USERNAME or USER_ID, PASSWORD"),
    "the secret": ({"auth_url": AUTH_URL, "user_id": "u1"}, "password", "missing are PASSWORD"),
    "which credential": (
        {"auth_url": AUTH_URL, "application_credential_secret": "s3"},
        None,
        "missing are APPLICATION_CREDENTIAL_ID or APPLICATION_CREDENTIAL_NAME",
    ),
    "the token": ({"auth_url": AUTH_URL}, "token", "missing are TOKEN"),
    "the type": (ENOUGH, "v3oidcpassword", "AUTH_TYPE must be one of password, .* not 'v3oidcpassword'"),
}


@pytest.mark.parametrize("case", LACKING)
def test_missing_settings_are_named(case: str) -> None:
    """All that is missing, by the names of where the settings came from."""
    said, kind, why = LACKING[case]
    with pytest.raises(ConfigError, match=why):
        identity(said, kind, str.upper)
