"""A guard that is new on an endpoint that its stack has already, and one that goes: no count and no scaling is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shadow_ops.aws import records
from tests.ops.guard.harm.account import Faults
from tests.ops.guard.harm.code import TYPES, Code, Part
from tests.ops.guard.harm.outsider import shape
from tests.ops.guard.stack import scaling, tracking
from tests.ops.guard.test_other_names import PRODUCTION, Case
from tests.ops.guard.world import ENDPOINT, STACK

OFF = Code((PRODUCTION,), guarded=False)
ON = replace(OFF, guarded=True)


def unguarded(**counts: int) -> Case:
    """An endpoint of a stack without a guard."""
    case = Case(ON)
    case.deployed(OFF)
    case.live.counts |= counts
    return case


def fails(case: Case, code: Code) -> str:
    """Deploy, and have another resource fail after all."""
    case.account.begin(Faults(fails_last=True))
    result = case.account.update(case.stack, code)
    case.account.end()
    assert not result.ok
    assert not result.stuck
    return result.reason


def left(case: Case) -> list[str]:
    """The guard's records; the answer to its last request stays for a day, for whoever asks again."""
    return [name for name in records.own_names(case.world, ENDPOINT, STACK) if "/requests/" not in name]


def scales(case: Case) -> dict[str, Any]:
    """How the endpoint's variants scale."""
    return shape(case.world.scaling.get(ENDPOINT, {}))


@pytest.mark.parametrize("declared", [(), (scaling(high=4),)])
@pytest.mark.parametrize("people", [(), ("mine",)])
def test_a_new_guard_that_is_rolled_back_leaves_counts_and_scaling(
    declared: tuple[dict[str, Any], ...], people: tuple[str, ...]
) -> None:
    """CloudFormation doesn't ask it on the way back; once it is deleted again, all is as it was."""
    case = unguarded(production=6)
    if people:
        case.by_hand("production", *people, most=9)
    before, config = scales(case), case.live.config

    fails(case, replace(ON, scaling=declared))
    assert (case.live.config, case.live.counts) == (config, {"production": 6})
    assert scales(case) == before
    assert left(case) == []


@pytest.mark.parametrize(
    ("code", "declared", "people"),
    [
        (replace(ON, production=(replace(PRODUCTION, instance_type=TYPES[1]),)), False, True),
        (replace(ON, production=(replace(PRODUCTION, instance_type=TYPES[1]),)), True, False),
        (replace(ON, production=(replace(PRODUCTION, name="main"),)), True, False),
        (replace(ON, production=(PRODUCTION, Part("second", "v1"))), True, False),
    ],
)
def test_a_new_guard_refuses_what_could_not_be_taken_back_without_it(code: Code, declared: bool, people: bool) -> None:
    """A type that changes, a variant that goes or comes: SageMaker refuses the way back while one scales."""
    case = unguarded()
    if people:
        case.by_hand("production", "mine")
    names = [one.name for one in code.production]
    asked = replace(code, scaling=tuple(scaling(name) for name in names) if declared else ())

    said = case.refused(asked)
    assert "the guard is new on churn" in said
    assert "first deploy the guard alone, then this change" in said
    if declared:
        case.deployed(code)


def test_a_new_guard_takes_what_is_there() -> None:
    """Counts and what people made stay, what is declared comes."""
    case = unguarded(production=6)
    case.by_hand("production", "mine", most=9)

    case.deployed(replace(ON, scaling=(scaling(high=7),)))
    assert case.live.counts == {"production": 6}
    assert set(scales(case)["production"]["policies"]) == {"mine", "track"}


def test_a_guard_that_goes_takes_what_was_declared_with_it() -> None:
    """The code declares no scaling any more; what people made goes on, and so does the history."""
    case = Case(replace(ON, scaling=(scaling(),)))
    case.by_hand("production", "mine")
    case.account.begin(Faults(throttled=14))

    case.deployed(OFF)
    assert set(scales(case)["production"]["policies"]) == {"mine"}
    del case.world.scaling[ENDPOINT]["production"]
    assert left(case) == []


def test_a_guard_that_goes_ends_what_was_declared_though_somebody_else_was_at_it_meanwhile() -> None:
    """A record that was opened again for a call that came through late is no reason to keep it."""
    case = Case(replace(ON, scaling=(scaling(),)))
    record = records.pending(case.world, ENDPOINT)
    assert record is not None
    records.save_pending(case.world, ENDPOINT, replace(record, done=False, taken=("production",)))

    case.deployed(OFF)
    assert scales(case) == {}


