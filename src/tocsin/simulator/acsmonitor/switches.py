"""What the vendor's documents leave open, or say in two ways: every reading of it behind a switch."""

from datetime import timedelta
from typing import Literal, cast

import attrs
from attrs.validators import and_, deep_mapping, ge, in_, instance_of, optional

Envelope = Literal["hybrid", "seed", "plain", "resource", "bare"]

_SIZE = and_(instance_of(int), ge(1))
_ENVELOPES = ("hybrid", "seed", "plain", "resource", "bare")


@attrs.define(eq=False, slots=False)
class Switches:
    """The readings, the likeliest of each as its default; all may be set while the server runs.

    A value that a switch does not have is a ValueError or a TypeError.
    """

    # Signing in

    login_refusal: Literal[422, 401] = attrs.field(default=422, validator=in_((422, 401)))
    """The status of a wrong password; not published. 422 names the field ``email``, as stock Laravel does."""

    two_factor: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether a login asks for a second factor, and so gives no token; the API's part in it is not published."""

    token_life: float | None = attrs.field(default=None, validator=optional(instance_of((int, float))))
    """Seconds that a token given out from now on lives; None is until logout, as the client's page says, though
    its table of errors speaks of expired ones."""

    logout_status: Literal[200, 204] = attrs.field(default=200, validator=in_((200, 204)))
    """How a logout is answered; not published."""

    # Rate limits

    rate_limit: int | None = attrs.field(default=cast("int | None", 60), validator=optional(instance_of(int)))
    """Requests that a user may make in a window; None is no limit."""

    login_rate_limit: int | None = attrs.field(default=cast("int | None", 6), validator=optional(instance_of(int)))
    """Logins that an address may try in a window; None is no limit."""

    rate_window: timedelta = attrs.field(default=timedelta(minutes=1), validator=instance_of(timedelta))
    """How long a window is, from its first request on."""

    plain_429: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether a 429 is plain text, as in older Laravel, and not JSON."""

    # Lists

    envelope: Envelope = attrs.field(default="hybrid", validator=in_(_ENVELOPES))
    """What is around the rows of a page. ``hybrid`` has all that the client's page and the API's overview name;
    ``seed`` only what the client's page shows, so without ``last_page``; ``plain`` and ``resource`` are the two
    that stock Laravel has, of which only the first has ``next_page_url``; ``bare`` is all rows, unpaged."""

    envelopes: dict[str, Envelope] = attrs.field(
        factory=dict[str, Envelope], validator=deep_mapping(instance_of(str), in_(_ENVELOPES), instance_of(dict))
    )
    """By list, what is around its rows in place of :attr:`envelope`. Lists have the names of tables; those of a
    device's alerts and a monitor's results are ``device_alerts`` and ``monitor_results``."""

    per_page: int = attrs.field(default=50, validator=_SIZE)
    """The rows on a page when no number is asked for: that of the client's page."""

    per_page_cap: int = attrs.field(default=100, validator=_SIZE)
    """The most rows on a page; the cap "depends on endpoint" and is not published."""

    per_page_caps: dict[str, int] = attrs.field(
        factory=dict[str, int], validator=deep_mapping(instance_of(str), _SIZE, instance_of(dict))
    )
    """By list, its cap in place of :attr:`per_page_cap`."""

    orders: dict[str, str] = attrs.field(
        factory=dict[str, str],
        validator=deep_mapping(instance_of(str), instance_of(str), instance_of(dict)),
    )
    """By list, the ``sort`` that a list without one has; not published. What has a name is sorted by it,
    what happens is newest first."""

    unknown_columns: Literal["ignored", "refused"] = attrs.field(
        default="ignored", validator=in_(("ignored", "refused"))
    )
    """What becomes of ``sort`` and ``filter`` with a column that there is not; refused is a 400, as usual query
    builders for Laravel answer. Not published."""

    links_keep_query: bool = attrs.field(default=True, validator=instance_of(bool))
    """Whether the links to other pages have the query of the request; Laravel does that only if it is told to."""

    app_url: str | None = attrs.field(default=None, validator=optional(instance_of(str)))
    """The scheme and host in links that the server makes; None is those of the request."""

    # Objects

    wrap_single: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether a single object is in ``{"data": {...}}``."""

    fractional_times: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether the times of rows have six digits of a second, as stock Laravel writes them."""

    down_has_time: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether a check that failed has a response time: that after which it was given up. Else it is null."""

    device_alerts: bool = attrs.field(default=True, validator=instance_of(bool))
    """Whether there is ``/devices/{id}/alerts``, which only the client's page has."""

    strict_transitions: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether only an open alert can be acknowledged, and none resolved twice; else nothing changes then."""

    created_status: Literal[201, 200] = attrs.field(default=201, validator=in_((201, 200)))
    """How a creation is answered; not published."""

    deleted_status: Literal[204, 200] = attrs.field(default=204, validator=in_((204, 200)))
    """How a deletion is answered; not published."""

    queued_status: Literal[200, 202] = attrs.field(default=200, validator=in_((200, 202)))
    """How a poll and a check, which are done later, are answered; not published."""

    # Work that is done later

    check_delay: timedelta = attrs.field(default=timedelta(seconds=1), validator=instance_of(timedelta))
    """How long after its request a poll or a check is done."""
