"""Buckets: ``appfirst.buckets``."""

from __future__ import annotations

from tocsin.appfirst.resource import Measured, Plain, Unpublished, said_id


class BucketService(Plain[Unpublished], Measured[int]):
    """Buckets of data, as the server says them: the fields are not published."""

    _part = "buckets"
    _row = _mark = Unpublished
    _key = staticmethod(said_id)
