"""Notification methods."""

from __future__ import annotations

from typing import Any

from tests.conformance.monasca.lab import MISSING, Lab
from tests.conformance.monasca.registry import case, refused


@case
async def method_types(lab: Lab) -> Any:
    return await lab.demo.notification_methods.types()


@case
async def method_types_as_they_are(lab: Lab) -> Any:
    return await lab.demo.request("GET", "/notification-methods/types")


@case
async def method_created(lab: Lab) -> Any:
    made = await lab.method("ærlig ☎", period=0)
    return made, await lab.demo.notification_methods.get(made.id) == made


@case
async def method_as_it_is(lab: Lab) -> Any:
    made = await lab.method()
    return await lab.demo.request("GET", f"/notification-methods/{made.id}")


@case
async def method_of_each_type(lab: Lab) -> Any:
    return (
        await lab.method("1", "email", "a@b.c"),
        await lab.method("2", "webhook", "https://example.org/?q=1", 60),
        await lab.method("3", "PAGERDUTY", "key"),
    )


@case
async def method_created_twice(lab: Lab) -> Any:
    await lab.method()
    return await lab.method()


@case
async def method_of_unknown_type(lab: Lab) -> Any:
    return await lab.method(type="CARRIER_PIGEON")


@case
async def method_of_no_email_address(lab: Lab) -> Any:
    return await lab.method(address="nobody")


@case
async def method_of_no_url(lab: Lab) -> Any:
    return (
        await refused(lab.method("1", "WEBHOOK", "example.org")),
        await refused(lab.method("2", "WEBHOOK", "http:/example.org")),
        await refused(lab.method("3", "WEBHOOK", "ftp://example.org")),
    )


@case
async def method_with_period_of_none(lab: Lab) -> Any:
    return await lab.method(type="WEBHOOK", address="http://example.org", period=61)


@case
async def method_email_with_period(lab: Lab) -> Any:
    return await lab.method(period=60)


@case
async def methods_25_in_pages_of_10(lab: Lab) -> Any:
    for number in range(25):
        await lab.method(f"{number:02}")
    pager = lab.demo.notification_methods.list(page_size=10, sort_by="name desc")
    return [each.name for each in await pager.collect() if lab.mark in each.name]


@case
async def methods_25_by_id(lab: Lab) -> Any:
    made = [(await lab.method(f"{number:02}")).id for number in range(25)]
    found = await lab.demo.notification_methods.list(page_size=10).collect()
    return [each.id for each in found if lab.mark in each.name] == sorted(made)


@case
async def methods_sorted(lab: Lab) -> Any:
    await lab.method("b", "WEBHOOK", "http://a")
    await lab.method("a", "WEBHOOK", "http://b")
    await lab.method("c", "EMAIL", "c@d.e")
    found: dict[str, Any] = {}
    orders: list[Any] = [["type", ("name", "desc")], "address", "created_at", ("updated_at", "desc")]
    for order in orders:
        rows = await lab.demo.notification_methods.list(sort_by=order).collect()
        found[str(order)] = [each.name for each in rows if lab.mark in each.name]
    return found


@case
async def methods_as_rows(lab: Lab) -> Any:
    await lab.method()
    rows = await lab.demo.notification_methods.rows().collect()
    return [row for row in rows if lab.mark.encode() in row]


@case
async def methods_next_link(lab: Lab) -> Any:
    for number in range(3):
        await lab.method(str(number))
    answer = await lab.demo.request("GET", "/notification-methods", params={"limit": "2", "sort_by": "name desc"})
    links = answer.json()["links"]
    params = {"limit": "2", "offset": "".join(str(links[1]["href"]).partition("offset=")[2].partition("&")[0])}
    return links, await refused(lab.demo.request("GET", "/notification-methods", params=params))


@case
async def method_get_missing(lab: Lab) -> Any:
    return await lab.demo.notification_methods.get(MISSING)


