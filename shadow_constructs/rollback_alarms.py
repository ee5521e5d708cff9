"""The alarms that take an update back: made from the policy, and the user's own."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from shadow_constructs.alarms.construct import add_alarm
from shadow_constructs.alarms.rollback import rollback_alarm_specs
from shadow_constructs.values.guardrails import MOST_ALARMS
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_ops.problems import refuse


class RollbackAlarms(Construct):
    """Metric alarms about the new fleet of an update, for deployment guardrails.

    They see one fleet alone by the dimension EndpointConfigName: the old fleet can't veto its successor. They name the
    endpoint by its text, because the endpoint refers to them.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.
        test: What the endpoint serves, with its policy and guardrails.
        endpoint_config_name: The config of the new fleet; a token.

    Attributes:
        names: Names of the alarms for AutoRollbackConfiguration; tokens, and the user's.

    Raises:
        InvalidValueError: If there are more than ten (API member AutoRollbackConfig.Alarms).
    """

    def __init__(self, scope: Construct, construct_id: str, *, test: ShadowTest, endpoint_config_name: str) -> None:
        super().__init__(scope, construct_id)
        guardrails = test.guardrails
        specs = rollback_alarm_specs(test, test.gate, endpoint_config_name) if guardrails.own_alarms else ()
        count = len(specs) + len(guardrails.alarm_names)
        if count > MOST_ALARMS:
            got = f"{len(specs)} from the policy and {len(guardrails.alarm_names)} in alarm_names"
            fix = "leave some of alarm_names out, or say own_alarms=False"
            refuse("Guardrails", "alarm_names", f"be at most {MOST_ALARMS} alarms in all", got, fix)
        self.names = [add_alarm(self, spec, tags=test.tags).ref for spec in specs] + list(guardrails.alarm_names)


def watched_names(test: ShadowTest) -> list[str]:
    """What an execution role may look at, so that SageMaker can: alarms by name, CloudFormation's by its pattern.

    The very names can't stand in the role: alarms look at the config, which needs the model, which needs the role.
    """
    guardrails = test.guardrails
    if guardrails.shift == "off":
        return []
    own = guardrails.own_alarms and len(rollback_alarm_specs(test, test.gate, "config")) > 0
    return [*([f"{cdk.Aws.STACK_NAME}-*"] if own else []), *guardrails.alarm_names]
