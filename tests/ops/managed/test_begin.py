"""The function that starts and ends a managed test: whatever CloudFormation asks, how often, and whoever is stopped."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.managed import CaptureAsked, ManagedAsked, ramp_name
from shadow_ops.contract.permissions import managed_needs
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard.clients import Clients
from shadow_ops.managed import record
from shadow_ops.managed.handler import on_request
from shadow_ops.managed.record import Kept
from tests.ops.managed.world import ENDPOINT, KilledError, World
from tests.values.samples import KEY_ARN, ROLE_ARN

STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack/churn-managed/1"
URL = "https://cloudformation.example/answer"
LAMBDA_SECONDS = 890.0
ASKED = ManagedAsked(
    endpoint=ENDPOINT,
    base="churn",
    production="production",
    production_model="v1",
    shadow="shadow",
    shadow_model="v2",
    on=Instances("ml.m5.xlarge", 1),
    sampling_percent=50,
    seconds=7 * 24 * 3600,
    role_arn=ROLE_ARN,
    capture=CaptureAsked(destination="s3://captured/churn", key_arn=KEY_ARN, csv_content_types=("text/csv",)),
    volume_key_arn=KEY_ARN,
    tags={"team": "risk"},
)
NAME = ASKED.name(STACK)
ALONE = {"production": ("v1", "ml.m5.xlarge", 3), "shadow of": []}


class Clock:
    """The time of one invocation."""

    def __init__(self, world: World) -> None:
        self._world, self._end = world, world.now + datetime.timedelta(seconds=LAMBDA_SECONDS)

    def now(self) -> datetime.datetime:
        """The world's time."""
        return self._world.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self._world.now += datetime.timedelta(seconds=seconds)

    def remaining(self) -> float:
        """Seconds that are left."""
        return (self._end - self._world.now).total_seconds()


def fresh(**more: Any) -> World:  # noqa: ANN401 - whatever World takes
    """An endpoint without any test."""
    world = World("Completed", **more)
    world.test = None
    return world


def clients(world: World) -> Clients:
    """The world's services."""
    return Clients(
        sagemaker=world.sagemaker,
        autoscaling=world.autoscaling,
        ssm=world.ssm,
        cloudformation=world.cloudformation,
        cloudwatch=world.cloudwatch,
        functions=world.functions,
    )


def event(
    kind: str, asked: ManagedAsked = ASKED, old: ManagedAsked | None = None, physical: str | None = None
) -> dict[str, Any]:
    """A request of CloudFormation."""
    found: dict[str, Any] = {
        "RequestType": kind,
        "RequestId": "r",
        "StackId": STACK,
        "LogicalResourceId": "Managed",
        "ResponseURL": URL,
        "ResourceProperties": {"ServiceToken": "arn", **asked.to_properties()},
    }
    if kind != "Create":
        found["PhysicalResourceId"] = NAME if physical is None else physical
    if old is not None:
        found["OldResourceProperties"] = old.to_properties()
    return found


def ask(world: World, request: dict[str, Any]) -> dict[str, Any]:
    """Have a request served, in as many invocations as it takes; the answer."""
    sent: list[dict[str, Any]] = []
    while True:
        on_request(request, clients(world), Clock(world), lambda _url, content: sent.append(json.loads(content)))
        if sent:
            [answer] = sent
            return answer
        request = json.loads(world.handed_over.pop())


