"""A ramp of a managed test's share: carried out after looks of the watch, and ended by a FAIL or a hand."""

from __future__ import annotations

import contextlib
import datetime
import json
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from shadow_constructs import Watch
from shadow_constructs.values.declared import declared
from shadow_ops.aws import parameters
from shadow_ops.aws.experiment import describe
from shadow_ops.aws.looks import Look, look_name
from shadow_ops.contract.declaring import to_parameters
from shadow_ops.contract.managed import course_name, ramp_name
from shadow_ops.contract.permissions import managed_needs
from shadow_ops.contract.problems import CannotTellError
from shadow_ops.contract.watched import DETAIL_TYPE
from shadow_ops.managed import ramp
from shadow_ops.managed.ramp import Course, Ramp, next_step
from shadow_ops.managed.ramp_words import check_steps
from shadow_ops.managed.ramping import on_look
from shadow_ops.managed.sampling import begin, change
from tests.ops.managed.test_begin import _action
from tests.ops.managed.world import CALLER, ENDPOINT, START, TEST, KilledError, World
from tests.values.samples import shadow_test

HOUR = datetime.timedelta(hours=1)
EVENT = {"detail-type": DETAIL_TYPE, "detail": {"endpoint": ENDPOINT}}
STEPS = (1, 5, 25, 100)
WATCHED = shadow_test(watch=Watch())


def watched(**more: object) -> World:
    """A test of a stack that runs, with a watch."""
    world = World(**more)  # type: ignore[arg-type] # as World takes them
    world.parameters.update(to_parameters(declared(WATCHED, "run", experiment=TEST), ENDPOINT))
    return world


def ramped(steps: tuple[int, ...] = STEPS) -> World:
    """The same with a ramp of an hour each."""
    world = watched()
    begin(world, ENDPOINT, None, steps, HOUR, by=lambda: CALLER, now=world.now)
    world.calls.clear()
    return world


def look(world: World, verdict: str = "INCONCLUSIVE", *, minutes: float = 15) -> None:
    """The watch looks after a while, and its event comes twice."""
    world.now += datetime.timedelta(minutes=minutes)
    seen = Look(
        config="run",
        at=world.now,
        verdict=verdict,
        reason="p99 is 9 % slower",
        since=world.now,
        turn=1,
        requests=5,
        instance_hours=1.0,
    )
    world.parameters[look_name(ENDPOINT)] = json.dumps(seen.to_json())
    for _ in range(2):
        on_look(EVENT, world.sagemaker, world.ssm, world.now)


def share(world: World) -> int:
    """What is copied."""
    assert world.test is not None
    percent: int = world.test["ShadowModeConfig"]["ShadowModelVariants"][0]["SamplingPercentage"]
    return percent


def course(world: World) -> Course:
    """What has come of the ramp."""
    found = ramp.read(world.ssm, ENDPOINT)
    assert found is not None
    return found[1]


def test_each_share_is_looked_at_for_its_time() -> None:
    """Never sooner, one at a look, however often the event comes; then it is over, and it is all on record."""
    world, seen = ramped(), []
    for _ in range(20):
        look(world)
        seen.append(share(world))
    assert seen == [1] * 3 + [5] * 4 + [25] * 4 + [100] * 9
    assert [percent for percent, _ in course(world).taken] == list(STEPS)
    assert course(world).ended == "it has come to 100 %"
    found = ramp.read(world.ssm, ENDPOINT)
    assert found is not None
    asked, _ = found
    assert (asked.by, asked.steps, asked.every) == (CALLER, STEPS, HOUR)


def test_a_fail_ends_it_for_good() -> None:
    """The share stays where it is, also when the verdict changes later."""
    world = ramped()
    for _ in range(5):
        look(world)
    assert share(world) == 5
    look(world, "FAIL")
    for _ in range(20):
        look(world, "PASS")
    assert share(world) == 5
    assert course(world).ended == "FAIL at 5 %: p99 is 9 % slower"


