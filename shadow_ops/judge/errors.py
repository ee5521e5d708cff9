"""Judges an error rate: beside production's, and against a bound of its own."""

from __future__ import annotations

from collections.abc import Callable

from shadow_ops.contract.catalogue import ERROR_METRICS
from shadow_ops.contract.rules import ErrorRateRule
from shadow_ops.judge import rates
from shadow_ops.judge.opinion import Needs, Opinion, longest, opinion, plain, signed, together
from shadow_ops.judge.rates import Counts
from shadow_ops.judge.samples import Samples, number_of, requests_of
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Side

# How many times the requests so far an estimate looks ahead.
_LOOK_AHEAD = (1.25, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)


def judge_error_rate(rule: ErrorRateRule, samples: Samples, needs: Needs) -> Opinion:
    """Judge an error rate.

    Args:
        rule: The rule.
        samples: What is judged.
        needs: How much evidence decides.
    """
    metric, title = ERROR_METRICS[rule.errors].name, ERROR_METRICS[rule.errors].title
    periods, missing = _counts(samples, metric)
    if not periods or missing > len(periods):
        where = f"in {missing} of {len(samples.periods)} periods" if missing else "yet"
        text = f"{title}: no Invocations and {metric} of both variants {where}"
        return opinion(rule, Outcome.INCONCLUSIVE, text, {"periods": len(periods)})
    counts = rates.total(periods)
    points = rule.max_increase_points
    # Without a comparison to hold to, the bound of its own decides alone.
    outcome, minutes = (Outcome.PASS, 0.0) if points is None else _beside(points / 100, periods, counts, samples, needs)
    allowed = (points or 0) / 100
    low, high = rates.interval_of_excess(counts, needs.hold, allowed)
    shadow, production = counts.shadow_errors / counts.shadow, counts.production_errors / counts.production
    reason = (
        f"{title} {_share(shadow)} % beside production's {_share(production)} % ({signed(counts.excess * 100, 2)} "
        f"points, {plain(needs.confidence_percent)} % sure: {signed(low * 100, 2)} to {signed(high * 100, 2)})"
    )
    if points is not None:
        reason = f"{reason}, allowed +{plain(points)} points"
    numbers: dict[str, float | int | None] = {
        "shadow_percent": shadow * 100,
        "production_percent": production * 100,
        "excess_points": counts.excess * 100,
        "low_points": low * 100,
        "high_points": high * 100,
        "allowed_points": points,
        "shadow_errors": counts.shadow_errors,
        "shadow_requests": counts.shadow,
        "production_errors": counts.production_errors,
        "production_requests": counts.production,
        "periods": len(periods),
    }
    if outcome is Outcome.INCONCLUSIVE:
        reason = f"{reason}; {_why_open(allowed, counts)}"
    if rule.max_percent is not None:
        bounded, more = _bounded(rule.max_percent, counts, samples, needs)
        outcome, minutes = together([outcome, bounded]), longest([minutes, more])
        if bounded is not Outcome.PASS:
            text = "above" if bounded is Outcome.FAIL else "not surely below"
            reason = f"{reason}; {text} the bound of {plain(rule.max_percent)} %"
        numbers["max_percent"] = rule.max_percent
    return opinion(rule, outcome, reason, numbers, minutes)


def _counts(samples: Samples, metric: str) -> tuple[list[Counts], int]:
    found: list[Counts] = []
    missing = 0
    for period in samples.periods:
        shadow, production = _side(period.shadow, metric), _side(period.production, metric)
        if shadow is None or production is None:
            missing += requests_of(period.shadow) != 0 and requests_of(period.production) != 0
        elif shadow[1] > 0 and production[1] > 0:
            found.append(Counts(*shadow, *production))
    return found, missing


def _side(side: Side, metric: str) -> tuple[float, float] | None:
    requests, errors = number_of(side, "Invocations"), number_of(side, metric)
    if requests is None or errors is None:
        return None
    # An error may be counted in the minute after its request.
    return errors, max(requests, errors)


def _beside(
    allowed: float, periods: list[Counts], counts: Counts, samples: Samples, needs: Needs
) -> tuple[Outcome, float | None]:
    evidence = rates.log_evidence_against_excess(counts, allowed, allowed)
    if counts.excess > allowed:
        # Both must be beyond doubt: more points than allowed, and more than a little more than production's.
        if min(evidence, rates.log_evidence_of_ratio(periods)) >= needs.fail:
            return Outcome.FAIL, 0.0
        grown = _times_to_go(lambda one: rates.log_evidence_against_excess(one, allowed, allowed), counts, needs.fail)
    else:
        # With no more points than allowed there may be exactly as many: that's no evidence for either side.
        if counts.excess < allowed and evidence >= needs.hold:
            return Outcome.PASS, 0.0
        grown = _times_to_go(lambda one: rates.log_evidence_against_excess(one, allowed, allowed), counts, needs.hold)
    return Outcome.INCONCLUSIVE, None if grown is None else (grown - 1) * samples.minutes


def _bounded(limit: float, counts: Counts, samples: Samples, needs: Needs) -> tuple[Outcome, float | None]:
    share, bound = counts.shadow_errors / counts.shadow, limit / 100

    def evidence(one: Counts) -> float:
        return rates.log_evidence_against_share(one.shadow_errors, one.shadow, bound)

    if share > bound and evidence(counts) >= needs.fail:
        return Outcome.FAIL, 0.0
    if share < bound and evidence(counts) >= needs.hold:
        return Outcome.PASS, 0.0
    if bound == 1:
        return Outcome.PASS, 0.0
    grown = _times_to_go(evidence, counts, needs.fail if share > bound else needs.hold)
    return Outcome.INCONCLUSIVE, None if grown is None else (grown - 1) * samples.minutes


def _times_to_go(evidence: Callable[[Counts], float], counts: Counts, needed: float) -> float | None:
    """How many times the requests so far would decide, if the shares stay as they are."""
    return next((factor for factor in _LOOK_AHEAD if evidence(counts.times(factor)) >= needed), None)


def _why_open(allowed: float, counts: Counts) -> str:
    if counts.excess <= allowed:
        return "not enough requests to be sure"
    shadow, production = counts.shadow_errors / counts.shadow, counts.production_errors / counts.production
    if shadow <= production * rates.TOLERATED_RATIO:
        times = plain(rates.TOLERATED_RATIO)
        return f"above what is allowed, but less than {times} times production's: it doesn't fail, nor can it pass"
    return "above what is allowed, but not surely"


def _share(share: float) -> str:
    return f"{share * 100:.3g}"
