"""Alarm expressions: what the parser says of a text is what a real Monasca says of it."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from itertools import count

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from tests.backends.monasca.expression_texts import TABLE, texts
from tests.servers.monasca import RealMonasca

from tocsin.monasca.expressions import Expression, ExpressionError, SubExpression, parse_expression

pytestmark = [pytest.mark.real, pytest.mark.timeout(1800)]

#: How many texts hypothesis makes, the same in each run.
MADE = 600


@pytest.fixture(scope="module")
def monasca() -> Iterator[RealMonasca]:
    """A real Monasca."""
    with RealMonasca() as running:
        yield running


class Definitions:
    """The alarm definitions of a real Monasca, one at a time."""

    def __init__(self, monasca: RealMonasca) -> None:
        self._monasca = monasca
        self._numbers = count()
        self._where = f"{monasca.base_url}/alarm-definitions"
        self._http = httpx.Client(headers={"X-Auth-Token": monasca.issue_token()}, trust_env=False, timeout=60)

    def close(self) -> None:
        """Give back the connection."""
        self._http.close()

    def create(self, text: str) -> httpx.Response:
        """The answer to a new definition with this expression."""
        # A name can be deleted once: each worker of the server writes one and the same time of deletion.
        name = f"expression {next(self._numbers)}"
        return self._http.post(self._where, json={"name": name, "expression": text})

    def stored(self, text: str) -> tuple[str, bool, list[SubExpression]] | None:
        """What the server keeps of an expression, with deterministic as a whole; None if it refuses it."""
        answer = self.create(text)
        if answer.status_code != HTTPStatus.CREATED:
            # 500: a number that its database cannot hold.
            assert answer.status_code in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.INTERNAL_SERVER_ERROR}, text
            return None
        pk = answer.json()["id"]
        where = f"{self._where}/{pk}"
        try:
            definition = self._http.get(where).json()
            return definition["expression"], definition["deterministic"], self._comparisons(pk)
        finally:
            assert self._http.delete(where).status_code == HTTPStatus.NO_CONTENT

    def _comparisons(self, pk: str) -> list[SubExpression]:
        """The rows of its database, in the order in which they were written."""
        found: list[SubExpression] = []
        for key, *values in self._monasca.sql(
            "SELECT id, function, metric_name, operator, threshold, period, periods, is_deterministic "
            f"FROM sub_alarm_definition WHERE alarm_definition_id = '{pk}' ORDER BY rowid"
        ):
            dimensions = self._monasca.sql(
                "SELECT dimension_name, value FROM sub_alarm_definition_dimension "
                f"WHERE sub_alarm_definition_id = '{key}' ORDER BY rowid"
            )
            function, name, operator, threshold, period, periods, deterministic = values
            found.append(
                SubExpression(
                    function,
                    name,
                    dict(dimensions),
                    operator,
                    threshold,
                    period,
                    periods,
                    bool(deterministic),
                )
            )
        return found


@pytest.fixture(scope="module")
def definitions(monasca: RealMonasca) -> Iterator[Definitions]:
    """The definitions of the real Monasca."""
    found = Definitions(monasca)
    yield found
    found.close()


def parsed(text: str) -> Expression | None:
    """The tree of a text, if it has one."""
    try:
        return parse_expression(text)
    except ExpressionError:
        return None


def check(definitions: Definitions, text: str) -> bool:
    """Hold the parser against the server; whether the text is well-formed."""
    tree = parsed(text)
    stored = definitions.stored(text)
    assert (tree is None) == (stored is None), f"the server's verdict of {text!r} is another"
    if tree is None:
        return False
    comparisons = list(tree.sub_expressions)
    deterministic = all(each.deterministic for each in comparisons)
    assert stored == (text, deterministic, comparisons), text
    assert definitions.stored(str(tree)) == (str(tree), deterministic, comparisons), str(tree)
    return True


@pytest.mark.parametrize("text", TABLE, ids=lambda text: ascii(text)[:40])
def test_table(definitions: Definitions, text: str) -> None:
    """The server's verdict of each text of the table stands there, and it keeps what the parser reads."""
    assert check(definitions, text) == TABLE[text]


def test_made_texts(definitions: Definitions) -> None:
    """Of 500 texts and more, well-formed and broken, the server says and keeps what the parser does."""
    verdicts: dict[str, bool] = {}

    @settings(
        max_examples=MADE,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(texts())
    def hold(text: str) -> None:
        if text not in verdicts:
            verdicts[text] = check(definitions, text)

    hold()
    accepted = sum(verdicts.values())
    assert len(verdicts) >= 500
    assert min(accepted, len(verdicts) - accepted) >= 100


@pytest.mark.parametrize("text", ["avg(cpu{h=x}, 85) > 1", "cpu > 1 and avg(cpu) > 90 times 0"])
def test_place_of_an_error(definitions: Definitions, text: str) -> None:
    """A number that is not allowed is told by the parser with the column that the server says."""
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)
    assert f"at column {caught.value.column}:" in definitions.create(text).json()["description"]
