"""An endpoint without a guard: CloudFormation's own resources alone, and a word in the template on what is lost."""

from __future__ import annotations

import itertools

import aws_cdk as cdk
from constructs import Construct

from shadow_constructs.guard.scaling import scaled
from shadow_constructs.placing.given import Part, check_given
from shadow_constructs.values.intent import Intent, Promotion
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.problems import refuse
from shadow_ops.contract.scaled import Scaled
from shadow_ops.contract.sentences import LOST, ascii_of

_DIMENSION, _SERVICE = "sagemaker:variant:DesiredInstanceCount", "sagemaker"


class NoGuard(Part):
    """Stands where `UpdateGuard` would, for ``Guard.off(reason)``: renders declared scaling, and nothing that acts.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.
        test: What the endpoint serves.
        intent: What the deployment is meant to be.

    Attributes:
        keep_live_counts: True where a production variant scales: SageMaker then starts the new fleet with the live
            counts of all variants that keep their name (API member RetainAllVariantProperties). Else None, and each
            update starts with the counts of the code.

    Raises:
        InvalidValueError: If the gate shall be overruled, which nothing asks.
    """

    def __init__(self, scope: Construct, construct_id: str, *, test: ShadowTest, intent: Intent | None) -> None:
        super().__init__(scope, construct_id)
        check_given(self, "test", test, ShadowTest, "be a ShadowTest(...)")
        if isinstance(intent, Promotion) and intent.override_gate is not None:
            fix = "Guard.off: no deployment asks the gate or keeps the reason; leave it out and deploy"
            refuse("Promotion", "override_gate", "be left out without a guard", intent.override_gate, fix)
        self._test = test
        self.keep_live_counts: bool | None = True if test.retains_counts else None

    def after(self, endpoint: cdk.CfnResource) -> cdk.CfnResource:
        """Add what comes after the endpoint: its scaling; the endpoint itself is all that others have to wait for."""
        endpoint.add_metadata("shadow-test", f"no guard ({ascii_of(str(self._test.guard.off_because))}): {LOST}")
        for one in scaled(self._test.scaling).values():
            self._scale(one, endpoint)
        return endpoint

    def watch_deployments(self, endpoint_name: str) -> None:
        """Nothing listens to the endpoint's deployments."""

    def _scale(self, variant: Scaled, endpoint: cdk.CfnResource) -> None:
        target = cdk.CfnResource(
            self,
            f"Target-{variant.variant}",
            type="AWS::ApplicationAutoScaling::ScalableTarget",
            properties={
                "ServiceNamespace": _SERVICE,
                "ScalableDimension": _DIMENSION,
                "ResourceId": f"endpoint/{self._test.endpoint_name}/variant/{variant.variant}",
                "MinCapacity": variant.minimum,
                "MaxCapacity": variant.maximum,
                **({"ScheduledActions": list(variant.schedules.values())} if variant.schedules else {}),
            },
        )
        target.add_resource_dependency(endpoint)
        # By name: a policy that comes or goes must rename no other, which would be made while it is there. In a scope
        # of the variant's, because both names may hold what would stand between them.
        named = Construct(self, f"Policies-{variant.variant}")
        unnamed = itertools.count(1)
        for name, policy in variant.policies.items():
            cdk.CfnResource(
                named,
                f"token {next(unnamed)}" if is_token(name) else name,
                type="AWS::ApplicationAutoScaling::ScalingPolicy",
                properties={"ScalingTargetId": target.ref, **policy},
            )
