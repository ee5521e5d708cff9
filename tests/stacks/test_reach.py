"""What people put on an app reaches every resource: tags, and Aspects that know the CDK's own classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import IConstruct

from shadow_constructs import ShadowTest, ShadowTestStack
from tests.constructs.rendering import Json
from tests.stacks.rendering import churn, everything, options

# These have no tags in CloudFormation.
UNTAGGABLE = (
    *("AWS::SNS::TopicPolicy", "AWS::Lambda::Permission", "AWS::S3::BucketPolicy"),
    "AWS::Lambda::EventInvokeConfig",
)
# The CDK's own function that empties a bucket, which the CDK gives no tags.
CDKS_OWN = "CustomS3AutoDeleteObjects"
CLASSES: dict[str, type] = {
    "AWS::CloudWatch::Alarm": cloudwatch.CfnAlarm,
    "AWS::CloudWatch::CompositeAlarm": cloudwatch.CfnCompositeAlarm,
    "AWS::CloudWatch::Dashboard": cloudwatch.CfnDashboard,
    "AWS::Events::Rule": events.CfnRule,
    "AWS::Lambda::Permission": lambda_.CfnPermission,
    "AWS::SNS::Topic": sns.CfnTopic,
    "AWS::SNS::TopicPolicy": sns.CfnTopicPolicy,
}


@jsii.implements(cdk.IAspect)
class Visitor:
    """Counts the resources that an Aspect is shown, by the class that it would ask for."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def visit(self, node: IConstruct) -> None:
        """Count one construct."""
        self.seen.update(kind for kind, cls in CLASSES.items() if isinstance(node, cls))


@pytest.mark.parametrize("make", [churn, everything])
def test_a_tag_of_the_app_reaches_every_resource(make: Callable[[], ShadowTest]) -> None:
    """Beside those of the test, on all that has tags in CloudFormation."""
    app = cdk.App()
    stack = ShadowTestStack(app, "churn-shadow", test=make(), **options())
    cdk.Tags.of(app).add("owner", "ml")

    for logical_id, one in template_of(app, stack)["Resources"].items():
        if one["Type"] not in UNTAGGABLE and not one["Type"].startswith("Custom::") and CDKS_OWN not in logical_id:
            assert {"owner": "ml", "team": "churn"}.items() <= tags(one).items(), (logical_id, one["Type"])


def test_a_tag_without_a_value_is_left_out_where_cloudformation_takes_none() -> None:
    """Alarms, topic and dashboard refuse it; everything else has it."""
    app = cdk.App()
    stack = ShadowTestStack(app, "churn-shadow", test=everything(tags={"team": "churn", "draft": ""}), **options())
    kinds = {one["Type"] for one in template_of(app, stack)["Resources"].values() if tags(one) == {"team": "churn"}}

    assert kinds == {
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::SNS::Topic",
    }


@pytest.mark.parametrize("make", [churn, everything])
def test_an_aspect_is_shown_every_resource_as_the_cdks_own_class(make: Callable[[], ShadowTest]) -> None:
    """Whoever looks for `CfnAlarm` or `CfnRule`, as cdk-nag does, finds each of them."""
    app = cdk.App()
    stack = ShadowTestStack(app, "churn-shadow", test=make(), **options())
    visitor = Visitor()
    cdk.Aspects.of(app).add(visitor)
    kinds = Counter(one["Type"] for one in template_of(app, stack)["Resources"].values())

    assert visitor.seen == {kind: count for kind, count in kinds.items() if kind in CLASSES}


def template_of(app: cdk.App, stack: cdk.Stack) -> Json:
    """The template of a stack."""
    template: Json = app.synth().get_stack_artifact(stack.artifact_id).template
    return template


def tags(resource: Json) -> dict[str, Any]:
    """A resource's tags; some have a list, some a map."""
    found = resource.get("Properties", {}).get("Tags", [])
    return dict(found) if isinstance(found, dict) else {one["Key"]: one["Value"] for one in found}
