"""Turn CloudWatch's metrics of both variants into a recording, the samples that a verdict is made from."""

from __future__ import annotations

import dataclasses
import datetime
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shadow_ops.aws.boto import Client
from shadow_ops.contract import catalogue
from shadow_ops.contract.answers import stretch_seconds
from shadow_ops.contract.catalogue import CatalogueEntry
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.measure.answers import read_answers
from shadow_ops.measure.metric_data import Points, Series, Span, kept_period, read_series, whole_periods
from shadow_ops.measure.recording import Coarse, Period, Recording, Side

SETTLE_SECONDS = 120
"""How old a period's end must be before the period is read: metrics of a minute arrive a minute or two after it."""

_LOOK_SECONDS = 300
# An update runs both fleets for a while, so that a config's first period is never whole.
_ALL_OF_IT = 0.9
_BASIC = {"SampleCount": "count", "Average": "avg", "Minimum": "min", "Maximum": "max"}
_SUMS = (
    catalogue.INVOCATIONS,
    catalogue.INVOCATIONS_PER_INSTANCE,
    catalogue.ERRORS_4XX,
    catalogue.ERRORS_5XX,
    catalogue.MODEL_ERRORS,
)
_HOST = (catalogue.CPU_UTILIZATION, catalogue.MEMORY_UTILIZATION, catalogue.DISK_UTILIZATION)
_GPU = (catalogue.GPU_UTILIZATION, catalogue.GPU_MEMORY_UTILIZATION)

PeriodChoice = Callable[[float, GatePolicy], int]
"""Seconds per period, for so many requests a minute at the shadow; see `shadow_ops.judge.choose_period`."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is read: the two variants of a shadow test.

    Attributes:
        endpoint: The endpoint's name.
        production_variant: The production variant's name.
        shadow_variant: The shadow variant's name.
        sampling_percent: Share of the requests that is copied to the shadow.
        production: What production runs on. None if it isn't known.
        shadow: What the shadow runs on. None if it isn't known.
        promoted: What the shadow's model would run on after the promotion. None if it isn't known.
        config: The endpoint config that serves. None to read all that served under the variants' names.
        captures: Whether requests are captured, so that the watch counts answers.
    """

    endpoint: str
    production_variant: str
    shadow_variant: str
    sampling_percent: float
    production: Instances | None = None
    shadow: Instances | None = None
    promoted: Instances | None = None
    config: str | None = None
    captures: bool = False


@dataclass(frozen=True)
class _Slot:
    """Where a series' values go: into a number, or into one value of a distribution."""

    series: Series
    key: str | None = None


def settle_seconds(policy: GatePolicy) -> int:
    """How old a period's end must be before the period is read.

    `SETTLE_SECONDS`, except where the policy asks for periods of less than a minute: who publishes that often is read
    after one more such period.
    """
    period = policy.period_seconds
    return SETTLE_SECONDS if period is None or period >= 60 else period


def record(
    cloudwatch: Client,
    subject: Subject,
    policy: GatePolicy,
    *,
    since: datetime.datetime,
    now: datetime.datetime,
    choose: PeriodChoice,
    settle: int | None = None,
) -> Recording:
    """Read both variants.

    Args:
        cloudwatch: The client.
        subject: The variants.
        policy: Says which percentiles are needed, and may say which period; it is never finer than what CloudWatch
            still has of the oldest point.
        since: The oldest time to read; the first period is the first whole one.
        now: The time.
        choose: Chooses the period where the policy doesn't.
        settle: Seconds by which the last period must be over. By default `settle_seconds`.

    Returns:
        The periods in which CloudWatch has anything, those that may still change left out.

    Raises:
        MetricQueryError: If CloudWatch couldn't answer.
        ClientError: If a call is refused.
    """
    until = now - datetime.timedelta(seconds=settle_seconds(policy) if settle is None else settle)
    given = policy.period_seconds is not None
    variants = subject.production_variant, subject.shadow_variant
    answers = None
    if subject.captures:
        stretch = stretch_seconds(policy)
        answers = read_answers(cloudwatch, subject.endpoint, variants, subject.config, stretch, since, now)
    alone, rate = (False, 0.0) if given and subject.config is None else _look(cloudwatch, subject, since, until)
    subject = subject if alone else dataclasses.replace(subject, config=None)
    wanted = _LOOK_SECONDS if policy.period_seconds is None else policy.period_seconds
    span = whole_periods(since, until, kept_period(wanted, since, now))
    # A percentile of few copies takes periods of its own.
    longer = (
        {}
        if given
        else {
            one: kept_period(choose(rate, dataclasses.replace(policy, rules=(rule,))), since, now)
            for rule in policy.gating_rules
            for one in rule.statistics
            if one.name.startswith("p")
        }
    )
    coarse = sorted({one for one in longer.values() if one > span.period_seconds})
    nothing = Side()

    def periods(span: Span, chosen: Callable[[_Slot], bool]) -> tuple[Period, ...]:
        sides = [
            [one for one in _slots(subject, variant, instances, policy) if chosen(one)]
            for variant, instances in (
                (subject.production_variant, subject.production),
                (subject.shadow_variant, subject.shadow),
            )
        ]
        points = read_series(cloudwatch, [slot.series for slots in sides for slot in slots], span)
        production, shadow = (_sides(slots, points) for slots in sides)
        starts = sorted({*production, *shadow})
        return tuple(Period(one, production.get(one, nothing), shadow.get(one, nothing)) for one in starts)

    def of(seconds: int) -> Callable[[_Slot], bool]:
        metrics = {(one.metric, one.name) for one, own in longer.items() if own == seconds}
        counted = {metric for metric, _ in metrics}
        return lambda slot: (
            (slot.series.metric, slot.series.statistic) in metrics
            or (slot.key == "count" and slot.series.metric in counted)
        )

    return Recording(
        endpoint=subject.endpoint,
        production_variant=subject.production_variant,
        shadow_variant=subject.shadow_variant,
        sampling_percent=subject.sampling_percent,
        period_seconds=span.period_seconds,
        periods=periods(span, lambda _slot: True),
        production=subject.production,
        shadow=subject.shadow,
        promoted=subject.promoted,
        policy=policy,
        coarse=tuple(Coarse(one, periods(whole_periods(since, until, one), of(one))) for one in coarse),
        until=span.end,
        answers=answers,
    )


