"""Read series of CloudWatch by GetMetricData: batched, paged, and with "no data" told from "the query failed"."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shadow_ops.aws.boto import Client, pages
from shadow_ops.contract.catalogue import CatalogueEntry, dimensions

# API operation GetMetricData: queries in a call, and points in an answer. Longer answers come in pages.
_QUERIES_PER_CALL = 500
_POINTS_PER_PAGE = 100_800

# How long points live, by the length of their period (CloudWatch User Guide, metrics retention).
_RETENTION = (
    (datetime.timedelta(hours=3), 1),
    (datetime.timedelta(days=15), 60),
    (datetime.timedelta(days=63), 300),
    (datetime.timedelta(days=455), 3600),
)
_COARSEST_SECONDS = 3600
# Of less than a minute, GetMetricData takes these only (API member MetricStat.Period).
_SHORT_PERIODS = (1, 5, 10, 20, 30)

Points = Mapping[datetime.datetime, float]
"""Values by the start of their period, in UTC; a period without data isn't there."""


class MetricQueryError(RuntimeError):
    """CloudWatch couldn't answer, which is not the same as having no data. The message is a sentence."""


@dataclass(frozen=True)
class Series:
    """One statistic of one metric of one variant.

    Attributes:
        endpoint: The endpoint's name.
        variant: The variant's name.
        metric: The metric.
        statistic: As CloudWatch writes it, such as ``Sum`` or ``p99``.
        config: The endpoint config whose figures alone are wanted. None for all that served under the variant's name.
    """

    endpoint: str
    variant: str
    metric: CatalogueEntry
    statistic: str
    config: str | None = None


@dataclass(frozen=True)
class Span:
    """Whole periods of the clock.

    Attributes:
        start: Start of the first period.
        end: End of the last period; equal to `start` if there is none.
        period_seconds: Length of each period.
    """

    start: datetime.datetime
    end: datetime.datetime
    period_seconds: int

    @property
    def empty(self) -> bool:
        """Whether there is no whole period."""
        return self.start >= self.end


def kept_period(period_seconds: int, since: datetime.datetime, now: datetime.datetime) -> int:
    """The shortest period, of at least so many seconds, that GetMetricData takes and has points of that are so old.

    Args:
        period_seconds: The period that is wanted.
        since: The oldest point that is wanted.
        now: The time.
    """
    age = now - since
    finest = next((seconds for life, seconds in _RETENTION if age <= life), _COARSEST_SECONDS)
    if finest == 1:
        finest = next((seconds for seconds in _SHORT_PERIODS if period_seconds <= seconds), 60)
    return math.ceil(period_seconds / finest) * finest


def whole_periods(since: datetime.datetime, until: datetime.datetime, period_seconds: int) -> Span:
    """The periods that lie wholly between two times."""
    first = math.ceil(since.timestamp() / period_seconds) * period_seconds
    last = math.floor(until.timestamp() / period_seconds) * period_seconds
    return Span(_utc(first), _utc(max(first, last)), period_seconds)


def read_series(cloudwatch: Client, wanted: Sequence[Series], span: Span) -> dict[Series, Points]:
    """Read series.

    Args:
        cloudwatch: The client; it repeats what fails in passing, as botocore's standard mode does.
        wanted: What to read.
        span: When.

    Returns:
        The points of each series; none where CloudWatch has no data.

    Raises:
        MetricQueryError: If CloudWatch says that it couldn't answer a query, or only in part.
        ClientError: If the call is refused.
    """
    if span.empty:
        return {series: {} for series in wanted}
    found: dict[Series, Points] = {}
    for first in range(0, len(wanted), _QUERIES_PER_CALL):
        found |= _read_batch(cloudwatch, wanted[first : first + _QUERIES_PER_CALL], span)
    return found


def _read_batch(cloudwatch: Client, wanted: Sequence[Series], span: Span) -> dict[Series, Points]:
    named = {f"q{number}": series for number, series in enumerate(wanted)}
    points: dict[str, dict[datetime.datetime, float]] = {name: {} for name in named}
    status = dict.fromkeys(named, "Complete")
    request = {
        "MetricDataQueries": [_query(name, series, span.period_seconds) for name, series in named.items()],
        "StartTime": span.start,
        "EndTime": span.end,
        "ScanBy": "TimestampAscending",
        "MaxDatapoints": _POINTS_PER_PAGE,
    }
    for page in pages(cloudwatch.get_metric_data, **request):
        for result in page["MetricDataResults"]:
            name = result["Id"]
            status[name] = result.get("StatusCode", "Complete")
            points[name] |= _points(result["Timestamps"], result["Values"], span)
    # PartialData is usual of a page; of the last one it means that points are missing.
    for name, word in status.items():
        if word != "Complete":
            raise MetricQueryError(_failure(named[name], word, page.get("Messages") or ()))
    return {series: points[name] for name, series in named.items()}


def _query(name: str, series: Series, period_seconds: int) -> dict[str, Any]:
    found = dimensions(series.endpoint, series.variant, series.config)
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": series.metric.namespace,
                "MetricName": series.metric.name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in found.items()],
            },
            "Period": period_seconds,
            "Stat": series.statistic,
        },
    }


def _points(times: Iterable[datetime.datetime], values: Iterable[float], span: Span) -> dict[datetime.datetime, float]:
    paired = ((time.astimezone(datetime.UTC), value) for time, value in zip(times, values, strict=True))
    # CloudWatch may put a point at its period's beginning where the span begins within that period.
    before = span.start - datetime.timedelta(seconds=span.period_seconds)
    return {time: value for time, value in paired if before < time < span.end}


def _failure(series: Series, status: str, messages: Iterable[Mapping[str, str]]) -> str:
    said = "; ".join(f"{one.get('Code', '')} {one.get('Value', '')}".strip() for one in messages)
    because = f" ({said})" if said else ""
    return (
        f"CloudWatch could not give {series.statistic} of {series.metric.name} of {series.endpoint}/{series.variant}: "
        f"it answered {status}{because}; nothing was judged, try again"
    )


def _utc(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
