"""A managed test in a stack: the function that starts and ends it, and the resource that asks it to."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from shadow_constructs.guard.function import acting_function
from shadow_constructs.guard.role import MANAGES, statements
from shadow_constructs.placing.given import Part
from shadow_constructs.values.managed import ManagedShadowTest
from shadow_ops.contract.declared import prefix
from shadow_ops.contract.managed import RESOURCE, ManagedAsked
from shadow_ops.contract.permissions import MANAGED_PERMISSIONS

HANDLER = "shadow_ops.managed.handler.handle"
# Lambda's longest; SageMaker may take longer to begin, and the function invokes itself until then.
_TIMEOUT_SECONDS = 900
_SERVICE_TIMEOUT_SECONDS = 3600
# A request that comes later finds another deployment; what fails is delivered twice more (Lambda's own default).
_EVENT_AGE_SECONDS = 1800
_RETRIES = 2


class Experiment(Part):
    """A managed test, begun when the stack is deployed, and ended with production retained when it is deleted.

    Args:
        scope: The stack.
        construct_id: Id in it.
        managed: What is tested.
        asked: The same as the function is told it.

    Attributes:
        resource: The custom resource.
        name: The test's name in SageMaker; a token.
    """

    def __init__(self, scope: Part, construct_id: str, *, managed: ManagedShadowTest, asked: ManagedAsked) -> None:
        super().__init__(scope, construct_id)
        guard = managed.test.guard
        said = f"Starts and ends managed shadow tests of endpoint {asked.endpoint}"
        function = acting_function(
            self,
            guard,
            what=said,
            acts=said,
            handler=HANDLER,
            timeout_seconds=_TIMEOUT_SECONDS,
            tag=(MANAGES, asked.endpoint),
            allowed=lambda log: statements(
                asked.endpoint, log, needs=MANAGED_PERMISSIONS, more=_resources(asked), tag=MANAGES
            ),
        )
        self.resource = cdk.CfnResource(
            self,
            "Resource",
            type=RESOURCE,
            properties={
                "ServiceToken": function.attr_arn,
                "ServiceTimeout": _SERVICE_TIMEOUT_SECONDS,
                **asked.to_properties(),
            },
        )
        self.resource.add_resource_dependency(_events(self, function))
        self.name = self.resource.ref


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


def _resources(asked: ManagedAsked) -> dict[str, object]:
    """What the needs of the function's role are about, beside what the guard's are."""
    here = "${AWS::Region}:${AWS::AccountId}"
    sagemaker, records = (f"arn:${{AWS::Partition}}:{one}:{here}" for one in ("sagemaker", "ssm"))
    # SageMaker writes names in ARNs in lower case.
    bases = dict.fromkeys((asked.base, asked.base.lower()))
    named = {
        "experiment": [f"{sagemaker}:inference-experiment/{one}-*" for one in bases],
        "experiments": [f"{sagemaker}:inference-experiment/*"],
        "model": [f"{sagemaker}:model/*"],
        "kept": [f"{records}:parameter{prefix(asked.endpoint)}/{one}" for one in ("conclusion", "verdict", "told*")],
    }
    found: dict[str, object] = {name: [{"Fn::Sub": one} for one in arns] for name, arns in named.items()}
    return {**found, "experiment-role": [asked.role_arn]}
