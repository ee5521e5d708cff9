"""The construct of the comparison dashboard."""

from __future__ import annotations

import json
from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from shadow_constructs.dashboard import links
from shadow_constructs.dashboard.body import dashboard_body, dashboard_name
from shadow_constructs.placing.console import console_of
from shadow_constructs.placing.given import Part, check_given, check_name, check_names
from shadow_constructs.placing.place import place_of, pseudo
from shadow_constructs.placing.siblings import check_dashboard
from shadow_constructs.values.dashboard import Dashboard
from shadow_constructs.values.shadow_test import ShadowTest


class ComparisonDashboard(Part):
    """A CloudWatch dashboard that shows production and shadow side by side, with the policy's thresholds drawn.

    Keep the construct's path the same for the shadow test and for its promotion: the dashboard is then updated in
    place, and shrinks to what still exists. Its name and each widget name the stack's region, which must be the
    endpoint's: an account has one list of dashboards for all its regions.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.
        test: The endpoint; the thresholds of its policy are drawn.
        dashboard: Name, periods and time range. By default `Dashboard()`; with `Dashboard.off()` nothing is made.
        alarm_arns: Alarms whose states are shown. By default none.
        captured_uri: S3 folder of captured data. By default no link to it.
        endpoint_config_name: Name of the endpoint config that the template asks for. By default no link to it.
        managed: Whether it is of a managed test, beside the dashboard of the endpoint itself: a name that isn't given
            says so.

    Attributes:
        name: The dashboard's name; None if it is off.
        url: Where it is in the AWS console, without a host where that isn't known; None if it is off.
        cfn_dashboard: The dashboard resource; None if it is off.

    Raises:
        InvalidValueError: If CloudWatch's limits are exceeded, or another dashboard of the app has its name.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        test: ShadowTest,
        dashboard: Dashboard | None = None,
        alarm_arns: Sequence[str] = (),
        captured_uri: str | None = None,
        endpoint_config_name: str | None = None,
        managed: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        check_given(self, "test", test, ShadowTest, "be a ShadowTest(...)")
        chosen = Dashboard() if dashboard is None else dashboard
        check_given(self, "dashboard", chosen, Dashboard, "be a Dashboard(...) or Dashboard.off()")
        check_names(self, "alarm_arns", alarm_arns)
        check_given(self, "managed", managed, bool, "be True or False")
        for name, text in (("captured_uri", captured_uri), ("endpoint_config_name", endpoint_config_name)):
            if text is not None:
                check_name(self, name, text)
        self.name: str | None = None
        self.url: str | None = None
        self.cfn_dashboard: cloudwatch.CfnDashboard | None = None
        if not chosen.enabled:
            return
        region, console = pseudo("REGION"), console_of(self.stack)
        body = dashboard_body(
            test,
            region=region,
            console=console,
            dashboard=chosen,
            alarm_arns=alarm_arns,
            captured_uri=captured_uri,
            endpoint_config_name=endpoint_config_name,
        )
        self.name = dashboard_name(test, chosen, region, managed=managed)
        here = place_of(self.stack).region
        check_dashboard(scope, self, construct_id, test, dashboard_name(test, chosen, here, managed=managed))
        self.url = links.dashboard(console, region, self.name)
        # One text in one resource: CloudWatch's L2 widgets would cross into jsii some hundred times for the same.
        self.cfn_dashboard = cloudwatch.CfnDashboard(
            self,
            "Resource",
            dashboard_name=self.name,
            dashboard_body=json.dumps(body, separators=(",", ":")),
        )