def test_a_test_begins_on_what_serves_at_that_moment_and_runs() -> None:
    """Production keeps its live count; the duration is counted from the start, which lies ahead."""
    world = fresh(scaled=True)
    answer = ask(world, event("Create"))

    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", NAME), answer
    assert "copies 50 % of the requests" in answer["Reason"]
    [request] = world.made
    production, shadow = request["ModelVariants"]
    assert production["InfrastructureConfig"]["RealTimeInferenceConfig"]["InstanceCount"] == 3
    assert shadow["ModelName"] == "v2"
    schedule = request["Schedule"]
    assert schedule["EndTime"] - schedule["StartTime"] == datetime.timedelta(days=7)
    assert request["DataStorageConfig"]["KmsKey"] == request["KmsKey"] == KEY_ARN
    assert request["Tags"] == [{"Key": "team", "Value": "risk"}]
    assert world.serving() == {"production": ("v1", "ml.m5.xlarge", 3), "shadow of": ["shadow"]}
    assert world.targets == {"production": {"MinCapacity": 2, "MaxCapacity": 8}}


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_the_same_request_twice_makes_one_test(kind: str) -> None:
    """At once or hours later, while it runs: the name says that it is the same."""
    world = fresh()
    first = ask(world, event("Create"))
    again = ask(world, event(kind, old=ASKED if kind == "Update" else None))
    assert (again["Status"], again["PhysicalResourceId"]) == ("SUCCESS", first["PhysicalResourceId"])
    assert len(world.made) == 1


def test_a_test_that_is_to_begin_later_is_there_at_once() -> None:
    """A deployment doesn't wait for days, and a deletion deletes what hasn't begun."""
    world = fresh()
    later = replace(ASKED, starts=world.now + datetime.timedelta(days=2))
    answer = ask(world, event("Create", later))
    assert answer["Status"] == "SUCCESS", answer
    assert "will from 2026-11-05" in answer["Reason"]
    assert world.serving()["shadow of"] == []

    ask(world, event("Delete", later, physical=answer["PhysicalResourceId"]))
    assert world.test is None


VARIANT = {"VariantName": "production", "ModelName": "v1", "InitialInstanceCount": 2, "InitialVariantWeight": 1.0}
ON = {"InstanceType": "ml.m5.xlarge"}
UNFIT: dict[str, tuple[dict[str, Any], str]] = {
    "serverless": ({"production": [VARIANT]}, "is serverless"),
    "inf1": ({"production": [{**VARIANT, "InstanceType": "ml.inf1.xlarge"}]}, "no shadow test can be on Inf1"),
    "several": (
        {"production": [{**VARIANT, **ON}, {**VARIANT, **ON, "VariantName": "other"}]},
        "has 2 production variants",
    ),
    "another model": ({"production": [{**VARIANT, **ON, "ModelName": "v0"}]}, "serves v0 as production"),
    "another name": ({"production": [{**VARIANT, **ON, "VariantName": "AllTraffic"}]}, "as AllTraffic"),
    "components": (
        {"production": [{name: one for name, one in {**VARIANT, **ON}.items() if name != "ModelName"}]},
        "inference components",
    ),
    "async": ({"config": {"AsyncInferenceConfig": {"OutputConfig": {}}}}, "answers asynchronously"),
    "a shadow": ({"shadow": [{**VARIANT, **ON, "VariantName": "candidate"}]}, "has the shadow candidate already"),
    "pipeline": ({"models": {"v2": {"Containers": [{}, {}]}}}, "the model v2 has 2 containers"),
    "multi-model": ({"models": {"v1": {"PrimaryContainer": {"Mode": "MultiModel"}}}}, "serves many models"),
    "failed": ({"status": "Failed"}, "the endpoint churn is Failed"),
}


@pytest.mark.parametrize("what", UNFIT)
def test_an_endpoint_that_no_test_can_be_on_is_refused_before_anything_is_made(what: str) -> None:
    """In one line that says what it is."""
    changes, words = UNFIT[what]
    world = fresh()
    config = world.configs["before"]
    config["ProductionVariants"] = changes.get("production", config["ProductionVariants"])
    config.update(changes.get("config", {}))
    if "shadow" in changes:
        config["ShadowProductionVariants"] = changes["shadow"]
    world.models, world.endpoint["status"] = changes.get("models", {}), changes.get("status", "InService")
    answer = ask(world, event("Create"))

    assert (answer["Status"], world.made) == ("FAILED", [])
    assert words in answer["Reason"]
    assert answer["Reason"].isprintable()


