"""What a judgement comes to: an outcome per rule, with the reason and the numbers, and one over all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shadow_ops.contract.rules import Rule


class Outcome(StrEnum):
    """PASS promotes, FAIL refuses, INCONCLUSIVE refuses until there is more to see."""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True)
class Finding:
    """What one rule says.

    Attributes:
        rule: The rule.
        outcome: What the rule comes to. None where the rule has nothing to say of this endpoint, such as a GPU rule on
            an instance without one.
        gates: Whether the rule has a part in the verdict; report-only rules, and those without an outcome, have none.
        reason: One line for a person, with the numbers in it.
        numbers: The figures behind it, by name with the unit in it.
    """

    rule: Rule
    outcome: Outcome | None
    gates: bool
    reason: str
    numbers: Mapping[str, float | int | None]


@dataclass(frozen=True)
class Verdict:
    """What a judgement comes to.

    Attributes:
        outcome: FAIL if a gating rule fails, PASS if all pass and the test has run long enough, else INCONCLUSIVE.
        reason: One line: what decided, or what is missing and how long it will probably take.
        findings: One per rule, in the policy's order.
        notes: What a person should know beside the rules: autocorrelation, dropped periods, the noise floor.
        minutes_to_go: A rough estimate of how much longer an inconclusive test has to run. None where it can't be told.
    """

    outcome: Outcome
    reason: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    minutes_to_go: float | None = None
