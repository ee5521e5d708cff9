"""Rendering values into templates, and finding things in them."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Template

from shadow_constructs import ShadowEndpoint, ShadowTest
from tests.values.samples import shadow_test

Json = dict[str, Any]

IRELAND = cdk.Environment(account="111122223333", region="eu-west-1")


def new_stack(env: cdk.Environment | None = None, name: str = "Stack") -> cdk.Stack:
    """A stack in an app of its own, without the rule that every CDK template carries."""
    synthesizer = cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
    return cdk.Stack(cdk.App(), name, env=env, synthesizer=synthesizer)


def template_of(stack: cdk.Stack) -> Json:
    """The stack's template, as CloudFormation gets it."""
    return dict(Template.from_stack(stack).to_json())


def rendered(test: ShadowTest | None = None, env: cdk.Environment | None = None) -> Json:
    """The template of one endpoint in a stack of its own."""
    stack = new_stack(env)
    ShadowEndpoint(stack, "E", test=shadow_test() if test is None else test)
    return template_of(stack)


def resources(template: Json, kind: str) -> dict[str, Json]:
    """The resources of a type, by logical id."""
    return {key: one for key, one in template["Resources"].items() if one["Type"] == kind}


def the(template: Json, kind: str) -> Json:
    """The properties of the only resource of a type."""
    [resource] = resources(template, kind).values()
    properties: Json = resource.get("Properties", {})
    return properties


def execution_roles(template: Json) -> dict[str, Json]:
    """The roles that models are served with, by logical id; the guard has one of its own."""
    return {key: one for key, one in resources(template, "AWS::IAM::Role").items() if key.startswith("EModel")}


def config_of(template: Json) -> Json:
    """The properties of the endpoint config."""
    return the(template, "AWS::SageMaker::EndpointConfig")


def model_of(template: Json, version: str = "v1") -> Json:
    """The properties of the SageMaker model of a version."""
    [found] = [
        one["Properties"]
        for key, one in resources(template, "AWS::SageMaker::Model").items()
        if key.startswith(f"EModel{version}")
    ]
    return dict(found)


def statements(template: Json, version: str = "v1") -> dict[str, Json]:
    """What a version's role may do, by statement id."""
    [role] = [
        one
        for key, one in template["Resources"].items()
        if one["Type"] in {"AWS::IAM::Role", "AWS::IAM::ManagedPolicy"} and key.startswith(f"EModel{version}")
    ]
    properties = role["Properties"]
    [document] = [p["PolicyDocument"] for p in properties.get("Policies", [])] or [properties["PolicyDocument"]]
    return {one["Sid"]: one for one in document["Statement"]}


def flat(value: object) -> str:
    """A value of a template as one text, with references in angle brackets."""
    match value:
        case str() | int() | float():
            return str(value)
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(flat(part) for part in parts)
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::FindInMap": [name, *keys]}:
            return f"<{name}[{','.join(flat(key) for key in keys)}]>"
        case {"Fn::If": [name, *values]}:
            return f"<{name}?{':'.join(flat(one) for one in values)}>"
        case {"Fn::Sub": text}:
            return str(text)
        case _:
            return str(value)


def texts(value: object) -> list[str]:
    """One or several values of a template as texts."""
    return [flat(one) for one in (value if isinstance(value, list) else [value])]
