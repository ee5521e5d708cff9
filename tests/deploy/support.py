"""What the deployment tests share: small models, and a shadow test of one's own per test."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

import aws_cdk as cdk

from rehearsal import seen, sure
from rehearsal.cdk import Cdk, Run
from rehearsal.example import SHORT_POLICY
from rehearsal.local import LocalAws
from rehearsal.traffic import Traffic
from shadow_constructs import (
    Capture,
    Container,
    GatePolicy,
    Hardware,
    Model,
    Promotion,
    PromotionStack,
    Rollback,
    ShadowTest,
    ShadowTestStack,
    Variant,
)
from shadow_ops.aws import history
from shadow_ops.sending import Answer
from tests.deploy.meanwhile import while_updating
from tests.deploy.submission import Submission

MODELS = "models-under-test"
CAPTURES = "captures-of-tests"
Change = Callable[[ShadowTest], ShadowTest]
REASON = "the promoted model answers too boldly"

OVERRIDE = "the product team wants the bolder model today"

UNGATED = GatePolicy.none(reason="a rehearsal of deployments, not of the gate")

_SCRIPT = """\
def model_fn(model_dir):
    return "{version}"


def predict_fn(payload, model):
    return model + " says hello to " + payload
"""


def gated(test: ShadowTest) -> ShadowTest:
    """Every request is copied, and the gate decides at a rehearsal's pace."""
    return replace(test, sampling_percent=100, gate=SHORT_POLICY)


def artifact(version: str) -> bytes:
    """A model.tar.gz whose model puts its version into each answer."""
    script = _SCRIPT.format(version=version).encode()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        member = tarfile.TarInfo("code/inference.py")
        member.size = len(script)
        archive.addfile(member, io.BytesIO(script))
    return file.getvalue()


def which_model(answer: Answer) -> str:
    """The version of the model that gave an answer."""
    return answer.text.split()[0]


def shadow_test(endpoint_name: str) -> ShadowTest:
    """v2 tested beside v1 on half of the requests, captured in a bucket that is there already."""
    return ShadowTest(
        endpoint_name=endpoint_name,
        production=Variant(model=_model("v1"), hardware=Hardware("ml.m5.xlarge", count=2)),
        shadow=Variant(model=_model("v2"), hardware=Hardware("ml.m5.xlarge")),
        sampling_percent=50,
        capture=Capture(bucket=CAPTURES),
        gate=UNGATED,
    )


def _model(version: str) -> Model:
    return Model(
        version=version,
        container=Container.xgboost("3.0-5"),
        artifact=f"s3://{MODELS}/{version}/model.tar.gz",
    )


def folded(test: ShadowTest) -> ShadowTest:
    """What the user writes after a promotion: the tested model is production, and there is no shadow."""
    assert test.shadow is not None
    production = replace(test.production, model=test.shadow.model)
    return replace(test, production=production, shadow=None, sampling_percent=None, promote_on=None)


STAGES = ("shadow", "promotion", "overridden", "folded", "back")
"""What is deployed in the life of a shadow test: test, promotion, the same against the gate, fold, the way back."""


@dataclass(frozen=True)
class Stages:
    """The stages of a shadow test, each synthesized when it is asked for.

    Attributes:
        test: The shadow test.
        folder: For the assemblies.
    """

    test: ShadowTest
    folder: Path

    def assembly(self, *stages: str) -> Path:
        """The folder with the templates of some stages."""
        folder = self.folder / "-".join(stages)
        if not folder.exists():
            app = cdk.App(outdir=str(folder))
            for stage in stages:
                self._add(app, stage)
            app.synth()
        return folder

    def _add(self, app: cdk.App, stage: str) -> None:
        match stage:
            case "shadow":
                ShadowTestStack(app, stage, test=self.test)
            case "promotion":
                PromotionStack(app, stage, test=self.test)
            case "overridden":
                PromotionStack(app, stage, test=self.test, intent=Promotion(override_gate=OVERRIDE))
            case "folded":
                ShadowTestStack(app, stage, test=folded(self.test))
            case "back":
                ShadowTestStack(app, stage, test=self.test, intent=Rollback(REASON))
            case _:
                raise AssertionError(f"there is no stage {stage!r}, there are: {', '.join(STAGES)}")


@dataclass(frozen=True)
class Case:
    """One shadow test, to be deployed.

    Attributes:
        local: The local AWS.
        command_line: The real command line.
        stages: What can be deployed.
        name: Name of the endpoint and of the stack.
    """

    local: LocalAws
    command_line: Cdk
    stages: Stages
    name: str

    @cached_property
    def cdk(self) -> Cdk:
        """The real command line with every stage: for the core of stories."""
        return self.command_line.with_app(str(self.stages.assembly(*STAGES)))

    def deploy(self, stage: str, *, rollback: bool = True) -> Run:
        """Deploy a stage as the command line does, in a third of its time.

        Args:
            stage: One of `STAGES`.
            rollback: Whether a failed deployment is taken back.
        """
        return Submission(self.local).deploy(self.stages.assembly(stage), stage, rollback=rollback)

    def deploy_while(self, stage: str, act: Callable[[], object]) -> Run:
        """Deploy a stage, and do something while the endpoint is updated."""
        return while_updating(self.local, self.name, lambda: self.deploy(stage), act)

    def destroy(self, stage: str) -> Run:
        """Delete the stack."""
        return Submission(self.local).destroy(self.stages.assembly(stage), stage)

    def traffic(self, prefix: str = "request", *, rate: float = 20) -> Traffic:
        """Requests to the endpoint.

        Args:
            prefix: Begins their ids.
            rate: How many a second. By default enough to see a gap of a twentieth of a second; each costs time.
        """
        payloads = [f"customer {number}" for number in range(10)]
        return Traffic(self.local.client("sagemaker-runtime"), self.name, payloads, prefix=prefix, rate=rate)

    def take_time(self) -> None:
        """Have both models take as long as real ones do."""
        sure.take_time(self.local, self.name, "production", "shadow")

    def serving(self) -> seen.Serving:
        """What the endpoint serves."""
        return seen.serving(self.local.client("sagemaker"), self.name)

    def history(self) -> tuple[history.Entry, ...]:
        """What was promoted and taken back."""
        return history.history(self.local.client("ssm"), self.name)

    def outputs(self) -> dict[str, str]:
        """The stack's outputs."""
        return seen.outputs(self.local.client("cloudformation"), self.name)


class CaseMaker(Protocol):
    """Makes a shadow test that differs from the usual one."""

    def __call__(self, change: Change = ...) -> Case:
        """Return it, not deployed yet.

        Args:
            change: What differs.
        """