@case
async def method_put(lab: Lab) -> Any:
    made = await lab.method()
    changed = await lab.demo.notification_methods.update(
        made.id, f"{lab.mark} new", "webhook", "http://example.org/", 60
    )
    return changed, await lab.demo.notification_methods.get(made.id)


@case
async def method_put_missing(lab: Lab) -> Any:
    return await lab.demo.notification_methods.update(MISSING, f"{lab.mark} a", "EMAIL", "a@b.c")


@case
async def method_put_bad(lab: Lab) -> Any:
    made = await lab.method()
    await lab.method("taken")
    methods = lab.demo.notification_methods
    return (
        await refused(methods.update(made.id, f"{lab.mark} taken", "EMAIL", "a@b.c")),
        await refused(methods.update(made.id, f"{lab.mark} a", "SMS", "a@b.c")),
        await refused(methods.update(made.id, f"{lab.mark} a", "EMAIL", "nobody")),
        await refused(methods.update(made.id, f"{lab.mark} a", "EMAIL", "a@b.c", 7)),
    )


@case
async def method_put_without_period(lab: Lab) -> Any:
    made = await lab.method()
    body = {"name": made.name, "type": "EMAIL", "address": "a@b.c"}
    return await lab.demo.request("PUT", f"/notification-methods/{made.id}", json=body)


@case
async def method_patch(lab: Lab) -> Any:
    made = await lab.method(type="WEBHOOK", address="http://example.org")
    methods = lab.demo.notification_methods
    return (
        await methods.patch(made.id, period=60),
        await methods.patch(made.id, name=f"{lab.mark} new", address="https://example.org"),
        await methods.patch(made.id, type="email", address="a@b.c", period=0),
    )


@case
async def method_patch_bad(lab: Lab) -> Any:
    made = await lab.method()
    await lab.method("taken")
    methods = lab.demo.notification_methods
    return (
        await refused(methods.patch(made.id, name=f"{lab.mark} taken")),
        await refused(methods.patch(made.id, type="WEBHOOK")),
        await refused(methods.patch(made.id, type="SMS")),
        await refused(methods.patch(made.id, period=1)),
        await refused(methods.patch(MISSING, period=0)),
    )


@case
async def method_delete(lab: Lab) -> Any:
    made = await lab.method()
    await lab.demo.notification_methods.delete(made.id)
    return await refused(lab.demo.notification_methods.delete(made.id))


@case
async def method_delete_in_use(lab: Lab) -> Any:
    method, other = await lab.method(), await lab.method("b")
    definition = await lab.definition(alarm_actions=[method.id, other.id], ok_actions=[method.id])
    await lab.demo.notification_methods.delete(method.id)
    found = await lab.demo.alarm_definitions.get(definition.id)
    return len(found.alarm_actions), len(found.ok_actions)


# --- bodies that the client never sends


def _bad(name: str, body: Any, method: str = "POST") -> None:
    async def run(lab: Lab) -> Any:
        where = "/notification-methods"
        if method != "POST":
            where += f"/{(await lab.method()).id}"
        return await lab.demo.request(method, where, json=body)

    run.__name__ = f"bad_method_{name}"
    case(run)


_GOOD = {"name": "n", "type": "EMAIL", "address": "a@b.c"}
_bad("no_name", {"type": "EMAIL", "address": "a@b.c"})
_bad("no_type", {"name": "n", "address": "a@b.c"})
_bad("no_address", {"name": "n", "type": "EMAIL"})
_bad("name_a_number", {**_GOOD, "name": 1})
_bad("name_too_long", {**_GOOD, "name": "n" * 251})
_bad("type_too_long", {**_GOOD, "type": "t" * 101})
_bad("address_too_long", {**_GOOD, "address": "a" * 513})
_bad("period_a_text", {**_GOOD, "period": "soon"})
_bad("period_a_list", {**_GOOD, "period": []})
_bad("extra_key", {**_GOOD, "colour": "red"})
_bad("list", [_GOOD])
_bad("patch_extra_key", {"colour": "red"}, "PATCH")
_bad("put_without_name", {"type": "EMAIL", "address": "a@b.c", "period": 0}, "PUT")
