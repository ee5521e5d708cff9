"""Which alarms each kind of rule makes: one entry per kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from shadow_constructs.alarms import answers, errors, latency, utilization
from shadow_constructs.alarms.spec import AlarmSpec
from shadow_constructs.alarms.subjects import NewFleet, Pair, Watched
from shadow_ops.contract.rules import (
    AgreementRule,
    AverageRule,
    ErrorRateRule,
    LatencyRule,
    OverheadRule,
    Rule,
    UtilizationRule,
)


@dataclass(frozen=True, kw_only=True)
class AlarmsOf:
    """Which alarms a kind of rule makes; each function takes rules of its kind alone.

    Attributes:
        of_variant: About one variant on its own.
        of_both: About the shadow against production. None if there is no such alarm.
        of_update: About the new fleet of an update. None if there is no such alarm.
        name: How the alarms are called, after whom they are about.
    """

    of_variant: Callable[[Watched, Any], Iterable[AlarmSpec]]
    of_both: Callable[[Pair, Any], Iterable[AlarmSpec]] | None = None
    of_update: Callable[[NewFleet, Any], Iterable[AlarmSpec]] | None = None
    name: Callable[[Any], str] = lambda rule: str(rule.id)

    def ids(self, rule: Rule) -> set[str]:
        """Ids that the rule's alarms may have in one phase of a test or another."""
        abouts = ("production", "shadow", *(() if self.of_both is None else ("relative",)))
        return {self.name(rule), *(f"{about}-{self.name(rule)}" for about in abouts)}


ALARMS: Mapping[type[Rule], AlarmsOf] = MappingProxyType(
    {
        LatencyRule: AlarmsOf(of_variant=latency.of_variant, of_both=latency.of_both, of_update=latency.of_update),
        # What makes the average slow makes the percentiles slow, and those have alarms.
        AverageRule: AlarmsOf(of_variant=lambda _watched, _rule: ()),
        # Nobody has to get up for it: AWS doesn't say what it means for a shadow.
        OverheadRule: AlarmsOf(of_variant=lambda _watched, _rule: ()),
        ErrorRateRule: AlarmsOf(of_variant=errors.of_variant, of_both=errors.of_both, of_update=errors.of_update),
        UtilizationRule: AlarmsOf(of_variant=utilization.of_variant, name=utilization.name_of),
        AgreementRule: AlarmsOf(of_variant=lambda _watched, _rule: (), of_both=answers.of_both),
    }
)
