"""CodePipeline: what waits is shown, answered once, and by its token alone."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.codepipeline.api import CodePipelineApi
from local_aws.errors import ServiceError

STAGES = [{"Name": "Test", "Actions": [{"Name": "Deploy"}, {"Name": "Verdict"}]}]
OTHER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def api() -> CodePipelineApi:
    """One pipeline of one stage."""
    made = CodePipelineApi()
    made.pipelines["p"] = STAGES
    return made


def ask(api: CodePipelineApi, execution: str = OTHER) -> str:
    """Have its action wait."""
    asked = {"pipeline": "p", "stage": "Test", "action": "Verdict", "execution": execution, "custom_data": "v2?"}
    return str(api.ask(asked)["token"])


def put(api: CodePipelineApi, known: str, **changes: Any) -> None:  # noqa: ANN401 - any member
    """Approve."""
    usual = {"pipelineName": "p", "stageName": "Test", "actionName": "Verdict", "token": known}
    api.call("eu-west-1", "PutApprovalResult", usual | {"result": {"status": "Approved", "summary": "ok"}} | changes)


def latest(api: CodePipelineApi) -> dict[str, Any]:
    """The approval, as the pipeline's state has it."""
    [stage] = api.call("eu-west-1", "GetPipelineState", {"name": "p"})["stageStates"]
    found: dict[str, Any] = stage["actionStates"][1].get("latestExecution", {})
    return found


def test_what_waits_is_shown_with_its_token_until_it_is_answered(api: CodePipelineApi) -> None:
    """The newest, with what it asks."""
    assert latest(api) == {}
    token = ask(api)
    assert (latest(api)["status"], latest(api)["token"]) == ("InProgress", token)
    request = {"pipelineName": "p", "filter": {"pipelineExecutionId": OTHER}}
    [one] = api.call("eu-west-1", "ListActionExecutions", request)["actionExecutionDetails"]
    assert one["input"]["resolvedConfiguration"] == {"CustomData": "v2?"}

    put(api, token)
    assert (latest(api)["status"], latest(api)["summary"], "token" in latest(api)) == ("Succeeded", "ok", False)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"token": OTHER}, "InvalidApprovalTokenException"),
        ({"pipelineName": "q"}, "PipelineNotFoundException"),
        ({"stageName": "Prod"}, "StageNotFoundException"),
        ({"actionName": "Other"}, "ActionNotFoundException"),
        ({"result": {"status": "Approved", "summary": "x" * 513}}, "ValidationException"),
    ],
)
def test_a_wrong_answer_is_refused(api: CodePipelineApi, changes: dict[str, Any], code: str) -> None:
    """And the approval waits on."""
    token = ask(api)
    with pytest.raises(ServiceError) as refused:
        put(api, token, **changes)
    assert refused.value.code == code
    assert latest(api)["status"] == "InProgress"


def test_an_approval_and_a_job_are_answered_once(api: CodePipelineApi) -> None:
    """The first answer stays."""
    token = ask(api)
    put(api, token)
    with pytest.raises(ServiceError, match="answered already"):
        put(api, token)
    job = api.begin_job()["job"]
    api.call("eu-west-1", "PutJobSuccessResult", {"jobId": job})
    with pytest.raises(ServiceError, match="has its result"):
        api.call("eu-west-1", "PutJobSuccessResult", {"jobId": job})
    with pytest.raises(ServiceError, match="there is no job"):
        api.call("eu-west-1", "PutJobSuccessResult", {"jobId": OTHER})
    assert api.jobs == {job: "Succeeded"}
