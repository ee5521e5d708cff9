"""An endpoint that another stack, or nobody's code, owns."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from shadow_constructs.endpoint.invocation import grant_invoke
from shadow_constructs.metrics import VariantMetrics


class EndpointReference(Construct):
    """An existing endpoint, to be invoked and watched from this stack.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.
        endpoint_name: The endpoint's name, in this stack's account and region.
        production_name: Name of its production variant.
        shadow_name: Name of its shadow variant, or None if it has none.

    Attributes:
        endpoint_name: The endpoint's name.
        endpoint_arn: The endpoint's ARN.
        production: Metrics of the production variant.
        shadow: Metrics of the shadow variant, or None.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        production_name: str = "production",
        shadow_name: str | None = "shadow",
    ) -> None:
        super().__init__(scope, construct_id)
        self.endpoint_name = endpoint_name
        self.endpoint_arn = self._arn(endpoint_name)
        self.production = VariantMetrics(endpoint_name, production_name)
        self.shadow = None if shadow_name is None else VariantMetrics(endpoint_name, shadow_name)

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a caller invoke the endpoint.

        SageMaker writes endpoint names in ARNs in lower case; the name as given is allowed too.
        """
        arns = dict.fromkeys((self.endpoint_arn, self._arn(self.endpoint_name.lower())))
        return grant_invoke(grantee, *arns)

    def _arn(self, name: str) -> str:
        return cdk.Stack.of(self).format_arn(service="sagemaker", resource="endpoint", resource_name=name)
