"""Descriptive statistics of both variants, metric by metric, in units in which they can be compared."""

from __future__ import annotations

import datetime
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shadow_ops.aws.boto import Client
from shadow_ops.contract.catalogue import INVOCATIONS, MODEL_LATENCY, CatalogueEntry
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.metrics import CATALOGUE
from shadow_ops.measure.metric_data import Points, Series, Span, kept_period, read_series, whole_periods
from shadow_ops.measure.metric_source import Subject
from shadow_ops.observe.comparable import Comparison, comparison

# Fine enough that the part of a period at either end that is left out matters little.
_PERIODS = 480
_COLUMNS = 32
_PERCENTILES = ("p50", "p90", "p99")
_DISTRIBUTION = ("Minimum", "Average", "Maximum", "SampleCount")
_HOST = ("Minimum", "Average", "Maximum")
_MICROSECONDS_PER_MILLISECOND = 1000

Values = Sequence[float | None]


@dataclass(frozen=True)
class Numbers:
    """One metric of one variant.

    Attributes:
        minimum: The smallest.
        average: The average.
        p50: The median, as are the next two a percentile.
        p90: The 90th percentile.
        p99: The 99th percentile.
        maximum: The largest.
        count: Requests, errors or, of latencies, what they are computed from.
        over_time: The average in each of at most 32 equal times.
    """

    minimum: float | None = None
    average: float | None = None
    p50: float | None = None
    p90: float | None = None
    p99: float | None = None
    maximum: float | None = None
    count: float | None = None
    over_time: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Described:
    """One metric of both variants.

    Attributes:
        metric: The metric.
        unit: What the numbers are.
        production: The production variant's.
        shadow: The shadow variant's.
    """

    metric: CatalogueEntry
    unit: str
    production: Numbers
    shadow: Numbers


def periods(since: datetime.datetime, until: datetime.datetime, shortest_seconds: int) -> Span:
    """A few hundred periods that fill a time.

    Args:
        since: Its beginning.
        until: Its end.
        shortest_seconds: No period is shorter.
    """
    wanted = (until - since).total_seconds() / _PERIODS
    period = max(1, math.ceil(wanted / shortest_seconds)) * shortest_seconds
    return whole_periods(since, until, kept_period(period, since, until))


def describe(cloudwatch: Client, subject: Subject, span: Span) -> tuple[Described, ...]:
    """Describe every metric of the catalogue of which either variant has data.

    Args:
        cloudwatch: The client.
        subject: The variants.
        span: The time, and how finely it is read. Of none, as of a test that began a minute ago, there is nothing.

    Raises:
        MetricQueryError: If CloudWatch couldn't answer.
        ClientError: If a call is refused.
    """
    if span.empty:
        return ()
    sides = (subject.production_variant, subject.production), (subject.shadow_variant, subject.shadow)
    wanted = [
        Series(subject.endpoint, variant, entry, statistic)
        for variant, _ in sides
        for entry in CATALOGUE
        for statistic in _statistics(entry)
    ]
    fine = read_series(cloudwatch, wanted, span)
    # Percentiles of parts don't add up to one of the whole: the whole time is asked for as one period.
    seconds = int((span.end - span.start).total_seconds())
    whole = Span(span.start, span.end, kept_period(max(seconds, span.period_seconds), span.start, span.end))
    latencies = [one for one in wanted if one.metric is MODEL_LATENCY and one.statistic == "SampleCount"]
    latencies += [
        Series(subject.endpoint, variant, MODEL_LATENCY, percentile)
        for variant, _ in sides
        for percentile in _PERCENTILES
    ]
    coarse = read_series(cloudwatch, latencies, whole)
    described = []
    for entry in CATALOGUE:
        numbers = [
            _numbers(_Side(subject.endpoint, variant, instances, fine, coarse, span), entry)
            for variant, instances in sides
        ]
        if any(value is not None for one in numbers for value in one.over_time):
            described.append(Described(entry, _unit(entry, subject), *numbers))
    return tuple(described)


@dataclass(frozen=True)
class _Side:
    endpoint: str
    variant: str
    instances: Instances | None
    fine: Mapping[Series, Points]
    coarse: Mapping[Series, Points]
    span: Span

    def over_time(self, entry: CatalogueEntry, statistic: str, factor: float = 1) -> tuple[float | None, ...]:
        points = self.fine[Series(self.endpoint, self.variant, entry, statistic)]
        step = datetime.timedelta(seconds=self.span.period_seconds)
        count = (self.span.end - self.span.start) // step
        found = (points.get(self.span.start + number * step) for number in range(count))
        return tuple(None if value is None else value * factor for value in found)

    def percentile(self, entry: CatalogueEntry, statistic: str, factor: float) -> float | None:
        points = self.coarse[Series(self.endpoint, self.variant, entry, statistic)]
        counts = self.coarse[Series(self.endpoint, self.variant, entry, "SampleCount")]
        # More than one point where CloudWatch's period doesn't begin with the span: then by their weights.
        weighed = [(value, counts.get(time, 0)) for time, value in points.items()]
        weight = sum(count for _, count in weighed)
        return sum(value * count for value, count in weighed) / weight * factor if weight > 0 else None


