"""Managed shadow tests on an endpoint that no stack of ours made: concluded by the command line, under traffic."""

from __future__ import annotations

import datetime
import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rehearsal import environment, seen
from rehearsal.example import SHORT_POLICY
from rehearsal.local import LocalAws
from rehearsal.sure import send_until
from rehearsal.traffic import Traffic
from shadow_ops.judge.verdict import Outcome
from tests.deploy.support import MODELS, which_model

_ROLE = "arn:aws:iam::000000000000:role/somebodys"
_PATIENCE_SECONDS = 60
_numbers = itertools.count()


@dataclass(frozen=True)
class Console:
    """What somebody made with an SDK or in the console: models, an endpoint that scales, a managed test."""

    local: LocalAws
    name: str
    policy: Path
    home: Path

    @property
    def sagemaker(self) -> Any:  # noqa: ANN401 - a boto3 client
        """SageMaker."""
        return self.local.client("sagemaker")

    def make(self, **test: Any) -> None:  # noqa: ANN401 - members of the API
        """The endpoint with v1, its scaling, and a test of v2 on all requests; waits until the test runs."""
        hardware = {"InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 2, "InitialVariantWeight": 1.0}
        for version in ("v1", "v2"):
            container = {"Image": "somebodys:1", "ModelDataUrl": f"s3://{MODELS}/{version}/model.tar.gz"}
            self.sagemaker.create_model(
                ModelName=self._model(version), ExecutionRoleArn=_ROLE, PrimaryContainer=container
            )
        variant = {"VariantName": "AllTraffic", "ModelName": self._model("v1"), **hardware}
        self.sagemaker.create_endpoint_config(EndpointConfigName=self.name, ProductionVariants=[variant])
        self.sagemaker.create_endpoint(EndpointName=self.name, EndpointConfigName=self.name)
        self._until("the endpoint serves", lambda: self._endpoint()["EndpointStatus"] == "InService")
        scaling = self.local.client("application-autoscaling")
        scaling.register_scalable_target(**self._target("AllTraffic"), MinCapacity=2, MaxCapacity=6)
        tracking = {
            "TargetValue": 500.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        }
        scaling.put_scaling_policy(
            **self._target("AllTraffic"),
            PolicyName="theirs",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=tracking,
        )
        self.sagemaker.create_inference_experiment(
            Name=self._test,
            Type="ShadowMode",
            RoleArn=_ROLE,
            EndpointName=self.name,
            ModelVariants=[self._variant("AllTraffic", "v1", 2), self._variant("candidate", "v2", 1)],
            ShadowModeConfig={
                "SourceModelVariantName": "AllTraffic",
                "ShadowModelVariants": [{"ShadowModelVariantName": "candidate", "SamplingPercentage": 100}],
            },
            **test,
        )
        self.reach("Running")

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

    def promote(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Conclude with a promotion, judged at a rehearsal's pace."""
        return self.run("conclude", self.name, "promote", "--policy", str(self.policy), *options)

    def traffic(self, prefix: str) -> Traffic:
        """Twenty requests a second."""
        payloads = [f"customer {number}" for number in range(10)]
        runtime = self.local.client("sagemaker-runtime")
        return Traffic(runtime, self.name, payloads, prefix=prefix, rate=20)

    def reach(self, status: str) -> None:
        """Wait for a status of the test."""
        self._until(f"the test is {status}", lambda: self.status() == status)

    def status(self) -> str:
        """The test's status."""
        return str(self.sagemaker.describe_inference_experiment(Name=self._test)["Status"])

    def serving(self) -> dict[str, str]:
        """Models by variant; a shadow's in brackets."""
        found = self.sagemaker.describe_endpoint_config(EndpointConfigName=self._endpoint()["EndpointConfigName"])
        production = {one["VariantName"]: one["ModelName"] for one in found["ProductionVariants"]}
        shadow = {one["VariantName"]: f"({one['ModelName']})" for one in found.get("ShadowProductionVariants", ())}
        return {name: model.replace(f"{self.name}-", "") for name, model in {**production, **shadow}.items()}

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

    @property
    def _test(self) -> str:
        return f"{self.name}-test"

    def _model(self, version: str) -> str:
        return f"{self.name}-{version}"

    def _endpoint(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=self.name)
        return found

    def _variant(self, name: str, version: str, count: int) -> dict[str, Any]:
        on = {"InstanceType": "ml.m5.xlarge", "InstanceCount": count}
        infrastructure = {"InfrastructureType": "RealTimeInference", "RealTimeInferenceConfig": on}
        return {"ModelName": self._model(version), "VariantName": name, "InfrastructureConfig": infrastructure}

    def _target(self, variant: str) -> dict[str, str]:
        return {
            "ServiceNamespace": "sagemaker",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "ResourceId": f"endpoint/{self.name}/variant/{variant}",
        }

    @staticmethod
    def _until(what: str, holds: Callable[[], bool]) -> None:
        seen.until(what, _PATIENCE_SECONDS, holds)


@pytest.fixture
def console(ground: Any, tmp_path: Path) -> Iterator[Console]:  # noqa: ANN401 - the ground's class is private
    """An endpoint of somebody's, not made yet."""
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps(SHORT_POLICY.to_json()))
    console = Console(ground.local, f"console-{next(_numbers)}", policy, tmp_path)
    yield console
    ground.clear(console)


def test_a_consoles_test_is_promoted_by_the_gate_without_a_failed_request(console: Console) -> None:
    """Undecided it is refused; passed it is promoted under traffic, scaling goes along, and again changes nothing."""
    console.make()
    before = (console.serving(), console.scaling())
    refused = console.promote()
    assert (refused.returncode, (console.serving(), console.scaling())) == (3, before)
    assert "is not promoted: the gate says INCONCLUSIVE" in refused.stderr

    send_until(console.local, console.traffic("before"), console.name, SHORT_POLICY, Outcome.PASS)
    with console.traffic("during") as traffic:
        assert traffic.wait_for(20)
        # What the gate says of the last second may differ from what it said of all before it.
        done = next(one for one in (console.promote() for _ in range(10)) if one.returncode != 3)
        assert done.returncode == 0, done.stderr
        assert traffic.wait_for(traffic.tally.sent + 20)
    assert traffic.tally.failures == []
    assert set(traffic.tally.count(which_model)) == {"v1", "v2"}
    assert console.serving() == {"candidate": "v2"}
    assert console.scaling() == {"candidate": (2, 6, ["theirs"])}
    assert "its variant is named candidate now" in done.stdout
    assert console.status() == "Completed"

    again = console.promote()
    assert (again.returncode, console.serving(), console.status()) == (0, {"candidate": "v2"}, "Completed")


def test_the_share_changes_in_place_and_a_removed_shadow_is_gone(console: Console) -> None:
    """No new config for another share; removed, production serves with its scaling as before."""
    console.make()
    config = console.sagemaker.describe_endpoint(EndpointName=console.name)["EndpointConfigName"]
    done = console.run("sampling", console.name, "25")
    assert (done.returncode, "before it was 100 %" in done.stderr) == (0, True)
    described = console.sagemaker.describe_endpoint(EndpointName=console.name)
    assert described["EndpointConfigName"] == config
    assert described["ShadowProductionVariants"][0]["CurrentWeight"] == 0.25

    removed = console.run("conclude", console.name, "remove", "--reason", "v3 is better")
    assert removed.returncode == 0, removed.stderr
    assert console.serving() == {"AllTraffic": "v1"}
    assert console.scaling() == {"AllTraffic": (2, 6, ["theirs"])}


def test_after_the_scheduled_end_an_update_promotes_and_production_keeps_its_name(console: Console) -> None:
    """The schedule's end promotes nothing; a reason does, by an update of the endpoint."""
    now = datetime.datetime.now(datetime.UTC)
    console.make(Schedule={"StartTime": now, "EndTime": now + datetime.timedelta(hours=1, seconds=30)})
    console.reach("Completed")
    assert console.serving() == {"AllTraffic": "v1"}
    done = console.promote("--reason", "the figures were looked at by hand")
    assert done.returncode == 0, done.stderr
    assert console.serving() == {"AllTraffic": "v2"}
    assert console.scaling() == {"AllTraffic": (2, 6, ["theirs"])}
