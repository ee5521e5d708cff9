"""What AWS, cfn-lint and cdk-nag would say of the templates, over a broad spread of values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks
from hypothesis import given, settings

from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    CoreDump,
    Dashboard,
    GatePolicy,
    Guardrails,
    MetricsPublishing,
    Model,
    ModelPackage,
    Network,
    PromotionStack,
    Routing,
    Rule,
    Scaling,
    Serverless,
    ShadowTest,
    ShadowTestStack,
)
from tests.constructs.rendering import Json
from tests.stacks.rendering import churn, everything, folded, options, promotion_template, shadow_template, unguarded
from tests.support.linting import lint_of
from tests.support.templates import problems_of
from tests.values.samples import (
    IMAGE,
    KEY_ARN,
    PACKAGE_ARN,
    RESERVATION_ARN,
    ROLE_ARN,
    hardware,
    model,
    serving,
    variant,
)
from tests.values.strategies import SHADOW_TESTS

VPC = Network(subnet_ids=["subnet-0a1b2c3d", "subnet-1a2b3c4d"], security_group_ids=["sg-0a1b2c3d"], isolated=True)
FULL_HARDWARE = hardware(
    "ml.p3.2xlarge",
    count=3,
    volume_gb=100,
    model_download_timeout_seconds=900,
    startup_timeout_seconds=600,
    instance_provision_timeout_seconds=1800,
    inference_ami_version="al2-ami-sagemaker-inference-gpu-3-1",
    routing=Routing("PREFIX_AWARE", 2048, 16),
    ssm_access=True,
    core_dump=CoreDump("s3://dumps/churn", key_arn=KEY_ARN),
    capacity_reservation_arn=RESERVATION_ARN,
)

VALUES: dict[str, Callable[[], ShadowTest]] = {
    "the example": churn,
    "another model": lambda: churn(shadow=variant("v2")),
    "another container": lambda: churn(
        shadow=variant(
            model=model("v2", container=Container.xgboost("1.7-1"), artifact="s3://my-models/churn/v1.tar.gz")
        )
    ),
    "another instance type": lambda: churn(shadow=variant("v1", hardware=hardware("ml.c7i.xlarge"))),
    "all of the hardware": lambda: churn(
        production=variant("v1", hardware=FULL_HARDWARE), shadow=variant("v2", hardware=FULL_HARDWARE)
    ),
    "all of the model": lambda: churn(
        shadow=variant(
            model=model(
                "v2",
                container=Container.ecr("team/churn", f"sha256:{'0' * 64}"),
                artifact="s3://my-models/churn/v2/",
                artifact_key_arn=KEY_ARN,
                environment={"SAGEMAKER_PROGRAM": "inference.py", "EMPTY": ""},
                network=VPC,
                accept_eula=True,
            )
        )
    ),
    "keys": lambda: churn(capture=Capture(customer_managed_key=True), volume_key_arn=KEY_ARN),
    "bucket that goes": lambda: churn(capture=Capture(delete_with_stack=True)),
    "bucket of the user's": lambda: churn(capture=Capture(bucket="our-captures", key_arn=KEY_ARN, prefix="")),
    "nothing captured": lambda: churn(capture=Capture.off()),
    "role of the user's": lambda: churn(shadow=variant(model=model("v2", role_arn=ROLE_ARN))),
    "package": lambda: churn(
        shadow=variant(
            model=Model(
                version="v2",
                package=ModelPackage(PACKAGE_ARN, artifact="s3://registry/churn/7.tar.gz", image=IMAGE),
                environment={"A": "b"},
            )
        )
    ),
    "existing models": lambda: churn(
        production=variant(model=Model(version="v1", model_name="churn-v1", role_arn=ROLE_ARN)),
        shadow=variant(model=Model(version="v2", model_name="churn-v2", role_arn=ROLE_ARN)),
    ),
    "private registry": lambda: churn(
        shadow=variant(model=model("v2", container=Container.private_registry("registry.example/x:1"), network=VPC))
    ),
    "deep learning": lambda: churn(
        shadow=variant(model=model("v2", container=Container.deep_learning("pytorch-inference", "2.6.0-cpu-py312")))
    ),
    "metrics, tags, guardrails": lambda: churn(
        metrics=MetricsPublishing(frequency_seconds=10, enhanced=True, detailed_observability=True),
        tags={"team": "churn and co", "cost centre": ""},
        guardrails=Guardrails.canary(reason="tried by hand", bake_minutes=5),
        alerts=Alerts(emails=["team@example.com"], action_arns=["arn:aws:lambda:eu-west-1:111122223333:function:page"]),
    ),
    "scaling": lambda: churn(
        production=variant(
            "v1", hardware=hardware(count=2), scaling=Scaling(max_count=4, invocations_per_instance=600)
        ),
        gate=GatePolicy.none(reason="a prototype"),
        alerts=Alerts.off("nobody is on duty"),
        dashboard=Dashboard.off(),
    ),
    "every rule": lambda: churn(
        gate=GatePolicy(
            rules=(
                Rule.latency(percentile=99.9, max_increase_percent=0, max_milliseconds=250.5),
                Rule.error_rate(errors="4xx", max_percent=10),
                Rule.error_rate(errors="5xx", max_increase_points=0, max_percent=0.5),
                Rule.utilization(resource="gpu"),
            )
        ),
        alerts=Alerts(topic_arn="arn:aws:sns:eu-west-1:111122223333:on-duty", period_seconds=60),
    ),
    "folded": lambda: folded(churn()),
    "no guard": unguarded,
    "several production variants": lambda: serving(other_production=[variant("v2", "b", weight=0.25)]),
    "serverless": lambda: serving(
        production=variant(hardware=Serverless(memory_mb=2048, max_concurrency=5, provisioned_concurrency=2)),
        capture=Capture.off(),
    ),
    "multi-model": lambda: serving(
        production=variant(
            model=model(container=Container.uri(IMAGE), artifact="s3://my-models/many/", multi_model=True)
        )
    ),
}

# cfn-lint's warnings that are let through, with the reason. Errors never are.
IGNORED_BY_LINT = {
    "W3005": "with delete_with_stack the config depends on the bucket and all that comes with it, its emptying above "
    "all; that it names the bucket too makes that one dependency of several superfluous",
}


@cache
def templates_of(case: str) -> list[Json]:
    """The template of the test, and of its promotion if there is something to promote; only read, so made once."""
    test = VALUES[case]()
    if test.shadow is None:
        return [shadow_template(test)]
    return [shadow_template(test), promotion_template(test)]


@pytest.mark.parametrize("case", VALUES)
def test_sagemaker_would_take_every_call(case: str) -> None:
    """Each property set fits the API call it becomes: members, types, enums, patterns, minima and maxima."""
    for template in templates_of(case):
        assert problems_of(template) == []


@settings(max_examples=25)
@given(SHADOW_TESTS)
def test_sagemaker_would_take_any_valid_value(test: ShadowTest) -> None:
    """What the values let through, the service lets through."""
    assert problems_of(shadow_template(test, stack_name="churn")) == []


def test_the_cdks_own_validation_has_nothing_to_say(tmp_path: Path) -> None:
    """What `cdk synth` would warn of: nothing in any template, but in one that CloudFormation would refuse."""
    app = cdk.App(outdir=str(tmp_path), context={"@aws-cdk/core:validateAgainstDefaultRules": True})
    cdk.Validations.of(app).add_plugins(cdk.CloudFormationValidatePlugin())
    for number, make in enumerate(VALUES.values()):
        # An app has one test per endpoint name.
        test = replace(make(), endpoint_name=f"churn-{number}")
        ShadowTestStack(app, f"test-{number}", test=test, **options())
        if test.shadow is not None:
            PromotionStack(app, f"promotion-{number}", test=test, **options())
    cdk.CfnResource(cdk.Stack(app, "broken"), "Topic", type="AWS::SNS::Topic", properties={"Subscribers": "nobody"})
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()

    report = json.loads((tmp_path / "validation-report.json").read_text(encoding="utf-8"))
    found = [one for plugin in report["pluginReports"] for one in plugin["violations"]]
    assert {place["constructPath"] for one in found for place in one["violatingConstructs"]} == {"broken/Topic"}


@pytest.mark.parametrize("case", VALUES)
def test_cfn_lint_has_nothing_to_say(case: str) -> None:
    """No error, and no warning that isn't named above with its reason."""
    for template in templates_of(case):
        assert lint_of(template, IGNORED_BY_LINT) == []


