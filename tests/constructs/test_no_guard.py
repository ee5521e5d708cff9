"""An endpoint whose code says Guard.off: CloudFormation's own resources alone, and told everywhere what is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match
from hypothesis import given
from hypothesis import strategies as st

from shadow_constructs import (
    Capture,
    Guard,
    Hardware,
    InvalidValueError,
    Network,
    Promotion,
    PromotionStack,
    Rollback,
    Scaling,
    Schedule,
    ShadowEndpoint,
    ShadowTest,
    ShadowTestStack,
    Variant,
    Watch,
)
from shadow_constructs.testing import assert_fold, assert_promotion
from shadow_constructs.values.intent import Intent
from shadow_constructs.values.warnings import warnings_of
from shadow_ops.contract.properties import to_ascii
from shadow_ops.contract.sentences import LOST, ascii_of
from shadow_ops.contract.text import from_ascii
from tests.constructs.rendering import Json, flat, new_stack, rendered, resources, template_of, the
from tests.values.samples import STEP, hardware, serving, shadow_test, variant

WHY = "no functions in this account"
OFF = Guard.off(WHY)
SUBNETS = ["subnet-0a", "subnet-0b"]
ENDPOINT, CONFIG = "AWS::SageMaker::Endpoint", "AWS::SageMaker::EndpointConfig"
TARGET, POLICY = "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy"
NIGHT = Schedule(name="night", when="cron(0 22 * * ? *)", max_count=3, timezone="Europe/Berlin")
SCALING = Scaling(min_count=2, max_count=8, invocations_per_instance=600, policies=[STEP], schedules=[NIGHT])


def without(**changes: Any) -> ShadowTest:  # noqa: ANN401 - whatever ShadowTest takes
    """A shadow test without a guard."""
    return shadow_test(**{"guard": OFF, **changes})


def scaled(**changes: Any) -> ShadowTest:  # noqa: ANN401 - whatever ShadowTest takes
    """The same, whose production scales."""
    production = variant("v1", hardware=hardware(count=2), scaling=SCALING)
    return without(**{"production": production, "shadow": variant("v2", scaling=Scaling.off()), **changes})


@pytest.mark.parametrize(
    "test", [without(), scaled(), without(watch=Watch())], ids=["unscaled", "scaled", "a watch by default"]
)
@pytest.mark.parametrize("intent", [None, Promotion(), Rollback("p99")], ids=["a test", "a promotion", "a rollback"])
def test_nothing_of_ours_acts(test: ShadowTest, intent: Intent | None) -> None:
    """No function, no custom resource, no rule that calls one, no role that one could take."""
    stack = new_stack()
    ShadowEndpoint(stack, "E", test=test, intent=intent)
    template = template_of(stack)

    kinds = {one["Type"] for one in template["Resources"].values()}
    assert {kind for kind in kinds if kind.startswith(("Custom::", "AWS::Lambda", "AWS::Events", "AWS::Logs"))} == set()
    assert "lambda.amazonaws.com" not in json.dumps(template)


def test_the_template_and_the_settings_say_what_is_lost() -> None:
    """Whoever reads either finds the reason, and the template what no deployment does any more."""
    template = rendered(without())
    [endpoint] = resources(template, ENDPOINT).values()

    assert endpoint["Metadata"]["shadow-test"] == f"no guard ({WHY}): {LOST}"
    assert json.loads(flat(the(template, "AWS::SSM::Parameter")["Value"]))["guard_off"] == WHY


def test_a_promotion_warns_that_nothing_asks_the_gate() -> None:
    """The command that does is in the warning; a test alone is not warned about."""
    for intent, count in ((Promotion(), 1), (None, 0)):
        stack = new_stack()
        ShadowEndpoint(stack, "E", test=without(), intent=intent)
        said = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp(".*shadow-test gate churn.*"))
        assert len(said) == count


def test_what_waits_for_the_step_after_the_update_waits_for_the_endpoint_itself() -> None:
    """The settings, and alarms that are to look at the new version alone."""
    guarded, template = rendered(shadow_test()), rendered(without())
    [after], [endpoint] = resources(guarded, "Custom::EndpointUpdateGuardAfter"), resources(template, ENDPOINT)
    waiting = {key for key, one in guarded["Resources"].items() if after in one.get("DependsOn", ())}

    assert waiting
    assert all(endpoint in template["Resources"][key]["DependsOn"] for key in waiting)


def test_scaling_is_cloudformations_own() -> None:
    """Limits, schedules and every policy as declared, made once the endpoint is there."""
    template = rendered(scaled())
    [endpoint] = resources(template, ENDPOINT)
    [(name, target)] = resources(template, TARGET).items()

    assert endpoint in target["DependsOn"]
    assert target["Properties"] == {
        "ServiceNamespace": "sagemaker",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "ResourceId": "endpoint/churn/variant/production",
        "MinCapacity": 2,
        "MaxCapacity": 8,
        "ScheduledActions": [
            {
                "ScheduledActionName": "night",
                "Schedule": "cron(0 22 * * ? *)",
                "Timezone": "Europe/Berlin",
                "ScalableTargetAction": {"MaxCapacity": 3},
            }
        ],
    }
    tracking, step = (one["Properties"] for one in resources(template, POLICY).values())
    assert tracking["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 600
    assert step == {"ScalingTargetId": {"Ref": name}, **STEP}


def test_a_promotion_touches_no_scaling() -> None:
    """Its targets and policies are the test's, so CloudFormation has nothing to do with them."""
    stacks = [new_stack(), new_stack()]
    for stack, intent in zip(stacks, (None, Promotion()), strict=True):
        ShadowEndpoint(stack, "E", test=scaled(), intent=intent)
    before, after = (template_of(stack) for stack in stacks)

    for kind in (TARGET, POLICY, ENDPOINT):
        assert resources(before, kind).keys() == resources(after, kind).keys()
    assert resources(before, TARGET) == resources(after, TARGET)


