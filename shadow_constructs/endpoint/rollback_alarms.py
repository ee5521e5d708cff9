"""The alarms that roll an update back: made from the policy, and the user's own."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

from constructs import Construct

from shadow_constructs.alarms.resources import add_alarm
from shadow_constructs.alarms.specs import rollback_alarm_specs
from shadow_constructs.endpoint.deployment import deployment_config
from shadow_constructs.model.permissions import itself
from shadow_constructs.placing.given import Part
from shadow_constructs.placing.place import pseudo
from shadow_constructs.values.guardrails import MOST_ALARMS, Guardrails
from shadow_constructs.values.intent import Intent, Rollback
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_constructs.values.tokens import is_token
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import refuse


class RollbackAlarms(Part):
    """Metric alarms about the new fleet of an update, for deployment guardrails.

    They see one fleet alone by the dimension EndpointConfigName: the old fleet can't veto its successor. They name the
    endpoint by its text, because the endpoint refers to them.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.
        test: What the endpoint serves, with its policy and guardrails.
        endpoint_config_name: The config of the new fleet; a token.
        intent: What the deployment is meant to be. A rollback leaves the user's alarms out: they look at the fleet that
            is to be left as well, and one that fires because of it would take the way back back. Those of the policy
            look at the new fleet alone, and stay.

    Attributes:
        names: Names of the alarms for AutoRollbackConfiguration; tokens, and the user's.

    Raises:
        InvalidValueError: If there are more than ten (API member AutoRollbackConfig.Alarms).
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, test: ShadowTest, endpoint_config_name: str, intent: Intent | None
    ) -> None:
        super().__init__(scope, construct_id)
        guardrails = test.guardrails
        specs = rollback_alarm_specs(test, endpoint_config_name)
        count = len(specs) + len(guardrails.alarm_names)
        if count > MOST_ALARMS:
            got = f"{len(specs)} from the policy and {len(guardrails.alarm_names)} in alarm_names"
            fix = "leave some of alarm_names out, or say own_alarms=False"
            refuse("Guardrails", "alarm_names", f"be at most {MOST_ALARMS} alarms in all", got, fix)
        self.names = [add_alarm(self, spec).ref for spec in specs] + _of_user(test, intent)


def _of_user(test: ShadowTest, intent: Intent | None) -> list[str]:
    return [] if isinstance(intent, Rollback) else list(test.guardrails.alarm_names)


def watched_names(test: ShadowTest) -> list[str]:
    """What an execution role may look at, so that SageMaker can: alarms by name, CloudFormation's by its pattern.

    The very names can't stand in the role: alarms look at the config, which needs the model, which needs the role.
    """
    guardrails = test.guardrails
    if guardrails.shift == "off":
        return []
    own = len(rollback_alarm_specs(test, "config")) > 0
    return [*([f"{pseudo('STACK_NAME')}-*"] if own else []), *map(itself, guardrails.alarm_names)]


def deployment_digest(test: ShadowTest, intent: Intent | None) -> str:
    """What tells one way of updating the endpoint from another; empty for the usual one.

    SageMaker is told a DeploymentConfig by UpdateEndpoint, and whether live counts are kept, which asks for a new
    endpoint config. It is part of the config's logical id, so that guardrails that change come with a config that is
    new, and so does a guard that goes or comes back.
    """
    ways: list[Any] = [
        deployment_config(one.guardrails, _stand_ins(one, intent))
        for one in (test, replace(test, guardrails=Guardrails(), gate=GatePolicy()))
    ]
    if not test.guard.enabled:
        ways[0] = [ways[0], "keeps counts" if test.retains_counts else "takes counts from the code"]
    if ways[0] == ways[1]:
        return ""
    return sha256(json.dumps(ways[0], sort_keys=True, default=str).encode()).hexdigest()[:8]


def _stand_ins(test: ShadowTest, intent: Intent | None) -> list[str]:
    """Something for each alarm that is the same in every synthesis, which the text of a CDK token isn't."""
    names = [f"token {number}" if is_token(name) else name for number, name in enumerate(_of_user(test, intent))]
    return [*(spec.id for spec in rollback_alarm_specs(test, "")), *names]
