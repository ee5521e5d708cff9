"""The parameter that keeps what the code says of an endpoint, for the guard and the command line."""

from __future__ import annotations

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from shadow_ops.contract.declared import Declared, settings_name


class SettingsParameter(Construct):
    """``/shadow-test/<endpoint>/settings``: what the code says of an endpoint, its policy included.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.
        endpoint_name: The endpoint's name.
        declared: What the code says.

    Attributes:
        cfn_parameter: The parameter.
    """

    def __init__(self, scope: Construct, construct_id: str, *, endpoint_name: str, declared: Declared) -> None:
        super().__init__(scope, construct_id)
        # The name is the address: whoever knows the endpoint's name finds its policy.
        self.cfn_parameter = ssm.CfnParameter(
            self,
            "Resource",
            name=settings_name(endpoint_name),
            type="String",
            tier="Intelligent-Tiering",
            value=declared.to_text(),
            description=f"What the code says of endpoint {endpoint_name}; read by shadow-test",
        )
