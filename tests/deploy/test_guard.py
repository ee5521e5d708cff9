"""What the guard does around an update: scaling, counts, the way back, and the truth about what serves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rehearsal import seen
from shadow_constructs import Guardrails, Hardware, Scaling, ShadowTest
from tests.deploy.support import REASON, Case, CaseMaker

_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_TARGET = Scaling(min_count=2, max_count=6, invocations_per_instance=500)


def scaled(test: ShadowTest) -> ShadowTest:
    """Production scales, so its shadow does; the shadow runs on another instance type, and scales on its own.

    A promotion takes the shadow's type.
    """
    assert test.shadow is not None
    shadow = replace(
        test.shadow,
        hardware=Hardware("ml.c5.xlarge", count=1),
        scaling=Scaling(max_count=3, invocations_per_instance=500),
    )
    production = replace(test.production, scaling=_TARGET)
    return replace(test, production=production, shadow=shadow, promote_on="shadow")


def test_scaling_and_live_counts_survive_a_promotion_to_other_hardware(make_case: CaseMaker) -> None:
    """Both variants scale, production runs more than its config says, the type changes: all is as it was afterwards."""
    case = make_case(scaled)
    case.deploy("shadow").check()
    assert set(_targets(case)) == {"production", "shadow"}
    # What scaling and people do meanwhile: more instances, a schedule, scaling in held back.
    _scale_to(case, "production", 5)
    autoscaling = case.local.client("application-autoscaling")
    place = _place(case, "production")
    autoscaling.put_scheduled_action(
        **place, ScheduledActionName="sale", Schedule="rate(1 day)", ScalableTargetAction={"MinCapacity": 4}
    )
    autoscaling.register_scalable_target(**place, SuspendedState={"DynamicScalingInSuspended": True})
    before = _scaling_of(case, "production")

    with case.traffic() as traffic:
        case.deploy("promotion").check()
    assert traffic.tally.failures == []
    assert set(_targets(case)) == {"production"}
    assert _scaling_of(case, "production") == before
    [variant] = _described(case)["ProductionVariants"]
    assert variant["DesiredInstanceCount"] == 5


def test_a_silent_rollback_fails_the_deployment(make_case: CaseMaker) -> None:
    """SageMaker goes back and CloudFormation sees nothing: the guard does, and puts scaling back."""
    case = make_case(scaled)
    case.deploy("shadow").check()
    before, scaling = case.serving(), _scaling_of(case, "production")
    case.local.fault("silent-rollback", endpoint=case.name)
    run = case.deploy("promotion")
    assert run.exit_code != 0
    assert f"SageMaker took the update of {case.name} back" in " ".join(run.output.split())
    after = case.serving()
    assert (after.config_name, after.models) == (before.config_name, before.models)
    assert _scaling_of(case, "production") == scaling
    assert set(_targets(case)) == {"production", "shadow"}
    assert case.history() == ()

    case.deploy("promotion").check()
    assert set(case.serving().models) == {"production"}


def baked_long(test: ShadowTest) -> ShadowTest:
    """An hour of bake, which is some seconds here: alarms are looked at once a second."""
    return replace(test, guardrails=Guardrails(bake_minutes=60))


def test_an_alarm_during_the_bake_takes_the_promotion_back(make_case: CaseMaker) -> None:
    """The new fleet fails, its own alarm fires, SageMaker rolls back, the deployment fails, the test goes on."""
    case = make_case(baked_long)
    case.deploy("shadow").check()
    before = case.serving()

    def fail() -> None:
        case.local.fault("fail", endpoint=case.name, variant="production", share=1, status=500)

    with case.traffic():
        run = case.deploy_while("promotion", fail)
    assert run.exit_code != 0
    assert "went into ALARM" in " ".join(run.output.split())
    assert (case.serving().config_name, case.serving().models) == (before.config_name, before.models)
    assert case.history() == ()


def test_the_way_back_needs_a_reason(case: Case) -> None:
    """Yesterday's pipeline can't demote a model; with a reason it can, and both are on record."""
    case.deploy("shadow").check()
    case.deploy("promotion").check()
    promoted = case.serving()
    run = case.cdk.deploy("shadow")
    output = " ".join(run.output.split())
    assert run.exit_code != 0
    assert "-c rollback=" in output
    assert "v2" in output
    assert case.serving() == promoted

    case.deploy("back").check()
    assert set(case.serving().models) == {"production", "shadow"}
    kinds = [(entry.kind, entry.to_version, entry.reason) for entry in case.history()]
    assert sorted(kinds, key=str) == [("promotion", "v2", None), ("rollback", "v1", REASON)]


def test_scaling_can_be_changed_and_removed_without_touching_the_endpoint(make_case: CaseMaker) -> None:
    """Another target, then none: the scaling follows the code, and the endpoint isn't updated for it."""
    case = make_case(scaled)
    case.deploy("shadow").check()
    before = case.serving()

    def other(test: ShadowTest) -> ShadowTest:
        changed = scaled(replace(test, endpoint_name=case.name))
        production = replace(changed.production, scaling=replace(_TARGET, max_count=9, invocations_per_instance=200))
        return replace(changed, production=production)

    make_case(other).deploy("shadow").check()
    target, policies, _ = _scaling_of(case, "production")
    assert target["MaxCapacity"] == 9
    assert [one["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for one in policies] == [200]

    def none(test: ShadowTest) -> ShadowTest:
        changed = scaled(replace(test, endpoint_name=case.name))
        assert changed.shadow is not None
        shadow = replace(changed.shadow, scaling=Scaling.off())
        return replace(changed, production=replace(changed.production, scaling=None), shadow=shadow)

    make_case(none).deploy("shadow").check()
    assert _targets(case) == {}
    assert case.serving() == before


def test_a_guard_that_is_throttled_and_one_that_is_killed_lose_nothing(make_case: CaseMaker) -> None:
    """Both cost time only: Lambda delivers the event of a function that was killed once more, and it goes on."""
    case = make_case(scaled)
    case.deploy("shadow").check()
    scaling = _scaling_of(case, "production")
    case.local.fault("kill-functions", operation="PutScalingPolicy")
    for operation in ("DescribeEndpoint", "PutParameter", "DeregisterScalableTarget", "RegisterScalableTarget"):
        case.local.fault("throttle", operation=operation, times=3)
    with case.traffic() as traffic:
        case.deploy("promotion").check()
    assert traffic.tally.failures == []
    assert _scaling_of(case, "production") == scaling
    assert set(_targets(case)) == {"production"}


def test_an_endpoint_of_somebody_elses_is_left_as_it_is(make_case: CaseMaker) -> None:
    """Made in the console under the name of a stack's endpoint: refused, and its scaling outlives the clean-up."""
    theirs, ours = make_case(), make_case(scaled)
    theirs.deploy("shadow").check()
    sagemaker, autoscaling = (theirs.local.client(name) for name in ("sagemaker", "application-autoscaling"))
    sagemaker.create_endpoint(EndpointName=ours.name, EndpointConfigName=theirs.serving().config_name)
    _until_in_service(ours)
    autoscaling.register_scalable_target(**_place(ours, "production"), MinCapacity=2, MaxCapacity=20)
    before, serving = _scaling_of(ours, "production"), ours.serving()

    run = ours.deploy("shadow")
    assert run.exit_code != 0
    assert "it isn't a resource of the stack" in " ".join(run.output.split())
    assert "docs/adopting.md" in " ".join(run.output.split())
    assert _scaling_of(ours, "production") == before
    assert ours.serving() == serving


def test_a_cancelled_update_that_outlasts_an_invocation_is_waited_for_and_taken_back(make_case: CaseMaker) -> None:
    """SageMaker's update goes on after the cancellation; the guard waits for it from one invocation to the next."""
    case = make_case(scaled)
    case.deploy("shadow").check()
    before, scaling = case.serving(), _scaling_of(case, "production")
    # Lambda ends a chain of sixteen calls: so short that it needs several, so long that a slow machine gets on.
    case.local.fault("short-timeout", function=case.name, seconds=9)
    case.local.fault("slow-update", endpoint=case.name, seconds=20)

    cloudformation = case.local.client("cloudformation")
    run = case.deploy_while("promotion", lambda: cloudformation.cancel_update_stack(StackName=case.name))
    assert run.exit_code != 0
    assert (case.serving().config_name, case.serving().models) == (before.config_name, before.models), run.output
    # On a slow machine the short invocation ends before all is back: what is left is done by the next event.
    # A target comes a moment before its policies.
    seen.until(
        "scaling is back",
        300,
        lambda: "production" in _targets(case) and _scaling_of(case, "production") == scaling,
    )
    assert case.history() == () or all(entry.undone is not None for entry in case.history())


def _described(case: Case) -> dict[str, Any]:
    found: dict[str, Any] = case.local.client("sagemaker").describe_endpoint(EndpointName=case.name)
    return found


def _scale_to(case: Case, variant: str, count: int) -> None:
    wanted = [{"VariantName": variant, "DesiredInstanceCount": count}]
    case.local.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=case.name, DesiredWeightsAndCapacities=wanted
    )
    _until_in_service(case)


def _until_in_service(case: Case) -> None:
    seen.until("the endpoint is in service", 120, lambda: _described(case)["EndpointStatus"] == "InService")


def _place(case: Case, variant: str) -> dict[str, str]:
    resource = f"endpoint/{case.name}/variant/{variant}"
    return {"ServiceNamespace": "sagemaker", "ResourceId": resource, "ScalableDimension": _DIMENSION}


def _targets(case: Case) -> dict[str, dict[str, Any]]:
    found = case.local.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")
    return {
        one["ResourceId"].rpartition("/")[2]: one
        for one in found["ScalableTargets"]
        if one["ResourceId"].startswith(f"endpoint/{case.name}/")
    }


def _scaling_of(case: Case, variant: str) -> tuple[dict[str, Any], list[Any], list[Any]]:
    """Limits, policies and schedules of a variant, without what each registration makes anew."""
    autoscaling = case.local.client("application-autoscaling")
    where = {"ServiceNamespace": "sagemaker", "ResourceId": f"endpoint/{case.name}/variant/{variant}"}
    target = _targets(case)[variant]
    policies = autoscaling.describe_scaling_policies(**where)["ScalingPolicies"]
    schedules = autoscaling.describe_scheduled_actions(**where)["ScheduledActions"]
    made = {"ScalableTargetARN", "CreationTime", "PolicyARN", "Alarms", "ScheduledActionARN", "RoleARN"}

    def lasting(one: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in one.items() if key not in made}

    return lasting(target), [lasting(one) for one in policies], [lasting(one) for one in schedules]
