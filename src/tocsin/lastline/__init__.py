"""Lastline: the client, its models, and what its calls take."""

from tocsin.lastline.client import LastlineClient
from tocsin.lastline.errors import LastlineError, NoSuchApplianceError
from tocsin.lastline.models import Appliance, LogEntry, LogEntryInfo, Metric, Sample

__all__ = [
    "Appliance",
    "LastlineClient",
    "LastlineError",
    "LogEntry",
    "LogEntryInfo",
    "Metric",
    "NoSuchApplianceError",
    "Sample",
]
