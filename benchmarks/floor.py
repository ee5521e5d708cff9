"""The floor: the example's two stacks as a user would write them instead, one typed L1 resource after the other.

The values are made from what the library renders, anew for each benchmark. So the two sides differ in nothing but how
they get there, and the benchmark compares them before it times them. Nested values and policies are plain, as they are
in the library: property classes of the CDK would cost more.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_ssm as ssm

from shadow_constructs.guard.package import package_asset

DATA = Path(__file__).with_name("floor.json")
STACKS = ("shadow", "promotion")
# Stands for the endpoint's name; no such text is in a template otherwise.
_NAME = "@endpoint@"
_SAMPLE = "sample-endpoint"
_CLASSES: dict[str, type[cdk.CfnResource]] = {
    "AWS::CloudWatch::Alarm": cloudwatch.CfnAlarm,
    "AWS::CloudWatch::CompositeAlarm": cloudwatch.CfnCompositeAlarm,
    "AWS::CloudWatch::Dashboard": cloudwatch.CfnDashboard,
    "AWS::Events::Rule": events.CfnRule,
    "AWS::IAM::Policy": iam.CfnPolicy,
    "AWS::IAM::Role": iam.CfnRole,
    "AWS::Lambda::EventInvokeConfig": lambda_.CfnEventInvokeConfig,
    "AWS::Lambda::Function": lambda_.CfnFunction,
    "AWS::Lambda::Permission": lambda_.CfnPermission,
    "AWS::Logs::LogGroup": logs.CfnLogGroup,
    "AWS::S3::Bucket": s3.CfnBucket,
    "AWS::S3::BucketPolicy": s3.CfnBucketPolicy,
    "AWS::SageMaker::Endpoint": sagemaker.CfnEndpoint,
    "AWS::SageMaker::EndpointConfig": sagemaker.CfnEndpointConfig,
    "AWS::SageMaker::Model": sagemaker.CfnModel,
    "AWS::SSM::Parameter": ssm.CfnParameter,
}
# JSON that isn't CloudFormation's: its keys are kept.
_DOCUMENTS = ("AssumeRolePolicyDocument", "PolicyDocument", "EventPattern")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def stack(app: cdk.App, which: str, name: str) -> None:
    """One of the two stacks, of an endpoint of this name."""
    template = json.loads(_text(which).replace(_NAME, name))
    made = cdk.Stack(app, f"{name}-{which}", stack_name=name, suppress_template_indentation=True)
    for mapping, table in template.get("Mappings", {}).items():
        cdk.CfnMapping(made, mapping, mapping=table)
    for condition, literal in template.get("Conditions", {}).items():
        one, other = literal["Fn::Equals"]
        cdk.CfnCondition(made, condition, expression=cdk.Fn.condition_equals(cdk.Token.as_string(one), other))
    code = package_asset(made, "Code")
    resources: dict[str, cdk.CfnResource] = {}
    texts = _Texts(resources)
    for logical_id, literal in template["Resources"].items():
        properties = literal.get("Properties", {})
        if literal["Type"] == "AWS::Lambda::Function":
            properties["Code"] = {"S3Bucket": code.s3_bucket_name, "S3Key": code.s3_object_key}
        resources[logical_id] = _resource(made, logical_id, literal["Type"], properties, texts)
    for logical_id, literal in template["Resources"].items():
        for other in literal.get("DependsOn", ()):
            resources[logical_id].add_resource_dependency(resources[other])
        for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
            if attribute in literal:
                resources[logical_id].add_override(attribute, literal[attribute])
    for output, literal in template.get("Outputs", {}).items():
        cdk.CfnOutput(made, output, value=texts.typed("Value", literal["Value"]), description=literal["Description"])


def _resource(
    scope: cdk.Stack, logical_id: str, kind: str, properties: dict[str, Any], texts: _Texts
) -> cdk.CfnResource:
    made = _CLASSES.get(kind)
    if made is None:
        plain = {name: texts.typed(name, value) for name, value in properties.items()}
        return cdk.CfnResource(scope, logical_id, type=kind, properties=plain)
    typed = {_WORDS.sub("_", name).lower(): texts.typed(name, value) for name, value in properties.items()}
    return made(scope, logical_id, **typed)


class _Texts:
    """Properties as somebody writes them who asks for nothing twice: names and attributes of resources, f-strings.

    Args:
        resources: Those that are made already.
    """

    def __init__(self, resources: Mapping[str, cdk.CfnResource]) -> None:
        self._resources = resources
        self._known: dict[str, Any] = {}

    def typed(self, name: str, value: Any) -> Any:  # noqa: ANN401 - JSON
        """A property as the CDK takes it: names begin with a small letter, and what refers to something is a token."""
        if name in _DOCUMENTS:
            return value
        if isinstance(value, Mapping):
            if len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::")):
                return self._token(name, value)
            return {_nested_name(key): self.typed(key, one) for key, one in value.items()}
        return [self.typed(name, one) for one in value] if isinstance(value, list) else value

    def _token(self, name: str, value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        if value.get("Fn::Join", ("",))[0] == "" and "Fn::Join" in value:
            return "".join(self.typed(name, part) for part in value["Fn::Join"][1])
        key = json.dumps(value)
        if key not in self._known:
            self._known[key] = self._asked(name, value)
        return self._known[key]

    def _asked(self, name: str, value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        if "Ref" in value and value["Ref"] in self._resources:
            return self._resources[value["Ref"]].ref
        if "Fn::GetAtt" in value and value["Fn::GetAtt"][0] in self._resources:
            whose, attribute = value["Fn::GetAtt"]
            typed = f"attr_{_WORDS.sub('_', attribute).lower()}"
            resource = self._resources[whose]
            return getattr(resource, typed) if hasattr(type(resource), typed) else resource.get_att(attribute)
        return cdk.Token.as_any(value) if name.startswith("Retain") else cdk.Token.as_string(value)


def _nested_name(name: str) -> str:
    first, *others = _WORDS.sub("_", name).split("_")
    return first.lower() + "".join(one.capitalize() for one in others)


def write() -> None:
    """Make the literals anew from what the library renders."""
    from benchmarks.synth import library

    with tempfile.TemporaryDirectory() as out:
        app = cdk.App(outdir=out, analytics_reporting=False)
        library()(app, _SAMPLE)
        app.synth()
        made: dict[str, Any] = {}
        for which in STACKS:
            text = (Path(out) / f"{_SAMPLE}-{which}.template.json").read_text(encoding="utf-8")
            made[which] = json.loads(text.replace(_SAMPLE, _NAME))
            for resource in made[which]["Resources"].values():
                resource.pop("Metadata", None)
    DATA.write_text(json.dumps(made, separators=(",", ":")) + "\n", encoding="utf-8")


@cache
def _text(which: str) -> str:
    return json.dumps(json.loads(DATA.read_text(encoding="utf-8"))[which])
