"""The steps of the pipeline's demo. Each does one thing, holds what it promises against what it sees, and says so."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import tomlkit

from rehearsal import environment
from rehearsal.cdk import Run
from rehearsal.errors import RehearsalError, expect
from rehearsal.example import SHORT_POLICY
from rehearsal.gate_steps import shadow_test
from rehearsal.pipeline import Pipeline, Played
from rehearsal.schedule import Schedule
from rehearsal.stage import ENDPOINT, RATE, Stage
from rehearsal.sure import send_until, take_time
from shadow_ops.judge.verdict import Outcome

APP = environment.PROJECT / "examples" / "pipeline"
STACK = "churn-delivery"
_PLAIN = {"Succeeded": "done", "Failed": "FAILED", "Skipped": "skipped"}


@dataclass
class Delivery:
    """What the steps play on.

    Attributes:
        stage: The local AWS, the command line, and who tells.
        file: The test, as data.
        made: The pipeline and the assembly that it plays, by what the file said.
    """

    stage: Stage
    file: Path
    made: dict[str, tuple[Pipeline, Path]] = field(default_factory=dict)

    def delivered(self) -> tuple[Pipeline, Path]:
        """The pipeline as its code is now, deployed, and the assembly that it plays.

        Raises:
            RehearsalError: If it can't be synthesized or deployed.
        """
        said = self.file.read_text(encoding="utf-8")
        if said not in self.made:
            self.made[said] = self._deliver(self.stage.folder / f"delivery-{len(self.made) + 1}")
        return self.made[said]

    def _deliver(self, out: Path) -> tuple[Pipeline, Path]:
        place = {"account": environment.ACCOUNT_ID, "region": environment.REGION}
        options = [f"{name}={value}" for name, value in {**place, "test": str(self.file)}.items()]
        app = f"{sys.executable} {APP / 'app.py'}"
        with self.stage.narrator.waiting(f"cdk deploy {STACK}"):
            contexts = [part for option in options for part in ("--context", option)]
            self.stage.cdk.run("synth", "--quiet", "--app", app, "--output", str(out), *contexts).check()
            self.stage.cdk.with_app(str(out)).deploy(STACK).check()
        resources = self.stage.local.client("cloudformation").describe_stack_resources(StackName=STACK)
        [made] = [one for one in resources["StackResources"] if one["ResourceType"] == "AWS::CodePipeline::Pipeline"]
        return Pipeline(self.stage.local, made["PhysicalResourceId"]), out

    def play(self, what: str, waiting: Callable[[], object] | None = None) -> Played:
        """Play one execution, and tell what became of its stages.

        Args:
            what: Why there is one.
            waiting: What happens while the approval waits.
        """
        pipeline, assembly = self.delivered()
        with self.stage.narrator.waiting(what):
            played = pipeline.play(assembly, self._deploy, waiting or (lambda: None))
        for name, result in played.stages.items():
            self.stage.narrator.seen(f"stage {name}: {_PLAIN[result]}. {played.said[name]}".rstrip(". "))
        return played

    def until(self, outcome: Outcome, first: Callable[[], object] = lambda: None) -> Callable[[], None]:
        """Requests come in until the judge is sure; then the watch looks, as its schedule has it."""
        left = [outcome]

        def waiting() -> None:
            if left:
                first()
                traffic = self.stage.traffic(outcome.name.lower(), rate=RATE)
                send_until(self.stage.local, traffic, ENDPOINT, SHORT_POLICY, left.pop())
            self.looked()

        return waiting

    def looked(self) -> None:
        """The watch's schedule has come once more, and it has looked."""
        Schedule(self.stage.local, ENDPOINT).comes(waits=True)

    def command(self, *arguments: str) -> None:
        """Run a command of shadow-test, as a person does.

        Raises:
            RehearsalError: If it is refused.
        """
        code, output = shadow_test(self.stage, *arguments)
        if code != 0:
            raise RehearsalError(f"`shadow-test {' '.join(arguments)}` ended with exit code {code}: {output}")
        self.stage.narrator.quote(output)

    def _deploy(self, assembly: Path, stack: str) -> Run:
        del stack
        return self.stage.cdk.with_app(str(assembly)).deploy("**")