def test_a_test_that_would_make_its_endpoint_is_refused_with_the_safe_way() -> None:
    """The two lines that do it are in the sentence."""
    answer = ask(fresh(), event("Create", replace(ASKED, endpoint="fraud")))
    assert answer["Status"] == "FAILED"
    assert 'ShadowTestStack(app, "fraud", test=managed)' in answer["Reason"]
    assert "ManagedShadowTestStack(..., endpoint=...)" in answer["Reason"]


def test_an_endpoint_with_another_managed_test_is_left_to_it() -> None:
    """Whoever made it; the sentence says how it is concluded."""
    world = World("Running")
    world.configs["run"].pop("ShadowProductionVariants")
    answer = ask(world, event("Create"))
    assert answer["Status"] == "FAILED"
    assert "has the managed test churn-trial, which is Running until 2026-11-09" in answer["Reason"]


def test_share_and_end_change_in_place_and_nothing_that_people_changed() -> None:
    """What the code didn't change since stays as it is now."""
    world = fresh()
    ask(world, event("Create"))
    world.stack = "UPDATE_IN_PROGRESS"
    start = world.made[0]["Schedule"]["StartTime"]
    assert world.test is not None
    world.test["ShadowModeConfig"]["ShadowModelVariants"][0]["SamplingPercentage"] = 10
    longer = replace(ASKED, seconds=10 * 24 * 3600)
    answer = ask(world, event("Update", longer, old=ASKED))
    assert answer["PhysicalResourceId"] == NAME
    assert world.test["Schedule"]["EndTime"] == start + datetime.timedelta(days=10)
    assert world.test["ShadowModeConfig"]["ShadowModelVariants"][0]["SamplingPercentage"] == 10

    ask(world, event("Update", replace(longer, sampling_percent=25), old=longer))
    assert world.test["ShadowModeConfig"]["ShadowModelVariants"][0]["SamplingPercentage"] == 25


@pytest.mark.parametrize("changes", [{"sampling_percent": 10}, {"seconds": 8 * 24 * 3600}, {"tags": {}}])
def test_a_test_whose_endpoint_is_gone_is_not_changed(changes: dict[str, Any]) -> None:
    """The deployment says so, rather than that requests are copied."""
    world = fresh()
    ask(world, event("Create"))
    world.stack, world.gone = "UPDATE_IN_PROGRESS", True
    world.calls.clear()
    answer = ask(world, event("Update", replace(ASKED, **changes), old=ASKED))
    assert answer["Status"] == "FAILED"
    assert "the endpoint churn is gone" in answer["Reason"]
    assert "update_inference_experiment" not in world.calls


@pytest.mark.parametrize(("status", "ways"), [("Created", "cancel"), ("Running", "promote|remove")])
def test_the_way_out_that_is_said_is_one_that_is_taken(status: str, ways: str) -> None:
    """A test that hasn't begun takes no other end than being cancelled."""
    world, other = World(status), replace(ASKED, starts=fresh().now + datetime.timedelta(days=3))
    world.configs["run"].pop("ShadowProductionVariants")
    assert ask(world, event("Create"))["Reason"].endswith(f"shadow-test conclude churn {ways}")

    world = fresh()
    ask(world, event("Create", other))
    assert world.test is not None
    world.test["Status"], world.pending, world.stack = status, None, "UPDATE_IN_PROGRESS"
    later = replace(other, starts=fresh().now + datetime.timedelta(days=4))
    answer = ask(world, event("Update", later, old=other))
    assert answer["Reason"].endswith(f"can't become another one; conclude it first: shadow-test conclude churn {ways}")


def test_an_end_that_is_over_is_refused() -> None:
    """A test isn't ended by a number."""
    world = fresh()
    ask(world, event("Create"))
    world.stack, world.now = "UPDATE_IN_PROGRESS", world.now + datetime.timedelta(days=2)
    refused = ask(world, event("Update", replace(ASKED, seconds=3600), old=ASKED))
    assert "longer than the code says now; to end it: shadow-test conclude churn" in refused["Reason"]


