"""Guardrails: what they allow, what they refuse, and how long they take."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from shadow_constructs import Guardrails, InvalidValueError
from tests.values.samples import serving, shadow_test, variant

API = Loader().load_service_model("sagemaker", "service-2")["shapes"]

BAD: dict[str, tuple[Callable[[], object], str]] = {
    "a shift": (lambda: Guardrails(shift="blue"), "'shift' must be one of all_at_once, canary"),  # type: ignore[arg-type] # bad on purpose
    "a canary of nobody": (lambda: Guardrails.canary(size_percent=0), "from 1 to 50 with canary, got 0"),
    "a canary of most": (lambda: Guardrails.canary(size_percent=51), "from 1 to 50 with canary, got 51"),
    "a small step": (lambda: Guardrails.linear(step_percent=9), "from 10 to 50 with linear, got 9"),
    "a small batch": (lambda: Guardrails.rolling(batch_percent=4), "from 5 to 50 with rolling, got 4"),
    "a size of all at once": (lambda: Guardrails(size_percent=10), "be left out with all_at_once, got 10"),
    "a long bake": (lambda: Guardrails(bake_minutes=61), "'bake_minutes' must be from 0 to 60, got 61"),
    "a negative wait": (lambda: Guardrails.canary(wait_minutes=-1), "'wait_minutes' must be from 0 to 60, got -1"),
    "a short timeout": (lambda: Guardrails(timeout_minutes=9), "'timeout_minutes' must be from 10 to 480, got 9"),
    "waits beyond the timeout": (
        lambda: Guardrails(bake_minutes=30, timeout_minutes=30),
        "'timeout_minutes' must be longer than all waits (30), got 30; shorten the waits",
    ),
    "waits beyond the longest timeout": (
        lambda: Guardrails.linear(step_percent=10, wait_minutes=50),
        "must be longer than all waits (510), got 480",
    ),
    "eleven alarms": (
        lambda: Guardrails(alarm_names=[f"a{number}" for number in range(11)]),
        "'alarm_names' must have at most 10 entries, got 11",
    ),
    "no alarm's name": (lambda: Guardrails(alarm_names=[""]), "'alarm_names' must name metric alarms"),
    "a blank alarm's name": (lambda: Guardrails(alarm_names=[" \t"]), "'alarm_names' must name metric alarms"),
    "an alarm's ARN": (
        lambda: Guardrails(alarm_names=["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:checkout-errors"]),
        "'alarm_names' must name metric alarms, each of 1 to 255 characters, not by ARN",
    ),
    "a size of text": (
        lambda: Guardrails.canary(size_percent="20"),  # type: ignore[arg-type] # bad on purpose
        "'size_percent' must be a whole number from 1 to 50 with canary, got '20'",
    ),
    "a size that isn't whole": (
        lambda: Guardrails.canary(size_percent=12.5),  # type: ignore[arg-type] # bad on purpose
        "'size_percent' must be a whole number from 1 to 50 with canary, got 12.5",
    ),
    "a bake that is no number": (lambda: Guardrails(bake_minutes=float("nan")), "must be from 0 to 60, got nan"),
    "one alarm as text": (
        lambda: Guardrails(alarm_names="checkout-errors"),
        "'alarm_names' must be a list, got 'checkout-errors'; write ['checkout-errors']",
    ),
    "off for no reason": (lambda: Guardrails.off(" "), "'reason' must be a sentence that says why"),
}


@pytest.mark.parametrize("case", BAD)
def test_fails_in_one_line(case: str) -> None:
    """What, got, allowed and, where it isn't obvious, the fix."""
    make, text = BAD[case]
    with pytest.raises(InvalidValueError) as caught:
        make()
    assert text in str(caught.value)
    assert len(caught.value.problems) == 1


def test_fails_with_every_mistake_at_once() -> None:
    """Each in its line, so that one run tells all of them."""
    with pytest.raises(InvalidValueError) as caught:
        Guardrails(shift="canary", size_percent=0, bake_minutes=-1, timeout_minutes=500, alarm_names=[""])
    assert [line.split("'")[1] for line in caught.value.problems] == [
        *("size_percent", "bake_minutes", "timeout_minutes", "alarm_names"),
    ]


# What would do nothing, or win or lose in silence.
SILENT: dict[str, Callable[[], object]] = {
    "a canary beside a shadow for a blank reason": lambda: shadow_test(guardrails=Guardrails.canary(reason=" ")),
    "a reason that is no text": lambda: Guardrails(reason=3),  # type: ignore[arg-type] # bad on purpose
    "own alarms neither on nor off": lambda: Guardrails(own_alarms="no"),  # type: ignore[arg-type] # bad on purpose
    "alarms that nobody listens to": lambda: Guardrails(shift="off", reason="a prototype", alarm_names=["mine"]),
    "a bake of a rolling update, which has none": lambda: Guardrails(
        shift="rolling", size_percent=25, bake_minutes=5, own_alarms=False
    ),
    "the same alarm twice": lambda: Guardrails(alarm_names=["mine", "mine"]),
}


