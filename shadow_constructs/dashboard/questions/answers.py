"""Are the answers right?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from shadow_constructs.dashboard import colours
from shadow_constructs.dashboard.questions.question import Row, Subject, heading
from shadow_constructs.dashboard.widgets import Chart, Expression, Metric, Threshold, graph
from shadow_ops.contract.answers import CAPTURED, stretch_seconds
from shadow_ops.contract.catalogue import (
    AGREEING_ANSWERS,
    CAPTURE_AGE,
    CAPTURED_RECORDS,
    COMPARED_ANSWERS,
    DUE_RECORDS,
    UNJOINED_ANSWERS,
    CatalogueEntry,
)
from shadow_ops.contract.rules import AgreementRule


def rows(subject: Subject) -> Iterator[Row]:
    """The share of captured answers that agree, how many could be joined, and whether all that is due is captured."""
    shadow = subject.lanes.shadow
    if shadow is None or not subject.test.counts_answers:
        return
    yield from heading(
        "Are the answers right?",
        "Captured answers of both variants, compared pair by pair once an hour is over. "
        f"`shadow-test responses {subject.test.endpoint_name}` shows what differs.",
    )

    def of_shadow(entry: CatalogueEntry, name: str) -> Metric:
        return Metric(shadow, entry, entry.statistics[0], name)

    def of_each(entry: CatalogueEntry, suffix: str = "") -> list[Metric]:
        return [Metric(lane, entry, entry.statistics[0], f"{lane.key}{suffix}") for lane in subject.lanes.all]

    pairs = of_shadow(COMPARED_ANSWERS, "n")
    rules = subject.test.policy.of(AgreementRule)
    agreeing = Chart(
        "Answers that agree",
        "% of the pairs",
        [Expression("100*m/n", "agree", colours.DIFFERENCE)],
        [of_shadow(AGREEING_ANSWERS, "m"), pairs],
        Threshold.of(bound for rule in rules for bound in rule.bounds),
        from_zero=False,
    )
    joined = Chart(
        "Answers that are in a pair",
        "% of the fewer",
        [Expression("100*n/(n+u)", "in a pair", colours.DIFFERENCE)],
        [pairs, of_shadow(UNJOINED_ANSWERS, "u")],
    )
    records, due = of_each(CAPTURED_RECORDS), of_each(DUE_RECORDS, "d")
    captured = Chart(
        "Captured records",
        "% of those due",
        [Expression(f"100*{m.id}/{n.id}", m.lane.title, m.lane.colour) for m, n in zip(records, due, strict=True)],
        [*records, *due],
        Threshold.of([CAPTURED]),
        width=12,
    )
    ages = of_each(CAPTURE_AGE)
    last = Chart(
        "Since the last captured file",
        "minutes",
        [Expression(f"{one.id}/60", one.lane.title, one.lane.colour) for one in ages],
        ages,
        width=12,
    )
    canvas = replace(subject.canvas, period_seconds=stretch_seconds(subject.test.gate))
    yield [graph(replace(chart, width=12), canvas) for chart in (agreeing, joined)]
    yield [graph(captured, canvas), graph(last, canvas)]
