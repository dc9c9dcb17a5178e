"""What the API's documents leave open, or say in two ways: every reading of it behind a switch."""

from datetime import timedelta
from typing import Literal

import attrs
from attrs.validators import and_, ge, in_, instance_of, optional

from tocsin.simulator.frame import Json
from tocsin.simulator.lastline.buckets import INTERVALS

_SUCCESSES: tuple[int | str, ...] = (1, True, "1")


@attrs.define(eq=False, slots=False)
class Switches:
    """The readings, the likeliest of each as its default; all may be set while the server runs.

    A value that a switch does not have is a ValueError or a TypeError.
    """

    # Envelope

    success: int | str = attrs.field(default=_SUCCESSES[0], validator=in_(_SUCCESSES))
    """What ``success`` is in a good reply; a bad one has the 0 of the same type."""

    error_shape: Literal["both", "code", "text"] = attrs.field(
        default="both", validator=in_(("both", "code", "text"))
    )
    """What an error has: ``error_code``, ``error``, or both. The vendor's own client expects all three."""

    error_status: int = attrs.field(default=200, validator=in_((200, 400, 500)))
    """The HTTP status of an error that is not about signing in; the documents name none."""

    empty_as_list: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether an object without entries is written ``[]``, as PHP does, which the cookie's name tells of."""

    # Signing in

    login_data: Json = "true"
    """The ``data`` of a sign-in: a text in the vendor's documentation; an empty list elsewhere."""

    session_life: float | None = attrs.field(default=None, validator=optional(instance_of((int, float))))
    """Seconds that a session begun from now on lives; None is for ever. Not published."""

    rotate_cookie: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether every reply brings a new session cookie, with which the one before dies."""

    denial: Literal[3001, 3002, 3003, 3004] | None = attrs.field(
        default=3004, validator=in_((3001, 3002, 3003, 3004, None))
    )
    """The error code of who is not signed in; None is the bare text "Permission denied"."""

    denial_status: Literal[200, 401, 403] = attrs.field(default=200, validator=in_((200, 401, 403)))
    """The HTTP status of everything that is refused for want of a sign-in or of a permission."""

    can_view_appliances: bool = attrs.field(default=True, validator=instance_of(bool))
    """Whether the account has the permission that the Monitoring API asks for."""

    open_ping: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether ``ping`` answers those too who are not signed in."""

    # Metrics

    min_interval: timedelta = attrs.field(
        default=timedelta(minutes=30), validator=in_(tuple(timedelta(seconds=each) for each in INTERVALS))
    )
    """The narrowest interval that values are kept at; the documents only say what they may be merged to."""

    strict_points: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether a ``max_data_points`` above 300 is refused, and not taken for 300."""

    count_buckets: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether the intervals that a range touches are held to ``max_data_points``, one more than its length
    has room for where it is not aligned; else its length alone is."""

    aggregate_limited: bool = attrs.field(default=True, validator=instance_of(bool))
    """Whether ``metric/aggregate`` has the default and the limit of ``max_data_points`` that only
    ``metric/get`` is documented to have."""

    empty_series: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether ``metric/get`` also shows the appliances that have no data."""

    refuse_unknown_metrics: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether a metric that no selected appliance has is an error, and not a metric without data."""

    time_format: Literal["text", "seconds", "milliseconds"] = attrs.field(
        default="text", validator=in_(("text", "seconds", "milliseconds"))
    )
    """How a time series writes its times: as the log does, or as numbers since 1970."""

    zoned_replies: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether ``timezone`` is for the times in replies too; it always is for ``log/get_entry``."""

    metric_list: Literal["flat", "by_appliance", "objects"] = attrs.field(
        default="flat", validator=in_(("flat", "by_appliance", "objects"))
    )
    """What ``metric/list`` is: ids; ids by appliance; or objects with the id as ``metric``."""

    aggregate_field: Literal["metric", "metrics"] = attrs.field(
        default="metric", validator=in_(("metric", "metrics"))
    )
    """The field of the id in ``metric/aggregate``: the example's word, or the text's."""

    aggregate_bare: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether ``metric/aggregate`` is the list alone, without the object around it."""

    # Logs

    log_order: Literal["end_time", "start_time"] = attrs.field(
        default="end_time", validator=in_(("end_time", "start_time"))
    )
    """The time by which entries are sorted from newest to oldest."""

    log_end_inclusive: bool = attrs.field(default=True, validator=instance_of(bool))
    """Whether an entry first reported at the very end of the range is in it."""

    log_cap: int | None = attrs.field(default=None, validator=optional(and_(instance_of(int), ge(1))))
    """The most entries that a reply has, whatever the ``limit``; None is no such thing."""

    log_uuids: bool = attrs.field(default=True, validator=instance_of(bool))
    """Whether ``log/get`` gives the ``log_entry_uuid`` that ``log/get_entry`` needs."""

    bare_entry: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether ``log/get_entry`` is the entry itself, and not an object with it as ``log_entry``."""

    ignore_case: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether ``message_contains`` finds a text in other letters."""