def test_a_running_test_does_not_become_another_one() -> None:
    """It is to be concluded first; then the other one begins, and CloudFormation's clean-up touches nothing."""
    world = fresh()
    ask(world, event("Create"))
    world.stack, other = "UPDATE_IN_PROGRESS", replace(ASKED, shadow_model="v3")
    refused = ask(world, event("Update", other, old=ASKED))
    assert (refused["Status"], refused["PhysicalResourceId"]) == ("FAILED", NAME)
    assert "conclude it first: shadow-test conclude churn promote|remove" in refused["Reason"]

    world.end_by_schedule()
    assert world.test is not None
    ended, world.test = world.test, None
    world.others.append(ended)
    begun = ask(world, event("Update", other, old=ASKED))
    assert (begun["Status"], begun["PhysicalResourceId"]) == ("SUCCESS", other.name(STACK)), begun
    before = world.serving()
    assert ask(world, event("Delete"))["Status"] == "SUCCESS"
    assert world.serving() == before


def test_a_test_that_is_over_is_not_begun_anew_in_silence() -> None:
    """The way is said; a deployment that is taken back is not held up by it."""
    world = fresh()
    ask(world, event("Create"))
    world.end_by_schedule()
    changed = replace(ASKED, sampling_percent=10)
    world.stack = "UPDATE_IN_PROGRESS"
    refused = ask(world, event("Update", changed, old=ASKED))
    assert "a test that is over doesn't go on; destroy its stack" in refused["Reason"]
    world.stack = "UPDATE_ROLLBACK_IN_PROGRESS"
    assert ask(world, event("Update", old=changed))["Status"] == "SUCCESS"


def test_a_deployment_that_is_taken_back_ends_the_test_that_it_began() -> None:
    """The one before can't go on, and no shadow is left."""
    world = fresh()
    other = replace(ASKED, shadow_model="v3")
    ask(world, event("Create", other))
    world.stack = "UPDATE_ROLLBACK_IN_PROGRESS"
    assert ask(world, event("Update", ASKED, old=other))["Status"] == "SUCCESS"
    assert world.serving() == ALONE
    assert len(world.made) == 1


@pytest.mark.parametrize("physical", [NAME, "Stack-Managed-1ABC"])
def test_a_stack_that_goes_leaves_production_and_no_shadow(physical: str) -> None:
    """By the resource's name, or by what it would have been; what the watch kept goes too, the test's record stays."""
    world = fresh(scaled=True)
    ask(world, event("Create"))
    kept = ["/shadow-test/churn/verdict", "/shadow-test/churn/told/1", "/shadow-test/churn/history/1"]
    world.parameters.update(dict.fromkeys(kept, "{}"))
    world.stack = "DELETE_IN_PROGRESS"
    answer = ask(world, event("Delete", physical=physical))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", physical)
    assert world.serving() == ALONE
    assert world.test is not None
    assert world.test["Status"] == "Cancelled"
    assert list(world.parameters) == ["/shadow-test/churn/history/1"]


@pytest.mark.parametrize("status", [None, "CREATE_COMPLETE", "DELETE_IN_PROGRESS"])
def test_a_request_that_comes_late_begins_nothing(status: str | None) -> None:
    """The stack is gone, or done, when Lambda delivers it again."""
    world = fresh()
    world.stack = status
    assert "came too late" in ask(world, event("Create"))["Reason"]
    assert world.made == []


def test_what_sagemaker_gives_up_fails_the_deployment_with_its_reason() -> None:
    """And the deletion that follows finds nothing to end."""
    world = fresh(breaks=True)
    answer = ask(world, event("Create"))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", NAME)
    assert "is Cancelled" in answer["Reason"]
    assert "no capacity" in answer["Reason"]
    assert ask(world, event("Delete"))["Status"] == "SUCCESS"


def test_properties_that_can_not_be_read_are_one_line() -> None:
    """And hold no deletion up."""
    broken = {**event("Create"), "ResourceProperties": {"ServiceToken": "arn"}}
    assert "the resource of the managed test lacks" in ask(fresh(), broken)["Reason"]
    gone = {**event("Delete"), "ResourceProperties": {}}
    assert ask(fresh(), gone)["Status"] == "SUCCESS"


