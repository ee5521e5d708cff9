"""The control calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local_aws.control import Control
from local_aws.metrics.store import MetricKey, MetricStore
from local_aws.settings import Settings
from local_aws.tests.support import REGION, Objects, model, run
from local_aws.world import World


class Alarms:
    """No alarms."""

    def names(self, _region: str) -> set[str]:
        """Return nothing."""
        return set()

    def in_alarm(self, _region: str, _names: list[str]) -> list[str]:
        """Return nothing."""
        return []

    def evaluate(self) -> None:
        """Do nothing."""


class Desk:
    """A world and its control."""

    def __init__(self, root: Path) -> None:
        self.world = World(Settings(), root, Objects(), Alarms(), MetricStore())
        self.resets = 0
        self.control = Control(self.world, self._reset)

    async def _reset(self) -> None:
        self.resets += 1

    def __call__(self, method: str, path: str, body: str = "") -> tuple[int, dict[str, Any]]:
        """Status and decoded answer of a call."""
        status, _, answer = run(self.control.handle(method, f"/_local/{path}", body.encode()))
        return status, json.loads(answer)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A fresh world."""
    return Desk(tmp_path)


def test_faults_are_planted_listed_and_turned_off(desk: Desk) -> None:
    """The three calls on faults."""
    fault = {"kind": "unmirrored", "endpoint": "churn"}

    assert desk("POST", "faults", json.dumps(fault)) == (200, {"fault": fault})
    assert desk("GET", "faults") == (200, {"faults": [fault]})
    assert desk("DELETE", "faults") == (200, {"faults": []})


@pytest.mark.parametrize(("body", "said"), [("{", "not JSON"), ('{"kind": "x"}', "unknown fault kind 'x'")])
def test_fails_wrong_faults_with_one_line(desk: Desk, body: str, said: str) -> None:
    """Status 400 and what to do about it."""
    status, answer = desk("POST", "faults", body)

    assert status == 400
    assert said in answer["error"]


def test_fails_unknown_calls(desk: Desk) -> None:
    """What there is, is listed."""
    status, answer = desk("PUT", "faults")

    assert status == 404
    assert "GET health" in answer["error"]


def test_health_counts_what_there_is(desk: Desk) -> None:
    """Models, endpoints and processes."""
    desk.world.sagemaker.call(REGION, "CreateModel", model("v1"))

    _, answer = desk("GET", "health")

    assert (answer["status"], answer["models"], answer["model_servers"]) == ("ok", 1, [])


def test_a_reset_forgets_everything(desk: Desk) -> None:
    """Models, metrics and faults are gone, and ministack is reset too."""
    desk.world.sagemaker.call(REGION, "CreateModel", model("v1"))
    desk.world.store.record(MetricKey(REGION, "n", "m", ()), "None", 1, 1.0)
    desk("POST", "faults", '{"kind": "unmirrored", "endpoint": "churn"}')

    assert desk("POST", "reset") == (200, {"reset": "ok"})
    assert desk.resets == 1
    assert desk.world.sagemaker.counts() == {}
    assert desk.world.store.keys(REGION) == []
    assert desk.world.faults.all() == []
