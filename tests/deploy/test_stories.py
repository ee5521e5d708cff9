"""What the guard owes people on a bad day: what isn't its stack's, what has failed, what comes by another name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sagemaker as sagemaker

from shadow_constructs import GatePolicy, Guardrails, PromotionStack, ShadowTest, ShadowTestStack
from shadow_ops.contract.declared import prefix
from tests.deploy.meanwhile import while_updating
from tests.deploy.submission import Submission
from tests.deploy.support import Case, CaseMaker
from tests.deploy.test_guard import _described, _scaling_of, _targets, scaled


def _assembly(folder: Path, make: Callable[[cdk.App], object]) -> Path:
    app = cdk.App(outdir=str(folder))
    make(app)
    app.synth()
    return folder


def _everything(case: Case) -> dict[str, Any]:
    """All that is known of an endpoint by its name: what serves, how it scales, what is kept of it, what shows it."""
    local, name = case.local, case.name
    parameters = local.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=prefix(name), Recursive=True)
    [dashboard] = local.client("cloudwatch").list_dashboards(DashboardNamePrefix=f"{name}-")["DashboardEntries"]
    return {
        "serving": case.serving(),
        "scaling": {variant: _scaling_of(case, variant) for variant in _targets(case)},
        "parameters": {
            one["Name"]: (one["Value"], one["Version"]) for page in parameters for one in page["Parameters"]
        },
        "dashboard": local.client("cloudwatch").get_dashboard(DashboardName=dashboard["DashboardName"])[
            "DashboardBody"
        ],
        "described": {key: one for key, one in _described(case).items() if key != "ResponseMetadata"},
    }


@pytest.mark.parametrize("kind", [ShadowTestStack, PromotionStack])
def test_another_stack_of_that_name_touches_nothing(make_case: CaseMaker, tmp_path: Path, kind: type[Any]) -> None:
    """An app that names somebody's endpoint, as a test or as its promotion: refused in one sentence, and deleted."""
    theirs = make_case(scaled)
    theirs.deploy("shadow").check()
    before = _everything(theirs)
    other = f"{theirs.name}-other"
    folder = _assembly(tmp_path / "app", lambda app: kind(app, "other", test=theirs.stages.test, stack_name=other))

    run = Submission(theirs.local).deploy(folder, "other")
    said = " ".join(run.output.split())
    assert run.exit_code != 0
    assert f"there is an endpoint {theirs.name} already, and it isn't a resource of the stack {other}" in said
    assert "docs/adopting.md" in said
    Submission(theirs.local).destroy(folder, "other")
    assert _everything(theirs) == before


@pytest.mark.parametrize("noticed", [True, False])
def test_a_rollback_that_failed_can_be_continued(make_case: CaseMaker, tmp_path: Path, noticed: bool) -> None:
    """Scaling that is out of the way stays there until somebody continues, and is then as it was.

    Where CloudFormation doesn't notice that SageMaker rolled the rollback back, the step after it fails: what serves
    scales, and the sentence names the update that people make before they continue.
    """
    case = make_case(scaled)
    case.deploy("shadow").check()
    before, scaling = case.serving(), {name: _scaling_of(case, name) for name in _targets(case)}

    def fails_last(app: cdk.App) -> None:
        stack = PromotionStack(app, "promotion", test=case.stages.test)
        last = sagemaker.CfnEndpointConfig(
            stack,
            "Last",
            production_variants=[
                sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                    variant_name="a",
                    model_name="no-such-model",
                    initial_instance_count=1,
                    instance_type="ml.m5.large",
                    initial_variant_weight=1,
                )
            ],
        )
        last.node.add_dependency(stack.endpoint)

    folder = _assembly(tmp_path / "app", fails_last)

    run = while_updating(
        case.local,
        case.name,
        lambda: Submission(case.local).deploy(folder, "promotion"),
        # What the update that is under way meets is settled: this is for the next one.
        lambda: case.local.fault("failed-update" if noticed else "silent-rollback", endpoint=case.name),
    )
    assert run.exit_code != 0
    assert Submission(case.local).status(case.name) == "UPDATE_ROLLBACK_FAILED", run.output
    if noticed:
        assert "production" not in _targets(case), "SageMaker would refuse what continuing the rollback asks for"
    else:
        _update_by_hand(case, run.output)

    case.local.client("cloudformation").continue_update_rollback(StackName=case.name)
    assert Submission(case.local)._settled(case.name) == "UPDATE_ROLLBACK_COMPLETE"
    assert (case.serving().config_name, case.serving().models) == (before.config_name, before.models)
    assert {name: _scaling_of(case, name) for name in _targets(case)} == scaling
    assert [one for one in case.history() if one.undone is None] == []


