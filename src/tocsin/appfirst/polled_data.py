"""Polled data: ``appfirst.polled_data``."""

from __future__ import annotations

from tocsin.appfirst.models import PolledData
from tocsin.appfirst.resource import Measured, Plain


class PolledDataService(Plain[PolledData], Measured[int]):
    """Polled data items. Their page writes the path ``polled-data``, its sample ``polled_data``: so do we."""

    _part = "polled_data"
    _row = PolledData
