"""What the steps of the demo share: the local AWS, the command line, and what they have learned so far."""

from __future__ import annotations

import datetime
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal import environment, processes, seen
from rehearsal.cdk import Cdk, Run
from rehearsal.errors import RehearsalError
from rehearsal.local import PYTHON, LocalAws
from rehearsal.narration import Narrator
from rehearsal.traffic import Traffic
from shadow_ops.sending import Answer

ENDPOINT = "churn"
MODEL_BUCKET = "my-models"
_PAYLOADS = 40
_TRAINING_SECONDS = 900
RATE = 60.0
"""Requests a second while something is deployed: enough to notice a gap, and few enough to leave it the processor."""


@dataclass
class Stage:
    """The stage the demo plays on.

    Attributes:
        narrator: Tells the story.
        local: The local AWS.
        cdk: The command line.
        folder: For files.
        payloads: Rows of features to send.
        before: All that existed before the first deployment.
        answers: What each model version answers to each payload, as learned from responses and captures.
        tested: The shadow's model, as it was while it was tested.
        began: When the stage was set.
    """

    narrator: Narrator
    local: LocalAws
    cdk: Cdk
    folder: Path
    payloads: list[str] = field(default_factory=list)
    before: set[str] = field(default_factory=set)
    answers: dict[str, dict[int, str]] = field(default_factory=dict)
    tested: str = ""
    began: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))

    def run(self, what: str, run: str, stack: str, **context: str) -> Run:
        """Run a CDK command, showing the seconds."""
        with self.narrator.waiting(what):
            call = {"deploy": self.cdk.deploy, "diff": self.cdk.diff, "destroy": self.cdk.destroy}[run]
            return call(stack, **context).check()

    def train(self) -> None:
        """Train the two models of the example, and read the requests that it writes.

        Raises:
            RehearsalError: If the training fails.
        """
        out = self.folder / "models"
        process = subprocess.Popen(
            [str(PYTHON), "-m", "examples.churn.train", "--out", str(out)],
            cwd=environment.PROJECT,
            env=environment.for_local_aws(self.folder / "tmp"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=_TRAINING_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise RehearsalError(f"training the models took more than {_TRAINING_SECONDS} s: stopped") from error
        finally:
            processes.end(process, 1)
        if process.returncode != 0:
            raise RehearsalError(f"training the models failed:\n{output}")
        self.payloads = (out / "payloads.csv").read_text().splitlines()[:_PAYLOADS]

    def upload(self) -> None:
        """Put the models where cdk.json says they are."""
        s3 = self.local.client("s3")
        s3.create_bucket(Bucket=MODEL_BUCKET)
        for version in ("v1", "v2"):
            key = f"churn/{version}/model.tar.gz"
            s3.upload_file(str(self.folder / "models" / version / "model.tar.gz"), MODEL_BUCKET, key)

    def traffic(self, prefix: str, *, rate: float | None = None) -> Traffic:
        """Return traffic for the endpoint; its requests' ids begin with ``prefix``."""
        runtime = self.local.client("sagemaker-runtime")
        return Traffic(runtime, ENDPOINT, self.payloads, prefix=prefix, rate=rate)

    def serving(self) -> seen.Serving:
        """Return what the endpoint serves."""
        return seen.serving(self.local.client("sagemaker"), ENDPOINT)

    def which_model(self, answer: Answer) -> str:
        """Return the version of the model that gave an answer: the two answer every payload differently."""
        for version, answers in self.answers.items():
            if answers.get(answer.payload) == answer.text:
                return version
        return "unknown"
