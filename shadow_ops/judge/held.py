"""A series of paired figures held to a value: surely above it, surely below it, or neither yet."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from shadow_ops.judge import ranks, until
from shadow_ops.judge.differences import Differences
from shadow_ops.judge.drift import Drift, divisor, drift_of
from shadow_ops.judge.opinion import FEWEST_PERIODS, Needs
from shadow_ops.judge.verdict import Outcome

# What isn't beyond all drift fails nobody before so much of it was seen; fewer periods are enough where they are long.
_DRIFT_MINUTES, _MOST_PERIODS, _FEWEST_TO_FAIL = 100, 20, 6
# So much log evidence confirms other evidence: of the warm-up, and that what is seen is no drift.
_CONFIRMING = 1.5
# Variance of the log ratios that candidates have: most are within a twentieth of production.
_USUAL_DIFFERENCE = 0.05**2
# More than so many times the periods so far is no estimate: the difference is too near to what is allowed.
_LONGEST_ESTIMATE = 5


@dataclass(frozen=True)
class Held:
    """A series held to a value.

    Attributes:
        outcome: What it comes to.
        needed: Log evidence that excludes a value from the interval, drift considered.
        is_below: Whether the evidence says that the series lies below the value.
        is_above: Whether it says that it lies above.
        minutes: How much longer it probably takes.
        less: How many times as much independent periods would say.
        leans_above: Whether, undecided, it is more likely above.
    """

    outcome: Outcome
    needed: float
    is_below: bool
    is_above: bool
    minutes: float | None
    less: float
    leans_above: bool = False


def held_to(
    values: Sequence[float], pairs: Differences, limit: float, drift: Drift, needs: Needs, to_fail: float
) -> Held:
    """What a series comes to.

    Args:
        values: In order of time.
        pairs: What they were made of; its warm-up counts as far as what came after agrees.
        limit: What they are held to.
        drift: Their slow noise.
        needs: How much evidence decides.
        to_fail: How much says that they lie above.
    """
    count, less = len(values), divisor(values, drift)
    evidence = ranks.log_evidence(values, limit)
    to_hold = needs.ends * less
    # Surely below by more than drift reaches needs no patience with it, as on the other side.
    clear = ranks.log_evidence(values, limit - drift.margin).below if evidence.below < to_hold else 0.0
    is_below = evidence.below >= to_hold or clear >= needs.ends
    if _is_above(values, pairs, limit, evidence.above, less, drift, to_fail):
        return Held(Outcome.FAIL, to_hold, False, True, 0.0, less)
    if is_below and count >= FEWEST_PERIODS:
        return Held(Outcome.PASS, to_hold, True, False, 0.0, less)
    middle, spread = statistics.median(values), ranks.noise(values)
    leans_above = evidence.above > evidence.below
    if leans_above:
        more = _to_fail(pairs, middle - limit, values, limit, evidence.above, less, drift, to_fail)
    elif is_below:
        more = 0
    else:
        # What few periods say is partly luck: as likely as not the rest of the test is nearer to no difference.
        luck = spread * spread * less / count
        usual = middle * _USUAL_DIFFERENCE / (_USUAL_DIFFERENCE + luck)
        more = until.to_hold(limit - usual, spread, drift, less, needs.ends, (evidence.below, clear))
    if more is not None and not leans_above:
        more = max(more, FEWEST_PERIODS - count)
    told = more is not None and more + count <= _LONGEST_ESTIMATE * max(count, FEWEST_PERIODS)
    minutes = more * pairs.apart if more is not None and told else None
    return Held(Outcome.INCONCLUSIVE, to_hold, is_below, False, minutes, less, leans_above)


def _is_above(
    values: Sequence[float],
    pairs: Differences,
    limit: float,
    won: float,
    less: float,
    drift: Drift,
    needed: float,
) -> bool:
    """Whether the shadow is surely slower, drift considered, or by so much that it isn't drift."""
    count, won = _with_warm_up(values, pairs, limit, won)
    if won < needed:
        return False
    if ranks.log_evidence(values, limit + drift.margin).above >= needed:
        return True
    fewest = _fewest_to_fail(pairs.minutes)
    # Drift moves all latencies alike: what one does by itself is none. What all do must be seen for longer if it lasts.
    if pairs.beyond and _is_its_own(pairs.beyond, limit):
        return count >= fewest
    enough = 2 * fewest if pairs.beyond and drift.lasts else fewest
    return count >= enough and won >= needed * (1.0 if drift.is_usual(less) else less)


def _with_warm_up(values: Sequence[float], pairs: Differences, limit: float, won: float) -> tuple[int, float]:
    """Of how many periods there is evidence above the limit, and how much.

    What was seen while the containers warmed up counts as far as what came after it agrees.
    """
    middle = statistics.median(values)
    if not pairs.early or won < _CONFIRMING or middle <= limit:
        return len(values), won
    most = middle + ranks.noise(values)
    early = (min(one, most) for one in pairs.early)
    return len(values) + len(pairs.early), ranks.log_evidence([*early, *values], limit).above


def _to_fail(
    pairs: Differences,
    size: float,
    values: Sequence[float],
    limit: float,
    won: float,
    less: float,
    drift: Drift,
    needed: float,
) -> int | None:
    """How many more periods until half of such series are surely above, as `_is_above` says it."""
    spread, clear = ranks.noise(values), ranks.log_evidence(values, limit + drift.margin).above
    count, won = _with_warm_up(values, pairs, limit, won)
    beyond = until.periods(size - drift.margin, spread, needed, clear)
    patient = until.periods(size, spread, needed * (1.0 if drift.is_usual(less) else less), won)
    fewest = _fewest_to_fail(pairs.minutes) - count
    ways = (beyond, None if patient is None else max(patient, fewest))
    return min((one for one in ways if one is not None), default=None)


def _is_its_own(beyond: Sequence[float], limit: float) -> bool:
    drift = drift_of(beyond)
    is_usual = drift.is_usual(divisor(beyond, drift))
    return is_usual and ranks.log_evidence(beyond, limit).above >= _CONFIRMING


def _fewest_to_fail(minutes: float) -> int:
    return min(_MOST_PERIODS, max(_FEWEST_TO_FAIL, math.ceil(_DRIFT_MINUTES / minutes)))
