"""Rules and policies of every sort, for tests that range over them."""

from __future__ import annotations

from hypothesis import strategies as st

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import (
    ERRORS,
    RESOURCES,
    AgreementRule,
    AverageRule,
    ErrorRateRule,
    LatencyRule,
    OverheadRule,
    Rule,
    UtilizationRule,
)

_FLAGS = st.booleans()

RULES: st.SearchStrategy[Rule] = st.one_of(
    st.builds(
        LatencyRule,
        percentile=st.floats(1, 99.99),
        max_increase_percent=st.floats(0, 1000),
        max_milliseconds=st.none() | st.floats(1, 60_000),
        report_only=_FLAGS,
    ),
    st.builds(AverageRule, max_increase_percent=st.floats(0, 1000), report_only=_FLAGS),
    st.builds(
        AgreementRule,
        min_percent=st.floats(1, 99.99, exclude_min=True),
        tolerance=st.floats(0, 10),
        ignore=st.lists(st.sampled_from(["$.id", "$.items[*].at"]), max_size=2),
        less_noise=_FLAGS,
        report_only=_FLAGS,
    ),
    st.builds(
        AgreementRule,
        classes=st.sampled_from(["argmax", "threshold", "label"]),
        ignore=st.lists(st.sampled_from(["$.id", "$.items[*].at"]), max_size=2),
        less_noise=_FLAGS,
        report_only=_FLAGS,
    ),
    st.builds(OverheadRule, max_increase_percent=st.floats(0, 1000), report_only=_FLAGS),
    st.builds(
        ErrorRateRule,
        errors=st.sampled_from(ERRORS),
        max_increase_points=st.floats(0, 100),
        max_percent=st.none() | st.floats(0, 100),
        report_only=_FLAGS,
    ),
    st.builds(
        ErrorRateRule, errors=st.sampled_from(ERRORS), max_increase_points=st.none(), max_percent=st.floats(0, 100)
    ),
    st.builds(
        UtilizationRule, resource=st.sampled_from(RESOURCES), max_percent=st.floats(0.1, 100), report_only=_FLAGS
    ),
)
"""One rule, of any kind."""

POLICIES = st.builds(
    GatePolicy,
    rules=st.lists(RULES, min_size=1, max_size=6, unique_by=lambda rule: rule.id).filter(
        lambda rules: any(not rule.report_only for rule in rules)
    ),
    confidence_percent=st.floats(51, 99.9),
    min_duration_minutes=st.floats(0, 43_200),
    min_requests=st.integers(0, 10**9),
    warm_up_minutes=st.floats(0, 1440),
    period_seconds=st.none() | st.sampled_from([1, 5, 10, 20, 30, 60, 300, 3600, 86_400]),
)
"""A whole policy."""
