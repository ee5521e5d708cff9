"""Scaling: what it allows and refuses, and how a shadow follows production."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_constructs import InvalidValueError, Scaling, Schedule, Serverless
from tests.values.samples import STEP, TEN, hardware, serving, shadow_test, variant

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
    "a target that is no number": (
        lambda: Scaling(max_count=2, concurrent_requests=float("nan")),
        "'concurrent_requests' must be above 0",
    ),
    "a target without end": (
        lambda: Scaling(max_count=2, concurrent_requests=float("inf")),
        "'concurrent_requests' must be above 0",
    ),
    "a maximum as text": (
        lambda: Scaling(max_count="2", invocations_per_instance=1),  # type: ignore[arg-type] # bad on purpose
        "'max_count' must be a whole number of at least 1, got '2'",
    ),
    "half an instance": (
        lambda: Scaling(min_count=1.5, max_count=2, invocations_per_instance=1),  # type: ignore[arg-type] # on purpose
        "'min_count' must be a whole number of at least 1, got 1.5",
    ),
    "a policy's forbidden name": (
        lambda: Scaling(max_count=2, policies=[{**STEP, "PolicyName": "a:b"}]),
        "have names of 1 to 256 characters without | : /, got 'a:b'",
    ),
    "a schedule that is none": (
        lambda: Scaling(max_count=2, schedules=["rate(1 day)"]),  # type: ignore[list-item] # bad on purpose
        "'schedules' must hold Schedule(...), got 'rate(1 day)'",
    ),
    "a schedule's minimum above its maximum": (
        lambda: Schedule(name="night", when="rate(1 day)", min_count=3, max_count=2),
        "'min_count' must be at most max_count (2), got 3",
    ),
    "a schedule of no instance": (
        lambda: Schedule(name="night", when="rate(1 day)", min_count=0),
        "'min_count' must be a whole number of at least 1, got 0; variants with a model can't go to zero",
    ),
    "a schedule without a name": (
        lambda: Schedule(name="", when="rate(1 day)", min_count=1),
        "'name' must be 1 to 256 characters without | : /, got ''",
    ),
    "serverless": (
        lambda: variant(hardware=Serverless(memory_mb=2048, max_concurrency=5), scaling=TEN),
        "'scaling' must be left out for a serverless variant",
    ),
    "a number in place of a scaling": (
        lambda: variant(scaling=3),
        "'scaling' must be a Scaling(...), got 3",
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
        lambda: Scaling(max_count=2, policies=[{**STEP, "ResourceId": "endpoint/x/variant/y"}]),
        "leave out ResourceId, which follows from the variant",
    ),
    "a schedule without limits": (
        lambda: Schedule(name="night", when="rate(1 day)"),
        "be given, or max_count, got None",
    ),
    "a schedule at no time": (
        lambda: Schedule(name="night", when="22:00", max_count=1),
        "'when' must be a schedule that the service takes, got '22:00'; a schedule is cron(...), rate(...) or at(...)",
    ),
    "T2": (
        lambda: variant(hardware=hardware("ml.t2.medium"), scaling=Scaling(max_count=2, invocations_per_instance=1)),
        "'scaling' must be left out with T2 instances, which can't be scaled, got 'ml.t2.medium'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_fails_in_one_line(case: str) -> None:
    """What, got, allowed and, where it isn't obvious, the fix."""
    make, text = BAD[case]
    with pytest.raises(InvalidValueError) as caught:
        make()
    assert text in str(caught.value)
    assert len(caught.value.problems) == 1


def _daily(name: str, min_count: int | None = None, max_count: int | None = None) -> Schedule:
    return Schedule(name=name, when="rate(1 day)", min_count=min_count, max_count=max_count)


# What would do nothing, or win or lose in silence.
SILENT: dict[str, Callable[[], object]] = {
    "two schedules of one name, of which one would win": lambda: Scaling(
        max_count=2, schedules=[_daily("a", min_count=1), _daily("a", min_count=2)]
    ),
    "two policies of one name, of which one would win": lambda: Scaling(max_count=2, policies=[STEP, STEP]),
    "a time zone that is no text": lambda: Schedule(
        name="a",
        when="rate(1 day)",
        min_count=1,
        timezone=7,  # type: ignore[arg-type] # bad on purpose
    ),
    "neither on nor off": lambda: Scaling(max_count=1, enabled="no"),  # type: ignore[arg-type] # bad on purpose
}


@pytest.mark.parametrize("case", SILENT)
def test_fails_with_what_would_do_nothing(case: str) -> None:
    """What would win or lose in silence is refused."""
    with pytest.raises(InvalidValueError):
        SILENT[case]()


def test_changing_a_policy_passed_in_changes_no_scaling() -> None:
    """The value is a copy, to the depth of a policy's configuration."""
    policy = dict(STEP)
    scaling = Scaling(max_count=2, policies=[policy])
    policy["PolicyName"] = "theirs"
    assert scaling.policies[0]["PolicyName"] == "mine"


def test_a_test_with_policies_of_its_own_can_be_a_key() -> None:
    """As every other value can."""
    scaling = Scaling(max_count=2, policies=[STEP])
    assert hash(shadow_test(production=variant(scaling=scaling))) is not None


@pytest.mark.parametrize(
    "scaling",
    [
        Scaling(max_count=2, invocations_per_instance=0.5),
        Scaling(max_count=2, concurrent_requests=4, cooldown_seconds=0),
        Scaling(max_count=2, policies=[STEP]),
        Scaling(max_count=2, schedules=[Schedule(name="day", when="cron(0 7 ? * MON-FRI *)", min_count=2)]),
        Scaling(min_count=2, max_count=2),
    ],
    ids=["by requests", "by concurrency, at once", "by a policy", "by the time of day", "held at one count"],
)
def test_each_way_to_scale_is_taken(scaling: Scaling) -> None:
    """One of them is enough; a target registered at one count holds a variant there."""
    assert variant(scaling=scaling).scaling == scaling


