"""The gate on the command line and the one in the deployment are one, whatever the promotion will serve on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shadow_constructs import Hardware
from shadow_constructs.values.promotion import PromoteOn
from shadow_ops.aws.clients import Clients
from shadow_ops.aws.endpoint import describe
from shadow_ops.contract.asked import Asked
from shadow_ops.contract.declared import settings_name
from shadow_ops.guard.asking import live_gate
from tests.constructs.rendering import flat, the
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import NOW, POLICY, Services
from tests.stacks.rendering import churn, promotion_template, shadow_template

BEFORE = "Custom::EndpointUpdateGuardBefore"


@pytest.mark.parametrize(
    ("promote_on", "outcome"),
    [
        (None, "PASS"),
        ("production", "PASS"),
        ("shadow", "FAIL"),
        (Hardware("ml.m5.xlarge", count=3), "PASS"),
        (Hardware("ml.m5.2xlarge", count=2), "PASS"),
    ],
    ids=["by default", "production's", "shadow's", "more of the same", "another type"],
)
def test_both_gates_give_one_verdict(run: Run, services: Services, promote_on: PromoteOn, outcome: str) -> None:
    """Rule by rule and word by word: what the stacks tell each of the promoted hardware is the same."""
    for minute in range(600):
        # Half of its four cores at half of the requests: enough for two such instances, too much for one.
        services.metrics.put("shadow", "CPUUtilization", "Average", minute, 200)
    test = churn(gate=POLICY, promote_on=promote_on)
    services.parameters[settings_name("churn")] = [flat(the(shadow_template(test), "AWS::SSM::Parameter")["Value"])]

    said = json.loads(run("gate", "churn", "--format", "json").stdout)
    verdict = _in_the_deployment(the(promotion_template(test), BEFORE))

    assert said["verdict"] == verdict.outcome == outcome
    assert said["reason"] == verdict.reason
    assert [(one["rule"], one["outcome"], one["reason"]) for one in said["findings"]] == [
        (one.rule.id, one.outcome, one.reason) for one in verdict.findings
    ]


def _in_the_deployment(properties: dict[str, Any]) -> Any:  # noqa: ANN401 - a verdict, whose outcome is a text too
    asked = Asked.from_properties({name: flat(value) for name, value in properties.items()})
    clients: Any = Clients()  # the guard's have the same attributes
    live = describe(clients.sagemaker, asked.endpoint)
    assert live is not None
    assert asked.policy is not None
    return live_gate(clients)(live, asked.policy, asked.promoted, NOW)
