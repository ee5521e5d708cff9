"""The Lambda function beside a pipeline: takes verdicts from EventBridge, and questions of stages from CodePipeline."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.answering.decide import Answer, Heard, Pending, answer, skip_because
from shadow_ops.aws import parameters, reasons
from shadow_ops.aws.boto import Client, clients_of
from shadow_ops.contract.approvals import VERDICT, Approval, Entry, beside
from shadow_ops.contract.declared import Declared, settings_name
from shadow_ops.contract.problems import harmless
from shadow_ops.contract.reasons import Reason

LOG = logging.getLogger(__name__)
JOB = "CodePipeline.job"
# Somebody else was faster.
_ANSWERED = ("ApprovalAlreadyCompletedException", "InvalidApprovalTokenException")


@dataclass(frozen=True)
class Clients:
    """The services, boto3's clients.

    Attributes:
        codepipeline: The pipeline.
        ssm: Gives Parameter Store where an endpoint is: by Region and role, each None where it is the function's own.
    """

    codepipeline: Client
    ssm: Callable[[str | None, str | None], Any]


def handle(event: Mapping[str, Any], _context: object) -> None:
    """Take an event. The entry point of the Lambda function.

    Raises:
        ClientError: If CodePipeline or Parameter Store refuses a call; Lambda then tries again.
    """
    logging.getLogger().setLevel(logging.INFO)
    clients, now = real_clients(), datetime.datetime.now(datetime.UTC)
    if JOB in event:
        enter(event[JOB], clients, now)
    else:
        hear(event, clients, now)


def hear(event: Mapping[str, Any], clients: Clients, now: datetime.datetime) -> None:
    """Answer the approvals of a pipeline that wait for a verdict; what is no watch's event answers none."""
    try:
        heard = Heard.from_event(event, now)
    except ValueError as error:
        LOG.warning("%s", harmless(f"the event is ignored: {error}"))
        return
    pipeline = event["pipeline"]
    for pending in _pending(clients.codepipeline, pipeline):
        given = answer(heard, pending, partial(_on_record, event, pending.approval, clients), now)
        said = f"{given.status}: {given.summary}" if isinstance(given, Answer) else given
        # Whoever may put events on the bus would write whole lines of the log.
        LOG.info("%s", harmless(f"{heard.detail.get('verdict')} of {heard.detail.get('endpoint')}: {said}"))
        if isinstance(given, Answer):
            _put(clients.codepipeline, pipeline, pending, given)


def _on_record(event: Mapping[str, Any], asked: Approval, clients: Clients) -> Sequence[Reason]:
    """What people put on record for an endpoint, looked at where it is."""
    role = event.get("readers", {}).get(f"{asked.account}/{asked.region}/{asked.endpoint}")
    try:
        return reasons.on_record(clients.ssm(asked.region, role), asked.endpoint)
    except parameters.DamagedRecordError as error:
        # The guard won't take any either.
        LOG.warning("%s", harmless(str(error)))
        return ()


def enter(job: Mapping[str, Any], clients: Clients, now: datetime.datetime) -> None:
    """Say whether a stage is to be entered: who answers with a failure has it skipped.

    Where it can't be told it is entered: the guard refuses what would do harm.
    """
    try:
        text = job["data"]["actionConfiguration"]["configuration"]["UserParameters"]
        skip = _skip(Entry.from_text(text), clients, now)
    except Exception:
        LOG.exception("it can't be told what serves: the stage is entered")
        skip = None
    LOG.info("%s", skip or "the stage is entered")
    if skip is None:
        clients.codepipeline.put_job_success_result(jobId=job["id"])
    else:
        details = {"type": "JobFailed", "message": f"nothing to do: {skip}"}
        clients.codepipeline.put_job_failure_result(jobId=job["id"], failureDetails=details)


def _skip(entry: Entry, clients: Clients, now: datetime.datetime) -> str | None:
    ssm = clients.ssm(entry.region, entry.role)
    name = settings_name(entry.endpoint)
    text = parameters.text_of(ssm, name)
    declared = None if text is None else Declared.from_text(text, name)
    return skip_because(entry, declared, reasons.on_record(ssm, entry.endpoint), now)


def _pending(codepipeline: Client, pipeline: str) -> Iterator[Pending]:
    """The approvals that wait for a verdict; those of other kinds are none of ours."""
    for stage in codepipeline.get_pipeline_state(name=pipeline)["stageStates"]:
        execution = stage.get("latestExecution", {}).get("pipelineExecutionId")
        for action in stage.get("actionStates", ()):
            latest = action.get("latestExecution", {})
            if latest.get("status") != "InProgress" or "token" not in latest:
                continue
            text = _custom_data(codepipeline, pipeline, execution, stage["stageName"], action["actionName"])
            approval = Approval.from_text(text)
            # Anybody can make an approval that says the same.
            if approval is not None and action["actionName"] == beside(VERDICT, approval.endpoint):
                yield Pending(
                    stage=stage["stageName"],
                    action=action["actionName"],
                    token=latest["token"],
                    since=latest["lastStatusChange"],
                    approval=approval,
                )


def _custom_data(codepipeline: Client, pipeline: str, execution: str, stage: str, action: str) -> str:
    """What an approval says, with the variables of its execution filled in."""
    pages = codepipeline.get_paginator("list_action_executions").paginate(
        pipelineName=pipeline, filter={"pipelineExecutionId": execution}
    )
    for page in pages:
        # The newest first, of which only the one that waits is in progress.
        for one in page["actionExecutionDetails"]:
            if (one["stageName"], one["actionName"], one["status"]) == (stage, action, "InProgress"):
                found = one.get("input", {}).get("resolvedConfiguration", {})
                return str(found.get("CustomData", ""))
    return ""


def _put(codepipeline: Client, pipeline: str, pending: Pending, given: Answer) -> None:
    try:
        codepipeline.put_approval_result(
            pipelineName=pipeline,
            stageName=pending.stage,
            actionName=pending.action,
            token=pending.token,
            result={"status": given.status, "summary": given.summary},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in _ANSWERED:
            raise
        LOG.info("it was answered meanwhile")


def real_clients() -> Clients:
    """The services of the account and Region that the Lambda function runs in, and of those that it may look into."""
    client = clients_of("shadow-answering")

    def ssm(region: str | None, role: str | None) -> Client:
        if role is None:
            return client("ssm", region_name=region)
        taken = client("sts").assume_role(RoleArn=role, RoleSessionName="shadow-answering")
        keys = taken["Credentials"]
        return client(
            "ssm",
            region_name=region,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    return Clients(client("codepipeline"), ssm)
