"""The comparison of both variants, for people."""

from __future__ import annotations

from shadow_ops.cli import output
from shadow_ops.cli.durations import spoken
from shadow_ops.observe.comparable import Comparison, comparison
from shadow_ops.observe.compared import STATISTICS, Compared, Interval, differences, ratio
from shadow_ops.observe.described import Described, Numbers

_HEADER = ("", "min", "avg", "p50", "p90", "p99", "max", "count", "over time")
_NUMERIC = range(1, 8)


def as_table(compared: Compared, *, markdown: bool) -> str:
    """The comparison for people."""
    head = output.prose(
        f"{compared.endpoint}: {compared.production} beside {compared.shadow}, "
        f"which gets {compared.sampling_percent:g} % of the requests",
        markdown=markdown,
    )
    if not compared.metrics:
        what = (
            "no data of either variant yet" if compared.start < compared.end else "nothing of that time is measured yet"
        )
        return f"{head}\n\n{what}; metrics arrive a minute or two after the requests"
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


def _top(one: Described, side: Numbers) -> float:
    """What a full bar stands for: the same on both sides, except of counts, of which a shadow has fewer by design."""
    counts = comparison(one.metric) in (Comparison.SAMPLED_COUNT, Comparison.PER_INSTANCE)
    sides = (side,) if counts else (one.production, one.shadow)
    return max((value for numbers in sides for value in numbers.over_time if value is not None), default=0)


def _row(title: str, numbers: Numbers, top: float) -> tuple[str, ...]:
    figures = [_figure(getattr(numbers, statistic)) for statistic in STATISTICS]
    count = "" if numbers.count is None else f"{numbers.count:,.0f}"
    return (title, *figures, count, output.sparkline(numbers.over_time, top))


def _difference_rows(compared: Compared, one: Described) -> list[tuple[str, ...]]:
    unit = " %" if comparison(one.metric) is Comparison.DISTRIBUTION else ""
    if comparison(one.metric) is Comparison.SAMPLED_COUNT:
        share = ratio(one.shadow.count, one.production.count)
        return [] if share is None else [("  share of production's", *[""] * 6, f"{share * 100:.1f} %", "")]
    found = differences(one)
    title = "  difference" if unit else "  difference in points"
    rows = [(title, *(_change(found[name], unit) if name in found else "" for name in STATISTICS), "", "")]
    intervals = [compared.intervals.get((one.metric.name, statistic)) for statistic in STATISTICS]
    if any(interval is not None for interval in intervals):
        cells = ("" if interval is None else _between(interval, unit) for interval in intervals)
        rows.append((f"  {compared.confidence_percent:g} % sure", *cells, "", ""))
    return rows if found else []


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
