"""The alarms about captured answers: how many agree, and whether they are captured at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from shadow_constructs.alarms.chance import STANDARD_ERRORS
from shadow_constructs.alarms.spec import AlarmSpec, Term
from shadow_constructs.alarms.subjects import Pair
from shadow_ops.contract.answers import CAPTURED, stretch_seconds
from shadow_ops.contract.catalogue import CAPTURED_RECORDS, COMPARED_ANSWERS, DUE_RECORDS, CatalogueEntry
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import AgreementRule

_STRETCHES = 2
"""So many stretches in a row: one may be a single caller's bad hour."""


def of_both(pair: Pair, rule: AgreementRule) -> Iterator[AlarmSpec]:
    """The shadow's answers agree less often than they must, by more than chance."""
    [bound], least = rule.bounds, pair.test.alerts.min_requests

    def term(metric: CatalogueEntry) -> Term:
        return Term(metric, pair.shadow_dimensions, metric.statistics[0])

    spec = pair.alarm(
        rule.id,
        f"{pair.who} answers otherwise: less than {bound.limit:g} % of the pairs of captured answers agree beyond "
        f"chance, in {_STRETCHES} stretches of answers in a row with at least {least} pairs each. Don't promote it; "
        f"`shadow-test responses {pair.test.endpoint_name}` shows what differs.",
        bound=bound,
        terms={},
        # A share of the pairs, and what chance may take from it; too few pairs divide by zero, which drops the point.
        expression=f"100 * (m / n + {STANDARD_ERRORS} * ((m / n * ABS(1 - m / n) / n) ^ 0.5)) / (n >= {least})",
        above=False,
    )
    agreeing = rule.statistics[0].metric
    yield _in_stretches(replace(spec, terms={"m": term(agreeing), "n": term(COMPARED_ANSWERS)}), pair.test.gate)


def of_capture(pair: Pair) -> Iterator[AlarmSpec]:
    """Less is captured than is due, by either variant: what it answers is lost, and with it what both say."""
    test, least = pair.test, pair.test.alerts.min_requests
    if not test.counts_answers:
        return
    both = (("p", pair.production_dimensions), ("s", pair.shadow_dimensions))
    spec = pair.alarm(
        "capture",
        f"Less than {CAPTURED.limit:g} % of the records that are due are captured of one variant of "
        f"{test.endpoint_name}, of production ({test.production.model.version}) or of the shadow "
        f"({pair.shadow.model.version}), in {_STRETCHES} stretches of answers in a row with at least {least} due each. "
        "Answers can't be compared while that lasts: see whether the disks are nearly full, and whether the execution "
        "role may still write to the bucket and use its key. The dashboard shows which variant it is.",
        bound=CAPTURED,
        terms={},
        # Where neither has enough due the division is by zero, which drops the point.
        expression=f"MIN([{_captured('p', least)}, {_captured('s', least)}]) / (MAX([dp, ds]) >= {least})",
        above=False,
    )
    terms = {
        f"{letter}{name}": Term(metric, dimensions, metric.statistics[0])
        for letter, metric in (("m", CAPTURED_RECORDS), ("d", DUE_RECORDS))
        for name, dimensions in both
    }
    yield _in_stretches(replace(spec, terms=terms), test.gate)


def _captured(name: str, least: int) -> str:
    """The captured part of what is due, in percent; all of it where too little is due to say."""
    due = f"d{name}"
    # The divisor is never zero: a variant that has nothing due must not take the other's value along.
    return f"100 * (1 - ({due} >= {least}) * (1 - m{name} / ({due} + ({due} < {least}))))"


def _in_stretches(spec: AlarmSpec, policy: GatePolicy) -> AlarmSpec:
    return replace(spec, period_seconds=stretch_seconds(policy), periods=_STRETCHES)
