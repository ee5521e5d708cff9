"""What the control plane remembers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from local_aws import ACCOUNT_ID


def arn(region: str, kind: str, name: str) -> str:
    """Return the ARN of a SageMaker resource; SageMaker lowers the name's case in it."""
    return f"arn:aws:sagemaker:{region}:{ACCOUNT_ID}:{kind}/{name.lower()}"


class Server(Protocol):
    """A running model server, as the control plane sees it."""

    @property
    def pid(self) -> int:
        """Process id."""


@dataclass
class Definition:
    """A model or an endpoint configuration: a request that was accepted, and never changes."""

    name: str
    arn: str
    request: dict[str, Any]
    created: float = field(default_factory=time.time)


@dataclass
class Variant:
    """A variant as it runs, with live weight and count.

    Args:
        name: VariantName.
        model_name: Name of its model.
        instance_type: Such as ``ml.m5.xlarge``.
        count: Live instance count.
        weight: Live weight; of a shadow, the share of requests it is sent.
        shadow: Whether it only gets copies.
        image: Container image, for DescribeEndpoint.
        model_data: Artifact URI.
        volume_gigabytes: Size of its volume.
        server: The process that serves it, while there is one.
    """

    name: str
    model_name: str
    instance_type: str
    count: int
    weight: float
    shadow: bool = False
    image: str = ""
    model_data: str = ""
    volume_gigabytes: int = 30
    server: Server | None = None


@dataclass
class Fleet:
    """The variants of one endpoint configuration on one endpoint."""

    endpoint_name: str
    region: str
    config_name: str
    variants: list[Variant]
    capture: dict[str, Any] | None = None

    @property
    def production(self) -> list[Variant]:
        """Variants that answer callers."""
        return [variant for variant in self.variants if not variant.shadow]

    @property
    def shadow(self) -> Variant | None:
        """The variant that gets copies, if there is one."""
        return next((variant for variant in self.variants if variant.shadow), None)

    def find(self, name: str) -> Variant | None:
        """Return the variant of a name."""
        return next((variant for variant in self.variants if variant.name == name), None)


@dataclass
class Endpoint:
    """An endpoint.

    Args:
        name: EndpointName.
        arn: Its ARN.
        region: Its region.
        config_name: The configuration that serves.
        status: EndpointStatus.
        fleet: The fleet that serves; None until the first one is up.
        next_fleet: The fleet of a deployment under way.
        next_share: Share of the traffic the next fleet already takes, 0 to 1.
        stage: VariantStatus of the next fleet, for PendingDeploymentSummary.
        failure_reason: Why the last operation failed.
        deployment_config: Kept for RetainDeploymentConfig.
        silent: Whether the last failure is one that CloudFormation must not notice.
    """

    name: str
    arn: str
    region: str
    config_name: str
    status: str = "Creating"
    fleet: Fleet | None = None
    next_fleet: Fleet | None = None
    next_share: float = 0.0
    stage: str = "Creating"
    failure_reason: str | None = None
    deployment_config: dict[str, Any] | None = None
    silent: bool = False
    created: float = field(default_factory=time.time)
    modified: float = field(default_factory=time.time)
    pending_since: float = 0.0

    def touch(self, status: str) -> None:
        """Change the status and the time of the last change."""
        self.status = status
        self.modified = time.time()


@dataclass
class Experiment:
    """A managed shadow test.

    Args:
        name: Its name.
        arn: Its ARN.
        request: The request that made it, with what was changed since.
        start: When it begins, in seconds since 1970.
        end: When it ends.
        before: The configuration that served when it began, to which the endpoint goes back at the scheduled end.
        status: InferenceExperimentStatus.
        reason: StatusReason.
        config_name: The configuration that SageMaker made for the run.
        early: Whether StartInferenceExperiment asked for it.
        stop: The StopInferenceExperiment that asked for its end.
    """

    name: str
    arn: str
    request: dict[str, Any]
    start: float
    end: float
    before: Definition | None = None
    status: str = "Creating"
    reason: str | None = None
    config_name: str | None = None
    early: bool = False
    stop: dict[str, Any] | None = None
    created: float = field(default_factory=time.time)
    modified: float = field(default_factory=time.time)
    completed: float | None = None

    @property
    def endpoint_name(self) -> str:
        """The endpoint that it runs on."""
        return str(self.request["EndpointName"])

    @property
    def production_name(self) -> str:
        """The variant that answers callers."""
        return str(self.request["ShadowModeConfig"]["SourceModelVariantName"])

    @property
    def shadow_name(self) -> str:
        """The variant that gets copies."""
        return str(self._shadow["ShadowModelVariantName"])

    @property
    def share(self) -> float:
        """The share of the requests that is copied, 0 to 1."""
        return float(self._shadow["SamplingPercentage"]) / 100

    @property
    def _shadow(self) -> dict[str, Any]:
        shadow: dict[str, Any] = self.request["ShadowModeConfig"]["ShadowModelVariants"][0]
        return shadow

    def variant(self, name: str) -> dict[str, Any] | None:
        """Return the ModelVariant of a name."""
        return next((v for v in self.request["ModelVariants"] if v["VariantName"] == name), None)

    def turn(self, status: str, reason: str | None = None) -> None:
        """Change the status and the time of the last change."""
        self.status, self.modified = status, time.time()
        if reason is not None:
            self.reason = reason
        if status in ("Completed", "Cancelled"):
            self.completed = self.modified


@dataclass
class Region:
    """Everything SageMaker holds in one region."""

    name: str
    models: dict[str, Definition] = field(default_factory=dict)
    configs: dict[str, Definition] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    experiments: dict[str, Experiment] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