# What cdk-nag's AwsSolutions pack says of the library's resources, and why it is as it should be.
ACKNOWLEDGED: dict[str, str] = {
    r"AwsSolutions-S1": "Access logs need a second bucket, kept and paid for, that the user of a captured request "
    "wouldn't look into; whoever must log access uses Capture(bucket=...) with a bucket that does.",
    r"AwsSolutions-IAM5\[Resource::\*\]": "PutMetricData, GetAuthorizationToken and ec2:Describe* have no resource "
    "level in IAM; a test holds that no execution role has more. The guard's needs say why beside each of them "
    "(shadow_ops/contract/permissions.py).",
    r"AwsSolutions-IAM5\[Resource::arn:[^ ]+:cloudwatch:[^ ]+:alarm:<AWS::StackName>-\*\]": "Alarms of this stack, "
    "which CloudFormation names; their very names would make a circle of alarm, config, model and role.",
    r"AwsSolutions-IAM5\[Resource::arn:[^ ]+:lambda:[^ ]+:function:\*\]": "The guard's own function, which needs this "
    "role first: it is known by its tag, and nothing of the app's can tag it otherwise.",
    r"AwsSolutions-IAM5\[Resource::arn:[^ ]+:endpoint-config/\*\]": "CloudFormation names the configs.",
    r"AwsSolutions-IAM5\[Resource::arn:[^ ]+:sagemaker:[^ ]+:model/\*\]": "CloudFormation names the models; they "
    "are only described, which tells what serves.",
    r"AwsSolutions-IAM5\[Resource::arn:[^ ]+:inference-experiment/\*\]": "Names of managed tests end in characters of "
    "their own, and may begin otherwise than the endpoint's; they are only described.",
    r"AwsSolutions-IAM5\[Resource::arn:[^ ]+:parameter/shadow-test/churn/\*\]": "What is kept of it, to be read.",
    r"AwsSolutions-IAM5\[Resource::arn:[^ ]+:parameter/shadow-test/churn/(history|reasons|requests|scaling)/\*\]": ""
    "The guard's records of it: entries, reasons, requests and variants have names that are made when they are.",
    r"AwsSolutions-IAM5\[Resource::arn:[^ ]+:parameter/shadow-test/churn/told\*\]": "Which notices the watch has sent, "
    "deleted with the stack.",
    r"AwsSolutions-IAM5\[Resource::arn:[^ ]+:stack/[^ ]+/\*\]": "The stack's own id, which only CloudFormation knows.",
    r"AwsSolutions-IAM5\[Resource::arn:[^ ]+:alarm:TargetTracking-endpoint/churn/variant/\*\]": "Alarms that "
    "Application Auto Scaling makes for this endpoint's variants, and names.",
    r"AwsSolutions-IAM5\[Resource::arn:[^ ]+:log-group:/aws/sagemaker/Endpoints/churn:\*\]": "Log streams of the "
    "endpoint's own log group, named by SageMaker.",
    r"AwsSolutions-IAM5\[Resource::arn:[^ ]+:s3:::[^ ]+/\*\]": "Objects that SageMaker names, under one prefix.",
    r"AwsSolutions-IAM5\[Resource::arn:[^ ]+:ec2:[^ ]+:network-interface/\*\]": "Interfaces are named by EC2.",
}
# The CDK's own, of the function that empties a bucket before it is deleted.
CDKS_OWN = ("AwsSolutions-IAM4", "AwsSolutions-L1")


