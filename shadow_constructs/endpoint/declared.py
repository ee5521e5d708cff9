"""The SSM parameter by which the command line and the guard know an endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from shadow_constructs.values.hardware import Hardware
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_ops.contract.settings import Settings, settings_name


class SettingsParameter(Construct):
    """``/shadow-test/<endpoint>/settings``: what the code says of an endpoint, its policy included.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.
        test: What the endpoint serves.
        endpoint_config_name: The config that must serve; a token.
        captured_uri: Folder of captured data, or None.
        dashboard: The dashboard's name, or None.
        alarms: Names of the alarms; tokens.

    Attributes:
        cfn_parameter: The parameter.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        test: ShadowTest,
        endpoint_config_name: str,
        captured_uri: str | None,
        dashboard: str | None,
        alarms: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        shadow = test.shadow
        promoted = None if shadow is None else test.promoted().production.hardware
        instances = promoted if isinstance(promoted, Hardware) else None
        settings = Settings(
            endpoint_config=endpoint_config_name,
            production_variant=test.production.name or "",
            production_version=test.production.model.version,
            production_label=test.production.label,
            shadow_variant=None if shadow is None else shadow.name,
            shadow_version=None if shadow is None else shadow.model.version,
            shadow_label=None if shadow is None else shadow.label,
            sampling_percent=test.sampled_percent,
            promoted_type=None if instances is None else instances.instance_type,
            promoted_count=None if instances is None else instances.count,
            capture_uri=captured_uri,
            dashboard=dashboard,
            alarms=tuple(alarms),
            policy=test.policy,
        )
        # The name is the address: whoever knows the endpoint's name finds its policy.
        self.cfn_parameter = ssm.CfnParameter(
            self,
            "Resource",
            name=settings_name(test.endpoint_name),
            type="String",
            tier="Intelligent-Tiering",
            value=settings.to_text(),
            description=f"What the code says of endpoint {test.endpoint_name}; read by shadow-test",
        )
