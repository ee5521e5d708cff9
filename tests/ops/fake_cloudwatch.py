"""A CloudWatch in memory that answers GetMetricData from points it was given."""

from __future__ import annotations

import datetime
from collections import defaultdict
from typing import Any

START = datetime.datetime(2026, 11, 2, 8, 0, tzinfo=datetime.UTC)


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
        self._points: dict[tuple[str, str, str], dict[datetime.datetime, float]] = defaultdict(dict)

    def put(self, variant: str, metric: str, statistic: str, minute: float, value: float) -> None:
        """Have a value at so many minutes after `START`."""
        self._points[variant, metric, statistic][START + datetime.timedelta(minutes=minute)] = value

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
        variant = next(one["Value"] for one in stat["Metric"]["Dimensions"] if one["Name"] == "VariantName")
        known = self._points.get((variant, stat["Metric"]["MetricName"], stat["Stat"]), {})
        return {time: value for time, value in known.items() if start <= time < end}
