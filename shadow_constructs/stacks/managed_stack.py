"""The stack of SageMaker's own shadow test."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from shadow_constructs.endpoint.shadow_endpoint import ShadowEndpoint
from shadow_constructs.managed.managed_test import ManagedTest
from shadow_constructs.placing.given import check_given, check_place, in_one_line
from shadow_constructs.stacks.endpoint_stack import CheckedStack
from shadow_constructs.values.managed import ManagedShadowTest


class ManagedShadowTestStack(CheckedStack):
    """A managed shadow test (InferenceExperiment): deploying it begins the test, deleting it ends it.

    The test ends by itself; ``shadow-test conclude`` ends it sooner, and is the way to promote. A deletion while it
    runs retains production and removes the shadow.

    Args:
        scope: The app.
        construct_id: Name of the stack on the command line, such as ``churn-managed``.
        managed: What is tested beside what, and for how long.
        endpoint: The endpoint where a stack of this library owns it, made with ``test=managed``; that stack is deployed
            first. By default an endpoint from elsewhere, whose production model the code names.
        **kwargs: As for any stack.

    Attributes:
        managed_test: The test with its alarms and dashboard.

    Raises:
        InvalidValueError: If the endpoint isn't of this managed test, or one from elsewhere can't be told.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        managed: ManagedShadowTest,
        endpoint: ShadowEndpoint | None = None,
        **kwargs: Any,  # noqa: ANN401 - whatever a stack takes
    ) -> None:
        check_place(self, scope, construct_id)
        check_given(self, "managed", managed, ManagedShadowTest, "be a ManagedShadowTest(...)")
        if endpoint is not None:
            check_given(
                self, "endpoint", endpoint, ShadowEndpoint, "be the endpoint of a ShadowTestStack: stack.endpoint"
            )
        super().__init__(scope, construct_id, kwargs)
        self.managed_test = ManagedTest(self, "Managed", managed=managed, endpoint=endpoint)
        if endpoint is not None:
            with in_one_line(self, "endpoint", endpoint.stack.stack_name):
                self.add_stack_dependency(endpoint.stack)
        for name, value, description in (
            ("EndpointName", managed.test.endpoint_name, "The endpoint that the test is on"),
            ("ManagedTest", self.managed_test.experiment.name, "The test's name in SageMaker"),
        ):
            cdk.CfnOutput(self, f"{name}Output", value=value, description=description).override_logical_id(name)
