"""What is around the rows of a page."""

from collections.abc import Callable, Sequence

from tocsin.simulator.acsmonitor.switches import Envelope
from tocsin.simulator.frame import Json

_AROUND = 3  # numbered links on either side of the current page, as Laravel shows them


def enveloped(
    kind: Envelope, rows: Sequence[Json], number: int, size: int, total: int, link: Callable[[int], str], path: str
) -> Json:
    """Page ``number`` of rows, ``size`` a page, of ``total``; ``link`` makes the URL of a page."""
    if kind == "bare":
        return list(rows)
    last = max(-(-total // size), 1)
    start = (number - 1) * size + 1 if rows else None
    before = link(number - 1) if number > 1 else None
    after = link(number + 1) if number < last else None
    links = {"first": link(1), "last": link(last), "prev": before, "next": after}
    meta: dict[str, Json] = {
        "current_page": number,
        "from": start,
        "last_page": last,
        "per_page": size,
        "to": start + len(rows) - 1 if start else None,
        "total": total,
    }
    if kind == "plain":
        return {
            **meta,
            "data": rows,
            "first_page_url": links["first"],
            "last_page_url": links["last"],
            "links": _numbered(number, last, link),
            "next_page_url": after,
            "path": path,
            "prev_page_url": before,
        }
    if kind == "resource":
        meta |= {"links": _numbered(number, last, link), "path": path}
        return {"data": rows, "links": links, "meta": meta}
    if kind == "seed":
        del meta["last_page"]
    return {"data": rows, "links": links, "meta": meta, "next_page_url": after}


def _numbered(number: int, last: int, link: Callable[[int], str]) -> list[Json]:
    shown = sorted({1, last, *range(max(number - _AROUND, 1), min(number + _AROUND, last) + 1)})
    found: list[Json] = [_numbered_link("&laquo; Previous", link(number - 1) if number > 1 else None, False)]
    for page, previous in zip(shown, [0, *shown], strict=False):
        if page > previous + 1:
            found.append(_numbered_link("...", None, False))
        found.append(_numbered_link(str(page), link(page), page == number))
    found.append(_numbered_link("Next &raquo;", link(number + 1) if number < last else None, False))
    return found


def _numbered_link(label: str, url: str | None, active: bool) -> Json:
    return {"url": url, "label": label, "active": active}
