"""What a Monasca server and its Keystone are asked for; importing it collects all cases."""

from tests.conformance.monasca import (
    alarm_cases as alarm_cases,
    definition_cases as definition_cases,
    error_cases as error_cases,
    keystone_cases as keystone_cases,
    log_cases as log_cases,
    measurement_cases as measurement_cases,
    method_cases as method_cases,
    metric_cases as metric_cases,
)
from tests.conformance.monasca.registry import CASES as CASES
