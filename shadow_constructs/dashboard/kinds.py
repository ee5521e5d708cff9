"""Where the lines of each kind of rule are drawn: one entry per kind, in the order in which people ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from shadow_constructs.dashboard.questions import answers, capacity, errors, latency, overhead
from shadow_constructs.dashboard.questions.question import Row, Subject
from shadow_ops.contract.rules import (
    AgreementRule,
    AverageRule,
    ErrorRateRule,
    LatencyRule,
    OverheadRule,
    Rule,
    UtilizationRule,
)

QUESTIONS: Mapping[type[Rule], Callable[[Subject], Iterator[Row]]] = MappingProxyType(
    {
        LatencyRule: latency.rows,
        # What makes the average slow makes the percentiles slow, and those have charts; the gate tells its figures.
        AverageRule: lambda _subject: iter(()),
        ErrorRateRule: errors.rows,
        AgreementRule: answers.rows,
        UtilizationRule: capacity.rows,
        OverheadRule: overhead.rows,
    }
)
