"""Events reach who listens, and no secret is in them."""

import html
import json
import logging
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, strategies as st

from tocsin.transport.observe import Event, Redactor, Reporter, is_secret_header

SECRETS = st.text(st.characters(exclude_categories=["Cs"]), min_size=6, max_size=20).filter(
    lambda text: len(set(text)) > 3 and "*" not in text
)


@given(SECRETS, st.text(max_size=10), st.text(max_size=10))
def test_known_secret_is_hidden(secret: str, before: str, after: str) -> None:
    """A secret is taken out of text and bytes, however it is spelled there."""
    redactor = Redactor([secret])
    for spelled in (
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        html.escape(secret),
        repr(secret)[1:-1],
    ):
        assert redactor.text(f"\n{spelled}\n") == "\n***\n"
        assert redactor.body(f"<{spelled}>".encode()) == b"<***>"
        assert spelled not in redactor.text(f"{before}{spelled}{after}")


@given(st.binary())
def test_body_is_kept(body: bytes) -> None:
    """A body without secrets stays as it is, byte for byte."""
    assert Redactor(["a secret that is not there"]).body(body) == body
    assert Redactor().body(body) == body


def test_secret_in_a_secret() -> None:
    """A secret that begins another one does not leave the rest of it to be read."""
    assert Redactor(["hunter", "hunter-two"]).text("hunter-two, hunter") == "***, ***"


def test_short_values_are_left() -> None:
    """Values of less than six characters, and none at all, are not looked for."""
    redactor = Redactor()
    redactor.learn("admin", "", None)
    assert redactor.text("admin") == "admin"
    assert repr(redactor) == "<Redactor of 0 secrets>"


def test_last_64_are_kept() -> None:
    """Memory for secrets is bounded; one that is learned again counts as new."""
    redactor = Redactor(["password-0"])
    for number in range(63):
        redactor.learn(f"token-{number:03}")
    redactor.learn("password-0")
    redactor.learn("token-063", "token-064")
    assert redactor.text("password-0 token-064") == "*** ***"
    assert redactor.text("token-000 token-001") == "token-000 token-001"
    assert repr(redactor) == "<Redactor of 64 secrets>"
    assert "token" not in repr(redactor)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("http://x/?token=abc&a=b", "http://x/?token=***&a=b"),
        ("http://x/?a=b&access_token=abc#f", "http://x/?a=b&access_token=***#f"),
        ("http://x/?X-Amz-Signature=abc", "http://x/?X-Amz-Signature=***"),
        ("http://x/?key=abc", "http://x/?key=***"),
        ("http://x/?api_key=abc&licence-key=d", "http://x/?api_key=***&licence-key=***"),
        ("http://x/?apiKey=abc&API-KEY=d", "http://x/?apiKey=***&API-KEY=***"),
        ("http://x/?user_password=a'b", "http://x/?user_password=***'b"),
        ("http://x/?monkey=1&keys=2", "http://x/?monkey=1&keys=2"),
        ("see http://u:p@x/ and https://u@y/", "see http://***@x/ and https://***@y/"),
        ("http://u:p@ss@x/a@b", "http://***@x/a@b"),
        ("http://x/a@b", "http://x/a@b"),
        ("", ""),
    ],
)
def test_secrets_by_name(text: str, safe: str) -> None:
    """What URLs carry under telling names, and as user and password, is hidden without being known."""
    assert Redactor().text(text) == safe


def test_observer_gets_events() -> None:
    """An observer is given each event."""
    seen: list[Event] = []
    reporter = Reporter("toy", seen.append, Redactor())
    event = Event(kind="attempt", backend="toy")
    assert reporter.listening
    reporter.tell(event)
    assert seen == [event]


def test_nobody_listens(caplog: pytest.LogCaptureFixture) -> None:
    """Without an observer, events are made only if the log takes DEBUG."""
    reporter = Reporter("toy", None, Redactor())
    caplog.set_level(logging.INFO, "tocsin")
    assert not reporter.listening
    caplog.set_level(logging.DEBUG, "tocsin")
    assert reporter.listening
    reporter.tell(Event(kind="sign_in", backend="toy"))
    assert "sign_in" in caplog.text


def test_observer_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    """An observer that raises is logged, and the request goes on."""

    def observer(event: Event) -> None:
        raise RuntimeError("mine")

    Reporter("toy", observer, Redactor()).tell(Event(kind="retry", backend="toy"))
    assert "the observer failed on a retry event" in caplog.text
    assert "RuntimeError: mine" in caplog.text


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("Authorization", True), ("Proxy-Authorization", True), ("Cookie", True), ("X-Auth-Token", True),
        ("X-API-Key", True), ("key", True), ("api_key", True), ("X-ApiKey", True), ("Client-Secret", True),
        ("Accept", False), ("User-Agent", False), ("Idempotency-Key", False), ("X-Monkey", False),
    ],
)  # fmt: skip
def test_secret_headers(name: str, secret: bool) -> None:
    """A header whose name tells of a secret is one, and its value is hidden; others are not."""
    assert is_secret_header(name) is secret
    redactor = Redactor()
    redactor.learn_headers({name: "hunter-five"})
    assert redactor.text("hunter-five") == ("***" if secret else "hunter-five")


def test_what_is_hidden_of_headers() -> None:
    """What stands behind a scheme, and each cookie; not the scheme."""
    redactor = Redactor()
    redactor.learn_headers({"authorization": "Bearer hunter-six", "cookie": "a=cookie-one; b=cookie-two"})
    assert redactor.text("Bearer hunter-six, hunter-six!") == "***, ***!"
    assert redactor.text("Bearer cookie-one cookie-two") == "Bearer *** ***"


def test_headers_push_out_no_password() -> None:
    """Of headers too the last 64 are kept, beside the rest."""
    redactor = Redactor(["password-0"])
    for number in range(70):
        redactor.learn_headers({"x-token": f"token-{number:03}"})
    assert redactor.text("password-0 token-069 token-000") == "*** *** token-000"
    assert repr(redactor) == "<Redactor of 65 secrets>"


def test_json_stays_json() -> None:
    """What is hidden by its name alone ends where a text of JSON ends."""
    body = b'{"url":"http://x?token=a\\"","at":"http://y","mail":"c@d"}'
    safe = b'{"url":"http://x?token=***\\"","at":"http://y","mail":"c@d"}'
    assert Redactor().body(body) == safe
