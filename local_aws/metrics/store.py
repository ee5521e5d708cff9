"""The metric store: aggregated by second, then by minute, so that a long rehearsal stays quick to read."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from local_aws.metrics.statistics import Summary

Dimensions = tuple[tuple[str, str], ...]
Series = dict[int, Summary]

_FINE_SECONDS = 600
_FINE_DIGITS = 4
_COARSE_DIGITS = 3
_RETENTION_SECONDS = 15 * 86_400


class MetricKey(NamedTuple):
    """What makes a metric one metric: each set of dimensions is another."""

    region: str
    namespace: str
    name: str
    dimensions: Dimensions


def dimensions_of(pairs: Mapping[str, str] | Iterable[Mapping[str, str]]) -> Dimensions:
    """Return dimensions in canonical order, from a map or from AWS's list of Name and Value."""
    if isinstance(pairs, Mapping):
        return tuple(sorted(pairs.items()))
    return tuple(sorted((pair["Name"], pair.get("Value", "")) for pair in pairs))


class MetricStore:
    """Values by metric and time. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._series: dict[MetricKey, dict[int, Summary]] = {}
        self._units: dict[MetricKey, str] = {}
        self._compacted: dict[MetricKey, int] = {}

    def record(self, key: MetricKey, unit: str, when: float, value: float, count: float = 1.0) -> None:
        """Add ``count`` samples of a value."""
        with self._lock:
            self._bucket(key, unit, when).add(value, count, _FINE_DIGITS)

    def record_set(self, key: MetricKey, unit: str, when: float, summary: Summary) -> None:
        """Add a published statistic set."""
        with self._lock:
            self._bucket(key, unit, when).add_set(summary.count, summary.total, summary.low, summary.high)

    def _bucket(self, key: MetricKey, unit: str, when: float) -> Summary:
        self._units.setdefault(key, unit)
        series = self._series.setdefault(key, {})
        second = math.floor(when)
        bucket = series.get(second)
        if bucket is None:
            bucket = series[second] = Summary()
            self._compact(key, series, second)
        return bucket

    def _compact(self, key: MetricKey, series: dict[int, Summary], now: int) -> None:
        """Fold seconds older than ten minutes into their minute, at most once a minute per metric."""
        before = self._compacted.get(key, 0)
        if now - before < 60:
            return
        self._compacted[key] = now
        folded, expired = before - _FINE_SECONDS, now - _RETENTION_SECONDS
        for second in [s for s in series if s < now - _FINE_SECONDS]:
            if second % 60 == 0 and expired <= second < folded:
                continue  # a minute already
            bucket = series.pop(second)
            if second >= expired:
                series.setdefault(second - second % 60, Summary()).merge(bucket, _COARSE_DIGITS)

    def read(self, key: MetricKey, start: float, end: float, period: int, origin: int | None = None) -> Series:
        """Return summaries per period whose values lie in ``start <= time < end``.

        Args:
            key: The metric.
            start: Begin of the span. It is rounded down to the minute, or to the period where that is shorter,
                as CloudWatch does.
            end: End of the span.
            period: Seconds per summary.
            origin: A time at which a period begins, for windows that slide. Default: periods begin at their
                multiples, and the start is rounded.
        """
        step = min(period, 60)
        first = math.floor(start) // step * step if origin is None else math.floor(start)
        shift = (origin or 0) % period
        found: Series = {}
        with self._lock:
            for second, bucket in self._series.get(key, {}).items():
                if first <= second < end:
                    begin = (second - shift) // period * period + shift
                    found.setdefault(begin, Summary()).merge(bucket)
        return dict(sorted(found.items()))

    def unit(self, key: MetricKey) -> str:
        """Return the unit a metric was first published with."""
        return self._units.get(key, "None")

    def keys(self, region: str) -> list[MetricKey]:
        """Return every metric of a region."""
        with self._lock:
            return sorted(key for key in self._series if key.region == region)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._series.clear()
            self._units.clear()
            self._compacted.clear()


class Once:
    """A store as it is now: what several ask for is read once. Not to be kept.

    Args:
        store: The store.
    """

    def __init__(self, store: MetricStore) -> None:
        self._store = store
        self._found: dict[tuple[MetricKey, float, float, int, int | None], Series] = {}

    def read(self, key: MetricKey, start: float, end: float, period: int, origin: int | None = None) -> Series:
        """As `MetricStore.read`."""
        asked = (key, start, end, period, origin)
        if asked not in self._found:
            self._found[asked] = self._store.read(*asked)
        return self._found[asked]