def test_a_fail_of_the_share_before_says_nothing_of_this_one() -> None:
    """The measurement begins anew with each share."""
    world = watched()
    look(world, "FAIL")
    begin(world, ENDPOINT, None, STEPS, HOUR, by=lambda: CALLER, now=world.now + datetime.timedelta(seconds=1))
    world.now += 2 * HOUR
    on_look(EVENT, world.sagemaker, world.ssm, world.now)
    assert (share(world), course(world).ended) == (1, None)


def test_a_share_that_somebody_sets_ends_it() -> None:
    """In the console it is noticed; by the command line it is said."""
    world = ramped()
    look(world)
    assert world.test is not None
    world.test["ShadowModeConfig"]["ShadowModelVariants"][0]["SamplingPercentage"] = 7
    look(world)
    assert course(world).ended == "somebody has set the share to 7 %"
    world = ramped()
    said = change(world, ENDPOINT, None, 50)
    assert "its ramp (1, 5, 25, 100 % every 1 h) has ended by this" in said
    for _ in range(20):
        look(world)
    assert share(world) == 50


def test_the_end_of_the_test_ends_it() -> None:
    """And a test that isn't there any more is no error."""
    world = ramped()
    world.end_by_schedule()
    look(world)
    assert course(world).ended == "the test is Completed"
    world = ramped()
    world.test = None
    look(world)


def test_the_same_ramp_again_changes_nothing_and_another_takes_its_place() -> None:
    """The first share isn't copied anew by a repeated command."""
    world = ramped()
    for _ in range(5):
        look(world)
    said = begin(world, ENDPOINT, None, STEPS, HOUR, by=lambda: CALLER, now=world.now)
    assert said == ["the ramp of churn-trial is under way already, at 5 %"]
    begin(world, ENDPOINT, None, (10, 20), HOUR, by=lambda: CALLER, now=world.now)
    assert (share(world), course(world)) == (10, Course(ramp=course(world).ramp))


@pytest.mark.parametrize("how", ["unheard", "heard", "throttled"])
def test_whoever_is_stopped_at_any_call_is_followed(how: str) -> None:
    """Killed before or after each call, or throttled: the shares and their times are the same in the end."""

    def run(number: int | None) -> tuple[list[int], int]:
        world, seen = ramped((1, 5)), []
        if number is not None:
            world.kill_at, world.throttled = (number, how == "heard"), how == "throttled"
        for _ in range(8):
            try:
                look(world)
            except (KilledError, ClientError):
                world.kill_at = None
                on_look(EVENT, world.sagemaker, world.ssm, world.now)
            seen.append(share(world))
        calls, world.kill_at = len(world.calls), None
        assert [percent for percent, _ in course(world).taken] == [1, 5]
        assert course(world).ended is not None
        return seen, calls

    usual, calls = run(None)
    for number in range(1, calls + 1):
        assert run(number)[0] == usual, number


def test_a_command_that_is_stopped_leaves_a_ramp_or_none() -> None:
    """Killed at any call, the same again has it under way."""
    world = watched()
    begin(world, ENDPOINT, None, STEPS, HOUR, by=lambda: CALLER, now=world.now)
    for number in range(1, len(world.calls) + 1):
        for heard in (False, True):
            world = watched(kill_at=(number, heard))
            with contextlib.suppress(KilledError):
                begin(world, ENDPOINT, None, STEPS, HOUR, by=lambda: CALLER, now=world.now)
            world.kill_at = None
            begin(world, ENDPOINT, None, STEPS, HOUR, by=lambda: CALLER, now=world.now)
            look(world)
            assert [percent for percent, _ in course(world).taken] == [1]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (None, "no ManagedShadowTestStack has made churn-trial"),
        ({"experiment": "another"}, "no ManagedShadowTestStack has made churn-trial"),
        ({"watch_off": "nobody cares"}, "nobody watches churn (nobody cares)"),
    ],
)
def test_a_ramp_that_nobody_would_carry_out_is_refused(said: dict[str, str] | None, words: str) -> None:
    """Before anything is changed."""
    world = World()
    if said is not None:
        one = replace(declared(WATCHED, "run", experiment=TEST), **said)  # type: ignore[arg-type] # as it takes them
        world.parameters.update(to_parameters(one, ENDPOINT))
    with pytest.raises(CannotTellError, match=words.replace("(", r"\(").replace(")", r"\)")):
        begin(world, ENDPOINT, None, STEPS, HOUR, by=lambda: CALLER, now=world.now)
    assert (share(world), ramp_name(ENDPOINT) in world.parameters) == (50, False)


