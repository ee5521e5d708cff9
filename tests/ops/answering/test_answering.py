"""The function beside a pipeline: who answers what, once, and which stage has nothing to do."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_ops.answering.decide import Answer, Heard, Pending, answer, skip_because
from shadow_ops.answering.handler import Clients, enter, hear
from shadow_ops.aws.boto import Client
from shadow_ops.contract.approvals import LONGEST_SUMMARY, Approval, Entry, served
from shadow_ops.contract.approving import custom_data, parameter
from shadow_ops.contract.declared import settings_name
from shadow_ops.contract.reasons import Reason, reasons_path
from tests.ops.cli.services import DECLARED, Services
from tests.ops.parameter_store import aws_error

NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
MINUTE = datetime.timedelta(minutes=1)
APPROVAL = Approval(version="v2", endpoint="churn", account="111122223333", region="eu-west-1", config="churn-Config1")
PENDING = Pending(stage="churn-shadow", action="Verdict", token="a-token", since=NOW - MINUTE, approval=APPROVAL)
ANN = "arn:aws:sts::111122223333:assumed-role/Ops/ann"
DETAIL = {
    "version": 1,
    "endpoint": "churn",
    "endpointConfig": "churn-Config1",
    "at": NOW.isoformat(),
    "verdict": "PASS",
    "reason": "all 6 deciding rules hold",
    "since": "2026-11-24T11:00:00+00:00",
    "override": None,
}


def heard(**changes: Any) -> Heard:  # noqa: ANN401 - any member
    """A verdict of the endpoint's own watch."""
    return Heard(account="111122223333", region="eu-west-1", detail={**DETAIL, **changes})


def nothing() -> tuple[Reason, ...]:
    """Nothing is on record."""
    return ()


def test_pass_approves_and_fail_rejects_with_the_reason() -> None:
    """In a summary that CodePipeline takes."""
    assert answer(heard(), PENDING, nothing, NOW) == Answer(
        "Approved", "PASS since 2026-11-24T11:00 UTC: all 6 deciding rules hold"
    )
    failed = answer(heard(verdict="FAIL", reason="p99 is\n12 % slower " + "x" * 600), PENDING, nothing, NOW)
    assert isinstance(failed, Answer)
    assert failed.status == "Rejected"
    assert failed.summary.startswith("FAIL since 2026-11-24T11:00 UTC: p99 is 12 % slower")
    assert len(failed.summary) == LONGEST_SUMMARY


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verdict": "INCONCLUSIVE"}, "there is no verdict yet"),
        ({"endpoint": "chess"}, "another endpoint"),
        ({"endpointConfig": "churn-Config2"}, "judges churn-Config2, and this execution deployed churn-Config1"),
        ({"at": (NOW - MINUTE).isoformat()}, "older than the approval"),
        ({"at": (NOW - 2 * MINUTE).isoformat()}, "older than the approval"),
        ({"version": 2}, "deploy a newer one"),
    ],
)
def test_what_is_about_something_else_or_older_answers_nothing(changes: dict[str, Any], said: str) -> None:
    """Whatever the verdict: another deployment's, a look from before the approval, a format that isn't known."""
    for verdict in {"PASS", "FAIL", changes.get("verdict", "PASS")} if "verdict" not in changes else {"INCONCLUSIVE"}:
        given = answer(heard(**{"verdict": verdict, **changes}), PENDING, nothing, NOW)
        assert isinstance(given, str)
        assert said in given


@pytest.mark.parametrize(("account", "region"), [("999988887777", "eu-west-1"), ("111122223333", "us-east-1")])
def test_the_same_name_in_another_account_or_region_is_another_endpoint(account: str, region: str) -> None:
    """Several of them may be in one pipeline."""
    assert (
        answer(replace(heard(), account=account, region=region), PENDING, nothing, NOW)
        == "it is about another endpoint"
    )


OVERRIDE = Reason(
    id="one",
    purpose="promotion",
    text="the sale",
    by=ANN,
    at=NOW - MINUTE,
    expires=NOW + MINUTE,
    config="churn-Config1",
    subject="model-of-shadow",
    version="v2",
)
TOLD = {"by": "somebody", "reason": "whatever"}


@pytest.mark.parametrize("verdict", ["FAIL", "INCONCLUSIVE"])
def test_a_reason_on_record_approves_whatever_the_verdict(verdict: str) -> None:
    """The guard takes the reason afterwards; the summary says whose it is, as the record has it."""
    given = answer(heard(verdict=verdict, override=TOLD), PENDING, lambda: (OVERRIDE,), NOW)
    assert isinstance(given, Answer)
    assert given.status == "Approved"
    assert given.summary.startswith(f"overruled by {ANN}: the sale ({verdict} since")


