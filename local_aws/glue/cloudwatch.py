"""CloudWatch's data calls, answered from the aggregated store instead of ministack's list of points."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from local_aws.errors import ServiceError
from local_aws.glue import private
from local_aws.glue.alarms import CloudWatchAlarms
from local_aws.glue.handler import current_region
from local_aws.loose import Json
from local_aws.metrics import queries
from local_aws.metrics.statistics import Summary
from local_aws.metrics.store import MetricKey, MetricStore, dimensions_of


class CloudWatchGlue:
    """Replaces ministack's data functions; its protocols (CBOR, JSON, Query) stay.

    Args:
        store: The metric store.
        alarms: Where alarms are put.
    """

    def __init__(self, store: MetricStore, alarms: CloudWatchAlarms) -> None:
        self._store = store
        self._alarms = alarms
        self._module = private.module("services.cloudwatch")

    def install(self) -> None:
        """Put our functions in the place of ministack's."""
        for name, operation in {
            "_put_metric_data": self._put,
            "_get_metric_data": self._get_data,
            "_get_metric_statistics": self._get_statistics,
            "_list_metrics": self._list,
            "_put_metric_alarm": self._alarms.put,
        }.items():
            setattr(self._module, name, self._served(name, operation))
        self._module.record_metric = self._record
        self._alarms.install()

    def _served(self, name: str, operation: Json) -> Json:
        action = "".join(part.capitalize() for part in name.split("_"))

        def handler(params: dict[str, Json], decoded: dict[str, Json], is_cbor: bool, is_json: bool = False) -> Json:
            request = decoded if is_cbor or is_json else unflatten(params)
            try:
                response = operation(request)
            except ServiceError as error:
                return self._module._error(error.code, error.message, error.status, use_json=is_json, use_cbor=is_cbor)
            if is_cbor:
                return self._module._cbor_ok(_with_times(response, self._module._cbor_timestamp))
            if is_json:
                return self._module._json_ok(_with_times(response, lambda when: when))
            inner = to_xml(_with_times(response, _iso))
            result = f"<{action}Result>{inner}</{action}Result>" if inner else ""
            return self._module._xml(200, f"{action}Response", result)

        return handler

    def _record(
        self, namespace: str, name: str, value: float, unit: str = "None", dimensions: dict[str, str] | None = None
    ) -> None:
        key = MetricKey(current_region(), namespace, name, dimensions_of(dimensions or {}))
        self._store.record(key, unit, time.time(), float(value))

    def _put(self, request: dict[str, Any]) -> dict[str, Any]:
        for datum in request.get("MetricData") or []:
            when = self._time(datum.get("Timestamp")) or time.time()
            key = MetricKey(
                current_region(),
                request["Namespace"],
                datum["MetricName"],
                dimensions_of(datum.get("Dimensions") or []),
            )
            unit = datum.get("Unit", "None")
            if datum.get("Values") is not None:
                counts = datum.get("Counts") or [1.0] * len(datum["Values"])
                for value, count in zip(datum["Values"], counts, strict=True):
                    self._store.record(key, unit, when, float(value), float(count))
            elif datum.get("StatisticValues"):
                given = {k: float(v) for k, v in datum["StatisticValues"].items()}
                summary = Summary(given["SampleCount"], given["Sum"], given["Minimum"], given["Maximum"], None)
                self._store.record_set(key, unit, when, summary)
            else:
                self._store.record(key, unit, when, float(datum["Value"]))
        return {}

    def _get_data(self, request: dict[str, Any]) -> dict[str, Any]:
        start, end = self._span(request)
        return queries.metric_data(self._store, current_region(), request, start, end)

    def _get_statistics(self, request: dict[str, Any]) -> dict[str, Any]:
        start, end = self._span(request)
        return queries.metric_statistics(self._store, current_region(), request, start, end)

    def _list(self, request: dict[str, Any]) -> dict[str, Any]:
        return queries.list_metrics(self._store, current_region(), request)

    def _span(self, request: dict[str, Any]) -> tuple[float, float]:
        start, end = self._time(request.get("StartTime")), self._time(request.get("EndTime"))
        if start is None or end is None or start >= end:
            raise ServiceError("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
        return start, end

    def _time(self, value: Json) -> float | None:
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
        parsed: float | None = self._module._parse_ts(value)
        return parsed


def unflatten(params: dict[str, Any]) -> dict[str, Any]:
    """Return the nested request that the Query protocol's ``A.member.1.B=x`` parameters stand for."""
    root: dict[str, Any] = {}
    for name, values in params.items():
        value = values[0] if isinstance(values, list) else values
        node: dict[str, Any] = root
        parts = name.replace(".member.", ".#").split(".")
        for part in parts[:-1]:
            node = node.setdefault(part, {})
        node[parts[-1]] = value
    listed = _lists(root)
    assert isinstance(listed, dict)
    return listed


def _lists(node: Json) -> Json:
    if not isinstance(node, dict):
        return node
    if node and all(key.startswith("#") for key in node):
        return [_lists(node[key]) for key in sorted(node, key=lambda key: int(key[1:]))]
    return {key: _lists(item) for key, item in node.items()}


def to_xml(value: Json) -> str:
    """Return a response as the Query protocol writes it."""
    if isinstance(value, dict):
        return "".join(f"<{name}>{to_xml(item)}</{name}>" for name, item in value.items() if item is not None)
    if isinstance(value, list):
        return "".join(f"<member>{to_xml(item)}</member>" for item in value)
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


def _iso(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _with_times(value: Json, convert: Json) -> Json:
    if isinstance(value, queries.Time):
        return convert(float(value))
    if isinstance(value, dict):
        return {key: _with_times(item, convert) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_times(item, convert) for item in value]
    return value