def test_a_ramp_that_takes_longer_than_the_test_is_refused() -> None:
    """With both times."""
    world = watched()
    with pytest.raises(CannotTellError, match="comes to 100 % after 150 h, and churn-trial ends in 144 h"):
        begin(world, ENDPOINT, None, STEPS, 50 * HOUR, by=lambda: CALLER, now=world.now)
    assert share(world) == 50


RAMPS = st.lists(st.integers(1, 100), min_size=2, max_size=20, unique=True).map(lambda steps: tuple(sorted(steps)))


@given(RAMPS, st.integers(900, 10**7), st.lists(st.datetimes(timezones=st.just(datetime.UTC)), max_size=3))
def test_what_is_on_record_comes_back_whole(
    steps: tuple[int, ...], seconds: int, times: list[datetime.datetime]
) -> None:
    """And the longest that there can be fits a parameter."""
    every = datetime.timedelta(seconds=seconds)
    asked = Ramp(id="1", experiment="e" * 120, steps=steps, every=every, by="b" * 200, at=START)
    taken = tuple(zip(steps, times, strict=False))
    said = Course(ramp="1", taken=taken, ended="x" * 500)
    assert Ramp.from_json(json.loads(json.dumps(asked.to_json()))) == asked
    assert Course.from_json(json.loads(json.dumps(said.to_json()))) == said
    for one in (asked, said):
        assert len(parameters.pack(one.to_json())) <= 4096


@given(RAMPS, st.integers(1, 100), st.sampled_from(["PASS", "FAIL", "INCONCLUSIVE"]), st.integers(0, 10_000))
def test_a_share_only_rises_and_only_to_the_next_one(
    steps: tuple[int, ...], percent: int, verdict: str, minutes: int
) -> None:
    """Whatever is seen and whenever: never after a FAIL, never before its time, never to another share."""
    world = watched(percent=percent)
    experiment = describe(world.sagemaker, TEST)
    assert experiment is not None
    now = START + datetime.timedelta(minutes=minutes)
    seen = Look(config="run", at=now, verdict=verdict, reason="", since=now, turn=0, requests=1, instance_hours=0)
    asked = Ramp(id="1", experiment=TEST, steps=steps, every=HOUR, by=CALLER, at=START)
    taken = Course(ramp="1", taken=((percent, START),))
    step = next_step(asked, taken, experiment, START, seen, now)
    if isinstance(step, ramp.Raise):
        assert step.percent == min(one for one in steps if one > percent)
        assert verdict != "FAIL"
        assert minutes >= 60


@pytest.mark.parametrize(
    ("config", "status", "step"),
    [
        ("run", "Running", ramp.Raise(25)),
        ("before", "Running", None),
        ("run", "Created", None),
        ("run", "Updating", None),
    ],
)
def test_only_what_was_seen_of_the_run_and_since_the_share_counts(
    config: str, status: str, step: ramp.Raise | None
) -> None:
    """From the very moment on; and while SageMaker is at work nothing is asked of it."""
    world = watched(percent=5)
    experiment = describe(world.sagemaker, TEST)
    assert experiment is not None
    seen = Look(config=config, at=START, verdict="PASS", reason="", since=START, turn=0, requests=1, instance_hours=0)
    asked = Ramp(id="1", experiment=TEST, steps=STEPS, every=HOUR, by=CALLER, at=START)
    taken = Course(ramp="1", taken=((5, START),))
    assert next_step(asked, taken, replace(experiment, status=status), START, seen, START + HOUR) == step


