"""A managed shadow test with all that a shadow test has: alarms, dashboard, watch, and what the command line reads."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk

from shadow_constructs.alarms import EndpointAlarms
from shadow_constructs.dashboard import ComparisonDashboard
from shadow_constructs.endpoint.declared import SettingsParameter
from shadow_constructs.endpoint.outputs import versions_of
from shadow_constructs.endpoint.shadow_endpoint import ShadowEndpoint
from shadow_constructs.managed.experiment import Experiment
from shadow_constructs.managed.parts import Parts, of_endpoint, of_nobody
from shadow_constructs.managed.role import experiment_role
from shadow_constructs.placing.given import Part
from shadow_constructs.placing.owned import own
from shadow_constructs.placing.siblings import check_managed_siblings
from shadow_constructs.placing.size import hold_size
from shadow_constructs.values.declared import declared
from shadow_constructs.values.hardware import Hardware
from shadow_constructs.values.managed import ManagedShadowTest
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.warnings import managed_warnings
from shadow_constructs.watch.construct import watch
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.managed import CaptureAsked, ManagedAsked

# Before the test begins and after its end production is alone, and the shadow gets nothing: that is no fault then.
_ONLY_WHILE_IT_RUNS = "shadow-traffic"


class ManagedTest(Part):
    """A managed shadow test on an endpoint.

    Args:
        scope: The stack.
        construct_id: Id in it.
        managed: What is tested.
        endpoint: The endpoint, if a stack of this library owns it. By default it is made elsewhere.

    Attributes:
        experiment: The test itself.
        alarms: The alarms; those about production only where the endpoint has none of its own.
        dashboard: The comparison dashboard.

    Raises:
        InvalidValueError: If the endpoint isn't of this managed test, or one from elsewhere can't be told.
    """

    def __init__(
        self, scope: cdk.Stack, construct_id: str, *, managed: ManagedShadowTest, endpoint: ShadowEndpoint | None
    ) -> None:
        super().__init__(scope, construct_id)
        check_managed_siblings(self.node, managed.test)
        hold_size(self.stack)
        own(self.node, "endpoint")
        test = managed.running
        for warning in managed_warnings(managed):
            cdk.Annotations.of(self).add_warning_v2(warning.id, warning.text)
        for key, value in test.tags.items():
            cdk.Tags.of(self).add(key, value)
        parts = of_nobody(self, managed) if endpoint is None else of_endpoint(self, managed, endpoint)
        role_arn = managed.role_arn
        if role_arn is None:
            role_arn = experiment_role(self, managed, parts.captured, parts.model_roles)
        self.experiment = Experiment(self, "Experiment", managed=managed, asked=_asked(managed, parts, role_arn))
        after = self.experiment.resource
        alerts = test.alerts
        if alerts.enabled and _ONLY_WHILE_IT_RUNS not in alerts.without:
            alerts = replace(alerts, without=(*alerts.without, _ONLY_WHILE_IT_RUNS))
        shown = replace(test, alerts=alerts)
        self.alarms = EndpointAlarms(
            self, "Alarms", test=shown, after=after, production=endpoint is None, topic_arn=parts.topic_arn
        )
        watch(self.stack, self.node, test, self.alarms.topic_arn, parts.captured, managed=True)
        captured_uri = None if parts.captured is None else f"{parts.captured.uri}/{test.endpoint_name}/"
        self.dashboard = ComparisonDashboard(
            self,
            "Dashboard",
            test=shown,
            dashboard=test.dashboard,
            alarm_arns=self.alarms.arns,
            captured_uri=captured_uri,
            managed=True,
        )
        self._say(shown, captured_uri)

    def _say(self, shown: ShadowTest, captured_uri: str | None) -> None:
        name, after = self.experiment.name, self.experiment.resource
        if self.dashboard.cfn_dashboard is not None:
            self.dashboard.cfn_dashboard.add_resource_dependency(after)
        said = declared(
            shown,
            name,
            captured_uri=captured_uri,
            dashboard=self.dashboard.name,
            alarms=self.alarms.names,
            experiment=name,
        )
        SettingsParameter(self, "Settings", endpoint_name=shown.endpoint_name, declared=said)


def _asked(managed: ManagedShadowTest, parts: Parts, role_arn: str) -> ManagedAsked:
    test, hardware = managed.test, managed.shadow.hardware
    serving = test.production.hardware
    # ShadowTest refuses a serverless shadow, and one beside serverless production.
    assert isinstance(hardware, Hardware)
    assert isinstance(serving, Hardware)
    capture = None
    if parts.captured is not None:
        capture = CaptureAsked(
            destination=parts.captured.uri,
            key_arn=parts.captured.key_arn,
            csv_content_types=tuple(test.capture.csv_content_types),
            json_content_types=tuple(test.capture.json_content_types),
        )
    return ManagedAsked(
        endpoint=test.endpoint_name,
        base=managed.base,
        production=test.production.name or "",
        production_model=parts.production_model,
        shadow=managed.shadow.name or "",
        shadow_model=parts.tested_model,
        on=Instances(hardware.instance_type, hardware.count),
        sampling_percent=int(test.sampled_percent),
        seconds=int(managed.lasts.total_seconds()),
        starts=managed.starts,
        role_arn=role_arn,
        capture=capture,
        volume_key_arn=test.volume_key_arn,
        native=Instances(serving.instance_type, serving.count) if managed.native else None,
        versions=None if parts.deployed is None else versions_of(managed),
        deployed=parts.deployed,
        tags=test.tags,
    )