@pytest.mark.parametrize("verdict", ["FAIL", "INCONCLUSIVE"])
@pytest.mark.parametrize(
    "changes",
    [None, {"purpose": "rollback"}, {"config": "churn-Config2"}, {"expires": NOW}, {"used": "request"}],
)
def test_a_reason_that_an_event_only_tells_of_answers_nothing(verdict: str, changes: dict[str, Any] | None) -> None:
    """Nor one that was written for something else, is over or was used."""
    found = () if changes is None else (replace(OVERRIDE, **changes),)
    said = answer(heard(verdict=verdict, override=TOLD), PENDING, lambda: found, NOW)
    assert said == "it tells of a reason to promote, and none that counts for this config is on record"


@given(st.text(max_size=2000), st.sampled_from(["PASS", "FAIL"]))
def test_no_reason_is_too_long_for_an_answer(reason: str, verdict: str) -> None:
    """Nor does it end a line."""
    given = answer(heard(reason=reason, verdict=verdict), PENDING, nothing, NOW)
    assert isinstance(given, Answer)
    assert len(given.summary) <= LONGEST_SUMMARY
    assert len(given.summary.splitlines()) == 1


def test_what_an_approval_asks_is_read_as_it_was_written() -> None:
    """And another approval's text is none of ours."""
    assert Approval.from_text(custom_data(APPROVAL)) == APPROVAL
    assert Approval.from_text("Please look at the change") is None
    assert Approval.from_text("") is None


# --- the function


class _Pipeline:
    """CodePipeline, as far as the function calls it."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.jobs: list[tuple[str, str]] = []
        self.texts = {"churn-shadow": custom_data(APPROVAL), "other": "Please look at the change"}
        self.error: Exception | None = None
        self.action = "Verdict"

    def get_pipeline_state(self, name: str) -> dict[str, Any]:
        waits = {"status": "InProgress", "token": "a-token", "lastStatusChange": NOW - MINUTE}
        stages: list[dict[str, Any]] = [
            {
                "stageName": stage,
                "latestExecution": {"pipelineExecutionId": f"execution-{name}"},
                "actionStates": [
                    {"actionName": "Deploy", "latestExecution": {"status": "Succeeded"}},
                    {"actionName": self.action, "latestExecution": waits},
                ],
            }
            for stage in self.texts
        ]
        return {"stageStates": [{"stageName": "Source", "actionStates": [{"actionName": "Source"}]}, *stages]}

    def get_paginator(self, operation: str) -> _Pipeline:
        assert operation == "list_action_executions"
        return self

    def paginate(self, pipelineName: str, filter: dict[str, str]) -> list[dict[str, Any]]:  # noqa: N803 - boto3's names
        assert filter == {"pipelineExecutionId": f"execution-{pipelineName}"}
        found = [
            {
                "stageName": stage,
                "actionName": self.action,
                "status": status,
                "input": {"resolvedConfiguration": {"CustomData": text}},
            }
            for stage, said in self.texts.items()
            for status, text in (("InProgress", said), ("Failed", "an earlier attempt"))
        ]
        return [{"actionExecutionDetails": found[:1]}, {"actionExecutionDetails": found[1:]}]

    def put_approval_result(self, **request: Any) -> None:  # noqa: ANN401 - as boto3's
        if self.error is not None:
            raise self.error
        self.answers.append(request)

    def put_job_success_result(self, jobId: str) -> None:  # noqa: N803 - boto3's name
        self.jobs.append((jobId, "enter"))

    def put_job_failure_result(self, jobId: str, failureDetails: dict[str, str]) -> None:  # noqa: N803 - boto3's names
        self.jobs.append((jobId, failureDetails["message"]))


def event(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of the detail
    """What the rule gives the function."""
    return {"pipeline": "p", "account": "111122223333", "region": "eu-west-1", "detail": {**DETAIL, **changes}}


def test_the_one_approval_that_waits_for_it_is_answered() -> None:
    """With its token; other approvals of the pipeline are left alone."""
    pipeline = _Pipeline()
    hear(event(), Clients(pipeline, lambda *_: None), NOW)

    [put] = pipeline.answers
    assert (put["pipelineName"], put["stageName"], put["actionName"], put["token"]) == (
        *("p", "churn-shadow"),
        *("Verdict", "a-token"),
    )
    assert put["result"]["status"] == "Approved"


def test_who_was_slower_is_content_and_a_refused_call_is_none() -> None:
    """A person may have answered; a right that is missing is an error, which Lambda tries again and logs."""
    pipeline = _Pipeline()
    for code in ("ApprovalAlreadyCompletedException", "InvalidApprovalTokenException"):
        pipeline.error = aws_error(code, "done", "PutApprovalResult")
        hear(event(), Clients(pipeline, lambda *_: None), NOW)
    pipeline.error = aws_error("AccessDeniedException", "no", "PutApprovalResult")
    with pytest.raises(Exception, match="AccessDenied"):
        hear(event(), Clients(pipeline, lambda *_: None), NOW)


NO_OVERRIDES: tuple[object, ...] = (
    *({}, {"by": ANN}, "the sale", [], 0),
    *({"by": "", "reason": "why"}, {"by": ANN, "reason": ""}, {"by": ANN, "reason": " \n"}),
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        *(({"version": version}, "number of its format") for version in ("1", None, True, 1.0, 0, -1)),
        *(({"verdict": verdict}, "PASS, INCONCLUSIVE, FAIL") for verdict in ("pass", "SUCCESS", "PASS ")),
        *(({"at": (NOW + minutes * MINUTE).isoformat()}, "'at' is still to come") for minutes in (6, 10**6)),
        *(({name: "2026-11-24T11:00:00"}, f"{name!r} has no offset") for name in ("since", "at")),
        *(({"at": at}, "'at'") for at in ("2026-11-24T12:00:00", 5, None)),
        ({"reason": 5}, "'reason' is no text"),
        ({"at": "today"}, "Invalid isoformat string"),
        *(({"override": override}, "'(by|reason|override)'") for override in NO_OVERRIDES),
        *(
            ({name: None}, f"{name!r} is no text")
            for name in ("endpoint", "endpointConfig", "verdict", "since", "reason")
        ),
    ],
)
def test_an_event_of_another_shape_is_logged_and_answers_nothing(
    changes: dict[str, Any], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Anybody who may put events on the bus can send one; Lambda would try it again for hours."""
    pipeline = _Pipeline()
    hear(event(**changes), Clients(pipeline, lambda *_: None), NOW)
    assert pipeline.answers == []
    assert re.search(f"the event is ignored: .*({said})", caplog.text)
    assert len(caplog.records) == 1
    hear({**event(), "detail": "PASS"}, Clients(pipeline, lambda *_: None), NOW)
    hear({**event(), "detail": {"version": 2}}, Clients(pipeline, lambda *_: None), NOW)
    assert pipeline.answers == []


