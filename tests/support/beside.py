"""Holds what stands beside SageMaker's resources in a template against the API calls that it becomes.

Members are named alike in CloudFormation and in the API. Of scaling, the guard makes the calls.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from shadow_ops.contract.asked import Asked
from tests.support.api_model import Unknown, problems_of_call
from tests.support.template_limits import filled

# Service, operation, members that CloudFormation gives itself, and properties that go in other calls.
_CALLS: Mapping[str, tuple[str, str, Mapping[str, object], frozenset[str]]] = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", "PutMetricAlarm", {"AlarmName": "made"}, frozenset()),
    "AWS::CloudWatch::CompositeAlarm": ("cloudwatch", "PutCompositeAlarm", {"AlarmName": "made"}, frozenset()),
    "AWS::Events::Rule": ("events", "PutRule", {"Name": "made"}, frozenset({"Targets"})),
    "AWS::IAM::Role": ("iam", "CreateRole", {"RoleName": "made"}, frozenset({"Policies", "ManagedPolicyArns"})),
    "AWS::Lambda::Function": ("lambda", "CreateFunction", {"FunctionName": "made"}, frozenset({"Tags"})),
    "AWS::SNS::Subscription": ("sns", "Subscribe", {}, frozenset()),
    "AWS::Logs::LogGroup": ("logs", "CreateLogGroup", {"logGroupName": "made"}, frozenset({"RetentionInDays", "Tags"})),
}
_DOCUMENTS = ("AssumeRolePolicyDocument", "EventPattern")
_GUARD = "Custom::EndpointUpdateGuardBefore"
_PLACE = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/churn/variant/production",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


def problems_beside(template: Mapping[str, Any]) -> list[str]:
    """What the services would refuse of alarms, rules, roles, functions, logs and scaling; a line each."""
    return [line for name, one in template["Resources"].items() for line in _problems(template, name, one)]


def _problems(template: Mapping[str, Any], name: str, resource: Mapping[str, Any]) -> Iterator[str]:
    properties = resource.get("Properties", {})
    if resource["Type"] == _GUARD:
        yield from _of_scaling(name, filled(template, properties))
    if resource["Type"] not in _CALLS:
        return
    service, operation, more, elsewhere = _CALLS[resource["Type"]]
    members = {key: _known(one) for key, one in properties.items() if key not in elsewhere}
    if service == "logs":
        members = {key[0].lower() + key[1:]: one for key, one in members.items()}
    for key in _DOCUMENTS:
        if key in members:
            members[key] = json.dumps(properties[key])
    yield from (f"{name}: {line}" for line in problems_of_call(operation, {**more, **members}, service=service))


def _of_scaling(name: str, properties: Mapping[str, Any]) -> Iterator[str]:
    for scaled in Asked.from_properties(properties).scaling.values():
        limits = {"MinCapacity": scaled.minimum, "MaxCapacity": scaled.maximum}
        calls = [("RegisterScalableTarget", limits)]
        calls += [("PutScalingPolicy", dict(one)) for one in scaled.policies.values()]
        calls += [("PutScheduledAction", dict(one)) for one in scaled.schedules.values()]
        for operation, members in calls:
            found = problems_of_call(operation, {**_PLACE, **members}, service="application-autoscaling")
            yield from (f"{name}: {line}" for line in found)


def _is_intrinsic(value: object) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))


def _known(value: Any) -> Any:  # noqa: ANN401 - a part of a template
    if _is_intrinsic(value):
        return Unknown("the deployment")
    if isinstance(value, dict):
        return {key: _known(one) for key, one in value.items()}
    return [_known(one) for one in value] if isinstance(value, list) else value
