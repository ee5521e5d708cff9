"""What judging one rule comes to, and how its numbers are written."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge.verdict import Finding, Outcome

FEWEST_PERIODS = 12
"""So many periods a PASS needs, whatever the evidence: an hour of five-minute periods."""

_SHARE_OF_THE_FIRST = 0.75


@dataclass(frozen=True)
class Needs:
    """How much evidence decides, as natural logarithms.

    Attributes:
        fail: To fail a shadow. More than `hold`, because any of the rules that decide may fail one wrongly.
        fail_first: To fail it by the rule that gets half of the allowance, see `needs_of`.
        hold: To say that a rule holds. All must hold, so that none needs more for there being others.
        ends: For each end of an interval.
        confidence_percent: What a person is told.
        intervals: Whether intervals are wanted: they take most of the time.
    """

    fail: float
    fail_first: float
    hold: float
    ends: float
    confidence_percent: float
    intervals: bool = True


def needs_of(policy: GatePolicy, tests: int, *, intervals: bool = True) -> Needs:
    """How much evidence decides.

    The tests share the allowance for being wrong (Bonferroni's correction), but not equally: three quarters of it go to
    the highest percentile, whose noise is by far the largest; the others lose little by having the rest.

    Args:
        policy: The policy.
        tests: How many tests may fail the shadow, one per rule and one per bound of its own.
        intervals: Whether intervals are wanted.
    """
    sure = -math.log(1 - policy.confidence_percent / 100)
    return Needs(
        fail=sure + math.log(max(1, tests - 1) / (1 - _SHARE_OF_THE_FIRST)),
        fail_first=sure - math.log(_SHARE_OF_THE_FIRST),
        hold=sure,
        ends=sure + math.log(2),
        confidence_percent=policy.confidence_percent,
        intervals=intervals,
    )


@dataclass(frozen=True)
class Opinion:
    """What judging one rule comes to.

    Attributes:
        finding: What is reported.
        minutes_to_go: How much longer an undecided rule probably takes; 0 for a decided one, None if it can't be told.
        notes: What a person should know beside.
        not_now: Why the rule doesn't hold now, though it may by all that was seen; else None.
        bad: Beginnings of the periods that are worse than allowed by themselves.
        unmeasured: Beginnings of those that are no measured time: far worse, part of a stretch in which the rule didn't
            hold, or without a figure of the rule.
        leans_to_fail: Whether the rule, undecided, is more likely to fail: the test is over as soon as it does.
    """

    finding: Finding
    minutes_to_go: float | None
    notes: tuple[str, ...] = ()
    not_now: str | None = None
    bad: frozenset[datetime.datetime] = frozenset()
    leans_to_fail: bool = False
    unmeasured: frozenset[datetime.datetime] = frozenset()


def opinion(
    rule: Rule,
    outcome: Outcome,
    reason: str,
    numbers: Mapping[str, float | int | None] | None = None,
    minutes_to_go: float | None = None,
    notes: tuple[str, ...] = (),
    not_now: str | None = None,
    bad: frozenset[datetime.datetime] = frozenset(),
    holds_up: bool = True,
    leans_to_fail: bool = False,
    unmeasured: frozenset[datetime.datetime] = frozenset(),
) -> Opinion:
    """An opinion on a rule that was judged; one that doesn't hold up a PASS decides only by what speaks against it."""
    gates = not rule.report_only and (holds_up or not_now is not None or outcome is Outcome.FAIL)
    finding = Finding(rule, outcome, gates, reason, dict(numbers or {}))
    to_go, is_open = (minutes_to_go, True) if outcome is Outcome.INCONCLUSIVE else (0.0, False)
    return Opinion(finding, to_go, notes, not_now, bad, leans_to_fail and is_open and to_go is not None, unmeasured)


def not_judged(rule: Rule, why: str) -> Opinion:
    """An opinion on a rule that has nothing to say."""
    return Opinion(Finding(rule, None, False, f"not judged: {why}", {}), 0.0)


def together(outcomes: list[Outcome]) -> Outcome:
    """FAIL if any fails, PASS if all pass."""
    if Outcome.FAIL in outcomes:
        return Outcome.FAIL
    return Outcome.PASS if all(one is Outcome.PASS for one in outcomes) else Outcome.INCONCLUSIVE


def longest(minutes: list[float | None]) -> float | None:
    """The longest of several estimates; None if one of them can't be told."""
    return (
        None if any(one is None for one in minutes) else max((one for one in minutes if one is not None), default=0.0)
    )


def signed(value: float, digits: int = 1) -> str:
    """Such as ``+11.8`` and ``-0.4``."""
    text = f"{value:+.{digits}f}"
    return f"+{text[1:]}" if float(text) == 0 else text


def plain(value: float) -> str:
    """A limit as the policy has it: ``5``, ``0.1``."""
    return f"{value:.10g}"


def counted(count: int, noun: str) -> str:
    """Such as ``1 period`` and ``12 periods``."""
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}s"


def lasting(minutes: float) -> str:
    """Such as ``50 s``, ``40 min``, ``3.5 h`` and ``2.1 days``."""
    if minutes < 2:
        return f"{math.ceil(round(minutes * 60, 6))} s"
    if minutes < 120:
        return f"{math.ceil(round(minutes, 6))} min"
    return f"{minutes / 60:.3g} h" if minutes < 48 * 60 else f"{minutes / 1440:.2g} days"
