"""The simulated Keystone: ways to sign in, the life of tokens, application credentials."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tocsin.simulator import Fault, Faults, Simulator

DEFAULT = {"name": "Default"}


class Clock:
    """A time that moves when it is told to."""

    time = datetime(2026, 1, 1, 12, 0, 0, 900_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sim(clock: Clock) -> Iterator[Simulator]:
    """A Monasca with an empty world, whose Keystone has a clock that stands still."""
    with Simulator(["monasca"], scale=0, clock=clock) as running:
        yield running


@pytest.fixture
def http(sim: Simulator) -> Iterator[httpx.Client]:
    """A client of Keystone, not signed in."""
    with httpx.Client(base_url=sim.endpoints["monasca"]["keystone_url"]) as client:
        yield client


def sign_in(
    http: httpx.Client, project: str | None = "demo", user: str = "demo", **more: object
) -> httpx.Response:
    who = {"name": user, "domain": DEFAULT, "password": f"{user}pw", **more}
    auth: dict = {"identity": {"methods": ["password"], "password": {"user": who}}}
    if project:
        auth["scope"] = {"project": {"name": project, "domain": DEFAULT}}
    return http.post("/auth/tokens", json={"auth": auth})


def by_credential(http: httpx.Client, **credential: object) -> httpx.Response:
    identity = {"methods": ["application_credential"], "application_credential": credential}
    return http.post("/auth/tokens", json={"auth": {"identity": identity}})


def status(sim: Simulator, token: str) -> int:
    """What Monasca says to a token."""
    return httpx.get(
        f"{sim.endpoints['monasca']['base_url']}/metrics", headers={"X-Auth-Token": token}
    ).status_code


def test_endpoint(sim: Simulator, http: httpx.Client) -> None:
    """The endpoint's name, password and project sign in, its token works, and both URLs are in the catalog."""
    endpoint = sim.endpoints["monasca"]
    assert endpoint["base_url"].endswith("/v2.0")
    assert endpoint["keystone_url"].endswith("/v3")
    assert status(sim, endpoint["token"]) == 200
    response = sign_in(http, endpoint["project"], endpoint["username"], password=endpoint["password"])
    urls = {each["url"] for service in response.json()["token"]["catalog"] for each in service["endpoints"]}
    assert urls == {endpoint["base_url"], endpoint["keystone_url"]}
    assert sim.monasca.sign_ins == 1


def test_whole_seconds(http: httpx.Client) -> None:
    """A token's times are whole seconds: it is issued up to a second ago."""
    token = sign_in(http).json()["token"]
    assert token["issued_at"] == "2026-01-01T12:00:00.000000Z"
    assert token["expires_at"] == "2026-01-01T13:00:00.000000Z"


def test_life(sim: Simulator, http: httpx.Client, clock: Clock) -> None:
    """The fault sets the life of new tokens and shortens that of old ones; then they are a 401 everywhere."""
    old = sim.endpoints["monasca"]["token"]
    sim.faults = Faults(token_life=20)
    new = sign_in(http).headers["X-Subject-Token"]
    assert (status(sim, old), status(sim, new)) == (200, 200)
    clock.time += timedelta(seconds=21)
    assert (status(sim, old), status(sim, new)) == (401, 401)
    assert http.get("/auth/catalog", headers={"X-Auth-Token": new}).status_code == 401
    sim.faults = Faults()
    assert sign_in(http).json()["token"]["expires_at"] == "2026-01-01T13:00:21.000000Z"


def test_expire_and_revoke(sim: Simulator) -> None:
    """A test may end a token, or all of them."""
    keystone = sim.monasca.keystone
    one, two, three = (keystone.sign_in() for _ in range(3))
    keystone.revoke_token(one)
    keystone.expire_token(two)
    assert [status(sim, each) for each in (one, two, three)] == [401, 401, 200]
    keystone.expire_all()
    assert status(sim, three) == 401


def test_revocation(sim: Simulator, http: httpx.Client) -> None:
    """A token may be revoked by its owner, and not by a stranger."""
    token = sign_in(http).headers["X-Subject-Token"]
    stranger = sign_in(http, "demo", "reader").headers["X-Subject-Token"]
    assert http.delete("/auth/tokens", headers={"X-Auth-Token": token}).status_code == 403
    headers = {"X-Auth-Token": stranger, "X-Subject-Token": token}
    assert http.delete("/auth/tokens", headers=headers).status_code == 403
    assert (
        http.delete("/auth/tokens", headers={"X-Auth-Token": token, "X-Subject-Token": token}).status_code == 204
    )
    assert status(sim, token) == 401


def test_validation(sim: Simulator, http: httpx.Client) -> None:
    """HEAD and GET tell of a token, without the catalog if that is asked for; rubbish is a 404."""
    token = sign_in(http).headers["X-Subject-Token"]
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    assert http.head("/auth/tokens", headers=headers).status_code == 200
    assert "catalog" in http.get("/auth/tokens", headers=headers).json()["token"]
    assert "catalog" not in http.get("/auth/tokens?nocatalog", headers=headers).json()["token"]
    rubbish = http.get("/auth/tokens", headers={**headers, "X-Subject-Token": "rubbish"})
    assert rubbish.json()["error"]["message"] == "Could not recognize Fernet token"