def _look(
    cloudwatch: Client,
    subject: Subject,
    since: datetime.datetime,
    until: datetime.datetime,
) -> tuple[bool, float]:
    """Whether CloudWatch has the config's figures by themselves, and the shadow's requests in a minute.

    That SageMaker's metrics have an extra set with EndpointConfigName is documented for updates (Developer Guide,
    deployment-guardrails-configuration); whether it goes on afterwards isn't, so it is held against the other set.
    """
    # One cheap query first; what is read afterwards depends on how busy the shadow is.
    span = whole_periods(since, until, kept_period(_LOOK_SECONDS, since, until))
    variants = (subject.production_variant, subject.shadow_variant)
    configs = (None,) if subject.config is None else (None, subject.config)
    wanted = [
        Series(subject.endpoint, variant, catalogue.INVOCATIONS, "Sum", config)
        for config in configs
        for variant in dict.fromkeys(variants)
    ]
    found = read_series(cloudwatch, wanted, span)
    counts = {(one.variant, one.config): points for one, points in found.items()}
    alone = subject.config is not None and all(
        goes_on(counts[one, subject.config], counts[one, None]) for one in variants
    )
    shadow = counts[subject.shadow_variant, subject.config if alone else None]
    return alone, statistics.median(shadow.values()) * 60 / span.period_seconds if shadow else 0.0


def goes_on(of_config: Points, of_all: Points) -> bool:
    """Whether a config's figures are there from some time on to the end, and are all that there is since."""
    if not of_all:
        return True
    if not of_config or max(of_config) < max(of_all):
        return False
    began = min(of_config)
    return sum(of_config.values()) >= _ALL_OF_IT * sum(count for time, count in of_all.items() if time >= began)


def _slots(subject: Subject, variant: str, instances: Instances | None, policy: GatePolicy) -> list[_Slot]:
    # A type that isn't known may have a GPU: not asking would make one that is full look like none.
    host = _HOST if instances is not None and instances.gpus == 0 else (*_HOST, *_GPU)
    asked = dict.fromkeys(one for rule in policy.rules for one in rule.statistics)
    percentiles = [one for one in asked if one.name.startswith("p")]

    def slot(metric: CatalogueEntry, statistic: str, key: str | None = None) -> _Slot:
        # The host's metrics have no such set.
        config = subject.config if metric.namespace == catalogue.INVOCATION_NAMESPACE else None
        return _Slot(Series(subject.endpoint, variant, metric, statistic, config), key)

    return [
        *(slot(metric, "Sum") for metric in _SUMS),
        *(slot(metric, metric.statistics[0]) for metric in host),
        *(slot(catalogue.MODEL_LATENCY, statistic, key) for statistic, key in _BASIC.items()),
        *(slot(one.metric, one.name, one.name) for one in percentiles),
        # No percentiles of this one are documented (see the catalogue).
        *(slot(catalogue.OVERHEAD_LATENCY, statistic, key) for statistic, key in _BASIC.items()),
    ]


def _sides(slots: Sequence[_Slot], points: Mapping[Series, Points]) -> dict[datetime.datetime, Side]:
    numbers: dict[datetime.datetime, dict[str, float]] = {}
    distributions: dict[datetime.datetime, dict[str, dict[str, float]]] = {}
    for slot, time, value in _values(slots, points):
        name = slot.series.metric.name
        if slot.key is None:
            numbers.setdefault(time, {})[name] = value
        else:
            distributions.setdefault(time, {}).setdefault(name, {})[slot.key] = value
    return {time: Side(numbers.get(time, {}), distributions.get(time, {})) for time in {*numbers, *distributions}}


def _values(
    slots: Sequence[_Slot], points: Mapping[Series, Points]
) -> Iterator[tuple[_Slot, datetime.datetime, float]]:
    for slot in slots:
        for time, value in points[slot.series].items():
            yield slot, time, value
