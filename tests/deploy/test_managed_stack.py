"""Managed shadow tests from code: begun by `cdk deploy`, looked at, concluded, and gone with their stack."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from rehearsal import environment, seen
from rehearsal.cdk import Cdk, Run
from rehearsal.example import SHORT_POLICY
from rehearsal.local import LocalAws
from rehearsal.sure import send_until
from rehearsal.traffic import Traffic
from shadow_constructs import (
    Capture,
    ManagedShadowTest,
    ManagedShadowTestStack,
    Model,
    PromotionStack,
    Scaling,
    ShadowTest,
    ShadowTestStack,
    Variant,
)
from shadow_ops.aws.history import history
from shadow_ops.judge.verdict import Outcome
from tests.deploy.submission import Submission
from tests.deploy.support import CAPTURES, MODELS, shadow_test, which_model

_ROLE = "arn:aws:iam::000000000000:role/somebodys"
_PATIENCE_SECONDS = 60
_numbers = itertools.count()


@dataclass(frozen=True)
class Managed:
    """An endpoint with a managed test in code."""

    local: LocalAws
    command: Cdk
    name: str
    home: Path
    test: ShadowTest

    @property
    def sagemaker(self) -> Any:  # noqa: ANN401 - a boto3 client
        """SageMaker."""
        return self.local.client("sagemaker")

    def assembly(self, add: Callable[[cdk.App], object]) -> Path:
        """The folder of an app's templates."""
        app = cdk.App(outdir=str(self.home / f"app-{next(_numbers)}"))
        add(app)
        app.synth()
        return Path(app.outdir)

    def deploy(self, add: Callable[[cdk.App], object], stack: str) -> Run:
        """Deploy one stack as the command line does, in a third of its time."""
        return Submission(self.local).deploy(self.assembly(add), stack)

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

    def traffic(self, prefix: str) -> Traffic:
        """Twenty requests a second."""
        payloads = [f"customer {number}" for number in range(10)]
        return Traffic(self.local.client("sagemaker-runtime"), self.name, payloads, prefix=prefix, rate=20)

    def experiments(self) -> list[dict[str, Any]]:
        """The managed tests of the endpoint, the newest first."""
        names = self.sagemaker.list_inference_experiments(SortBy="CreationTime", SortOrder="Descending")
        every = (
            self.sagemaker.describe_inference_experiment(Name=one["Name"]) for one in names["InferenceExperiments"]
        )
        return [one for one in every if one["EndpointMetadata"]["EndpointName"] == self.name]

    def serving(self) -> dict[str, str]:
        """Versions by variant; a shadow's in brackets."""
        described = self.sagemaker.describe_endpoint(EndpointName=self.name)
        found = self.sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
        production = {one["VariantName"]: self._version(one) for one in found["ProductionVariants"]}
        shadow = {one["VariantName"]: f"({self._version(one)})" for one in found.get("ShadowProductionVariants", ())}
        return {**production, **shadow}

    def _version(self, variant: dict[str, Any]) -> str:
        model = self.sagemaker.describe_model(ModelName=variant["ModelName"])
        return str(model["PrimaryContainer"]["ModelDataUrl"].split("/")[3])


@pytest.fixture
def managed(ground: Any, tmp_path: Path) -> Iterator[Managed]:  # noqa: ANN401 - the ground's class is private
    """A test of v2 beside v1 on all requests, judged at a rehearsal's pace; nothing is deployed yet."""
    name = f"managed-{next(_numbers)}"
    test = replace(shadow_test(name), sampling_percent=100, gate=SHORT_POLICY)
    managed = Managed(ground.local, ground.cdk, name, tmp_path, test)
    yield managed
    ground.clear(managed)


