"""GetMetricData, GetMetricStatistics and ListMetrics over the metric store."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from local_aws.errors import ServiceError
from local_aws.metrics.math import MathError, Scope, evaluate
from local_aws.metrics.statistics import is_statistic, statistic
from local_aws.metrics.store import MetricKey, MetricStore, Once, dimensions_of

Points = dict[int, float]
_MAX_QUERIES = 500


class Time(float):
    """Seconds since the epoch, marked so that each protocol can write it its own way."""


def metric_key(region: str, metric: dict[str, Any]) -> MetricKey:
    """Return the key of a Metric structure."""
    return MetricKey(
        region, metric.get("Namespace", ""), metric["MetricName"], dimensions_of(metric.get("Dimensions") or [])
    )


class Span(NamedTuple):
    """A span of time to read, and where its periods begin (see ``MetricStore.read``)."""

    start: float
    end: float
    origin: int | None = None


def stat_points(store: MetricStore | Once, region: str, stat: dict[str, Any], span: Span) -> Points:
    """Return the values of a MetricStat per period.

    Raises:
        ServiceError: If the statistic is unknown.
    """
    if not is_statistic(stat["Stat"]):
        raise ServiceError("ValidationError", f"The value {stat['Stat']} for parameter Stat is not supported.")
    period = int(stat["Period"])
    series = store.read(metric_key(region, stat["Metric"]), span.start, span.end, period, span.origin)
    values = {when: statistic(summary, stat["Stat"]) for when, summary in series.items()}
    return {when: value for when, value in values.items() if value is not None}


def query_points(
    store: MetricStore | Once, region: str, queries: list[dict[str, Any]], span: Span
) -> dict[str, Points]:
    """Return the points of every query, metric or expression, by its id.

    Raises:
        ServiceError: If a query is wrong.
    """
    found = {
        query["Id"]: stat_points(store, region, query["MetricStat"], span)
        for query in queries
        if query.get("MetricStat")
    }
    periods = {q["Id"]: int(q["MetricStat"]["Period"]) for q in queries if q.get("MetricStat")}
    expressions = {q["Id"]: q["Expression"] for q in queries if q.get("Expression")}
    step = min(periods.values(), default=60)
    first = int(span.start) // step * step if span.origin is None else int(span.start)
    grid = range(first, math.ceil(span.end), step)
    scope = Scope(dict(found), expressions, periods, grid)
    for identifier in expressions:
        try:
            found[identifier] = evaluate(identifier, scope)
        except MathError as error:
            raise ServiceError("ValidationError", f"Error in expression '{identifier}': {error}") from error
    return found


def metric_data(store: MetricStore, region: str, request: dict[str, Any], start: float, end: float) -> dict[str, Any]:
    """Return the GetMetricData response."""
    queries = request.get("MetricDataQueries") or []
    if len(queries) > _MAX_QUERIES:
        raise ServiceError("ValidationError", f"At most {_MAX_QUERIES} queries, got {len(queries)}.")
    points = query_points(store, region, queries, Span(start, end))
    descending = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    results = []
    for query in queries:
        if str(query.get("ReturnData", True)).lower() == "false":
            continue
        ordered = sorted(points[query["Id"]].items(), reverse=descending)
        results.append(
            {
                "Id": query["Id"],
                "Label": query.get("Label") or _label(query),
                "Timestamps": [Time(when) for when, _ in ordered],
                "Values": [float(value) for _, value in ordered],
                "StatusCode": "Complete",
            }
        )
    return {"MetricDataResults": results}


def _label(query: dict[str, Any]) -> str:
    return str(query["MetricStat"]["Metric"]["MetricName"] if query.get("MetricStat") else query["Id"])


def metric_statistics(
    store: MetricStore, region: str, request: dict[str, Any], start: float, end: float
) -> dict[str, Any]:
    """Return the GetMetricStatistics response."""
    plain, extended = request.get("Statistics") or [], request.get("ExtendedStatistics") or []
    if not plain and not extended:
        raise ServiceError("InvalidParameterCombination", "At least one of Statistics and ExtendedStatistics is needed")
    for name in (*plain, *extended):
        if not is_statistic(name):
            raise ServiceError("InvalidParameterValue", f"unknown statistic '{name}'")
    key = metric_key(region, request)
    datapoints = []
    for when, summary in store.read(key, start, end, int(request["Period"])).items():
        point: dict[str, Any] = {"Timestamp": Time(when), "Unit": store.unit(key)}
        point.update({name: statistic(summary, name) for name in plain})
        percentiles = {name: statistic(summary, name) for name in extended}
        if extended:
            point["ExtendedStatistics"] = {name: value for name, value in percentiles.items() if value is not None}
        datapoints.append(point)
    return {"Label": request["MetricName"], "Datapoints": datapoints}


def list_metrics(store: MetricStore, region: str, request: dict[str, Any]) -> dict[str, Any]:
    """Return the ListMetrics response."""
    wanted = [(d["Name"], d.get("Value")) for d in request.get("Dimensions") or []]
    rows = []
    for key in store.keys(region):
        if request.get("Namespace", key.namespace) != key.namespace:
            continue
        if request.get("MetricName", key.name) != key.name:
            continue
        held = dict(key.dimensions)
        if all(name in held and value in (None, held[name]) for name, value in wanted):
            dimensions = [{"Name": name, "Value": value} for name, value in key.dimensions]
            rows.append({"Namespace": key.namespace, "MetricName": key.name, "Dimensions": dimensions})
    return {"Metrics": rows}
