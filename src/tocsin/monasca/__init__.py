"""Monasca and Keystone: the client, who it signs in as, its models, and what its calls take.

Alarm expressions are in `tocsin.monasca.expressions`.
"""

from tocsin.monasca.batches import BatchError
from tocsin.monasca.client import MonascaClient
from tocsin.monasca.cloud import KeystoneCloud
from tocsin.monasca.dialect import Dialect
from tocsin.monasca.inputs import DimensionFilter
from tocsin.monasca.keystone import KeystoneApplicationCredential, KeystoneAuth, KeystonePassword, KeystoneToken
from tocsin.monasca.logs import NewLog
from tocsin.monasca.metric_writing import NewMetric
from tocsin.monasca.models import (
    Alarm,
    AlarmCount,
    AlarmDefinition,
    AlarmMetric,
    AlarmTransition,
    DefinitionOfAlarm,
    Health,
    Measurement,
    MeasurementSeries,
    Metric,
    NotificationMethod,
    Statistic,
    StatisticSeries,
    SubAlarm,
    SubExpression,
    Version,
)
from tocsin.monasca.resource import Link

__all__ = [
    "Alarm",
    "AlarmCount",
    "AlarmDefinition",
    "AlarmMetric",
    "AlarmTransition",
    "BatchError",
    "DefinitionOfAlarm",
    "Dialect",
    "DimensionFilter",
    "Health",
    "KeystoneApplicationCredential",
    "KeystoneAuth",
    "KeystoneCloud",
    "KeystonePassword",
    "KeystoneToken",
    "Link",
    "Measurement",
    "MeasurementSeries",
    "Metric",
    "MonascaClient",
    "NewLog",
    "NewMetric",
    "NotificationMethod",
    "Statistic",
    "StatisticSeries",
    "SubAlarm",
    "SubExpression",
    "Version",
]
