"""Links, and how a list is cut into pages."""

from collections.abc import Sequence
from urllib.parse import quote

from tocsin.simulator.frame import Json
from tocsin.simulator.monasca.defects import Defect
from tocsin.simulator.monasca.request import Ask


def base(ask: Ask) -> str:
    """The URL without its query and without a slash at its end."""
    return ask.call.origin + (ask.call.path.rstrip("/") or "/")


def _parameters(ask: Ask, *, offset: bool) -> list[str]:
    """The query again; the real server encodes the values once more."""
    found: list[str] = []
    for item in filter(None, ask.call.query.split("&")):
        name, equals, value = item.partition("=")
        if not equals:
            raise ask.mistake("not enough values to unpack (expected 2, got 1)")
        if offset or name.lower() != "offset":
            again = ask.has(Defect.ENCODED_LINKS)
            found.append(f"{quote(name, safe='')}={quote(value, safe='')}" if again else item)
    return found


def own(ask: Ask) -> Json:
    """The link to this page."""
    return {"rel": "self", "href": "?".join(filter(None, [base(ask), "&".join(_parameters(ask, offset=True))]))}


def following(ask: Ask, offset: str, *, encoded: bool = True) -> Json:
    """The link to the next page."""
    value = quote(offset, safe="") if encoded else offset
    return {"rel": "next", "href": "&".join([f"{base(ask)}?offset={value}", *_parameters(ask, offset=False)])}


def page(ask: Ask, elements: Sequence[Json], next_offset: str | None, *, encoded: bool = True) -> Json:
    """The envelope; None is the last page."""
    links = [own(ask)] if next_offset is None else [own(ask), following(ask, next_offset, encoded=encoded)]
    return {"links": links, "elements": list(elements)}


def by_id(ask: Ask, rows: Sequence[Json], limit: int) -> Json:
    """A page of ``rows``, of which there is one more than fits if there is a next page."""
    if len(rows) <= limit:
        return page(ask, rows, None)
    return page(ask, rows[:limit], rows[limit - 1]["id"])  # for limit 0 the last there is, as on the server


def by_row(ask: Ask, rows: Sequence[Json], limit: int, offset: int) -> Json:
    """The same, with the number of the row as the offset."""
    return page(ask, rows[:limit], str(offset + limit) if len(rows) > limit else None)


def by_text(ask: Ask, rows: Sequence[dict[str, str]], limit: int) -> Json:
    """A page of rows with one text each, in order; the offset is the last of them."""
    after = ask.call.value("offset")
    texts = [next(iter(row.values())) for row in rows]
    start = 0
    if after:
        compared = after.lower() if ask.has(Defect.LOWERED_OFFSETS) else after
        start = next((at + (text == compared) for at, text in enumerate(texts) if text >= compared), len(rows))
    rest = rows[start:]
    if not texts or len(rest) <= limit:
        return page(ask, rest, None)
    if not limit:
        raise ask.mistake("list index out of range")
    return page(ask, rest[:limit], texts[start + limit - 1], encoded=False)


def to(url: str, id: str) -> list[Json]:
    """The links of one resource under ``url``."""
    return [{"rel": "self", "href": f"{url}/{id}"}]
