"""What a deployment is, however SageMaker's names and the last request came to be: told by what users would get."""

from __future__ import annotations

import copy
import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shadow_ops.guard.change import replaced_by
from shadow_ops.guard.handler import on_event
from shadow_ops.guard.served import Served
from shadow_ops.judge.verdict import Outcome
from tests.ops.guard.harm.outsider import shape
from tests.ops.guard.stack import Clock, Code, Stack, scaling, verdict
from tests.ops.guard.test_promotion import BIGGER, TESTING, promoted, refused, started
from tests.ops.guard.world import ENDPOINT
from tests.ops.parameter_store import aws_error

ASKED = '-c rollback="reason"'
DENIED = aws_error("AccessDeniedException", "not authorized", "DescribeModel")
EVENT = {"source": "aws.sagemaker", "detail": {"EndpointName": ENDPOINT, "EndpointStatus": "IN_SERVICE"}}
# Name, label and content of a model.
_Told = tuple[str | None, str | None, str | None]
OTHER_INSTANCES: list[dict[str, Any]] = [
    {"InferenceAmiVersion": "gpu-2"},
    {"VolumeSizeInGB": 20},
    {"RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}},
    {"CapacityReservationConfig": {"MlReservationArn": "arn:aws:sagemaker:eu-west-1:1:training-plan/x"}},
    {"AcceleratorType": "ml.eia2.medium"},
    {"InstancePools": [{"InstanceType": "ml.m5.xlarge", "Priority": 1}]},
    {"ContainerStartupHealthCheckTimeoutInSeconds": 600},
    {"ModelDataDownloadTimeoutInSeconds": 600},
]


def by_hand(stack: Stack, count: int = 4, **changes: Any) -> None:  # noqa: ANN401 - of a variant
    """Somebody updates the endpoint to a config of his own that serves the same, but for what is said."""
    world = stack.world
    assert world.live is not None
    production, shadow = world.configs[world.live.config]
    more = [one | {"InitialInstanceCount": count, **changes} for one in production]
    world.update_endpoint(world.make_config("by-hand", (more, shadow)), retain=True)
    world.settle()


def left_failed(stack: Stack) -> None:
    """An update fails in SageMaker and isn't rolled back: CloudFormation believes in what never served."""
    world, code, config = stack.world, replace(TESTING, count=3), stack.config
    asked = stack._new_config(code)
    world.status = "UPDATE_IN_PROGRESS"
    assert stack.ask("Update", "before", code, asked, (TESTING, config)) is not None
    world.next_update = "no capacity"
    world.update_endpoint(asked, retain=True)
    world.settle()
    world.status, stack.code, stack.config = "UPDATE_FAILED", code, asked


def without_a_guard(stack: Stack) -> None:
    """The guard comes with the promotion, to an endpoint that the stack has."""
    stack.world.parameters.clear()


@pytest.mark.parametrize("before", [by_hand, left_failed, without_a_guard])
@pytest.mark.parametrize("made", ["", "anew"])
def test_yesterdays_pipeline_is_refused_whatever_the_promotion_came_from(
    before: Callable[[Stack], None], made: str
) -> None:
    """The model that it brings back has another name, and no label of it may be on record: its content is."""
    stack = started()
    before(stack)
    if before is without_a_guard:
        create_guard(stack, TESTING.promoted())
    else:
        assert stack.deploy(TESTING.promoted()).ok
    (entry,) = stack.history()
    assert entry.from_version == (None if before is without_a_guard else "v1")

    refused(stack.deploy(replace(TESTING, made=made)), "with v2, and this deployment would bring v1 back", ASKED)
    assert stack.deploy(replace(TESTING, made=made, rollback="more refunds")).ok
    assert stack.history()[-1].to_version == "v1"


def create_guard(stack: Stack, code: Code) -> None:
    """Deploy what brings the guard to an endpoint that the stack has."""
    world, config = stack.world, stack._new_config(code)
    world.status = "UPDATE_IN_PROGRESS"
    answer = stack.ask("Create", "before", code, config)
    assert answer is not None
    assert answer["Status"] == "SUCCESS", answer
    world.update_endpoint(config, retain=True)
    world.settle()
    assert stack.ask("Create", "after", code, config) is not None
    stack.code, stack.config, stack.keep = code, config, answer["Data"]["KeepLiveCounts"]
    world.drop_models(stack.models, code.variants())
    world.status = "UPDATE_COMPLETE"


@pytest.mark.parametrize("code", [Code(version="v2"), replace(TESTING, version="v2", shadow="v3")])
def test_the_candidate_is_gated_under_any_name(code: Code) -> None:
    """Folded with other properties it is another SageMaker model, and still what is tested."""
    stack = started()
    stack.verdict = lambda: verdict(Outcome.FAIL)
    for made in ("", "isolated"):
        refused(stack.deploy(replace(code, made=made)), "the gate says FAIL")

    by_hand(stack)
    refused(stack.deploy(replace(code, made="isolated")), "the gate says FAIL")
    stack.verdict = verdict
    assert stack.deploy(replace(code, made="isolated")).ok
    assert [one.kind for one in stack.history()] == ["promotion"]


@pytest.mark.parametrize("gone", ["EndpointModelv1", "EndpointModelv2"])
def test_a_model_that_is_gone_is_in_doubt_what_is_asked_about(gone: str) -> None:
    """Its content can't be looked at any more, and who made it by hand gave it no label."""
    stack = Stack()
    stack.models = {"model-v1": "EndpointModelv1", "model-v2": "EndpointModelv2"}
    stack.world.models = {"EndpointModelv1": "model-v1", "EndpointModelv2": "model-v2"}
    assert stack.deploy(TESTING).ok
    del stack.world.models[gone]
    stack.verdict = lambda: verdict(Outcome.FAIL)
    without_a_guard(stack)
    world, code = stack.world, Code(version="v2", made="isolated")
    config = stack._new_config(code)
    world.status = "UPDATE_IN_PROGRESS"
    answer = stack.ask("Create", "before", code, config)
    assert answer is not None
    assert "the gate says FAIL" in answer["Reason"]


def test_what_is_made_anew_without_another_content_is_a_change() -> None:
    """Of production before and after a promotion, of the candidate, by itself or beside other changes."""
    stack = started()
    stack.verdict = lambda: verdict(Outcome.FAIL)
    for number in range(3):
        assert stack.deploy(replace(TESTING, made=f"{number}", count=number + 1)).ok
    stack.verdict = verdict
    assert stack.deploy(replace(TESTING, made="2").promoted()).ok
    for number in range(3):
        assert stack.deploy(Code(version="v2", made=f"{number}", count=number + 1)).ok
        assert stack.deploy(Code(version="v2", made=f"{number}", shadow="v3")).ok
    assert [one.kind for one in stack.history()] == ["promotion"]


def test_who_may_not_look_at_models_promotes_nothing_and_goes_on_with_all_else() -> None:
    """Without a test and without a promotion nothing needs to be known of them; a rollback never does."""
    stack = started()
    stack.world.refused["describe_model"] = DENIED
    refused(stack.deploy(TESTING.promoted()), "DescribeModel", "not authorized")
    assert stack.deploy(Code()).ok
    assert stack.deploy(Code(version="v3")).ok
    stack.world.refused.clear()

    stack = started()
    stack.fails_last = True
    stack.world.refused["describe_model"] = DENIED
    assert not stack.deploy(Code(count=3)).ok
    assert stack.world.status == "UPDATE_ROLLBACK_COMPLETE"


@pytest.mark.parametrize("more", OTHER_INSTANCES)
@pytest.mark.parametrize("moves", [True, False])
def test_all_that_is_tested_of_instances_is_gated_and_remembered(more: dict[str, Any], moves: bool) -> None:
    """Not their type alone: whether it comes or goes, folding straight to it is gated, and the way back is one."""
    kind: dict[str, Any] = {"instance_type": BIGGER} if moves else {}
    code = Code(shadow="v1", shadow_more=more, shadow_type=BIGGER if moves else "ml.m5.xlarge", shadow_count=2)
    tested = Code(more=more, **kind)
    stack = started(code)
    stack.verdict = lambda: verdict(Outcome.FAIL)
    refused(stack.deploy(tested), "the gate says FAIL")
    refused(stack.deploy(replace(tested, made="isolated")), "the gate says FAIL")
    assert stack.deploy(replace(code, count=5)).ok
    stack.verdict = verdict
    assert stack.deploy(replace(code, version="v1").promoted(more=more, count=1, **kind)).ok

    (name,) = more
    refused(stack.deploy(code), f"{name} by default", f"{name} {more[name]}", ASKED)
    assert stack.deploy(replace(tested, count=7, made="anew")).ok
    refused(stack.deploy(replace(code, made="elsewhere")), ASKED)
    assert stack.deploy(replace(code, rollback="it starves")).ok
    entry = stack.history()[-1]
    assert all(one.from_content and one.from_content == one.to_content for one in stack.history())
    assert (entry.from_hardware or {}).get(name) == more[name]
    assert name not in (entry.to_hardware or {name})
    assert stack.deploy(replace(code, shadow=None)).ok


def test_a_test_without_something_of_productions_instances_is_one_of_hardware() -> None:
    """What goes is as new to users as what comes."""
    stack = started(Code(shadow="v1", more=OTHER_INSTANCES[0]))
    stack.verdict = lambda: verdict(Outcome.FAIL)
    refused(stack.deploy(Code()), "the gate says FAIL")
    assert stack.deploy(Code(more=OTHER_INSTANCES[0], instance_type=BIGGER)).ok


def test_a_promotion_of_fewer_instances_is_told_on_the_way_back() -> None:
    """Another number of them needs no reason, and nothing is promoted beside it."""
    code = Code(shadow="v1", count=4, shadow_count=1)
    stack = started(code)
    assert stack.deploy(code.promoted(count=1)).ok
    assert stack.deploy(code).ok

    there, back = stack.history()
    assert (there.kind, there.spoken) == ("promotion", ("4 instances", "1 instances"))
    assert (back.kind, back.reason, back.spoken) == (
        "rollback",
        "only the number of instances, which nobody has to give a reason for",
        ("1 instances", "4 instances"),
    )
    assert stack.deploy(replace(code, count=1)).ok
    assert stack.deploy(code).ok
    assert len(stack.history()) == 2


def test_an_endpoint_that_is_new_has_no_history() -> None:
    """What was promoted on one of its name that was deleted is about nothing that serves; it stays readable."""
    stack = started()
    assert stack.deploy(TESTING.promoted()).ok
    stack.delete()
    stack.world.sleep(60)
    assert stack.deploy(TESTING).ok

    assert stack.deploy(replace(TESTING, made="anew")).ok
    assert stack.deploy(replace(TESTING, version="v3")).ok
    assert stack.deploy(replace(TESTING, version="v1")).ok
    assert [one.to_version for one in stack.history()] == ["v2"]
    assert stack.deploy(TESTING.promoted()).ok
    refused(stack.deploy(TESTING), "replaced v1 with v2")


def test_a_model_that_came_back_without_the_guard_serves() -> None:
    """Nobody wrote down that it did; that it is made anew afterwards brings nothing back."""
    stack = promoted()
    config = stack._new_config(Code())
    stack.world.update_endpoint(config, retain=True)
    stack.world.settle()
    stack.code, stack.config = Code(), config
    create_guard(stack, Code(made="anew"))
    assert len(stack.history()) == 1


def test_an_entry_that_cant_be_read_is_named() -> None:
    """It holds up what might take it back, and somebody must know which parameter to look at."""
    stack = promoted()
    (name,) = (name for name in stack.world.parameters if "/history/" in name)
    stack.world.parameters[name] = [json.dumps({"id": "x"})]
    refused(stack.deploy(Code(version="v3")), f"the entry {name} of the history of churn can't be read")


def test_models_that_share_their_content_are_told_by_their_labels() -> None:
    """An artifact that is written over says nothing; what is labelled as neither is neither."""
    stack = Stack()
    for name in ("model-v1", "model-v2", "model-v3"):
        stack.models[name], stack.world.models[name] = name, "latest"
    code = replace(TESTING, shadow="v2")
    assert stack.deploy(code).ok
    stack.verdict = lambda: verdict(Outcome.FAIL)
    for made in ("", "isolated"):
        stack.models[f"model-v2@{made}"], stack.world.models[made] = made, "latest"
        refused(stack.deploy(Code(version="v2", made=made)), "the gate says FAIL")
    assert stack.deploy(replace(code, count=3)).ok
    stack.verdict = verdict
    assert stack.deploy(code.promoted()).ok
    stack.models["model-v1"], stack.world.models["again"] = "again", "latest"
    refused(stack.deploy(Code()), "replaced v1 with v2")
    stack.models["model-v3"], stack.world.models["third"] = "third", "latest"
    assert stack.deploy(Code(version="v3")).ok


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("a", "v1", "x"), ("a", "v2", "y"), True),
        (("a", "v1", "x"), ("b", "v1", "y"), True),
        (("a", "v1", "x"), ("b", "v2", "x"), True),
        (("a", "v1", "x"), ("b", "v2", "y"), False),
        (("a", None, "x"), ("b", "v2", "x"), True),
        (("a", "v1", "x"), ("b", None, "x"), True),
        (("a", None, "x"), ("b", None, "y"), False),
        (("a", None, None), ("b", None, None), False),
        ((None, None, None), (None, None, None), False),
    ],
)
def test_two_are_the_same_by_name_by_label_or_by_content(one: _Told, other: _Told, same: bool) -> None:
    """Any of them tells; nothing is the same as nothing."""
    assert Served(*one, {}).is_same(Served(*other, {})) is same


