"""How long a test will take to tell an equal candidate from a worse one, from production's own traffic and noise.

Production differs from itself from one period to the next about as much as two equal variants differ within one. What
a percentile of fewer copies adds to that, and what it then takes to decide, comes from the judge's own evidence.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from shadow_ops.contract.catalogue import MODEL_LATENCY
from shadow_ops.contract.policy import DEFAULT_RULES, GatePolicy
from shadow_ops.contract.rules import AgreementRule, DurationRule, ErrorRateRule, Rule
from shadow_ops.judge import little, ranks, rates, until
from shadow_ops.judge.agreement import FEWEST_STRETCHES
from shadow_ops.judge.differences import key_of
from shadow_ops.judge.drift import USUAL_DRIFT
from shadow_ops.judge.grain import Grain
from shadow_ops.judge.opinion import FEWEST_PERIODS, Needs, longest, needs_of
from shadow_ops.judge.rates import Counts
from shadow_ops.judge.samples import QUIETEST
from shadow_ops.measure.recording import Recording

# As live periods are chosen where the copies are too few for the recording's own.
_LONGER = (1, 3, 12)
_FEWEST_TO_FAIL = 20
_SOONEST_MINUTES = 5.0
# About so many pairs of an hour the watch compares, of records of usual length.
_MOST_PAIRS = 20_000


@dataclass(frozen=True)
class RulePlan:
    """How long one rule takes at one sampling percentage.

    Attributes:
        rule: The rule.
        equal_minutes: Until half of the equal candidates hold; None if it can't be decided at this traffic.
        worse_minutes: Until half of the candidates fail that are worse by twice what is allowed; None likewise.
        waits: Whether a PASS waits for the rule.
        fix: What to change where it can't be decided, else None.
    """

    rule: Rule
    equal_minutes: float | None
    worse_minutes: float | None
    waits: bool
    fix: str | None = None


@dataclass(frozen=True)
class Plan:
    """A test at one sampling percentage.

    Attributes:
        sampling_percent: Share of the requests that is copied.
        rules: What each rule that decides takes.
        minutes: Until half of the equal candidates pass; None if a rule that a PASS waits for can't be decided.
        copies: Requests to the shadow until then, warm-up included.
    """

    sampling_percent: float
    rules: tuple[RulePlan, ...]
    minutes: float | None
    copies: float | None


def plan(recording: Recording, policy: GatePolicy, samplings: Sequence[float]) -> tuple[Plan, ...]:
    """What a test of an endpoint will take.

    Args:
        recording: What production did; the shadow's side is not looked at.
        policy: What must hold.
        samplings: Shares of the requests, in percent.
    """
    busy = tuple(one for one in recording.periods if one.production.distributions or one.production.numbers)
    grain = Grain(recording.period_seconds, busy, ())
    return tuple(_planned(grain, policy, one) for one in samplings)


def _planned(grain: Grain, policy: GatePolicy, sampling_percent: float) -> Plan:
    requests = [one for one in grain.requests[0] if one]
    each = statistics.median(requests) if requests else 0.0
    # Nights count as time too.
    a_day = math.fsum(requests) / _days(grain) if requests else 0.0
    share = sampling_percent / 100
    needs = needs_of(policy, sum(len(rule.bounds) for rule in policy.gating_rules), intervals=False)
    first = max(policy.gating_rules, key=lambda rule: rule.requests_needed, default=None)
    busy_share = a_day / (each * 86400 / grain.seconds) if each else 1.0
    found = [
        _duration(
            rule,
            grain,
            each,
            a_day * share,
            share,
            busy_share,
            needs,
            needs.fail_first if rule is first else needs.fail,
        )
        for rule in policy.of(DurationRule)
        if not rule.report_only
    ]
    found += [_errors(rule, grain, a_day, share, needs) for rule in policy.of(ErrorRateRule) if not rule.report_only]
    found += [_answers(rule, a_day * share, needs) for rule in policy.of(AgreementRule) if not rule.report_only]
    waited = [(one.rule, one.equal_minutes) for one in found if one.waits and one.equal_minutes is not None]
    if not found or a_day == 0 or len(waited) < sum(one.waits for one in found):
        return Plan(sampling_percent, tuple(found), None, None)
    needed = policy.min_requests / (a_day * share) * 1440
    # What was seen in the last five sixths of the warm-up is measured time.
    minutes = max(policy.min_duration_minutes, needed, until.all_of(waited)) + policy.warm_up_minutes / 6
    return Plan(sampling_percent, tuple(found), minutes, a_day * share * minutes / 1440)


def _duration(
    rule: DurationRule,
    grain: Grain,
    each: float,
    copies_a_day: float,
    share: float,
    busy_share: float,
    needs: Needs,
    to_fail: float,
) -> RulePlan:
    values = [one for one in grain.latencies(*key_of(rule))[0] if one]
    waits = rule not in DEFAULT_RULES or copies_a_day >= little.BLOCKS_A_DAY * rule.requests_needed
    together = _together(rule, each, share)
    if len(values) < FEWEST_PERIODS:
        many = len(values) or "none"
        text = f"production has figures of it in {many} of the {FEWEST_PERIODS} periods needed; look at more days"
        return RulePlan(rule, None, None, waits, text)
    if together is None:
        text = f"copy more: it takes {rule.requests_needed:,} copies in an hour, or a lower percentile"
        return RulePlan(rule, None, None, waits, text)
    of_requests, slow = _noise(rule, grain)
    allowed, worse = math.log1p(rule.max_increase_percent / 100), math.log1p(2 * rule.max_increase_percent / 100)
    minutes = grain.seconds / 60 * together / busy_share
    equals: list[float | None] = []
    slowers: list[float | None] = []
    # Drift is a smaller part of more noise, which alone would make fewer copies the quicker ones.
    for copied in {1.0, share}:
        # Each change holds the noise of two periods; the shadow's part grows as its copies are fewer.
        noise = math.hypot(of_requests * math.sqrt((1 + 1 / copied) / 2 / together), slow)
        less = USUAL_DRIFT.less(noise * noise)
        equals.append(until.to_hold(allowed, noise, USUAL_DRIFT, less, needs.ends, (0.0, 0.0)))
        slowers.append(until.periods(worse - allowed, noise, to_fail * less))
    equal, slower = longest(equals), longest(slowers)
    fix = None
    if equal is None or equal * minutes > until.LONGEST_MINUTES:
        equal = None
        fix = f"copy more, allow more than {rule.max_increase_percent:g} %, or only report it"
    return RulePlan(
        rule,
        None if equal is None else max(equal, FEWEST_PERIODS) * minutes,
        None if slower is None else max(slower, _FEWEST_TO_FAIL / together) * minutes,
        waits,
        fix,
    )


def _noise(rule: DurationRule, grain: Grain) -> tuple[float, float]:
    """By how much production's figure changes from period to period, and the drift that isn't in it.

    What the load does to all latencies is in neither, where there is a quieter one to see it by.
    """
    metric, key = key_of(rule)
    values = grain.latencies(metric, key)[0]
    if metric == MODEL_LATENCY.name and key not in QUIETEST:
        for quiet in QUIETEST:
            both = zip(values, grain.latencies(metric, quiet)[0], strict=True)
            logs = [math.log(one / calm) for one, calm in both if one and calm]
            if len(logs) >= FEWEST_PERIODS:
                return ranks.noise(_changes(logs)), math.sqrt(USUAL_DRIFT.variance)
    return ranks.noise(_changes([math.log(one) for one in values if one])), 0.0


def _changes(values: Sequence[float]) -> list[float]:
    return [later - one for one, later in itertools.pairwise(values)]


def _together(rule: DurationRule, each: float, share: float) -> int | None:
    """How many of the recording's periods are judged as one, for want of copies; None if an hour isn't enough."""
    if share == 1 and each > 0:
        return max(1, math.ceil(rule.requests_needed / each))
    return next((many for many in _LONGER if each * share * many >= rule.requests_needed), None)


def _errors(rule: ErrorRateRule, grain: Grain, a_day: float, share: float, needs: Needs) -> RulePlan:
    counted = grain.numbers(rule.statistics[0].metric.name)[0]
    both = [(one, errors) for one, errors in zip(grain.requests[0], counted, strict=True) if one and errors is not None]
    requests = math.fsum(one for one, _ in both)
    if requests == 0 or rule.max_increase_points is None:
        return RulePlan(rule, 0.0 if requests else None, None, rule.max_increase_points is not None)
    rate = math.fsum(errors for _, errors in both) / requests
    points = little.points_told(rule, a_day * share, rate) / 100
    worse = rate + max(2 * points, rate * (rates.TOLERATED_RATIO**2 - 1))

    def counts(minutes: float, shadow_rate: float) -> Counts:
        production = a_day * minutes / 1440
        return Counts(production * share * shadow_rate, production * share, production * rate, production)

    def holds(minutes: float) -> bool:
        one = counts(minutes, rate)
        evidence = rates.log_evidence_against_excess(one, points, points) if points > 0 else 0.0
        return max(evidence, rates.log_evidence_below_ratio(one, rates.TOLERATED_RATIO)) >= needs.hold

    def fails(minutes: float) -> bool:
        one = counts(minutes, min(worse, 1.0))
        return rates.log_evidence_against_excess(one, points, max(points, 1e-6)) >= needs.fail

    equal, found = (until.first(one, _SOONEST_MINUTES) for one in (holds, fails))
    fix = None if equal is not None else "copy more, allow more points, or only report it"
    return RulePlan(rule, equal, found, True, fix)


def _answers(rule: AgreementRule, copies_a_day: float, needs: Needs) -> RulePlan:
    """A candidate that agrees in every answer, and one that differs in twice as many as it may."""
    limit, an_hour = 1 - rule.min_percent / 100, min(copies_a_day / 24, _MOST_PAIRS)

    def sure(minutes: float, differing: float, needed: float) -> bool:
        pairs = an_hour * minutes / 60
        return rates.log_evidence_against_share(differing * pairs, pairs, limit) >= needed

    equal = until.first(lambda minutes: sure(minutes, 0, needs.hold), FEWEST_STRETCHES * 60.0)
    worse = until.first(lambda minutes: sure(minutes, min(2 * limit, 1.0), needs.fail), FEWEST_STRETCHES * 60.0)
    fix = None if equal is not None else "copy more, ask for less agreement, or only report it"
    return RulePlan(rule, equal, worse, True, fix)


def _days(grain: Grain) -> float:
    first, last = grain.periods[0].start, grain.periods[-1].start
    return ((last - first).total_seconds() + grain.seconds) / 86400
