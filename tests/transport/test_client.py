"""What every backend's client does by itself: settings, siblings, free requests, closing."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest
import trio
from attrs import frozen
from tests.transport.fakes import FakeClock, Password, ToyClient
from tests.transport.loopback import Loopback, Said, Seen, loopback

from tocsin.errors import ConfigError, DecodeError, InputError
from tocsin.options import Limits, Rate, RetryPolicy, Timeouts
from tocsin.service import Service, build, check_base_url
from tocsin.transport.credentials import Token
from tocsin.transport.messages import Request
from tocsin.transport.observe import Event

Handler = Callable[[httpx.Request], httpx.Response]


def scripted(handler: Handler | None = None) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return handler(request) if handler else httpx.Response(200, json={})

    return httpx.MockTransport(handle), seen


@pytest.fixture
def server() -> Iterator[Loopback]:
    async def fine(seen: Seen) -> Said:
        return Said()

    with loopback(fine) as running:
        yield running


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://x.example", "https://x.example"),
        ("https://x.example/", "https://x.example"),
        ("http://127.0.0.1:8000/api/v2///", "http://127.0.0.1:8000/api/v2"),
        ("http://[::1]:80/a%20b", "http://[::1]:80/a%20b"),
    ],
)
def test_base_url(url: str, base: str) -> None:
    """Slashes at the end are cut."""
    assert check_base_url(url) == base
    client = ToyClient(url)
    assert client.base_url == base
    assert repr(client) == f"<ToyClient {base}>"


@pytest.mark.parametrize(
    "url",
    [
        "", "x.example", "ftp://x.example", "https://", "https:///api", "//x.example", "HTTPS://x.example",
        "user:hunter-two@x.example/api", "https:/user:hunter-two@x.example",
        "https://user:hunter-two@x.example", "https://hunter-two@x.example",
        "https://x.example?token=hunter-two", "https://x.example/#hunter-two", "https://x.example/?",
        "https://x.example:99999", "https://x.example:abc", "https://[::1", "https://x example",
        "https://x.example/ü", "https://x.example/a b", "https://x.example/\n", " https://x.example",
        "https://x.example/../a", "https://x.example/<a>", None, b"https://x.example", 3,
    ],
)  # fmt: skip
def test_bad_base_url(url: object) -> None:
    """What cannot be an API's address is refused; the message shows none of it."""
    with pytest.raises(ConfigError, match=r"^base_url ") as caught:
        ToyClient(url)
    assert "hunter" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"retry": 3}, ConfigError),
        ({"timeouts": 5}, ConfigError),
        ({"limits": 10}, ConfigError),
        ({"headers": {"a": "b\n"}}, InputError),
        ({"headers": "a: b"}, InputError),
        ({"colour": "red"}, TypeError),
    ],
)
def test_bad_options(options: dict[str, object], error: type[Exception]) -> None:
    """Settings of the wrong kind, and unknown ones, are refused when the client is made."""
    with pytest.raises(error):
        ToyClient(**options)


@pytest.mark.anyio
async def test_request() -> None:
    """Any request below the base URL: encoded, with the client's headers and the call's own."""
    transport, seen = scripted()
    async with ToyClient(transport=transport, headers={"X-A": "1"}) as client:
        response = await client.request(
            "post", "/a%2Fb/", params={"q": "ä b"}, json={"a": 1},
            extra_headers={"X-B": "2"}, extra_params={"more": "&"},
        )  # fmt: skip
    assert response.status == 200
    (request,) = seen
    assert request.method == "POST"
    assert str(request.url) == "http://toy.example/api/a%2Fb/?q=%C3%A4+b&more=%26"
    assert request.content == b'{"a":1}'
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"].startswith("tocsin/")
    assert (request.headers["x-a"], request.headers["x-b"]) == ("1", "2")


@pytest.mark.anyio
async def test_request_with_content() -> None:
    """Bytes go out as they are, with the caller's type and in the caller's order of parameters."""
    transport, seen = scripted()
    async with ToyClient(transport=transport) as client:
        await client.request(
            "PUT", "/", params=[("b", "1"), ("a", "2"), ("b", "3")], content=b"\x00",
            extra_headers={"content-type": "x/y"}, idempotent=False,
        )  # fmt: skip
    assert seen[0].url.query == b"b=1&a=2&b=3"
    assert (seen[0].content, seen[0].headers["content-type"]) == (b"\x00", "x/y")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        *[
            ({"path": path}, InputError)
            for path in [
                "", "a", "//evil.example", "http://evil.example", "/a?b=c", "/a#b", "/a b", "/a\\b", "/a\r\nb",
                "/../x", "/a/..", "/./a", "/%2e%2E/x", "/a/.%2e", "/ä", "/%", "/%zz", '/"', "/<a>",
            ]
        ],
        ({"method": "TRACE"}, InputError),
        ({"method": "GET /x"}, InputError),
        ({"json": {}, "content": b"x"}, InputError),
        ({"json": float("nan")}, InputError),
        ({"params": {"a": 1}}, InputError),
        ({"params": {"a": "\ud800"}}, InputError),
        ({"extra_headers": {"a": "b\r\n"}}, InputError),
        ({"extra_params": {"a": None}}, InputError),
        ({"retry": 3}, ConfigError),
        ({"page": 2}, TypeError),
    ],
)  # fmt: skip
async def test_bad_request(arguments: dict[str, Any], error: type[Exception]) -> None:
    """Bad input is refused before anything is sent."""
    transport, seen = scripted()
    async with ToyClient(transport=transport) as client:
        with pytest.raises(error):
            await client.request(**{"method": "GET", "path": "/", **arguments})
        assert client.pipeline.link.lane.in_flight == 0
    assert seen == []


