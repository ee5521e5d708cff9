"""Planted faults."""

from __future__ import annotations

import pytest

from local_aws.errors import ServiceError
from local_aws.faults import Faults
from local_aws.loose import Json

SLOW = {"kind": "slow", "endpoint": "churn", "variant": "shadow", "milliseconds": 5}


def test_a_fault_concerns_its_endpoint_and_variant() -> None:
    """Nobody else is slow."""
    faults = Faults()
    faults.add(SLOW)

    assert faults.find("slow", "churn", "shadow") == SLOW
    assert faults.find("slow", "churn", "production") is None
    assert faults.find("slow", "fraud", "shadow") is None
    assert faults.find("fail", "churn", "shadow") is None


def test_a_later_fault_replaces_the_earlier() -> None:
    """The same kind on the same target is one fault."""
    faults = Faults()
    faults.add(SLOW)
    faults.add({**SLOW, "milliseconds": 9})
    faults.add({**SLOW, "variant": "production"})

    assert [fault["milliseconds"] for fault in faults.all()] == [9, 5]


def test_the_next_update_meets_one_fault_once() -> None:
    """A failed update replaces a silent rollback that was planted before, and is taken once."""
    faults = Faults()
    faults.add({"kind": "silent-rollback", "endpoint": "churn"})
    faults.add({"kind": "failed-update", "endpoint": "churn", "reason": "no capacity"})

    assert faults.take("fraud") is None
    taken = faults.take("churn")
    assert taken is not None
    assert taken["reason"] == "no capacity"
    assert faults.take("churn") is None


def test_containers_are_unhealthy_by_image_or_artifact() -> None:
    """A part of the image or of the artifact's URI is enough."""
    faults = Faults()
    faults.add({"kind": "unhealthy", "image": "xgboost:1.7"})
    faults.add({"kind": "unhealthy", "model_data": "/v2/"})

    assert faults.unhealthy("repo/xgboost:1.7-1", "s3://b/v1/m.tar.gz")
    assert faults.unhealthy("repo/xgboost:3.0", "s3://b/v2/m.tar.gz")
    assert not faults.unhealthy("repo/xgboost:3.0", "s3://b/v1/m.tar.gz")


def test_all_faults_can_be_turned_off() -> None:
    """After clearing nothing is wrong any more."""
    faults = Faults()
    faults.add(SLOW)
    faults.clear()

    assert faults.all() == []


def test_one_kind_of_fault_can_be_turned_off() -> None:
    """The others stay, and a kind that there isn't is refused."""
    faults = Faults()
    faults.add(SLOW)
    faults.add({"kind": "held-update", "endpoint": "churn"})
    faults.clear("held-update")

    assert faults.all() == [SLOW]
    with pytest.raises(ServiceError, match="unknown fault kind 'hold', known: "):
        faults.clear("hold")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "a JSON object"),
        ({}, "unknown fault kind None, known: silent-rollback, failed-update"),
        ({"kind": "fast"}, "unknown fault kind 'fast'"),
        ({"kind": "slow", "endpoint": "churn"}, "needs the key 'variant'"),
        ({**SLOW, "ms": 1}, "unknown key 'ms' for fault 'slow', known: endpoint, variant, milliseconds"),
        ({**SLOW, "milliseconds": "5"}, "wrong type: '5'"),
        ({**SLOW, "milliseconds": True}, "wrong type: True"),
        ({**SLOW, "milliseconds": -1}, "must be 0 to 60000, got -1"),
        ({"kind": "fail", "endpoint": "c", "variant": "v", "share": 2, "status": 500}, "must be 0 to 1, got 2"),
        ({"kind": "fail", "endpoint": "c", "variant": "v", "share": 1, "status": 200}, "must be 400 to 599"),
        ({"kind": "unhealthy"}, "exactly one of 'image' and 'model_data'"),
        ({"kind": "unhealthy", "image": "a", "model_data": "b"}, "exactly one of"),
    ],
)
def test_fails_wrong_faults_in_one_line(body: Json, said: str) -> None:
    """Unknown kinds and keys, missing keys, types and ranges are refused."""
    with pytest.raises(ServiceError, match=said) as refused:
        Faults().add(body)

    assert "\n" not in refused.value.message
    assert refused.value.status == 400


def test_calls_are_spoilt_as_often_as_asked() -> None:
    """A throttled operation is throttled so many times, and no other is."""
    faults = Faults()
    faults.add({"kind": "throttle", "operation": "DescribeEndpoint", "times": 2})
    faults.add({"kind": "kill-functions", "operation": "PutScalingPolicy"})

    assert [faults.take_call("DescribeEndpoint") for _ in range(3)] == ["throttle", "throttle", None]
    assert faults.take_call("DescribeScalableTargets") is None
    assert [faults.take_call("PutScalingPolicy") for _ in range(2)] == ["kill-functions", None]
    assert faults.all() == []