@pytest.mark.parametrize("case", SILENT)
def test_fails_with_what_would_do_nothing(case: str) -> None:
    """What would be left out in silence, or says nothing, is refused."""
    with pytest.raises(InvalidValueError):
        SILENT[case]()


def test_zero_is_a_wait() -> None:
    """No bake and no wait are values, not absences."""
    none = Guardrails.canary(size_percent=50, wait_minutes=0, bake_minutes=0)
    assert (none.wait_minutes, none.bake_minutes, none.waits_minutes) == (0, 0, 0)
    assert none.timeout_seconds == 1800


def test_a_timeout_that_is_given_counts() -> None:
    """To the second, up to the eight hours that SageMaker takes."""
    assert Guardrails(timeout_minutes=10, bake_minutes=9).timeout_seconds == 600
    assert Guardrails(timeout_minutes=480).timeout_seconds == 28_800


def test_ten_alarms_of_the_users_are_taken() -> None:
    """The very limit of AutoRollbackConfig.Alarms, where none is made from the policy."""
    ten = [f"mine-{number}" for number in range(10)]
    assert Guardrails(alarm_names=ten, own_alarms=False).alarm_names == tuple(ten)


def test_changing_the_list_of_alarms_changes_no_guardrails() -> None:
    """The value is a copy."""
    names = ["mine"]
    guardrails = Guardrails(alarm_names=names)
    names.append("theirs")
    assert guardrails.alarm_names == ("mine",)


@pytest.mark.parametrize(
    ("guardrails", "steps", "waits"),
    [
        (Guardrails(bake_minutes=7), 0, 7),
        (Guardrails.canary(wait_minutes=4, bake_minutes=7), 1, 11),
        (Guardrails.linear(step_percent=30, wait_minutes=4, bake_minutes=7), 4, 23),
        (Guardrails.rolling(batch_percent=50, wait_minutes=4), 2, 8),
        (Guardrails.off("a prototype"), 0, 0),
    ],
    ids=["all at once", "canary", "linear", "rolling", "off"],
)
def test_the_waits_of_each_shift_add_up(guardrails: Guardrails, steps: int, waits: float) -> None:
    """A canary waits once, steps and batches once each, the last part of a share counted as a step of its own."""
    assert (guardrails.steps, guardrails.waits_minutes) == (steps, waits)


@pytest.mark.parametrize(
    ("shape", "low", "high"),
    [("WaitIntervalInSeconds", 0, 3600), ("TerminationWaitInSeconds", 0, 3600)],
)
def test_waits_have_the_limits_of_the_service(shape: str, low: int, high: int) -> None:
    """From nothing to an hour, as the API model says."""
    assert (API[shape]["min"], API[shape]["max"]) == (low, high)
    for minutes in (low / 60, high / 60):
        assert Guardrails(bake_minutes=minutes).bake_minutes == minutes


def test_the_timeout_and_the_number_of_alarms_have_the_limits_of_the_service() -> None:
    """As the API model says; the refusals above hold the other side."""
    timeout, alarms = API["MaximumExecutionTimeoutInSeconds"], API["AlarmList"]
    assert (timeout["min"], timeout["max"], alarms["max"]) == (600, 28_800, 10)


@pytest.mark.parametrize("shifted", [Guardrails.canary(), Guardrails.linear()], ids=["canary", "linear"])
def test_fails_to_shift_in_steps_beside_a_shadow_without_a_reason(shifted: Guardrails) -> None:
    """AWS describes only all at once where a shadow comes or goes; without a shadow, steps are fine."""
    assert serving(guardrails=shifted).guardrails is shifted
    with pytest.raises(InvalidValueError, match="AWS describes no other shift for it"):
        shadow_test(guardrails=shifted)


def test_a_reason_lets_a_canary_beside_a_shadow_through() -> None:
    """Who says what makes them sure may try it, also in the promotion that follows."""
    known = Guardrails.canary(reason="tried in our test account")
    assert shadow_test(guardrails=known).promoted().guardrails == known


def test_fails_to_roll_with_several_variants() -> None:
    """Rolling updates exclude endpoints of several variants, and a shadow is one."""
    with pytest.raises(InvalidValueError, match="not be rolling with several variants"):
        shadow_test(guardrails=Guardrails.rolling())
    with pytest.raises(InvalidValueError, match="not be rolling with several variants"):
        serving(guardrails=Guardrails.rolling(), other_production=[variant("v2", "b")])
    assert serving(guardrails=Guardrails.rolling()).guardrails.shift == "rolling"


@given(st.integers(10, 50), st.floats(0, 20), st.floats(0, 60))
def test_the_default_timeout_is_longer_than_all_waits(step: int, wait: float, bake: float) -> None:
    """SageMaker refuses a timeout that the waits use up; ours leaves half an hour for instances to start."""
    one = Guardrails.linear(step_percent=step, wait_minutes=wait, bake_minutes=bake)
    assert one.timeout_seconds > one.waits_minutes * 60
    assert 600 <= one.timeout_seconds <= 28_800
