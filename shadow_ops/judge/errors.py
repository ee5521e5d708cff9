"""Judges an error rate: beside production's, and against a bound of its own."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Sequence

from shadow_ops.contract.catalogue import ERROR_METRICS
from shadow_ops.contract.policy import DEFAULT_RULES
from shadow_ops.contract.rules import ErrorRateRule
from shadow_ops.judge import episodes, errors_now, little, rates, until
from shadow_ops.judge.episodes import Block, Counted
from shadow_ops.judge.errors_now import rate_text
from shadow_ops.judge.grain import kept
from shadow_ops.judge.opinion import Needs, Opinion, longest, opinion, plain, signed, together
from shadow_ops.judge.rates import TOLERATED_RATIO, Counts
from shadow_ops.judge.samples import Samples
from shadow_ops.judge.verdict import Outcome

# One vote in two is chance; where few errors are split by a ratio of 1.2, up to 0.55 is.
_VOTES_BY_CHANCE = 0.55
_A_LITTLE_LATER = 1.1


def judge_error_rate(rule: ErrorRateRule, samples: Samples, needs: Needs) -> Opinion:
    """Judge an error rate.

    Args:
        rule: The rule.
        samples: What is judged.
        needs: How much evidence decides.
    """
    metric, title = ERROR_METRICS[rule.errors].name, ERROR_METRICS[rule.errors].title
    periods, missing = _counts(samples, metric)
    if not len(periods) or missing > len(periods):
        none = f"{missing} of {len(samples.periods)} periods lack" if missing else "no period yet has"
        text = f"{title}: {none} Invocations and {metric} on either side"
        return opinion(rule, Outcome.INCONCLUSIVE, text, {"periods": len(periods)})
    blocks, together_ = periods.in_blocks()
    minutes_each = samples.period_minutes * together_
    counts = rates.total(one.counts for one in blocks)
    points = little.allowed_points(rule, samples, counts)
    allowed = (points or 0.0) / 100
    outcome: Outcome = Outcome.PASS
    minutes: float | None = 0.0
    if points is not None:
        outcome, minutes = _beside(blocks, minutes_each, counts, allowed, samples, needs)
    low, high = counts.excess, counts.excess
    if needs.intervals:
        low, high = rates.interval_of_excess(counts, needs.hold, allowed)
    shadow, production = counts.shadow_errors / counts.shadow, counts.production_errors / counts.production
    reason = (
        f"{title} {rate_text(shadow)} % beside production's {rate_text(production)} % "
        f"({signed(counts.excess * 100, 2)} points, {plain(needs.confidence_percent)} % sure: "
        f"{signed(low * 100, 2)} to {signed(high * 100, 2)})"
    )
    if points is not None:
        reason += f", allowed +{plain(round(points, 3))} points or {plain(TOLERATED_RATIO)} times production's"
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
        reason = f"{reason}; {_why_open(counts, allowed, low)}"
    if rule.max_percent is not None:
        bounded, more, text = _bounded(rule, outcome, blocks, minutes_each, counts, samples, needs)
        outcome, minutes = together([outcome, bounded]), longest([minutes, more])
        reason = f"{reason}; {text}" if text else reason
        numbers["max_percent"] = rule.max_percent
    compared = points is not None and outcome is not Outcome.FAIL
    recent = periods.lately(samples.period_minutes)
    now = errors_now.not_now(blocks, recent, allowed, minutes_each) if compared else None
    if now is None and rule.max_percent is not None and outcome is not Outcome.FAIL:
        now = errors_now.above_bound(recent, rule.max_percent / 100)
    if now is not None:
        outcome, minutes, reason = Outcome.INCONCLUSIVE, None, f"{reason}; not now: {now}"
    bad = frozenset(periods.within([one for one in recent if compared and errors_now.is_bad(one.counts, allowed)]))
    far = errors_now.far_beyond([one.counts for one in blocks], allowed, minutes_each) if compared else []
    unmeasured = frozenset(periods.within([one for one, is_far in zip(blocks, far, strict=False) if is_far]))
    return opinion(rule, outcome, reason, numbers, minutes, not_now=now, bad=bad, unmeasured=unmeasured)


def _counts(samples: Samples, metric: str) -> tuple[Counted, int]:
    fine = samples.fine
    columns = (*fine.numbers("Invocations"), *fine.numbers(metric))
    incomplete = any(None in column for column in columns)
    known = [None not in row for row in zip(*columns, strict=True)] if incomplete else [True] * len(fine.starts)
    missing = sum(
        got != 0 and due != 0
        for due, got in itertools.compress(zip(*fine.requests, strict=True), map(operator.not_, known))
    )
    starts = itertools.compress(fine.starts, known)
    theirs, mine, others, ours = (kept(column, known) for column in columns)
    # An error may be counted in the minute after its request.
    theirs, mine = [*map(max, theirs, others)], [*map(max, mine, ours)]
    both = [due and got for due, got in zip(theirs, mine, strict=True)]
    counts = (kept(column, both) for column in (ours, mine, others, theirs))
    return Counted([*itertools.compress(starts, both)], *counts), missing


def _beside(
    blocks: Sequence[Block], minutes_each: float, counts: Counts, allowed: float, samples: Samples, needs: Needs
) -> tuple[Outcome, float | None]:
    if _fails(blocks, minutes_each, allowed, needs):
        return Outcome.FAIL, 0.0
    calm = rates.total(one.counts for one in episodes.without_incidents(blocks))
    holding = [_holding(one, allowed) for one in (counts, calm)]
    if min(holding) >= needs.hold:
        return Outcome.PASS, 0.0
    if counts.excess > allowed and counts.shadow_errors * counts.production > (
        TOLERATED_RATIO * counts.production_errors * counts.shadow
    ):
        return Outcome.INCONCLUSIVE, _to_go(
            lambda one: rates.log_evidence_against_excess(one, allowed, allowed), counts, needs.fail, samples
        )
    return Outcome.INCONCLUSIVE, _to_go(lambda one: _holding(one, allowed), calm, needs.hold, samples)


def _fails(blocks: Sequence[Block], minutes_each: float, allowed: float, needs: Needs) -> bool:
    """More points than allowed, and more than a little more than production's: beyond doubt without any one hour."""
    rest = episodes.without_worst_hour(blocks, minutes_each, TOLERATED_RATIO)
    if not rest:
        return False
    counts = rates.total(one.counts for one in rest)
    if counts.excess <= allowed or rates.log_evidence_against_excess(counts, allowed, allowed) < needs.fail:
        return False
    if rates.log_evidence_of_ratio(one.counts for one in rest) < needs.fail:
        return False
    # Each period has one vote, however many errors it has: a few that are bad are no rate.
    worse, voting = episodes.votes(rest, TOLERATED_RATIO)
    if worse <= _VOTES_BY_CHANCE * voting:
        return False
    return rates.log_evidence_against_share(worse, voting, _VOTES_BY_CHANCE) >= needs.hold


