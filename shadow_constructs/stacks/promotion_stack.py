"""The stack that swaps the tested candidate into production."""

from __future__ import annotations

from typing import Any

from constructs import Construct

from shadow_constructs.endpoint.shadow_endpoint import ShadowEndpoint
from shadow_constructs.stacks.context import promotion_of
from shadow_constructs.stacks.endpoint_stack import EndpointStack
from shadow_constructs.values.intent import Promotion
from shadow_constructs.values.managed import ManagedShadowTest
from shadow_constructs.values.shadow_test import ShadowTest


class PromotionStack(EndpointStack):
    """The endpoint as it must be after the promotion: the shadow's model serves under the production variant's name.

    In CloudFormation it is the same stack as the `ShadowTestStack` of the same test, so deploying it is an update in
    place: ``cdk diff`` shows what will change, a failed update leaves the shadow test running, and the model that
    was tested is the resource that is promoted.

    Args:
        scope: The app.
        construct_id: Name of the stack on the command line, such as ``churn-promotion``.
        test: The shadow test whose candidate is promoted, on the hardware that `ShadowTest.promote_on` says. A CDK
            warning says where the test hasn't shown that it will carry all the traffic. A managed test whose promotion
            was concluded is promoted like any other.
        intent: The promotion. By default the gate decides, unless ``-c override_gate="reason"`` overrides it.
        **kwargs: As for any stack. ``stack_name`` defaults to the endpoint's name.

    Attributes:
        endpoint: The endpoint.

    Raises:
        InvalidValueError: If the test has no shadow, a reason says nothing, or the app has a stack for that
            endpoint that is another test's, or that is in the same Stage.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        test: ShadowTest | ManagedShadowTest,
        intent: Promotion | None = None,
        **kwargs: Any,  # noqa: ANN401 - whatever a stack takes
    ) -> None:
        super().__init__(scope, construct_id, test, kwargs)
        meant = promotion_of(self, intent)
        self.endpoint = ShadowEndpoint(self, "Endpoint", test=test, intent=meant)
        self.endpoint.add_outputs()
