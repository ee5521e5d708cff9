"""The stack that runs a shadow test."""

from __future__ import annotations

from typing import Any

from constructs import Construct

from shadow_constructs.endpoint.shadow_endpoint import ShadowEndpoint
from shadow_constructs.stacks.context import rollback_of
from shadow_constructs.stacks.endpoint_stack import EndpointStack
from shadow_constructs.values.intent import Rollback
from shadow_constructs.values.managed import ManagedShadowTest
from shadow_constructs.values.shadow_test import ShadowTest


class ShadowTestStack(EndpointStack):
    """Production and, while a candidate is tested, its shadow, on one endpoint.

    Deploy it to start a test, to change it, to fold a promotion into the code, or to take a promotion back.

    Args:
        scope: The app.
        construct_id: Name of the stack on the command line, such as ``churn-shadow``.
        test: What is served and tested. Of a `ManagedShadowTest` production serves alone: the test has a stack of its
            own, `ManagedShadowTestStack`.
        intent: The rollback of a promotion. By default the one that ``-c rollback="reason"`` asks for, if any; without
            one, a deployment that would put a replaced version back into production is refused.
        **kwargs: As for any stack. ``stack_name`` defaults to the endpoint's name, so that this stack and the
            `PromotionStack` of the same test are one stack in CloudFormation.

    Attributes:
        endpoint: The endpoint.

    Raises:
        InvalidValueError: If a reason says nothing, or the app has a stack for that endpoint that is another
            test's, or that is in the same Stage.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        test: ShadowTest | ManagedShadowTest,
        intent: Rollback | None = None,
        **kwargs: Any,  # noqa: ANN401 - whatever a stack takes
    ) -> None:
        super().__init__(scope, construct_id, test, kwargs)
        meant = rollback_of(self, intent)
        self.endpoint = ShadowEndpoint(self, "Endpoint", test=test, intent=meant)
        self.endpoint.add_outputs()