def _statistics(entry: CatalogueEntry) -> tuple[str, ...]:
    if comparison(entry) in (Comparison.SAMPLED_COUNT, Comparison.PER_INSTANCE, Comparison.RATE):
        return ("Sum",)
    return _DISTRIBUTION if comparison(entry) is Comparison.DISTRIBUTION else _HOST


def _unit(entry: CatalogueEntry, subject: Subject) -> str:
    if comparison(entry) in (Comparison.SAMPLED_COUNT, Comparison.PER_INSTANCE):
        return "per minute"
    if comparison(entry) is Comparison.RATE:
        return "% of the requests"
    if comparison(entry) is Comparison.DISTRIBUTION:
        return "ms"
    known = all(_cores(entry, one) is not None for one in (subject.production, subject.shadow))
    return "% of the instance" if known else "% summed over the cores"


def _cores(entry: CatalogueEntry, instances: Instances | None) -> int | None:
    if comparison(entry) is Comparison.PERCENT:
        return 1
    if instances is None:
        return None
    return (instances.vcpus if comparison(entry) is Comparison.PER_CPU else instances.gpus) or None


def _numbers(side: _Side, entry: CatalogueEntry) -> Numbers:
    if comparison(entry) in (Comparison.SAMPLED_COUNT, Comparison.PER_INSTANCE):
        return _of_periods(side.over_time(entry, "Sum"), 60 / side.span.period_seconds)
    if comparison(entry) is Comparison.RATE:
        return _of_errors(side.over_time(entry, "Sum"), side.over_time(INVOCATIONS, "Sum"))
    if comparison(entry) is Comparison.DISTRIBUTION:
        return _of_latency(side, entry)
    return _of_host(side, entry)


def _of_periods(sums: Values, per_minute: float) -> Numbers:
    present = sorted(value * per_minute for value in sums if value is not None)
    if not present:
        return Numbers()
    cuts = statistics.quantiles(present, n=100, method="inclusive") if len(present) > 1 else present * 99
    return Numbers(
        minimum=present[0],
        average=statistics.fmean(present),
        p50=cuts[49],
        p90=cuts[89],
        p99=cuts[98],
        maximum=present[-1],
        count=sum(value for value in sums if value is not None),
        over_time=_drawn([None if value is None else value * per_minute for value in sums]),
    )


def _of_errors(errors: Values, requests: Values) -> Numbers:
    # An error may be counted in the period after its request; a share above all of them is none.
    pairs = [
        (error, max(error, request)) if error is not None and request else None
        for error, request in zip(errors, requests, strict=True)
    ]
    rates = tuple(None if one is None else one[0] / one[1] * 100 for one in pairs)
    present = [one for one in pairs if one is not None]
    if not present:
        return Numbers()
    failed, asked = sum(one[0] for one in present), sum(one[1] for one in present)
    known = [rate for rate in rates if rate is not None]
    return Numbers(
        minimum=min(known), average=failed / asked * 100, maximum=max(known), count=failed, over_time=_drawn(rates)
    )


def _of_latency(side: _Side, entry: CatalogueEntry) -> Numbers:
    factor = 1 / _MICROSECONDS_PER_MILLISECOND
    averages, counts = side.over_time(entry, "Average", factor), side.over_time(entry, "SampleCount")
    percentiles = {}
    if entry is MODEL_LATENCY:
        percentiles = {name: side.percentile(entry, name, factor) for name in _PERCENTILES}
    return Numbers(
        minimum=_least(side.over_time(entry, "Minimum", factor)),
        average=_weighed(averages, counts),
        maximum=_most(side.over_time(entry, "Maximum", factor)),
        count=sum(_present(counts)) if _present(counts) else None,
        over_time=_drawn(averages),
        **percentiles,
    )


def _of_host(side: _Side, entry: CatalogueEntry) -> Numbers:
    factor = 1 / (_cores(entry, side.instances) or 1)
    averages = side.over_time(entry, "Average", factor)
    return Numbers(
        minimum=_least(side.over_time(entry, "Minimum", factor)),
        average=_weighed(averages, [1] * len(averages)),
        maximum=_most(side.over_time(entry, "Maximum", factor)),
        over_time=_drawn(averages),
    )


def _drawn(values: Values) -> tuple[float | None, ...]:
    width = math.ceil(len(values) / _COLUMNS)
    parts = (_present(values[first : first + width]) for first in range(0, len(values), width))
    return tuple(statistics.fmean(part) if part else None for part in parts)


def _weighed(values: Values, weights: Values) -> float | None:
    pairs = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None and weight]
    total = sum(weight for _, weight in pairs)
    return sum(value * weight for value, weight in pairs) / total if total else None


def _present(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _least(values: Values) -> float | None:
    return min(_present(values), default=None)


def _most(values: Values) -> float | None:
    return max(_present(values), default=None)
