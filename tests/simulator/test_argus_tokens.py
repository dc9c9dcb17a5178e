"""Tokens of the simulated Argus."""

import httpx
import pytest

from tocsin.simulator import Simulator


def whoami(http: httpx.Client, token: str) -> int:
    """The status that a token gets."""
    return http.get("/auth/user/", headers={"Authorization": f"Token {token}"}).status_code


def test_endpoint(sim: Simulator, http: httpx.Client) -> None:
    """The endpoint has a working token and password of the admin, and a source system's token."""
    endpoint = sim.endpoints["argus"]
    assert http.get("/auth/user/").json()["username"] == "admin"
    body = {"username": endpoint["username"], "password": endpoint["password"]}
    token = httpx.post(f"{endpoint['base_url']}/auth/token/login/", json=body).json()["token"]
    assert whoami(http, token) == 200
    assert (sim.argus.sign_ins, sim.argus.refreshes) == (1, 0)


def test_every_user_has_tokens(sim: Simulator, http: httpx.Client) -> None:
    """There are an admin, a person and two source systems, each with both kinds of token."""
    assert set(sim.argus.tokens) == {"admin", "alice", "nms-north", "nms-south"}
    for tokens in (sim.argus.tokens, sim.argus.legacy_tokens):
        assert {whoami(http, token) for token in tokens.values()} == {200}


def test_refresh(sim: Simulator, http: httpx.Client) -> None:
    """A login with an empty body gives a new token, and the old one stays valid."""
    reply = http.post("/auth/token/login/").json()
    assert set(reply) == {"expiry", "token"}
    assert whoami(http, reply["token"]) == 200
    assert http.get("/auth/user/").status_code == 200
    assert (sim.argus.sign_ins, sim.argus.refreshes) == (0, 1)


def test_empty_object_is_a_login(sim: Simulator, http: httpx.Client) -> None:
    """`{}` is taken for a login without credentials: 403."""
    assert http.post("/auth/token/login/", json={}).status_code == 403
    assert sim.argus.refreshes == 0


def test_expired(sim: Simulator, http: httpx.Client) -> None:
    """An expired token is a 401, and cannot be refreshed: 403."""
    sim.argus.expire_token(sim.endpoints["argus"]["token"])
    response = http.get("/incidents/")
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Token"
    assert response.json() == {"detail": "Invalid token."}
    assert http.post("/auth/token/login/").status_code == 403


def test_life(sim: Simulator, http: httpx.Client) -> None:
    """The life that is set is that of the tokens issued from then on."""
    sim.argus.token_life = 0
    assert whoami(http, sim.argus.new_token("alice")) == 401
    assert http.get("/auth/user/").status_code == 200
    sim.argus.token_life = None
    assert whoami(http, sim.argus.new_token("alice", legacy=True)) == 200


def test_revoked(sim: Simulator, http: httpx.Client) -> None:
    """A revoked token is a 401, and unknown from then on."""
    token = sim.argus.new_token()
    sim.argus.revoke_token(token)
    assert whoami(http, token) == 401
    with pytest.raises(KeyError):
        sim.argus.expire_token(token)


def test_logout_and_logoutall(sim: Simulator, http: httpx.Client) -> None:
    """Logging out ends one token, logging out of all every knox token, and no legacy one."""
    other = sim.argus.new_token()
    assert http.post("/auth/token/logout/").status_code == 204
    assert http.get("/auth/user/").status_code == 401
    signed = {"Authorization": f"Token {other}"}
    sibling = sim.argus.new_token()
    assert http.post("/auth/token/logoutall", headers=signed).status_code == 204
    assert whoami(http, sibling) == 401
    assert whoami(http, sim.argus.legacy_tokens["admin"]) == 200


def test_legacy_refresh_kills_the_old_token(sim: Simulator, http: httpx.Client) -> None:
    """A user has one legacy token."""
    old = sim.argus.legacy_tokens["alice"]
    reply = http.post("/auth/refresh-token/", headers={"Authorization": f"Token {old}"})
    assert whoami(http, reply.json()["token"]) == 200
    assert whoami(http, old) == 401