def test_an_endpoint_of_ours_is_tested_by_sagemaker_and_promoted_by_its_stack(managed: Managed) -> None:
    """Begun, looked at, an update refused meanwhile, concluded by the gate, promoted under traffic, nothing left."""
    value = ManagedShadowTest(test=managed.test)

    def add(app: cdk.App, **changes: Any) -> None:  # noqa: ANN401 - of ShadowTest
        test = replace(value, test=replace(value.test, **changes))
        endpoint = ShadowTestStack(app, "shadow", test=test).endpoint
        ManagedShadowTestStack(app, f"{managed.name}-managed", managed=test, endpoint=endpoint)

    # The command line deploys the endpoint's stack first, because the test's depends on it.
    managed.command.with_app(str(managed.assembly(add))).deploy(f"{managed.name}-managed").check()
    assert managed.serving() == {"production": "v1", "shadow": "(v2)"}
    looked = managed.run("status", managed.name)
    assert (looked.returncode, "v2" in looked.stdout) == (0, True), looked.stderr
    assert "the code says" not in looked.stdout

    bigger = replace(managed.test.production, scaling=Scaling(max_count=4, invocations_per_instance=600))
    refused = managed.deploy(lambda app: add(app, production=bigger), "shadow")
    assert "a managed test runs on" in " ".join(refused.output.split())
    assert managed.serving() == {"production": "v1", "shadow": "(v2)"}

    send_until(managed.local, managed.traffic("before"), managed.name, SHORT_POLICY, Outcome.PASS)
    with managed.traffic("during") as traffic:
        assert traffic.wait_for(20)
        done = next(
            one for one in (managed.run("conclude", managed.name, "promote") for _ in range(10)) if one.returncode != 3
        )
        assert done.returncode == 0, done.stderr
        assert managed.serving() == {"production": "v1"}
        managed.deploy(lambda app: PromotionStack(app, "promotion", test=managed.test), "promotion").check()
        assert traffic.wait_for(20)
    assert traffic.tally.failures == []
    assert set(traffic.tally.count(which_model)) == {"v1", "v2"}
    assert managed.serving() == {"production": "v2"}
    [entry] = history(managed.local.client("ssm"), managed.name)
    assert (entry.gate or "").startswith("managed test ")
    Submission(managed.local).destroy(managed.assembly(add), f"{managed.name}-managed").check()
    assert managed.serving() == {"production": "v2"}


def test_an_endpoint_from_elsewhere_is_tested_and_its_stack_leaves_no_shadow(managed: Managed) -> None:
    """Made with boto3: the test begins, the command line knows it, and its stack deleted midway keeps production."""
    _elsewhere(managed)
    production = Variant(
        Model(version="v1", model_name=f"{managed.name}-v1"), managed.test.production.hardware, "AllTraffic"
    )
    test = replace(managed.test, production=production, capture=Capture(bucket=CAPTURES))

    def add(app: cdk.App) -> None:
        ManagedShadowTestStack(app, f"{managed.name}-managed", managed=ManagedShadowTest(test=test, days=1))

    managed.deploy(add, f"{managed.name}-managed").check()
    assert managed.serving() == {"AllTraffic": "v1", "shadow": "(v2)"}
    [experiment] = managed.experiments()
    lasts = experiment["Schedule"]["EndTime"] - experiment["Schedule"]["StartTime"]
    assert lasts.total_seconds() == 24 * 3600
    listed = managed.run("list", "--format", "json")
    [row] = [one for one in json.loads(listed.stdout) if one["endpoint"] == managed.name]
    assert (row["phase"], row["production_version"], row["shadow_version"]) == ("shadow test", "v1", "v2")
    judged = managed.run("gate", managed.name, "--format", "json")
    assert judged.returncode in (0, 3, 4), judged.stderr

    managed.command.with_app(str(managed.assembly(add))).destroy(f"{managed.name}-managed").check()
    assert managed.serving() == {"AllTraffic": "v1"}
    assert [one["Status"] for one in managed.experiments()] == ["Cancelled"]


def _elsewhere(managed: Managed) -> None:
    hardware = {"InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 2, "InitialVariantWeight": 1.0}
    container = {"Image": "somebodys:1", "ModelDataUrl": f"s3://{MODELS}/v1/model.tar.gz"}
    model = f"{managed.name}-v1"
    managed.sagemaker.create_model(ModelName=model, ExecutionRoleArn=_ROLE, PrimaryContainer=container)
    variant = {"VariantName": "AllTraffic", "ModelName": model, **hardware}
    managed.sagemaker.create_endpoint_config(EndpointConfigName=managed.name, ProductionVariants=[variant])
    managed.sagemaker.create_endpoint(EndpointName=managed.name, EndpointConfigName=managed.name)
    seen.until(
        "the endpoint serves",
        _PATIENCE_SECONDS,
        lambda: managed.sagemaker.describe_endpoint(EndpointName=managed.name)["EndpointStatus"] == "InService",
    )
