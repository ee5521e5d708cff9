"""What a report says in figures: what was tested, the answers, capacity and cost, as tables of ready text."""

from __future__ import annotations

import datetime
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shadow_ops.contract.catalogue import INVOCATIONS
from shadow_ops.contract.instances import Instances
from shadow_ops.judge.agreement import share_text
from shadow_ops.judge.verdict import Verdict
from shadow_ops.measure.recording import Recording
from shadow_ops.report.graphs import OF_THE_INSTANCE, Graph, graphs_of
from shadow_ops.responses import reading_text
from shadow_ops.responses.counted import SIDES
from shadow_ops.responses.result import Result
from shadow_ops.responses.tally import LOSSES

_LEAST_PERCENT = 0.01
_MOST_ROWS = 8
_BUSY_PERCENTILE = 0.95

Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows under a header.

    Attributes:
        header: Names of the columns; the first one names the rows.
        rows: Cells.
    """

    header: Row
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that a page is made of.

    Attributes:
        recording: What was measured.
        verdict: What the gate says of it.
        made: When the report is made.
        labels: What production and shadow are, for people: version and hardware, or what is known.
        answers: The captured answers, compared; None if they weren't looked at.
        no_answers: Why they weren't, in one sentence.
        price: Of one instance of the shadow in an hour, in any currency; None if nobody said.
    """

    recording: Recording
    verdict: Verdict
    made: datetime.datetime
    labels: Mapping[str, str] = field(default_factory=dict)
    answers: Result | None = None
    no_answers: str = ""
    price: float | None = None

    @property
    def curves(self) -> tuple[Graph, ...]:
        """What is drawn: figures that are anything but zero."""
        return tuple(graph for graph in graphs_of(self.recording) if not graph.is_zero)

    @property
    def zeros(self) -> tuple[str, ...]:
        """Titles of the figures that were zero all the time."""
        return tuple(graph.title for graph in graphs_of(self.recording) if graph.is_zero)


def facts(report: Report) -> tuple[Row, ...]:
    """What was tested, when, and on how much."""
    seen = report.recording
    length = datetime.timedelta(seconds=seen.period_seconds)
    rows = [
        ("Production", report.labels.get("production") or _on(seen.production_variant, seen.production)),
        ("Shadow", report.labels.get("shadow") or _on(seen.shadow_variant, seen.shadow)),
        ("Copied to the shadow", f"{seen.sampling_percent:g} % of the requests"),
    ]
    if seen.promoted is not None:
        rows.append(("After a promotion", _on("", seen.promoted)))
    if seen.periods:
        each = f"{seen.period_seconds} s" if seen.period_seconds < 60 else f"{seen.period_seconds / 60:g} min"
        first, last = seen.periods[0].start, seen.periods[-1].start + length
        rows.append(("Measured", f"{first:%d %B %Y %H:%M} to {last:%d %B %Y %H:%M} UTC"))
        rows.append(("Periods", f"{len(seen.periods):,} of {each}"))
    return tuple(rows)


def capacity(report: Report) -> Table:
    """What each variant had to do, at its busiest, and what the promoted one would have to."""
    seen = report.recording
    rows = [("Requests", *(f"{sum(_counts(seen, side)):,.0f}" for side in SIDES), "")]
    production, shadow = (_busiest(seen, side) for side in SIDES)
    if production is not None and shadow is not None:
        counts = [None if one is None else one.count for one in (seen.production, seen.shadow, seen.promoted)]
        each = [_each(busy, count) for busy, count in zip((production, shadow, production), counts, strict=True)]
        rows.append(("Busiest: requests a minute", f"{production:,.0f}", f"{shadow:,.0f}", f"{production:,.0f}"))
        rows.append(("Busiest: on each instance", *each))
    rows += [
        (f"{graph.title}, at its fullest", *map(_top, (graph.production, graph.shadow)), "")
        for graph in graphs_of(seen)
        if graph.unit == OF_THE_INSTANCE
    ]
    return Table(("", "Production", "Shadow", "Promoted"), tuple(rows))