@pytest.mark.anyio
async def test_siblings_share() -> None:
    """A derived client has its own retries, timeouts, headers and observer, and shares all the rest."""
    transport, seen = scripted(lambda request: httpx.Response(502 if "bad" in request.url.path else 200, json={}))
    events: list[Event] = []
    first = Token("token-1")
    clock = FakeClock()
    limits = Limits(concurrency=2, rate=Rate(100))
    client = ToyClient(
        transport=transport, credential=Password(), token=first, clock=clock, limits=limits, headers={"a": "1"}
    )
    sibling = client.with_options(
        retry=RetryPolicy(attempts=1), timeouts=Timeouts(total=3), headers={"b": "2"}, observer=events.append
    )
    assert type(sibling) is ToyClient
    ours, theirs = client.pipeline, sibling.pipeline
    assert theirs.link is ours.link
    assert theirs.tokens is ours.tokens
    assert theirs.reporter.redactor is ours.reporter.redactor
    assert (theirs.retry.attempts, theirs.timeouts.total) == (1, 3)
    assert (ours.retry, ours.timeouts) == (RetryPolicy(), Timeouts())
    with pytest.raises(Exception, match="502"):
        await sibling.request("GET", "/bad")
    await client.request("GET", "/good")
    assert ("a" in seen[0].headers, seen[0].headers["b"]) == (False, "2")
    assert (seen[1].headers["a"], "b" in seen[1].headers) == ("1", False)
    assert [event.url for event in events] == ["http://toy.example/api/bad"]
    same = client.with_options()
    assert same.pipeline.headers == ours.headers
    await sibling.aclose()
    await client.request("GET", "/good")
    await client.aclose()
    with pytest.raises(ConfigError, match="the client is closed"):
        await same.request("GET", "/good")


def test_an_unknown_option_is_told() -> None:
    """An option that there is none of is a TypeError that names those that there are."""
    with pytest.raises(TypeError, match=r"^ToyClient has no option timeout; its options are .*, timeouts, "):
        ToyClient(timeout=3)


def test_with_options_refuses() -> None:
    """What a sibling cannot have of its own is a TypeError, the wrong kind a ConfigError."""
    client = ToyClient()
    with pytest.raises(TypeError, match=r"no option limits; its options are headers, observer, retry, timeouts$"):
        client.with_options(limits=Limits())
    with pytest.raises(ConfigError, match="retry must be"):
        client.with_options(retry=3)
    with pytest.raises(InputError):
        client.with_options(headers={"a": "\n"})


def test_siblings_have_service_objects_of_their_own() -> None:
    """The service objects of a derived client use its options."""

    class Things(ToyClient):
        def _bind(self) -> None:
            self.things = Service(self._pipeline)

    client = Things()
    assert client.with_options(timeouts=Timeouts(total=1)).things is not client.things


@pytest.mark.anyio
async def test_closing(server: Loopback) -> None:
    """Closing twice, or before the first request, is fine; a request after it is refused."""
    client = ToyClient(server.url, credential=Password(), token=Token("token-1"))
    await client.request("GET", "/things")
    await client.aclose()
    await client.aclose()
    with pytest.raises(ConfigError, match="the client is closed"):
        await client.request("GET", "/things")
    unused = ToyClient(server.url)
    await unused.aclose()
    with pytest.raises(ConfigError, match="the client is closed"):
        await unused.request("GET", "/things")
    assert len(server.seen) == 1


@pytest.mark.anyio
async def test_closing_closes_all() -> None:
    """A wire that fails to close keeps no other from closing."""
    client = ToyClient(credential=Password())
    closed: list[int] = []

    async def close(number: int) -> None:
        closed.append(number)
        raise OSError(number)

    for number, link in enumerate(client._links):
        link.aclose = lambda number=number: close(number)
    with pytest.raises(OSError, match="0"):
        await client.aclose()
    assert sorted(closed) == [0, 1]


