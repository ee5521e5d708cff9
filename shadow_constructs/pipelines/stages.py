"""The stages of a shadow test in a pipeline: each deploys the endpoint's one stack, in one of its two forms."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from shadow_constructs.pipelines.elsewhere import ReportsStack
from shadow_constructs.pipelines.whereabouts import Whereabouts
from shadow_constructs.stacks.promotion_stack import PromotionStack
from shadow_constructs.stacks.shadow_test_stack import ShadowTestStack
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_ops.contract.approvals import beside


class EndpointStage(cdk.Stage):
    """Deploys an endpoint: as its code says it, or after its promotion.

    Args:
        scope: Where the pipeline is.
        construct_id: Name of the stage.
        test: What the endpoint serves.
        promotion: Whether it is the promotion that is deployed.
        env: Where.
        whereabouts: Where that is, seen from the pipeline; elsewhere, verdicts are sent from there.

    Attributes:
        stack: The endpoint's stack.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        test: ShadowTest,
        promotion: bool,
        env: cdk.Environment | None,
        whereabouts: Whereabouts,
    ) -> None:
        super().__init__(scope, construct_id, env=env)
        kind = PromotionStack if promotion else ShadowTestStack
        self.stack: ShadowTestStack | PromotionStack = kind(self, test.endpoint_name, test=test)
        if whereabouts.elsewhere and not promotion:
            name = beside("reports", test.endpoint_name)
            ReportsStack(self, name, endpoint_name=test.endpoint_name, whereabouts=whereabouts)