def cost(report: Report) -> tuple[Row, ...]:
    """What the shadow has used; nothing where its instances aren't known."""
    seen = report.recording
    if seen.shadow is None or not seen.periods:
        return ()
    last = seen.periods[-1].start + datetime.timedelta(seconds=seen.period_seconds)
    hours = (last - seen.periods[0].start).total_seconds() / 3600 * seen.shadow.count
    rows = [("Instance-hours of the shadow", f"{some(hours)} of {seen.shadow.instance_type}, while it was measured")]
    if report.price is not None:
        rows.append(("Cost", f"{hours * report.price:,.2f} at {report.price:g} an instance and hour"))
    return tuple(rows)


def answers(result: Result) -> Iterator[tuple[str, Table]]:
    """The comparison of captured answers: what is in pairs, classes, numbers, differences, hours; each with a title.

    No answer and no request itself: they are customers' data.
    """
    tally = result.tally
    lost = [(why, *(f"{tally.losses[side][why]:,}" for side in SIDES)) for why in LOSSES]
    rows = [
        ("read", *(f"{tally.records[side]:,}" for side in SIDES)),
        ("in pairs", *(f"{tally.all.compared:,}" for _ in SIDES)),
        *(row for row in lost if set(row[1:]) != {"0"}),
    ]
    yield "Records", Table(("", "Production", "Shadow"), tuple(rows))
    names = sorted({name for pair in result.classes for name in pair})
    if 1 < len(names) <= _MOST_ROWS:
        classes = [(one, *(f"{result.classes.get((one, other), 0):,}" for other in names)) for one in names]
        yield "Classes: production's in rows, the shadow's in columns", Table(("", *names), tuple(classes))
    if result.numbers:
        cells = [
            (path, f"{one.count:,}", f"{one.mean:+.3g}", "{:+.3g} to {:+.3g}".format(*one.limits), f"{one.largest:.4g}")
            for path, one in result.numbers[:_MOST_ROWS]
        ]
        yield "Numbers", Table(("Where", "Pairs", "Mean difference", "95 % lie within", "Largest"), tuple(cells))
    if result.parts:
        differing = [(f"{path} {how}", f"{pairs:,}") for (path, how), pairs in result.parts[:_MOST_ROWS]]
        yield "What differs", Table(("Where and how", "Pairs"), tuple(differing))
    if len(tally.hours) > 1:
        worst = result.worst(tally.hours)[:_MOST_ROWS]
        shares = (share_text(one.agreeing / one.compared * 100) for _, one in worst)
        hours = [(f"{hour}h", f"{one.compared:,}", f"{next(shares)} %") for hour, one in worst]
        yield "Hours that agree least (UTC)", Table(("Hour", "Pairs", "Agree"), tuple(hours))


def sentences(result: Result) -> Iterator[str]:
    """How many pairs agree; then what was read and joined, and what wasn't, as the command line says it."""
    yield reading_text.agreement(result)
    if result.read.first is not None:
        yield reading_text.hours(result.read)
    yield from reading_text.notes(result)
    yield from result.symptoms


def _on(name: str, instances: Instances | None) -> str:
    hardware = "" if instances is None else f"{instances.count} x {instances.instance_type}"
    return " on ".join(part for part in (name, hardware) if part)


def _counts(seen: Recording, side: str) -> list[float]:
    found: list[float] = [getattr(period, side).numbers.get(INVOCATIONS.name, 0.0) for period in seen.periods]
    return found


def _busiest(seen: Recording, side: str) -> float | None:
    """Requests a minute that one period in twenty is busier than."""
    counts = sorted(_counts(seen, side))
    if not counts:
        return None
    return counts[min(int(len(counts) * _BUSY_PERCENTILE), len(counts) - 1)] * 60 / seen.period_seconds


def _each(busy: float, count: int | None) -> str:
    return "" if not count else f"{busy / count:,.0f}"


def _top(values: tuple[float | None, ...]) -> str:
    seen = [value for value in values if value is not None]
    return f"{percent(max(seen))} (median {percent(statistics.median(seen))})" if seen else ""


def percent(value: float) -> str:
    """A share for people; next to nothing is said to be so."""
    return f"{value:.3g} %" if value == 0 or value >= _LEAST_PERCENT else f"under {_LEAST_PERCENT:g} %"


def some(hours: float) -> str:
    """Hours for people: of less than one two digits."""
    return f"{hours:,.1f}" if hours >= 1 else f"{hours:.2g}"
