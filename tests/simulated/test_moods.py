"""Each thing that the documents of three APIs leave open, or say in two ways: all is read whole either way."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tocsin import AcsMonitorClient, Limits, Rate
from tocsin.cli.backends import backend
from tocsin.describe import row_key
from tocsin.service import Client
from tocsin.simulator import Simulator

pytestmark = pytest.mark.anyio

Mood = Mapping[str, Any]

MOODS: dict[str, list[Mood]] = {
    "acsmonitor": [
        {},
        *[{"envelope": envelope} for envelope in ("seed", "plain", "resource", "bare")],
        *[
            {"envelope": envelope, "per_page_cap": 7, "links_keep_query": keep, "app_url": "http://internal:8080"}
            for envelope, keep in itertools.product(("hybrid", "seed", "plain", "resource"), (True, False))
        ],
        {"per_page_cap": 1},
        {"fractional_times": True},
        {"down_has_time": True},
        {"unknown_columns": "refused"},
        {"wrap_single": True},
    ],
    "appfirst": [
        {},
        {"envelope": "bare"},
        *[
            {"next_link": link, "page_base": base, "page_zero": zero, "beyond": beyond}
            for link in ("absolute", "relative", "foreign", "cursor", "null")
            for base, zero in ((0, "refuse"), (1, "refuse"), (1, "first"))
            for beyond in ("empty", "refuse")
        ],
        {"over_limit": "refuse"},
        {"users_as": "text"},
        {"target_as": "twice"},
        {"threshold_as": "text"},
        {"times_as": "iso"},
        {"optional_fields": False},
        {"polled_alerts": "number"},
        {"set_tags": "ids"},
        {"window_times": "text"},
    ],
    "lastline": [
        {},
        {"success": True},
        {"success": "1"},
        {"login_data": []},
        {"rotate_cookie": True},
        {"empty_as_list": True},
        *[{"session_life": 0.05, "denial": code} for code in (3001, 3002, 3003, 3004, None)],
        *[{"session_life": 0.05, "denial_status": status} for status in (401, 403)],
        {"min_interval": timedelta(hours=1)},
        {"min_interval": timedelta(hours=24)},
        {"strict_points": True},
        {"count_buckets": True},
        {"empty_series": True},
        {"time_format": "seconds"},
        {"time_format": "milliseconds"},
        {"zoned_replies": True},
        {"metric_list": "by_appliance"},
        {"metric_list": "objects"},
        *[
            {"log_order": order, "log_end_inclusive": inclusive, "log_cap": cap, "log_uuids": uuids}
            for order in ("end_time", "start_time")
            for inclusive in (True, False)
            for cap in (None, 100)
            for uuids in (True, False)
        ],
    ],
}
#: Those of the tables, but that nothing waits for a rate.
CLIENTS: dict[str, Callable[[Mapping[str, str]], Client]] = {
    **{name: backend(name).at for name in MOODS},
    "acsmonitor": lambda endpoint: AcsMonitorClient(
        endpoint["base_url"], token=endpoint["token"], limits=Limits(rate=Rate(1_000_000))
    ),
}
CASES = [(name, mood) for name, moods in MOODS.items() for mood in moods]


def named(value: object) -> str:
    """A case as its test is called."""
    return ",".join(f"{name}={each}" for name, each in value.items()) if isinstance(value, dict) else str(value)


@pytest.mark.parametrize(("name", "mood"), CASES, ids=named)
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_every_row_comes_once(name: str, mood: Mood) -> None:
    """What the server holds of each resource is what its list gives, with the pages as small as they come."""
    with Simulator([name]) as sim:
        state = getattr(sim, name)
        for switch, value in mood.items():
            assert hasattr(state, switch)
            setattr(state, switch, value)
        if name == "acsmonitor":
            state.rate_limit = None  # kept elsewhere, and left out of `CLIENTS`
        described = backend(name)
        held = {
            resource: Counter(row_key(key) for key in keys if mood.get("log_uuids", True) or resource != "logs")
            for resource, keys in sim.held(name).items()
        }
        found: dict[str, Counter[Any]] = {}
        async with CLIENTS[name](sim.endpoints[name]) as client:
            for resource in described.resources.values():
                assert await resource.ready(client)
                rows = await resource.pager(client, page_size=100).collect()
                found[resource.name] = Counter(resource.key_of(msgspec.json.decode(row)) for row in rows)
        if not mood.get("log_uuids", True):
            assert found["logs"].total() == len(sim.held(name)["logs"])
            found["logs"] = held["logs"] = Counter()
        assert found == held
        assert all(held[resource] for resource in held if resource != "logs")
