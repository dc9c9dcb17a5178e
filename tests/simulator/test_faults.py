"""What the simulator does wrong when it is told to."""

import time

import httpx
import pytest

from tocsin.simulator import Fault, Faults, Simulator
from tocsin.simulator.faults import ALL_RATE, Dice


def test_parse() -> None:
    """A specification gives seconds, switches and rates."""
    faults = Faults.parse("latency=0.05, 429=0.02,503-bare=1,token-life=20,sign-in,seed=3")
    assert faults == Faults(
        latency=0.05,
        token_life=20,
        sign_in=True,
        seed=3,
        rates={Fault.THROTTLE: 0.02, Fault.UNAVAILABLE_BARE: 1},
    )
    assert Faults.parse("") == Faults()


def test_parse_all() -> None:
    """`all` is every rate, which a word of its own overrides."""
    rates = Faults.parse("all,500=0").rates
    assert set(rates) == set(Fault)
    assert rates[Fault.SERVER_ERROR] == 0
    assert rates[Fault.TRUNCATE] == ALL_RATE
    assert Faults.parse("all=0.5").rates[Fault.HTML] == 0.5


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("429=2", "between 0 and 1"),
        ("all=1.5", "between 0 and 1"),
        ("latency=-1", "0 or more"),
        ("latency", "needs a number"),
        ("429=x", "needs a number"),
        ("latency=nan", "0 or more"),
        ("gremlins=1", "drop-after: rate of connections closed after"),
    ],
)
def test_parse_errors(spec: str, message: str) -> None:
    """A word or a number that is not allowed is refused, and the message says what is."""
    with pytest.raises(ValueError, match=message):
        Faults.parse(spec)


def test_dice_repeat() -> None:
    """The same seed throws the same faults; another one does not."""

    def throws(seed: int) -> list[Fault | None]:
        dice = Dice(Faults(rates={Fault.THROTTLE: 0.3, Fault.DROP_AFTER: 0.3}, seed=seed))
        return [dice.throw(page=False, sign_in=False) for _ in range(50)]

    assert throws(1) == throws(1)
    assert throws(1) != throws(2)
    assert set(throws(1)) == {None, Fault.THROTTLE, Fault.DROP_AFTER}


def _always(fault: Fault, **others: float) -> Faults:
    return Faults(rates={fault: 1}, **others)


@pytest.mark.parametrize(
    ("fault", "status", "retry_after"),
    [
        (Fault.THROTTLE, 429, "2.5"),
        (Fault.THROTTLE_BARE, 429, None),
        (Fault.SERVER_ERROR, 500, None),
        (Fault.BAD_GATEWAY, 502, None),
        (Fault.UNAVAILABLE, 503, "2.5"),
        (Fault.UNAVAILABLE_BARE, 503, None),
    ],
)
def test_status(sim: Simulator, http: httpx.Client, fault: Fault, status: int, retry_after: str | None) -> None:
    """A status fault answers in place of the server, which handles nothing."""
    sim.faults = _always(fault, retry_after=2.5)
    response = http.post("/incidents/source-types/", json={"name": "unseen"})
    assert response.status_code == status
    assert response.headers.get("retry-after") == retry_after
    assert "unseen" not in sim.argus.source_types
    assert [seen.status for seen in sim.log] == [status]


def test_drop_before(sim: Simulator, http: httpx.Client) -> None:
    """The connection is closed, and the request was not handled."""
    sim.faults = _always(Fault.DROP_BEFORE)
    with pytest.raises(httpx.RemoteProtocolError, match="disconnected"):
        http.post("/incidents/source-types/", json={"name": "unseen"})
    assert "unseen" not in sim.argus.source_types
    assert [seen.status for seen in sim.log] == [None]


def test_drop_after(sim: Simulator, http: httpx.Client) -> None:
    """The connection is closed, yet the request was handled."""
    sim.faults = _always(Fault.DROP_AFTER)
    with pytest.raises(httpx.RemoteProtocolError, match="disconnected"):
        http.post("/incidents/source-types/", json={"name": "handled"})
    assert "handled" in sim.argus.source_types


def test_truncate(sim: Simulator, http: httpx.Client) -> None:
    """The reply announces more bytes than come before the connection is closed."""
    sim.argus.add_incidents(5)
    sim.faults = _always(Fault.TRUNCATE)
    with http.stream("GET", "/incidents/") as response:
        assert response.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            response.read()


def test_html(sim: Simulator, http: httpx.Client) -> None:
    """An HTML page with status 200, as of a captive portal."""
    sim.faults = _always(Fault.HTML)
    response = http.get("/incidents/")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert response.text.startswith("<!DOCTYPE html>")


def test_bad_row(sim: Simulator, http: httpx.Client) -> None:
    """One row of a page has a pk that is no number; what is not a page is spared."""
    sim.argus.add_incidents(5)
    sim.faults = _always(Fault.BAD_ROW)
    pks = [row["pk"] for row in http.get("/incidents/").json()["results"]]
    assert [type(pk) for pk in pks].count(str) == 1
    assert http.get("/incidents/1/").json()["pk"] == 1


def test_repeat_cursor(sim: Simulator, http: httpx.Client) -> None:
    """The next link leads to the same page again."""
    sim.argus.add_incidents(5)
    sim.faults = _always(Fault.REPEAT_CURSOR)
    page = http.get("/incidents/", params={"page_size": 2}).json()
    again = http.get(page["next"]).json()
    assert [row["pk"] for row in again["results"]] == [row["pk"] for row in page["results"]]
    assert http.get("/incidents/").json()["next"] is None


def test_shift(sim: Simulator, http: httpx.Client) -> None:
    """A row appears in front of the list just before each page is read."""
    sim.faults = _always(Fault.SHIFT)
    for count in (1, 2, 3):
        assert len(http.get("/incidents/").json()["results"]) == count


def test_latency(sim: Simulator, http: httpx.Client) -> None:
    """Every reply is late."""
    sim.faults = Faults(latency=0.2)
    began = time.monotonic()
    http.get("/auth/user/")
    assert time.monotonic() - began >= 0.2


def test_spares_sign_in_unless_asked(sim: Simulator, http: httpx.Client) -> None:
    """Signing in works among faults, unless they are told to hit it too."""
    sim.faults = _always(Fault.SERVER_ERROR)
    assert http.post("/auth/token/login/").status_code == 200
    sim.faults = Faults(rates={Fault.SERVER_ERROR: 1}, sign_in=True)
    assert http.post("/auth/token/login/").status_code == 500


def test_token_life() -> None:
    """`token-life` is the life of all tokens, those in the endpoints too."""
    with Simulator(["argus"], scale=0, faults="token-life=0") as sim:
        endpoint = sim.endpoints["argus"]
        headers = {"Authorization": f"Token {endpoint['token']}"}
        response = httpx.get(f"{endpoint['base_url']}/auth/user/", headers=headers)
    assert response.status_code == 401


def test_faults_go_on_over_new_connections(sim: Simulator, http: httpx.Client) -> None:
    """Many requests fail, none hangs, and the run repeats itself with its seed."""
    sim.argus.add_incidents(3)

    def run() -> list[str]:
        sim.faults = Faults.parse("all=0.05,seed=5")
        outcomes = list[str]()
        for _ in range(400):
            try:
                outcomes.append(str(http.get("/incidents/").status_code))
            except httpx.TransportError as error:
                outcomes.append(type(error).__name__)
        return outcomes

    first = run()
    assert {"200", "429", "500", "502", "503", "RemoteProtocolError"} == set(first)
    assert run() == first
