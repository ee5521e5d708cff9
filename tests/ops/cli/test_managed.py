"""What `status` and `list` say of a managed test: its state, until when, the share, and what then is to do."""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any

import pytest

from shadow_ops.contract.declaring import to_parameters
from shadow_ops.contract.managed import course_name, ramp_name
from shadow_ops.managed.ramp import Course, Ramp
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import DECLARED, NOW, Services
from tests.ops.managed.world import TEST, World
from tests.ops.parameter_store import aws_error

CREATED = "begins at 2026-11-02 08:00 UTC and will copy 50 % of the requests"
CASES: dict[str, tuple[str, bool, str, str]] = {
    "to begin": ("Created", False, CREATED, "shadow-test conclude churn cancel"),
    "runs": ("Running", False, "copies 50 % of the requests until 2026-11-09 08:00 UTC", "promote|remove"),
    "starts": ("Starting", False, "is Starting", "wait"),
    "over": ("Completed", False, "production serves as before", "shadow-test conclude churn promote"),
    "promoted": ("Completed", True, "its candidate serves", "destroy the test's stack"),
    "cancelled": ("Cancelled", False, "is Cancelled since 2026-11-03", "destroy its stack"),
}


def managed(services: Services, status: str, *, promoted: bool = False, retained: bool = False) -> dict[str, Any]:
    """An endpoint with the test of a stack."""
    test = World(status if status in ("Created", "Running", "Completed", "Cancelled") else "Running").test
    assert test is not None
    live = services.configs["churn-config"]
    test["Status"] = status
    test["EndpointMetadata"]["EndpointConfigName"] = "churn-config" if status == "Running" else "another"
    variants = (live["ProductionVariants"][0], live["ShadowProductionVariants"][0])
    for said, serves in zip(test["ModelVariants"], variants, strict=True):
        said["ModelName"] = serves["ModelName"]
    if status in ("Completed", "Cancelled") and not retained:
        del live["ShadowProductionVariants"]
    if promoted:
        test["ModelVariants"].reverse()
        for one, name in zip(test["ModelVariants"], ("production", "shadow"), strict=True):
            one["VariantName"] = name
    services.experiments = [test]
    said = dataclasses.replace(DECLARED, config=TEST, experiment=TEST)
    services.parameters |= {name: [text] for name, text in to_parameters(said, "churn").items()}
    return test


@pytest.mark.parametrize("case", CASES)
def test_status_says_what_a_managed_test_is_at_and_what_comes_next(run: Run, services: Services, case: str) -> None:
    """In one line, with the command; and as JSON."""
    status, promoted, words, command = CASES[case]
    managed(services, status, promoted=promoted)
    text = " ".join(run("status", "churn").stdout.split())
    assert f"managed test: {TEST} {words}" in text or words in text
    assert command in text
    found = json.loads(run("status", "churn", "--format", "json").stdout)["managed"]
    assert (found["name"], found["status"], found["sampling_percent"]) == (TEST, status, 50)


def test_status_knows_a_test_that_the_console_has_made(run: Run, services: Services) -> None:
    """No stack says anything; who may not list tests sees all else."""
    managed(services, "Running")
    for name in [one for one in services.parameters if one.startswith("/shadow-test/churn")]:
        del services.parameters[name]
    assert f"managed test: {TEST} copies 50 % of the requests" in " ".join(run("status", "churn").stdout.split())
    services.errors["ListInferenceExperiments"] = aws_error("AccessDeniedException", "no", "ListInferenceExperiments")
    found = run("status", "churn")
    assert (found.exit_code, "managed test" in found.stdout) == (0, False)


@pytest.mark.parametrize(
    ("course", "words"),
    [
        ({}, "ramp: 1, 50, 100 % every 6 h, asked for by ada"),
        # Whatever modifies the test has the share looked at anew: the time of the course is none to go by.
        ({"taken": ((50, NOW - datetime.timedelta(days=1)),)}, "100 % from 2026-11-03 00:02 UTC"),
        (
            {"taken": ((50, NOW),), "ramp": "old"},
            "100 % at the watch's next look, unless the gate says FAIL",
        ),
        ({"ended": "FAIL at 50 %: slow"}, "it has ended: FAIL at 50 %: slow"),
    ],
)
def test_status_says_where_a_ramp_is(run: Run, services: Services, course: dict[str, Any], words: str) -> None:
    """What is next and when, or why it has ended."""
    managed(services, "Running")
    every = datetime.timedelta(hours=6)
    old, course = "ramp" in course, {name: one for name, one in course.items() if name != "ramp"}
    at = NOW - datetime.timedelta(days=old)
    managed(services, "Running")["LastModifiedTime"] = NOW - datetime.timedelta(days=old)
    services.configs["churn-config"]["CreationTime"] = at
    asked = Ramp(
        id="1", experiment=TEST, steps=(1, 50, 100), every=every, by="ada", at=NOW - datetime.timedelta(days=1)
    )
    services.parameters[ramp_name("churn")] = [json.dumps(asked.to_json())]
    services.parameters[course_name("churn")] = [json.dumps(Course(ramp="1", **course).to_json())]
    assert words in " ".join(run("status", "churn").stdout.split())


