"""What the simulated servers can be told to do wrong.

A :class:`Faults` is a plain value; :class:`Dice` throws for one request at a time, from a seed, so that
a run over one connection can be repeated. Rates are probabilities between 0 and 1 for each request.
"""

import random
from enum import StrEnum

import attrs

ALL_RATE = 0.02
"""The rate that ``all`` stands for when it is given none."""


class Fault(StrEnum):
    """One way to fail, by the word that switches it on."""

    THROTTLE = "429"
    THROTTLE_BARE = "429-bare"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    UNAVAILABLE_BARE = "503-bare"
    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"
    TRUNCATE = "truncate"
    HTML = "html"
    SHIFT = "shift"
    REPEAT_CURSOR = "repeat-cursor"
    BAD_ROW = "bad-row"


_PAGE_ONLY = frozenset({Fault.SHIFT, Fault.REPEAT_CURSOR, Fault.BAD_ROW})
_MEANING = {
    "latency": "seconds that every reply is late",
    "token-life": "seconds that a new token lives",
    "retry-after": "seconds that Retry-After says (default 1)",
    "sign-in": "1 to let the rates hit sign-in endpoints too (default 0)",
    "seed": "the seed of the dice (default 7)",
    Fault.THROTTLE: "rate of 429 with Retry-After",
    Fault.THROTTLE_BARE: "rate of 429 without Retry-After",
    Fault.SERVER_ERROR: "rate of 500, the request not handled",
    Fault.BAD_GATEWAY: "rate of 502, the request not handled",
    Fault.UNAVAILABLE: "rate of 503 with Retry-After",
    Fault.UNAVAILABLE_BARE: "rate of 503 without Retry-After",
    Fault.DROP_BEFORE: "rate of connections closed before the request is handled",
    Fault.DROP_AFTER: "rate of connections closed after it was handled, before the reply",
    Fault.TRUNCATE: "rate of replies cut off in the middle of the body",
    Fault.HTML: "rate of HTML pages with status 200 in place of JSON, the request not handled",
    Fault.SHIFT: "rate of rows that appear just before a page is read",
    Fault.REPEAT_CURSOR: "rate of pages whose cursor leads to the same page again",
    Fault.BAD_ROW: "rate of pages with one malformed row",
    "all": f"one rate for every rate above (default {ALL_RATE})",
}


@attrs.frozen
class Faults:
    """What to do wrong; the default is nothing.

    ``latency``, ``token_life`` and ``retry_after`` are seconds; ``token_life`` None leaves each backend
    its own. ``rates`` gives the probability of each :class:`Fault`. ``sign_in`` lets the rates hit
    sign-in endpoints too; latency always does.
    """

    latency: float = 0
    token_life: float | None = None
    retry_after: float = 1
    rates: dict[Fault, float] = attrs.field(factory=dict[Fault, float])
    sign_in: bool = False
    seed: int = 7

    @classmethod
    def parse(cls, spec: str) -> "Faults":
        """Read ``"latency=0.05,429=0.02,all"``; an empty string is no faults.

        Raises ValueError, with what is allowed, for an unknown word or a number out of range.
        """
        values: dict[str, float] = {}
        for item in filter(None, (part.strip() for part in spec.split(","))):
            word, equals, text = (part.strip() for part in item.partition("="))
            if word not in _MEANING:
                raise ValueError(f"unknown fault {word!r}; allowed are:\n{_allowed()}")
            if not equals and word in {"all", "sign-in"}:
                text = str(ALL_RATE) if word == "all" else "1"
            values[word] = _number(word, text)
        rates = dict.fromkeys(Fault, values["all"]) if "all" in values else {}
        rates |= {fault: values[fault] for fault in Fault if fault in values}
        return cls(
            latency=values.get("latency", 0),
            token_life=values.get("token-life"),
            retry_after=values.get("retry-after", 1),
            rates=rates,
            sign_in=bool(values.get("sign-in", 0)),
            seed=int(values.get("seed", 7)),
        )


def _number(word: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{word} needs a number, as in {word}=0.1, not {text!r}") from None
    rate = word == "all" or word in set(Fault)
    if not 0 <= number < float("inf") or (rate and number > 1):
        bounds = "between 0 and 1" if rate else "0 or more"
        raise ValueError(f"{word} must be {bounds}, not {text}")
    return number


def _allowed() -> str:
    return "\n".join(f"  {word}: {meaning}" for word, meaning in _MEANING.items())


class Dice:
    """Throws for each request which fault, if any, it meets; not thread-safe."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._random = random.Random(faults.seed)  # noqa: S311 - a reproducible run, not a secret

    def throw(self, *, page: bool, sign_in: bool) -> Fault | None:
        """At most one fault: the first of those switched on whose throw hits.

        ``page`` tells that the request reads a page of a list, ``sign_in`` that it signs in.
        """
        hit: Fault | None = None
        for fault in Fault:
            rate = self.faults.rates.get(fault, 0)
            # Every throw is made, hit or not: else one endpoint would shift the luck of the others.
            thrown = self._random.random() < rate
            if thrown and hit is None and (page or fault not in _PAGE_ONLY):
                hit = fault
        return None if sign_in and not self.faults.sign_in else hit