def test_a_share_is_as_old_as_the_run_at_most() -> None:
    """A test that was made long before its start has copied nothing until then."""
    world = ramped()
    world.configs["run"]["CreationTime"] = world.now + 3 * HOUR
    for _ in range(12):
        look(world)
    assert share(world) == 1
    for _ in range(5):
        look(world)
    assert share(world) == 5


@pytest.mark.parametrize("verdict", ["FAIL", "PASS"])
@pytest.mark.parametrize("steps", [(1, 5), (5, 100)])
def test_a_ramp_that_has_ended_is_not_begun_anew_by_the_same_command(steps: tuple[int, ...], verdict: str) -> None:
    """Wherever it has ended by itself: a command that is run once more lowers no share."""
    world = ramped(steps)
    for _ in range(10):
        look(world, verdict)
    ended, calls = (share(world), course(world)), len(world.calls)
    assert ended[1].ended is not None
    [said] = begin(world, ENDPOINT, None, steps, HOUR, by=lambda: CALLER, now=world.now)
    assert said.endswith(f"to begin it anew, first: shadow-test sampling churn {steps[0]}")
    assert (share(world), course(world)) == ended
    assert not {"update_inference_experiment", "put_parameter"} & set(world.calls[calls:])
    assert len(change(world, ENDPOINT, None, steps[0])) == 1
    begin(world, ENDPOINT, None, steps, HOUR, by=lambda: CALLER, now=world.now)
    assert (share(world), course(world).ended) == (steps[0], None)


def test_a_ramp_whose_share_somebody_has_set_is_begun_anew_by_the_same_command() -> None:
    """And a share that is set then has none to end."""
    world = ramped()
    look(world, "FAIL")
    said = change(world, ENDPOINT, None, 50)
    assert len(said) == 1
    begin(world, ENDPOINT, None, STEPS, HOUR, by=lambda: CALLER, now=world.now)
    assert (share(world), course(world).ended) == (1, None)


def test_every_call_is_allowed_by_the_least_right() -> None:
    """What a ramp calls is in the needs of a function that doesn't begin the test, and gone without a watch."""
    world = ramped()
    for _ in range(10):
        look(world)
    called = {_action(one) for one in world.calls}
    allowed = {action for need in managed_needs(begins=False, ramps=True) for action in need.actions}
    assert called <= allowed
    more = set(managed_needs(begins=False, ramps=True)) - set(managed_needs(begins=False, ramps=False))
    assert {(one.actions, one.resource) for one in more} == {
        (("sagemaker:UpdateInferenceExperiment",), "experiment"),
        (("ssm:PutParameter",), "ramp"),
        (("ssm:PutParameter",), "changed"),
    }


def test_what_can_not_be_read_changes_nothing() -> None:
    """Lambda says so in its log, and the share stays."""
    for name, text in ((ramp_name(ENDPOINT), '{"version": 9}'), (course_name(ENDPOINT), "[]")):
        world = ramped()
        world.parameters[name] = text
        with pytest.raises(parameters.DamagedRecordError):
            look(world, minutes=600)
        assert share(world) == 1


def test_steps_fit_a_test_that_is_to_begin() -> None:
    """Its time is counted from its start."""
    world = World("Created")
    experiment = describe(world.sagemaker, TEST)
    assert experiment is not None
    check_steps((1, 100), 167 * HOUR, experiment, START - 30 * HOUR)
    with pytest.raises(CannotTellError):
        check_steps((1, 100), 168 * HOUR, experiment, START - 30 * HOUR)


@pytest.mark.parametrize("person", [1, 5, 7, 25, 99, 100])
@pytest.mark.parametrize("at", [1, 5, 25])
def test_whoever_sets_another_share_has_the_last_word(at: int, person: int) -> None:
    """Also one of the ramp's own, lower or higher: it goes no further from there."""
    world = ramped()
    while share(world) != at:
        look(world)
    look(world)
    assert world.test is not None
    world.test["ShadowModeConfig"]["ShadowModelVariants"][0]["SamplingPercentage"] = person
    look(world)
    if person == at:
        assert course(world).ended is None
        return
    for _ in range(10):
        look(world, "PASS")
    assert (share(world), course(world).ended) == (person, f"somebody has set the share to {person} %")
