"""Managed tests on a guarded endpoint: none is overwritten, their verdict counts once, content tells what serves."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import pytest

from shadow_ops.aws.endpoint import Config
from shadow_ops.contract.declared import managed_name
from shadow_ops.contract.declaring import to_parameters
from shadow_ops.guard.managed import as_asked
from shadow_ops.observe.status import same_content
from tests.ops.cli.services import DECLARED
from tests.ops.guard.harm.account import Faults
from tests.ops.guard.harm.code import Code as Deployed
from tests.ops.guard.stack import Code, Stack, scaling
from tests.ops.guard.test_decided import Situation
from tests.ops.guard.test_new_and_gone import fails, unguarded
from tests.ops.guard.test_other_names import PRODUCTION, Case
from tests.ops.guard.test_promotion import refused, started
from tests.ops.guard.test_reasons import on_record, put
from tests.ops.guard.world import UPDATE_SECONDS, World
from tests.ops.managed.world import TEST
from tests.ops.managed.world import World as OfSageMaker
from tests.ops.parameter_store import aws_error

V1 = Code()
V2 = replace(V1, version="v2", promotion=True)


def serve(stack: Stack, code: Code, name: str) -> None:
    """SageMaker serves by a config of its own, as for a managed test."""
    stack.world.make_config(name, code.variants())
    stack.world.update_endpoint(name, retain=False)
    stack.world.sleep(UPDATE_SECONDS)


def begun() -> Stack:
    """An endpoint of ours on which SageMaker runs a managed test of v2."""
    stack = started(V1)
    serve(stack, replace(V1, shadow="v2"), "run-of-sagemaker")
    return stack


def concluded() -> Stack:
    """The same once the test was concluded with its promotion: production alone, the verdict on record."""
    stack = begun()
    serve(stack, replace(V1, count=3), "end-of-sagemaker")
    put(stack, config="end-of-sagemaker", text="managed test churn-1: the gate says PASS: measured for 30 h")
    return stack


@pytest.mark.parametrize(
    "code", [V2, replace(V1, count=3), replace(V1, scaling=(scaling(),)), replace(V1, shadow="v2")]
)
def test_nothing_is_updated_while_a_managed_test_runs(code: Code) -> None:
    """Not even a promotion of the very model: the sentence says how it is concluded, and the test goes on."""
    stack = begun()
    refused(stack.deploy(code), "a managed test runs on churn", "shadow-test conclude churn promote|remove")
    assert stack.world.live is not None
    assert stack.world.live.config == "run-of-sagemaker"


def test_an_update_that_comes_with_another_candidate_is_told_to_end_the_test() -> None:
    """The model that is tested goes only where the endpoint stays; the harm that is done first is told."""
    stack = started(replace(V1, tested="model-v2"))
    serve(stack, replace(V1, shadow="v2"), "run-of-sagemaker")
    refused(stack.deploy(replace(V1, count=3, tested="model-v3")), "an update would end that without a word", "")


@pytest.mark.parametrize("tested", ["model-v3", None])
def test_the_candidate_s_model_does_not_go_while_its_managed_test_runs(tested: str | None) -> None:
    """Though the endpoint's config stays: the sentence names the model; once it is over, another may come."""
    code = replace(V1, tested="model-v2")
    stack = started(code)
    serve(stack, replace(V1, shadow="v2"), "run-of-sagemaker")
    refused(stack.deploy(replace(code, tested=tested)), "would delete the model model-v2 that it tests", "conclude")
    serve(stack, V1, "end-of-sagemaker")
    assert stack.deploy(replace(code, tested=tested)).ok


def scheduled(status: str = "Created", config: str | None = None) -> Stack:
    """An endpoint of ours whose other stack has scheduled a managed test of v2."""
    stack = started(replace(V1, tested="model-v2"))
    schedule(stack.world, status, config)
    return stack


def schedule(world: World, status: str = "Created", config: str | None = None) -> None:
    """Schedule a managed test as the other stack does."""
    test = OfSageMaker().test
    assert test is not None
    metadata = {"EndpointName": "churn", **({} if config is None else {"EndpointConfigName": config})}
    world.experiments[TEST] = {**test, "Status": status, "EndpointMetadata": metadata}
    said = replace(DECLARED, experiment=TEST)
    world.parameters |= {name: [text] for name, text in to_parameters(said, "churn").items()}


