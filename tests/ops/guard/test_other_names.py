"""What comes under another name, or beside it: endpoints, variants, hardware and canaries, by what they are."""

from __future__ import annotations

import copy
import random
from dataclasses import replace

import pytest

from shadow_ops.aws import history
from shadow_ops.judge.verdict import Outcome
from tests.ops.guard.harm.account import Account, Stack
from tests.ops.guard.harm.code import TYPES, Code, Part
from tests.ops.guard.stack import scaling, tracking
from tests.ops.guard.world import ENDPOINT, STACK

PRODUCTION, SHADOW = Part("production", "v1"), Part("shadow", "v2", count=1)
TEST = Code((PRODUCTION,), shadow=SHADOW)
SECOND = Part("second", "v2")


class Case:
    """A stack that is deployed.

    Args:
        code: What it has.
        counts: Live counts that differ from the code's.
    """

    def __init__(self, code: Code, **counts: int) -> None:
        self.account = Account(random.Random(0), lambda *_: None)
        self.world, self.stack = self.account.world, Stack(STACK)
        assert self.account.create(self.stack, code).ok
        self.live.counts |= counts

    @property
    def live(self):  # type: ignore[no-untyped-def]  # noqa: ANN201 - of the world
        """The endpoint."""
        return self.world.endpoints[ENDPOINT]

    def refused(self, code: Code) -> str:
        """Deploy what is refused; nothing has changed then."""
        before = repr((self.world.endpoints, self.world.scaling))
        result = self.account.update(self.stack, code)
        assert not result.ok
        assert repr((self.world.endpoints, self.world.scaling)) == before
        return result.reason

    def deployed(self, code: Code) -> None:
        """Deploy what goes through."""
        result = self.account.update(self.stack, code)
        assert result.ok, result.reason

    def counts_by_hand(self, counts: dict[str, int]) -> None:
        """Have people update the endpoint to a config of their own that asks for these counts."""
        production, shadow = self.world.configs[self.live.config]
        mine = [
            one | {"InitialInstanceCount": counts.get(one["VariantName"], one["InitialInstanceCount"])}
            for one in production
        ]
        self.world.update_endpoint(self.world.make_config("by-hand", (mine, shadow)), retain=False)
        self.world.settle()

    def by_hand(self, name: str, *policies: str, most: int = 8) -> None:
        """Have people scale a variant."""
        policy = {one: {**tracking(one), "PolicyARN": f"arn:policy/{one}", "Alarms": []} for one in policies}
        target = self.world.scaling.setdefault(ENDPOINT, {}).setdefault(
            name, {"min": 1, "max": most, "suspended": {}, "policies": {}, "schedules": {}}
        )
        target["policies"] |= policy

    def told(self) -> list[tuple[str, str | None, str | None, str, str | None]]:
        """The history."""
        entries = history.history(self.world, ENDPOINT)
        return [(one.kind, one.from_version, one.from_model, one.to_version, one.to_model) for one in entries]


BIGGER = replace(PRODUCTION, instance_type=TYPES[1])


@pytest.mark.parametrize(
    ("before", "production"),
    [
        (TEST, (replace(PRODUCTION, version="v2"),)),  # the candidate
        (TEST, (replace(PRODUCTION, version="v3"),)),  # a model that nobody tested
        (TEST, (PRODUCTION, SECOND)),
        (replace(TEST, shadow=replace(BIGGER, name="shadow")), (BIGGER,)),  # the instances that are tested
        (TEST, (BIGGER,)),  # such as a promotion may have replaced, which another name remembers nothing of
        (replace(TEST, production=(PRODUCTION, SECOND)), (PRODUCTION,)),
    ],
)
def test_an_endpoint_of_another_name_serves_what_the_one_before_it_does(
    before: Code, production: tuple[Part, ...]
) -> None:
    """CloudFormation replaces the endpoint; a first creation it isn't, whatever is asked beside the name."""
    case = Case(before)
    case.account.outcome = Outcome.FAIL

    said = case.refused(replace(before, endpoint="leavers", production=production, shadow=None))
    assert "leavers shall replace churn" in said
    assert "in a deployment of its own" in said


