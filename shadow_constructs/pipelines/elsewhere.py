"""Beside an endpoint that isn't where its pipeline is: verdicts go there, and its settings may be read from there."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from shadow_constructs.pipelines.whereabouts import Whereabouts
from shadow_ops.contract.declared import prefix
from shadow_ops.contract.watched import DETAIL_TYPE, SOURCE


class ReportsStack(cdk.Stack):
    """Sends an endpoint's verdicts to the pipeline's event bus, and lets the pipeline's account read what it serves.

    Args:
        scope: The stage that deploys the endpoint.
        construct_id: Name of the stack in it.
        endpoint_name: The endpoint.
        whereabouts: Where it is, seen from the pipeline.
    """

    def __init__(self, scope: Construct, construct_id: str, *, endpoint_name: str, whereabouts: Whereabouts) -> None:
        name = reports_name(endpoint_name)
        super().__init__(scope, construct_id, stack_name=name, suppress_template_indentation=True)
        sender = iam.CfnRole(
            self,
            "Sender",
            assume_role_policy_document=_trust({"Service": "events.amazonaws.com"}),
            description=f"Sends verdicts on {endpoint_name} to its pipeline",
            policies=[_policy("Send", "events:PutEvents", whereabouts.bus_arn)],
        )
        events.CfnRule(
            self,
            "Verdicts",
            description=f"Verdicts on {endpoint_name}, for its pipeline",
            event_pattern={"source": [SOURCE], "detail-type": [DETAIL_TYPE], "detail": {"endpoint": [endpoint_name]}},
            targets=[{"arn": whereabouts.bus_arn, "id": "pipeline", "roleArn": sender.attr_arn}],
        )
        if whereabouts.other_account:
            root = f"arn:{whereabouts.pipeline.partition}:iam::{whereabouts.pipeline.account}:root"
            iam.CfnRole(
                self,
                "Reader",
                role_name=whereabouts.role_name(endpoint_name),
                assume_role_policy_document=_trust({"AWS": root}),
                description=f"Reads what {endpoint_name} serves, for its pipeline",
                policies=[_policy("Read", list(READS), parameters(endpoint_name))],
            )


def reports_name(endpoint_name: str) -> str:
    """What the stack beside an endpoint is called in CloudFormation.

    Args:
        endpoint_name: The endpoint.
    """
    return f"{endpoint_name}-reports"


READS = ("ssm:GetParameter", "ssm:GetParametersByPath")


def parameters(endpoint_name: str, region: str = "${AWS::Region}") -> dict[str, str]:
    """Everything about an endpoint in Parameter Store, as the resource of a policy.

    Args:
        endpoint_name: The endpoint.
        region: Where it is.
    """
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:ssm:{region}:${{AWS::AccountId}}:parameter{prefix(endpoint_name)}/*"}


def _trust(principal: dict[str, str]) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _policy(name: str, actions: Any, resource: object) -> iam.CfnRole.PolicyProperty:  # noqa: ANN401 - one or several
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return iam.CfnRole.PolicyProperty(
        policy_name=name, policy_document={"Version": "2012-10-17", "Statement": [statement]}
    )
