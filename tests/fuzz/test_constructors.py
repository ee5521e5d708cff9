"""Whatever is passed to a public value, it is taken, or refused in printable lines; nothing else, ever.

``make fuzz`` tries ten thousand cases of each.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shadow_constructs
from shadow_constructs import Container, InvalidValueError, Rule
from tests.fuzz.odd import CASES, FEW, ODD

VALUES = [
    getattr(shadow_constructs, name)
    for name in (
        *("Alerts", "Capture", "CoreDump", "Dashboard", "Guardrails", "Hardware", "MetricsPublishing", "Model"),
        *("ModelPackage", "Network", "Routing", "Scaling", "Schedule", "Serverless", "ShadowTest", "Variant"),
    )
]
FACTORIES = [
    *(Container.uri, Container.private_registry, Container.ecr, Container.xgboost, Container.deep_learning),
    *(Rule.latency, Rule.error_rate, Rule.utilization),
]


def _tried(make: Any, given_values: dict[str, Any]) -> None:  # noqa: ANN401 - a class or a factory
    try:
        make(**given_values)
    except InvalidValueError as error:
        lines = error.problems
    else:
        return
    assert lines
    assert all(line.isprintable() and len(line) < 1000 for line in lines)


@pytest.mark.parametrize("make", [*VALUES, *FACTORIES], ids=lambda make: make.__name__)
def test_a_value_is_taken_or_refused_in_printable_lines(make: Any) -> None:  # noqa: ANN401 - a class or a factory
    """Wrong types, huge and tiny numbers, tokens and half surrogate pairs never end in another exception."""
    parameters = inspect.signature(make).parameters.values()
    required = {one.name: ODD for one in parameters if one.default is inspect.Parameter.empty}
    optional = {one.name: ODD for one in parameters if one.default is not inspect.Parameter.empty}

    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=CASES < FEW)
    @given(st.fixed_dictionaries(required, optional=optional))
    def tried(values: dict[str, Any]) -> None:
        _tried(make, values)

    tried()
