"""Lists of metrics and of their names: each once, from a server that loses capitals and stops early."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.backends.monasca.metric_store import START, Row, Store, after, dims
from tests.backends.monasca.test_measurements import MEASURED, SIZES, Told, rows
from tests.paging.model import reloaded, run

from tocsin.errors import InputError, PagingError
from tocsin.monasca.metrics import MetricReading
from tocsin.monasca.models.metrics import Metric
from tocsin.monasca.walks import without_capitals
from tocsin.paging import Pager

#: Capitals at any place, those whose lower case is longer or depends on what follows, and other alphabets.
TEXTS = st.text(alphabet="aAbBzZ.@[é\u00c9\u0130\u03a3\u03c3x", min_size=1, max_size=4)


def series_of(measured: list[Row]) -> set[tuple[str, Any]]:
    return {(row.name, row.dimensions) for row in measured}


def of_metrics(metrics: list[Metric]) -> list[tuple[str, Any]]:
    return [(metric.name, tuple(sorted(metric.dimensions.items()))) for metric in metrics]


TEXT_LISTS: dict[str, Callable[[MetricReading, int], Pager[str]]] = {
    "names": lambda metrics, size: metrics.names(page_size=size),
    "dimension_names": lambda metrics, size: metrics.dimension_names(page_size=size),
    "dimension_values": lambda metrics, size: metrics.dimension_values("of", page_size=size),
}
each_list = pytest.mark.parametrize("kind", TEXT_LISTS)


def holding(kind: str, texts: set[str]) -> Store:
    """A server that has these texts where the list looks for them."""
    made = {
        "names": lambda text: Row(text, dims(of="x"), START, 1.0),
        "dimension_names": lambda text: Row("cpu", ((text, "x"),), START, 1.0),
        "dimension_values": lambda text: Row("cpu", dims(of=text), START, 1.0),
    }[kind]
    return Store([made(text) for text in sorted(texts)])


@each_list
@settings(max_examples=150, deadline=None)
@given(texts=st.sets(TEXTS, max_size=40), size=SIZES, data=st.data())
def test_texts(kind: str, texts: set[str], size: int, data: st.DataObject) -> None:
    """Names and values come each once and sorted, with capitals or not, also when resumed after any of them."""
    pager = TEXT_LISTS[kind](holding(kind, texts).service(), size)
    assert run(pager.collect()) == sorted(texts)

    async def walk() -> list[str]:
        items = aiter(pager)
        got = [await anext(items) for _ in range(data.draw(st.integers(0, len(texts))))]
        return got + await pager.resume(reloaded(items.checkpoint)).collect()

    assert run(walk()) == sorted(texts)


@each_list
def test_more_capitals_than_a_page(kind: str) -> None:
    """More texts that begin with a capital than the largest page has are a PagingError, and no short list."""
    store = holding(kind, {f"A{number:05}" for number in range(10_002)} | {"b"})
    with pytest.raises(PagingError, match="alike up to a capital letter"):
        run(TEXT_LISTS[kind](store.service(), 10_000).collect())


@each_list
def test_more_small_letters_than_a_page(kind: str) -> None:
    """Of others, more than the largest page has are no trouble."""
    texts = {f"a{number:05}" for number in range(10_002)} | {"B", "c", "Z"}
    assert run(TEXT_LISTS[kind](holding(kind, texts).service(), 10_000).collect()) == sorted(texts)


def test_unsorted_texts() -> None:
    """A server that sorts in another way is an error, for the walk would lose what it has put elsewhere."""
    with pytest.raises(PagingError, match="code points"):
        run(Told({"links": [], "elements": [{"name": "b"}, {"name": "A"}]}).service().names().collect())


@given(st.text(max_size=6))
def test_without_capitals(text: str) -> None:
    """The text to go on from stays the same in lower case, and does not stand behind the one it is for."""
    made = without_capitals(text)
    assert made.lower() == made
    assert made <= text


@settings(max_examples=60, deadline=None)
@given(MEASURED, SIZES)
def test_series(measured: list[Row], size: int) -> None:
    """Every series is listed once, with dimensions as they were written."""
    store = Store([*measured, *rows([(3, 5), (4, 5)], "disk")])
    got = of_metrics(run(store.service().list(page_size=size).collect()))
    assert len(got) == len(set(got))
    assert set(got) == series_of(store.rows)
    some = of_metrics(run(store.service().list(name="disk", dimensions={"b": None}, page_size=size).collect()))
    assert sorted(some) == sorted(series_of(store.rows[-2:]))


@settings(max_examples=60, deadline=None)
@given(MEASURED, SIZES, st.integers(0, 2000), st.one_of(st.none(), st.integers(2001, 4000)), st.booleans())
def test_series_of_a_time(measured: list[Row], size: int, start: int, end: int | None, named: bool) -> None:
    """With a time, all series that were measured then are listed, whatever others there are."""
    store = Store([*measured, *rows([(3, 5), (2, 1500), (1, 2500)], "Disk")])
    times = {"start_time": after(start), "end_time": after(end) if end else None}
    name = "cpu" if named else None
    pager = store.service().list(name=name, page_size=size, **times)  # type: ignore[arg-type]
    got = of_metrics(run(pager.collect()))
    inside = [
        row
        for row in store.rows
        if row.time >= after(start) and (end is None or row.time < after(end)) and name in {None, row.name}
    ]
    assert len(got) == len(set(got))
    assert set(got) == series_of(inside)


@pytest.mark.anyio
async def test_series_of_a_time_side_by_side() -> None:
    """Names are looked through side by side; the series come in the same order."""
    store = Store([row for number in range(9) for row in rows([(1, 5), (3, 5)], f"metric{number}")])
    pager = store.service().list(start_time=START, page_size=4)
    async with pager.prefetch(3) as pages:
        got = [metric async for page in pages for metric in page.items]
    assert got == await pager.collect()
    assert len(got) == 18


def test_too_many_series_of_a_time() -> None:
    """More series of one name than the largest page has are a PagingError."""
    store = Store([Row("cpu", dims(n=str(number)), START, 1.0) for number in range(10_000)])
    with pytest.raises(PagingError, match="more than 10000 series"):
        run(store.service().list(start_time=START).collect())


def test_rows() -> None:
    """Series are had as the JSON that the server sent."""
    store = Store(rows([(3, 0)]))
    assert run(store.service().rows().collect()) == [
        b'{"id": "0", "name": "cpu", "dimensions": {"a": "x\\\\ y", "b": "2"}}'
    ]


def test_of_2014() -> None:
    """A bare array has no ids."""
    body = [{"name": "cpu", "dimensions": {"hostname": "devstack"}}]
    assert run(Told(body).service("2014").list().collect()) == [
        Metric(name="cpu", dimensions={"hostname": "devstack"})
    ]


def test_bad_rows() -> None:
    """What is no series can be skipped."""
    body = [{"name": "cpu", "dimensions": {}}, {"name": 5}]

    async def walk() -> Any:
        return [page async for page in Told(body).service().list(on_bad_row="skip").pages()]

    (page,) = run(walk())
    assert [metric.name for metric in page.items] == ["cpu"]
    assert page.bad_rows[0].path == "$[1].name"


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("list", {"end_time": START}, "end_time needs a start_time"),
    ("list", {"start_time": START, "end_time": START}, "end_time must be after"),
    ("list", {"start_time": START.replace(tzinfo=None)}, "astimezone"),
    ("list", {"name": ""}, "name must not be empty"),
    ("list", {"dimensions": {}}, "at least one dimension"),
    ("list", {"page_size": 1}, "from 2 to 10000"),
    ("list", {"name": "cpu", "start_time": START, "page_size": 1}, "from 2 to 10000"),
    ("list", {"on_bad_row": "ignore"}, "on_bad_row"),
    ("rows", {"name": 5}, "name must be a str"),
    ("names", {"page_size": 0}, "from 2 to 10000"),
    ("names", {"tenant_id": ""}, "tenant_id must not be empty"),
    ("dimension_names", {"metric_name": ""}, "metric_name must have 1 to 255 characters"),
    ("dimension_names", {"metric_name": 'a"; show series; show tag keys from "b'}, "metric_name must have"),
    ("dimension_values", {"dimension_name": "a", "metric_name": "b\\"}, "metric_name must have"),
    ("dimension_values", {"dimension_name": ""}, "dimension_name"),
]


@pytest.mark.parametrize(("method", "given", "message"), REFUSED)
def test_refused(method: str, given: dict[str, Any], message: str) -> None:
    """Bad input is an InputError that says what is allowed, and nothing is sent."""
    store = Store([])
    with pytest.raises(InputError, match=message):
        getattr(store.service(), method)(**given)
    assert not store.sent
