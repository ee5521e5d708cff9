"""A rule is one thing everywhere: each wing knows every kind, and what rings is drawn and judged too."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import shadow_constructs
import shadow_ops
from shadow_constructs import Capture, Guardrails, Watch
from shadow_constructs.alarms import AlarmSpec, alarm_specs, rollback_alarm_specs
from shadow_constructs.alarms.kinds import ALARMS
from shadow_constructs.dashboard import dashboard_body
from shadow_constructs.dashboard.kinds import QUESTIONS
from shadow_constructs.values.warnings import warnings_of
from shadow_ops.contract.added import share_bound
from shadow_ops.contract.answers import CAPTURED
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import KINDS, AgreementRule, Rule
from shadow_ops.judge.kinds import JUDGES
from tests.support.rules import POLICIES, RULES
from tests.values.samples import hardware, shadow_test, variant

PACKAGES = [Path(str(package.__file__)).parent for package in (shadow_constructs, shadow_ops)]
NAMES = {kind.__name__ for kind in KINDS.values()}


@pytest.mark.parametrize("table", [ALARMS, QUESTIONS, JUDGES], ids=["alarms", "dashboard", "judge"])
def test_no_wing_lacks_a_kind_of_rule(table: Mapping[type[Rule], Any]) -> None:
    """Each table has an entry per kind, and none for anything else."""
    assert set(table) == set(KINDS.values())


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_can_be_made_by_its_name(kind: type[Rule]) -> None:
    """`Rule.latency(...)` and its like are the kinds themselves, under the name that JSON has."""
    assert getattr(Rule, kind.kind) is kind


@given(RULES)
def test_a_rule_says_what_it_needs(rule: Rule) -> None:
    """Something to read, something to hold to, and nothing in two ways."""
    assert rule.statistics
    assert rule.bounds
    assert len({bound.relative for bound in rule.bounds}) == len(rule.bounds)
    assert rule.requests_needed >= 1


def test_nothing_else_asks_what_kind_a_rule_is() -> None:
    """No ladder of `isinstance` beside the tables: another kind would fall through it."""
    found = [
        f"{file.name}: {ast.unparse(node)}"
        for package in PACKAGES
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if _asks_for_a_kind(node)
    ]

    assert found == []


@given(POLICIES, st.booleans(), st.booleans(), st.sampled_from(["ml.m5.xlarge", "ml.g5.xlarge"]))
def test_what_rings_is_drawn_and_judged(policy: GatePolicy, captures: bool, guarded: bool, machine: str) -> None:
    """Every alarm holds to a bound of the policy that the gate judges by, with a line where its metric is drawn."""
    test = shadow_test(
        gate=policy,
        # What is refused where nothing is captured has a test of its own.
        capture=Capture() if captures or policy.of(AgreementRule) else Capture.off(),
        watch=Watch(),
        guardrails=Guardrails(own_alarms=guarded),
        shadow=variant("v2", hardware=hardware(machine)),
    )
    judged = {bound for rule in test.policy.gating_rules for bound in rule.bounds}
    judged |= {share_bound(test.sampled_percent), CAPTURED}
    widgets = dashboard_body(test, region="eu-west-1")["widgets"]

    for spec in (*alarm_specs(test), *rollback_alarm_specs(test, "config")):
        assert spec.bound in judged
        assert any(_draws(one["properties"], spec) for one in widgets), spec.id


def _asks_for_a_kind(node: ast.AST) -> bool:
    if isinstance(node, ast.MatchClass):
        return bool(NAMES & _names(node.cls))
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance"
    compared = isinstance(node, ast.Compare) and any(isinstance(one, ast.Is | ast.Eq) for one in node.ops)
    return (called or compared) and bool(NAMES & _names(node))


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _draws(properties: dict[str, Any], spec: AlarmSpec) -> bool:
    main = next(spec.terms[name] for name in ("e", "m", "s", "ns", "mp") if name in spec.terms)
    lines = properties.get("annotations", {}).get("horizontal", [])
    shown = any(main.entry.name in row for row in properties.get("metrics", ()))
    return shown and (spec.bound.limit, spec.bound.label) in {(one["value"], one["label"]) for one in lines}


def test_a_share_given_for_a_percentage_is_read_aloud() -> None:
    """What was meant as 5 % and says 0.05 % is warned about; the defaults, and zero, are not."""
    rules = [Rule.latency(max_increase_percent=0.05), Rule.utilization(max_percent=0.8), Rule.error_rate()]
    zero = [Rule.latency(max_increase_percent=0)]

    found = {one.id: one.text for one in warnings_of(shadow_test(sampling_percent=0.5, gate=GatePolicy(rules=rules)))}

    assert found["shadow-constructs:small-number:latency-p99:max_increase_percent"].endswith(
        "means at most +0.05 %; if a share of 1 was meant, write 5"
    )
    assert "shadow-constructs:small-number:utilization-cpu:max_percent" in found
    assert "copies 0.5 % of the requests" in found["shadow-constructs:small-number:sampling_percent"]
    assert len([name for name in found if "small-number" in name]) == 3
    for test in (shadow_test(), shadow_test(gate=GatePolicy(rules=zero))):
        assert [one for one in warnings_of(test) if "small-number" in one.id] == []


def test_the_dashboard_lays_overhead_of_both_over_each_other() -> None:
    """With the default rules too; a rule on it adds how far the shadow is above production, with its line."""
    held = GatePolicy(rules=[Rule.overhead(max_increase_percent=7)])

    plain, ruled = (
        {one["properties"].get("title"): one["properties"] for one in body["widgets"]}
        for body in (dashboard_body(shadow_test(**gate), region="eu-west-1") for gate in ({}, {"gate": held}))
    )

    assert "Overhead latency, average" in plain
    [added] = [ruled[title] for title in ruled if "verhead: " in str(title)]
    assert [one["label"] for one in added["annotations"]["horizontal"]] == ["at most +7 %"]
    assert [title for title in plain if "verhead: " in str(title)] == []
