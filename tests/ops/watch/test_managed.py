"""The watch over a managed test: it judges the run by its own word, and tells once that it is over."""

from __future__ import annotations

import dataclasses
import datetime
import json

import pytest

from shadow_ops.aws.looks import look_name
from shadow_ops.contract.declared import managed_name, settings_name
from shadow_ops.contract.declaring import to_parameters
from shadow_ops.contract.managed import course_name, ramp_name
from shadow_ops.judge.verdict import Outcome
from shadow_ops.managed.ramp import Course, Ramp
from shadow_ops.watch import look
from tests.ops.cli.services import DECLARED
from tests.ops.managed.world import TEST
from tests.ops.managed.world import World as OfSageMaker
from tests.ops.watch.world import WATCHED, World

MANAGED = dataclasses.replace(WATCHED, managed=True)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """An account in which a managed test runs; the endpoint's own stack says nothing of a shadow."""
    made, run = World(), OfSageMaker().test
    assert run is not None
    monkeypatch.setattr(look, "judge_live", made.judge)
    live = made.services.endpoints["churn"]
    run["EndpointMetadata"] = {"EndpointName": "churn", "EndpointConfigName": live["EndpointConfigName"]}
    variants = made.services.configs[live["EndpointConfigName"]]
    run["ModelVariants"][0]["ModelName"] = variants["ProductionVariants"][0]["ModelName"]
    run["LastModifiedTime"] = made.now
    made.services.experiments = [run]
    del made.parameters[settings_name("churn")]
    said = dataclasses.replace(DECLARED, config=TEST, experiment=TEST)
    made.parameters |= to_parameters(said, "churn")
    return made


def at(world: World) -> object:
    """Look once."""
    return look.look(world.clients, MANAGED, world.now)


def test_a_managed_test_is_judged_while_its_config_serves(world: World) -> None:
    """By what its own stack says; people are told how it is promoted."""
    world.verdict = Outcome.PASS
    assert at(world) is not None
    assert look_name("churn") in world.parameters
    [mail] = world.mail
    assert "shadow-test conclude churn promote" in mail["Message"]
    assert managed_name("churn") in world.parameters


def test_the_measurement_is_as_old_as_the_share(world: World) -> None:
    """Another share begins it anew."""
    course = look.look(world.clients, MANAGED, world.now + datetime.timedelta(hours=3))
    assert course is not None
    assert course.look.instance_hours <= 3 * 2


@pytest.mark.parametrize(("ended", "told"), [(None, True), ("somebody has set the share to 7 %", False)])
def test_a_fail_that_ends_a_ramp_says_so(world: World, ended: str | None, told: bool) -> None:
    """With the shares that don't follow; of one that had ended before, nothing."""
    every = datetime.timedelta(hours=6)
    asked = Ramp(id="1", experiment=TEST, steps=(1, 50, 75, 100), every=every, by="ada", at=world.now)
    world.parameters[ramp_name("churn")] = json.dumps(asked.to_json())
    world.parameters[course_name("churn")] = json.dumps(Course(ramp="1", ended=ended).to_json())
    world.verdict = Outcome.FAIL
    at(world)
    [mail] = world.mail
    assert ("The ramp of its share ends here, and 75, 100 % don't follow." in mail["Message"]) is told


def test_a_ramp_that_can_not_be_read_keeps_nobody_from_the_verdict(world: World) -> None:
    """The log says it."""
    world.parameters[ramp_name("churn")] = "[]"
    world.verdict = Outcome.FAIL
    at(world)
    assert len(world.mail) == 1


@pytest.mark.parametrize(("verdict", "said"), [(Outcome.PASS, "verdict was PASS"), (None, "never judged")])
def test_its_end_is_told_once_with_the_verdict_and_what_is_left(
    world: World, verdict: Outcome | None, said: str
) -> None:
    """Nothing is promoted by itself."""
    if verdict is not None:
        world.verdict = verdict
        at(world)
        world.mail.clear()
    live = world.services.endpoints["churn"]
    config = world.services.configs[live["EndpointConfigName"]]
    world.services.configs["before"] = {key: one for key, one in config.items() if key != "ShadowProductionVariants"}
    live["EndpointConfigName"] = "before"
    world.services.experiments[0]["Status"] = "Completed"
    for _ in range(3):
        world.later(minutes=15)
        assert at(world) is None
    [mail] = world.mail
    assert mail["Subject"] == "churn: the managed test is Completed"
    assert said in mail["Message"]
    assert "Nothing was promoted by itself" in mail["Message"]


def test_a_promoted_test_needs_no_word(world: World) -> None:
    """Whoever promoted it knows that it is over."""
    world.services.experiments[0].update(Status="Completed", EndpointMetadata={"EndpointName": "churn"})
    world.services.experiments[0]["ModelVariants"][0]["ModelName"] = "replaced"
    at(world)
    assert world.mail == []


@pytest.mark.parametrize("status", ["Created", "Running", "Cancelled"])
def test_an_endpoint_that_is_gone_is_told_once_while_its_test_goes_on(world: World, status: str) -> None:
    """With how it is ended; of a test that is over nothing is left to do."""
    world.services.experiments[0]["Status"] = status
    world.services.endpoints.clear()
    for _ in range(2):
        assert at(world) is None
        world.later(minutes=15)
    said = [(one["Subject"], "shadow-test conclude churn cancel" in one["Message"]) for one in world.mail]
    assert said == ([] if status == "Cancelled" else [("churn: the endpoint is gone", True)])


def test_the_end_of_a_test_whose_shadow_was_retained_says_what_is_paid_for(world: World) -> None:
    """Production doesn't serve alone then, and the stack's deletion would leave the shadow."""
    [run] = world.services.experiments
    run.update(Status="Completed", CompletionTime=world.now)
    [served] = world.services.configs.values()
    run["ModelVariants"][1]["ModelName"] = served["ShadowProductionVariants"][0]["ModelName"]
    at(world)
    end = next(one for one in world.mail if "Completed" in one["Subject"])
    assert "its shadow goes on beside production, and is paid for" in end["Message"]
    assert "shadow-test conclude churn remove" in end["Message"]
