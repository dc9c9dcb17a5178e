"""Cursor pages of the simulated Argus."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tocsin.simulator import Simulator

START = datetime(2026, 1, 1, tzinfo=UTC)


def walk(http: httpx.Client, path: str, *, pages: int = 1000, **query: object) -> list[list[int]]:
    """The pks of each page, following the next links."""
    found = list[list[int]]()
    url: str | None = str(httpx.URL(path, params=query))
    while url and len(found) < pages:
        page = http.get(url).json()
        found.append([row["pk"] for row in page["results"]])
        url = page["next"]
    return found


@pytest.mark.parametrize("page_size", [1, 3, 7, 100])
def test_reads_each_row_once(sim: Simulator, http: httpx.Client, page_size: int) -> None:
    """A walk gives every row, newest first, whether or not times repeat."""
    apart = sim.argus.add_incidents(10, start_time=START, step=timedelta(minutes=1))
    together = sim.argus.add_incidents(10, start_time=START + timedelta(days=1))
    pks = [pk for page in walk(http, "/incidents/", page_size=page_size) for pk in page]
    assert sorted(pks[:10]) == together
    assert pks[10:] == apart[::-1]


@pytest.mark.parametrize("page_size", [1, 3, 7, 15])
def test_previous_leads_back(sim: Simulator, http: httpx.Client, page_size: int) -> None:
    """The previous links read the same rows backwards, where no two have one time."""
    sim.argus.add_incidents(15, start_time=START, step=timedelta(minutes=1))
    url, forward, pages = "/incidents/?page_size=" + str(page_size), [], []
    while url:
        page = http.get(url).json()
        forward.append([row["pk"] for row in page["results"]])
        pages.append(page)
        url = page["next"]
    back, url = [], pages[-1]["previous"]
    while url:
        page = http.get(url).json()
        back.append([row["pk"] for row in page["results"]])
        url = page["previous"]
    flat = [pk for page in reversed(back) for pk in page]
    assert flat == [pk for page in forward[:-1] for pk in page]


def test_endless_loop_at_one_time(sim: Simulator, http: httpx.Client) -> None:
    """1,500 rows of one time in pages of 100 repeat a cursor for ever, 1,100 rows being seen."""
    sim.argus.add_incidents(1500, start_time=START)
    pages = walk(http, "/incidents/", pages=30, page_size=100)
    assert len(pages) == 30
    assert len({pk for page in pages for pk in page}) == 1100
    assert pages[15] == pages[29]
    links = [seen.query for seen in sim.log]
    assert links[-1] == links[-2]


def test_a_larger_page_gets_past_the_loop(sim: Simulator, http: httpx.Client) -> None:
    """Pages of 1,000 return all 1,500."""
    pks = sim.argus.add_incidents(1500, start_time=START)
    pages = walk(http, "/incidents/", page_size=1000)
    assert sorted(pk for page in pages for pk in page) == pks


def test_ties_have_no_order(sim: Simulator, http: httpx.Client) -> None:
    """Rows of one time are ordered differently for different page sizes, unless that is switched off."""
    sim.argus.add_incidents(50, start_time=START)
    assert walk(http, "/incidents/", page_size=50) != walk(http, "/incidents/", page_size=60)
    sim.argus.shuffle_ties = False
    assert walk(http, "/incidents/", page_size=50) == walk(http, "/incidents/", page_size=60)


def test_no_maximum_page_size(sim: Simulator, http: httpx.Client) -> None:
    """A page is as large as it is asked to be; 0 and rubbish are 100."""
    sim.argus.add_incidents(1200, start_time=START, step=timedelta(seconds=1))
    assert [len(page) for page in walk(http, "/incidents/", page_size=5000)] == [1200]
    for size in ("0", "x", "-3", ""):
        assert len(walk(http, "/incidents/", pages=1, page_size=size)[0]) == 100


def test_rows_come_and_go_between_pages(sim: Simulator, http: httpx.Client) -> None:
    """The hook before a page can delete a row ahead of the reader, who then never sees it."""
    pks = sim.argus.add_incidents(10, start_time=START, step=timedelta(minutes=1))
    first = http.get("/incidents/", params={"page_size": 5}).json()
    sim.argus.before_page = lambda: sim.argus.delete_incident(pks[2])
    rest = [row["pk"] for row in http.get(first["next"]).json()["results"]]
    assert rest == [pks[4], pks[3], pks[1], pks[0]]


def test_next_keeps_the_filters(sim: Simulator, http: httpx.Client) -> None:
    """A next link repeats the query, with its parameters sorted."""
    sim.argus.add_incidents(3, level=2, tags=["room=1"])
    query = {"tags": "room=1", "level__lte": 2, "page_size": 1}
    link = httpx.URL(http.get("/incidents/", params=query).json()["next"])
    assert list(link.params) == ["cursor", "level__lte", "page_size", "tags"]
    assert link.params["tags"] == "room=1"


def test_events_are_paged_too(sim: Simulator, http: httpx.Client) -> None:
    """Every incident's events are in one list, by cursor."""
    sim.argus.add_incidents(7, start_time=START, step=timedelta(minutes=1))
    pages = walk(http, "/incidents/events/", page_size=3)
    assert [pk for page in pages for pk in page] == sim.argus.event_pks[::-1]


@pytest.mark.parametrize("cursor", ["zzz", "bz0tMQ==", "bz14"])
def test_bad_cursor(http: httpx.Client, cursor: str) -> None:
    """A cursor that cannot be read is a 404."""
    response = http.get("/incidents/", params={"cursor": cursor})
    assert (response.status_code, response.json()) == (404, {"detail": "Invalid cursor"})


def test_broken_position(http: httpx.Client) -> None:
    """A cursor whose position is no time makes the server fail."""
    assert http.get("/incidents/", params={"cursor": "cD16eno="}).status_code == 500
