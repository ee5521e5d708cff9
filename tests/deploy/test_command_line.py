"""The command line against a real deployment: a process of its own, the real boto3, the stack's own settings."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal import environment, seen
from tests.deploy.support import Case, gated

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def case(ground: Any) -> Iterator[Case]:  # noqa: ANN401 - the ground's class is private to the fixtures
    """A shadow test, deployed."""
    case: Case = ground.case(gated)
    case.deploy("shadow").check()
    case.take_time()
    yield case
    ground.clear(case)


@pytest.fixture(scope="module")
def run(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a command in a process of its own."""
    variables = environment.for_cdk(case.local.endpoint_url, tmp_path_factory.mktemp("home"))

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "shadow_ops", *(str(one) for one in arguments)]
        return subprocess.run(
            command, cwd=environment.PROJECT, env=variables, capture_output=True, text=True, timeout=120, check=False
        )

    return run


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten requests."""
    file = tmp_path_factory.mktemp("rows") / "rows.csv"
    file.write_text("".join(f"customer {number}\n" for number in range(10)))
    return file


@pytest.fixture(scope="module")
def sent(run: Run, rows: Path, case: Case) -> dict[str, Any]:
    """Ten seconds of forty requests a second, sent by the command line itself."""
    assert run("gate", case.name).returncode == 4
    done = run("send", case.name, rows, "--repeat", "40", "--rate", "40", "--id-prefix", "cli", "--format", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_requests_are_sent_at_the_pace_that_was_asked_for(sent: dict[str, Any]) -> None:
    """All are answered by production, at forty a second."""
    assert (sent["answered"], sent["failed"], sent["variants"]) == (400, 0, {"production": 400})
    assert sent["per_second"] == pytest.approx(40, rel=0.05)


@pytest.mark.usefixtures("sent")
def test_captured_answers_join_by_the_ids_that_were_sent(case: Case) -> None:
    """Both variants' records carry the InferenceIds of the command line."""

    def joined() -> bool:
        records = seen.captured(case.local.client("s3"), case.outputs()["CapturedData"])
        ids = {one.inference_id for pair in seen.pairs(records, "production", "shadow") for one in pair}
        return {f"cli-{number}" for number in range(400)} <= ids

    seen.until("the records have arrived", 30, joined)


@pytest.mark.usefixtures("sent")
def test_the_gate_judges_by_the_stacks_own_policy(run: Run, case: Case, tmp_path: Path) -> None:
    """Two equally fast models pass the policy in the template; the recording passes without any AWS."""
    file = tmp_path / "seen.json"
    # How much a busy machine's seconds resemble each other decides how many it takes.
    with case.traffic(rate=40):
        live = run("gate", case.name, "--wait", "100s", "--record", file)
    assert live.returncode == 0, live.stdout + live.stderr
    assert "PASS: all 4 deciding rules hold" in live.stdout
    replayed = run("gate", "--replay", file, "--region", "nowhere-1")
    assert (replayed.returncode, replayed.stdout) == (0, live.stdout)


@pytest.mark.usefixtures("sent")
def test_both_variants_are_compared(run: Run, case: Case) -> None:
    """Requests of both variants, their latency in milliseconds and its difference are there."""

    def compared() -> dict[str, Any]:
        done = run("compare", case.name, "--since", "10m", "--format", "json")
        assert done.returncode == 0, done.stderr
        return {one["name"]: one for one in json.loads(done.stdout)["metrics"]}

    def complete() -> bool:
        requests = compared()["Invocations"]
        return bool(requests["production"]["count"] == requests["shadow"]["count"] >= 400)

    # The last second is only read when it can't change any more.
    seen.until("every request is in a period that is over", 10, complete)
    metrics = compared()
    latency = metrics["ModelLatency"]
    assert 0 < latency["production"]["minimum"] <= latency["production"]["p50"] <= latency["production"]["p99"] < 1000
    assert "p50" in latency["interval"]
    assert metrics["Invocation5XXErrors"]["shadow"]["average"] == 0


def test_status_shows_what_the_stack_deployed(run: Run, case: Case) -> None:
    """Versions, counts, config, alarms and capture are those of the stack, and nothing differs from the code."""
    done = run("status", case.name, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [(one["name"], one["version"], one["current_count"]) for one in found["variants"]] == [
        ("production", "v1", 2),
        ("shadow", "v2", 1),
    ]
    assert found["endpoint_config"] == found["expected_endpoint_config"] == case.serving().config_name
    assert (found["status"], found["sampling_percent"], found["drifts"]) == ("InService", 100, [])
    assert found["alarms"]
    assert all(alarm["state"] != "MISSING" for alarm in found["alarms"])


def test_a_drift_by_hand_is_shown(run: Run, case: Case) -> None:
    """A count changed past CloudFormation stands out, and goes again when it is set right."""
    sagemaker = case.local.client("sagemaker")
    for count, drifts in ((1, 1), (2, 0)):
        wanted = [{"VariantName": "production", "DesiredInstanceCount": count}]
        sagemaker.update_endpoint_weights_and_capacities(EndpointName=case.name, DesiredWeightsAndCapacities=wanted)
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=case.name, WaiterConfig={"Delay": 1})
        assert len(json.loads(run("status", case.name, "--format", "json").stdout)["drifts"]) == drifts


def test_nothing_was_promoted_yet(run: Run, case: Case) -> None:
    """A test that has only run has no history."""
    done = run("history", case.name)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_mistyped_endpoint_lists_those_that_are_there(run: Run, case: Case) -> None:
    """The real service's answer to an unknown name becomes a sentence with the names near it."""
    done = run("gate", case.name + "x")
    assert done.returncode == 1
    assert f"there is {case.name}" in done.stderr