@pytest.mark.parametrize("place", ["account", "region"])
@pytest.mark.parametrize("found", [None, "", 111122223333])
def test_an_event_from_nowhere_is_logged_and_answers_nothing(
    place: str, found: object, caplog: pytest.LogCaptureFixture
) -> None:
    """Where an event comes from is part of what it is about."""
    pipeline = _Pipeline()
    forged = {name: one for name, one in {**event(), place: found}.items() if one is not None}
    hear(forged, Clients(pipeline, lambda *_: None), NOW)
    assert caplog.messages == [f"the event is ignored: its {place!r} is no text"]
    assert pipeline.answers == []


def test_a_clock_that_is_a_little_ahead_is_believed() -> None:
    """The watch's and the function's differ."""
    pipeline = _Pipeline()
    hear(event(at=(NOW + 4 * MINUTE).isoformat()), Clients(pipeline, lambda *_: None), NOW)
    assert len(pipeline.answers) == 1


def test_an_approval_of_somebody_elses_is_left_alone() -> None:
    """Whatever it says: ours has a name of its own."""
    pipeline = _Pipeline()
    pipeline.action = "LookAtIt"
    hear(event(), Clients(pipeline, lambda *_: None), NOW)
    assert pipeline.answers == []


@pytest.mark.parametrize("reader", [None, "arn:aws:iam::111122223333:role/reader"])
def test_what_is_on_record_is_looked_at_where_the_endpoint_is(reader: str | None) -> None:
    """In its Region, by the role that the rule names; a damaged one approves nothing."""
    looked: list[tuple[str | None, str | None]] = []
    services, pipeline = Services(), _Pipeline()

    def ssm(region: str | None, role: str | None) -> Client:
        looked.append((region, role))
        return services.client("ssm")

    readers = {} if reader is None else {"readers": {"111122223333/eu-west-1/churn": reader}}
    told = {**event(verdict="FAIL", override=TOLD), **readers}
    for texts in ({}, {"one": "{damaged"}, {"one": json.dumps(OVERRIDE.to_json())}):
        assert pipeline.answers == []
        services.parameters.update({f"{reasons_path('churn')}/{name}": [text] for name, text in texts.items()})
        hear(told, Clients(pipeline, ssm), NOW)
    assert looked == [("eu-west-1", reader)] * 3
    assert [one["result"]["status"] for one in pipeline.answers] == ["Approved"]


