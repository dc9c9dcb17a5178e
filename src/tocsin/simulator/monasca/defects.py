"""What monasca-api 11.0.0 does other than its documentation says, each behind a switch."""

from enum import StrEnum


class Defect(StrEnum):
    """One trait of the real server; a server without it does as documented."""

    EARLY_END = "early-end"
    """Metrics: a time range is looked at only after the page is cut, so that a walk stops early."""

    AMBIGUOUS_START = "ambiguous-start"
    """Metrics: a time range is a 500 as soon as a page has a series whose dimensions another one has too,
    or one with a blank in a dimension."""

    ESCAPED_BLANKS = "escaped-blanks"
    """Metrics: a blank in a dimension comes with a backslash before it, which no query may contain."""

    LOOSE_ALTERNATIVES = "loose-alternatives"
    """Metrics: ``k:a|b`` also finds what begins with a or ends with b, and takes regular expressions."""

    LOWERED_OFFSETS = "lowered-offsets"
    """Names of metrics and dimensions, values of dimensions: the offset is compared in lower case."""

    GROUPS_LOSE_ROWS = "groups-lose-rows"
    """Measurements with group_by: the offset's time applies to every group."""

    MERGE_LOSES_ROWS = "merge-loses-rows"
    """Measurements with merge_metrics: rows of the offset's time that were not on the page are skipped."""

    STATISTICS_OFFSET = "statistics-offset"
    """Statistics: the next page leaves out what was measured exactly at its beginning, in every group."""

    METHOD_OFFSET = "method-offset"
    """Notification methods: the next link has an id as offset, which is then refused."""

    HISTORY_OFFSET = "history-offset"
    """State history: rows of the offset's millisecond that were not on the page are skipped."""

    DUPLICATE_DEFINITIONS = "duplicate-definitions"
    """Alarm definitions by dimensions: one comes once for each of its sub-expressions that matches."""

    BLIND_COUNT = "blind-count"
    """Count of alarms: a dimension without a value matches nothing."""

    ENCODED_LINKS = "encoded-links"
    """Links: values that are percent-encoded are encoded once more."""

    ZERO_LIMIT = "zero-limit"
    """limit=0 is allowed: an empty page with a next link."""

    CLAMPED_LIMIT = "clamped-limit"
    """A limit above 10000 is silently 10000."""

    CLIENT_MISTAKES = "client-mistakes"
    """Several mistakes of a client are a 500 in place of a 422."""


ALL_DEFECTS = frozenset(Defect)
"""The real server."""
