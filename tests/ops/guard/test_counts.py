"""Instance counts: an update never makes production smaller than what serves, unless the code says so."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from shadow_ops.aws import records
from shadow_ops.aws.endpoint import Config, LiveEndpoint, LiveVariant
from shadow_ops.aws.parameters import pack, unpack
from shadow_ops.aws.records import Pending
from shadow_ops.contract.asked import Asked
from shadow_ops.guard.beyond import earlier
from shadow_ops.guard.counts import corrections, keeps_counts_back
from shadow_ops.guard.decision import SetCounts
from shadow_ops.guard.request import Request
from tests.ops.guard.harm.outsider import shape
from tests.ops.guard.stack import Code, Stack, properties, scaling, tracking
from tests.ops.guard.test_recovery import notice
from tests.ops.guard.test_what_serves import by_hand, left_failed
from tests.ops.guard.world import ENDPOINT, STACK
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


NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)


def asked(code: Code, config: str = "config") -> Asked:
    """What the code asks for before an update."""
    return Asked.from_properties(properties("before", code, config))


FAILURES: dict[str, Callable[[Code], Code]] = {
    "count": lambda one: replace(one, count=3),
    "shadow": lambda one: replace(one, shadow_count=one.shadow_count + 1),
    "type": lambda one: replace(one, instance_type="ml.m5.2xlarge"),
    "bounds": lambda one: replace(one, scaling=(scaling(high=3),)),
    "as before": lambda one: replace(one, scaling=SCALED.scaling),
    "policy": lambda one: replace(one, scaling=(scaling(high=12, policies=[tracking("other")]),)),
}


def step(stack: Stack, new: tuple[Code, str], old: tuple[Code, str], how: str) -> None:
    """One deployment that fails sooner or later, and is left so."""
    world = stack.world
    world.status = "UPDATE_IN_PROGRESS"
    answer = stack.ask("Update", "before", *new, old)
    assert answer is not None
    if new[1] != old[1]:
        world.next_update = "no capacity" if how == "taken back" else "done"
        world.update_endpoint(new[1], retain=answer["Data"]["KeepLiveCounts"] == "true")
        world.settle()
    if how != "no end":
        stack.ask("Update", "after", *new, old)
        world.settle()
    world.status = "UPDATE_FAILED"


def failed_and_taken_back(stack: Stack, kinds: tuple[str, ...], last: str) -> tuple[tuple[Code, str], tuple[Code, str]]:
    """Deployments that were left, and their way back up to the step after the update; where it leads, from where."""
    world = stack.world
    assert stack.code is not None
    first = old = (stack.code, stack.config)
    for number, kind in enumerate(kinds, 1):
        code = FAILURES[kind](old[0])
        config = old[1] if code.variants() == old[0].variants() else stack._new_config(code)
        step(stack, (code, config), old, last if number == len(kinds) else "through")
        old = (code, config)
    world.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    answer = stack.ask("Update", "before", *first, old)
    assert answer is not None
    assert answer["Status"] == "SUCCESS"
    assert world.live is not None
    if world.live.config != first[1]:
        world.update_endpoint(first[1], retain=answer["Data"]["KeepLiveCounts"] == "true")
        world.settle()
    return first, old


def test_counts_are_back_after_several_failures_also_by_an_event() -> None:
    """The step after the update was passed over, or died."""
    stack = started(Code(shadow="v2"), 6)
    failed_and_taken_back(stack, ("count", "shadow"), "through")
    stack.world.status = "UPDATE_ROLLBACK_COMPLETE"
    assert counted(stack) == 3
    notice(stack)
    stack.world.settle()
    assert counted(stack) == 6


@pytest.mark.parametrize("last", ["through", "no end", "taken back"])
@pytest.mark.parametrize("base", [Code(shadow="v2"), SCALED], ids=["unscaled", "scaled"])
@pytest.mark.parametrize(
    "kinds",
    [
        *itertools.product(FAILURES, repeat=2),
        *itertools.permutations(("policy", "count", "bounds")),
        *itertools.permutations(("policy", "type", "as before")),
    ],
)
def test_failures_that_were_left_are_rolled_back_together(kinds: tuple[str, ...], base: Code, last: str) -> None:
    """CloudFormation goes back to what was before the first: so do counts, and scaling that the code of any changed."""
    stack = started(base, 6)
    world, before = stack.world, shape(stack.world.targets)
    first, old = failed_and_taken_back(stack, kinds, last)
    answer = stack.ask("Update", "after", *first, old)
    assert answer is not None
    assert answer["Status"] == "SUCCESS"
    world.settle()
    assert (counted(stack), shape(world.targets)) == (6, before)
    record = records.pending(world, ENDPOINT)
    assert record is not None
    assert (record.done, record.lost) == (True, ())


def test_what_was_before_earlier_deployments_has_an_end() -> None:
    """The last five, each with its counts; of names that the code has no more what fits into a record beside them."""
    record: Pending | None = None
    for number in range(7):
        names = [tracking(f"{one:02}" + "x" * 60, metric=str(one)) for one in range(50)]
        old = replace(SCALED, count=number + 1, scaling=(scaling(policies=names),))
        new = replace(SCALED, scaling=() if number % 2 else (scaling("shadow"),))
        request = Request("Update", "id", STACK, asked(new), asked(old, f"config-{number}"))
        made = earlier(record, request, {"production": number})
        record = Pending(id="id", stack=STACK, started=NOW, source="a", target="b", earlier=made)
    assert record is not None
    assert [one.counts for one in record.earlier.values()] == [{"production": number} for number in range(2, 7)]
    for one in record.earlier.values():
        assert one.changed[0] == "production"
        assert 1300 < sum(map(len, one.changed)) <= 1500
    fewer = replace(old, scaling=(scaling(policies=names[1:]),))
    (one,) = earlier(None, Request("Update", "id", STACK, asked(fewer), asked(old)), {}).values()
    assert one.changed == ("production", f"production/policies/00{'x' * 60}")
    assert Pending.from_json(unpack(pack(record.to_json()))) == record
    assert earlier(record, request, {"production": 9}) == {
        **record.earlier,
        list(record.earlier)[-1]: replace(list(record.earlier.values())[-1], counts={"production": 9}),
    }