def test_live_counts_are_kept_where_production_scales_and_only_there() -> None:
    """An update must not shrink what scaling has grown; elsewhere a count that changes in code must be applied."""
    assert the(rendered(scaled()), ENDPOINT)["RetainAllVariantProperties"] is True
    assert "RetainAllVariantProperties" not in the(rendered(without()), ENDPOINT)
    # The sampling share is a weight, which must not be kept.
    for test in (scaled(), without()):
        kept_out = the(rendered(test), ENDPOINT)["ExcludeRetainedVariantProperties"]
        assert kept_out == [{"VariantPropertyType": "DesiredWeight"}]


def test_whatever_changes_the_endpoint_comes_with_a_config_that_is_new() -> None:
    """SageMaker updates an endpoint with another config only: with and without a guard, with and without scaling."""
    tests = [shadow_test(), without(), scaled(), replace(scaled(), guard=Guard())]
    names = [next(iter(resources(rendered(test), CONFIG))) for test in tests]

    assert names[0] == names[3]
    assert len(set(names[:3])) == 3


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (
            lambda: without(production=variant("v1", scaling=SCALING)),
            "'scaling' must be off for the shadow without a guard",
        ),
        (
            lambda: without(shadow=variant("v2", scaling=Scaling(max_count=2, invocations_per_instance=5))),
            "got 'shadow from 1 to 2 instances'; give the shadow scaling=Scaling.off()",
        ),
        (
            lambda: scaled(promote_on=Hardware("ml.c7i.xlarge", count=2)),
            "'promote_on' must keep production's ml.m5.xlarge without a guard",
        ),
        (lambda: without(capture=Capture(delete_with_stack=True)), "'delete_with_stack' must be off without a guard"),
        (lambda: Guard.off(" "), "'off_because' must be a sentence that says why"),
        (lambda: Guard(off_because="x", log_retention_days=30), "'log_retention_days' must be left out with off"),
        (
            lambda: Guard(off_because="x", network=Network(subnet_ids=SUBNETS, security_group_ids=["sg-0a"])),
            "'network' must be left out with off",
        ),
        (
            lambda: ShadowEndpoint(new_stack(), "E", test=without(), intent=Promotion(override_gate="the demo")),
            "'override_gate' must be left out without a guard, got 'the demo'",
        ),
    ],
)
def test_what_only_a_function_could_do_is_refused(make: Any, line: str) -> None:  # noqa: ANN401 - a callable
    """In one line, at synth, instead of failing after fifteen minutes or being believed to be on record."""
    with pytest.raises(InvalidValueError) as refused:
        make()

    [said] = refused.value.problems
    assert line in said