@pytest.mark.parametrize(
    ("comes", "may"),
    [
        (("tested", "v1", "x"), True),
        (("anew", "v2", "y"), True),
        (("anew", "v9", "z"), False),
        (("anew", "v2", "z"), True),
        (("anew", "v9", "y"), True),
        (("anew", None, None), True),
        (("serves", "v2", "y"), False),
        ((None, "v2", "y"), False),
    ],
)
def test_what_comes_may_be_what_was_tested_by_any_of_them(comes: _Told, may: bool) -> None:
    """By its very name whatever else it shares with what serves; in doubt it is, and what serves is nothing new."""
    assert Served(*comes, {}).may_be(Served("tested", "v2", "y", {}), [Served("serves", "v1", "x", {})]) is may


def test_only_a_way_back_ends_a_doubt() -> None:
    """Of a promotion whose replaced side nobody wrote down: another promotion brings that back to nobody."""
    stack = promoted()
    (entry,) = stack.history()
    unknown = replace(entry, from_version=None, from_content=None)
    later = replace(entry, from_version="v2", from_model="x", from_content="x", to_version="v3", to_model="y")
    assert replaced_by([unknown, later]) == [unknown, later]
    assert replaced_by([unknown, replace(later, kind="rollback")]) == []


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("changes", [{}, *OTHER_INSTANCES, {"ModelName": "model-hotfix"}])
def test_what_people_put_there_stays_where_the_code_asks_nothing_of_it(changes: dict[str, Any], fails: bool) -> None:
    """CloudFormation updates no endpoint for scaling alone, there or back; what scales is as the code says."""
    code = replace(TESTING, scaling=(scaling(),))
    stack = started(code)
    by_hand(stack, **changes)
    assert stack.world.live is not None
    before, config = shape(stack.world.targets), stack.world.live.config
    stack.fails_last = fails

    result = stack.deploy(replace(code, scaling=(scaling(high=12),)))

    assert result.ok != fails
    assert stack.world.live.config == config
    assert shape(stack.world.targets)["production"] == {**before["production"], **({} if fails else {"max": 12})}
    assert stack.deploy(replace(code, count=3)).ok
    assert stack.world.live.config != config


