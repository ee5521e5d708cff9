"""How often an endpoint publishes its metrics, and how many."""

from __future__ import annotations

from dataclasses import dataclass

from shadow_ops.contract.checks import check_flag, check_one_of, checking


@dataclass(frozen=True, kw_only=True)
class MetricsPublishing:
    """Publishing of CloudWatch metrics (API member MetricsConfig). Written out in full, whatever SageMaker's defaults.

    Attributes:
        frequency_seconds: How often utilisation is published: 10, 30, 60, 120, 180, 240 or 300. Points finer than
            60 seconds are kept for three hours only.
        enhanced: Whether metrics are also published per instance, container and accelerator, at extra cost.
        detailed_observability: Whether OpenTelemetry data is published too, at extra cost. SageMaker turns it on for
            new endpoint configs that don't say; the library turns it off unless asked.
    """

    frequency_seconds: int = 60
    enhanced: bool = False
    detailed_observability: bool = False

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        check_one_of(problems, "frequency_seconds", self.frequency_seconds, (10, 30, 60, 120, 180, 240, 300))
        check_flag(problems, "enhanced", self.enhanced)
        check_flag(problems, "detailed_observability", self.detailed_observability)
        problems.raise_if_any()
