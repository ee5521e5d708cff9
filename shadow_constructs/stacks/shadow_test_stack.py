"""The stack that runs a shadow test."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from shadow_constructs import Intent, ShadowEndpoint, ShadowTest


class ShadowTestStack(cdk.Stack):
    """Production and, while a candidate is tested, its shadow, on one endpoint.

    Deploy it to start a test, to change it, to fold a promotion into the code, or to go back after a promotion.

    Args:
        scope: The app.
        construct_id: Name of the stack on the command line, such as ``churn-shadow``.
        test: What is served and tested.
        rollback_reason: Why a promotion is taken back; kept in the records and in the stack's outputs. By default none,
            and a deployment that would put a replaced version back into production is refused.
        **kwargs: As for any stack. ``stack_name`` defaults to the endpoint's name, so that this stack and the
            `PromotionStack` of the same test are one stack in CloudFormation.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        test: ShadowTest,
        rollback_reason: str | None = None,
        **kwargs: Any,  # noqa: ANN401 - whatever a stack takes
    ) -> None:
        # Compact templates: one with alarms and dashboard is a third smaller without indentation.
        defaults = {"stack_name": test.endpoint_name, "suppress_template_indentation": True}
        super().__init__(scope, construct_id, **{**defaults, **kwargs})
        intent = Intent(rollback_reason=rollback_reason)
        self.endpoint = ShadowEndpoint(self, "Endpoint", test=test, intent=intent)
        self.endpoint.add_outputs()
        if rollback_reason is not None:
            cdk.CfnOutput(self, "RollbackReason", value=rollback_reason, description="Why a promotion was taken back")
