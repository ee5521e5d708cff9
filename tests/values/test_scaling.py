"""Scaling: what it allows and refuses, and how a shadow follows production."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_constructs import InvalidValueError, Scaling, Schedule
from tests.values.samples import hardware, shadow_test, variant

BAD: dict[str, tuple[Callable[[], object], str]] = {
    "minimum above maximum": (
        lambda: Scaling(min_count=3, max_count=2, invocations_per_instance=1),
        "'min_count' must be at most max_count (2), got 3",
    ),
    "no instance": (
        lambda: Scaling(min_count=0, max_count=2, invocations_per_instance=1),
        "'min_count' must be a whole number of at least 1, got 0; variants with a model can't go to zero",
    ),
    "a target of zero": (
        lambda: Scaling(max_count=2, invocations_per_instance=0),
        "'invocations_per_instance' must be above 0",
    ),
    "a negative target": (
        lambda: Scaling(max_count=2, concurrent_requests=-1),
        "'concurrent_requests' must be above 0",
    ),
    "nothing that scales": (lambda: Scaling(max_count=2), "be given, or something else that scales"),
    "a long cooldown": (
        lambda: Scaling(max_count=2, invocations_per_instance=1, cooldown_seconds=3601),
        "'cooldown_seconds' must be a whole number from 0 to 3600, got 3601",
    ),
    "a policy without a name": (
        lambda: Scaling(max_count=2, policies=[{"PolicyType": "StepScaling"}]),
        "hold mappings with the members of PutScalingPolicy",
    ),
    "a policy of another variant": (
        lambda: Scaling(max_count=2, policies=[{"PolicyName": "a", "ResourceId": "endpoint/x/variant/y"}]),
        "leave out ResourceId, which follows from the variant",
    ),
    "a schedule without limits": (
        lambda: Schedule(name="night", when="rate(1 day)"),
        "be given, or max_count, got None",
    ),
    "a schedule at no time": (
        lambda: Schedule(name="night", when="22:00", max_count=1),
        "'when' must be cron(...), rate(...) or at(...), got '22:00'",
    ),
    "T2": (
        lambda: variant(hardware=hardware("ml.t2.medium"), scaling=Scaling(max_count=2, invocations_per_instance=1)),
        "'scaling' must be left out with T2 instances, which can't be scaled, got 'ml.t2.medium'",
    ),
}
TEN = Scaling(min_count=2, max_count=10, invocations_per_instance=600)


@pytest.mark.parametrize("case", BAD)
def test_fails_in_one_line(case: str) -> None:
    """What, got, allowed and, where it isn't obvious, the fix."""
    make, text = BAD[case]
    with pytest.raises(InvalidValueError) as caught:
        make()
    assert text in str(caught.value)
    assert len(caught.value.problems) == 1


def test_a_shadow_follows_production_with_its_share() -> None:
    """The same target for each instance, limits in proportion to the requests it gets."""
    test = shadow_test(production=variant(scaling=TEN), sampling_percent=25)
    assert test.scaling["production"] == TEN
    shadow = test.scaling["shadow"]
    assert (shadow.min_count, shadow.max_count, shadow.invocations_per_instance) == (1, 3, 600)


def test_a_shadow_on_another_instance_type_does_not_follow() -> None:
    """What an instance of another type can take isn't known."""
    test = shadow_test(production=variant(scaling=TEN), shadow=variant("v2", hardware=hardware("ml.c5.large")))
    assert set(test.scaling) == {"production"}


def test_a_shadow_has_the_last_word_on_its_own_scaling() -> None:
    """Scaling of its own counts; off keeps it at its count."""
    own = Scaling(max_count=2, concurrent_requests=4)
    assert shadow_test(production=variant(scaling=TEN), shadow=variant("v2", scaling=own)).scaling["shadow"] == own
    off = shadow_test(production=variant(scaling=TEN), shadow=variant("v2", scaling=Scaling.off()))
    assert set(off.scaling) == {"production"}


@given(st.integers(1, 50), st.integers(0, 50), st.floats(0.001, 100))
def test_a_share_is_never_nothing_and_never_more(low: int, more: int, percent: float) -> None:
    """A part of a scaling is a valid scaling between one instance and the whole."""
    whole = Scaling(
        min_count=low,
        max_count=low + more,
        invocations_per_instance=5,
        schedules=[Schedule(name="day", when="rate(1 day)", min_count=low)],
    )
    part = whole.share(percent)
    assert 1 <= part.min_count <= whole.min_count
    assert part.min_count <= part.max_count <= whole.max_count
    assert part.schedules[0].min_count == part.min_count
