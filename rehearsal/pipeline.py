"""Plays a synthesized pipeline, stage by stage, as CodePipeline would: conditions, deployments, approvals.

What it plays is the pipeline's own definition: the stages of its template, deployed. Source, build and assets are left
out: the assembly is there.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal import seen
from rehearsal.cdk import Run
from rehearsal.errors import RehearsalError
from rehearsal.local import LocalAws

_PATIENCE_SECONDS = 240
_POLL_SECONDS = 0.2
_VARIABLE = re.compile(r"#\{(\w+)\.(\w+)\}")
Deploy = Callable[[Path, str], Run]


@dataclass
class Played:
    """What became of one execution.

    Attributes:
        stages: What became of each stage that was played: ``Succeeded``, ``Failed`` or ``Skipped``.
        said: What was said of it: the approval's summary, the reason of a skip, the end of a deployment's output.
    """

    stages: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    @property
    def green(self) -> bool:
        """Whether no stage failed."""
        return "Failed" not in self.stages.values()


@dataclass(frozen=True)
class Pipeline:
    """A pipeline that was deployed.

    Attributes:
        local: The local AWS.
        name: Its name.
    """

    local: LocalAws
    name: str

    def play(self, assembly: Path, deploy: Deploy, waiting: Callable[[], object] = lambda: None) -> Played:
        """Play one execution to its end.

        Args:
            assembly: What its source was synthesized to.
            deploy: Deploys a stack of an assembly.
            waiting: Called again and again while an approval waits: what happens meanwhile.

        Raises:
            RehearsalError: If nobody answers an approval or a condition for four minutes.
        """
        execution, played = str(uuid.uuid4()), Played()
        for stage in self._stages():
            name = stage["Name"]
            result, said = self._stage(stage, execution, assembly, deploy, waiting)
            played.stages[name], played.said[name] = result, said
            if result == "Failed":
                break
        return played

    def _stages(self) -> Sequence[Mapping[str, Any]]:
        """Those that deploy stacks."""
        stages = self.local.pipelines()["pipelines"][self.name]
        return [one for one in stages if any(_provider(action) == "CloudFormation" for action in one["Actions"])]

    def _stage(
        self,
        stage: Mapping[str, Any],
        execution: str,
        assembly: Path,
        deploy: Deploy,
        waiting: Callable[[], object],
    ) -> tuple[str, str]:
        skip = self._skipped(stage)
        if skip is not None:
            return "Skipped", skip
        variables: dict[tuple[str, str], str] = {}
        said = ""
        for action in sorted(stage["Actions"], key=lambda one: int(one["RunOrder"])):
            asked = action.get("Configuration", {})
            if _provider(action) == "Manual":
                status, said = self._approval(stage["Name"], action, execution, variables, waiting)
                if status != "Approved":
                    return "Failed", said
            elif _provider(action) == "CloudFormation" and "TemplatePath" in asked:
                template = assembly / asked["TemplatePath"].partition("::")[2]
                run = deploy(template.parent, template.name.removesuffix(".template.json"))
                if run.exit_code != 0:
                    return "Failed", run.output
            elif _provider(action) == "CloudFormation" and "Namespace" in action:
                found = seen.outputs(self.local.client("cloudformation"), asked["StackName"])
                variables |= {(action["Namespace"], name): value for name, value in found.items()}
        return "Succeeded", said

    def _skipped(self, stage: Mapping[str, Any]) -> str | None:
        """Why the stage is skipped, by the functions of its entry conditions; None if it is entered."""
        conditions = stage.get("BeforeEntry", {}).get("Conditions", ())
        for rule in [rule for one in conditions for rule in one["Rules"]]:
            asked = rule["Configuration"]
            job = self.local.begin_job()
            parameters = {"configuration": {"UserParameters": asked["UserParameters"]}}
            event = {"CodePipeline.job": {"id": job, "data": {"actionConfiguration": parameters}}}
            self.local.client("lambda").invoke(
                FunctionName=asked["FunctionName"], InvocationType="Event", Payload=json.dumps(event).encode()
            )
            result = self._result_of(job)
            if result != "Succeeded":
                return result
        return None

    def _result_of(self, job: str) -> str:
        return str(self._until("a stage's condition is answered", lambda: self.local.pipelines()["jobs"][job]))

    def _approval(
        self,
        stage: str,
        action: Mapping[str, Any],
        execution: str,
        variables: Mapping[tuple[str, str], str],
        waiting: Callable[[], object],
    ) -> tuple[str, str]:
        text = _VARIABLE.sub(lambda one: variables[one[1], one[2]], action["Configuration"]["CustomData"])
        token = self.local.ask_approval(
            pipeline=self.name, stage=stage, action=action["Name"], execution=execution, custom_data=text
        )

        def answered() -> tuple[str, str] | None:
            waiting()
            [one] = [one for one in self.local.pipelines()["approvals"] if one["token"] == token]
            return None if one["status"] == "InProgress" else (one["status"], one["summary"])

        status, summary = self._until(f"the approval in {stage} is answered", answered)
        return status, summary

    def _until(self, what: str, look: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever is looked for
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if (found := look()) is not None:
                return found
            time.sleep(_POLL_SECONDS)
        raise RehearsalError(f"{_PATIENCE_SECONDS} s have gone by before {what}")


def _provider(action: Mapping[str, Any]) -> str:
    return str(action["ActionTypeId"]["Provider"])