def _holding(counts: Counts, allowed: float) -> float:
    """Evidence that what would fail the shadow isn't so: no more points than allowed, or hardly more errors."""
    points = rates.log_evidence_against_excess(counts, allowed, allowed) if counts.excess < allowed else 0.0
    return max(points, rates.log_evidence_below_ratio(counts, TOLERATED_RATIO))


def _bounded(
    rule: ErrorRateRule,
    compared: Outcome,
    blocks: Sequence[Block],
    minutes_each: float,
    counts: Counts,
    samples: Samples,
    needs: Needs,
) -> tuple[Outcome, float | None, str]:
    limit = rule.max_percent or 0.0
    shadow, production = counts.shadow_errors / counts.shadow, counts.production_errors / counts.production
    bound, said = limit / 100, f"the bound of {plain(limit)} %"

    def evidence(one: Counts) -> float:
        return rates.log_evidence_against_share(one.shadow_errors, one.shadow, bound)

    if bound == 1 or (shadow < bound and evidence(counts) >= needs.hold):
        return Outcome.PASS, 0.0, ""
    theirs = rates.log_evidence_against_share(counts.production_errors, counts.production, bound)
    too = ", which production breaks too" if production > bound and theirs >= needs.hold else ""
    if too and rates.log_evidence_below_ratio(counts, 1.0) >= needs.hold:
        # Who replaces a variant that breaks a bound by one that fails less has made nothing worse.
        return Outcome.PASS, 0.0, f"fails less than production, which breaks {said}"
    if rule in DEFAULT_RULES and (production >= bound or theirs < needs.hold):
        # A bound of one's own is meant for both; the usual one isn't, where production is no better.
        if compared is Outcome.PASS:
            return Outcome.PASS, 0.0, f"{said} is not surely kept by production either"
        if production >= bound:
            return Outcome.INCONCLUSIVE, 0.0, f"{said} is not kept by production either"
    rest = rates.total(one.counts for one in episodes.without_worst_hour(blocks, minutes_each, 0.0))
    if rest.shadow > 0 and rest.shadow_errors > bound * rest.shadow and evidence(rest) >= needs.fail:
        return Outcome.FAIL, 0.0, f"above {said}{too}"
    minutes = _to_go(evidence, counts, needs.fail if shadow > bound else needs.hold, samples)
    return Outcome.INCONCLUSIVE, minutes, f"not surely below {said}{too}"


def _to_go(evidence: Callable[[Counts], float], counts: Counts, needed: float, samples: Samples) -> float | None:
    """How much longer it takes if the shares stay as they are."""
    seen = samples.judged_minutes
    return until.first(lambda minutes: evidence(counts.times(minutes / seen)) >= needed, seen * _A_LITTLE_LATER, seen)


def _why_open(counts: Counts, allowed: float, low: float) -> str:
    if errors_now.beyond(counts, allowed) <= 0:
        return "not enough requests to be sure"
    # The interval is of all errors together; one episode fails nobody.
    return (
        f"above what is allowed, but not surely{' without the worst hour, period by period' if low > allowed else ''}"
    )
