"""The parameters that keep what the code says of an endpoint, for the command line."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from shadow_constructs.placing.given import Part
from shadow_ops.contract.declared import Declared
from shadow_ops.contract.declaring import to_parameters


class SettingsParameter(Part):
    """``/shadow-test/<endpoint>/settings``: what the code says of an endpoint, its policy included.

    Names of alarms that have no place in it get parameters of their own.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.
        endpoint_name: The endpoint's name.
        declared: What the code says.
        after: What must be there first: the code is right once the guard has seen that it serves. By default what is
            said names it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        declared: Declared,
        after: cdk.CfnResource | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        # The name is the address: whoever knows the endpoint's name finds its policy.
        for number, (name, value) in enumerate(to_parameters(declared, endpoint_name).items(), 1):
            parameter = ssm.CfnParameter(
                self,
                "Resource" if number == 1 else f"Resource{number}",
                name=name,
                type="String",
                tier="Intelligent-Tiering",
                value=value,
                description=f"What the code says of endpoint {endpoint_name}; read by shadow-test",
            )
            if after is not None:
                parameter.add_resource_dependency(after)
