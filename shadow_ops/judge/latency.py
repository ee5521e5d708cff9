"""Judges a latency: period by period beside production's, and against a bound of its own."""

from __future__ import annotations

import datetime
import math
import statistics

from shadow_ops.contract.catalogue import MICROSECONDS_PER_MILLISECOND, MODEL_LATENCY
from shadow_ops.contract.rules import DurationRule
from shadow_ops.judge import little, ranks, vetoes
from shadow_ops.judge.differences import Differences, differences_of, key_of, with_few
from shadow_ops.judge.drift import NO_DRIFT, Drift, divisor, drift_of
from shadow_ops.judge.held import held_to
from shadow_ops.judge.opinion import (
    FEWEST_PERIODS,
    Needs,
    Opinion,
    counted,
    longest,
    not_judged,
    opinion,
    plain,
    signed,
    together,
)
from shadow_ops.judge.samples import Samples
from shadow_ops.judge.verdict import Outcome

# Above this, periods tell much less than as many independent ones would (docs/gate.md has the simulation).
_MUCH_MEMORY = 0.5
# From so many periods on, their resemblance says something.
_ENOUGH_FOR_MEMORY = 24
# Resemblance that takes more than half of the evidence is told beside the verdict.
_MUCH_LESS = 2


def judge_latency(rule: DurationRule, samples: Samples, needs: Needs, to_fail: float) -> Opinion:
    """Judge a latency rule.

    Args:
        rule: The rule.
        samples: What is judged.
        needs: How much evidence decides.
        to_fail: How much fails the shadow by the comparison with production.
    """
    name = _name(rule)
    pairs = differences_of(rule, samples)
    if not len(pairs) or pairs.missing > len(pairs):
        return _unusable(rule, samples, pairs)
    allowed = math.log1p(rule.max_increase_percent / 100)
    drift = _drift(samples, pairs)
    held = held_to(pairs.logs, pairs, allowed, drift, needs, to_fail)
    spread = pairs.noise
    above = [one > allowed for one in pairs.logs]
    middle = statistics.median(pairs.logs)
    low = high = None
    if needs.intervals:
        found = ranks.interval(pairs.logs, held.needed, allowed, held.is_below, held.is_above)
        low, middle, high = found.low, found.centre, found.high
    seen = counted(len(pairs), "block" if pairs.blocks else "period")
    reason = (
        f"{name} latency {signed(_percent(middle))} % ({_interval_text(low, high, needs)}), "
        f"allowed +{plain(rule.max_increase_percent)} %: slower than that in {sum(above)} of {seen}"
    )
    numbers: dict[str, float | int | None] = {
        "increase_percent": _percent(middle),
        "low_percent": None if low is None else _percent(low),
        "high_percent": None if high is None else _percent(high),
        "allowed_percent": rule.max_increase_percent,
        "production_ms": statistics.median(pairs.production) / MICROSECONDS_PER_MILLISECOND,
        "shadow_ms": statistics.median(pairs.shadow) / MICROSECONDS_PER_MILLISECOND,
        "periods": len(pairs),
        "period_minutes": pairs.minutes,
        "periods_above": sum(above),
        "noise_percent": _percent(spread),
        "autocorrelation": drift.memory,
    }
    outcome, minutes = held.outcome, held.minutes
    if outcome is Outcome.INCONCLUSIVE:
        reason = f"{reason}; {_why_open(len(pairs), minutes, held.less)}"
    if rule.own_bound is not None:
        bounded, more, text, figures = _bounded(rule.own_bound.limit, pairs, drift, needs)
        outcome, minutes = together([outcome, bounded]), longest([minutes, more])
        reason, numbers = f"{reason}; {text}", {**numbers, **figures}
    now = _not_now(rule, samples, pairs, allowed) if outcome is not Outcome.FAIL else None
    if now is None and rule.own_bound is not None and outcome is not Outcome.FAIL:
        now = _above_bound(pairs, rule.own_bound.limit * MICROSECONDS_PER_MILLISECOND)
    if now is not None:
        outcome, minutes, reason = Outcome.INCONCLUSIVE, None, f"{reason}; not now: {now}"
    waits = little.holds_up(rule, samples, pairs.minutes, few=pairs.few)
    if pairs.few and outcome is not Outcome.FAIL:
        outcome, minutes, reason = Outcome.INCONCLUSIVE, None, f"{reason}; {_too_few(rule)}"
    if not waits and outcome is Outcome.INCONCLUSIVE and now is None:
        reason = f"{reason}; at {samples.copies_a_day:,.0f} copies a day a PASS doesn't wait for it"
    bad = () if pairs.blocks else (start for start, one in zip(pairs.starts, above, strict=True) if one)
    return opinion(
        rule,
        outcome,
        reason,
        numbers,
        minutes,
        notes=_notes(name, pairs, drift, spread),
        not_now=now,
        bad=frozenset(bad) if pairs.minutes <= samples.period_minutes else frozenset(),
        holds_up=waits,
        leans_to_fail=held.leans_above,
        unmeasured=_unmeasured(rule, samples, pairs, allowed),
    )