def test_rescoping(sim: Simulator, http: httpx.Client, clock: Clock) -> None:
    """A token made from another expires with it."""
    first = sign_in(http, None)
    assert status(sim, first.headers["X-Subject-Token"]) == 401
    clock.time += timedelta(minutes=10)
    identity = {"methods": ["token"], "token": {"id": first.headers["X-Subject-Token"]}}
    scope = {"project": {"name": "demo", "domain": DEFAULT}}
    second = http.post("/auth/tokens", json={"auth": {"identity": identity, "scope": scope}})
    assert second.json()["token"]["expires_at"] == first.json()["token"]["expires_at"]
    assert status(sim, second.headers["X-Subject-Token"]) == 200


@pytest.mark.parametrize(
    ("project", "user", "more", "expected"),
    [
        ("demo", "demo", {"password": "nope"}, 401),
        ("demo", "nobody", {}, 401),
        ("admin", "demo", {}, 401),
        ("nowhere", "demo", {}, 401),
        ("demo", "demo", {"domain": {"name": "Elsewhere"}}, 401),
        ("demo", "demo", {"domain": {"id": "default"}}, 201),
        ("demo2", "demo", {}, 201),
    ],
)
def test_password(http: httpx.Client, project: str, user: str, more: dict, expected: int) -> None:
    """Name, domain, password and project must be right; what is wrong is not said."""
    response = sign_in(http, project, user, **more)
    assert response.status_code == expected
    if expected == 401:
        assert response.json()["error"]["message"] == "The request you have made requires authentication."
        assert response.headers["WWW-Authenticate"].startswith("Keystone uri=")


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({}, "find auth in request body"),
        ({"auth": {"identity": {"methods": ["nope"]}}}, "find nope in identity"),
        (
            {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "demo"}}}}},
            "domain in user",
        ),
    ],
)
def test_malformed(http: httpx.Client, body: dict, missing: str) -> None:
    """A body that lacks something is a 400 that names it."""
    response = http.post("/auth/tokens", json=body)
    assert response.status_code == 400
    assert missing in response.json()["error"]["message"]


def test_application_credential(sim: Simulator, http: httpx.Client, clock: Clock) -> None:
    """It signs in by id or by name, for some of the roles, until it is over or deleted."""
    signed = sign_in(http)
    user = signed.json()["token"]["user"]["id"]
    headers = {"X-Auth-Token": signed.headers["X-Subject-Token"]}
    path = f"/users/{user}/application_credentials"
    asked = {"name": "mine", "roles": [{"name": "monasca-user"}], "expires_at": "2026-01-01T12:30:00Z"}
    made = http.post(path, json={"application_credential": asked}, headers=headers).json()[
        "application_credential"
    ]
    assert http.post(path, json={"application_credential": asked}, headers=headers).status_code == 409
    secret = made["secret"]
    by_id = by_credential(http, id=made["id"], secret=secret)
    assert [role["name"] for role in by_id.json()["token"]["roles"]] == ["monasca-user"]
    token = by_id.headers["X-Subject-Token"]
    assert status(sim, token) == 200
    assert by_credential(http, name="mine", secret=secret, user={"id": user}).status_code == 201
    assert by_credential(http, id=made["id"], secret="wrong").status_code == 401
    assert by_credential(http, id="nope", secret=secret).status_code == 404
    delegated = http.post(path, json={"application_credential": {"name": "b"}}, headers={"X-Auth-Token": token})
    assert delegated.status_code == 403
    clock.time += timedelta(minutes=31)
    assert by_credential(http, id=made["id"], secret=secret).status_code == 401
    assert http.get(f"{path}/{made['id']}", headers=headers).status_code == 200
    assert http.delete(f"{path}/{made['id']}", headers=headers).status_code == 204
    assert status(sim, token) == 401
    assert http.get(f"{path}/{made['id']}", headers=headers).status_code == 404


def test_a_credential_has_no_other_roles(http: httpx.Client) -> None:
    """An application credential cannot have a role that its maker has not."""
    signed = sign_in(http)
    path = f"/users/{signed.json()['token']['user']['id']}/application_credentials"
    body = {"application_credential": {"name": "a", "roles": [{"name": "admin"}]}}
    response = http.post(path, json=body, headers={"X-Auth-Token": signed.headers["X-Subject-Token"]})
    assert response.status_code == 400


def test_faults_leave_signing_in_alone(sim: Simulator, http: httpx.Client) -> None:
    """A rate hits Monasca and not Keystone's tokens, unless that is asked for."""
    token = sign_in(http).headers["X-Subject-Token"]
    sim.faults = Faults(rates={Fault.UNAVAILABLE: 1})
    assert sign_in(http).status_code == 201
    assert status(sim, token) == 503
    sim.faults = Faults(rates={Fault.UNAVAILABLE: 1}, sign_in=True)
    assert sign_in(http).status_code == 503


def test_secrets_stay_out_of_reprs(sim: Simulator) -> None:
    """Nobody's password is in the repr of a user, nor a token in its own."""
    keystone = sim.monasca.keystone
    token = keystone.find(keystone.sign_in())
    assert token is not None
    assert token.value not in repr(token)
    assert "demopw" not in repr(keystone.users["demo"])
