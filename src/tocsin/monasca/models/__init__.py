"""What Monasca says, with its own field names, in both dialects.

A field that an older server leaves out has a default; one that a newer server adds is ignored. Open enumerations
are plain texts, with the values known today in their docstring.
"""

from tocsin.monasca.models.alarms import (
    Alarm as Alarm,
    AlarmCount as AlarmCount,
    AlarmDefinition as AlarmDefinition,
    AlarmMetric as AlarmMetric,
    AlarmTransition as AlarmTransition,
    DefinitionOfAlarm as DefinitionOfAlarm,
    SubAlarm as SubAlarm,
    SubExpression as SubExpression,
)
from tocsin.monasca.models.metrics import (
    Measurement as Measurement,
    MeasurementSeries as MeasurementSeries,
    Metric as Metric,
    Statistic as Statistic,
    StatisticSeries as StatisticSeries,
)
from tocsin.monasca.models.notification_methods import NotificationMethod as NotificationMethod
from tocsin.monasca.models.versions import Health as Health, Version as Version