@pytest.mark.anyio
async def test_closing_is_not_cut_off() -> None:
    """In a cancelled scope, all connections are closed all the same."""
    client = ToyClient(credential=Password())
    closed: list[int] = []

    async def close(number: int) -> None:
        await anyio.sleep(0.001)
        closed.append(number)

    for number, link in enumerate(client._links):
        link.aclose = lambda number=number: close(number)
    with anyio.CancelScope() as scope:
        async with client:
            scope.cancel()
    assert sorted(closed) == [0, 1]


@pytest.mark.parametrize(
    ("first", "second", "wire"),
    [
        ("asyncio", "asyncio", "httpx"),
        ("asyncio", "asyncio", "aiohttp"),
        ("trio", "trio", "httpx"),
        ("asyncio", "trio", "httpx"),
        ("trio", "asyncio", "httpx"),
    ],
)
@pytest.mark.parametrize("token", [None, Token("token-1")])
def test_another_loop(first: str, second: str, wire: str, token: Token | None, server: Loopback) -> None:
    """In another event loop, requests and closing are a clear error; nothing is sent."""

    async def in_first() -> None:
        await client.request("GET", "/things")
        stop = anyio.Event()
        seen = len(server.seen)
        await anyio.to_thread.run_sync(lambda: anyio.run(in_second, backend=second))
        assert len(server.seen) == seen
        stop.set()
        await client.request("GET", "/things")
        await client.aclose()

    async def in_second() -> None:
        with pytest.raises(ConfigError, match="belongs to the event loop of its first request"):
            await client.request("GET", "/things")
        with pytest.raises(ConfigError, match="belongs to the event loop of its first request"):
            await client.aclose()

    client = ToyClient(server.url, transport=wire, credential=Password() if token else None, token=token)
    anyio.run(in_first, backend=first)
    with pytest.raises(ConfigError, match="the client is closed"):
        anyio.run(client.request, "GET", "/things", backend=second)


def test_one_client_a_loop(server: Loopback) -> None:
    """Made outside of any loop, a client belongs to the first one that it is used in."""
    client = ToyClient(server.url)

    async def use() -> None:
        async with client:
            await client.request("GET", "/things")

    trio.run(use)
    asyncio.run(client.aclose())


@frozen
class Thing:
    pk: int


class Things(Service):
    async def get(self, **call: Any) -> Thing:
        return await self._call(Thing, Request("GET", "/things/1"), call)


@pytest.mark.anyio
async def test_service() -> None:
    """A service reads answers as models, and says of one that it cannot read where it came from."""
    bodies = iter([b'{"pk": 1}', b'{"pk": "x"}', b"<html> hunter-two"])
    transport, _ = scripted(lambda _: httpx.Response(200, content=next(bodies), headers={"x-request-id": "r-1"}))
    async with ToyClient(transport=transport, credential=Password("hunter-two"), token=Token("token-1")) as client:
        things = Things(client.pipeline)
        assert await things.get() == Thing(1)
        with pytest.raises(
            DecodeError, match=r"Expected `int`.* \(GET http://toy\.example/api/things/1\)"
        ) as caught:
            await things.get()
        assert (caught.value.path, caught.value.request_id, caught.value.attempts) == ("$.pk", "r-1", 1)
        with pytest.raises(DecodeError, match=r"it begins '<html> \*\*\*'"):
            await things.get()


def test_build() -> None:
    """A request for JSON says so; null is no body."""
    assert build("POST", "/a", json=[]).headers == {"content-type": "application/json"}
    assert build("POST", "/a").body == b""


@pytest.mark.anyio
async def test_secrets_of_options_are_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets in headers, and the passwords of proxies, set or of the environment, are hidden."""
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hunter-env@localhost:1")
    for proxy in ("http://me:hunter%20set@localhost:1", None):
        client = ToyClient(headers={"X-Api-Key": "hunter-one"}, proxy=proxy, transport="httpx")
        client.with_options(headers={"authorization": "Basic hunter-two"})
        client.pipeline.link.wire()
        text = client.pipeline.reporter.redactor.text
        secret = "hunter set" if proxy else "hunter-env"
        assert text(f"hunter-one hunter-two {secret}") == "*** *** ***"
        await client.aclose()


@pytest.mark.anyio
@pytest.mark.parametrize("before", range(68, 80))
async def test_no_half_secret_of_what_is_no_json(before: int) -> None:
    """A secret that lies across the end of a DecodeError's excerpt is hidden whole."""
    body = b"x" * before + b"hunter-twelve"
    transport, _ = scripted(lambda _: httpx.Response(200, content=body))
    async with ToyClient(transport=transport, headers={"x-token": "hunter-twelve"}) as client:
        with pytest.raises(DecodeError) as caught:
            await Things(client.pipeline).get()
    assert caught.value.excerpt == ("x" * before + "***")[:80] + ("…" if before > 77 else "")