def test_an_endpoint_gets_another_name_alone() -> None:
    """With its test, other names of its variants, and more instances."""
    case = Case(TEST)

    case.deployed(replace(TEST, endpoint="leavers", production=(replace(PRODUCTION, name="main", count=5),)))
    assert set(case.world.endpoints) == {"leavers"}


def test_an_endpoint_of_another_name_is_refused_where_the_old_config_is_gone() -> None:
    """What can't be told is no reason to go on."""
    case = Case(TEST)
    del case.world.configs[case.live.config]

    assert "what that one serves can't be told" in case.refused(replace(TEST, endpoint="leavers"))


@pytest.mark.parametrize("beside", [None, replace(SHADOW, version="v9"), replace(SHADOW, version="v1")])
def test_hardware_under_test_reaches_users_by_the_gate_only(beside: Part | None) -> None:
    """Whatever shadow runs beside it from then on."""
    hardware = replace(TEST, shadow=replace(SHADOW, version="v1", instance_type=TYPES[1]))
    promoted = replace(hardware, production=(replace(PRODUCTION, instance_type=TYPES[1]),), shadow=beside)
    case = Case(hardware)
    case.account.outcome = Outcome.FAIL

    assert "the gate says FAIL" in case.refused(promoted)
    case.account.outcome = Outcome.PASS
    case.deployed(promoted)
    assert case.told() == [("promotion", "v1", "model-v1", "v1", "model-v1")]


def test_hardware_beside_what_it_was_to_replace_is_taken_out_again_by_a_way_back() -> None:
    """The same model on both: the instances tell which of them goes; other changes beside it are none."""
    hardware = replace(TEST, shadow=replace(SHADOW, version="v1", instance_type=TYPES[1]))
    second = replace(PRODUCTION, name="second", instance_type=TYPES[1])
    both = replace(hardware, production=(PRODUCTION, second), shadow=None)
    case = Case(hardware)
    case.deployed(both)
    case.deployed(replace(both, production=(PRODUCTION, replace(second, count=second.count + 1))))
    assert "replaced v1 on ml.m5.xlarge with v1 on ml.m5.2xlarge" in (said := case.refused(hardware))
    assert "--for rollback" in said
    case.deployed(replace(hardware, rollback="it starves"))

    assert [one[0] for one in case.told()] == ["promotion", "rollback"]


def test_other_hardware_than_the_tested_is_no_promotion() -> None:
    """Nor is the type that production has already."""
    hardware = replace(TEST, shadow=replace(SHADOW, version="v1"))
    case = Case(hardware)
    case.account.outcome = Outcome.FAIL

    case.deployed(replace(hardware, production=(replace(PRODUCTION, count=3),), shadow=None))
    assert case.told() == []


def split(*parts: tuple[str, str, int]) -> Code:
    """Production in these parts: name, version, count."""
    return Code(tuple(Part(name, version, count=count) for name, version, count in parts))


ONE, TWO = split(("a", "v1", 4)), split(("a", "v1", 3), ("b", "v2", 3))


