"""The gate over a live endpoint: read both variants since the test began, and judge them."""

from __future__ import annotations

import datetime
from typing import Protocol

from shadow_ops.aws.boto import Client
from shadow_ops.aws.endpoint import LiveEndpoint, LiveVariant
from shadow_ops.contract.instances import Instances, hardware_of
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import refuse
from shadow_ops.judge import choose_period, judge
from shadow_ops.judge.verdict import Verdict
from shadow_ops.measure.metric_source import Subject, record
from shadow_ops.measure.recording import Recording


class CloudWatch(Protocol):
    """Whatever holds a boto3 client of CloudWatch."""

    @property
    def cloudwatch(self) -> Client:
        """The client."""


def judge_live(
    clients: CloudWatch,
    live: LiveEndpoint,
    policy: GatePolicy,
    promoted: Instances | None,
    now: datetime.datetime,
) -> tuple[Recording, Verdict]:
    """Judge the shadow test that an endpoint runs.

    The test is as old as the endpoint config that serves: a config is made right before it serves, and a managed test
    whose share was changed is as old as that change. Where CloudWatch has
    the figures of that config by themselves, they alone count; else all since it was made. A test that has just begun,
    or whose shadow is silent, simply has few periods.

    Args:
        clients: Holds the CloudWatch client.
        live: The endpoint, with a shadow.
        policy: What must hold.
        promoted: What the shadow's model would run on after the promotion; cores and GPUs are looked up where they are
            left out. None if it isn't known; then utilisation is not judged.
        now: The time.

    Returns:
        What was judged, and the verdict.

    Raises:
        InvalidValueError: If no shadow is beside production.
        MetricQueryError: If CloudWatch couldn't answer.
        ClientError: If a call is refused.
    """
    subject = subject_of(live, promoted)
    recording = record(clients.cloudwatch, subject, policy, since=live.began, now=now, choose=choose_period)
    return recording, judge(recording, policy)


def subject_of(live: LiveEndpoint, promoted: Instances | None) -> Subject:
    """What is to be read of an endpoint.

    Args:
        live: The endpoint, with a shadow.
        promoted: What the shadow's model would run on after the promotion, or None.

    Raises:
        InvalidValueError: If no shadow is beside production.
    """
    if live.shadow is None:
        refuse(live.name, "shadow", "be running, to be judged", None, "deploy the shadow test first")
    return Subject(
        endpoint=live.name,
        production_variant=live.production[0].name,
        shadow_variant=live.shadow.name,
        sampling_percent=live.sampling_percent,
        production=_running_on(live.production[0]),
        shadow=_running_on(live.shadow),
        promoted=None if promoted is None else known_instances(promoted.instance_type, promoted.count),
        config=live.config.name,
        captures=live.config.capture_uri is not None,
    )


def known_instances(instance_type: str, count: int) -> Instances:
    """Instances with their cores and GPUs, where the type is known."""
    hardware = hardware_of(instance_type)
    if hardware is None:
        return Instances(instance_type, count)
    return Instances(instance_type, count, vcpus=hardware.vcpus, gpus=hardware.gpus)


def _running_on(variant: LiveVariant) -> Instances | None:
    count = variant.initial_count if variant.current_count is None else variant.current_count
    if variant.instance_type is None or count is None:
        return None
    return known_instances(variant.instance_type, count)
