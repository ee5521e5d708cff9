"""Judges a latency percentile: period by period beside production's, and against a bound of its own."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from shadow_ops.contract.catalogue import MICROSECONDS_PER_MILLISECOND
from shadow_ops.contract.rules import LatencyRule
from shadow_ops.judge import ranks
from shadow_ops.judge.opinion import (
    FEWEST_PERIODS,
    Needs,
    Opinion,
    counted,
    longest,
    opinion,
    plain,
    signed,
    together,
)
from shadow_ops.judge.samples import Samples, latency_of, requests_of
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Side

# Above this, periods tell much less than as many independent ones would (docs/gate.md has the simulation).
_MUCH_AUTOCORRELATION = 0.5
# From so many periods on, an autocorrelation says something.
_ENOUGH_FOR_AUTOCORRELATION = 24
# More than so many times the periods so far is no estimate: the difference is too near to what is allowed.
_LONGEST_ESTIMATE = 5


def judge_latency(rule: LatencyRule, samples: Samples, needs: Needs, to_fail: float) -> Opinion:
    """Judge a latency rule.

    Args:
        rule: The rule.
        samples: What is judged.
        needs: How much evidence decides.
        to_fail: How much fails the shadow by the comparison with production.
    """
    name = f"p{rule.percentile:g}"
    pairs, thin, missing = _pairs(rule, samples)
    if not pairs or missing > len(pairs):
        return _unusable(rule, samples, thin, missing)
    differences = [math.log(shadow / production) for production, shadow in pairs]
    allowed = math.log1p(rule.max_increase_percent / 100)
    outcome, minutes = _held_to(differences, allowed, samples, needs, to_fail)
    low, high = ranks.interval(differences, needs.ends, allowed)
    above = sum(one > allowed for one in differences)
    middle = statistics.median(differences)
    resemblance, spread = ranks.autocorrelation(differences), ranks.noise(differences)
    reason = (
        f"{name} latency {signed(_percent(middle))} % ({_interval_text(low, high, needs)}), "
        f"allowed +{plain(rule.max_increase_percent)} %: slower than that in {above} of {counted(len(pairs), 'period')}"
    )
    numbers: dict[str, float | int | None] = {
        "increase_percent": _percent(middle),
        "low_percent": None if low is None else _percent(low),
        "high_percent": None if high is None else _percent(high),
        "allowed_percent": rule.max_increase_percent,
        "production_ms": statistics.median(one for one, _ in pairs) / MICROSECONDS_PER_MILLISECOND,
        "shadow_ms": statistics.median(one for _, one in pairs) / MICROSECONDS_PER_MILLISECOND,
        "periods": len(pairs),
        "periods_above": above,
        "noise_percent": _percent(spread),
        "autocorrelation": resemblance,
    }
    if outcome is Outcome.INCONCLUSIVE:
        reason = f"{reason}; {_why_open(len(pairs), minutes)}"
    if rule.max_milliseconds is not None:
        bounded, more, text, figures = _bounded(rule, rule.max_milliseconds, samples, needs)
        outcome, minutes = together([outcome, bounded]), longest([minutes, more])
        reason, numbers = f"{reason}; {text}", {**numbers, **figures}
    return opinion(rule, outcome, reason, numbers, minutes, _notes(name, len(pairs), resemblance, spread))


def _pairs(rule: LatencyRule, samples: Samples) -> tuple[list[tuple[float, float]], int, int]:
    """Pairs of microseconds; in how many periods a variant had too few requests; in how many data is missing."""
    needed, statistic = rule.requests_needed, f"p{rule.percentile:g}"
    pairs: list[tuple[float, float]] = []
    thin = missing = 0
    for period in samples.periods:
        sides = (period.production, period.shadow)
        counts = [_count(side) for side in sides]
        values = [latency_of(side, statistic) for side in sides]
        if any(count is not None and count < needed for count in counts):
            thin += 1
        elif counts[0] is None or counts[1] is None or not values[0] or not values[1]:
            missing += 1
        else:
            pairs.append((values[0], values[1]))
    return pairs, thin, missing


def _count(side: Side) -> float | None:
    count = latency_of(side, "count")
    return count if count is not None else requests_of(side)


def _unusable(rule: LatencyRule, samples: Samples, thin: int, missing: int) -> Opinion:
    name, needed = f"p{rule.percentile:g}", rule.requests_needed
    if missing:
        sides = [
            word
            for word, side in (("production", "production"), ("the shadow", "shadow"))
            if any(not latency_of(getattr(one, side), name) for one in samples.periods)
        ]
        text = f"{name} latency of {' and '.join(sides)} is missing in {missing} of {len(samples.periods)} periods"
    elif thin:
        text = (
            f"{name} latency needs {needed:,} requests of each variant in a period, and no period has them; "
            "copy more of the requests, set a longer period_seconds, or take a lower percentile"
        )
    else:
        text = f"{name} latency: no data yet"
    return opinion(rule, Outcome.INCONCLUSIVE, text, {"periods": 0})


def _held_to(
    differences: Sequence[float], allowed: float, samples: Samples, needs: Needs, to_fail: float
) -> tuple[Outcome, float | None]:
    evidence, periods = ranks.log_evidence(differences, allowed), len(differences)
    if evidence.above >= to_fail:
        return Outcome.FAIL, 0.0
    enough = periods >= FEWEST_PERIODS
    if evidence.below >= needs.ends and enough:
        return Outcome.PASS, 0.0
    slower = evidence.above > evidence.below
    won, needed = (evidence.above, to_fail) if slower else (evidence.below, needs.ends)
    # Evidence grows with the number of periods, after the gamblers' common start.
    per_period = (won + ranks.OVERHEAD) / periods
    wanted = (needed + ranks.OVERHEAD) / per_period if per_period > 0 else math.inf
    minutes_per_period = max(samples.minutes / periods, samples.period_minutes)
    more = (max(wanted, 0.0 if slower else FEWEST_PERIODS) - periods) * minutes_per_period
    told = wanted <= _LONGEST_ESTIMATE * max(periods, FEWEST_PERIODS)
    return Outcome.INCONCLUSIVE, max(more, samples.period_minutes) if told else None


def _bounded(
    rule: LatencyRule, limit: float, samples: Samples, needs: Needs
) -> tuple[Outcome, float | None, str, dict[str, float | int | None]]:
    statistic, needed = f"p{rule.percentile:g}", rule.requests_needed
    values = [
        value
        for side in (period.shadow for period in samples.periods)
        if (value := latency_of(side, statistic)) and (_count(side) or 0) >= needed
    ]
    outcome, minutes = _held_to(
        [math.log(value) for value in values],
        math.log(limit * MICROSECONDS_PER_MILLISECOND),
        samples,
        needs,
        needs.fail,
    )
    middle = statistics.median(values) / MICROSECONDS_PER_MILLISECOND
    above = sum(value > limit * MICROSECONDS_PER_MILLISECOND for value in values)
    text = f"{middle:.4g} ms, bound {plain(limit)} ms: above it in {above} of {counted(len(values), 'period')}"
    if outcome is Outcome.INCONCLUSIVE:
        text = f"{text}, undecided"
    return outcome, minutes, text, {"max_ms": limit, "periods_above_max": above}


def _why_open(periods: int, minutes: float | None) -> str:
    if periods < FEWEST_PERIODS:
        return f"too few periods yet, {FEWEST_PERIODS} are needed to pass"
    return "too near to tell" if minutes is None else "not sure enough yet"


def _notes(name: str, periods: int, resemblance: float | None, spread: float) -> tuple[str, ...]:
    notes = [f"{name} latency: the ratio varies by ±{_percent(spread):.1f} % from period to period"]
    if resemblance is not None and periods >= _ENOUGH_FOR_AUTOCORRELATION:
        notes[0] += f", lag-1 autocorrelation {resemblance:.2f}"
        if resemblance > _MUCH_AUTOCORRELATION:
            notes.append(
                f"warning: {name} latency differs alike in neighbouring periods (autocorrelation {resemblance:.2f}), "
                "so the verdict is less sure than it says; a longer period_seconds makes it surer"
            )
    return tuple(notes)


def _interval_text(low: float | None, high: float | None, needs: Needs) -> str:
    sure = f"{plain(needs.confidence_percent)} % sure"
    if low is None and high is None:
        return "no interval yet"
    if low is None:
        return f"{sure}: at most {signed(_percent(high or 0))} %"
    if high is None:
        return f"{sure}: at least {signed(_percent(low))} %"
    return f"{sure}: {signed(_percent(low))} to {signed(_percent(high))} %"


def _percent(log_ratio: float) -> float:
    return math.expm1(min(log_ratio, 700)) * 100
