from __future__ import annotations

from dataclasses import replace

import pytest

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge import judge
from shadow_ops.judge.verdict import Outcome, Verdict
from shadow_ops.measure.recording import Recording
from tests.ops.judge.samples import recording, silent, with_shadow
from tests.support.attacks import ATTACKS, Attack

ESTIMATES = (
    ("increase_percent", "low_percent", "high_percent"),
    ("excess_points", "low_points", "high_points"),
)
# One of each kind is enough: longest tests last, which a quick run doesn't need.
SHORT = [one for one in ATTACKS if one.hours[-1] <= 50]


def contradictions(verdict: Verdict) -> list[str]:
    """Sentences of a verdict that can't be true together."""
    found = []
    for finding in verdict.findings:
        for names in ESTIMATES:
            estimate, low, high = (finding.numbers.get(name) for name in names)
            if estimate is not None and low is not None and low > estimate + 1e-9:
                found.append(f"{finding.rule.id}: {estimate} is below its interval from {low}")
            if estimate is not None and high is not None and high < estimate - 1e-9:
                found.append(f"{finding.rule.id}: {estimate} is above its interval to {high}")
        if (
            finding.gates
            and finding.outcome is Outcome.PASS
            and ("not now" in finding.reason or "undecided" in finding.reason)
        ):
            found.append(f"{finding.rule.id} holds, and: {finding.reason}")
        if finding.gates and finding.outcome is not Outcome.PASS and verdict.outcome is Outcome.PASS:
            found.append(f"a PASS beside {finding.rule.id} {finding.outcome}")
    never = any(
        word in one for one in (verdict.reason,) for word in ("can't pass", "cannot pass", "not now", "no data")
    )
    if never and "to go" in verdict.reason:
        found.append(f"a time to go beside: {verdict.reason}")
    if ("to go" in verdict.reason) != (verdict.minutes_to_go is not None):
        found.append(f"{verdict.minutes_to_go} minutes to go beside: {verdict.reason}")
    return found


def looks(attack: Attack) -> list[Recording]:
    """What is seen soon, half-way and at the end."""
    whole = attack.recording(3)
    count = len(whole.periods)
    return [replace(whole, periods=whole.periods[: max(1, count * part // 12)]) for part in (1, 6, 12)]


@pytest.mark.long
@pytest.mark.parametrize("attack", SHORT, ids=lambda one: one.title)
def test_no_verdict_contradicts_itself(attack: Attack) -> None:
    """Estimates lie in their intervals; nothing that can't pass has a time to go; a PASS is one of every rule."""
    for seen in looks(attack):
        assert contradictions(judge(seen, GatePolicy())) == []


@pytest.mark.parametrize("periods", [1, 11, 13, 40, 300])
@pytest.mark.parametrize("change", [{}, {"slower": 1.3}, {"errors": 0.02}, {"cpu": 390.0}, {"copies": 100}])
def test_no_verdict_over_few_or_many_periods_contradicts_itself(periods: int, change: dict[str, float]) -> None:
    """Likewise from the first period on."""
    assert contradictions(judge(recording(periods, **change), GatePolicy())) == []  # type: ignore[arg-type] # by name


def test_a_silent_shadow_is_told_once() -> None:
    """Production's data are not said to be missing where the shadow's are."""
    verdict = judge(with_shadow(recording(40), silent), GatePolicy())
    assert contradictions(verdict) == []
    assert (
        "no data of the shadow variant 'shadow', while the production variant 'production' has some" in verdict.reason
    )
    assert not any("of both variants" in one.reason for one in verdict.findings), [
        one.reason for one in verdict.findings
    ]
