"""A variant's CloudWatch metrics as the CDK's own objects; what they are called and mean is the catalogue's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from shadow_constructs.values.checks import check_text, check_type
from shadow_ops.contract import catalogue
from shadow_ops.contract.catalogue import CatalogueEntry
from shadow_ops.contract.checks import checking
from shadow_ops.contract.metrics import BY_NAME
from shadow_ops.contract.names import SERVICE_NAME, SERVICE_NAME_RULE
from shadow_ops.contract.problems import Problems, refuse

_CONFIG = "endpoint_config_name"
_SHORT_PERIODS = (1, 5, 10, 30)
# API member MetricStat.Period, an integer of 32 bits.
_LONGEST_PERIOD = 2**31 - 1
# CloudWatch User Guide, Statistics-definitions; the CDK writes them as the service does, whatever their case.
_SHARE = r"(?:100(?:\.0{1,10})?|[0-9]{1,2}(?:\.[0-9]{1,10})?)"
_STATISTIC = re.compile(
    r"(?i)average|avg|sum|minimum|min|maximum|max|samplecount|n|iqm"
    rf"|(?:p|tm|wm|tc|ts){_SHARE}"
    rf"|(?:tm|wm|tc|ts)\((?:{_SHARE}%:(?:{_SHARE}%)?|:{_SHARE}%)\)"
    + r"|(?:pr|tm|wm|tc|ts)\((?:{0}:(?:{0})?|:{0})\)".format(r"[0-9]{1,100}(?:\.[0-9]{1,10})?")
)
_A_STATISTIC = "be a statistic of CloudWatch, such as Average, Sum, p99.9, tm90, TM(10%:90%), PR(:300) or IQM"


@dataclass(frozen=True)
class VariantMetrics:
    """The metrics of one variant of one endpoint.

    Every method takes the statistic and the period, in seconds, and returns an ordinary ``cloudwatch.Metric``.

    Attributes:
        endpoint_name: The endpoint.
        variant_name: The variant.
        endpoint_config_name: An endpoint config, to see its fleet alone while an update has two running. By default
            all fleets are seen as one. May be a CDK token.
        scope: A construct of the stack that the endpoint is in. Its account and Region go with each metric to other
            stacks, as those of the CDK's own metrics do. By default that of whoever uses the metric.
    """

    endpoint_name: str
    variant_name: str
    endpoint_config_name: str | None = None
    scope: Construct | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the value.

        Raises:
            InvalidValueError: With one line per mistake.
        """
        problems = checking(self)
        for name in ("endpoint_name", "variant_name", *(() if self.endpoint_config_name is None else (_CONFIG,))):
            check_text(problems, name, getattr(self, name), pattern=SERVICE_NAME, rule=SERVICE_NAME_RULE, tokens=True)
        if self.scope is not None:
            check_type(problems, "scope", self.scope, Construct, "be a construct of the endpoint's stack")
        problems.raise_if_any()

    def of_config(self, endpoint_config_name: str) -> VariantMetrics:
        """The same metrics of one endpoint config's fleet alone (dimension EndpointConfigName)."""
        return replace(self, endpoint_config_name=endpoint_config_name)

    def metric(self, name: str, *, statistic: str | None = None, period_seconds: int = 60) -> cloudwatch.Metric:
        """Any metric of the catalogue, by CloudWatch's name.

        Args:
            name: Such as ``ModelLatency``; see `shadow_ops.contract.metrics.CATALOGUE`.
            statistic: CloudWatch's word, such as ``Average`` or ``p99.9``. By default the metric's main one.
            period_seconds: Length of a period.

        Raises:
            InvalidValueError: For a name that isn't in the catalogue.
        """
        if name not in BY_NAME:
            refuse("VariantMetrics", "name", f"be one of {', '.join(BY_NAME)}", name)
        entry = BY_NAME[name]
        return self._metric(entry, entry.statistics[0] if statistic is None else statistic, period_seconds)

    def metric_invocations(self, *, statistic: str = "Sum", period_seconds: int = 60) -> cloudwatch.Metric:
        """Requests; of a shadow, the requests copied to it."""
        return self._metric(catalogue.INVOCATIONS, statistic, period_seconds)

    def metric_invocations_per_instance(self, *, statistic: str = "Sum", period_seconds: int = 60) -> cloudwatch.Metric:
        """Requests, each counted as 1 divided by the number of instances."""
        return self._metric(catalogue.INVOCATIONS_PER_INSTANCE, statistic, period_seconds)

    def metric_model_latency(self, *, statistic: str = "p99", period_seconds: int = 60) -> cloudwatch.Metric:
        """Time in the container, in microseconds."""
        return self._metric(catalogue.MODEL_LATENCY, statistic, period_seconds)

    def metric_overhead_latency(self, *, statistic: str = "Average", period_seconds: int = 60) -> cloudwatch.Metric:
        """Time that SageMaker adds, in microseconds. What it means for a shadow isn't documented."""
        return self._metric(catalogue.OVERHEAD_LATENCY, statistic, period_seconds)

    def metric_4xx_errors(self, *, statistic: str = "Average", period_seconds: int = 60) -> cloudwatch.Metric:
        """Answers with a 4xx status: ``Average`` is a rate from 0 to 1, ``Sum`` a count."""
        return self._metric(catalogue.ERRORS_4XX, statistic, period_seconds)

    def metric_5xx_errors(self, *, statistic: str = "Average", period_seconds: int = 60) -> cloudwatch.Metric:
        """Answers with a 5xx status: ``Average`` is a rate from 0 to 1, ``Sum`` a count."""
        return self._metric(catalogue.ERRORS_5XX, statistic, period_seconds)

    def metric_model_errors(self, *, statistic: str = "Average", period_seconds: int = 60) -> cloudwatch.Metric:
        """Requests the model didn't answer well, time-outs included: ``Average`` is a rate from 0 to 1."""
        return self._metric(catalogue.MODEL_ERRORS, statistic, period_seconds)

    def metric_cpu_utilization(self, *, statistic: str = "Average", period_seconds: int = 60) -> cloudwatch.Metric:
        """CPU in percent, summed over the cores: 400 is a busy four-core instance."""
        return self._metric(catalogue.CPU_UTILIZATION, statistic, period_seconds)

    def metric_memory_utilization(self, *, statistic: str = "Average", period_seconds: int = 60) -> cloudwatch.Metric:
        """Memory in percent, 0 to 100."""
        return self._metric(catalogue.MEMORY_UTILIZATION, statistic, period_seconds)

    def metric_disk_utilization(self, *, statistic: str = "Maximum", period_seconds: int = 60) -> cloudwatch.Metric:
        """Disk space in percent, 0 to 100. Data capture stops when a disk is nearly full; stay below 75."""
        return self._metric(catalogue.DISK_UTILIZATION, statistic, period_seconds)

    def metric_gpu_utilization(self, *, statistic: str = "Average", period_seconds: int = 60) -> cloudwatch.Metric:
        """GPU in percent, summed over the GPUs. Only on instances with GPUs."""
        return self._metric(catalogue.GPU_UTILIZATION, statistic, period_seconds)

    def metric_gpu_memory_utilization(
        self, *, statistic: str = "Average", period_seconds: int = 60
    ) -> cloudwatch.Metric:
        """GPU memory in percent, summed over the GPUs. Only on instances with GPUs."""
        return self._metric(catalogue.GPU_MEMORY_UTILIZATION, statistic, period_seconds)

    def _metric(self, entry: CatalogueEntry, statistic: str, period_seconds: int) -> cloudwatch.Metric:
        problems = Problems("VariantMetrics")
        whole = isinstance(period_seconds, int) and not isinstance(period_seconds, bool)
        fits = whole and 0 < period_seconds <= _LONGEST_PERIOD
        if not fits or (period_seconds not in _SHORT_PERIODS and period_seconds % 60 != 0):
            must = "be 1, 5, 10, 30 or a multiple of 60"
            if whole and period_seconds > _LONGEST_PERIOD:
                must = f"be at most {_LONGEST_PERIOD:,}"
            problems.add("period_seconds", must, period_seconds, "the unit is seconds")
        check_text(problems, "statistic", statistic, pattern=_STATISTIC, rule=_A_STATISTIC, tokens=True)
        problems.raise_if_any()
        dimensions = catalogue.dimensions(self.endpoint_name, self.variant_name, self.endpoint_config_name)
        # No unit: CloudWatch finds nothing, without a word, where the unit asked for isn't the one published.
        found = cloudwatch.Metric(
            namespace=entry.namespace,
            metric_name=entry.name,
            dimensions_map=dimensions,
            statistic=statistic,
            period=cdk.Duration.seconds(period_seconds),
        )
        return found if self.scope is None else found.attach_to(self.scope)
