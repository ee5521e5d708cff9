"""The comparison dashboard as CloudFormation gets it."""

from __future__ import annotations

import json

import aws_cdk as cdk
import pytest

from shadow_constructs import InvalidValueError, ShadowTest
from shadow_constructs.dashboard import ComparisonDashboard
from shadow_constructs.values.dashboard import Dashboard
from tests.constructs.rendering import Json, flat, new_stack, resources, template_of, the
from tests.values.samples import shadow_test

KIND = "AWS::CloudWatch::Dashboard"


def rendered(dashboard: Dashboard | None = None, test: ShadowTest | None = None) -> Json:
    """A template with one dashboard, of an endpoint and alarms that it makes itself."""
    stack = new_stack()
    ComparisonDashboard(
        stack,
        "D",
        test=shadow_test() if test is None else test,
        dashboard=dashboard,
        alarm_arns=[f"arn:aws:cloudwatch:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:alarm:churn"],
        captured_uri=f"s3://{cdk.Aws.ACCOUNT_ID}-captured/churn/",
        endpoint_config_name=cdk.Aws.STACK_NAME,
    )
    return template_of(stack)


def test_the_body_is_one_json_text_with_what_only_deployment_knows_filled_in() -> None:
    """Region, account and names are references inside the text, which is JSON once they are put in."""
    body = json.loads(flat(the(rendered(), KIND)["DashboardBody"]))

    assert {one["properties"]["region"] for one in body["widgets"] if one["type"] == "metric"} == {"<AWS::Region>"}
    [alarms] = [one["properties"]["alarms"] for one in body["widgets"] if one["type"] == "alarm"]
    assert alarms == ["arn:aws:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:churn"]
    assert "/endpointConfig/<AWS::StackName>" in body["widgets"][0]["properties"]["markdown"]


def test_the_name_has_endpoint_and_region() -> None:
    """An account has one list of dashboards for all its regions."""
    assert flat(the(rendered(), KIND)["DashboardName"]) == "churn-shadow-test-<AWS::Region>"
    assert the(rendered(Dashboard(name="ours")), KIND)["DashboardName"] == "ours"


def test_switched_off_nothing_is_made() -> None:
    """Opting out is a value."""
    assert not rendered(Dashboard.off()).get("Resources")


def test_the_promotion_updates_the_same_dashboard() -> None:
    """Same logical id and same name: CloudFormation changes it in place."""
    before, after = rendered(), rendered(test=shadow_test().promoted())

    assert list(resources(before, KIND)) == list(resources(after, KIND))
    assert the(before, KIND)["DashboardName"] == the(after, KIND)["DashboardName"]
    assert the(before, KIND)["DashboardBody"] != the(after, KIND)["DashboardBody"]


def test_the_same_input_gives_the_same_template() -> None:
    """Synthesis is a pure function."""
    assert rendered() == rendered()


def test_a_name_that_cloudwatch_refuses_is_refused_at_synth() -> None:
    """In one line, before anything is made."""
    with pytest.raises(InvalidValueError, match=r"^Dashboard: 'name' must be .*, got 'churn/v2'$"):
        rendered(Dashboard(name="churn/v2"))
