"""A CloudWatch in memory that answers GetMetricData from points it was given."""

from __future__ import annotations

import datetime
import functools
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

START = datetime.datetime(2026, 11, 2, 8, 0, tzinfo=datetime.UTC)

_TOGETHER: dict[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "SampleCount": sum,
    "Minimum": min,
    "Maximum": max,
}


class FakeCloudWatch:
    """Answers GetMetricData as the API reference says, a page at a time.

    Args:
        page_size: Points of a series in a page.

    Attributes:
        requests: All that was asked.
        status: What the last page says of a metric, such as ``InternalError``, by the metric's name.
    """

    def __init__(self, page_size: int = 1000) -> None:
        self.requests: list[dict[str, Any]] = []
        self.status: dict[str, str] = {}
        self._page_size = page_size
        # Since when the figures of the config that is asked for are there by themselves; None if they never are.
        self.config_since: datetime.datetime | None = None
        self._points: dict[tuple[str, str, str], dict[datetime.datetime, float]] = defaultdict(dict)

    def put(self, variant: str, metric: str, statistic: str, minute: float, value: float) -> None:
        """Have a value at so many minutes after `START`."""
        self._points[variant, metric, statistic][START + datetime.timedelta(minutes=minute)] = value

    def copy(self) -> FakeCloudWatch:
        """One with the same points, to which others can be added; it was asked nothing yet."""
        other = FakeCloudWatch(self._page_size)
        other._points.update({series: dict(points) for series, points in self._points.items()})
        return other

    def get_metric_data(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3's
        """Answer one page."""
        self.requests.append(request)
        first = int(request.get("NextToken", "0"))
        results, more = [], False
        for query in request["MetricDataQueries"]:
            stat = query["MetricStat"]
            found = sorted(self._series(stat, request["StartTime"], request["EndTime"]).items())
            page = found[first : first + self._page_size]
            unfinished = first + self._page_size < len(found)
            more = more or unfinished
            results.append(
                {
                    "Id": query["Id"],
                    "Timestamps": [time for time, _ in page],
                    "Values": [value for _, value in page],
                    "StatusCode": "PartialData"
                    if unfinished
                    else self.status.get(stat["Metric"]["MetricName"], "Complete"),
                }
            )
        answer: dict[str, Any] = {"MetricDataResults": results}
        return answer | ({"NextToken": str(first + self._page_size)} if more else {})

    def asked(self) -> set[tuple[str, str]]:
        """Names and statistics of all metrics that were asked for."""
        return {
            (query["MetricStat"]["Metric"]["MetricName"], query["MetricStat"]["Stat"])
            for request in self.requests
            for query in request["MetricDataQueries"]
        }

    def _series(
        self, stat: dict[str, Any], start: datetime.datetime, end: datetime.datetime
    ) -> dict[datetime.datetime, float]:
        named = {one["Name"]: one["Value"] for one in stat["Metric"]["Dimensions"]}
        variant = named["VariantName"]
        if "EndpointConfigName" in named:
            if self.config_since is None:
                return {}
            start = max(start, self.config_since)
        known = self._points.get((variant, stat["Metric"]["MetricName"], stat["Stat"]), {})
        periods: dict[datetime.datetime, list[float]] = defaultdict(list)
        for time, value in known.items():
            if start <= time < end:
                begin = time.timestamp() // stat["Period"] * stat["Period"]
                periods[datetime.datetime.fromtimestamp(begin, datetime.UTC)].append(value)
        together = _TOGETHER.get(stat["Stat"], statistics.fmean)
        return {time: together(values) for time, values in periods.items()}


def traffic(minutes: int, slower: float = 1, shadow: bool = True, failing: float = 0) -> FakeCloudWatch:
    """Minutes of equal traffic.

    Args:
        minutes: How many.
        slower: By what factor the shadow is slower.
        shadow: Whether the shadow has any data.
        failing: Share of the shadow's requests that ends in a 5xx.
    """
    return _traffic(minutes, slower, shadow, failing).copy()


@functools.cache
def _traffic(minutes: int, slower: float, shadow: bool, failing: float) -> FakeCloudWatch:
    # Hours of minutes cost more than most tests that look at them.
    fake = FakeCloudWatch()
    for minute in range(minutes):
        for name, factor, share in (("production", 1.0, 0.0), ("shadow", slower, failing)):
            if name == "shadow" and not shadow:
                continue
            _minute(fake, name, minute, factor, share)
    return fake


def _minute(fake: FakeCloudWatch, name: str, minute: int, factor: float, failing: float) -> None:
    requests = 6000 if name == "production" else 3000
    fake.put(name, "Invocations", "Sum", minute, requests)
    fake.put(name, "ModelLatency", "SampleCount", minute, requests)
    latencies = {"Minimum": 5_000, "Average": 12_000, "p50": 10_000, "p90": 20_000, "p99": 40_000, "Maximum": 60_000}
    for number, (statistic, base) in enumerate(latencies.items()):
        # A little noise that is the same in each run, so that no two minutes are equal.
        wobble = 1 + ((minute * 7 + number * 3 + len(name)) % 11 - 5) / 1000
        fake.put(name, "ModelLatency", statistic, minute, base * factor * wobble)
    for errors in ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors"):
        fake.put(name, errors, "Sum", minute, requests * failing if errors == "Invocation5XXErrors" else 0)
    for host in ("CPUUtilization", "MemoryUtilization", "DiskUtilization"):
        for statistic, value in (("Minimum", 10), ("Average", 20), ("Maximum", 30)):
            fake.put(name, host, statistic, minute, value)
