"""The rules of a policy: what must hold of the shadow, with the unit in each name.

A rule says what it needs: which statistics it reads, how many requests they take, and which bounds it has. Alarms,
dashboard, judge and command line each have one table with an entry per kind of rule, and ask the rule for the rest.
"""

from collections.abc import Mapping
from types import MappingProxyType

from shadow_ops.contract.rules.agreement import AgreementRule
from shadow_ops.contract.rules.durations import AverageRule, DurationRule, LatencyRule, OverheadRule
from shadow_ops.contract.rules.errors import ERRORS, ErrorRateRule, Errors
from shadow_ops.contract.rules.rule import Bound, Rule
from shadow_ops.contract.rules.utilization import RESOURCES, Resource, UtilizationRule

__all__ = [
    "ERRORS",
    "KINDS",
    "RESOURCES",
    "AgreementRule",
    "AverageRule",
    "Bound",
    "DurationRule",
    "ErrorRateRule",
    "Errors",
    "LatencyRule",
    "OverheadRule",
    "Resource",
    "Rule",
    "UtilizationRule",
]

KINDS: Mapping[str, type[Rule]] = MappingProxyType(
    {
        kind.kind: kind
        for kind in (LatencyRule, AverageRule, OverheadRule, ErrorRateRule, UtilizationRule, AgreementRule)
    }
)
"""Every kind of rule, by its name in JSON."""

for _name, _kind in KINDS.items():
    setattr(Rule, _name, _kind)
