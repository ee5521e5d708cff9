"""Judges an error rate: beside production's, and against a bound of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from shadow_ops.contract.catalogue import ERROR_METRICS
from shadow_ops.contract.rules import ErrorRateRule
from shadow_ops.judge import episodes, little, rates, vetoes
from shadow_ops.judge.episodes import Block, Counted, Row
from shadow_ops.judge.opinion import Needs, Opinion, longest, opinion, plain, signed, together
from shadow_ops.judge.rates import TOLERATED_RATIO, Counts
from shadow_ops.judge.samples import Samples
from shadow_ops.judge.verdict import Outcome

# How many times the requests so far an estimate looks ahead.
_LOOK_AHEAD = (1.1, 1.25, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
# One vote in two is chance; where few errors are split by a ratio of 1.2, up to 0.55 is.
_VOTES_BY_CHANCE = 0.55
# The last hour, the last three and the last twelve; so many of their worst periods count as the next worse one does:
# one burst is no trend.
_LATELY = ((12, 1), (36, 2), (144, 4))
_SURE, _FEWEST_MORE = 1.5, 3
_PEAK_POINTS, _PEAK_SURE = 0.01, 4.0


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
        f"{title} {_share(shadow)} % beside production's {_share(production)} % ({signed(counts.excess * 100, 2)} "
        f"points, {plain(needs.confidence_percent)} % sure: {signed(low * 100, 2)} to {signed(high * 100, 2)})"
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
        reason = f"{reason}; {_why_open(counts, allowed)}"
    if rule.max_percent is not None:
        bounded, more, text = _bounded(rule.max_percent, blocks, minutes_each, counts, samples, needs)
        outcome, minutes = together([outcome, bounded]), longest([minutes, more])
        reason = f"{reason}; {text}" if text else reason
        numbers["max_percent"] = rule.max_percent
    compared = points is not None and outcome is not Outcome.FAIL
    now = _not_now(blocks, allowed, minutes_each) if compared else None
    if now is None and rule.max_percent is not None and outcome is not Outcome.FAIL:
        now = _above_bound(blocks, rule.max_percent / 100)
    if now is not None:
        outcome, minutes, reason = Outcome.INCONCLUSIVE, None, f"{reason}; not now: {now}"
    bad = frozenset(one.start for one in blocks if compared and _is_bad(one.counts, allowed))
    return opinion(rule, outcome, reason, numbers, minutes, not_now=now, bad=bad)


def _counts(samples: Samples, metric: str) -> tuple[Counted, int]:
    kept: list[Row] = []
    missing = 0
    fine = samples.fine
    rows = zip(fine.periods, *fine.requests, *fine.numbers("Invocations"), *fine.numbers(metric), strict=True)
    for period, due, got, theirs, mine, others, ours in rows:
        if mine is None or theirs is None or ours is None or others is None:
            missing += got != 0 and due != 0
        elif (mine or ours) and (theirs or others):
            # An error may be counted in the minute after its request.
            kept.append((period.start, ours, max(mine, ours), others, max(theirs, others)))
    return Counted(kept), missing


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
        grown = _times_to_go(lambda one: rates.log_evidence_against_excess(one, allowed, allowed), counts, needs.fail)
    else:
        grown = _times_to_go(lambda one: _holding(one, allowed), calm, needs.hold)
    return Outcome.INCONCLUSIVE, None if grown is None else (grown - 1) * samples.minutes


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
    limit: float, blocks: Sequence[Block], minutes_each: float, counts: Counts, samples: Samples, needs: Needs
) -> tuple[Outcome, float | None, str]:
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
    rest = rates.total(one.counts for one in episodes.without_worst_hour(blocks, minutes_each, 0.0))
    if rest.shadow > 0 and rest.shadow_errors > bound * rest.shadow and evidence(rest) >= needs.fail:
        return Outcome.FAIL, 0.0, f"above {said}{too}"
    grown = _times_to_go(evidence, counts, needs.fail if shadow > bound else needs.hold)
    return (
        Outcome.INCONCLUSIVE,
        None if grown is None else (grown - 1) * samples.minutes,
        f"not surely below {said}{too}",
    )


def _times_to_go(evidence: Callable[[Counts], float], counts: Counts, needed: float) -> float | None:
    """How many times the requests so far would decide, if the shares stay as they are."""
    if counts.shadow == 0 or counts.production == 0:
        return None
    return next((factor for factor in _LOOK_AHEAD if evidence(counts.times(factor)) >= needed), None)


def _not_now(blocks: Sequence[Block], allowed: float, minutes_each: float) -> str | None:
    """What keeps the rule from holding now; see `vetoes`."""
    for last, spared in _LATELY:
        some = [one.counts for one in blocks[-last:]]
        if len(some) > spared and _surely_beyond(_without_bursts(some, allowed, spared), allowed, _SURE):
            whole = rates.total(some)
            return f"{signed(whole.excess * 100, 2)} points in the last {len(some)} periods{_since(blocks, allowed)}"
    worse = _far_beyond([one.counts for one in blocks], allowed, minutes_each)
    better = _far_beyond([one.counts.swapped for one in blocks], allowed, minutes_each)
    peaks = vetoes.peaks_of(worse, better, minutes_each)
    if not peaks.when:
        return None
    whole = rates.total(blocks[number].counts for number in peaks.when)
    return f"{signed(whole.excess * 100, 2)} points in {peaks.text([one.start for one in blocks])}"


def _far_beyond(counts: Sequence[Counts], allowed: float, minutes: float) -> list[bool]:
    """Of each period, whether it is far worse by itself, or part of an hour that is surely worse without its worst."""
    found = [_surely_beyond(one, allowed + _PEAK_POINTS, _PEAK_SURE) for one in counts]
    length = episodes.in_an_hour(minutes)
    for first in range(0, len(counts) - length + 1, max(1, length // 4)):
        hour = counts[first : first + length]
        if sum(one.shadow_errors for one in hour) <= _FEWEST_MORE:
            continue
        if _surely_beyond(_without_bursts(hour, allowed, min(1, length - 1)), allowed, _PEAK_SURE):
            for number in range(first, first + length):
                found[number] = found[number] or _beyond(counts[number], allowed) > 0
    return found


def _above_bound(blocks: Sequence[Block], bound: float) -> str | None:
    """Whether the shadow's share was lately above a bound that production's is below."""
    for last, spared in _LATELY:
        # Held to the bound by itself, as if production had failed that often.
        some = [one.counts for one in blocks[-last:]]
        held = [Counts(one.shadow_errors, one.shadow, bound * one.production, one.production) for one in some]
        theirs = rates.total(some)
        if len(some) <= spared or theirs.production_errors > bound * theirs.production:
            continue
        if _surely_above(_without_bursts(held, 0.0, spared)):
            return f"{_share(theirs.shadow_errors / theirs.shadow)} % in the last {len(some)} periods"
    return None


def _surely_above(counts: Counts) -> bool:
    """Whether the shadow's errors are surely more than those that stand for the bound, which is known exactly."""
    expected = counts.production_errors / counts.production * counts.shadow
    return counts.shadow_errors - expected >= _FEWEST_MORE + _SURE * math.sqrt(expected)


