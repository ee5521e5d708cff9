"""A pipeline's own definition, played: its assemblies are deployed, its function answers, the guard judges again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import pipelines

from rehearsal import environment, seen
from rehearsal.cdk import Run
from rehearsal.example import SHORT_POLICY
from rehearsal.pipeline import Pipeline, Played
from rehearsal.schedule import Schedule
from rehearsal.stage import RATE
from rehearsal.sure import send_until
from shadow_constructs import ShadowTest
from shadow_constructs.pipelines import add_shadow_test
from shadow_ops.aws import reasons
from shadow_ops.judge.verdict import Outcome
from tests.deploy.submission import Submission
from tests.deploy.support import Case, CaseMaker, folded, gated, which_model
from tests.deploy.test_watch import look

HERE = cdk.Environment(account=environment.ACCOUNT_ID, region=environment.REGION)
CONNECTION = f"arn:aws:codeconnections:{environment.REGION}:{environment.ACCOUNT_ID}:connection/c"
WHY = "the sale starts today"
BACK = "complaints since noon"


def synthesized(folder: Path, test: ShadowTest) -> Path:
    """The assembly of a pipeline that deploys a test."""
    app = cdk.App(outdir=str(folder))
    stack = cdk.Stack(app, f"{test.endpoint_name}-delivery", env=HERE)
    source = pipelines.CodePipelineSource.connection("team/churn", "main", connection_arn=CONNECTION)
    synth = pipelines.ShellStep("Synth", input=source, commands=["cdk synth"])
    add_shadow_test(pipelines.CodePipeline(stack, "Pipeline", synth=synth), test, env=HERE)
    app.synth()
    return folder


@dataclass(frozen=True)
class Stage:
    """What the story plays on.

    Attributes:
        case: The test.
        folder: For assemblies.
    """

    case: Case
    folder: Path

    def delivered(self, name: str, test: ShadowTest) -> tuple[Pipeline, Path]:
        """The pipeline as its code is now, which it does to itself."""
        stack = f"{test.endpoint_name}-delivery"
        assembly = synthesized(self.folder / name, test)
        Submission(self.case.local).deploy(assembly, stack).check()
        found = self.case.local.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
        [made] = [one for one in found if one["ResourceType"] == "AWS::CodePipeline::Pipeline"]
        return Pipeline(self.case.local, made["PhysicalResourceId"]), assembly

    def through_the_api(self, assembly: Path, stack: str) -> Run:
        """Deploy as the command line does, in a third of its time."""
        return Submission(self.case.local).deploy(assembly, stack)

    def by_the_command_line(self, assembly: Path, stack: str) -> Run:
        """Deploy with the real one."""
        del stack
        return self.case.command_line.with_app(str(assembly)).deploy("**")

    def looked(self) -> None:
        """The watch's schedule has come once more, and it has looked."""
        before = look(self.case)
        Schedule(self.case.local, self.case.name).comes()

        def newer() -> bool:
            now = look(self.case)
            return now is not None and (before is None or now.at > before.at)

        seen.until("the watch has looked", 90, newer)

    def after(self, first: Callable[[], object]) -> Callable[[], None]:
        """Something that happens once while an approval waits; then the watch looks, as often as it takes."""
        left = [first]

        def waiting() -> None:
            while left:
                left.pop()()
            self.looked()

        return waiting

    def until(self, outcome: Outcome) -> Callable[[], None]:
        """Requests come in until the judge is sure; then the watch looks."""
        case = self.case
        return self.after(lambda: send_until(case.local, case.traffic(rate=RATE), case.name, SHORT_POLICY, outcome))

    def record(self, *arguments: str) -> None:
        """A person puts a reason on record, by the command line in a process of its own."""
        command = [sys.executable, "-m", "shadow_ops", "override", self.case.name, *arguments]
        variables = environment.for_cdk(self.case.local.endpoint_url, self.folder)
        done = subprocess.run(
            command, cwd=environment.PROJECT, env=variables, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr

    def serves(self) -> tuple[str, bool]:
        """The production model's version, and whether a shadow is beside it."""
        live = self.case.serving()
        [answer] = self.case.traffic().send(1).answers
        return which_model(answer), "shadow" in live.models


@pytest.fixture
def stage(make_case: CaseMaker, tmp_path: Path) -> Stage:
    """A test with a quick gate."""
    return Stage(make_case(gated), tmp_path)


def results(played: Played) -> list[str]:
    """What became of the stages."""
    return list(played.stages.values())


def test_a_pipeline_promotes_by_verdicts_and_by_people_and_is_idle_when_it_is_done(stage: Stage) -> None:
    """FAIL stops; a reason on record goes through; again, idle; rolled back by record; PASS promotes; folded, idle."""
    case, name = stage.case, stage.case.name
    test = case.stages.test
    pipeline, assembly = stage.delivered("test", test)

    # FAIL stops it, and production isn't touched.
    case.local.fault("fail", endpoint=name, variant="shadow", share=0.33, status=500)
    failed = pipeline.play(assembly, stage.through_the_api, stage.until(Outcome.FAIL))
    assert results(failed) == ["Failed"]
    assert failed.said[f"{name}-shadow"].startswith("FAIL since")
    assert stage.serves() == ("v1", True)
    assert case.history() == ()

    # A person's reason: the verdict is still FAIL, the function approves, the guard takes the reason.
    stage.record("--reason", WHY)
    with case.traffic() as traffic:
        overruled = pipeline.play(assembly, stage.by_the_command_line, stage.looked)
    assert results(overruled) == ["Succeeded", "Succeeded"], overruled.said
    assert f": {WHY} (FAIL since" in overruled.said[f"{name}-shadow"]
    assert traffic.tally.failures == []
    [entry] = case.history()
    assert entry.gate is not None
    assert entry.gate.startswith(f"overruled: {WHY} (")
    assert entry.reason_by is not None
    assert stage.serves() == ("v2", False)

    # Again: nothing to do.
    before = case.serving()
    again = pipeline.play(assembly, stage.through_the_api)
    assert results(again) == ["Skipped", "Skipped"]
    assert "v2 already serves" in again.said[f"{name}-shadow"]
    assert case.serving() == before

    # A rollback by record: the same code brings v1 back, and tests v2 beside it. Then v2 passes, and is promoted.
    case.local.clear_faults()
    case.take_time()
    stage.record("--for", "rollback", "--reason", BACK)

    def rolled_back() -> None:
        assert stage.serves() == ("v1", True)
        send_until(case.local, case.traffic(rate=RATE), name, SHORT_POLICY, Outcome.PASS)

    with case.traffic() as traffic:
        promoted = pipeline.play(assembly, stage.through_the_api, stage.after(rolled_back))
    assert results(promoted) == ["Succeeded", "Succeeded"], promoted.said
    assert promoted.said[f"{name}-shadow"].startswith("PASS since")
    assert traffic.tally.failures == []
    kinds = [(one.kind, one.reason, one.gate is not None and one.gate.startswith("PASS")) for one in case.history()]
    assert kinds == [("promotion", None, False), ("rollback", BACK, False), ("promotion", None, True)]
    assert all(one.used for one in reasons.on_record(case.local.client("ssm"), name))
    assert stage.serves() == ("v2", False)

    # The fold's commit leaves the endpoint alone.
    before = case.serving()
    pipeline, assembly = stage.delivered("folded", folded(test))
    done = pipeline.play(assembly, stage.through_the_api)
    assert done.stages == {f"{name}-serve": "Succeeded"}, done.said
    assert case.serving() == before