@pytest.mark.parametrize(
    ("before", "counts", "after", "scales", "said"),
    [
        (ONE, {"a": 6}, split(("x", "v1", 9)), False, "a runs up to 6 instances, and under its new name x"),
        (ONE, {"a": 6}, split(("x", "v2", 3), ("y", "v3", 9)), False, "new name x and y it would start with 12"),
        (TWO, {"b": 4}, split(("x", "v3", 12)), False, "a and b runs up to 7 instances, and under its new name x"),
        (TWO, {"b": 4}, split(("a", "v1", 3), ("x", "v2", 9)), False, "b runs up to 4"),
        (ONE, {}, split(("x", "v1", 3)), True, "runs up to 4 instances"),
        (ONE, {}, split(("x", "v1", 1), ("y", "v2", 12)), True, "new name x it would start with 1"),
        (ONE, {}, split(("x", "v1", 4)), True, None),
        (ONE, {}, split(("x", "v2", 2), ("y", "v3", 2)), True, None),
        (ONE, {}, split(("x", "v1", 3)), False, None),  # the code itself asks for less
        (ONE, {"a": 3}, split(("x", "v1", 4)), False, None),
        (TWO, {}, split(("x", "v3", 6)), False, None),
        (TWO, {"b": 4}, split(("a", "v1", 3)), False, None),  # taken out, not renamed
        (TWO, {"a": 5}, split(("a", "v1", 3), ("c", "v3", 3)), False, None),
    ],
)
@pytest.mark.parametrize("own_config", [False, True])
def test_variants_under_new_names_start_with_no_fewer_instances(
    before: Code, counts: dict[str, int], after: Code, scales: bool, said: str | None, own_config: bool
) -> None:
    """However many become how many: what runs beyond the code, or may by scaling, is kept or refused.

    People may have raised a count, or made a config that asks for more.
    """
    case = Case(before, **({} if own_config else counts))
    if own_config:
        case.counts_by_hand(counts)
    if scales:
        case.by_hand("a", most=4)
        after = replace(after, scaling=tuple(scaling(one.name, policies=[]) for one in after.production))
        after = replace(after, scaling=after.scaling[:1])

    if said is None:
        case.deployed(after)
    else:
        assert said in case.refused(after)


@pytest.mark.parametrize(
    ("declared", "people", "new", "said"),
    [
        ((), ("mine",), (), "scales by mine, which the code doesn't declare"),
        ((), (), (), "scales from 1 to 2, which the code doesn't declare"),
        ((), ("mine",), (scaling("main"),), "scales by mine"),
        ((scaling(high=2),), ("mine",), (scaling("main"),), "scales by mine"),
        ((scaling(high=2),), ("mine",), (), "scales by mine"),
        ((), (), (scaling("main"),), None),
        ((), ("track",), (scaling("main"),), None),
        ((scaling(high=2),), (), (scaling("main"),), None),
        ((scaling(high=2),), (), (), None),
        ((scaling(high=2),), ("mine",), (scaling("main", policies=[tracking("mine")]),), None),
    ],
)
def test_scaling_that_people_made_is_not_lost_with_a_name(
    declared: tuple[dict[str, object], ...],
    people: tuple[str, ...],
    new: tuple[dict[str, object], ...],
    said: str | None,
) -> None:
    """It can't follow a variant to its new name: it is declared there, or the new name is refused."""
    case = Case(Code((PRODUCTION,), scaling=declared))
    case.by_hand("production", *people, most=2)
    renamed = Code((replace(PRODUCTION, name="main"),), scaling=new)

    if said is None:
        case.deployed(renamed)
    else:
        assert said in case.refused(renamed)


def test_scaling_of_a_shadow_is_not_lost_with_its_name() -> None:
    """A shadow that keeps its model keeps its scaling, or its name."""
    case = Case(TEST)
    case.by_hand("shadow", "mine")

    assert "shadow scales by mine" in case.refused(replace(TEST, shadow=replace(SHADOW, name="candidate")))


@pytest.mark.parametrize("instance_type", TYPES[:2])
def test_a_name_that_another_endpoint_of_the_stack_has_is_refused(instance_type: str) -> None:
    """Two swap their names: neither is the other's, though CloudFormation lists both, and nothing is touched."""
    case = Case(TEST)
    case.world.endpoints["chess"] = copy.deepcopy(case.live)
    case.world.owners["chess"] = (STACK, "CREATE_COMPLETE")
    usual = {"min": 1, "max": 8, "suspended": {}, "policies": {}, "schedules": {}}
    case.world.scaling["chess"] = {"production": usual}
    case.world.calls.clear()
    swapped = replace(TEST, endpoint="chess", production=(replace(PRODUCTION, instance_type=instance_type),))
    said = case.account.update(case.stack, swapped).reason
    assert f"there is an endpoint chess already, which isn't {ENDPOINT}: nothing of it is touched" in said
    assert not [one for one in case.world.calls if "autoscaling" in one and "Describe" not in one]


