"""Both variants compared: descriptive statistics, differences, and the gate's intervals where it has any."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shadow_ops.cli import output
from shadow_ops.cli.durations import spoken
from shadow_ops.contract.catalogue import Comparison
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge import choose_period, judge
from shadow_ops.judge.live import subject_of
from shadow_ops.judge.verdict import Verdict
from shadow_ops.measure.metric_source import record, settle_seconds
from shadow_ops.observe.deployed import Deployed
from shadow_ops.observe.described import Described, Numbers, describe, periods

_STATISTICS = ("minimum", "average", "p50", "p90", "p99", "maximum")
_HEADER = ("", "min", "avg", "p50", "p90", "p99", "max", "count", "over time")
_NUMERIC = range(1, 8)

Interval = tuple[float | None, float | None]


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
                    "difference": _differences(one),
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
    cloudwatch: Any,  # noqa: ANN401 - a boto3 client
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


def as_table(compared: Compared, *, markdown: bool) -> str:
    """The comparison for people."""
    head = (
        f"{compared.endpoint}: {compared.production} beside {compared.shadow}, "
        f"which gets {compared.sampling_percent:g} % of the requests"
    )
    if not compared.metrics:
        return f"{head}\n\nno data of either variant yet; metrics arrive a minute or two after the requests"
    length = spoken(compared.end - compared.start)
    time = f"{compared.start:%Y-%m-%d %H:%M} to {compared.end:%Y-%m-%d %H:%M} UTC ({length})"
    rows: list[tuple[str, ...]] = [_HEADER]
    for one in compared.metrics:
        rows.append((f"{one.metric.title}, {one.unit}", *[""] * 8))
        rows += [_row("  production", one.production, _top(one, one.production))]
        rows += [_row("  shadow", one.shadow, _top(one, one.shadow))]
        rows += _difference_rows(compared, one)
    shown = output.table([_kept(row, markdown) for row in rows], markdown=markdown, right=_NUMERIC)
    return f"{head}\n{time}\n\n{shown}"


def _kept(row: tuple[str, ...], markdown: bool) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in row) if markdown else row


def _labels(found: Deployed) -> tuple[str, str]:
    live, said = found.live, found.declared
    assert live.shadow is not None
    names = live.production[0].name, live.shadow.name
    if said is None or said.shadow is None:
        return names
    return f"{names[0]} ({said.production[0].label})", f"{names[1]} ({said.shadow.label})"


def _top(one: Described, side: Numbers) -> float:
    """What a full bar stands for: the same on both sides, except of counts, of which a shadow has fewer by design."""
    counts = one.metric.comparison in (Comparison.SAMPLED_COUNT, Comparison.PER_INSTANCE)
    sides = (side,) if counts else (one.production, one.shadow)
    return max((value for numbers in sides for value in numbers.over_time if value is not None), default=0)


def _row(title: str, numbers: Numbers, top: float) -> tuple[str, ...]:
    figures = [_figure(getattr(numbers, statistic)) for statistic in _STATISTICS]
    count = "" if numbers.count is None else f"{numbers.count:,.0f}"
    return (title, *figures, count, output.sparkline(numbers.over_time, top))


def _difference_rows(compared: Compared, one: Described) -> list[tuple[str, ...]]:
    unit = " %" if one.metric.comparison is Comparison.DISTRIBUTION else ""
    if one.metric.comparison is Comparison.SAMPLED_COUNT:
        share = _ratio(one.shadow.count, one.production.count)
        return [] if share is None else [("  share of production's", *[""] * 6, f"{share * 100:.1f} %", "")]
    differences = _differences(one)
    title = "  difference" if unit else "  difference in points"
    rows = [(title, *(_change(differences[name], unit) if name in differences else "" for name in _STATISTICS), "", "")]
    intervals = [compared.intervals.get((one.metric.name, statistic)) for statistic in _STATISTICS]
    if any(interval is not None for interval in intervals):
        cells = ("" if interval is None else _between(interval, unit) for interval in intervals)
        rows.append((f"  {compared.confidence_percent:g} % sure", *cells, "", ""))
    return rows if differences else []


def _differences(one: Described) -> dict[str, float]:
    """By statistic: latencies in percent of production's, shares in points; counts have none."""
    if one.metric.comparison in (Comparison.SAMPLED_COUNT, Comparison.PER_INSTANCE):
        return {}
    found: dict[str, float] = {}
    for name in _STATISTICS:
        production, shadow = getattr(one.production, name), getattr(one.shadow, name)
        if one.metric.comparison is Comparison.DISTRIBUTION:
            ratio = _ratio(shadow, production)
            if ratio is not None:
                found[name] = (ratio - 1) * 100
        elif production is not None and shadow is not None:
            found[name] = shadow - production
    return found


def _intervals(verdict: Verdict) -> dict[tuple[str, str], Interval]:
    found: dict[tuple[str, str], Interval] = {}
    for finding in verdict.findings:
        main, numbers = finding.rule.statistics[0], finding.numbers
        # A rate is the average of what each request adds.
        column = "average" if main.metric.comparison is Comparison.RATE else main.name.lower()
        for bound in finding.rule.bounds:
            if bound.relative and f"low_{bound.unit}" in numbers:
                found[main.metric.name, column] = numbers[f"low_{bound.unit}"], numbers[f"high_{bound.unit}"]
    return found


def _between(interval: Interval, unit: str) -> str:
    low, high = ("" if end is None else _change(end, unit).removesuffix(unit) for end in interval)
    return f"{low}…{high}{unit}"


def _change(value: float, unit: str) -> str:
    digits = 1 if unit else 2
    # Adding zero takes the sign off one that is rounded away.
    return f"{round(value, digits) + 0:+.{digits}f}{unit}"


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None