def served(kind: str, world: World, kill_at: tuple[int, bool] | None = None) -> World:
    """A request that is delivered until it is answered; of a deletion, the creation before it isn't counted."""
    if kind == "Delete":
        ask(world, event("Create"))
        world.stack = "DELETE_IN_PROGRESS"
    world.calls.clear()
    world.kill_at = kill_at
    while True:
        try:
            answer = ask(world, event(kind))
        except (KilledError, ClientError):
            world.kill_at = None
            continue
        assert answer["Status"] == "SUCCESS", answer
        return world


@pytest.mark.parametrize("kind", ["Create", "Delete"])
def test_whoever_is_stopped_at_any_call_is_followed(kind: str) -> None:
    """Killed before or after each call of a creation or a deletion, and delivered again: one test, or none is left."""
    for number in range(1, len(served(kind, fresh(scaled=True)).calls) + 1):
        for heard in (False, True):
            world = served(kind, fresh(scaled=True), (number, heard))
            case = f"{kind}, call {number} {'heard' if heard else 'unheard'}"
            assert len(world.made) == 1, case
            assert world.serving()["shadow of"] == (["shadow"] if kind == "Create" else []), case
            assert world.serving()["production"] == ALONE["production"], case


# Called by Application Auto Scaling and SageMaker with the function's rights, or only for scaling that is put back.
FOR_OTHERS = {
    "ssm:PutParameter",
    "cloudwatch:PutMetricAlarm",
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DescribeAlarms",
    "iam:CreateServiceLinkedRole",
    "iam:PassRole",
    "sagemaker:UpdateEndpointWeightsAndCapacities",
    "application-autoscaling:DeleteScalingPolicy",
    "application-autoscaling:PutScheduledAction",
    "application-autoscaling:DeleteScheduledAction",
}
SERVICES = {
    "stack": "cloudformation",
    "scal": "application-autoscaling",
    "schedul": "application-autoscaling",
    "parameter": "ssm",
    "invoke": "lambda",
}


def test_every_call_is_allowed_and_every_right_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function's role is neither too small nor too large."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "churn-managed-Function")
    began = fresh(scaled=True)
    ask(began, event("Create"))
    began.targets["shadow"] = {"MinCapacity": 1, "MaxCapacity": 2}
    slow = {**event("Create"), "RequestId": "slow"}
    began.stack = "UPDATE_IN_PROGRESS"
    ask(began, event("Update", replace(ASKED, sampling_percent=25, tags={"owner": "risk"}), old=ASKED))
    broken = Kept(
        NAME, began.now, Scaled("production", 2, 8, policies={"by-requests": dict(began.policies["production"])})
    )
    del began.targets["production"]
    record.write(began.ssm, ENDPOINT, broken)
    began.stack = "DELETE_IN_PROGRESS"
    ask(began, event("Delete"))
    later = fresh()
    starts = replace(ASKED, starts=later.now + datetime.timedelta(days=2))
    answer = ask(later, event("Create", starts))
    ask(later, event("Delete", starts, physical=answer["PhysicalResourceId"]))
    waits = fresh()
    waits.endpoint["status"] = "Updating"
    clock = Clock(waits)
    on_request(slow, clients(waits), clock, lambda _url, _content: None)
    called = {_action(one) for world in (began, later, waits) for one in world.calls} - {"ssm:PutParameter"}
    allowed = {action for need in managed_needs(begins=True, ramps=False) for action in need.actions}

    assert called <= allowed
    assert allowed - called == FOR_OTHERS


def _action(operation: str) -> str:
    named = "".join(part.title() for part in operation.split("_"))
    service = next((one for part, one in SERVICES.items() if part in operation), "sagemaker")
    return "lambda:InvokeFunction" if operation == "invoke" else f"{service}:{named}"