def test_the_history_names_each_version_of_a_canary() -> None:
    """It comes beside production, takes over, and goes back; each step says what came for what."""
    case, canary = Case(TEST), Code((PRODUCTION, SECOND))
    full = Code((replace(PRODUCTION, version="v2"),))
    case.deployed(canary)
    assert case.told() == [("promotion", "v1", "model-v1", "v2", "model-v2")]
    case.deployed(full)
    assert len(case.told()) == 1
    assert "would bring v1 back" in case.refused(Code((PRODUCTION,)))
    case.deployed(replace(Code((PRODUCTION,)), rollback="it is slow"))
    assert [one[0:2] + one[3:4] for one in case.told()[1:]] == [("rollback", "v2", "v1")]


@pytest.mark.parametrize("back", [Code((PRODUCTION,)), Code((replace(PRODUCTION, made="anew"),))])
def test_a_canary_is_taken_out_for_a_reason_alone_which_is_in_the_history(back: Code) -> None:
    """It was promoted beside what it was to replace, which answers still: to end that is a way back as any other."""
    case, canary = Case(TEST), Code((PRODUCTION, SECOND))
    case.deployed(canary)
    assert "replaced v1 with v2, and this deployment would bring v1 back" in case.refused(back)
    case.deployed(Code((replace(PRODUCTION, made="elsewhere"), SECOND)))
    assert "replaced v1 with v2" in (said := case.refused(back))
    assert "--for rollback" in said
    case.deployed(replace(back, rollback="more refunds"))
    assert [one[0:2] + one[3:4] for one in case.told()[1:]] == [("rollback", "v2", "v1")]

    case.deployed(canary)
    case.deployed(Code((PRODUCTION,)))
    assert len(case.told()) == 2


def test_a_model_that_nobody_named_is_called_by_its_own_name() -> None:
    """A second variant's version was told by no property of earlier releases' templates."""
    case = Case(replace(TEST, production=(PRODUCTION,)))
    case.deployed(Code((replace(PRODUCTION, version="v2"),)))
    entry = next(name for name in case.world.parameters if "/history/" in name)
    case.world.parameters[entry][-1] = case.world.parameters[entry][-1].replace(
        '"from_version":"v1"', '"from_version":null'
    )

    beside = replace(
        Code((replace(PRODUCTION, version="v2"), Part("second", "v1"))), rollback="it is slow", tells=False
    )
    case.deployed(beside)
    assert case.told()[-1] == ("rollback", "v2", "model-v2", "model-v1.2", "model-v1.2")


@pytest.mark.parametrize("by_promotion", [False, True])
@pytest.mark.parametrize("on", TYPES[:2])
def test_a_promotion_hides_no_way_back(by_promotion: bool, on: str) -> None:
    """Neither the gate nor the history would speak of what comes back beside it, by its label or by its instances."""
    case = Case(TEST)
    v2 = replace(PRODUCTION, version="v2", instance_type=on)
    case.deployed(Code((v2,)))
    v3 = replace(v2, version="v3")
    case.deployed(Code((v2,), shadow=replace(SHADOW, version="v3", instance_type=on)))

    reason = case.refused(Code((v3, Part("second", "v1")), promotion=by_promotion))

    assert "would promote v3, and at the same time bring v1 back" in reason
    case.deployed(Code((v3, Part("second", "v4")), promotion=by_promotion))
    assert [one[0] for one in case.told()] == ["promotion", "promotion"]