FORGED = "x\r\nPASS of churn: Approved\u2028\x1b[2J"


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("name", ["endpoint", "endpointConfig", "at", "verdict", "reason", "since", "override"])
def test_an_event_is_one_line_of_the_log(name: str, version: int, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is in it: nobody may write lines that look like the function's own, or what a terminal obeys."""
    caplog.set_level("INFO")
    forged = {"by": FORGED, "reason": FORGED} if name == "override" else FORGED
    pipeline = _Pipeline()
    hear(
        event(**{"version": version, "verdict": "FAIL", name: forged}),
        Clients(pipeline, lambda *_: Services().client("ssm")),
        NOW,
    )
    assert caplog.messages
    assert all(one.isprintable() for one in caplog.messages)
    assert all(one["result"]["summary"].isprintable() for one in pipeline.answers)


# --- entering a stage

PROMOTED = replace(
    DECLARED, production=(replace(DECLARED.production[0], version="v2", label="v2 on 2 x ml.m5.xlarge"),), shadow=None
)
ENTRY = Entry(endpoint="churn", region=None, role=None, production=served(PROMOTED.production))
REASON = Reason(
    id="one",
    purpose="rollback",
    text="complaints",
    by=ANN,
    at=NOW,
    expires=NOW + MINUTE,
    config="c",
    subject="s",
    version="v1",
)


def test_a_stage_is_skipped_where_what_it_would_promote_serves() -> None:
    """Before anything is deployed, while it is tested, and on other hardware, it is entered."""
    assert skip_because(ENTRY, PROMOTED, (), NOW) == "v2 already serves on churn"
    for other in (None, DECLARED, replace(PROMOTED, shadow=DECLARED.shadow)):
        assert skip_because(ENTRY, other, (), NOW) is None
    bigger = replace(PROMOTED.production[0], label="v2 on 4 x ml.m5.xlarge")
    assert skip_because(ENTRY, replace(PROMOTED, production=(bigger,)), (), NOW) is None


def test_a_rollback_on_record_enters_the_stage() -> None:
    """As long as it counts; a reason to promote has nothing to do with it."""
    assert skip_because(ENTRY, PROMOTED, (REASON,), NOW) is None
    for void in (replace(REASON, used="request"), replace(REASON, purpose="promotion")):
        assert skip_because(ENTRY, PROMOTED, (void,), NOW) is not None
    assert skip_because(ENTRY, PROMOTED, (REASON,), NOW + MINUTE) is not None


def job(text: str) -> dict[str, Any]:
    """What CodePipeline gives a function that it invokes."""
    return {"id": "job", "data": {"actionConfiguration": {"configuration": {"UserParameters": text}}}}


def test_codepipeline_is_told_whether_to_enter() -> None:
    """A failure of the rule is what has the stage skipped; whoever can't tell has it entered."""
    services, pipeline = Services(), _Pipeline()
    clients = Clients(pipeline, lambda *_: services.client("ssm"))
    enter(job(parameter(ENTRY)), clients, NOW)
    services.settle(PROMOTED)
    enter(job(parameter(ENTRY)), clients, NOW)
    services.parameters[f"{reasons_path('churn')}/one"] = [json.dumps(REASON.to_json())]
    enter(job(parameter(ENTRY)), clients, NOW)
    services.parameters[settings_name("churn")] = ["{damaged"]
    enter(job(parameter(ENTRY)), clients, NOW)
    enter(job("nonsense"), clients, NOW)

    skipped = "nothing to do: v2 already serves on churn"
    assert [said for _, said in pipeline.jobs] == ["enter", skipped, "enter", "enter", "enter"]


def test_where_an_endpoint_is_is_what_the_stage_says() -> None:
    """The function looks with the role, and in the Region, that the stage names."""
    looked: list[tuple[str | None, str | None]] = []

    def ssm(region: str | None, role: str | None) -> Client:
        looked.append((region, role))
        return Services().client("ssm")

    enter(job(parameter(replace(ENTRY, region="us-east-1", role="arn:role"))), Clients(_Pipeline(), ssm), NOW)
    assert looked == [("us-east-1", "arn:role")]
    assert Entry.from_text(parameter(ENTRY)) == ENTRY
