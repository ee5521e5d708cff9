"""Does it fail more?"""

from __future__ import annotations

from collections.abc import Iterator

from shadow_constructs.dashboard import colours
from shadow_constructs.dashboard.questions.question import Row, Subject, either, heading
from shadow_constructs.dashboard.widgets import Chart, Expression, Metric, Threshold, graph
from shadow_ops.contract.catalogue import ERROR_METRICS
from shadow_ops.contract.rules import ErrorRateRule, Errors

_KINDS: tuple[Errors, ...] = ("5xx", "model", "4xx")
"""The worst first."""

# A rate is 0 without errors and missing without requests: FILL tells the two apart, where arithmetic would not.
_DIFFERENCE = "IF(FILL(p,-1)>=0 AND FILL(s,-1)>=0,100*(s-p))"


def rows(subject: Subject) -> Iterator[Row]:
    """Error rates of each variant, and how far the shadow's are above production's."""
    yield from heading(
        either(subject, "Does it fail more?", "Does it fail?"),
        either(
            subject,
            "Share of each variant's own requests. Below: the shadow's minus production's, in percentage points.",
            "Share of the requests. Model errors are all that the container didn't answer well, time-outs included.",
        ),
    )
    rules = {rule.errors: rule for rule in subject.test.policy.of(ErrorRateRule)}
    yield [graph(_rate(subject, kind, rules.get(kind)), subject.canvas) for kind in _KINDS]
    if subject.lanes.pair is not None:
        yield [graph(_difference(subject, kind, rules.get(kind)), subject.canvas) for kind in _KINDS]


def _metrics(subject: Subject, kind: Errors) -> list[Metric]:
    # Each request adds 0 or 1, so that the average is the rate.
    return [Metric(lane, ERROR_METRICS[kind], "Average", lane.key) for lane in subject.lanes.all]


def _rate(subject: Subject, kind: Errors, rule: ErrorRateRule | None) -> Chart:
    metrics = _metrics(subject, kind)
    thresholds = Threshold.of([] if rule is None else [rule.own_bound])
    lines = [Expression(f"100*{one.id}", one.lane.title, one.lane.colour) for one in metrics]
    return Chart(ERROR_METRICS[kind].title, "% of requests", lines, metrics, thresholds)


def _difference(subject: Subject, kind: Errors, rule: ErrorRateRule | None) -> Chart:
    thresholds = Threshold.of([] if rule is None else [rule.relative_bound])
    return Chart(
        f"{ERROR_METRICS[kind].title}: shadow minus production",
        "points",
        [Expression(_DIFFERENCE, "difference", colours.DIFFERENCE)],
        _metrics(subject, kind),
        thresholds,
        from_zero=False,
        height=5,
    )
