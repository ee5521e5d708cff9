"""The stack that swaps the tested candidate into production."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from shadow_constructs import Intent, ShadowEndpoint, ShadowTest, warn_of_promotion


class PromotionStack(cdk.Stack):
    """The endpoint as it must be after the promotion: the shadow's model serves under the production variant's name.

    In CloudFormation it is the same stack as the `ShadowTestStack` of the same test, so deploying it is an update in
    place: ``cdk diff`` shows what will change, a failed update leaves the shadow test running, and the model that
    was tested is the resource that is promoted.

    Args:
        scope: The app.
        construct_id: Name of the stack on the command line, such as ``churn-promotion``.
        test: The shadow test whose candidate is promoted, on the hardware that `ShadowTest.promote_on` says. A CDK
            warning says where the test hasn't shown that it will carry all the traffic.
        override_gate: Why the promotion goes through whatever the gate says; kept in the promotion's record. By
            default the gate decides: the deployment fails, and changes nothing, unless the verdict is PASS.
        **kwargs: As for any stack. ``stack_name`` defaults to the endpoint's name.

    Raises:
        InvalidValueError: If the test has no shadow, or the reason is empty.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        test: ShadowTest,
        override_gate: str | None = None,
        **kwargs: Any,  # noqa: ANN401 - whatever a stack takes
    ) -> None:
        # Compact templates: one with alarms and dashboard is a third smaller without indentation.
        defaults = {"stack_name": test.endpoint_name, "suppress_template_indentation": True}
        super().__init__(scope, construct_id, **{**defaults, **kwargs})
        warn_of_promotion(self, test)
        intent = Intent(promotion=True, override_gate=override_gate)
        self.endpoint = ShadowEndpoint(self, "Endpoint", test=test.promoted(), intent=intent)
        self.endpoint.add_outputs()
