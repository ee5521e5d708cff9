"""A latency of both variants side by side, in the periods that have enough requests for it."""

from __future__ import annotations

import datetime
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from shadow_ops.contract.rules import Rule
from shadow_ops.judge.samples import Grain, Samples

# The recording's own periods do if so many of them have enough requests.
_ENOUGH_SHARE = 0.5
# Of counts that are more unlike than this, a percentile of few requests is too low on one side.
_ALIKE = 0.1

# Of so few a percentile is of its slowest request: enough to see that it isn't what it was.
_FEW_SHARE = 0.1

_KEYS = {"Average": "avg"}


@dataclass(frozen=True)
class Differences:
    """Pairs of a statistic, in order of time.

    Attributes:
        starts: When each period or block of them begins.
        production: Production's, in microseconds.
        shadow: The shadow's.
        early: Log ratios of the warm-up's last part, which don't decide by themselves.
        minutes: Length of a period; of blocks, their usual length.
        thin: Periods left out because a variant had too few requests in them.
        missing: Periods with requests in which a variant has no such figure.
        blocks: Whether each pair is of several periods with too few requests by themselves.
        few: Whether each is of fewer requests than the rule needs: enough to speak against the shadow, not for it,
            because a percentile of few requests is too low.
    """

    starts: tuple[datetime.datetime, ...]
    production: tuple[float, ...]
    shadow: tuple[float, ...]
    early: tuple[float, ...]
    minutes: float
    thin: int
    missing: int
    blocks: bool = False
    few: bool = False

    @cached_property
    def logs(self) -> list[float]:
        """Log ratios of the shadow's to production's."""
        return [math.log(shadow / production) for production, shadow in zip(self.production, self.shadow, strict=True)]

    def __len__(self) -> int:
        """How many pairs."""
        return len(self.starts)


def key_of(rule: Rule) -> tuple[str, str]:
    """Metric and key of a latency rule's statistic in a recording."""
    statistic = rule.statistics[0]
    return statistic.metric.name, _KEYS.get(statistic.name, statistic.name)


def differences_of(rule: Rule, samples: Samples) -> Differences:
    """A rule's figures: of the recording's own periods, of longer ones, or of blocks of them."""
    metric, key = key_of(rule)
    fine = of_grain(samples.fine, metric, key, rule.requests_needed)
    if len(fine) + fine.missing >= _ENOUGH_SHARE * len(samples.periods):
        return fine
    others = [of_grain(one, metric, key, rule.requests_needed) for one in samples.coarse]
    others.append(_in_blocks(samples.fine, metric, key, rule.requests_needed))
    best = max(others, key=lambda one: len(one) * one.minutes)
    best = best if len(best) * best.minutes > len(fine) * fine.minutes else fine
    return best if len(best) or best.missing else with_few(rule, samples)


def with_few(rule: Rule, samples: Samples) -> Differences:
    """A rule's figures of the recording's own periods, also of those with a tenth of the requests that it needs."""
    metric, key = key_of(rule)
    return replace(of_grain(samples.fine, metric, key, math.ceil(rule.requests_needed * _FEW_SHARE)), few=True)


def of_grain(grain: Grain, metric: str, key: str, needed: int) -> Differences:
    """The pairs of one length of period."""
    starts, production, shadow = [], [], []
    thin = missing = 0
    for start, sides in _sides(grain, metric, key):
        if sides is None:
            missing += 1
        elif min(sides[0][0], sides[1][0]) < needed:
            thin += 1
        else:
            starts.append(start)
            production.append(sides[0][1])
            shadow.append(sides[1][1])
    early = [
        math.log(sides[1][1] / sides[0][1])
        for _, sides in _sides(Grain(grain.seconds, grain.early, ()), metric, key)
        if sides is not None and min(sides[0][0], sides[1][0]) >= needed
    ]
    return Differences(tuple(starts), tuple(production), tuple(shadow), tuple(early), grain.seconds / 60, thin, missing)


_Pair = tuple[tuple[float, float], tuple[float, float]]


def _sides(grain: Grain, metric: str, key: str) -> Iterator[tuple[datetime.datetime, _Pair | None]]:
    """Requests and value of both variants; None where one has requests but no value. Silence is counted elsewhere."""
    columns = (grain.latencies(metric, "count"), grain.requests, grain.latencies(metric, key))
    rows = zip(grain.periods, *itertools.chain(*columns), strict=True)
    for period, counted, copied, due, got, before, after in rows:
        due_, got_ = due if counted is None else counted, got if copied is None else copied
        if before and after and due_ is not None and got_ is not None:
            yield period.start, ((due_, before), (got_, after))
        elif due != 0 and got not in (0, None):
            yield period.start, None


def _in_blocks(grain: Grain, metric: str, key: str, needed: int) -> Differences:
    """Neighbouring periods together, as many as have enough requests: the mean of their log ratios.

    A percentile of few requests is too low, but as much on both sides if both have as many.
    """
    starts, production, shadow = [], [], []
    count = ours = theirs = 0.0
    begun: datetime.datetime | None = None
    used = thin = missing = 0
    for start, sides in _sides(grain, metric, key):
        if sides is None:
            missing += 1
            continue
        (due, before), (got, after) = sides
        if abs(due - got) > _ALIKE * max(due, got):
            thin += 1
            continue
        begun, used = begun or start, used + 1
        count, ours, theirs = count + got, ours + got * math.log(before), theirs + got * math.log(after)
        if count >= needed:
            starts.append(begun)
            production.append(math.exp(ours / count))
            shadow.append(math.exp(theirs / count))
            count, ours, theirs, begun = 0.0, 0.0, 0.0, None
    minutes = grain.seconds / 60 * used / max(1, len(starts))
    return Differences(tuple(starts), tuple(production), tuple(shadow), (), minutes, thin, missing, blocks=True)
