"""The gate over a live endpoint: what it reads, since when, and for what hardware."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

import pytest

from shadow_ops.aws.endpoint import Config, LiveEndpoint, LiveVariant
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.judge.live import judge_live, subject_of
from shadow_ops.judge.verdict import Outcome
from tests.ops.fake_cloudwatch import START, FakeCloudWatch, traffic

MINUTE = datetime.timedelta(minutes=1)
SHORT = GatePolicy(period_seconds=60, min_duration_minutes=0, min_requests=10, warm_up_minutes=0)


@dataclass(frozen=True)
class Services:
    """What the gate needs of the services."""

    cloudwatch: FakeCloudWatch


def variant(name: str, weight: float, instance_type: str | None = "ml.m5.xlarge") -> LiveVariant:
    """A variant that was asked to have one instance and has scaled to three."""
    count = None if instance_type is None else 1
    return LiveVariant(name, f"model-{name}", instance_type, count, None if count is None else 3, count, weight)


LIVE = LiveEndpoint(
    name="churn",
    arn="arn:aws:sagemaker:eu-west-1:123456789012:endpoint/churn",
    status="InService",
    config=Config("churn-config", START, (), (), None),
    production=(variant("production", 1),),
    shadow=variant("shadow", 0.5),
    failure_reason=None,
    modified=START + 7 * MINUTE,
)


def test_a_test_begins_when_the_config_that_serves_was_made() -> None:
    """Nothing older than the endpoint config is read, whatever else CloudWatch has of the variants."""
    fake = traffic(40)
    fake.put("shadow", "Invocations", "Sum", -30, 9)
    recording, _ = judge_live(Services(fake), LIVE, SHORT, None, START + 60 * MINUTE)
    assert recording.periods[0].start == START
    assert (recording.sampling_percent, recording.policy) == (50, SHORT)


def test_instances_are_those_that_run_with_their_cores() -> None:
    """The live counts are taken, not those the config began with; cores come from the table of instance types."""
    subject = subject_of(LIVE, Instances("ml.c5.2xlarge", 2))
    assert subject.production == Instances("ml.m5.xlarge", 3, vcpus=4, gpus=0)
    assert subject.promoted == Instances("ml.c5.2xlarge", 2, vcpus=8, gpus=0)


def test_an_unknown_instance_type_is_not_guessed() -> None:
    """Hardware that the table doesn't know has no cores, rather than some."""
    assert subject_of(LIVE, Instances("ml.z99.huge", 2)).promoted == Instances("ml.z99.huge", 2)


def test_serverless_variants_have_no_instances() -> None:
    """A variant without instances is none of zero instances."""
    serverless = replace(LIVE, production=(variant("production", 1, instance_type=None),))
    assert subject_of(serverless, None).production is None


def test_fails_without_a_shadow() -> None:
    """An endpoint whose shadow is gone is refused in one line."""
    with pytest.raises(InvalidValueError, match="churn: 'shadow' must be running, to be judged, got None; deploy"):
        judge_live(Services(FakeCloudWatch()), replace(LIVE, shadow=None), SHORT, None, START)


def test_fails_a_slow_shadow() -> None:
    """A shadow half as fast again is refused within the hour."""
    _, verdict = judge_live(Services(traffic(60, slower=1.5)), LIVE, SHORT, None, START + 62 * MINUTE)
    assert verdict.outcome is Outcome.FAIL


def test_passes_an_equal_shadow() -> None:
    """Two equal variants pass once there is enough to see, on hardware that holds the traffic."""
    fake, promoted = traffic(600), Instances("ml.m5.xlarge", 3)
    _, verdict = judge_live(Services(fake), LIVE, SHORT, promoted, START + 602 * MINUTE)
    assert verdict.outcome is Outcome.PASS, verdict


@pytest.mark.parametrize("minutes", [0, 1, 5])
def test_a_young_test_is_inconclusive(minutes: int) -> None:
    """Minutes after the beginning nothing is decided, and nothing is raised."""
    _, verdict = judge_live(Services(traffic(minutes)), LIVE, SHORT, None, START + minutes * MINUTE)
    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_a_silent_shadow_is_inconclusive() -> None:
    """A shadow without data never passes, however long it is silent."""
    _, verdict = judge_live(Services(traffic(600, shadow=False)), LIVE, SHORT, None, START + 602 * MINUTE)
    assert verdict.outcome is Outcome.INCONCLUSIVE
