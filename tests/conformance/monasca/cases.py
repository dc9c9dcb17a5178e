"""What a Monasca server and its Keystone are asked for: all cases, by name."""

from tests.conformance.monasca import (
    alarm_cases,
    definition_cases,
    error_cases,
    keystone_cases,
    log_cases,
    measurement_cases,
    method_cases,
    metric_cases,
)
from tests.conformance.monasca.registry import CASES

__all__ = ["CASES", "MODULES"]

#: Each puts its cases into `CASES` when it is imported.
MODULES = (
    keystone_cases,
    metric_cases,
    measurement_cases,
    method_cases,
    definition_cases,
    alarm_cases,
    log_cases,
    error_cases,
)