def _hotfix(world: World) -> None:
    world.config("hotfix", [world._variant("production", "v9", "ml.m5.xlarge", 3)], [])
    world._serve("hotfix")


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        (_hotfix, "serves v9 as production now"),
        (lambda world: world.endpoint.update(status="UpdateRollbackFailed"), "is UpdateRollbackFailed"),
        (lambda world: setattr(world, "deaf", True), "is Running still"),
    ],
    ids=["hotfix", "endpoint broken", "without effect"],
)
def test_a_stack_is_not_deleted_while_its_test_goes_on(happens: Callable[[World], None], words: str) -> None:
    """Whatever keeps it from being ended: the deletion fails with the reason, and can be done once that is mended."""
    world = World()
    assert world.test is not None
    world.test["Name"], world.stack = NAME, "DELETE_IN_PROGRESS"
    happens(world)
    before = world.serving()
    answer = ask(world, event("Delete"))
    assert answer["Status"] == "FAILED"
    assert words in answer["Reason"]
    assert (world.test["Status"], world.serving()) == ("Running", before)


def test_a_stack_is_deleted_although_scaling_can_not_be_read() -> None:
    """The end of the test needs no such record; it is named, and stays."""
    world = World(scaled=True)
    assert world.test is not None
    world.test["Name"], world.stack = NAME, "DELETE_IN_PROGRESS"
    world.parameters[record.name(ENDPOINT)] = "garbage"
    answer = ask(world, event("Delete"))
    assert (answer["Status"], world.test["Status"]) == ("SUCCESS", "Cancelled")
    assert "/shadow-test/churn/conclusion" in answer["Reason"]
    assert record.name(ENDPOINT) in world.parameters
    assert world.serving()["shadow of"] == []


@pytest.mark.parametrize("refused", [False, True])
def test_a_stack_is_deleted_although_its_endpoint_is_gone(refused: bool) -> None:
    """Whether or not SageMaker ends the test without it: no shadow is left that costs."""
    world = World(refuses="stop_inference_experiment" if refused else "")
    assert world.test is not None
    world.test["Name"], world.stack, world.gone = NAME, "DELETE_IN_PROGRESS", True
    answer = ask(world, event("Delete"))
    assert answer["Status"] == "SUCCESS", answer
    assert (world.test["Status"] == "Cancelled") is not refused


@pytest.mark.parametrize("percent", [1, 5, 25, 50])
def test_a_share_that_the_code_sets_ends_a_ramp(percent: int) -> None:
    """Also the one that is copied at this moment; a deployment that changes something else doesn't."""
    world = fresh()
    ask(world, event("Create"))
    world.stack = "UPDATE_IN_PROGRESS"
    assert world.test is not None
    world.test["ShadowModeConfig"]["ShadowModelVariants"][0]["SamplingPercentage"] = 5
    world.parameters[ramp_name(ENDPOINT)] = "{}"
    ask(world, event("Update", replace(ASKED, seconds=ASKED.seconds + 3600), old=ASKED))
    assert ramp_name(ENDPOINT) in world.parameters
    ask(world, event("Update", replace(ASKED, sampling_percent=percent), old=ASKED))
    assert (ramp_name(ENDPOINT) in world.parameters) is (percent == ASKED.sampling_percent)


@pytest.mark.parametrize("kind", ["Create", "Update"])
@pytest.mark.parametrize("deployed", ["v1 and v2", "v0 and v3"])
def test_a_test_of_other_versions_than_the_endpoints_stack_has_is_refused(kind: str, deployed: str) -> None:
    """Whichever of the two models it is: nothing is begun, and nothing that runs is told as another version."""
    world, same = fresh(), replace(ASKED, versions="v1 and v2", deployed="v1 and v2")
    if kind == "Update":
        ask(world, event("Create", same))
        world.stack = "UPDATE_IN_PROGRESS"
    made = len(world.made)
    answer = ask(world, event(kind, replace(same, versions="v1 and v3", deployed=deployed), old=same))
    assert (answer["Status"], len(world.made)) == ("FAILED", made)
    said = f"the stack of churn was deployed with {deployed}, and the code compares v1 and v3: deploy that stack first"
    assert said in answer["Reason"]
    world.stack = "UPDATE_ROLLBACK_IN_PROGRESS"
    assert ask(world, event("Update", same, old=replace(same, deployed=deployed)))["Status"] == "SUCCESS"
    assert same.name(STACK) == NAME
