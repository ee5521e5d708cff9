"""A variant's CloudWatch metrics: names, namespaces, dimensions and units in one place.

Source: SageMaker Developer Guide, monitoring-cloudwatch. A shadow variant reports the same metrics as a production
variant, under its own name.
"""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

INVOCATION_NAMESPACE = "AWS/SageMaker"
HOST_NAMESPACE = "/aws/sagemaker/Endpoints"


@dataclass(frozen=True)
class VariantMetrics:
    """The metrics of one variant of one endpoint.

    Every method takes the statistic and the period, in seconds, and returns an ordinary ``cloudwatch.Metric``.

    Attributes:
        endpoint_name: The endpoint.
        variant_name: The variant.
    """

    endpoint_name: str
    variant_name: str

    def metric_invocations(self, *, statistic: str = "Sum", period_seconds: int = 60) -> cloudwatch.Metric:
        """Requests; of a shadow, the requests copied to it."""
        return self._invocation("Invocations", statistic, period_seconds)

    def metric_invocations_per_instance(self, *, statistic: str = "Sum", period_seconds: int = 60) -> cloudwatch.Metric:
        """Requests, each counted as 1 divided by the number of instances."""
        return self._invocation("InvocationsPerInstance", statistic, period_seconds)

    def metric_model_latency(self, *, statistic: str = "p99", period_seconds: int = 60) -> cloudwatch.Metric:
        """Time in the container, in microseconds."""
        return self._invocation("ModelLatency", statistic, period_seconds)

    def metric_overhead_latency(self, *, statistic: str = "Average", period_seconds: int = 60) -> cloudwatch.Metric:
        """Time that SageMaker adds, in microseconds. What it means for a shadow isn't documented."""
        return self._invocation("OverheadLatency", statistic, period_seconds)

    def metric_4xx_errors(self, *, statistic: str = "Average", period_seconds: int = 60) -> cloudwatch.Metric:
        """Answers with a 4xx status: ``Average`` is a rate from 0 to 1, ``Sum`` a count."""
        return self._invocation("Invocation4XXErrors", statistic, period_seconds)

    def metric_5xx_errors(self, *, statistic: str = "Average", period_seconds: int = 60) -> cloudwatch.Metric:
        """Answers with a 5xx status: ``Average`` is a rate from 0 to 1, ``Sum`` a count."""
        return self._invocation("Invocation5XXErrors", statistic, period_seconds)

    def metric_model_errors(self, *, statistic: str = "Average", period_seconds: int = 60) -> cloudwatch.Metric:
        """Requests the model didn't answer well, time-outs included: ``Average`` is a rate from 0 to 1."""
        return self._invocation("InvocationModelErrors", statistic, period_seconds)

    def metric_cpu_utilization(self, *, statistic: str = "Average", period_seconds: int = 60) -> cloudwatch.Metric:
        """CPU in percent, summed over the cores: 400 is a busy four-core instance."""
        return self._host("CPUUtilization", statistic, period_seconds)

    def metric_memory_utilization(self, *, statistic: str = "Average", period_seconds: int = 60) -> cloudwatch.Metric:
        """Memory in percent, 0 to 100."""
        return self._host("MemoryUtilization", statistic, period_seconds)

    def metric_disk_utilization(self, *, statistic: str = "Maximum", period_seconds: int = 60) -> cloudwatch.Metric:
        """Disk space in percent, 0 to 100. Data capture stops when a disk is nearly full; stay below 75."""
        return self._host("DiskUtilization", statistic, period_seconds)

    def metric_gpu_utilization(self, *, statistic: str = "Average", period_seconds: int = 60) -> cloudwatch.Metric:
        """GPU in percent, summed over the GPUs. Only on instances with GPUs."""
        return self._host("GPUUtilization", statistic, period_seconds)

    def metric_gpu_memory_utilization(
        self, *, statistic: str = "Average", period_seconds: int = 60
    ) -> cloudwatch.Metric:
        """GPU memory in percent, summed over the GPUs. Only on instances with GPUs."""
        return self._host("GPUMemoryUtilization", statistic, period_seconds)

    def _invocation(self, name: str, statistic: str, period_seconds: int) -> cloudwatch.Metric:
        return self._metric(INVOCATION_NAMESPACE, name, statistic, period_seconds)

    def _host(self, name: str, statistic: str, period_seconds: int) -> cloudwatch.Metric:
        return self._metric(HOST_NAMESPACE, name, statistic, period_seconds)

    def _metric(self, namespace: str, name: str, statistic: str, period_seconds: int) -> cloudwatch.Metric:
        # No unit: CloudWatch finds nothing, without a word, where the unit asked for isn't the one published.
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=name,
            dimensions_map={"EndpointName": self.endpoint_name, "VariantName": self.variant_name},
            statistic=statistic,
            period=cdk.Duration.seconds(period_seconds),
        )
