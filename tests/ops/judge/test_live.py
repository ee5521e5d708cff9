"""What is read of a live endpoint, and on what each variant runs."""

from __future__ import annotations

import datetime
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.judge.live import judge_live, known_instances, subject_of
from shadow_ops.judge.verdict import Outcome
from tests.ops.fake_cloudwatch import START, traffic


def variant(name: str, kind: str | None, initial: int | None = 2, current: int | None = None) -> SimpleNamespace:
    """A variant as it is described."""
    return SimpleNamespace(name=name, instance_type=kind, initial_count=initial, current_count=current)


def endpoint(shadow: SimpleNamespace | None, production: SimpleNamespace | None = None) -> LiveEndpoint:
    """An endpoint as it is described."""
    found = SimpleNamespace(
        name="churn",
        production=(production or variant("production", "ml.m5.xlarge"),),
        shadow=shadow,
        sampling_percent=50.0,
        config=SimpleNamespace(name="churn-2", created=START, capture_uri=None),
    )
    return cast("LiveEndpoint", found)


def test_instances_are_those_that_run_now_else_those_that_were_asked_for() -> None:
    """Scaling changes the count; a variant without instances, such as a serverless one, has none that are known."""
    shadow, none = variant("shadow", "ml.m5.xlarge", 2, 5), variant("production", None)
    subject = subject_of(endpoint(shadow, none), None)
    assert subject.shadow == Instances("ml.m5.xlarge", 5, 4, 0)
    assert (subject.production, subject.promoted) == (None, None)
    assert subject_of(endpoint(variant("shadow", "ml.m5.xlarge", 3)), None).shadow == Instances("ml.m5.xlarge", 3, 4, 0)
    assert subject_of(endpoint(variant("shadow", "ml.m5.xlarge", 3, 0)), None).shadow == Instances(
        "ml.m5.xlarge", 0, 4, 0
    )
    assert subject_of(endpoint(variant("shadow", "ml.m5.xlarge", None)), None).shadow is None


def test_what_is_promoted_gets_its_cores_and_its_gpus() -> None:
    """Of a type that is known; of another the count alone."""
    promoted = subject_of(endpoint(variant("shadow", "ml.m5.xlarge")), Instances("ml.g5.12xlarge", 2)).promoted
    assert promoted == known_instances("ml.g5.12xlarge", 2) == Instances("ml.g5.12xlarge", 2, 48, 4)
    assert known_instances("ml.zz9.large", 1) == Instances("ml.zz9.large", 1)
    subject = subject_of(endpoint(variant("shadow", "ml.m5.xlarge")), None)
    assert (subject.endpoint, subject.production_variant, subject.shadow_variant) == ("churn", "production", "shadow")
    assert (subject.sampling_percent, subject.config, subject.captures) == (50.0, "churn-2", False)


def test_without_a_shadow_there_is_nothing_to_judge() -> None:
    """One line with the fix."""
    with pytest.raises(InvalidValueError, match="deploy the shadow test first"):
        subject_of(endpoint(None), None)


def test_a_live_endpoint_is_judged_since_its_config_was_made() -> None:
    """By what CloudWatch has of both variants."""
    clients: Any = SimpleNamespace(cloudwatch=traffic(600))
    live = replace_config(endpoint(variant("shadow", "ml.m5.xlarge")), START + datetime.timedelta(minutes=100))
    recording, verdict = judge_live(clients, live, GatePolicy(), None, START + datetime.timedelta(minutes=600))
    assert recording.periods[0].start == START + datetime.timedelta(minutes=100)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert replace(recording, endpoint="churn") == recording


def replace_config(live: LiveEndpoint, created: datetime.datetime) -> LiveEndpoint:
    """The endpoint with a config made at another time, and a test that is as old."""
    cast("Any", live).config = SimpleNamespace(name=live.config.name, created=created, capture_uri=None)
    cast("Any", live).began = created
    return live
