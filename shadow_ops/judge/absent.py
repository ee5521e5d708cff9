"""Figures that aren't there: what no figure tells of speaks for nobody, and is no measured time."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from shadow_ops.judge import vetoes
from shadow_ops.judge.grain import Grain
from shadow_ops.judge.opinion import Opinion
from shadow_ops.judge.samples import Samples
from shadow_ops.judge.verdict import Outcome

_ONE_IN = 10
"""Of so many of the last periods, one may lack a figure of a rule that decides."""

# The last hour of five-minute periods, and the last three; the last day is looked at too.
_LATELY = (12, 36)
# CloudWatch may not have got the newest yet.
_MAY_BE_LATE_MINUTES, _MAY_BE_LATE = 10, 2
PRODUCTION, SHADOW = 0, 1
_SIDES = ("production", "the shadow")


@dataclass(frozen=True)
class Figure:
    """What a rule reads.

    Attributes:
        metric: CloudWatch's name of it.
        statistic: Of a latency; empty for a count or percentage.
        sides: Of which variants.
    """

    metric: str
    statistic: str = ""
    sides: tuple[int, ...] = (PRODUCTION, SHADOW)


def checked(found: Opinion, samples: Samples, figures: Iterable[Figure]) -> Opinion:
    """An opinion that doesn't hold where its figures are missing now; where they are, it is no measured time.

    Args:
        found: What the figures that are there say.
        samples: What is judged.
        figures: What the rule reads.
    """
    finding = found.finding
    if not finding.gates or finding.outcome in (None, Outcome.FAIL):
        return found
    texts, absent = [], set(found.unmeasured)
    for figure in figures:
        grain = next((one for one in (samples.fine, *samples.coarse) if _is_in(one, figure)), None)
        if grain is None:
            continue
        lacks = [_lacks(grain, figure, side) for side in figure.sides]
        either = [*map(operator.or_, lacks[0], lacks[-1])]
        if grain is samples.fine:
            absent.update(itertools.compress(grain.starts, either))
        text = _lately(grain, figure, lacks, either)
        if text is not None:
            texts.append(text)
    found = replace(found, unmeasured=frozenset(absent))
    if not texts:
        return found
    now = "; ".join(texts if found.not_now is None else [found.not_now, *texts])
    reason = finding.reason
    if finding.outcome is Outcome.PASS:
        reason = f"{reason}; not now: {'; '.join(texts)}"
    open_ = replace(finding, outcome=Outcome.INCONCLUSIVE, reason=reason)
    return replace(found, finding=open_, minutes_to_go=None, not_now=now, leans_to_fail=False)


def _values(grain: Grain, figure: Figure, side: int) -> Sequence[float | None]:
    columns = grain.latencies(figure.metric, figure.statistic) if figure.statistic else grain.numbers(figure.metric)
    return columns[side]


def _is_in(grain: Grain, figure: Figure) -> bool:
    return all(any(one is not None for one in _values(grain, figure, side)) for side in figure.sides)


def _lacks(grain: Grain, figure: Figure, side: int) -> list[bool]:
    """Of each period, whether a variant has requests but no such figure; a shadow's silence is counted elsewhere."""
    values = _values(grain, figure, side)
    if None not in values:
        return [False] * len(values)
    due = grain.busy[SHADOW] if side == SHADOW else [one != 0 for one in grain.requests[PRODUCTION]]
    return [one is None and asked for one, asked in zip(values, due, strict=True)]


def _lately(grain: Grain, figure: Figure, lacks: Sequence[Sequence[bool]], either: Sequence[bool]) -> str | None:
    minutes = grain.seconds / 60
    end = len(either)
    while end and either[end - 1] and len(either) - end < min(_MAY_BE_LATE, math.ceil(_MAY_BE_LATE_MINUTES / minutes)):
        end -= 1
    for last in (*_LATELY, vetoes.in_a_day(minutes)):
        few = min(last, end)
        many = sum(either[end - few : end])
        if many * _ONE_IN <= few:
            continue
        whose = [_SIDES[side] for side, one in zip(figure.sides, lacks, strict=True) if any(one[end - few : end])]
        since = vetoes.since(either[:end], grain.starts[:end])
        where = f"in {many} of the last {few} periods"
        return f"without {_name(grain, figure)} of {' and '.join(whose)} {where}, since {since}"
    return None


def _name(grain: Grain, figure: Figure) -> str:
    # Where a count is there, only this statistic is missing.
    counted = figure.statistic and all(
        any(one.distributions.get(figure.metric) for one in sides)
        for sides in zip(*((one.production, one.shadow) for one in grain.periods[-_LATELY[0] :]), strict=True)
    )
    return f"{figure.metric} {figure.statistic}" if counted else figure.metric
