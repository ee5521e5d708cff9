"""The endpoint: models, roles, capture bucket, endpoint config and endpoint, from one value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from shadow_constructs.alarms import EndpointAlarms
from shadow_constructs.alarms.resources import nested
from shadow_constructs.dashboard import ComparisonDashboard
from shadow_constructs.endpoint.capture_bucket import CaptureBucket
from shadow_constructs.endpoint.declared import SettingsParameter
from shadow_constructs.endpoint.deployment import deployment_config
from shadow_constructs.endpoint.invocation import grant_invoke
from shadow_constructs.endpoint.made import check_deployed, endpoint_config, serving_models
from shadow_constructs.endpoint.outputs import check_prefix, late_outputs, outputs_for_test, outputs_of
from shadow_constructs.endpoint.reference import EndpointReference
from shadow_constructs.endpoint.rollback_alarms import RollbackAlarms
from shadow_constructs.endpoint.shared import shared_bucket
from shadow_constructs.guard.no_guard import NoGuard
from shadow_constructs.guard.update_guard import UpdateGuard
from shadow_constructs.metrics import VariantMetrics
from shadow_constructs.placing.at_the_end import at_the_end
from shadow_constructs.placing.console import console_of
from shadow_constructs.placing.given import Part, check_given
from shadow_constructs.placing.owned import own
from shadow_constructs.placing.place import place_of
from shadow_constructs.placing.siblings import check_siblings
from shadow_constructs.placing.size import check_tags_fit, hold_size, late_tags
from shadow_constructs.values.capture import CaptureDestination
from shadow_constructs.values.checks import MOST_TAGS
from shadow_constructs.values.declared import declared
from shadow_constructs.values.intent import Intent, Promotion, Rollback
from shadow_constructs.values.managed import ManagedShadowTest
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.warnings import SynthWarning, promotion_warnings, rollback_warnings, warnings_of
from shadow_constructs.watch.construct import watch
from shadow_ops.contract.checks import plain

# CloudFormation's schemas of these take no tag without a value.
_NO_EMPTY_TAGS = [
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::SNS::Topic",
]
# The CDK puts it on roles when all else is done, in place of any other.
_BOUNDARY = "@aws-cdk/core:permissionsBoundary"


class ShadowEndpoint(Part):
    """A SageMaker endpoint that copies a share of its requests to a shadow variant, if it has one.

    Keep the construct's path the same for the shadow test and for its promotion: CloudFormation then updates the
    endpoint in place instead of making another.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.
        test: What the endpoint serves, and what is tested beside it. Of a `ManagedShadowTest` production serves
            alone, and the shadow's model is made for the test, which has a stack of its own.
        intent: What the deployment is meant to be. `Promotion` renders ``test.promoted()`` and warns where the test
            hasn't shown that it will hold; `Rollback` rolls a promotion back. By default neither.

    Attributes:
        test: The value that was rendered: of a promotion, what serves after it.
        managed: The managed test that is to be on it, or None.
        models: The SageMaker models, by version.
        intent: What the deployment is meant to be, or None.
        endpoint_name: The endpoint's name.
        endpoint_arn: The endpoint's ARN.
        endpoint_config_name: Name of the endpoint config that the template asks for.
        production: Metrics of the (first) production variant.
        shadow: Metrics of the shadow variant, or None without one.
        capture_destination: Where captured data goes, or None.
        alarms: The alarms about both variants.
        dashboard: The comparison dashboard.
        guard: Stands before and after each update of the endpoint; a `NoGuard` with ``Guard.off(...)``.
        cfn_endpoint: The endpoint resource, for what the library doesn't offer.
        cfn_endpoint_config: The endpoint config resource, likewise.

    Raises:
        InvalidValueError: If the app has an endpoint of that name that is another test's, or that is in the same Stage.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        test: ShadowTest | ManagedShadowTest,
        intent: Intent | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        check_given(self, "test", test, (ShadowTest, ManagedShadowTest), "be a ShadowTest(...)")
        if intent is not None:
            check_given(self, "intent", intent, (Promotion, Rollback), "be a Promotion(...) or a Rollback(...)")
        node, self.managed = self.node, None
        if isinstance(test, ManagedShadowTest):
            self.managed, test = None if isinstance(intent, Promotion) else test, test.test
        self._app = check_siblings(self, node, test)
        own(node, "endpoint")
        if isinstance(intent, Promotion):
            self._warn(promotion_warnings(test))
            test = test.promoted()
        elif self.managed is not None:
            test = self.managed.serving
        self._warn(warnings_of(test, self._resolved))
        if test.guard.permissions_boundary is not None and node.try_get_context(_BOUNDARY) is not None:
            cdk.Annotations.of(self).add_warning_v2(
                "shadow-constructs:two-boundaries",
                f"the context {_BOUNDARY} bounds every role, and that of Guard(permissions_boundary=) is lost: "
                "leave one out",
            )
        if isinstance(intent, Rollback):
            self._warn(rollback_warnings(test))
        self.test = test
        self.intent = intent
        self.endpoint_name = test.endpoint_name
        # Literals, so that other stacks refer to neither of the two that render this endpoint.
        self.endpoint_arn = f"{place_of(self.stack).arn('sagemaker')}:endpoint/{test.endpoint_name}"
        self.production = VariantMetrics(test.endpoint_name, test.production.name or "", scope=self)
        self.shadow = None
        if test.shadow is not None:
            self.shadow = VariantMetrics(test.endpoint_name, test.shadow.name or "", scope=self)
        for key, value in test.tags.items():
            cdk.Tags.of(self).add(key, value, exclude_resource_types=_NO_EMPTY_TAGS if value == "" else None)
        check_deployed(self.stack, test)
        self._captured: CaptureBucket | None = None
        self._shared_bucket: s3.IBucket | None = None
        self.capture_destination = self._destination()
        self.models = serving_models(self, test, self.capture_destination, self.managed)
        self.cfn_endpoint_config = endpoint_config(self, test, intent, self.models, self.capture_destination)
        if self._captured is not None and test.capture.delete_with_stack:
            # It is emptied only once nothing writes to it any more: after the endpoint and its config are gone.
            self.cfn_endpoint_config.node.add_dependency(self._captured.bucket)
        self.endpoint_config_name = self.cfn_endpoint_config.attr_endpoint_config_name
        rollback = RollbackAlarms(
            self, "Rollback", test=test, endpoint_config_name=self.endpoint_config_name, intent=intent
        )
        self.guard = self._guard(rollback.names)
        deployment = deployment_config(test.guardrails, rollback.names)
        self.cfn_endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=test.endpoint_name,
            endpoint_config_name=self.endpoint_config_name,
            retain_all_variant_properties=self.guard.keep_live_counts,
            # The sampling share lives in DesiredWeight: retained, it would swallow every change of it.
            exclude_retained_variant_properties=[
                sagemaker.CfnEndpoint.VariantPropertyProperty(variant_property_type="DesiredWeight")
            ],
            deployment_config=None if deployment is None else nested(deployment),
        )
        after = self.guard.after(self.cfn_endpoint)
        self.alarms = EndpointAlarms(self, "Alarms", test=test, after=after)
        self.guard.watch_deployments(test.endpoint_name)
        captured = self.capture_destination
        watch(self.stack, node, test, self.alarms.topic_arn, captured)
        captured_uri = None if captured is None else f"{captured.uri}/{test.endpoint_name}/"
        self.dashboard = ComparisonDashboard(
            self,
            "Dashboard",
            test=test,
            dashboard=test.dashboard,
            alarm_arns=self.alarms.arns,
            captured_uri=captured_uri,
            endpoint_config_name=self.endpoint_config_name,
        )
        if self.dashboard.cfn_dashboard is not None:
            # It is found by its name: another stack with this endpoint's name is refused before it could replace it.
            self.dashboard.cfn_dashboard.add_resource_dependency(after)
        said = declared(
            test,
            self.endpoint_config_name,
            captured_uri=captured_uri,
            dashboard=self.dashboard.name,
            alarms=self.alarms.names,
        )
        SettingsParameter(self, "Settings", endpoint_name=test.endpoint_name, declared=said, after=after)
        check_tags_fit(self, test.tags)
        hold_size(self.stack)
        most = MOST_TAGS - int(test.guard.enabled)
        at_the_end(self._app, lambda: late_tags(self.stack, self.cfn_endpoint, most=most))

    @staticmethod
    def from_endpoint_name(
        scope: Construct,
        construct_id: str,
        endpoint_name: str,
        *,
        production_name: str = "production",
        shadow_name: str | None = "shadow",
    ) -> EndpointReference:
        """Refer to an endpoint that exists, to invoke and watch it."""
        return EndpointReference(
            scope,
            construct_id,
            endpoint_name=endpoint_name,
            production_name=production_name,
            shadow_name=shadow_name,
        )

    @property
    def capture_bucket(self) -> s3.IBucket | None:
        """The bucket made for captured data, or None; any stack of the account may be granted it.

        Stacks other than the endpoint's read its name from the outputs (``Fn::GetStackOutput``), so that neither the
        test nor its promotion is deployed with them.
        """
        if self._captured is not None and self._shared_bucket is None:
            self._shared_bucket = shared_bucket(self, self._captured.bucket, self._captured.key_arn)
        return self._shared_bucket

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a caller invoke the endpoint, and nothing else.

        SageMaker writes endpoint names in ARNs in lower case; the name as given is allowed too.

        Args:
            grantee: Who may call, such as a role or a function, in any stack of the account.
        """
        start, name = self.endpoint_arn.rsplit("/", 1)
        return grant_invoke(grantee, *dict.fromkeys((self.endpoint_arn, f"{start}/{name.lower()}")))

    def add_outputs(self, prefix: str = "") -> None:
        """Add stack outputs for people and scripts: names, versions, sampling, where captures lie, console link.

        Args:
            prefix: Put before each output's name; give each endpoint its own where a stack holds several.

        Raises:
            InvalidValueError: If the prefix is no letters and digits, or the stack has these outputs already.
        """
        prefix = plain(prefix)
        check_prefix(self, self.stack, prefix)
        destination, console = self.capture_destination, console_of(self.stack)
        found = outputs_of(self.test, self.intent, self.endpoint_config_name, destination, console)
        outputs = [*found, *outputs_for_test(self.managed, self.models, self.alarms.topic_arn)]
        names = {f"{prefix}{output.name}" for output in outputs}
        at_the_end(self._app, lambda: late_outputs(self.stack, names))
        for output in outputs:
            cdk.CfnOutput(
                self, f"{output.name}Output", value=output.value, description=output.description
            ).override_logical_id(f"{prefix}{output.name}")

    def _guard(self, rollback_alarms: Sequence[str]) -> UpdateGuard | NoGuard:
        if not self.test.guard.enabled:
            return NoGuard(self, "Guard", test=self.test, intent=self.intent)
        tested = None if self.managed is None else self.models[self.managed.shadow.model.version].model_name
        return UpdateGuard(
            self,
            "Guard",
            test=self.test,
            intent=self.intent,
            endpoint_config_name=self.endpoint_config_name,
            rollback_alarms=rollback_alarms,
            tested_model=tested,
        )

    def _warn(self, warnings: Iterable[SynthWarning]) -> None:
        for warning in warnings:
            cdk.Annotations.of(self).add_warning_v2(warning.id, warning.text)

    def _resolved(self, text: str) -> object:
        try:
            return self.stack.resolve(text)
        except RuntimeError:
            # It is of something that isn't there yet.
            return ""

    def _destination(self) -> CaptureDestination | None:
        capture = self.test.capture
        if not capture.enabled:
            return None
        if capture.bucket is not None:
            return CaptureDestination(capture.bucket, capture.prefix, capture.key_arn)
        made = CaptureBucket(self, "Captured", capture=capture)
        self._captured = made
        made.bound_emptying(self.test.guard.permissions_boundary)
        return CaptureDestination(made.bucket.bucket_name, capture.prefix, made.key_arn)