def _update_by_hand(case: Case, said: str) -> None:
    """Do what the sentence says that the stack failed with."""
    words = " ".join(said.split())
    assert "rolled the rollback of" in words
    (config, *_) = re.findall(r"--endpoint-config-name (\S+)", words)
    sagemaker, scaling = case.local.client("sagemaker"), case.local.client("application-autoscaling")
    assert "production" in _targets(case)
    scaling.deregister_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=f"endpoint/{case.name}/variant/production",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
    )
    sagemaker.update_endpoint(EndpointName=case.name, EndpointConfigName=config, RetainAllVariantProperties=True)
    sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName=case.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def test_a_candidate_reaches_nobody_under_another_name(make_case: CaseMaker) -> None:
    """The shadow's model as a second production variant with a tenth of the requests: the gate refuses."""

    def gated(test: ShadowTest) -> ShadowTest:
        return replace(test, gate=GatePolicy())

    case = make_case(gated)
    case.deploy("shadow").check()
    before = case.serving()

    def beside(test: ShadowTest) -> ShadowTest:
        assert test.shadow is not None
        second = replace(test.shadow, name="second", weight=0.1)
        test = gated(replace(test, endpoint_name=case.name))
        return replace(test, shadow=None, sampling_percent=None, other_production=[second])

    run = make_case(beside).deploy("shadow")
    assert run.exit_code != 0
    assert f"{case.name} is not promoted, the gate says" in " ".join(run.output.split())
    assert case.serving() == before
    assert case.history() == ()


def test_an_emergency_goes_back_although_an_alarm_of_the_users_fires(make_case: CaseMaker) -> None:
    """It fires because of what is being left; the rollback leaves it out of that one update."""
    alarm = {"MetricName": "Errors", "Namespace": "Shop", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    alarm |= {"Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "ignore"}
    name = "checkout-errors-of-tests"
    case = make_case(lambda test: replace(test, guardrails=Guardrails(alarm_names=[name])))
    cloudwatch = case.local.client("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName=name, **alarm)
    case.deploy("shadow").check()
    case.deploy("promotion").check()
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="the promoted model")

    case.deploy("back").check()
    assert set(case.serving().models) == {"production", "shadow"}
    assert [one.kind for one in case.history()] == ["promotion", "rollback"]


def test_a_rollback_goes_through_without_its_records_and_says_so(make_case: CaseMaker) -> None:
    """Somebody damages them during the update that fails: what is declared scales again, and status names the rest."""
    case = make_case(scaled)
    case.deploy("shadow").check()
    before, ssm = case.serving(), case.local.client("ssm")
    case.local.fault("failed-update", endpoint=case.name)

    def damage() -> None:
        for one in ("pending", "scaling/shadow", "scaling/production"):
            ssm.put_parameter(Name=f"{prefix(case.name)}/{one}", Value="{damaged", Type="String", Overwrite=True)

    run = case.deploy_while("promotion", damage)
    assert run.exit_code != 0
    assert Submission(case.local).status(case.name) == "UPDATE_ROLLBACK_COMPLETE", run.output
    assert (case.serving().config_name, case.serving().models) == (before.config_name, before.models)
    assert set(_targets(case)) == {"production", "shadow"}
