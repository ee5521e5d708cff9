"""The steps of a deployment."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.sagemaker.traffic import Step, steps
from local_aws.tests.support import blue_green


def size(kind: str, value: int) -> dict[str, Any]:
    """A capacity size."""
    return {"Type": kind, "Value": value}


@pytest.mark.parametrize(
    ("deployment", "expected"),
    [
        (None, [Step(1.0, 0)]),
        ({}, [Step(1.0, 0)]),
        (blue_green(bake=300), [Step(1.0, 300)]),
        (
            blue_green("CANARY", bake=300, WaitIntervalInSeconds=60, CanarySize=size("CAPACITY_PERCENT", 10)),
            [Step(0.1, 60), Step(1.0, 300)],
        ),
        (
            blue_green("CANARY", WaitIntervalInSeconds=60, CanarySize=size("INSTANCE_COUNT", 1)),
            [Step(0.25, 60), Step(1.0, 0)],
        ),
        (
            blue_green("LINEAR", bake=300, WaitIntervalInSeconds=60, LinearStepSize=size("INSTANCE_COUNT", 2)),
            [Step(0.5, 60), Step(1.0, 300)],
        ),
        (
            {"RollingUpdatePolicy": {"MaximumBatchSize": size("CAPACITY_PERCENT", 50), "WaitIntervalInSeconds": 5}},
            [Step(0.5, 5), Step(1.0, 5)],
        ),
    ],
)
def test_traffic_shifts_in_the_steps_of_the_policy(deployment: dict[str, Any] | None, expected: list[Step]) -> None:
    """On four instances, each policy takes its share and its waits, and ends at all of the traffic."""
    assert expected == steps(deployment, instances=4)


def test_an_uneven_linear_step_still_ends_at_all() -> None:
    """Thirty percent makes four steps, the last of ten."""
    shares = [step.share for step in steps(blue_green("LINEAR", LinearStepSize=size("CAPACITY_PERCENT", 30)), 10)]

    assert pytest.approx(shares) == [0.3, 0.6, 0.9, 1.0]
