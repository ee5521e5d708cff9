from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.contract.added import effective
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.rules import Rule
from tests.support.rules import POLICIES


@given(POLICIES)
def test_a_policy_survives_the_template(policy: GatePolicy) -> None:
    """What goes in as JSON comes out as it was, and the same policy gives the same text."""
    again = GatePolicy.from_json(json.loads(policy.to_text()))

    assert again == policy
    assert again.to_text() == policy.to_text()


def test_the_default_policy_judges_latency_errors_and_hardware() -> None:
    """Each rule decides, at 95 %, after a day."""
    policy = GatePolicy()

    assert len(policy.gating_rules) == len(policy.rules) == 12
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
        (
            {"rules": [{"kind": "vibes"}]},
            "policy.rules[0]: 'kind' must be one of latency, average, overhead, error_rate, utilization",
        ),
        ({"rules": [{"kind": "latency", "p": 99}]}, "policy.rules[0]: unknown key 'p'"),
        ({"rules": [{"kind": "latency", "max_increase_percent": -5}]}, "must be from 0 to 1000, got -5"),
        ({"rules": [{"kind": "latency", "percentile": 100}]}, "must be from 1 and below 100, got 100"),
        ({"rules": [{"kind": "latency"}, {"kind": "latency"}]}, "must have one rule of a kind, got 'latency-p99'"),
        ({"rules": [{"kind": "latency", "report_only": True}]}, "must have a rule that decides"),
        ({"rules": [{"kind": "error_rate", "errors": "3xx"}]}, "must be one of 4xx, 5xx, model, got '3xx'"),
        ({"confidence_percent": 0.95}, "must be above 50 and below 100, got 0.95; write 95"),
        ({"confidence_percent": float("nan")}, "must be above 50 and below 100, got nan"),
        ({"min_requests": 0.5}, "must be a whole number from 0 to 1,000,000,000,000,000,000, got 0.5"),
        ({"min_requests": 10**18 + 1}, "must be a whole number from 0 to 1,000,000,000,000,000,000"),
        ({"min_requests": 10**400}, "must be a whole number from 0 to 1,000,000,000,000,000,000"),
        ({"period_seconds": 90}, "must be 1, 5, 10, 20, 30 or a multiple of 60 up to 86400, got 90"),
    ],
)
def test_fails_in_one_line_that_names_the_place(data: Any, line: str) -> None:  # noqa: ANN401 - any JSON
    """What is wrong, what was given and what is allowed."""
    with pytest.raises(InvalidValueError) as refused:
        GatePolicy.from_json(data)

    assert line in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("errors", ["5xx", "model"])
def test_an_update_that_is_watched_has_a_bound_on_errors(errors: Any) -> None:  # noqa: ANN401 - a literal
    """Where the policy leaves the rule out, it gets the bound alone; where it leaves the bound out, the bound."""
    left_out = effective(GatePolicy(rules=[Rule.latency()]), captures=False, takes_updates_back=True)
    unbounded = Rule.error_rate(errors=errors, max_increase_points=1)
    given_one = effective(GatePolicy(rules=[unbounded]), captures=False, takes_updates_back=True)

    assert Rule.error_rate(errors=errors, max_increase_points=None, max_percent=5) in left_out.rules
    assert Rule.error_rate(errors=errors, max_increase_points=1, max_percent=5) in given_one.rules


def test_a_disk_that_captures_has_a_bound() -> None:
    """Capture stops on a full disk, so that a policy that doesn't speak of disks gets the bound all the same."""
    found = effective(GatePolicy(rules=[Rule.latency()]), captures=True, takes_updates_back=False)

    assert found.rules == (Rule.latency(), Rule.utilization(resource="disk", max_percent=75))


@given(POLICIES, st.booleans(), st.booleans())
def test_what_the_policy_says_stands(policy: GatePolicy, captures: bool, guarded: bool) -> None:
    """Bounds are added, never changed, once and for all; what is only reported stays so, and so does the order."""
    found = effective(policy, captures=captures, takes_updates_back=guarded)

    assert effective(found, captures=captures, takes_updates_back=guarded) == found
    assert [rule.id for rule in found.rules][: len(policy.rules)] == [rule.id for rule in policy.rules]
    for given_rule, rule in zip(policy.rules, found.rules, strict=False):
        assert given_rule.report_only == rule.report_only
        assert set(given_rule.bounds) <= set(rule.bounds)
        assert rule == given_rule or not rule.report_only


def test_the_default_policy_has_every_bound() -> None:
    """The library adds nothing to its own defaults."""
    assert effective(GatePolicy(), captures=True, takes_updates_back=True) == GatePolicy()


def test_fails_without_anything_to_hold_to() -> None:
    """A rule about errors needs a comparison or a bound."""
    with pytest.raises(InvalidValueError, match="'max_increase_points' must be from 0 to 100, got None"):
        Rule.error_rate(max_increase_points=None)
