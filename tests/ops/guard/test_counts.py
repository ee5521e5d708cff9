"""Instance counts: an update never makes production smaller than what serves, unless the code says so."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from shadow_ops.aws.endpoint import Config, LiveEndpoint, LiveVariant
from shadow_ops.aws.records import Pending
from shadow_ops.guard.counts import corrections, keeps_counts_back
from shadow_ops.guard.decision import SetCounts
from tests.ops.guard.stack import Code, Stack, scaling
from tests.ops.guard.test_what_serves import by_hand, left_failed
from tests.ops.parameter_store import aws_error

SCALED = Code(shadow="v2", scaling=(scaling(),))


def started(code: Code, live: int) -> Stack:
    """A stack whose production has so many instances now."""
    stack = Stack()
    assert stack.deploy(code).ok
    assert stack.world.live is not None
    stack.world.live.counts["production"] = live
    return stack


def counted(stack: Stack, name: str = "production") -> int:
    """Instances of a variant."""
    assert stack.world.live is not None
    return stack.world.live.counts[name]


@pytest.mark.parametrize(
    ("before", "live", "after", "counts"),
    [
        (SCALED, 6, SCALED.promoted(), 6),  # scaled out at noon: the promotion keeps it
        (SCALED, 1, SCALED.promoted(), 1),  # scaled in at night: scaling knows why, and may scale out at any moment
        (SCALED, 6, SCALED.promoted(count=4), 6),  # the code's count is where scaling begins, not where it is
        (Code(shadow="v2"), 5, Code(), 5),  # raised by hand, the code says nothing new
        (Code(shadow="v2"), 5, Code(count=3), 3),  # the code says something new
        (Code(), 2, Code(count=4), 4),
        (Code(count=4), 4, Code(count=2), 2),
        (SCALED, 6, replace(SCALED, count=3, scaling=(), shadow=None), 3),  # scaling given up for a fixed count
        (SCALED, 6, replace(SCALED, scaling=(), shadow=None), 6),  # scaling given up, no count given
    ],
)
def test_production_starts_with_what_serves(before: Code, live: int, after: Code, counts: int) -> None:
    """The live count stays where it is above the code's and the code asks for nothing less."""
    stack = started(before, live)

    assert stack.deploy(after).ok
    assert counted(stack) == counts


def test_a_changed_count_of_the_shadow_is_set_although_live_counts_are_kept() -> None:
    """Keeping production's count would swallow it."""
    stack = started(SCALED, 6)

    assert stack.deploy(replace(SCALED, shadow_count=3)).ok
    assert (counted(stack), counted(stack, "shadow")) == (6, 3)


def test_fails_if_the_service_refuses_the_count() -> None:
    """A deployment that reports success has the counts that it promised."""
    stack = started(SCALED, 6)
    refusal = aws_error("ValidationException", "no such variant", "UpdateEndpointWeightsAndCapacities")
    stack.world.refused["update_endpoint_weights_and_capacities"] = refusal

    result = stack.deploy(replace(SCALED, shadow_count=3))
    assert not result.ok
    assert "(shadow has 1 and should have 3)" in result.reason
    assert "no such variant" in result.reason


def test_counts_whose_answer_is_lost_are_set_all_the_same() -> None:
    """The call is sent again, and SageMaker refuses it because it is at it already: that is no failure."""
    stack = started(SCALED, 6)
    lost = iter([True])
    stack.world.loses_answer = lambda operation: "capacities" in operation and next(lost, False)

    assert stack.deploy(replace(SCALED, shadow_count=3)).ok
    assert (counted(stack), counted(stack, "shadow")) == (6, 3)
    assert next(lost, None) is None


def test_a_deployment_is_through_once_the_counts_are_there() -> None:
    """CloudFormation could not go back, or on, while the endpoint is still changing."""
    stack = started(SCALED, 6)
    assert stack.deploy(replace(SCALED, shadow_count=3)).ok
    assert stack.world.live is not None
    assert stack.world.live.status == "InService"


def test_a_rollback_keeps_the_live_count() -> None:
    """Going back must not shrink production either."""
    stack = started(SCALED, 6)
    stack.fails_last = True

    assert not stack.deploy(SCALED.promoted()).ok
    assert counted(stack) == 6


def test_a_rollback_restores_a_count_that_the_deployment_had_changed() -> None:
    """Somebody had raised it by hand; the failed deployment's count doesn't stay."""
    stack = started(Code(), 5)
    stack.fails_last = True

    assert not stack.deploy(Code(count=3)).ok
    assert counted(stack) == 5


