"""Both variants compared: descriptive statistics, differences, and the gate's intervals where it has any."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shadow_ops.aws.boto import Client
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge import choose_period, judge
from shadow_ops.judge.live import subject_of
from shadow_ops.judge.verdict import Verdict
from shadow_ops.measure.metric_source import record, settle_seconds
from shadow_ops.observe.comparable import Comparison, comparison
from shadow_ops.observe.deployed import Deployed
from shadow_ops.observe.described import Described, describe, periods

STATISTICS = ("minimum", "average", "p50", "p90", "p99", "maximum")
"""The statistics that are compared, as `Numbers` names them."""

Interval = tuple[float | None, float | None]
"""From and to; None where it is open."""


@dataclass(frozen=True)
class Compared:
    """A comparison.

    Attributes:
        endpoint: The endpoint's name.
        production: What production is, for people.
        shadow: What the shadow is, for people.
        sampling_percent: Share of the requests that is copied.
        start: Beginning of the time that is compared.
        end: Its end.
        confidence_percent: How sure the intervals are.
        metrics: The metrics that have data.
        intervals: How far the shadow lies above production by metric and statistic: latencies in percent of
            production's, error rates in points.
        verdict: What the gate says of that time alone.
    """

    endpoint: str
    production: str
    shadow: str
    sampling_percent: float
    start: datetime.datetime
    end: datetime.datetime
    confidence_percent: float
    metrics: tuple[Described, ...]
    intervals: Mapping[tuple[str, str], Interval]
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain JSON values."""
        return {
            "endpoint": self.endpoint,
            "production": self.production,
            "shadow": self.shadow,
            "sampling_percent": self.sampling_percent,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "confidence_percent": self.confidence_percent,
            "metrics": [
                {
                    "name": one.metric.name,
                    "unit": one.unit,
                    "production": asdict(one.production),
                    "shadow": asdict(one.shadow),
                    "difference": differences(one),
                    "interval": {
                        statistic: list(interval)
                        for (name, statistic), interval in self.intervals.items()
                        if name == one.metric.name
                    },
                }
                for one in self.metrics
            ],
        }


def compare(
    cloudwatch: Client,
    found: Deployed,
    since: datetime.datetime,
    now: datetime.datetime,
) -> Compared:
    """Compare the variants of an endpoint that has a shadow.

    Args:
        cloudwatch: The client.
        found: The endpoint.
        since: The oldest time to look at.
        now: The time.

    Raises:
        MetricQueryError: If CloudWatch couldn't answer.
        ClientError: If a call is refused.
    """
    policy = (None if found.declared is None else found.declared.policy) or GatePolicy()
    subject = subject_of(found.live, found.promoted)
    shortest = 60 if policy.period_seconds is None else min(60, policy.period_seconds)
    until = now - datetime.timedelta(seconds=settle_seconds(policy))
    span = periods(since, max(since, until), shortest)
    recording = record(cloudwatch, subject, policy, since=since, now=now, choose=choose_period)
    verdict = judge(recording, policy)
    production, shadow = _labels(found)
    return Compared(
        endpoint=found.live.name,
        production=production,
        shadow=shadow,
        sampling_percent=found.live.sampling_percent,
        start=span.start,
        end=span.end,
        confidence_percent=policy.confidence_percent,
        metrics=describe(cloudwatch, subject, span),
        intervals=_intervals(verdict),
        verdict=verdict,
    )


def _labels(found: Deployed) -> tuple[str, str]:
    live, said = found.live, found.declared
    assert live.shadow is not None
    names = live.production[0].name, live.shadow.name
    if said is None or said.shadow is None:
        return names
    return f"{names[0]} ({said.production[0].label})", f"{names[1]} ({said.shadow.label})"


def differences(one: Described) -> dict[str, float]:
    """By statistic: latencies in percent of production's, shares in points; counts have none."""
    if comparison(one.metric) in (Comparison.SAMPLED_COUNT, Comparison.PER_INSTANCE):
        return {}
    found: dict[str, float] = {}
    for name in STATISTICS:
        production, shadow = getattr(one.production, name), getattr(one.shadow, name)
        if comparison(one.metric) is Comparison.DISTRIBUTION:
            times = ratio(shadow, production)
            if times is not None:
                found[name] = (times - 1) * 100
        elif production is not None and shadow is not None:
            found[name] = shadow - production
    return found


def _intervals(verdict: Verdict) -> dict[tuple[str, str], Interval]:
    found: dict[tuple[str, str], Interval] = {}
    for finding in verdict.findings:
        main, numbers = finding.rule.statistics[0], finding.numbers
        # What is only held to a number of its own, as answers are, has no interval.
        for bound in (one for one in finding.rule.bounds if one.relative):
            interval = numbers.get(f"low_{bound.unit}"), numbers.get(f"high_{bound.unit}")
            # A rate is the average of what each request adds.
            column = "average" if comparison(main.metric) is Comparison.RATE else main.name.lower()
            # So little was measured that it could lie anywhere: then there is none either.
            if interval != (None, None):
                found[main.metric.name, column] = interval
    return found


def ratio(one: float | None, other: float | None) -> float | None:
    """One number in parts of another; None where either is missing or the other is zero."""
    return one / other if one is not None and other else None