def nag_findings(stack: cdk.Stack, pack: Any = None) -> dict[str, set[str]]:  # noqa: ANN401 - any of cdk-nag's
    """What a pack finds, by default AwsSolutions: rule to construct paths."""
    report: Any = (AwsSolutionsChecks() if pack is None else pack).validate_scope(stack)
    found: dict[str, set[str]] = {}
    for violation in report.violations:
        paths = {str(one.construct_path) for one in violation.violating_resources}
        found.setdefault(str(violation.rule_name), set()).update(paths)
    return found


@pytest.mark.parametrize("case", VALUES)
def test_cdk_nag_finds_nothing_without_a_reason(case: str) -> None:
    """Each finding of AwsSolutions is one that is named above; no action has a wildcard."""
    stack = ShadowTestStack(cdk.App(), "churn-shadow", test=VALUES[case](), **options())

    for rule, paths in nag_findings(stack).items():
        if all("Custom::S3AutoDeleteObjects" in path for path in paths):
            assert rule.startswith(CDKS_OWN), (rule, paths)
            continue
        reasons = [reason for pattern, reason in ACKNOWLEDGED.items() if re.fullmatch(pattern, rule)]
        assert len(reasons) == 1, (rule, paths)


def planted(kind: type, change: Callable[[Any], object]) -> dict[str, set[str]]:
    """What NIST's pack finds after something was changed in each resource of a class."""
    stack = ShadowTestStack(cdk.App(), "churn-shadow", test=everything(), **options())
    for one in stack.node.find_all():
        if isinstance(one, kind):
            change(one)
    return nag_findings(stack, NIST80053R5Checks())


def test_cdk_nag_sees_topic_and_alarms() -> None:
    """A violation planted in one of them is found, and one that is mended isn't any more."""
    encrypted, acting = "NIST.800.53.R5-SNSEncryptedKMS", "NIST.800.53.R5-CloudWatchAlarmAction"
    topic = "churn-shadow/Endpoint/Alarms/Topic"
    as_it_is = planted(sns.CfnTopic, lambda _: None)
    mended = planted(sns.CfnTopic, lambda one: setattr(one, "kms_master_key_id", "alias/ours"))
    silenced = planted(cloudwatch.CfnAlarm, lambda one: setattr(one, "actions_enabled", False))

    assert as_it_is[encrypted] == {topic}
    assert encrypted not in mended
    production = {path for path in silenced[acting] if "/Alarms/Production" in path}
    assert production
    assert not production & as_it_is[acting]


def reason_for(rule: str) -> str:
    """Why a finding of AwsSolutions is as it should be."""
    [reason] = [reason for pattern, reason in ACKNOWLEDGED.items() if re.fullmatch(pattern, rule)]
    return reason


def test_fails_in_cdk_nag_until_acknowledged() -> None:
    """The pack is a plugin that stops synth; with the reasons recorded, as a user records them, it passes."""
    for acknowledged in (False, True):
        app = cdk.App()
        stack = ShadowTestStack(app, "churn-shadow", test=churn(), **options())
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        if acknowledged:
            reasons = {rule: reason_for(rule) for rule in nag_findings(stack)}
            stack.node.add_metadata(cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY, reasons)
            app.synth()
        else:
            with pytest.raises(RuntimeError, match="ValidationFailed"):
                app.synth()
