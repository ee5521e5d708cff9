"""Instance counts: an update never makes production smaller than what serves, unless the code says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.ops.guard.stack import Code, Stack, scaling
from tests.ops.guard.world import error

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
    refusal = error("ValidationException", "no such variant", "UpdateEndpointWeightsAndCapacities")
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
