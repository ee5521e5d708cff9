"""The guard of one endpoint: its Lambda function, and the custom resources before and after the endpoint."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from shadow_constructs.alarms.people import CHANGES
from shadow_constructs.guard.function import acting_function, may_call
from shadow_constructs.guard.package import HANDLER
from shadow_constructs.guard.role import GUARDS, statements
from shadow_constructs.guard.scaling import scaled
from shadow_constructs.placing.given import Part, check_given, check_name, check_names
from shadow_constructs.placing.place import pseudo
from shadow_constructs.values.declared import promoted_instances
from shadow_constructs.values.guard import Guard
from shadow_constructs.values.intent import Intent, Promotion, Rollback
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_ops.contract.asked import Asked
from shadow_ops.contract.properties import to_properties

# Lambda's longest; an endpoint that is still updating when a deployment starts is waited for.
_TIMEOUT_SECONDS = 900
# CloudFormation's longest; the function invokes itself until then.
_SERVICE_TIMEOUT_SECONDS = 3600
# An event that comes later finds another deployment; what fails is delivered twice more (Lambda's own default), and
# looked at again every hour: what is open then needs no luck to be noticed.
_LOOKS = "rate(1 hour)"
_EVENT_AGE_SECONDS = 1800
_RETRIES = 2


class UpdateGuard(Part):
    """Stands before and after every update of one endpoint.

    Before it: a promotion needs the gate's PASS, a rollback needs a reason, the endpoint must be able to take an
    update, and scaling that would make the update fail is recorded and handed over. After it: the config that was
    asked for is the one that serves, and scaling is as it was, or as the code says. What it refuses fails the
    deployment, with the reason on the terminal.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.
        test: What the endpoint serves.
        intent: What the deployment is meant to be, if it is a promotion or a rollback.
        endpoint_config_name: The config that must serve; a token.
        rollback_alarms: Names of the alarms that roll an update back; none may be firing when it begins.
        tested_model: The SageMaker model that a managed test takes from this stack, or None: while such a test runs it
            may not go.

    Attributes:
        before: The custom resource that the endpoint depends on.
        keep_live_counts: Whether the update must keep the live instance counts, as the guard finds; a token.
        function_arn: ARN of the guard's function.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        test: ShadowTest,
        intent: Intent | None,
        endpoint_config_name: str,
        rollback_alarms: Sequence[str] = (),
        tested_model: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        check_given(self, "test", test, ShadowTest, "be a ShadowTest(...)")
        if intent is not None:
            check_given(self, "intent", intent, (Promotion, Rollback), "be a Promotion(...) or a Rollback(...)")
        check_name(self, "endpoint_config_name", endpoint_config_name)
        check_names(self, "rollback_alarms", rollback_alarms)
        self._asked = Asked(
            step="before",
            endpoint=test.endpoint_name,
            config=endpoint_config_name,
            variant=test.production.name or "",
            version=test.production.model.version,
            scaling=scaled(test.scaling),
            shadow_version=None if test.shadow is None else test.shadow.model.version,
            others={one.name or "": one.model.version for one in test.other_production},
            promotion=isinstance(intent, Promotion),
            override=intent.override_gate if isinstance(intent, Promotion) else None,
            rollback=intent.reason if isinstance(intent, Rollback) else None,
            policy=test.policy,
            promoted=promoted_instances(test),
            alarms=tuple(rollback_alarms),
            tested=tested_model,
        )
        self.function_arn = self._function(test.endpoint_name, test.guard)
        self.before = self._resource("Before", self._asked)
        self.keep_live_counts = self.before.get_att("KeepLiveCounts")

    def after(self, endpoint: cdk.CfnResource) -> cdk.CfnResource:
        """Add the check after the endpoint's update."""
        resource = self._resource("After", replace(self._asked, step="after"))
        resource.add_resource_dependency(endpoint)
        return resource

    def watch_deployments(self, endpoint_name: str) -> None:
        """Listen to the endpoint's deployments: the guard puts scaling back."""
        changes = {"source": ["aws.sagemaker"], "detail-type": list(CHANGES)}
        # CloudFormation may finish without a further call of the guard: a stack is rolled back although the guard's
        # second step was never reached, a rollback that had failed is continued past it, or the endpoint can't be
        # deleted.
        over = ["UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "DELETE_FAILED", "ROLLBACK_FAILED"]
        at_rest = {
            "source": ["aws.cloudformation"],
            "detail-type": ["CloudFormation Stack Status Change"],
            "detail": {
                "stack-id": [pseudo("STACK_ID")],
                "status-details": {"status": over},
            },
        }
        # Whatever has happened, the guard only has to know of which endpoint, and looks for itself.
        about = {"source": "aws.sagemaker", "detail": {"EndpointName": endpoint_name}}
        rule = events.CfnRule(
            self,
            "Deployments",
            description=f"State changes of endpoint {endpoint_name}, and rollbacks of its stack",
            event_pattern={"$or": [{**changes, "detail": {"EndpointName": [endpoint_name]}}, at_rest]},
            schedule_expression=_LOOKS,
            targets=[{"arn": self.function_arn, "id": "guard", "input": json.dumps(about)}],
        )
        may = may_call(self, "DeploymentsMayCall", rule, self.function_arn)
        # What is made first is deleted last: an endpoint that can't be deleted is looked after as before.
        self.before.add_resource_dependency(rule)
        self.before.add_resource_dependency(may)

    def _function(self, endpoint_name: str, guard: Guard) -> str:
        function = acting_function(
            self,
            guard,
            what=f"Checks before and after each update of endpoint {endpoint_name}",
            acts=f"Guards updates of endpoint {endpoint_name}",
            handler=HANDLER,
            timeout_seconds=_TIMEOUT_SECONDS,
            tag=(GUARDS, endpoint_name),
            allowed=lambda log: statements(endpoint_name, log),
        )
        # Lambda delivers nothing that nobody waits for any more.
        self._events = lambda_.CfnEventInvokeConfig(
            self,
            "Events",
            function_name=function.ref,
            qualifier="$LATEST",
            maximum_event_age_in_seconds=_EVENT_AGE_SECONDS,
            maximum_retry_attempts=_RETRIES,
        )
        return function.attr_arn

    def _resource(self, construct_id: str, asked: Asked) -> cdk.CfnResource:
        made = cdk.CfnResource(
            self,
            construct_id,
            type=f"Custom::EndpointUpdateGuard{construct_id}",
            properties={
                "ServiceToken": self.function_arn,
                "ServiceTimeout": _SERVICE_TIMEOUT_SECONDS,
                **to_properties(asked),
            },
        )
        made.add_resource_dependency(self._events)
        return made
