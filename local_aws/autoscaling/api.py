"""The Application Auto Scaling API, as far as SageMaker variants need it. Nothing ever scales by itself."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from local_aws import ACCOUNT_ID
from local_aws.api_model import asked
from local_aws.autoscaling.records import DIMENSION, NAMESPACE, Target, VariantId, parse_resource
from local_aws.autoscaling.schedules import check_schedule
from local_aws.errors import ServiceError, validation

SERVICE = "application-autoscaling"
TARGET_PREFIX = "AnyScaleFrontendService"
_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"


class AutoscalingApi:
    """Scalable targets, scaling policies and scheduled actions, over all regions.

    Args:
        instance_type: Returns the instance type of a live variant, or None if there is no such variant.
    """

    def __init__(self, instance_type: Callable[[str, VariantId], str | None]) -> None:
        self._instance_type = instance_type
        self._targets: dict[tuple[str, VariantId], Target] = {}
        self._operations: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
            "RegisterScalableTarget": self._register,
            "DeregisterScalableTarget": self._deregister,
            "DescribeScalableTargets": self._describe_targets,
            "PutScalingPolicy": self._put_policy,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScalingPolicies": self._describe_policies,
            "PutScheduledAction": self._put_action,
            "DeleteScheduledAction": self._delete_action,
            "DescribeScheduledActions": self._describe_actions,
        }

    def call(self, region: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Run one operation.

        Raises:
            ServiceError: If the request or the rules refuse it, or the operation is not modelled.
        """
        return asked(SERVICE, self._operations, operation, request)(region, request)

    def scaled(self, region: str, endpoint: str) -> set[str]:
        """Return the names of an endpoint's variants that are scalable targets."""
        return {key.variant for r, key in self._targets if r == region and key.endpoint == endpoint}

    def forget(self, region: str, endpoint: str) -> None:
        """Remove the targets of an endpoint that was deleted."""
        for key in [k for k in self._targets if k[0] == region and k[1].endpoint == endpoint]:
            del self._targets[key]

    def clear(self) -> None:
        """Forget everything."""
        self._targets.clear()

    def _find(self, region: str, request: dict[str, Any]) -> Target:
        variant = parse_resource(request)
        target = self._targets.get((region, variant))
        if target is None:
            raise ServiceError(
                "ObjectNotFoundException",
                f"No scalable target found for service namespace: {NAMESPACE}, resource ID: {variant.resource_id}, "
                f"scalable dimension: {DIMENSION}",
            )
        return target

    def _register(self, region: str, request: dict[str, Any]) -> dict[str, Any]:
        variant = parse_resource(request)
        instance_type = self._instance_type(region, variant)
        if instance_type is None:
            raise validation(f"SageMaker variant does not exist: {variant.resource_id}")
        if instance_type.startswith("ml.t2."):
            raise validation(f"Instance type {instance_type} of {variant.resource_id} does not support scaling.")
        target = self._targets.get((region, variant))
        if target is None:
            for member in ("MinCapacity", "MaxCapacity"):
                if member not in request:
                    raise validation(f"{member} is required to register a new scalable target.")
            arn = f"arn:aws:{SERVICE}:{region}:{ACCOUNT_ID}:scalable-target/{uuid.uuid4().hex}"
            role = f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/sagemaker.{SERVICE}.amazonaws.com/{_ROLE}"
            target = Target({"RoleARN": role, "CreationTime": time.time(), "SuspendedState": {}}, arn)
        fields = {**target.fields, **{k: v for k, v in request.items() if k != "Tags"}}
        if fields["MinCapacity"] > fields["MaxCapacity"]:
            raise validation("Maximum capacity cannot be less than minimum capacity")
        target.fields = {**fields, "ScalableDimension": DIMENSION}
        self._targets[region, variant] = target
        return {"ScalableTargetARN": target.arn}

    def _deregister(self, region: str, request: dict[str, Any]) -> dict[str, Any]:
        self._find(region, request)
        # Its policies and scheduled actions go with it (API reference).
        del self._targets[region, parse_resource(request)]
        return {}

    def _describe_targets(self, region: str, request: dict[str, Any]) -> dict[str, Any]:
        wanted = request.get("ResourceIds")
        found = [
            {**t.fields, "ScalableTargetARN": t.arn}
            for t in self._in(region)
            if wanted is None or t.fields["ResourceId"] in wanted
        ]
        return {"ScalableTargets": found}

    def _in(self, region: str) -> list[Target]:
        return [target for (where, _), target in sorted(self._targets.items()) if where == region]

    def _put_policy(self, region: str, request: dict[str, Any]) -> dict[str, Any]:
        target, name = self._find(region, request), request["PolicyName"]
        kind = request.get("PolicyType", "StepScaling")
        member = f"{kind}PolicyConfiguration" if kind == "StepScaling" else "TargetTrackingScalingPolicyConfiguration"
        existing = target.policies.get(name)
        if member not in request and existing is None:
            raise validation(f"{member} is required for policy type {kind}")
        metric = request.get(member, {}).get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
        if metric is not None and not metric.startswith("SageMaker"):
            raise validation(f"{metric} is not a metric of the service namespace {NAMESPACE}")
        followed = _followed(request)
        if followed is not None and any(
            _followed(one) == followed for at, one in target.policies.items() if at != name
        ):
            # As users quote it.
            raise validation("Only one TargetTrackingScaling policy for a given metric specification is allowed.")
        resource = f"resource/{NAMESPACE}/{target.fields['ResourceId']}:policyName/{name}"
        arn = f"arn:aws:autoscaling:{region}:{ACCOUNT_ID}:scalingPolicy:{uuid.uuid4()}:{resource}"
        base = existing or {"PolicyARN": arn, "CreationTime": time.time(), "Alarms": []}
        target.policies[name] = {**base, **request, "PolicyType": kind}
        return {"PolicyARN": target.policies[name]["PolicyARN"], "Alarms": []}

    def _delete_policy(self, region: str, request: dict[str, Any]) -> dict[str, Any]:
        _drop(self._find(region, request).policies, request["PolicyName"], "scaling policy")
        return {}

    def _describe_policies(self, region: str, request: dict[str, Any]) -> dict[str, Any]:
        return {"ScalingPolicies": self._listed(region, request, "policies", "PolicyName")}

    def _put_action(self, region: str, request: dict[str, Any]) -> dict[str, Any]:
        target, name = self._find(region, request), request["ScheduledActionName"]
        if name not in target.actions and "Schedule" not in request:
            raise validation("Schedule is required for a new scheduled action")
        if "Schedule" in request:
            check_schedule(request["Schedule"], request.get("Timezone"))
        resource = f"resource/{NAMESPACE}/{target.fields['ResourceId']}:scheduledActionName/{name}"
        arn = f"arn:aws:autoscaling:{region}:{ACCOUNT_ID}:scheduledAction:{uuid.uuid4()}:{resource}"
        base = target.actions.get(name, {"ScheduledActionARN": arn, "CreationTime": time.time()})
        target.actions[name] = {**base, **request}
        return {}

    def _delete_action(self, region: str, request: dict[str, Any]) -> dict[str, Any]:
        _drop(self._find(region, request).actions, request["ScheduledActionName"], "scheduled action")
        return {}

    def _describe_actions(self, region: str, request: dict[str, Any]) -> dict[str, Any]:
        return {"ScheduledActions": self._listed(region, request, "actions", "ScheduledActionName")}

    def _listed(self, region: str, request: dict[str, Any], what: str, name: str) -> list[dict[str, Any]]:
        wanted, resource = request.get(f"{name}s"), request.get("ResourceId")
        rows = [row for target in self._in(region) for row in getattr(target, what).values()]
        return [
            row
            for row in rows
            if (wanted is None or row[name] in wanted) and (resource is None or row["ResourceId"] == resource)
        ]


def _followed(policy: dict[str, Any]) -> Any:  # noqa: ANN401 - as the API's member
    """The metric that a target tracking policy follows, or None."""
    tracking = policy.get("TargetTrackingScalingPolicyConfiguration", {})
    return tracking.get("PredefinedMetricSpecification") or tracking.get("CustomizedMetricSpecification")


def _drop(rows: dict[str, dict[str, Any]], name: str, what: str) -> None:
    if name not in rows:
        raise ServiceError("ObjectNotFoundException", f"No {what} found for name: {name}")
    del rows[name]
