"""Application Auto Scaling of an endpoint's variants: read it, take it away, put it back."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from botocore.exceptions import ClientError
from botocore.session import get_session

from shadow_ops.aws.boto import Client, pages
from shadow_ops.aws.errors import error_code
from shadow_ops.contract.scaled import TIMES, Scaled, policy_fields, schedule_fields, tracked
from shadow_ops.contract.schedules import comes_due

LOG = logging.getLogger(__name__)

_NAMESPACE = "sagemaker"
_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
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

    def read(self, variants: Iterable[str]) -> dict[str, Scaled]:
        """What is registered, in full, for those of the variants that scale."""
        found: dict[str, Scaled] = {}
        torn = False
        for variant, target in self._targets(variants).items():
            of_variant = {"ResourceId": target["ResourceId"]}
            policies = self._pages("describe_scaling_policies", "ScalingPolicies", **of_variant)
            schedules = self._pages("describe_scheduled_actions", "ScheduledActions", **of_variant)
            found[variant] = _registered(variant, target, policies, schedules)
            torn = torn or not (policies and schedules)
        if torn:
            # What is deregistered between two of these calls has lost its policies and schedules: it scales no more.
            still = self._targets(found)
            found = {variant: one for variant, one in found.items() if variant in still}
        return found

    def deregister(self, variant: str) -> None:
        """Stop scaling a variant; its policies and scheduled actions go too. Fine if it doesn't scale."""
        _unless_missing(self._autoscaling.deregister_scalable_target, **self._key(variant))

    def prove(self, live: Iterable[str]) -> dict[str, Scaled]:
        """Put what is there once more, one of each kind; nothing changes.

        What is put was looked at right before: people may have changed it since anybody looked.

        Args:
            live: Variants that scale.

        Returns:
            How they scale now, as far as they still do.

        Raises:
            ClientError: If a call is refused: then it could not be given back once it was taken away.
        """
        proven: set[str] = set()
        listed: dict[str, tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]] = {}
        for variant in live:
            key = self._key(variant)
            if not listed:
                # What isn't said isn't changed (API operation RegisterScalableTarget).
                self._autoscaling.register_scalable_target(**key)
            schedules = self._pages("describe_scheduled_actions", "ScheduledActions", ResourceId=key["ResourceId"])
            if schedules and "schedule" not in proven:
                self._put_schedule(key, schedule_fields(schedules[0]))
                proven.add("schedule")
            policies = self._pages("describe_scaling_policies", "ScalingPolicies", ResourceId=key["ResourceId"])
            for policy in policies:
                if policy["PolicyType"] not in proven:
                    self._autoscaling.put_scaling_policy(**key, **policy_fields(policy))
                    proven.add(policy["PolicyType"])
            listed[variant] = (policies, schedules)
        # Last: what has been deregistered meanwhile has lost its policies and schedules.
        return {one: _registered(one, target, *listed[one]) for one, target in self._targets(listed).items()}

    def put(self, wanted: Scaled, live: Scaled | None) -> list[str]:
        """Make a variant scale as wanted; only what differs is touched, and nothing that it has beside that.

        But for a policy that follows the metric of one that is put: the service takes one of each.

        Args:
            wanted: How it shall scale.
            live: How it scales now; None if it doesn't.

        Returns:
            Alarms that people have to change, a sentence each.
        """
        key = self._key(wanted.variant)
        bounds = (wanted.minimum, wanted.maximum)
        suspended = {} if wanted.suspended is None else dict(wanted.suspended)
        if live is None or bounds != (live.minimum, live.maximum) or _differ(suspended, live.suspended):
            given = {"SuspendedState": suspended} if suspended else {}
            self._autoscaling.register_scalable_target(
                **key, MinCapacity=wanted.minimum, MaxCapacity=wanted.maximum, **given
            )
        left: list[str] = []
        there = {} if live is None else dict(live.policies)
        for name, policy in wanted.policies.items():
            known: Mapping[str, Any] = {} if live is None else live.step_alarms.get(name, {})
            call, calling = wanted.step_alarms.get(name, {}).get("alarms", ()), known.get("alarms", ())
            arn = known.get("arn")
            if there.get(name) != policy:
                for other in _in_the_way(name, policy, there):
                    _unless_missing(self._autoscaling.delete_scaling_policy, **key, PolicyName=other)
                    del there[other]
                arn = self._autoscaling.put_scaling_policy(**key, **policy)["PolicyARN"]
                there[name] = policy
            # Also of one that is there: whoever put it may have been stopped right then.
            alarms = [one for one in call if one not in calling]
            left += self._repoint(alarms, arn) if arn and alarms else ()
        for name, schedule in wanted.schedules.items():
            if live is None or live.schedules.get(name) != schedule:
                self._put_schedule(key, schedule)
        return left

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

    def _repoint(self, alarms: Sequence[str], arn: str) -> Iterator[str]:
        # A policy that is put again has a new ARN; the user's alarms that called an old one must call the new one.
        found = self._cloudwatch.describe_alarms(AlarmNames=alarms, AlarmTypes=["MetricAlarm"])
        for alarm in found["MetricAlarms"]:
            there = {name: alarm[name] for name in _ACTION_FIELDS if name in alarm}
            actions = {name: [arn if _of_one(arn, one) else one for one in called] for name, called in there.items()}
            if actions == there:
                continue
            fields = {name: alarm[name] for name in _alarm_fields() if alarm.get(name) is not None}
            try:
                self._cloudwatch.put_metric_alarm(**fields, **actions)
            except ClientError as error:
                if error_code(error) not in _DENIED:
                    raise
                # The policy itself is back. To fail here would only roll back, and put it again with yet another ARN.
                said = (
                    f"the alarm {alarm['AlarmName']} calls a step scaling policy that has a new ARN now, and the guard "
                    f"may not change it: put {arn} into its actions in the place of the old one"
                )
                LOG.error("%s (%s)", said, error)
                yield said

    def _targets(self, variants: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """The scalable targets of those of the variants that scale."""
        by_resource = {self._resource(variant): variant for variant in variants}
        if not by_resource:
            return {}
        found = self._pages("describe_scalable_targets", "ScalableTargets", ResourceIds=list(by_resource))
        return {by_resource[target["ResourceId"]]: target for target in found}

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


def _in_the_way(name: str, policy: Mapping[str, Any], there: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names of other policies that follow the metric of one that is put."""
    metric = tracked(policy)
    return [other for other, one in there.items() if other != name and metric is not None and tracked(one) == metric]


def _of_one(arn: str, other: str) -> bool:
    """Whether two ARNs are of policies of the same name and variant: what is before differs each time one is put."""
    return arn.partition(":resource/")[2] == other.partition(":resource/")[2]


@cache
def _alarm_fields() -> frozenset[str]:
    """What an alarm is put by, its actions aside: every member that the installed API model has."""
    shape: Any = get_session().get_service_model("cloudwatch").operation_model("PutMetricAlarm").input_shape
    return frozenset(shape.members).difference(_ACTION_FIELDS, ("Tags",))


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
            one["PolicyName"]: {
                "arn": one["PolicyARN"],
                "alarms": [on["AlarmName"] for on in one.get("Alarms", ())],
            }
            for one in listed
            # The alarms of target tracking are the service's own: it makes new ones.
            if one["PolicyType"] == "StepScaling"
        },
    )


def _timed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A scheduled action with its times as boto3 takes them."""
    times = {name: datetime.datetime.fromisoformat(fields[name]) for name in TIMES if name in fields}
    return {**fields, **times}
