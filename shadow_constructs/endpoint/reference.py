"""An endpoint that another stack, or nobody's code, owns."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from shadow_constructs.endpoint.invocation import grant_invoke
from shadow_constructs.metrics import VariantMetrics
from shadow_constructs.placing.given import Part
from shadow_constructs.values.checks import check_text
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.checks import plain
from shadow_ops.contract.names import SERVICE_NAME, SERVICE_NAME_RULE
from shadow_ops.contract.problems import Problems


class EndpointReference(Part):
    """An existing endpoint, to be invoked and watched from this stack.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.
        endpoint_name: The endpoint's name, in this stack's account and region. A CDK token is accepted.
        production_name: Name of its production variant.
        shadow_name: Name of its shadow variant, or None if it has none.

    Attributes:
        endpoint_name: The endpoint's name.
        endpoint_arn: The endpoint's ARN.
        production: Metrics of the production variant.
        shadow: Metrics of the shadow variant, or None.

    Raises:
        InvalidValueError: If a name can't be one.
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
        endpoint_name = plain(endpoint_name)
        problems = Problems("EndpointReference")
        check_text(problems, "endpoint_name", endpoint_name, pattern=SERVICE_NAME, rule=SERVICE_NAME_RULE, tokens=True)
        problems.raise_if_any()
        self.endpoint_name = endpoint_name
        self.endpoint_arn = self._arn(endpoint_name)
        self.production = VariantMetrics(endpoint_name, production_name, scope=self)
        self.shadow = None if shadow_name is None else VariantMetrics(endpoint_name, shadow_name, scope=self)

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a caller invoke the endpoint.

        SageMaker writes endpoint names in ARNs in lower case; the name as given is allowed too. A name that is a CDK
        token has to be in lower case itself: synth can't see it.

        Args:
            grantee: Who may call, such as a role or a function.
        """
        name = self.endpoint_name
        arns = dict.fromkeys((self.endpoint_arn, self._arn(name if is_token(name) else name.lower())))
        return grant_invoke(grantee, *arns)

    def _arn(self, name: str) -> str:
        return self.stack.format_arn(service="sagemaker", resource="endpoint", resource_name=name)
