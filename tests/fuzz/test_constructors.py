"""Whatever is passed to a public value, it is taken, or refused in printable lines; nothing else, ever.

``make fuzz`` tries ten thousand cases of each.
"""

from __future__ import annotations

import inspect
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shadow_constructs
from shadow_constructs import Container, InvalidValueError, Rule
from tests.values.samples import hardware, model, variant

CASES = int(os.environ.get("FUZZ_CASES", "40"))
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
ODD: st.SearchStrategy[Any] = st.one_of(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=5),
    st.sampled_from([10**400, -(10**400), 2**63, 1e308, 5e-324, "${Token[TOKEN.1]}", "#{Token[TOKEN.1]}", "\ud800"]),
    st.sampled_from(["s3://b/k.tar.gz", "arn:aws:kms:eu-west-1:111122223333:key/x", "ml.m5.xlarge", "cron(x)", "a", 1]),
    st.sampled_from([object(), type, [], {}, (), [[]], {"a": None}, [None], {1: 2}, [{}], {"PolicyName": "p"}]),
    st.sampled_from([hardware(), model(), variant()]),
)


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

    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=CASES < 100)
    @given(st.fixed_dictionaries(required, optional=optional))
    def tried(values: dict[str, Any]) -> None:
        _tried(make, values)

    tried()
