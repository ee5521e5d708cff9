"""CodePipeline: its state, approvals and results of jobs. It runs nothing: whoever rehearses a pipeline plays it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local_aws.api_model import asked
from local_aws.errors import ServiceError

SERVICE = "codepipeline"
TARGET_PREFIX = "CodePipeline_20150709"


@dataclass
class Approval:
    """A manual approval of one execution.

    Attributes:
        pipeline: The pipeline.
        stage: The stage.
        action: The action.
        execution: The pipeline's execution.
        custom_data: What it asks, its variables filled in.
        token: Whoever answers must name it.
        since: When it began to wait, in seconds since 1970.
        status: ``InProgress``, ``Approved`` or ``Rejected``.
        summary: What was answered.
    """

    pipeline: str
    stage: str
    action: str
    execution: str
    custom_data: str
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    since: float = field(default_factory=time.time)
    status: str = "InProgress"
    summary: str = ""


class CodePipelineApi:
    """The pipelines of an account.

    Attributes:
        pipelines: The stages of each as CloudFormation made them, by the pipeline's name.
        approvals: All that ever waited, the oldest first.
        jobs: What was answered to each job; None as long as nothing was.
    """

    def __init__(self) -> None:
        self.pipelines: dict[str, list[dict[str, Any]]] = {}
        self.approvals: list[Approval] = []
        self.jobs: dict[str, str | None] = {}
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "GetPipelineState": self._state,
            "ListActionExecutions": self._executions,
            "PutApprovalResult": self._answer,
            "PutJobSuccessResult": lambda request: self._finish(request["jobId"], "Succeeded"),
            "PutJobFailureResult": lambda request: self._finish(
                request["jobId"], f"Failed: {request['failureDetails']['message']}"
            ),
        }

    def call(self, _region: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Run one operation.

        Raises:
            ServiceError: If the request or the rules refuse it, or the operation is not modelled.
        """
        return asked(SERVICE, self._operations, operation, request)(request)

    def ask(self, given: dict[str, Any]) -> dict[str, Any]:
        """Have an action wait for its approval.

        Raises:
            ServiceError: If there is no such stage, or the request lacks something.
        """
        try:
            approval = Approval(**given)
        except TypeError as error:
            raise ServiceError("InvalidApproval", str(error)) from None
        self._stage(approval.pipeline, approval.stage)
        self.approvals.append(approval)
        return {"token": approval.token}

    def begin_job(self) -> dict[str, Any]:
        """Begin a job, whose id a function is invoked with."""
        job = str(uuid.uuid4())
        self.jobs[job] = None
        return {"job": job}

    def seen(self) -> dict[str, Any]:
        """All there is, for whoever plays a pipeline."""
        approvals = [vars(one) for one in self.approvals]
        return {"pipelines": self.pipelines, "approvals": approvals, "jobs": self.jobs}

    def clear(self) -> None:
        """Forget everything."""
        self.pipelines.clear()
        self.approvals.clear()
        self.jobs.clear()

    def _stage(self, pipeline: str, stage: str) -> dict[str, Any]:
        for one in self._stages(pipeline):
            if one["Name"] == stage:
                return one
        raise ServiceError("StageNotFoundException", f"the pipeline {pipeline} has no stage {stage}")

    def _stages(self, pipeline: str) -> list[dict[str, Any]]:
        if pipeline not in self.pipelines:
            raise ServiceError("PipelineNotFoundException", f"there is no pipeline {pipeline}")
        return self.pipelines[pipeline]

    def _state(self, request: dict[str, Any]) -> dict[str, Any]:
        stages = self._stages(request["name"])
        return {"pipelineName": request["name"], "stageStates": [self._of(request["name"], one) for one in stages]}

    def _of(self, pipeline: str, stage: dict[str, Any]) -> dict[str, Any]:
        latest = {one.action: one for one in self.approvals if (one.pipeline, one.stage) == (pipeline, stage["Name"])}
        actions = [
            {
                "actionName": one["Name"],
                **({"latestExecution": _latest(latest[one["Name"]])} if one["Name"] in latest else {}),
            }
            for one in stage["Actions"]
        ]
        found: dict[str, Any] = {"stageName": stage["Name"], "actionStates": actions}
        for one in latest.values():
            found["latestExecution"] = {"pipelineExecutionId": one.execution, "status": _OF_STAGE[one.status]}
        return found

    def _executions(self, request: dict[str, Any]) -> dict[str, Any]:
        self._stages(request["pipelineName"])
        execution = request.get("filter", {}).get("pipelineExecutionId")
        found = [
            {
                "pipelineExecutionId": one.execution,
                "stageName": one.stage,
                "actionName": one.action,
                "status": _OF_STAGE[one.status],
                "startTime": one.since,
                "input": {"resolvedConfiguration": {"CustomData": one.custom_data}},
            }
            for one in reversed(self.approvals)
            if one.pipeline == request["pipelineName"] and execution in (None, one.execution)
        ]
        return {"actionExecutionDetails": found}

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        stage = self._stage(request["pipelineName"], request["stageName"])
        if request["actionName"] not in (one["Name"] for one in stage["Actions"]):
            raise ServiceError("ActionNotFoundException", f"the stage has no action {request['actionName']}")
        asked = (request["pipelineName"], request["stageName"], request["actionName"])
        known = [one for one in self.approvals if (one.pipeline, one.stage, one.action) == asked]
        approval = next((one for one in known if one.token == request["token"]), None)
        if approval is None:
            raise ServiceError("InvalidApprovalTokenException", "the token is none of this approval's")
        if approval.status != "InProgress":
            raise ServiceError("ApprovalAlreadyCompletedException", "the approval was answered already")
        approval.status, approval.summary = request["result"]["status"], request["result"]["summary"]
        return {"approvedAt": time.time()}

    def _finish(self, job: str, result: str) -> dict[str, Any]:
        if job not in self.jobs:
            raise ServiceError("JobNotFoundException", f"there is no job {job}")
        if self.jobs[job] is not None:
            raise ServiceError("InvalidJobStateException", "the job has its result already")
        self.jobs[job] = result
        return {}


_OF_STAGE = {"InProgress": "InProgress", "Approved": "Succeeded", "Rejected": "Failed"}


def _latest(approval: Approval) -> dict[str, Any]:
    """The token is shown as long as the approval waits."""
    found = {"status": _OF_STAGE[approval.status], "lastStatusChange": approval.since}
    return found | ({"token": approval.token} if approval.status == "InProgress" else {"summary": approval.summary})