@pytest.mark.parametrize("meanwhile", ["", "fails", "deleted"])
@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        (Code(shadow="v2", count=2, shadow_count=2), 4),
        (Code(shadow="v2", count=2).promoted(), 4),
        (Code(count=2), 4),
        (Code(count=3), 3),  # the code says something new
        (Code(count=2, instance_type="ml.m5.2xlarge"), 4),
    ],
)
def test_counts_of_a_config_made_by_hand_are_peoples(after: Code, wanted: int, meanwhile: str) -> None:
    """Only a count that the code changes gives way, held against what the code said before; a rollback restores them.

    Where the config of what the code said has been deleted, no count of the code's is taken for a new one.
    """
    stack = started(Code(shadow="v2", count=2), 2)
    by_hand(stack)
    assert stack.world.live is not None
    stack.world.live.counts["production"] = 4
    stack.fails_last = meanwhile == "fails"
    if meanwhile == "deleted":
        del stack.world.configs[stack.config]

    assert stack.deploy(after).ok == (meanwhile != "fails")
    assert counted(stack) == (4 if meanwhile else wanted)


def test_a_count_that_never_came_about_is_asked_for_again() -> None:
    """An update failed and was left so: what serves is still what the code said before that one."""
    stack = started(Code(shadow="v2"), 2)
    left_failed(stack)

    assert stack.deploy(Code(count=3)).ok
    assert counted(stack) == 3


def test_a_rollback_restores_instances_that_a_declared_maximum_had_taken() -> None:
    """No endpoint update is needed for capacity to fall, nor for it to come back."""
    stack = started(Code(), 5)
    stack.fails_last = True

    assert not stack.deploy(Code(scaling=(scaling(high=4),))).ok
    assert counted(stack) == 5


def test_the_same_config_gets_the_same_answer() -> None:
    """A change of the policy alone never touches the endpoint, whatever the live count is by then."""
    stack = started(SCALED, 6)
    assert stack.deploy(SCALED.promoted()).ok
    assert stack.keep == "true"
    assert stack.world.live is not None
    stack.world.live.counts["production"] = 1

    assert stack.deploy(SCALED.promoted(policy="other")).ok
    assert stack.keep == "true"
    assert counted(stack) == 1


NOW = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)
RECORD = Pending(id="R", stack="S", started=NOW, source="old", target="new")


def serving(count: int, wanted: int | None, shadow: int | None = None) -> LiveEndpoint:
    """An endpoint whose config asks for so many instances, while so many are wanted."""
    variant = LiveVariant("production", "v1", "ml.m5.xlarge", count, wanted, wanted, 1.0)
    second = None if shadow is None else replace(variant, name="shadow", desired_count=shadow)
    return LiveEndpoint("churn", "arn", "InService", config(count), (variant,), second, None, NOW)


def config(count: int) -> Config:
    """An endpoint config that asks for so many instances."""
    return Config("old", NOW, ({"VariantName": "production", "InitialInstanceCount": count},), (), None)


@pytest.mark.parametrize(
    ("live", "requested", "counted", "kept"),
    [
        (serving(2, 5), 2, 2, True),  # raised by hand while the deployment was on
        (serving(2, 3), 2, 2, True),
        (serving(2, 2), 2, 2, False),
        (serving(3, 3), 2, 2, False),  # the failed deployment's count is nobody's wish
        (serving(3, 5), 6, 2, False),  # going back brings more than that
        (serving(2, 2), 2, 3, True),  # it had been more before the deployment
        (serving(2, None), 2, 2, False),
    ],
)
def test_on_the_way_back_counts_are_kept_that_people_have_raised(
    live: LiveEndpoint, requested: int, counted: int, kept: bool
) -> None:
    """Or that were above the code's before the deployment; a count of the failed code is not kept."""
    record = replace(RECORD, counts={"production": counted})
    assert keeps_counts_back(live, config(requested), (), record) is kept


@pytest.mark.parametrize(("keep", "set_"), [(True, {"production": (2, 6)}), (False, {})])
def test_what_an_update_should_have_kept_is_put_right_for_production_alone(
    keep: bool, set_: dict[str, tuple[int, int]]
) -> None:
    """A shadow has as many instances as its code says."""
    record = replace(RECORD, counts={"production": 6, "shadow": 4}, keep=keep)
    steps = list(corrections(serving(2, 2, shadow=1), record, {}, taking_back=False))
    assert steps == ([SetCounts(set_)] if set_ else [])