def test_a_guard_that_goes_leaves_what_its_stack_scales_from_now_on() -> None:
    """CloudFormation has registered it by then."""
    case = Case(replace(ON, scaling=(scaling(),)))
    case.world.native["production"] = "CREATE_COMPLETE"
    before = scales(case)

    case.deployed(OFF)
    assert scales(case) == before


@pytest.mark.parametrize(
    "status", ["UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"]
)
def test_a_guard_whose_stack_has_another_leaves_everything_to_it(status: str) -> None:
    """Its construct has moved: CloudFormation makes new ones first and deletes these, or it takes the new ones back."""
    case = Case(replace(ON, scaling=(scaling(),)))
    case.deployed(replace(ON, production=(replace(PRODUCTION, count=3),), scaling=(scaling(),)))
    before, parameters = scales(case), dict(case.world.parameters)
    case.world.others = [("Custom::EndpointUpdateGuardBefore", f"{ENDPOINT}/before", "moved")]
    case.world.statuses[STACK] = status

    for step in ("after", "before"):
        case.account._remove(case.stack, step, case.stack.code or ON, case.stack.config)
    assert scales(case) == before
    kept = {name: value for name, value in case.world.parameters.items() if "/requests/" not in name}
    assert kept == {name: value for name, value in parameters.items() if "/requests/" not in name}


def test_a_deletion_waits_until_it_may_give_back() -> None:
    """A retained endpoint: nobody comes later, so what is throttled is tried again."""
    case = Case(replace(ON, scaling=(scaling(policies=[tracking("one"), tracking("two")]),)))
    before = scales(case)
    case.account.begin(Faults())
    for operation in ("put_scaling_policy", "describe_scalable_targets", "delete_parameters", "list_stack_resources"):
        case.world.throttles[operation] = 40

    case.account.delete(case.stack, retain=True)
    assert scales(case) == before
    assert left(case) == []


def test_a_deletion_that_is_tried_again_gives_back_what_the_first_try_had_taken() -> None:
    """The function died between two variants; both scale again on an endpoint that stays."""
    code = replace(ON, shadow=Part("shadow", "v2"), scaling=(scaling(), scaling("shadow")))
    for call in range(1, 60):
        case = Case(code)
        before = scales(case)
        case.account.begin(Faults(kill=(0, call, True)))
        case.account.delete(case.stack, retain=True)
        assert scales(case) == before, call


@pytest.mark.parametrize("name", ["state", "pending"])
def test_a_record_that_is_deleted_by_hand_is_known_from_the_other(name: str) -> None:
    """Another answer would have CloudFormation update the endpoint to the config that it has."""
    case = Case(replace(ON, scaling=(scaling(),)))
    changed = replace(ON, production=(replace(PRODUCTION, count=3),), scaling=(scaling(),))
    case.deployed(changed)
    case.live.counts["production"] = 6
    assert case.stack.keep == "true"

    del case.world.parameters[f"/shadow-test/{ENDPOINT}/{name}"]
    case.deployed(replace(changed, scaling=(scaling(high=9),)))
    assert (case.stack.keep, case.live.counts) == ("true", {"production": 6})


def test_where_both_are_deleted_an_unchanged_endpoint_is_not_touched() -> None:
    """It is refused in a sentence, and goes through with a change of what the endpoint serves."""
    case = Case(replace(ON, scaling=(scaling(),)))
    changed = replace(ON, production=(replace(PRODUCTION, count=3),), scaling=(scaling(),))
    case.deployed(changed)
    for name in ("state", "pending"):
        del case.world.parameters[f"/shadow-test/{ENDPOINT}/{name}"]

    said = case.account.update(case.stack, replace(changed, scaling=(scaling(high=9),)))
    assert "about live counts is gone" in said.reason


def test_a_rollback_takes_back_what_is_throttled_at_first() -> None:
    """No event would: what the deployment had added to a variant's scaling isn't on record."""
    case = Case(replace(ON, scaling=(scaling(),)))
    before = scales(case)
    case.account.begin(Faults(fails_last=True))
    case.world.throttles["delete_scaling_policy"] = 30

    result = case.account.update(case.stack, replace(ON, scaling=(scaling(policies=[tracking(), tracking("added")]),)))
    assert (result.ok, result.stuck) == (False, False)
    assert scales(case) == before