def _name(rule: DurationRule) -> str:
    metric, key = key_of(rule)
    name = "average" if key == "avg" else key
    return name if metric == MODEL_LATENCY.name else f"{name} overhead"


def _drift(samples: Samples, pairs: Differences) -> Drift:
    """That of the quietest latency in periods of the same length, or the rule's own where it has more."""
    own = drift_of(pairs.logs)
    if pairs.blocks:
        return own
    grain = next((one for one in (samples.fine, *samples.coarse) if one.seconds == pairs.minutes * 60), samples.fine)
    quiet = samples.drift_in(grain)
    return own if own.memory > quiet.memory and own.variance > quiet.variance else quiet


def _not_now(rule: DurationRule, samples: Samples, pairs: Differences, allowed: float) -> str | None:
    """What keeps the rule from holding now; also where the last periods have few requests."""
    found = _lately(pairs, allowed)
    all_there = not pairs.blocks and not pairs.thin and pairs.minutes == samples.period_minutes
    return found if found or pairs.few or all_there else _lately(with_few(rule, samples), allowed)


def _lately(pairs: Differences, allowed: float) -> str | None:
    if not len(pairs):
        return None
    above = [one > allowed for one in pairs.logs]
    found = vetoes.lately(above, pairs.starts)
    if found is not None:
        return f"{vetoes.percent_text(statistics.median(pairs.logs[-12:]))} lately, {found}"
    peak = vetoes.at_its_peak(pairs.logs, pairs.starts, allowed, pairs.noise, pairs.minutes)
    return peak or vetoes.in_half_of_the_day(pairs.logs, allowed, pairs.minutes)


def _unmeasured(
    rule: DurationRule, samples: Samples, pairs: Differences, allowed: float
) -> frozenset[datetime.datetime]:
    """When the rule didn't hold, or the shadow was much slower; by periods of few requests where those have too few."""
    some = with_few(rule, samples) if pairs.blocks or pairs.minutes > samples.period_minutes else pairs
    if not len(some):
        return frozenset()
    # Of few requests a percentile is above for an hour by chance.
    within = [False] * len(some) if some.few else vetoes.stretches([one > allowed for one in some.logs])
    much = allowed + vetoes.much_of(some.noise)
    return frozenset(start for start, log, one in zip(some.starts, some.logs, within, strict=True) if one or log > much)


def _above_bound(pairs: Differences, limit: float) -> str | None:
    """Whether the shadow was lately above a bound that production was below."""
    alone = [ours > limit >= theirs for ours, theirs in zip(pairs.shadow, pairs.production, strict=True)]
    found = vetoes.lately(alone, pairs.starts)
    middle = statistics.median(pairs.shadow[-12:]) / MICROSECONDS_PER_MILLISECOND
    return None if found is None else f"{middle:.4g} ms lately, {found}"


def _too_few(rule: DurationRule) -> str:
    return (
        f"to pass it needs {rule.requests_needed:,} requests of each variant in a period, and no period has them; "
        "copy more of the requests, set a longer period_seconds, or take a lower percentile"
    )


