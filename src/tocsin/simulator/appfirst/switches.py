"""What the vendor's documentation leaves open, or says in two ways: every reading of it behind a switch."""

from typing import Literal

import attrs
from attrs.validators import ge, in_, instance_of, optional


@attrs.define(eq=False, slots=False)
class Switches:
    """The readings, the likeliest of each as its default; all may be set while the server runs.

    A value that a switch does not have is a ValueError or a TypeError.
    """

    # Versions and bodies

    other_versions: Literal["refuse", "serve"] = attrs.field(default="refuse", validator=in_(("refuse", "serve")))
    """Whether ``Accept: application/json; version=4`` and the like is a 406, which is not published, or
    answered as version 5."""

    json_bodies: Literal["accept", 400, 415] = attrs.field(default=400, validator=in_(("accept", 400, 415)))
    """What becomes of a JSON body; the documentation only has form bodies. The refusal is not published."""

    read_only: Literal["ignore", "refuse"] = attrs.field(default="ignore", validator=in_(("ignore", "refuse")))
    """What becomes of a read-only attribute in a PUT."""

    band_fields: Literal["writable", "read-only"] = attrs.field(
        default="writable", validator=in_(("writable", "read-only"))
    )
    """Whether a PUT changes ``window_length``, ``window_units`` and ``band_value``: they are not marked as
    read-only, but the list of what may be changed leaves them out."""

    needs_reg_exp: bool = attrs.field(default=False, validator=instance_of(bool))
    """Whether a trigger that matches content is refused without ``reg_exp``, which is documented as optional."""

    window_times: Literal["epoch", "text"] = attrs.field(default="epoch", validator=in_(("epoch", "text")))
    """How a maintenance window's times are sent: as all dates, or as ``yyyy-mm-dd hh:mm`` as its page says."""

    # Pages

    envelope: Literal["pages", "bare"] = attrs.field(default="pages", validator=in_(("pages", "bare")))
    """Version 3 had bare lists, without pages."""

    over_limit: Literal["clamp", "refuse"] = attrs.field(default="clamp", validator=in_(("clamp", "refuse")))
    """What becomes of a ``limit`` above 2500."""

    page_base: Literal[0, 1] = attrs.field(default=0, validator=in_((0, 1)))
    """The number of the first page. With 1, ``page_size`` is another word for ``limit``: the vendor's own
    application of 2016 sends it, and counts so."""

    page_zero: Literal["refuse", "first"] = attrs.field(default="refuse", validator=in_(("refuse", "first")))
    """What page 0 is where pages count from 1: a 404, or the first page."""

    beyond: Literal["empty", "refuse"] = attrs.field(default="empty", validator=in_(("empty", "refuse")))
    """What a page behind the last is: an empty one, or a 404."""

    next_link: Literal["absolute", "relative", "foreign", "cursor", "null"] = attrs.field(
        default="absolute", validator=in_(("absolute", "relative", "foreign", "cursor", "null"))
    )
    """What ``next`` is while there is more: a link with the page's number, at this host, at none or at another;
    one with a cursor; or null, which ``count`` contradicts, as in the sample of the page about alerts."""

    # Replies

    users_as: Literal["list", "text"] = attrs.field(default="list", validator=in_(("list", "text")))
    """Whether an alert's users are a list or the JSON text of one; the samples have both."""

    target_as: Literal["name", "twice"] = attrs.field(default="name", validator=in_(("name", "twice")))
    """Whether an alert has its target once, or twice under one key: its URI, then its name."""

    threshold_as: Literal["number", "text"] = attrs.field(default="number", validator=in_(("number", "text")))
    """How thresholds are written; the samples have both."""

    times_as: Literal["epoch", "iso"] = attrs.field(default="epoch", validator=in_(("epoch", "iso")))
    """How times are written: in whole seconds, as documented, or as ISO 8601 text."""

    optional_fields: bool = attrs.field(default=True, validator=instance_of(bool))
    """Whether alerts have ``direction``, ``num_of_servers``, ``part_name`` and ``ip_details``, which some of
    the samples lack."""

    polled_alerts: Literal["list", "number"] = attrs.field(default="list", validator=in_(("list", "number")))
    """Whether ``alert_id`` of polled data is a list, as in the sample, or the id of one alert, as in the text."""

    set_tags: Literal["urls", "ids"] = attrs.field(default="urls", validator=in_(("urls", "ids")))
    """How ``server_tags`` of a server set are written: as in the sample, or as in the text."""

    unnumbered: Literal["one", "range"] = attrs.field(default="one", validator=in_(("one", "range")))
    """What a query for data has that gives ``start`` but not ``num``: one point, the documented default, or
    all there are, on which the vendor's own application relies."""

    created_status: Literal[200, 201] = attrs.field(default=200, validator=in_((200, 201)))
    """The status for what was created."""

    deleted_as: Literal["empty", "no content", "json"] = attrs.field(
        default="empty", validator=in_(("empty", "no content", "json"))
    )
    """The answer to DELETE: 200 with an empty body, 204, or 200 with an object. Not published."""

    # Refusals

    error_shape: Literal["fields", "detail", "text"] = attrs.field(
        default="fields", validator=in_(("fields", "detail", "text"))
    )
    """The body of an error, which is not published: lists of messages by argument for a 400 and ``detail`` for
    all else; ``detail`` for all; or plain text."""

    rate_limit: int | None = attrs.field(default=None, validator=optional([instance_of(int), ge(0)]))
    """How many requests of one resource are answered in a minute; the numbers are not published."""

    retry_after: bool = attrs.field(default=True, validator=instance_of(bool))
    """Whether a 429 says when to come back."""
