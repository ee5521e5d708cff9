"""A test and its promotion where no function of the library may run: CloudFormation does all of it."""

from __future__ import annotations

from dataclasses import replace

from shadow_constructs import Guard, Scaling, ShadowTest
from tests.deploy.support import Case, CaseMaker
from tests.deploy.test_guard import _described, _scale_to, _scaling_of, _targets


def unguarded(test: ShadowTest) -> ShadowTest:
    """No guard, and a production that scales."""
    assert test.shadow is not None
    production = replace(test.production, scaling=Scaling(min_count=2, max_count=6, invocations_per_instance=500))
    shadow = replace(test.shadow, scaling=Scaling.off())
    return replace(test, production=production, shadow=shadow, guard=Guard.off("no functions in this account"))


def types(case: Case) -> set[str]:
    """The types of the stack's resources."""
    pages = case.local.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=case.name)
    return {one["ResourceType"] for page in pages for one in page["StackResourceSummaries"]}


def test_a_promotion_without_a_guard_keeps_scaling_and_live_counts(make_case: CaseMaker) -> None:
    """No function acts; no request fails; what scaling has grown stays; a fold changes nothing; nothing is left."""
    case = make_case(unguarded)
    case.deploy("shadow").check()
    assert [one for one in types(case) if one.startswith(("Custom::", "AWS::Lambda"))] == []
    assert set(_targets(case)) == {"production"}
    _scale_to(case, "production", 5)
    scaling = _scaling_of(case, "production")

    with case.traffic() as traffic:
        case.deploy("promotion").check()
    assert traffic.tally.failures == []
    [variant] = _described(case)["ProductionVariants"]
    assert variant["DesiredInstanceCount"] == 5
    assert set(case.serving().models) == {"production"}
    assert _scaling_of(case, "production") == scaling
    assert case.history() == ()

    promoted = case.serving()
    case.deploy("folded").check()
    assert case.serving() == promoted
    case.destroy("folded").check()
    assert _targets(case) == {}


def test_a_guard_that_goes_and_comes_back_takes_no_scaling_with_it(make_case: CaseMaker) -> None:
    """Going is one deployment; coming back is refused where CloudFormation would end scaling, and goes in two."""
    case = make_case(lambda test: replace(unguarded(test), guard=Guard()))
    case.deploy("shadow").check()
    _scale_to(case, "production", 5)
    scaling = _scaling_of(case, "production")

    def named(test: ShadowTest, **changes: object) -> ShadowTest:
        return replace(unguarded(replace(test, endpoint_name=case.name)), **changes)  # type: ignore[arg-type] # fields

    make_case(named).deploy("shadow").check()
    assert _scaling_of(case, "production") == scaling
    assert _described(case)["ProductionVariants"][0]["DesiredInstanceCount"] == 5

    back = make_case(lambda test: named(test, guard=Guard()))
    assert "scales production by resources of its own" in " ".join(back.deploy("shadow").output.split())
    assert _scaling_of(case, "production") == scaling

    unscaled = make_case(lambda test: named(test, guard=Guard(), production=replace(test.production, scaling=None)))
    unscaled.deploy("shadow").check()
    assert _described(case)["ProductionVariants"][0]["DesiredInstanceCount"] == 5
    back.deploy("shadow").check()
    assert _scaling_of(case, "production") == scaling
    assert _described(case)["ProductionVariants"][0]["DesiredInstanceCount"] == 5