def _without_bursts(some: Sequence[Counts], allowed: float, spared: int) -> Counts:
    ordered = sorted(some, key=lambda one: _beyond(one, allowed))
    rest = len(ordered) - spared
    return rates.total([*ordered[:rest], *[ordered[rest - 1]] * spared])


def _since(blocks: Sequence[Block], allowed: float) -> str:
    bad = [_is_bad(one.counts, allowed) for one in blocks]
    return f", since {vetoes.since(bad, [one.start for one in blocks])}" if any(bad) else ""


def _beyond(counts: Counts, allowed: float) -> float:
    production = counts.production_errors / counts.production
    return counts.shadow_errors - max(production + allowed, production * TOLERATED_RATIO) * counts.shadow


def _surely_beyond(counts: Counts, allowed: float, sure: float) -> bool:
    """Whether the errors are beyond what is allowed by so many standard deviations, and by a few."""
    beyond = _beyond(counts, allowed)
    expected = counts.shadow_errors - beyond
    # Production's own count is uncertain too, and stands for as many copies.
    spread = expected + counts.production_errors * (counts.shadow / counts.production) ** 2
    return beyond >= _FEWEST_MORE + sure * math.sqrt(spread)


def _is_bad(counts: Counts, allowed: float) -> bool:
    return _beyond(counts, allowed) >= _FEWEST_MORE


def _why_open(counts: Counts, allowed: float) -> str:
    return "above what is allowed, but not surely" if _beyond(counts, allowed) > 0 else "not enough requests to be sure"


def _share(share: float) -> str:
    return f"{share * 100:.3g}"
