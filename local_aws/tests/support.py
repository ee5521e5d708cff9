"""What these tests share: small requests, and doubles for processes and S3."""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import Coroutine
from typing import Any, TypeVar

from local_aws.autoscaling.api import AutoscalingApi
from local_aws.autoscaling.records import VariantId
from local_aws.faults import Faults
from local_aws.loose import Json
from local_aws.sagemaker.api import SageMakerApi
from local_aws.sagemaker.deployment import Deployer, DeploymentFailedError
from local_aws.sagemaker.endpoints import Context
from local_aws.sagemaker.records import Fleet
from local_aws.settings import Assumptions, Settings

T = TypeVar("T")
REGION = "eu-west-1"
ROLE = "arn:aws:iam::000000000000:role/execution"
FAST = Settings(
    wait_scale=0.001,
    startup_timeout_seconds=5.0,
    transition_seconds=0.0,
    drain_seconds=0.0,
    capture_flush_seconds=0.05,
)


def variant(name: str = "production", model: str = "v1", **fields: Json) -> dict[str, Any]:
    """A ProductionVariant."""
    usual = {"InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 1, "InitialVariantWeight": 1.0}
    return {"VariantName": name, "ModelName": model, **usual, **fields}


def config(
    name: str = "config-1", *, shadow: bool = True, production: dict[str, Any] | None = None, **fields: Json
) -> dict[str, Any]:
    """A CreateEndpointConfig request with v1 in production and, if asked for, v2 as shadow."""
    request = {"EndpointConfigName": name, "ProductionVariants": [production or variant()], **fields}
    if shadow:
        request.setdefault("ShadowProductionVariants", [variant("shadow", "v2", InitialVariantWeight=0.5)])
    return request


def model(name: str, **fields: Json) -> dict[str, Any]:
    """A CreateModel request."""
    container = {"Image": "image:1", "ModelDataUrl": f"s3://models/{name}/model.tar.gz"}
    return {"ModelName": name, "ExecutionRoleArn": ROLE, "PrimaryContainer": container, **fields}


def blue_green(
    kind: str = "ALL_AT_ONCE", *, bake: int = 0, alarms: tuple[str, ...] = (), **routing: Json
) -> dict[str, Any]:
    """A DeploymentConfig."""
    policy = {
        "TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": 0, **routing},
        "TerminationWaitInSeconds": bake,
    }
    deployment: dict[str, Any] = {"BlueGreenUpdatePolicy": policy}
    if alarms:
        deployment["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarms]}
    return deployment


class Fleets:
    """Starts nothing; fails for the models it is told to."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.stopped: list[str] = []
        self.broken: set[str] = set()
        self.delay = 0.0

    async def start(self, fleet: Fleet) -> None:
        """Note the start."""
        self.started.append(fleet.config_name)
        await asyncio.sleep(self.delay)
        for member in fleet.variants:
            if member.model_name in self.broken:
                raise DeploymentFailedError(f"{member.model_name} is broken")

    async def stop(self, fleet: Fleet) -> None:
        """Note the stop."""
        self.stopped.append(fleet.config_name)


class Cloud:
    """SageMaker and Application Auto Scaling without processes, with two models.

    Args:
        assumptions: The switches.
        wait_scale: Local seconds per AWS second of a wait.
    """

    def __init__(self, assumptions: Assumptions | None = None, wait_scale: float = FAST.wait_scale) -> None:
        settings = Settings(
            wait_scale=wait_scale,
            transition_seconds=0.0,
            drain_seconds=0.0,
            assumptions=assumptions or Assumptions(),
        )
        self.fleets = Fleets()
        self.faults = Faults()
        self.alarms: dict[str, str] = {}
        self.deployer = Deployer(self.fleets, self._in_alarm, settings, self.faults)
        self.autoscaling = AutoscalingApi(self._instance_type)
        context = Context(
            settings=settings,
            deployer=self.deployer,
            scaled=self.autoscaling.scaled,
            deregister=self.autoscaling.forget,
            alarms=lambda _region: set(self.alarms),
        )
        self.api = SageMakerApi(context)
        self("CreateModel", model("v1"))
        self("CreateModel", model("v2"))

    def _in_alarm(self, _region: str, names: list[str]) -> list[str]:
        return [name for name in names if self.alarms.get(name) == "ALARM"]

    def _instance_type(self, region: str, named: VariantId) -> str | None:
        endpoint = self.api.region(region).endpoints.get(named.endpoint)
        found = endpoint.fleet.find(named.variant) if endpoint and endpoint.fleet else None
        return found.instance_type if found else None

    def __call__(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Call SageMaker."""
        return self.api.call(REGION, operation, request)

    def scale(self, operation: str, variant_name: str = "production", **fields: Json) -> dict[str, Any]:
        """Call Application Auto Scaling for a variant of the endpoint churn."""
        request = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/churn/variant/{variant_name}",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            **fields,
        }
        return self.autoscaling.call(REGION, operation, request)

    def describe(self) -> dict[str, Any]:
        """Describe the endpoint churn."""
        return self("DescribeEndpoint", {"EndpointName": "churn"})

    def update(self, config_name: str, **fields: Json) -> dict[str, Any]:
        """Update the endpoint churn."""
        return self("UpdateEndpoint", {"EndpointName": "churn", "EndpointConfigName": config_name, **fields})

    async def settle(self) -> None:
        """Wait until no operation is under way."""
        for _ in range(500):
            endpoints = self.api.region(REGION).endpoints.values()
            if all(e.status in ("InService", "Failed") for e in endpoints):
                return
            await asyncio.sleep(0.002)
        raise AssertionError(f"endpoints do not settle: {[e.status for e in endpoints]}")

    async def deploy(self, **fields: Json) -> None:
        """Create the endpoint churn with v1 in production and v2 as shadow."""
        self("CreateEndpointConfig", config(**fields))
        self("CreateEndpoint", {"EndpointName": "churn", "EndpointConfigName": "config-1"})
        await self.settle()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a test's coroutine."""
    return asyncio.run(coroutine)


def archive(**files: str) -> bytes:
    """A model.tar.gz; ``__`` in a name stands for a slash and the last ``_`` for the dot."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("__", "/").replace("_py", ".py"))
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


class Objects:
    """An S3 in memory.

    Args:
        held: Objects by ``bucket/key``.
    """

    def __init__(self, held: dict[str, bytes] | None = None) -> None:
        self.held = dict(held or {})
        self.refuses = False

    def get(self, bucket: str, key: str) -> bytes | None:
        """Return an object."""
        return self.held.get(f"{bucket}/{key}")

    def list(self, bucket: str, prefix: str) -> list[str]:
        """Return keys."""
        keys = [name.removeprefix(f"{bucket}/") for name in self.held if name.startswith(f"{bucket}/")]
        return sorted(key for key in keys if key.startswith(prefix))

    def put(self, _region: str, bucket: str, key: str, body: bytes) -> None:
        """Store an object."""
        if self.refuses:
            raise OSError("no such bucket")
        self.held[f"{bucket}/{key}"] = body


ECHO = """\
def model_fn(model_dir):
    return "{version}"

def predict_fn(payload, model):
    if payload == "raise":
        raise ValueError("asked to")
    return model + ":" + payload
"""
