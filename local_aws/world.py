"""Everything the local AWS adds to ministack, put together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from local_aws.autoscaling.api import AutoscalingApi
from local_aws.autoscaling.records import VariantId
from local_aws.codepipeline.api import CodePipelineApi
from local_aws.faults import Faults
from local_aws.metrics.store import MetricStore
from local_aws.sagemaker.api import SageMakerApi
from local_aws.sagemaker.deployment import Deployer
from local_aws.sagemaker.endpoints import Context
from local_aws.sagemaker.records import Endpoint
from local_aws.serving.artifacts import ObjectStore
from local_aws.serving.capture import CaptureBuffer, ObjectWriter
from local_aws.serving.invoke import Invoker
from local_aws.serving.measure import HostMeter, InvocationMeter
from local_aws.serving.servers import ModelServers
from local_aws.settings import Settings

logger = logging.getLogger(__name__)


class S3(ObjectStore, ObjectWriter, Protocol):
    """The local S3."""


class Alarms(Protocol):
    """The local CloudWatch's alarms."""

    def names(self, region: str) -> set[str]:
        """Return the names of a region's alarms."""

    def in_alarm(self, region: str, names: list[str]) -> list[str]:
        """Return which of the named alarms are in ALARM."""

    def evaluate(self) -> None:
        """Evaluate every alarm."""


class World:
    """SageMaker, Application Auto Scaling, the metric store and what serves.

    Args:
        settings: Durations and assumptions.
        root: Directory for artifacts and logs of model servers.
        s3: The local S3.
        alarms: The local CloudWatch's alarms.
        store: The metric store.
        announce: Told whenever an endpoint's deployment has begun or ended.
    """

    def __init__(
        self,
        settings: Settings,
        root: Path,
        s3: S3,
        alarms: Alarms,
        store: MetricStore,
        announce: Callable[[Endpoint], None] = lambda _endpoint: None,
    ) -> None:
        self.settings = settings
        self.faults = Faults()
        self.store = store
        self.mail: list[dict[str, str]] = []
        self.codepipeline = CodePipelineApi()
        self.capture = CaptureBuffer(s3)
        self.servers = ModelServers(s3, root, settings, self.faults)
        self.invoker = Invoker(InvocationMeter(store), self.capture, self.faults, settings.assumptions)
        self._alarms = alarms
        self._hosts = HostMeter(store)
        self._tasks: list[asyncio.Task[None]] = []
        self.autoscaling = AutoscalingApi(self._instance_type)
        context = Context(
            settings=settings,
            deployer=Deployer(self.servers, alarms.in_alarm, settings, self.faults, announce),
            scaled=self.autoscaling.scaled,
            deregister=self.autoscaling.forget,
            alarms=alarms.names,
        )
        self.sagemaker = SageMakerApi(context)

    def _instance_type(self, region: str, variant: VariantId) -> str | None:
        endpoint = self.sagemaker.region(region).endpoints.get(variant.endpoint)
        found = endpoint.fleet.find(variant.variant) if endpoint and endpoint.fleet else None
        return found.instance_type if found else None

    def start(self) -> None:
        """Start what recurs: delivery of captured data, host metrics, alarms."""
        for seconds, work in (
            (self.settings.capture_flush_seconds, self.capture.flush),
            (self.settings.host_metrics_seconds, self._measure),
            (self.settings.alarm_seconds, self._alarms.evaluate),
        ):
            self._tasks.append(asyncio.get_running_loop().create_task(_recurring(seconds, work)))

    def _measure(self) -> None:
        for region in self.sagemaker.regions.values():
            for endpoint in region.endpoints.values():
                variants = endpoint.fleet.variants if endpoint.fleet else []
                pending = {v.name: self.capture.pending_bytes(endpoint.name, v.name) for v in variants}
                self._hosts.measure(endpoint, pending)

    async def reset(self) -> None:
        """Forget everything and stop every model server."""
        await self.sagemaker.reset()
        await self.servers.stop_all()
        self.autoscaling.clear()
        self.faults.clear()
        self.capture.clear()
        self.store.clear()
        self.mail.clear()
        self.codepipeline.clear()

    async def stop(self) -> None:
        """Stop what recurs, deliver what was captured and stop every model server."""
        for task in self._tasks:
            task.cancel()
        await self.servers.stop_all()


async def _recurring(seconds: float, work: Callable[[], object]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            work()
        except Exception:
            # One bad round must not end the others for good.
            logger.exception("recurring work failed")
