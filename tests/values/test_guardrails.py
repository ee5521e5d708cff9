"""Guardrails: what they allow, what they refuse, and how long they take."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_constructs import Guardrails, InvalidValueError
from tests.values.samples import serving, shadow_test, variant

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
    "off for no reason": (lambda: Guardrails.off(" "), "'reason' must say why there are no guardrails"),
}


@pytest.mark.parametrize("case", BAD)
def test_fails_in_one_line(case: str) -> None:
    """What, got, allowed and, where it isn't obvious, the fix."""
    make, text = BAD[case]
    with pytest.raises(InvalidValueError) as caught:
        make()
    assert text in str(caught.value)
    assert len(caught.value.problems) == 1


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