def test_status_says_that_a_ramp_can_not_be_read(run: Run, services: Services) -> None:
    """And shows all else."""
    managed(services, "Running")
    services.parameters[ramp_name("churn")] = ["{}"]
    text = " ".join(run("status", "churn").stdout.split())
    assert "ramp: can't be read" in text
    assert "shadow-test sampling churn --ramp" in text


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("Created", "managed test from 2026-11-02 08:00 UTC"),
        ("Running", "managed test Running until 2026-11-09 08:00 UTC"),
        ("Completed", "managed test Completed"),
    ],
)
def test_list_says_until_when_a_managed_test_runs(run: Run, services: Services, status: str, words: str) -> None:
    """Beside the phase, which stays what it is for scripts."""
    managed(services, status)
    assert words in run("list").stdout
    [found] = json.loads(run("list", "--format", "json").stdout)
    assert found["managed"]["ends"] == "2026-11-09T08:00:00+00:00"


@pytest.mark.parametrize("whose", ["a stack's", "the console's"])
@pytest.mark.parametrize("command", ["status", "gate", "compare"])
def test_a_test_without_its_endpoint_is_told_with_what_ends_it(
    run: Run, services: Services, command: str, whose: str
) -> None:
    """Whoever asks for the endpoint reads of the test, which goes on; of one that is over there is nothing to do."""
    test = managed(services, "Running")
    del services.endpoints["churn"]
    if whose != "a stack's":
        services.parameters.clear()
    said = " ".join(run(command, "churn").stderr.split())
    assert f"the endpoint churn is gone, so nothing can be promoted on it; its managed test {TEST} is Running" in said
    assert "until 2026-11-09 08:00 UTC, and measures nothing; to end it: shadow-test conclude churn cancel" in said
    test["Status"] = "Cancelled"
    said = " ".join(run(command, "churn").stderr.split())
    assert ("nothing is left to do" if whose == "a stack's" else "there is no endpoint 'churn'") in said


def test_who_may_not_look_for_tests_is_told_that_the_endpoint_is_not_there(run: Run, services: Services) -> None:
    """As where there never was a test."""
    del services.endpoints["churn"]
    services.errors["ListInferenceExperiments"] = aws_error("AccessDeniedException", "no", "ListInferenceExperiments")
    assert "there is no endpoint 'churn'" in run("status", "churn").stderr


def test_list_names_the_test_of_an_endpoint_that_is_gone(run: Run, services: Services) -> None:
    """Beside the phase."""
    managed(services, "Running")
    del services.endpoints["churn"]
    assert "gone; managed test Running until 2026-11-09 08:00 UTC" in run("list").stdout


def test_status_says_that_a_running_test_is_not_what_serves(run: Run, services: Services) -> None:
    """The endpoint was made anew, or updated by hand: nothing is copied, and the end would undo that."""
    managed(services, "Running")["EndpointMetadata"]["EndpointConfigName"] = "another"
    text = " ".join(run("status", "churn").stdout.split())
    assert "churn serves by another config, so it measures nothing" in text
    assert "copies 50 %" not in text


@pytest.mark.parametrize("whose", ["a stack's", "the console's"])
def test_status_names_the_ways_out_for_a_retained_shadow(run: Run, services: Services, whose: str) -> None:
    """Whoever has retained it; it is paid for."""
    test = managed(services, "Completed", retained=True)
    test["CompletionTime"] = NOW
    if whose != "a stack's":
        services.parameters.clear()
    text = " ".join(run("status", "churn").stdout.split())
    assert "its shadow was retained: it goes on beside production, and is paid for" in text
    assert "shadow-test conclude churn remove; to promote it: shadow-test conclude churn promote" in text


@pytest.mark.parametrize("status", ["Creating", "Created", "Starting", "Running", "Updating", "Stopping", "Completed"])
def test_list_has_the_endpoints_that_only_a_test_of_the_console_is_on(
    run: Run, services: Services, status: str
) -> None:
    """No stack says anything of them; until the test is over. Who may not list tests sees none."""
    managed(services, status)
    services.parameters.clear()
    over = status == "Completed"
    found = json.loads(run("list", "--format", "json").stdout)
    assert [(one["endpoint"], one["managed"]["status"]) for one in found] == ([] if over else [("churn", status)])
    assert ("managed test" in run("list").stdout) is not over
    services.errors["ListInferenceExperiments"] = aws_error("AccessDeniedException", "no", "ListInferenceExperiments")
    denied = run("list")
    assert (denied.exit_code, denied.stdout) == (0, "")
    assert "no managed test is on one" in denied.stderr


@pytest.mark.parametrize(("own", "shown"), [("Running", TEST), ("Created", TEST), ("Completed", "theirs")])
def test_list_shows_the_test_of_the_console_once_the_stack_s_is_over(
    run: Run, services: Services, own: str, shown: str
) -> None:
    """Both of one endpoint: the one that something is left to do about."""
    test = managed(services, own)
    services.experiments = [{**test, "Name": "theirs", "Status": "Created"}, test]
    [found] = json.loads(run("list", "--format", "json").stdout)
    assert found["managed"]["name"] == shown
