from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.rules import ERRORS, RESOURCES, ErrorRateRule, LatencyRule, Rule, UtilizationRule

_FLAGS = st.booleans()
_RULES = st.one_of(
    st.builds(
        LatencyRule,
        percentile=st.floats(1, 99.99),
        max_increase_percent=st.floats(0, 1000),
        max_milliseconds=st.none() | st.floats(1, 60_000),
        report_only=_FLAGS,
    ),
    st.builds(
        ErrorRateRule,
        errors=st.sampled_from(ERRORS),
        max_increase_points=st.floats(0, 100),
        max_percent=st.none() | st.floats(0, 100),
        report_only=_FLAGS,
    ),
    st.builds(
        UtilizationRule, resource=st.sampled_from(RESOURCES), max_percent=st.floats(0.1, 100), report_only=_FLAGS
    ),
)
_POLICIES = st.builds(
    GatePolicy,
    rules=st.lists(_RULES, min_size=1, max_size=6, unique_by=lambda rule: rule.id).filter(
        lambda rules: any(not rule.report_only for rule in rules)
    ),
    confidence_percent=st.floats(51, 99.9),
    min_duration_minutes=st.floats(0, 43_200),
    min_requests=st.integers(0, 10**9),
    warm_up_minutes=st.floats(0, 1440),
    period_seconds=st.none() | st.sampled_from([1, 5, 10, 20, 30, 60, 300, 3600, 86_400]),
)


@given(_POLICIES)
def test_a_policy_survives_the_template(policy: GatePolicy) -> None:
    """What goes in as JSON comes out as it was, and the same policy gives the same text."""
    again = GatePolicy.from_json(json.loads(policy.to_text()))

    assert again == policy
    assert again.to_text() == policy.to_text()


def test_the_default_policy_judges_latency_errors_and_hardware() -> None:
    """Each rule decides, at 95 %, after a day."""
    policy = GatePolicy()

    assert len(policy.gating_rules) == len(policy.rules) == 11
    assert (policy.confidence_percent, policy.min_duration_minutes, policy.enforced) == (95, 1440, True)


def test_what_a_hand_written_policy_leaves_out_has_its_default() -> None:
    """One rule and one number are a policy."""
    policy = GatePolicy.from_json({"rules": [{"kind": "latency"}], "min_duration_minutes": 60})

    assert policy == GatePolicy(rules=(Rule.latency(),), min_duration_minutes=60)


def test_a_policy_that_gates_nothing_says_why() -> None:
    """It keeps its rules, for alarms and the command line."""
    policy = GatePolicy.none("nobody calls it yet")

    assert not policy.enforced
    assert policy.rules == GatePolicy().rules
    with pytest.raises(InvalidValueError, match="say why this endpoint needs no gate"):
        GatePolicy.none("  ")


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ([], "policy: must be an object"),
        ({"tolerance": 5}, "policy: unknown key 'tolerance'; allowed are confidence_percent"),
        ({"rules": "p99"}, "policy.rules: must be a list"),
        ({"rules": [{"kind": "vibes"}]}, "policy.rules[0]: 'kind' must be one of latency, error_rate, utilization"),
        ({"rules": [{"kind": "latency", "p": 99}]}, "policy.rules[0]: unknown key 'p'"),
        ({"rules": [{"kind": "latency", "max_increase_percent": -5}]}, "must be from 0 to 1000, got -5"),
        ({"rules": [{"kind": "latency", "percentile": 100}]}, "must be from 1 and below 100, got 100"),
        ({"rules": [{"kind": "latency"}, {"kind": "latency"}]}, "must have one rule of a kind, got 'latency-p99'"),
        ({"rules": [{"kind": "latency", "report_only": True}]}, "must have a rule that decides"),
        ({"rules": [{"kind": "error_rate", "errors": "3xx"}]}, "must be one of 4xx, 5xx, model, got '3xx'"),
        ({"confidence_percent": 0.95}, "must be above 50 and below 100, got 0.95; write 95"),
        ({"confidence_percent": float("nan")}, "must be above 50 and below 100, got nan"),
        ({"min_requests": 0.5}, "must be a whole number of at least 0, got 0.5"),
        ({"period_seconds": 90}, "must be 1, 5, 10, 20, 30 or a multiple of 60 up to 86400, got 90"),
    ],
)
def test_fails_in_one_line_that_names_the_place(data: Any, line: str) -> None:  # noqa: ANN401 - any JSON
    """What is wrong, what was given and what is allowed."""
    with pytest.raises(InvalidValueError) as refused:
        GatePolicy.from_json(data)

    assert line in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
