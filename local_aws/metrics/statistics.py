"""CloudWatch statistics over weighted samples: the five basic ones, percentiles and the trimmed family."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

BASIC = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_SHORT = re.compile(r"(p|tm|tc|ts|wm)(\d{1,3}(?:\.\d{1,10})?)", re.IGNORECASE)
_LONG = re.compile(r"(PR|TM|TC|TS|WM)\(([^:()]*):([^:()]*)\)", re.IGNORECASE)


@dataclass
class Summary:
    """What is kept of the values of one period.

    Args:
        count: Number of samples.
        total: Their sum.
        low: The smallest.
        high: The largest.
        values: Samples per value; None once statistic sets were added, which have no distribution.
    """

    count: float = 0.0
    total: float = 0.0
    low: float = float("inf")
    high: float = float("-inf")
    values: dict[float, float] | None = field(default_factory=dict)

    def add(self, value: float, count: float = 1.0, digits: int | None = None) -> None:
        """Add ``count`` samples of a value, kept to ``digits`` significant digits if given."""
        self.count += count
        self.total += value * count
        self.low = min(self.low, value)
        self.high = max(self.high, value)
        if self.values is not None:
            key = value if digits is None else float(f"{value:.{digits}g}")
            self.values[key] = self.values.get(key, 0.0) + count

    def add_set(self, count: float, total: float, low: float, high: float) -> None:
        """Add a statistic set, after which percentiles are gone unless the set is one repeated value."""
        if low == high and total == low * count:
            self.add(low, count)
            return
        self.merge(Summary(count, total, low, high, None))

    def merge(self, other: Summary, digits: int | None = None) -> None:
        """Add everything another summary holds."""
        self.count += other.count
        self.total += other.total
        self.low = min(self.low, other.low)
        self.high = max(self.high, other.high)
        if other.values is None:
            self.values = None
        elif self.values is not None:
            for value, count in other.values.items():
                key = value if digits is None else float(f"{value:.{digits}g}")
                self.values[key] = self.values.get(key, 0.0) + count


def is_statistic(name: str) -> bool:
    """Return whether CloudWatch knows a statistic of this name."""
    return name in BASIC or name.upper() == "IQM" or bool(_SHORT.fullmatch(name) or _LONG.fullmatch(name))


def statistic(summary: Summary, name: str) -> float | None:
    """Return one statistic of a period, or None where there is no data for it.

    Raises:
        ValueError: If the statistic is unknown.
    """
    if not is_statistic(name):
        raise ValueError(f"unknown statistic '{name}'")
    if summary.count <= 0:
        return None
    if name in BASIC:
        return {
            "SampleCount": summary.count,
            "Average": summary.total / summary.count,
            "Sum": summary.total,
            "Minimum": summary.low,
            "Maximum": summary.high,
        }[name]
    if not summary.values:
        return None
    ordered = sorted(summary.values.items())
    if name.upper() == "IQM":
        return _trimmed(ordered, "TM", "25%", "75%")
    if match := _SHORT.fullmatch(name):
        family, percent = match[1].upper(), float(match[2])
        return percentile(ordered, percent) if family == "P" else _trimmed(ordered, family, "", f"{percent}%")
    match = _LONG.fullmatch(name)
    assert match is not None
    return _trimmed(ordered, match[1].upper(), match[2], match[3])


def percentile(ordered: list[tuple[float, float]], percent: float) -> float:
    """Return a percentile of sorted ``(value, count)`` pairs, interpolated between the nearest ranks."""
    total = sum(count for _, count in ordered)
    rank = percent / 100 * (total - 1)
    seen, previous = 0.0, ordered[0][0]
    for value, count in ordered:
        if rank <= seen + count - 1:
            if rank >= seen:
                return value
            return previous + (value - previous) * (rank - (seen - 1))
        seen, previous = seen + count, value
    return ordered[-1][0]


def _trimmed(ordered: list[tuple[float, float]], family: str, low: str, high: str) -> float | None:
    below, above = _bound(ordered, low, float("-inf")), _bound(ordered, high, float("inf"))
    # The lower bound is exclusive and the upper inclusive, as the statistics page of CloudWatch says.
    kept = [(value, count) for value, count in ordered if below < value <= above]
    if low.strip() in ("", "0%"):
        kept = [(value, count) for value, count in ordered if value <= above]
    total, inside = sum(count for _, count in ordered), sum(count for _, count in kept)
    if family == "TC":
        return inside
    if family == "PR":
        return inside / total * 100
    if family == "TS":
        return sum(value * count for value, count in kept)
    if family == "WM":
        clamped = sum(min(max(value, below), above) * count for value, count in ordered)
        return clamped / total
    return sum(value * count for value, count in kept) / inside if inside else None


def _bound(ordered: list[tuple[float, float]], text: str, default: float) -> float:
    text = text.strip()
    if not text:
        return default
    return percentile(ordered, float(text[:-1])) if text.endswith("%") else float(text)