UPDATES = {
    "count": replace(V1, count=3, tested="model-v2"),
    "scaling": replace(V1, scaling=(scaling(),), tested="model-v2"),
    "shadow": replace(V1, shadow="v2", tested="model-v2"),
    "promotion": V2,
    "candidate": replace(V1, tested="model-v3"),
    "no candidate": V1,
}


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize(
    ("status", "way"),
    [
        ("Creating", "conclude churn cancel"),
        ("Created", "begins at 2026-11-02 08:00 UTC, with v1 on 2 x ml.m5.xlarge as production"),
        ("Starting", "conclude churn remove"),
        ("Running", "is Running"),
    ],
)
def test_nothing_is_updated_that_a_scheduled_test_would_undo(status: str, way: str, update: str) -> None:
    """It begins with production as it was when it was made, and one that runs elsewhere ends so."""
    stack = scheduled(status, "another" if status == "Running" else None)
    before = (stack.world.live, stack.config)
    refused(stack.deploy(UPDATES[update]), f"the managed test {TEST} of churn", way, "begin it again afterwards")
    assert (stack.world.live, stack.config) == before


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("status", ["Completed", "Cancelled", "gone"])
def test_a_test_that_is_over_or_gone_stands_in_no_way(status: str, update: str) -> None:
    """Its stack may still say its name."""
    stack = scheduled(status)
    if status == "gone":
        stack.world.experiments.clear()
    result = stack.deploy(UPDATES[update])
    assert "the managed test" not in result.reason
    assert result.ok or update == "promotion"


def test_a_guard_that_is_new_on_the_endpoint_sees_a_scheduled_test_too() -> None:
    """What it was before isn't known to it; what would be undone is told all the same."""
    case = unguarded()
    schedule(case.world)
    said = fails(case, Deployed((replace(PRODUCTION, count=3),)))
    assert f"the managed test {TEST} of churn" in said
    assert "an update would be undone by it" in said


def test_what_leaves_the_endpoint_alone_goes_on_before_a_test_begins() -> None:
    """Another policy, for instance, or another alarm: nothing of it is undone."""
    stack = scheduled()
    assert stack.deploy(replace(V1, tested="model-v2", policy="other")).ok


@pytest.mark.parametrize("what", ["denied", "damaged", "half told"])
def test_a_scheduled_test_that_can_not_be_seen_is_no_absent_one(what: str) -> None:
    """Nothing is updated, and the sentence says what can't be read."""
    stack = scheduled()
    if what == "denied":
        stack.world.refused["describe_inference_experiment"] = aws_error("AccessDeniedException", "no", "Describe")
    elif what == "damaged":
        stack.world.parameters[managed_name("churn")] = ["[]"]
    else:
        del stack.world.experiments[TEST]["ModelVariants"]
    refused(stack.deploy(UPDATES["count"]), "the managed test", "can't be read")


def test_the_verdict_on_record_lets_its_model_through_once() -> None:
    """The history says that it was a managed test's; nobody's word overruled the gate."""
    stack = concluded()
    assert stack.deploy(V2).ok
    [entry] = stack.history()
    assert (entry.kind, entry.from_model, entry.to_model) == ("promotion", "model-v1", "model-v2")
    assert entry.gate == "managed test churn-1: the gate says PASS: measured for 30 h"
    assert entry.reason is None
    assert stack.judged == []
    assert [one.used is not None for one in on_record(stack)] == [True]


@pytest.mark.parametrize(
    "change", ["another model", "another config", "a day later", "none"], ids=lambda one: one.replace(" ", "-")
)
def test_without_a_verdict_that_fits_nothing_is_promoted(change: str) -> None:
    """It is for that model beside what serves, for a day."""
    stack = concluded()
    match change:
        case "another config":
            serve(stack, V1, "somebody-elses")
        case "a day later":
            stack.world.sleep(datetime.timedelta(hours=25).total_seconds())
        case "none":
            stack.world.parameters.clear()
    code = replace(V2, version="v3") if change == "another model" else V2
    refused(stack.deploy(code), "no shadow test is running on churn")


def test_what_serves_under_another_name_is_what_the_code_says() -> None:
    """After a test that was removed the config has SageMaker's name: scaling changes, the endpoint isn't touched."""
    stack = begun()
    serve(stack, replace(V1, count=3), "end-of-sagemaker")
    assert stack.deploy(replace(V1, scaling=(scaling(high=5),))).ok
    assert stack.world.live is not None
    assert stack.world.live.config == "end-of-sagemaker"
    assert set(stack.world.targets) == {"production"}


