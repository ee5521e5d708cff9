"""A latency of both variants side by side, in the periods that have enough requests for it."""

from __future__ import annotations

import datetime
import itertools
import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from shadow_ops.contract.catalogue import MODEL_LATENCY
from shadow_ops.contract.rules import Rule
from shadow_ops.judge import ranks
from shadow_ops.judge.grain import Columns, Grain, kept, log_ratios
from shadow_ops.judge.samples import QUIETEST, Samples

# The recording's own periods do if so many of them have enough requests.
_ENOUGH_SHARE = 0.5
# Of counts that are more unlike than this, a percentile of few requests is too low on one side.
_ALIKE, _HARDLY_LOW = 0.1, 0.7

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
        beyond: How much farther apart they are in each period than the quietest latency is, as logarithms; none where
            this is the quietest, or where no such figure is known.
        blocks: Whether each pair is of several periods with too few requests by themselves.
        few: Whether each is of fewer requests than the rule needs: enough to speak against the shadow, not for it,
            because a percentile of few requests is too low.
        known_logs: The log ratios, where they are known already.
    """

    starts: tuple[datetime.datetime, ...]
    production: tuple[float, ...]
    shadow: tuple[float, ...]
    early: tuple[float, ...]
    minutes: float
    thin: int
    missing: int
    beyond: tuple[float, ...] = ()
    blocks: bool = False
    few: bool = False
    known_logs: Sequence[float] | None = None

    @cached_property
    def logs(self) -> Sequence[float]:
        """Log ratios of the shadow's to production's."""
        return log_ratios(self.production, self.shadow) if self.known_logs is None else self.known_logs

    @cached_property
    def noise(self) -> float:
        """Their standard deviation, without outliers."""
        return ranks.noise(self.logs)

    @property
    def apart(self) -> float:
        """How many minutes there are from one to the next, those without enough requests included."""
        if len(self) < 2:
            return self.minutes
        return max(self.minutes, (self.starts[-1] - self.starts[0]).total_seconds() / 60 / (len(self) - 1))

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
    pairs = _pairs(grain, metric, key)
    enough = [due >= needed <= got for due, got in zip(pairs.due, pairs.got, strict=True)]
    early = _pairs(grain.warming_up, metric, key)
    rows = zip(early.due, early.got, early.logs, strict=True)
    return Differences(
        starts=tuple(itertools.compress(pairs.starts, enough)),
        production=tuple(itertools.compress(pairs.production, enough)),
        shadow=tuple(itertools.compress(pairs.shadow, enough)),
        early=tuple(log for due, got, log in rows if due >= needed and got >= needed),
        minutes=grain.seconds / 60,
        thin=enough.count(False),
        missing=pairs.missing,
        beyond=_beyond(grain, metric, key, pairs, enough),
        known_logs=tuple(itertools.compress(pairs.logs, enough)),
    )


def _beyond(grain: Grain, metric: str, key: str, pairs: _Pairs, enough: Sequence[bool]) -> tuple[float, ...]:
    if metric != MODEL_LATENCY.name or key in QUIETEST:
        return ()
    for quiet in QUIETEST:
        known = _pairs(grain, metric, quiet)
        if known.places == pairs.places:
            differences = map(operator.sub, pairs.logs, known.logs)
            return tuple(itertools.compress(differences, enough))
        by_place = dict(zip(known.places, known.logs, strict=True))
        chosen = zip(pairs.places, pairs.logs, enough, strict=True)
        found = tuple(log - by_place[place] for place, log, one in chosen if one and place in by_place)
        if len(found) == sum(enough):
            return found
    return ()


@dataclass(frozen=True)
class _Pairs:
    """What both variants have of a statistic, period by period; columns, because a month of minutes is a lot of rows.

    Attributes:
        places: Which of the grain's periods they are.
        starts: When each begins.
        due: Production's requests.
        got: The shadow's.
        production: Production's value.
        shadow: The shadow's.
        missing: In how many periods a variant has requests but no value. Silence is counted elsewhere.
    """

    places: list[int]
    starts: list[datetime.datetime]
    due: list[float]
    got: list[float]
    production: list[float]
    shadow: list[float]
    missing: int

    @cached_property
    def log_production(self) -> list[float]:
        """Logarithms of production's values."""
        return [*map(math.log, self.production)]

    @cached_property
    def log_shadow(self) -> list[float]:
        """Logarithms of the shadow's."""
        return [*map(math.log, self.shadow)]

    @cached_property
    def logs(self) -> list[float]:
        """Log ratios of the shadow's to production's; also where the quotient itself would be no number."""
        return [*map(operator.sub, self.log_shadow, self.log_production)]


def _pairs(grain: Grain, metric: str, key: str) -> _Pairs:
    known: _Pairs | None = grain.read.get((metric, key))
    if known is not None:
        return known
    (many, copies), (before, after) = _counts(grain, metric), grain.latencies(metric, key)
    usable = [
        bool(theirs and ours) and due is not None and got is not None
        for theirs, ours, due, got in zip(before, after, many, copies, strict=True)
    ]
    without = [] if all(usable) else [not one for one in usable]
    missing = sum(
        asked != 0 and served not in (0, None)
        for asked, served in itertools.compress(zip(*grain.requests, strict=True), without)
    )
    places, starts = [*itertools.compress(range(len(usable)), usable)], [*itertools.compress(grain.starts, usable)]
    due, got, production, shadow = (kept(one, usable) for one in (many, copies, before, after))
    found = _Pairs(places, starts, due, got, production, shadow, missing)
    grain.read[metric, key] = found
    return found


def _counts(grain: Grain, metric: str) -> Columns:
    """Of how many requests a metric is in each of the periods."""
    known: Columns | None = grain.read.get((metric,))
    if known is None:
        production, shadow = (
            [other if one is None else one for one, other in zip(*both, strict=True)]
            for both in zip(grain.latencies(metric, "count"), grain.requests, strict=True)
        )
        known = grain.read[(metric,)] = production, shadow
    return known


def _in_blocks(grain: Grain, metric: str, key: str, needed: int) -> Differences:
    """Neighbouring periods together, as many as have enough requests: the mean of their log ratios.

    A percentile of few requests is too low, but as much on both sides if both have as many.
    """
    starts, production, shadow = [], [], []
    count = ours = theirs = 0.0
    begun: datetime.datetime | None = None
    used = thin = 0
    pairs = _pairs(grain, metric, key)
    rows = zip(pairs.starts, pairs.due, pairs.got, pairs.log_production, pairs.log_shadow, strict=True)
    for start, due, got, before, after in rows:
        # Of nearly as many as it takes a percentile is hardly too low, however many the other side has.
        if min(due, got) < _HARDLY_LOW * needed and abs(due - got) > _ALIKE * max(due, got):
            thin += 1
            continue
        begun, used = begun or start, used + 1
        count, ours, theirs = count + got, ours + got * before, theirs + got * after
        if count >= needed:
            starts.append(begun)
            production.append(math.exp(ours / count))
            shadow.append(math.exp(theirs / count))
            count, ours, theirs, begun = 0.0, 0.0, 0.0, None
    minutes = grain.seconds / 60 * used / max(1, len(starts))
    return Differences(tuple(starts), tuple(production), tuple(shadow), (), minutes, thin, pairs.missing, blocks=True)