@pytest.mark.parametrize(
    ("code", "said"),
    [
        # Called v2, though something of it is another than what was tested.
        (Code(version="v2 debug", called={"v2 debug": "v2"}), "the gate says FAIL"),
        (Code(second="v2 debug", called={"v2 debug": "v2"}), "the gate says FAIL"),
        (Code(second="v2", called={"v2": "v9"}), "the gate says FAIL"),
        (Code(second="v9"), None),
    ],
)
def test_a_candidate_is_known_by_its_label_in_every_variant(code: Code, said: str | None) -> None:
    """And by what it is made of; one that is neither is another model."""
    stack = started()
    stack.verdict = lambda: verdict(Outcome.FAIL)

    result = stack.deploy(code)

    assert result.ok if said is None else said in result.reason


@pytest.mark.parametrize(
    ("promoted", "back"),
    [
        (Code(shadow="v1", shadow_type=BIGGER).promoted(instance_type=BIGGER), Code()),  # of hardware
        (Code(second="v2"), Code()),  # beside what it is to replace
        (TESTING.promoted(), Code()),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_another_label_is_no_way_around_a_reason(promoted: Code, back: Code, before: bool) -> None:
    """What came is the same by what it is made of, whether it is called anew before or with the way back."""
    tested = Code(shadow="v1", shadow_type=BIGGER) if promoted.instance_type == BIGGER else TESTING
    stack = started(tested)
    called = {"v1": "v1.1", "v2": "v2.1"}
    assert stack.deploy(promoted).ok
    if before:
        assert stack.deploy(replace(promoted, promotion=False, called=called, made="anew")).ok

    refused(stack.deploy(replace(back, called=called, made="again")), ASKED)


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("ends", ["refused", "taken back by SageMaker", "rolled back", "well"])
def test_scaling_survives_every_end_of_a_deployment_over_a_config_made_by_hand(ends: str, older: bool) -> None:
    """On other instances than the code's, so that scaling is in an update's way; an older config may be put back, too.

    What a deployment that never reached the endpoint leaves alone scales on; the rest comes back by an event at last.
    """
    code = replace(TESTING, scaling=(scaling(),))
    stack = started(code)
    world = stack.world
    before, scaled = shape(world.targets)["production"], copy.deepcopy(world.targets)
    world.targets.clear()
    by_hand(stack, InstanceType=BIGGER)
    world.scaling[ENDPOINT] = scaled
    if older:
        world.created["by-hand"] = world.created[stack.config] - datetime.timedelta(days=1)
    stack.fails_last = ends == "rolled back"
    if ends == "refused":
        stack.verdict = lambda: verdict(Outcome.FAIL)
    elif ends == "taken back by SageMaker":
        world.next_update = "no capacity"

    result = stack.deploy(code.promoted())
    on_event(EVENT, world.clients(), Clock(world))

    assert result.ok == (ends == "well")
    assert world.status == ("UPDATE_COMPLETE" if result.ok else "UPDATE_ROLLBACK_COMPLETE")
    assert shape(world.targets)["production"] == before