def config(**changes: Any) -> Config:  # noqa: ANN401 - of the variant, or the shadow and the capture
    """An endpoint config with one production variant."""
    production: dict[str, Any] = {"VariantName": "production", "ModelName": "v1", "InstanceType": "ml.m5.xlarge"}
    of_config: dict[str, Any] = {
        name: changes.pop(name) for name in ("name", "shadow", "capture_uri", "capture_percent") if name in changes
    }
    usual: dict[str, Any] = {"name": "config", "shadow": (), "capture_uri": "s3://captured", "capture_percent": 100}
    created = datetime.datetime(2026, 11, 2, tzinfo=datetime.UTC)
    return Config(**{**usual, **of_config}, created=created, production=(dict(production, **changes),))


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"name": "another"}, True),
        ({"InitialInstanceCount": 7}, True),
        ({"InitialVariantWeight": 0.5}, True),
        ({"ModelName": "v2"}, False),
        ({"InstanceType": "ml.m5.large"}, False),
        ({"VariantName": "AllTraffic"}, False),
        ({"VolumeSizeInGB": 30}, False),
        ({"shadow": ({"VariantName": "shadow"},)}, False),
        ({"capture_uri": None}, False),
        ({"capture_percent": 50}, False),
    ],
)
def test_the_same_is_served_on_any_number_of_instances(changes: dict[str, Any], same: bool) -> None:
    """Everything else of a config is told apart, whatever it is called."""
    assert same_content(config(), config(**changes)) is same


@pytest.mark.parametrize(
    ("serves", "taken_for"),
    [("sagemakers", "asked"), ("asked", "asked"), ("source", "asked"), ("target", "target"), ("kept", "kept")],
)
def test_a_config_that_the_guard_knows_is_never_taken_for_another(serves: str, taken_for: str) -> None:
    """Not where it serves the same either; one of SageMaker's is what is asked for, under a name of its own."""
    one = next(one for one in (Situation("forward", number) for number in range(99)) if one.record and one.request)
    assert one.request is not None
    assert one.record is not None
    asked = replace(one.request.asked, config="asked", endpoint="churn")
    record = replace(one.record, source="source", target="target", keeps={"kept": True})
    seen = replace(one.seen, asked=config(name="asked"), pending=record)
    live = replace(one.live, config=config(name=serves))
    assert as_asked(replace(one.request, asked=asked, old=asked), live, seen).config.name == taken_for


@pytest.mark.parametrize(
    ("source", "target", "done", "taken_for"),
    [
        ("theirs", "asked", True, "theirs"),  # the update to it has failed
        ("source", "asked", False, "theirs"),  # it was let through, and nobody saw its end
        ("source", "asked", True, "asked"),  # it was through, and somebody came afterwards
        ("asked", "asked", True, "asked"),
        ("asked", "asked", False, "asked"),  # of scaling alone
    ],
)
def test_what_people_serve_is_left_alone_only_where_no_update_is_due(
    source: str, target: str, done: bool, taken_for: str
) -> None:
    """An update that was left behind by a failure is tried again, and takes what it needs for that."""
    one = next(one for one in (Situation("forward", number) for number in range(99)) if one.record and one.request)
    assert one.request is not None
    assert one.record is not None
    asked = replace(one.request.asked, config="asked", endpoint="churn")
    record = replace(one.record, source=source, target=target, done=done, keeps={"asked": True})
    live = replace(one.live, config=config(name="theirs"))
    request = replace(one.request, asked=asked, old=asked)
    assert as_asked(request, live, replace(one.seen, pending=record)).config.name == taken_for


def test_the_stacks_own_config_of_the_same_content_is_not_taken_for_what_is_asked_for() -> None:
    """After a failure that was left, CloudFormation would delete the one that serves."""
    case = Case(Deployed((PRODUCTION,)))
    asked = Deployed((PRODUCTION,), alarms=("users",))
    case.account.begin(Faults(silent=False, no_rollback=True))
    assert not case.account.update(case.stack, asked).ok
    case.account.begin(Faults())

    assert case.account.update(case.stack, asked).ok
    assert case.live.config == case.stack.config
    assert case.live.config in case.world.configs