def _unusable(rule: DurationRule, samples: Samples, pairs: Differences) -> Opinion:
    name = _name(rule)
    metric, key = key_of(rule)
    everywhere = len(samples.periods)
    having = {
        word: sum(bool(getattr(one, side).distributions.get(metric, {}).get(key)) for one in samples.periods)
        for word, side in (("production", "production"), ("the shadow", "shadow"))
    }
    if pairs.missing and key == "avg" and not any(having.values()):
        return not_judged(rule, "the recording has no averages")
    if pairs.missing:
        sides = [word for word, count in having.items() if count < everywhere]
        text = f"{name} latency of {' and '.join(sides)} is missing in {pairs.missing} of {everywhere} periods"
    elif pairs.thin:
        text = f"{name} latency: {_too_few(rule)}"
    else:
        text = f"{name} latency: no data yet"
    waits = little.holds_up(rule, samples, samples.period_minutes)
    return opinion(rule, Outcome.INCONCLUSIVE, text, {"periods": 0}, holds_up=waits)


def _bounded(
    limit: float, pairs: Differences, drift: Drift, needs: Needs
) -> tuple[Outcome, float | None, str, dict[str, float | int | None]]:
    microseconds = limit * MICROSECONDS_PER_MILLISECOND
    bare = Differences(pairs.starts, pairs.production, pairs.shadow, (), pairs.minutes, 0, 0)
    theirs, ours = (
        held_to([math.log(one) for one in side], bare, math.log(microseconds), drift, needs, needs.fail)
        for side in (pairs.production, pairs.shadow)
    )
    middle = statistics.median(pairs.shadow) / MICROSECONDS_PER_MILLISECOND
    above = sum(one > microseconds for one in pairs.shadow)
    text = f"{middle:.4g} ms, bound {plain(limit)} ms: above it in {above} of {counted(len(pairs), 'period')}"
    outcome, minutes = ours.outcome, ours.minutes
    too = ", which production breaks too" if theirs.outcome is Outcome.FAIL else ""
    faster = ranks.log_evidence(pairs.logs, 0.0).below >= needs.hold * divisor(pairs.logs, drift)
    if too and faster and outcome is not Outcome.PASS:
        # Who replaces a variant that breaks a bound by a faster one has made nothing worse.
        outcome, minutes, text = Outcome.PASS, 0.0, f"{text}{too}, and the shadow is faster"
    elif outcome is Outcome.INCONCLUSIVE:
        text = f"{text}, undecided"
    else:
        text = f"{text}{too}"
    return outcome, minutes, text, {"max_ms": limit, "periods_above_max": above}


def _why_open(periods: int, minutes: float | None, less: float) -> str:
    if periods < FEWEST_PERIODS:
        return f"too few periods yet, {FEWEST_PERIODS} are needed to pass"
    text = "too near to tell" if minutes is None else "not sure enough yet"
    if less <= _MUCH_LESS:
        return text
    return f"{text}: neighbouring periods differ alike, so {periods} say as much as {periods / less:.1f}"


def _notes(name: str, pairs: Differences, drift: Drift, spread: float) -> tuple[str, ...]:
    notes = [f"{name} latency: the ratio varies by ±{_percent(spread):.1f} % from period to period"]
    if drift is not NO_DRIFT and len(pairs) >= _ENOUGH_FOR_MEMORY:
        notes[0] += f", lag-1 autocorrelation {drift.memory:.2f}"
        if drift.memory > _MUCH_MEMORY:
            notes.append(
                f"warning: {name} latency differs alike in neighbouring periods (autocorrelation {drift.memory:.2f}), "
                f"so a period counts as 1/{divisor(pairs.logs, drift):.2g} of one"
            )
    if pairs.blocks:
        notes.append(f"{name} latency: {len(pairs)} blocks of about {pairs.minutes:.0f} min, for want of requests")
    return tuple(notes)


def _interval_text(low: float | None, high: float | None, needs: Needs) -> str:
    sure = f"{plain(needs.confidence_percent)} % sure"
    if low is None and high is None:
        return "too early for an interval"
    if low is None:
        return f"{sure}: at most {signed(_percent(high or 0))} %"
    if high is None:
        return f"{sure}: at least {signed(_percent(low))} %"
    return f"{sure}: {signed(_percent(low))} to {signed(_percent(high))} %"


def _percent(log_ratio: float) -> float:
    return math.expm1(min(log_ratio, 700)) * 100