def write(delivery: Delivery) -> None:
    """Write the test as a file."""
    narrator = delivery.stage.narrator
    narrator.step(f"The test is a file, and the pipeline an app: {APP.relative_to(environment.PROJECT)}/app.py")
    written = tomlkit.parse((APP / "churn.toml").read_text(encoding="utf-8"))
    # As in the other demo: every request is copied, and the policy is openly short.
    written["sampling_percent"] = 100
    written["gate"] = SHORT_POLICY.to_json()
    delivery.file.write_text(tomlkit.dumps(written), encoding="utf-8")
    narrator.say(
        "What is played is the pipeline's own definition, as it is deployed: its assemblies by the real command line, "
        "its entry conditions and its approval by its own function. Only CodePipeline itself is played by this demo."
    )


def fail(delivery: Delivery) -> None:
    """A commit whose shadow fails."""
    stage = delivery.stage
    stage.narrator.step("A commit: v2 is tested. It answers every third request with an error")
    stage.local.fault("fail", endpoint=ENDPOINT, variant="shadow", share=0.33, status=500)
    failed = delivery.play("the test is deployed, requests come in, the approval waits", delivery.until(Outcome.FAIL))
    expect(list(failed.stages.values()) == ["Failed"], "the pipeline stops at the verdict.", failed)
    stage.tested = stage.serving().models["shadow"]
    stage.narrator.seen("production was not touched, and the test runs on")


def overrule(delivery: Delivery) -> None:
    """A person's reason promotes all the same."""
    stage = delivery.stage
    stage.narrator.step("A person decides otherwise, with a reason on record")
    delivery.command("override", ENDPOINT, "--reason", "the sale starts today")
    with stage.traffic("overruled", rate=RATE) as traffic:
        played = delivery.play("the pipeline runs again", delivery.looked)
    expect(played.green, "the reason goes through.", played)
    expect(stage.serving().models == {"production": stage.tested}, "v2 serves alone.", stage.serving())
    expect(not traffic.tally.failures, "no request fails.", traffic.tally.failures[:3])
    stage.narrator.seen(f"v2 serves; of {traffic.tally.sent} requests meanwhile none failed")


def again(delivery: Delivery) -> None:
    """A run after the promotion is idle."""
    stage = delivery.stage
    stage.narrator.step("Again, before anybody has folded: green and idle")
    before = stage.serving()
    played = delivery.play("the pipeline runs again")
    expect(set(played.stages.values()) == {"Skipped"}, "both stages are skipped.", played)
    expect(stage.serving() == before, "the endpoint is as it was.", stage.serving())


def back(delivery: Delivery) -> None:
    """Rolled back by record; the mended shadow passes and is promoted."""
    stage = delivery.stage
    stage.narrator.step("Rolled back by record; tested anew without the fault, v2 passes")
    stage.local.clear_faults()
    take_time(stage.local, ENDPOINT, "production", "shadow")
    delivery.command("override", ENDPOINT, "--for", "rollback", "--reason", "complaints since noon")

    def rolled_back() -> None:
        expect("shadow" in stage.serving().models, "v1 serves, v2 is its shadow.", stage.serving())

    played = delivery.play("v1 is back, requests come in", delivery.until(Outcome.PASS, rolled_back))
    expect(list(played.stages.values()) == ["Succeeded", "Succeeded"], "PASS promotes.", played)
    expect(stage.serving().models == {"production": stage.tested}, "v2 serves alone.", stage.serving())
    delivery.command("history", ENDPOINT)


def fold(delivery: Delivery) -> None:
    """The fold's commit leaves the endpoint alone."""
    stage = delivery.stage
    stage.narrator.step(f"The fold: shadow-test fold {ENDPOINT} --write churn.toml")
    before = stage.serving()
    delivery.command("fold", ENDPOINT, "--write", str(delivery.file))
    played = delivery.play("the folded commit runs through the pipeline")
    expect(played.stages == {f"{ENDPOINT}-serve": "Succeeded"}, "one stage is left, and green.", played)
    expect(stage.serving() == before, "the endpoint is as it was.", stage.serving())
    stage.narrator.seen("the endpoint was left alone: what was promoted is production in the file")


STEPS = (write, fail, overrule, again, back, fold)