def test_what_needs_no_function_is_taken() -> None:
    """Production that scales and stays on its type, other hardware where nothing scales, a boundary of the roles."""
    boundary = "arn:aws:iam::111122223333:policy/boundary"
    bounded = Guard.off(WHY, permissions_boundary=boundary)
    roles = resources(rendered(without(guard=bounded)), "AWS::IAM::Role").values()

    assert {one["Properties"]["PermissionsBoundary"] for one in roles} == {boundary}
    without(promote_on=Hardware("ml.c7i.xlarge"))
    serving(guard=OFF, production=variant("v1", scaling=SCALING))


@pytest.mark.parametrize("make", [without, scaled])
def test_promotion_and_fold_are_what_people_assert(make: Any) -> None:  # noqa: ANN401 - a callable
    """What users hold their own stacks to holds without a guard, too."""
    test = make()
    assert test.shadow is not None
    production = replace(test.production, model=test.shadow.model)
    apps = [cdk.App() for _ in range(3)]
    first: Json = {"stack_name": "churn"}
    shadow = ShadowTestStack(apps[0], "shadow", test=test, **first)
    promotion = PromotionStack(apps[1], "promotion", test=test, **first)
    fold = ShadowTestStack(apps[2], "fold", test=replace(test, production=production, shadow=None), **first)

    assert_promotion(shadow, promotion)
    assert_fold(promotion, fold)


def test_policies_have_ids_of_their_own_whatever_they_and_their_variants_are_called() -> None:
    """Two names with a hyphen between them are not always two, and a name may be a number or a token."""
    stack = new_stack()
    parameter = cdk.CfnParameter(stack, "Name")

    def one(name: str, *policies: str) -> Variant:
        made = [{**STEP, "PolicyName": policy} for policy in policies]
        return variant("v1", name, scaling=Scaling(max_count=4, policies=made))

    test = without(
        production=one("a", "b-c", "1", parameter.value_as_string),
        shadow=None,
        sampling_percent=None,
        other_production=[one("a-b", "c")],
    )
    ShadowEndpoint(stack, "E", test=test)
    assert len(resources(template_of(stack), POLICY)) == 4


def test_a_policy_keeps_its_logical_id_whatever_comes_before_it() -> None:
    """By its name: another one's coming, going or moving would rename it while it is there."""
    made: dict[str, set[str]] = {}
    others = [{**STEP, "PolicyName": name} for name in ("a", "b b", "c")]
    for policies in (others, others[1:], others[::-1], [STEP, *others]):
        scaling = Scaling(max_count=4, invocations_per_instance=600, policies=policies)
        found = resources(rendered(serving(guard=OFF, production=variant("v1", scaling=scaling))), POLICY)
        for key, one in found.items():
            made.setdefault(one["Properties"]["PolicyName"], set()).add(key)

    assert all(len(keys) == 1 for keys in made.values())
    assert len(set.union(*made.values())) == len(made) == 5


def test_taking_scaling_over_from_a_guard_is_warned_about() -> None:
    """CloudFormation makes no policy that the guard has put; without scaling nothing is in the way."""
    ids = [{one.id for one in warnings_of(test)} for test in (scaled(), without(), replace(scaled(), guard=Guard()))]

    assert ["shadow-constructs:no-guard-after-guard" in one for one in ids] == [True, False, False]


@pytest.mark.parametrize("reason", ["schön 日本 “x”", "🙂", '"quoted" é'])
def test_reasons_in_any_language_leave_the_template_ascii(reason: str) -> None:
    """With and without a guard; the guard's function reads what was written."""
    tests: list[tuple[ShadowTest, Intent | None]]
    tests = [(shadow_test(), Rollback(reason)), (shadow_test(), Promotion(override_gate=reason))]
    tests += [(without(guard=Guard.off(reason)), intent) for intent in (None, Promotion(), Rollback(reason))]
    for test, intent in tests:
        stack = new_stack()
        ShadowEndpoint(stack, "E", test=test, intent=intent).add_outputs()
        template = template_of(stack)
        assert json.dumps(template, ensure_ascii=False).isascii()
        for one in resources(template, "Custom::EndpointUpdateGuardBefore").values():
            properties = {key: flat(value) for key, value in one["Properties"].items()}
            said = [from_ascii(properties[key]) for key in ("RollbackReason", "OverrideGate") if key in properties]
            assert said == [reason]


@given(st.text())
def test_a_text_in_ascii_is_read_as_it_was_written(text: str) -> None:
    """Whatever it begins with; ASCII travels as it is."""
    assert to_ascii(text).isascii()
    assert from_ascii(to_ascii(text)) == text
    assert ascii_of(text).isascii()
