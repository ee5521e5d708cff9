"""A managed test in a stack: the function that starts and ends it, and the resource that asks it to."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_

from shadow_constructs.guard.function import acting_function, may_call
from shadow_constructs.guard.role import MANAGES, statements
from shadow_constructs.managed.native import native_experiment
from shadow_constructs.placing.given import Part
from shadow_constructs.values.managed import ManagedShadowTest
from shadow_ops.contract.declared import prefix
from shadow_ops.contract.managed import RESOURCE, ManagedAsked, changed_name, course_name, ramp_name
from shadow_ops.contract.permissions import managed_needs
from shadow_ops.contract.watched import DETAIL_TYPE, SOURCE

HANDLER = "shadow_ops.managed.handler.handle"
# Lambda's longest; SageMaker may take longer to begin, and the function invokes itself until then.
_TIMEOUT_SECONDS = 900
_SERVICE_TIMEOUT_SECONDS = 3600
# A request that comes later finds another deployment; what fails is delivered twice more (Lambda's own default).
_EVENT_AGE_SECONDS = 1800
_RETRIES = 2
_KEPT = ("conclusion", "ramp", "ramp-course", "changed", "verdict", "told*")


class Experiment(Part):
    """A managed test, begun when the stack is deployed, and ended with production retained when it is deleted.

    Args:
        scope: The stack.
        construct_id: Id in it.
        managed: What is tested.
        asked: The same as the function is told it.

    Attributes:
        resource: The resource after which the test is there.
        name: The test's name in SageMaker; a token.
    """

    def __init__(self, scope: Part, construct_id: str, *, managed: ManagedShadowTest, asked: ManagedAsked) -> None:
        super().__init__(scope, construct_id)
        guard, watched = managed.test.guard, managed.running.watched
        needs = managed_needs(begins=asked.native is None, ramps=watched)
        said = f"Starts and ends managed shadow tests of endpoint {asked.endpoint}"
        function = acting_function(
            self,
            guard,
            what=said,
            acts=said,
            handler=HANDLER,
            timeout_seconds=_TIMEOUT_SECONDS,
            tag=(MANAGES, asked.endpoint),
            allowed=lambda log: statements(asked.endpoint, log, needs=needs, more=_resources(asked), tag=MANAGES),
        )
        custom = cdk.CfnResource(
            self,
            "Resource",
            type=RESOURCE,
            properties={
                "ServiceToken": function.attr_arn,
                "ServiceTimeout": _SERVICE_TIMEOUT_SECONDS,
                **asked.to_properties(),
            },
        )
        custom.add_resource_dependency(_events(self, function))
        self.name = custom.ref
        self.resource = custom if asked.native is None else native_experiment(self, asked, custom)
        if watched:
            _listen(self, function, asked.endpoint)


def _events(scope: Experiment, function: lambda_.CfnFunction) -> cdk.CfnResource:
    """Lambda delivers nothing that nobody waits for any more."""
    return lambda_.CfnEventInvokeConfig(
        scope,
        "Events",
        function_name=function.ref,
        qualifier="$LATEST",
        maximum_event_age_in_seconds=_EVENT_AGE_SECONDS,
        maximum_retry_attempts=_RETRIES,
    )


def _listen(scope: Experiment, function: lambda_.CfnFunction, endpoint: str) -> None:
    """After each look of the watch the function looks whether a ramp is due, or is to stop."""
    rule = events.CfnRule(
        scope,
        "Looks",
        description="Looks of the watch, for a ramp of the managed test's share",
        event_pattern={"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": {"endpoint": [endpoint]}},
        targets=[{"arn": function.attr_arn, "id": "ramp"}],
    )
    may_call(scope, "LooksMayCall", rule, function.attr_arn)


def _resources(asked: ManagedAsked) -> dict[str, object]:
    """What the needs of the function's role are about, beside what the guard's are."""
    here = "${AWS::Region}:${AWS::AccountId}"
    sagemaker, records = (f"arn:${{AWS::Partition}}:{one}:{here}" for one in ("sagemaker", "ssm"))
    # SageMaker writes names in ARNs in lower case.
    bases = dict.fromkeys((asked.base, asked.base.lower()))
    named = {
        "experiment": [f"{sagemaker}:inference-experiment/{one}-*" for one in bases],
        "model": [f"{sagemaker}:model/*"],
        "kept": [f"{records}:parameter{prefix(asked.endpoint)}/{one}" for one in _KEPT],
        "conclusion": [f"{records}:parameter{prefix(asked.endpoint)}/conclusion"],
        "ramp": [f"{records}:parameter{course_name(asked.endpoint)}"],
        "changed": [f"{records}:parameter{one(asked.endpoint)}" for one in (changed_name, ramp_name)],
    }
    found: dict[str, object] = {name: [{"Fn::Sub": one} for one in arns] for name, arns in named.items()}
    return {**found, "experiment-role": [asked.role_arn]}