@pytest.mark.parametrize("instance_type", ["ml.t2.medium", "ml.t2.2xlarge"])
def test_burstable_instances_serve_at_a_count(instance_type: str) -> None:
    """T2 can't be scaled, and serves without; T3 and others can."""
    with pytest.raises(InvalidValueError, match="T2 instances"):
        variant(hardware=hardware(instance_type), scaling=TEN)
    assert variant(hardware=hardware(instance_type)).scaling is None


def test_production_that_is_off_takes_no_shadow_along() -> None:
    """Off says that it doesn't scale, and so there is nothing to follow."""
    assert not shadow_test(production=variant(scaling=Scaling.off())).scaling


def test_several_production_variants_scale_each_by_itself() -> None:
    """By their names; one that says nothing keeps its count."""
    others = [variant("v2", "b", scaling=TEN), variant("v3", "c")]
    assert dict(serving(other_production=others).scaling) == {"b": TEN}


def test_a_promotion_keeps_the_scaling_of_production() -> None:
    """The promoted model scales as the old one did, and the shadow's scaling goes with the shadow."""
    own = Scaling(max_count=2, concurrent_requests=4)
    promoted = shadow_test(production=variant(scaling=TEN), shadow=variant("v2", scaling=own)).promoted()
    assert dict(promoted.scaling) == {"production": TEN}


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
    part = whole.share(percent, "production", "shadow")
    assert part is not None
    assert 1 <= part.min_count <= whole.min_count
    assert part.min_count <= part.max_count <= whole.max_count
    assert part.schedules[0].min_count == part.min_count


@given(st.floats(0.001, 100))
def test_a_share_leaves_out_what_was_left_out(percent: float) -> None:
    """A schedule of one limit stays one; targets, cooldown and policies are those of the whole, but for steps."""
    policies = [_tracking("other", "CustomizedMetricSpecification", OWN), STEP]
    whole = Scaling(max_count=9, concurrent_requests=4, policies=policies, schedules=[_daily("night", max_count=3)])
    part = whole.share(percent, "production", "shadow")
    assert part is not None

    assert part.schedules[0].min_count is None
    assert (part.concurrent_requests, part.invocations_per_instance, part.policies) == (4, None, whole.policies[:1])


@given(st.integers(1, 50), st.integers(0, 50))
def test_the_whole_share_is_the_whole(low: int, more: int) -> None:
    """All requests copied means the same scaling."""
    whole = Scaling(min_count=low, max_count=low + more, concurrent_requests=4)
    assert whole.share(100, "production", "shadow") == whole


def _tracking(name: str, kind: str, specification: dict[str, Any]) -> dict[str, Any]:
    configuration = {"TargetValue": 5, kind: specification}
    return {
        "PolicyName": name,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": configuration,
    }


INVOCATIONS: dict[str, Any] = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
CONCURRENT: dict[str, Any] = {"PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"}
OWN: dict[str, Any] = {"MetricName": "Queue", "Namespace": "Mine", "Statistic": "Average"}


@pytest.mark.parametrize(
    "make",
    [
        lambda one: Scaling(max_count=2, invocations_per_instance=5, policies=[one("a", INVOCATIONS)]),
        lambda one: Scaling(max_count=2, concurrent_requests=5, policies=[one("a", CONCURRENT)]),
        lambda one: Scaling(max_count=2, policies=[one("a", INVOCATIONS), one("b", INVOCATIONS)]),
        lambda one: Scaling(max_count=2, policies=[one("a", OWN), one("b", dict(OWN))]),
    ],
)
def test_two_policies_never_track_one_metric(make: Callable[..., object]) -> None:
    """The service takes one target tracking policy for each metric specification."""

    def policy(name: str, specification: dict[str, Any]) -> dict[str, Any]:
        kind = "CustomizedMetricSpecification" if specification == OWN else "PredefinedMetricSpecification"
        return _tracking(name, kind, specification)

    with pytest.raises(InvalidValueError, match="must track a metric of its own"):
        make(policy)
    others = [policy("a", CONCURRENT), policy("b", OWN), STEP, {**STEP, "PolicyName": "again"}]
    assert len(Scaling(max_count=2, invocations_per_instance=5, policies=others).policies) == 4


@pytest.mark.parametrize("variant_name", ["production", "AllTraffic"])
@pytest.mark.parametrize("member", ["invocations_per_instance", "concurrent_requests"])
def test_a_policy_never_takes_the_name_of_one_that_a_target_makes(variant_name: str, member: str) -> None:
    """The one would silently replace the other."""
    name = f"{variant_name}-{member.replace('_', '-')}"
    scaling = Scaling(max_count=2, **{member: 5}, policies=[{**STEP, "PolicyName": name}])  # type: ignore[arg-type] # one of two
    with pytest.raises(InvalidValueError, match="'policies' must have a name that no target of"):
        serving(production=variant("v1", name=variant_name, scaling=scaling))
    serving(production=variant("v1", name="other", scaling=scaling))


@pytest.mark.parametrize("member", ["invocations_per_instance", "concurrent_requests"])
def test_a_target_is_at_most_what_the_service_takes(member: str) -> None:
    """Two to the power of 360, as for policies of one's own."""
    Scaling(max_count=2, **{member: 2.0**360})  # type: ignore[arg-type] # one of two
    with pytest.raises(InvalidValueError, match=f"'{member}' must be above 0 and at most"):
        Scaling(max_count=2, **{member: 2.0**361})  # type: ignore[arg-type] # one of two
