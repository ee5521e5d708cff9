"""The construct that renders alarms, the composite one, and the topic that people listen to."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from shadow_constructs.alarms.admitting import admit, check_topic
from shadow_constructs.alarms.people import tell
from shadow_constructs.alarms.resources import add_alarm
from shadow_constructs.alarms.spec import AlarmSpec
from shadow_constructs.alarms.specs import alarm_specs, unwatched_types
from shadow_constructs.placing.given import Part, check_given, check_name
from shadow_constructs.placing.place import place_of
from shadow_constructs.values.shadow_test import ShadowTest
from shadow_ops.contract.problems import refuse

NOT_FIT = "not-fit-to-promote"
# Limits of API operation PutCompositeAlarm.
_MOST_CHILDREN, _LONGEST_RULE = 100, 10_240
# What a name that only CloudFormation knows may come to in the rule: 255 characters and ALARM("") OR around it.
_LONGEST_TERM = 255 + len('ALARM("") OR ')
_MOST_ACTIONS = 5


class EndpointAlarms(Part):
    """Alarms about both variants, one that says "not fit to promote", and who is told.

    Alarms about production tell people themselves. Those about the shadow and about the comparison tell nobody; the
    composite alarm over them does, once.

    Args:
        scope: Parent construct.
        construct_id: Id in the scope.
        test: What the endpoint serves, with its policy and alerts.
        after: What must be there before the alarms about the shadow and the comparison are made, such as the
            endpoint: they are fresh for a time, and that time is to begin when the fleet is there. By default nothing.
        production: Whether alarms about production are made, too; of a managed test the endpoint's own stack has them.
        topic_arn: Who is told. By default people are told as `Alerts` says.

    Attributes:
        specs: The alarms as plain data.
        alarms: The alarm resources by id.
        composite: The composite alarm, or None without a shadow.
        topic_arn: The SNS topic that is told, or None.
        names: Names of all alarms, the composite one last; tokens.
        arns: Their ARNs, likewise.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        test: ShadowTest,
        after: cdk.CfnResource | None = None,
        production: bool = True,
        topic_arn: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        check_given(self, "test", test, ShadowTest, "be a ShadowTest(...)")
        if after is not None:
            check_given(self, "after", after, cdk.CfnResource, "be a resource of CloudFormation")
        check_given(self, "production", production, bool, "be True or False")
        if topic_arn is not None:
            check_name(self, "topic_arn", topic_arn)
        alerts = test.alerts
        found = alarm_specs(test)
        self.specs: tuple[AlarmSpec, ...] = tuple(one for one in found if production or one.about != "production")
        self.topic_arn = tell(self, test.endpoint_name, alerts) if topic_arn is None else topic_arn
        self._actions = [*([] if self.topic_arn is None else [self.topic_arn]), *alerts.action_arns]
        if alerts.enabled:
            admit(self, alerts.action_arns)
        self.alarms = {
            spec.id: add_alarm(self, spec, self._actions if spec.about == "production" else (), after)
            for spec in self.specs
        }
        # Each reference is a call into jsii, so it is asked for once.
        names = {alarm_id: alarm.ref for alarm_id, alarm in self.alarms.items()}
        self.composite = self._composite(test, names)
        self._imported: dict[str, cloudwatch.IAlarm] = {}
        self.names = [*names.values(), *([] if self.composite is None else [self.composite.ref])]
        # Written from the name: an attribute of each would be another call.
        here = place_of(self.stack).arn("cloudwatch")
        self.arns = [f"{here}:alarm:{name}" for name in self.names]
        if alerts.enabled:
            for instance_type in unwatched_types(test):
                cdk.Annotations.of(self).add_warning_v2(
                    f"shadow-constructs:unknown-cores:{instance_type}",
                    f"the number of cores of {instance_type} isn't known to this release, so no alarm watches its CPU "
                    "and GPU, and the gate doesn't judge them",
                )

    def alarm(self, alarm_id: str) -> cloudwatch.IAlarm:
        """An alarm, for whatever the CDK does with alarms.

        Args:
            alarm_id: As in docs/alarms.md, or ``not-fit-to-promote``.

        Raises:
            InvalidValueError: If there is no such alarm.
        """
        resource = self._resource(alarm_id)
        if alarm_id not in self._imported:
            arn = resource.get_att("Arn").to_string()
            self._imported[alarm_id] = cloudwatch.Alarm.from_alarm_arn(self, f"Of-{alarm_id}", arn)
        return self._imported[alarm_id]

    def add_action(self, action: cloudwatch.IAlarmAction) -> None:
        """Tell somebody else too: what `Alerts` can't name, because the CDK makes it.

        It is added where people are told: to the alarms about production and to "not fit to promote".

        Args:
            action: Any action of the CDK, such as ``aws_cloudwatch_actions.LambdaAction(function)``.

        Raises:
            InvalidValueError: If an alarm would have more than five actions (API operation PutMetricAlarm), or it tells
                a FIFO topic.
        """
        if not callable(getattr(action, "bind", None)):
            fix = "of a topic write aws_cloudwatch_actions.SnsAction(topic), or say Alerts(topic_arn=topic.topic_arn)"
            refuse("EndpointAlarms", "action", "be an alarm action of the CDK", action, fix, text=False)
        if len(self._actions) >= _MOST_ACTIONS:
            refuse("EndpointAlarms", "action", f"be one of at most {_MOST_ACTIONS}", len(self._actions) + 1)
        loud = [spec.id for spec in self.specs if spec.about == "production"]
        bound = [*loud, *([] if self.composite is None else [NOT_FIT])]
        if not bound:
            return
        # One binding serves all: an action's ARN is the same for each alarm.
        arn = action.bind(self, self.alarm(bound[-1])).alarm_action_arn
        check_topic(self, "EndpointAlarms", "action", arn)
        # The CDK lets a function be called by the alarm that is bound only, and a topic be told by none.
        admit(self, [arn])
        self._actions.append(arn)
        for alarm_id in bound:
            for state in ("AlarmActions", "OKActions"):
                self._resource(alarm_id).add_property_override(state, self._actions)

    def _resource(self, alarm_id: str) -> cdk.CfnResource:
        resources: Mapping[str, cdk.CfnResource] = {
            **self.alarms,
            **({} if self.composite is None else {NOT_FIT: self.composite}),
        }
        if alarm_id not in resources:
            refuse("EndpointAlarms", "alarm_id", f"be one of {', '.join(resources)}", alarm_id)
        return resources[alarm_id]

    def _composite(self, test: ShadowTest, names: Mapping[str, str]) -> cloudwatch.CfnCompositeAlarm | None:
        children = [names[spec.id] for spec in self.specs if spec.about in ("shadow", "comparison")]
        if not children:
            return None
        if len(children) > _MOST_CHILDREN or len(children) * _LONGEST_TERM > _LONGEST_RULE:
            fix = "make some rules report_only, or leave alarms out with Alerts(without=...)"
            most = min(_MOST_CHILDREN, _LONGEST_RULE // _LONGEST_TERM)
            refuse("EndpointAlarms", "rules", f"make at most {most} alarms about the shadow", len(children), fix)
        rule = " OR ".join(f'ALARM("{child}")' for child in children)
        actions = list(self._actions) or None
        return cloudwatch.CfnCompositeAlarm(
            self,
            "NotFit",
            alarm_description=f"[warning] The shadow of {test.endpoint_name} is not fit to promote: at least one "
            "alarm about it or about the comparison fires. Production is not touched. `shadow-test status` lists them; "
            "the gate has the last word.",
            alarm_rule=rule,
            alarm_actions=actions,
            ok_actions=actions,
        )
