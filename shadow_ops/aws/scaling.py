"""Application Auto Scaling of an endpoint's variants: read it, take it away, put it back."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from botocore.exceptions import ClientError

from shadow_ops.aws.boto import Client, pages
from shadow_ops.aws.errors import error_code
from shadow_ops.contract.scaled import TIMES, Scaled, policy_fields, schedule_fields
from shadow_ops.contract.schedules import comes_due

LOG = logging.getLogger(__name__)

_NAMESPACE = "sagemaker"
_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
# Fields of an alarm that PutMetricAlarm takes, of those that DescribeAlarms gives (API shape PutMetricAlarmInput).
_ALARM_FIELDS = (
    "AlarmName",
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
    "Metrics",
    "ThresholdMetricId",
)
# What CloudWatch answers who lacks a right, by protocol (API, common errors).
_DENIED = ("AccessDenied", "AccessDeniedException")
_ACTION_FIELDS = ("OKActions", "AlarmActions", "InsufficientDataActions")


class Services(Protocol):
    """Whatever holds boto3 clients of these."""

    @property
    def autoscaling(self) -> Client:
        """Application Auto Scaling."""

    @property
    def cloudwatch(self) -> Client:
        """Alarms of step scaling policies."""


class Scaling:
    """The scaling of one endpoint's variants.

    Args:
        clients: The services.
        endpoint: The endpoint's name.
    """

    def __init__(self, clients: Services, endpoint: str) -> None:
        self._autoscaling = clients.autoscaling
        self._cloudwatch = clients.cloudwatch
        self._endpoint = endpoint

    def read(self, variants: Iterable[str] | Mapping[str, Scaled]) -> dict[str, Scaled]:
        """What is registered, in full, for those of the variants that scale; if it is as was known, at a call less."""
        found: dict[str, Scaled] = {}
        by_resource = {self._resource(variant): variant for variant in variants}
        if not by_resource:
            return found
        targets = self._pages("describe_scalable_targets", "ScalableTargets", ResourceIds=list(by_resource))
        torn = False
        for target in targets:
            variant = by_resource[target["ResourceId"]]
            of_variant = {"ResourceId": target["ResourceId"]}
            policies = self._pages("describe_scaling_policies", "ScalingPolicies", **of_variant)
            schedules = self._pages("describe_scheduled_actions", "ScheduledActions", **of_variant)
            found[variant] = _registered(variant, target, policies, schedules)
            torn = torn or not (policies and schedules)
        if torn and found != variants:
            # What is deregistered between two of these calls has lost its policies and schedules: it scales no more.
            still = self._pages("describe_scalable_targets", "ScalableTargets", ResourceIds=list(by_resource))
            there = {by_resource[target["ResourceId"]] for target in still}
            found = {variant: one for variant, one in found.items() if variant in there}
        return found

    def deregister(self, variant: str) -> None:
        """Stop scaling a variant; its policies and scheduled actions go too. Fine if it doesn't scale."""
        _unless_missing(self._autoscaling.deregister_scalable_target, **self._key(variant))

    def prove(self, live: Iterable[Scaled]) -> None:
        """Put what is there once more, one of each kind; nothing changes.

        Raises:
            ClientError: If a call is refused: then it could not be given back once it was taken away.
        """
        proven: set[str] = set()
        for one in live:
            key = self._key(one.variant)
            if "target" not in proven:
                # What isn't said isn't changed (API operation RegisterScalableTarget).
                self._autoscaling.register_scalable_target(**key)
            for policy in one.policies.values():
                if policy["PolicyType"] not in proven:
                    self._autoscaling.put_scaling_policy(**key, **policy)
                    proven.add(policy["PolicyType"])
            for schedule in one.schedules.values():
                if "schedule" not in proven:
                    self._put_schedule(key, schedule)
                    proven.add("schedule")
            proven.add("target")

    def put(self, wanted: Scaled, live: Scaled | None) -> None:
        """Make a variant scale as wanted; only what differs is touched, and nothing that it has beside that.

        Args:
            wanted: How it shall scale.
            live: How it scales now; None if it doesn't.
        """
        key = self._key(wanted.variant)
        bounds = (wanted.minimum, wanted.maximum)
        suspended = {} if wanted.suspended is None else dict(wanted.suspended)
        if live is None or bounds != (live.minimum, live.maximum) or _differ(suspended, live.suspended):
            given = {"SuspendedState": suspended} if suspended else {}
            self._autoscaling.register_scalable_target(
                **key, MinCapacity=wanted.minimum, MaxCapacity=wanted.maximum, **given
            )
        for name, policy in wanted.policies.items():
            if live is None or live.policies.get(name) != policy:
                put = self._autoscaling.put_scaling_policy(**key, **policy)
                self._repoint(wanted.step_alarms.get(name), put["PolicyARN"])
        for name, schedule in wanted.schedules.items():
            if live is None or live.schedules.get(name) != schedule:
                self._put_schedule(key, schedule)

    def remove(self, variant: str, live: Scaled, policies: Iterable[str], schedules: Iterable[str]) -> None:
        """Remove policies and scheduled actions by name, as far as they are there."""
        key = self._key(variant)
        for name in policies:
            if name in live.policies:
                _unless_missing(self._autoscaling.delete_scaling_policy, **key, PolicyName=name)
        for name in schedules:
            if name in live.schedules:
                _unless_missing(self._autoscaling.delete_scheduled_action, **key, ScheduledActionName=name)

    def _put_schedule(self, key: Mapping[str, str], schedule: Mapping[str, Any]) -> None:
        try:
            self._autoscaling.put_scheduled_action(**key, **_timed(schedule))
        except ClientError as error:
            if error_code(error) != "ValidationException":
                raise
            if _over(schedule):
                LOG.info("not put again, its time has come: %s (%s)", schedule["ScheduledActionName"], error)
            elif _begun(schedule):
                # It began before it was recorded: without its start it goes on at once, as it did.
                rest = {name: value for name, value in schedule.items() if name != "StartTime"}
                self._autoscaling.put_scheduled_action(**key, **_timed(rest))
            else:
                raise

    def _repoint(self, before: Mapping[str, Any] | None, arn: str) -> None:
        # A policy that is put again has a new ARN; the user's alarms that called the old one must call the new one.
        if before is None or before["arn"] == arn:
            return
        found = self._cloudwatch.describe_alarms(AlarmNames=list(before["alarms"]), AlarmTypes=["MetricAlarm"])
        for alarm in found["MetricAlarms"]:
            fields = {name: alarm[name] for name in _ALARM_FIELDS if alarm.get(name) is not None}
            for name in _ACTION_FIELDS:
                if name in fields:
                    fields[name] = [arn if action == before["arn"] else action for action in fields[name]]
            try:
                self._cloudwatch.put_metric_alarm(**fields)
            except ClientError as error:
                if error_code(error) not in _DENIED:
                    raise
                # The policy itself is back. To fail here would only roll back, and put it again with yet another ARN.
                LOG.error(
                    "the alarm %s calls a step scaling policy that has a new ARN now, and the guard may not change it: "
                    "replace %s with %s in its actions (%s)",
                    alarm["AlarmName"],
                    before["arn"],
                    arn,
                    error,
                )

    def _pages(self, operation: str, member: str, **arguments: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 - of three operations
        call = getattr(self._autoscaling, operation)
        listed = pages(call, ServiceNamespace=_NAMESPACE, ScalableDimension=_DIMENSION, **arguments)
        return [one for page in listed for one in page[member]]

    def _resource(self, variant: str) -> str:
        return f"endpoint/{self._endpoint}/variant/{variant}"

    def _key(self, variant: str) -> dict[str, str]:
        return {
            "ServiceNamespace": _NAMESPACE,
            "ResourceId": self._resource(variant),
            "ScalableDimension": _DIMENSION,
        }


def _unless_missing(call: Any, **arguments: Any) -> None:  # noqa: ANN401 - a boto3 method and its arguments
    try:
        call(**arguments)
    except ClientError as error:
        if error_code(error) != "ObjectNotFoundException":
            raise


def _differ(wanted: Mapping[str, bool], live: Mapping[str, bool] | None) -> bool:
    # What isn't said isn't changed by a registration, and what was never said is not suspended.
    return any((live or {}).get(name, False) != flag for name, flag in wanted.items())


def _over(schedule: Mapping[str, Any]) -> bool:
    # Refused although it was accepted once: a one-time action can only have come due.
    return str(schedule["Schedule"]).startswith("at(") or not comes_due(schedule, datetime.datetime.now(datetime.UTC))


def _begun(schedule: Mapping[str, Any]) -> bool:
    start = schedule.get("StartTime")
    return start is not None and datetime.datetime.fromisoformat(start) <= datetime.datetime.now(datetime.UTC)


def _registered(
    variant: str,
    target: Mapping[str, Any],
    policies: Iterable[Mapping[str, Any]],
    schedules: Iterable[Mapping[str, Any]],
) -> Scaled:
    """A variant's scaling from what Application Auto Scaling describes."""
    listed = list(policies)
    return Scaled(
        variant=variant,
        minimum=target["MinCapacity"],
        maximum=target["MaxCapacity"],
        suspended=dict(target.get("SuspendedState") or {}),
        policies={one["PolicyName"]: policy_fields(one) for one in listed},
        schedules={one["ScheduledActionName"]: schedule_fields(one) for one in schedules},
        step_alarms={
            one["PolicyName"]: {"arn": one["PolicyARN"], "alarms": [alarm["AlarmName"] for alarm in one["Alarms"]]}
            for one in listed
            # The alarms of target tracking are the service's own: it makes new ones.
            if one["PolicyType"] == "StepScaling" and one.get("Alarms")
        },
    )


def _timed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A scheduled action with its times as boto3 takes them."""
    times = {name: datetime.datetime.fromisoformat(fields[name]) for name in TIMES if name in fields}
    return {**fields, **times}
