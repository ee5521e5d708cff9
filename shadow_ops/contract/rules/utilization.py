"""Rules about the hardware."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from shadow_ops.contract.catalogue import RESOURCE_METRICS, Statistic
from shadow_ops.contract.checks import check_number, check_one_of
from shadow_ops.contract.problems import Problems
from shadow_ops.contract.rules.rule import Bound, Rule

Resource = Literal["cpu", "memory", "disk", "gpu", "gpu_memory"]

RESOURCES: tuple[Resource, ...] = ("cpu", "memory", "disk", "gpu", "gpu_memory")


@dataclass(frozen=True, kw_only=True)
class UtilizationRule(Rule):
    """How full the hardware may be. CPU and GPU are divided by the instance's cores and projected to all the traffic.

    Attributes:
        resource: ``cpu``, ``memory``, ``disk``, ``gpu`` or ``gpu_memory``. Rules of a GPU say nothing of an instance
            without one.
        max_percent: Above 0 and up to 100, of the whole instance: 80 on four cores is 320 in CloudWatch.
        report_only: Whether the rule is only reported.
    """

    kind: ClassVar[str] = "utilization"
    resource: Resource = "cpu"
    max_percent: float = 80

    @property
    def id(self) -> str:
        """Such as ``utilization-cpu``."""
        return f"utilization-{self.resource.replace('_', '-')}"

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """What counts of all instances."""
        metric = RESOURCE_METRICS[self.resource]
        return (Statistic(metric, metric.statistics[0]),)

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """The bound of each variant."""
        return (Bound(name="max_percent", limit=self.max_percent, unit="percent", usual_from=1),)

    def _check(self, problems: Problems) -> None:
        check_one_of(problems, "resource", self.resource, RESOURCES)
        fix = "the unit is percent of the whole instance, whatever its number of cores"
        check_number(problems, "max_percent", self.max_percent, 0, 100, open_start=True, fix=fix)
