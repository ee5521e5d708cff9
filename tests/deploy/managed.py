"""An endpoint on which SageMaker runs a shadow test: how it is made, asked, and looked at."""

from __future__ import annotations

import datetime
import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from rehearsal import environment, seen
from rehearsal.cdk import Cdk, Run
from rehearsal.example import SHORT_POLICY
from rehearsal.local import LocalAws
from rehearsal.traffic import Traffic
from shadow_constructs import ShadowTest
from shadow_ops.aws.boto import Client
from tests.deploy.submission import Submission
from tests.deploy.support import MODELS

ROLE = "arn:aws:iam::000000000000:role/somebodys"
PATIENCE_SECONDS = 60
SCALING = (2, 6, ["theirs"])
_numbers = itertools.count()


@dataclass(frozen=True)
class Place:
    """An endpoint, its managed tests, and everybody who has to do with them.

    Attributes:
        local: The local AWS.
        command: The real command line.
        name: Name of the endpoint.
        home: A folder.
        test: What is tested, judged at a rehearsal's pace.
    """

    local: LocalAws
    command: Cdk
    name: str
    home: Path
    test: ShadowTest
    policy: Path = field(init=False)

    def __post_init__(self) -> None:
        """Keep the policy in a file."""
        object.__setattr__(self, "policy", self.home / "policy.json")
        self.policy.write_text(json.dumps(SHORT_POLICY.to_json()))

    @property
    def sagemaker(self) -> Client:
        """SageMaker."""
        return self.local.client("sagemaker")

    @property
    def stack(self) -> str:
        """Name of the test's stack."""
        return f"{self.name}-managed"

    def assembly(self, add: Callable[[cdk.App], object]) -> Path:
        """The folder of an app's templates."""
        app = cdk.App(outdir=str(self.home / f"app-{next(_numbers)}"))
        add(app)
        app.synth()
        return Path(app.outdir)

    def deploy(self, add: Callable[[cdk.App], object], stack: str) -> Run:
        """Deploy one stack as the command line does, in a third of its time."""
        return Submission(self.local).deploy(self.assembly(add), stack)

    def destroy(self, add: Callable[[cdk.App], object], stack: str) -> None:
        """Delete one."""
        Submission(self.local).destroy(self.assembly(add), stack).check()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command line, in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "shadow_ops", *arguments],
            cwd=environment.PROJECT,
            env=environment.for_cdk(self.local.endpoint_url, self.home),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def done(self, *arguments: str) -> str:
        """What a command says that succeeds, on both streams."""
        found = self.run(*arguments)
        assert found.returncode == 0, found.stderr
        return " ".join((found.stdout + found.stderr).split())

    def conclude(self, action: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Conclude the test; a promotion is judged at a rehearsal's pace."""
        policy = ["--policy", str(self.policy)] if action == "promote" else []
        return self.run("conclude", self.name, action, *policy, *options)

    def traffic(self, prefix: str) -> Traffic:
        """Twenty requests a second."""
        payloads = [f"customer {number}" for number in range(10)]
        return Traffic(self.local.client("sagemaker-runtime"), self.name, payloads, prefix=prefix, rate=20)

    def elsewhere(self, *, scales: bool = False) -> None:
        """The endpoint as an SDK makes it: v1 under the variant name AllTraffic, on two instances."""
        hardware = {"InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 2, "InitialVariantWeight": 1.0}
        variant = {"VariantName": "AllTraffic", "ModelName": self.model("v1"), **hardware}
        self.sagemaker.create_endpoint_config(EndpointConfigName=self.name, ProductionVariants=[variant])
        self.sagemaker.create_endpoint(EndpointName=self.name, EndpointConfigName=self.name)
        seen.until("the endpoint serves", PATIENCE_SECONDS, lambda: self._endpoint()["EndpointStatus"] == "InService")
        if scales:
            self._scale()

    def model(self, version: str) -> str:
        """Make a model with an SDK; its name."""
        name = f"{self.name}-{version}"
        container = {"Image": "somebodys:1", "ModelDataUrl": f"s3://{MODELS}/{version}/model.tar.gz"}
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
        return name

    def console(self, **test: Any) -> None:  # noqa: ANN401 - members of the API
        """A test of v2 on all requests, as the console makes it; waits until it runs."""
        number = len(self.experiments())
        candidate = self.model("v2") if number == 0 else f"{self.name}-v2"
        versions = (("AllTraffic", f"{self.name}-v1", 2), ("candidate", candidate, 1))
        self.sagemaker.create_inference_experiment(
            Name=f"{self.name}-test-{number}",
            Type="ShadowMode",
            RoleArn=ROLE,
            EndpointName=self.name,
            ModelVariants=[_variant(*one) for one in versions],
            ShadowModeConfig={
                "SourceModelVariantName": "AllTraffic",
                "ShadowModelVariants": [{"ShadowModelVariantName": "candidate", "SamplingPercentage": 100}],
            },
            **test,
        )
        self.reach("Running")

    def retain(self) -> None:
        """Complete the newest test with its shadow retained, as the API does it."""
        test = self.experiment()
        actions = {one["VariantName"]: "Retain" for one in test["ModelVariants"]}
        self.sagemaker.stop_inference_experiment(Name=test["Name"], ModelVariantActions=actions)
        self.reach("Completed")

    def reach(self, status: str) -> None:
        """Wait for a status of the newest test."""
        seen.until(f"the test is {status}", PATIENCE_SECONDS, lambda: self.experiment()["Status"] == status)

    def experiment(self) -> dict[str, Any]:
        """The newest test of the endpoint."""
        return self.experiments()[0]

    def experiments(self) -> list[dict[str, Any]]:
        """The tests of the endpoint, the newest first."""
        names = self.sagemaker.list_inference_experiments(SortBy="CreationTime", SortOrder="Descending")
        every = (
            self.sagemaker.describe_inference_experiment(Name=one["Name"]) for one in names["InferenceExperiments"]
        )
        return [one for one in every if one["EndpointMetadata"]["EndpointName"] == self.name]

    def share(self) -> int:
        """What the newest test copies, in percent."""
        percent: int = self.experiment()["ShadowModeConfig"]["ShadowModelVariants"][0]["SamplingPercentage"]
        return percent

    def serving(self) -> dict[str, str]:
        """Versions by variant; a shadow's in brackets."""
        found = self.sagemaker.describe_endpoint_config(EndpointConfigName=self._endpoint()["EndpointConfigName"])
        production = {one["VariantName"]: self._version(one) for one in found["ProductionVariants"]}
        shadow = {one["VariantName"]: f"({self._version(one)})" for one in found.get("ShadowProductionVariants", ())}
        return {**production, **shadow}

    def scaling(self) -> dict[str, tuple[int, int, list[str]]]:
        """Bounds and policies by variant."""
        client = self.local.client("application-autoscaling")
        found = {}
        for target in client.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]:
            named = {"ServiceNamespace": "sagemaker", "ResourceId": target["ResourceId"]}
            policies = [one["PolicyName"] for one in client.describe_scaling_policies(**named)["ScalingPolicies"]]
            _, endpoint, _, variant = target["ResourceId"].split("/")
            if endpoint == self.name:
                found[variant] = (target["MinCapacity"], target["MaxCapacity"], policies)
        return found

    def _endpoint(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=self.name)
        return found

    def _version(self, variant: dict[str, Any]) -> str:
        model = self.sagemaker.describe_model(ModelName=variant["ModelName"])
        return str(model["PrimaryContainer"]["ModelDataUrl"].split("/")[3])

    def _scale(self) -> None:
        scaling = self.local.client("application-autoscaling")
        target = {
            "ServiceNamespace": "sagemaker",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "ResourceId": f"endpoint/{self.name}/variant/AllTraffic",
        }
        tracking = {
            "TargetValue": 500.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        }
        scaling.register_scalable_target(**target, MinCapacity=SCALING[0], MaxCapacity=SCALING[1])
        scaling.put_scaling_policy(
            **target,
            PolicyName="theirs",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=tracking,
        )


def in_an_hour(seconds: float = 0) -> dict[str, Any]:
    """A schedule from now on for an hour, the shortest that there is."""
    now = datetime.datetime.now(datetime.UTC)
    return {"StartTime": now, "EndTime": now + datetime.timedelta(hours=1, seconds=seconds)}


def _variant(name: str, model: str, count: int) -> dict[str, Any]:
    on = {"InstanceType": "ml.m5.xlarge", "InstanceCount": count}
    infrastructure = {"InfrastructureType": "RealTimeInference", "RealTimeInferenceConfig": on}
    return {"ModelName": model, "VariantName": name, "InfrastructureConfig": infrastructure}
