"""A shadow that follows production follows with its own metrics, wherever production's name stood."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_constructs import InvalidValueError, Scaling, ShadowTest
from shadow_constructs.values.scaling_identity import of_other
from shadow_constructs.values.warnings import warnings_of
from tests.values.samples import hardware, shadow_test, variant

Json = dict[str, Any]


def _of(name: str) -> Json:
    return {"Name": "VariantName", "Value": name}


def _tracking(metric: Json) -> Json:
    configuration = {"TargetValue": 50, "CustomizedMetricSpecification": metric}
    return {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": configuration}


def _custom(*dimensions: Json, name: str = "CPUUtilization", namespace: str = "/aws/sagemaker/Endpoints") -> Json:
    more = {"Namespace": namespace, "Statistic": "Average", "Dimensions": list(dimensions)}
    return _tracking({"MetricName": name, **more})


def _simple(name: str) -> Json:
    return _custom(_of(name))


def _math(name: str) -> Json:
    stat = {
        "Metric": {
            "Namespace": "AWS/SageMaker",
            "MetricName": "Invocations",
            "Dimensions": [{"Name": "EndpointName", "Value": "churn"}, _of(name)],
        },
        "Stat": "Average",
    }
    metrics = [{"Id": "a", "MetricStat": stat}, {"Id": "b", "Expression": f"SEARCH('VariantName=\"{name}\"', 'Sum')"}]
    return _tracking({"Metrics": metrics})


def _label(name: str) -> Json:
    return _custom({"Name": "Resource", "Value": f"endpoint/churn/variant/{name}"})


# Whatever acts by them is an alarm that names the policy's ARN.
_STEPS: Json = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
}


def following(policy: Json, name: str = "AllTraffic") -> ShadowTest:
    """A shadow without a word of its own, beside a production that scales by a policy."""
    scaling = Scaling(max_count=4, policies=[{"PolicyName": "own", **policy}])
    return shadow_test(production=variant("v1", name, hardware=hardware(), scaling=scaling))


@pytest.mark.parametrize("form", [_simple, _math, _label])
def test_an_identity_is_rewritten_wherever_it_stands(form: Any) -> None:  # noqa: ANN401 - one of the forms above
    """Dimensions, dimensions within metric math, expressions and names of resources name the shadow."""
    found = following(form("AllTraffic")).scaling

    [shadow], [ours] = found["shadow"].policies, found["AllTraffic"].policies
    assert {key: shadow[key] for key in form("x")} == form("shadow")
    assert {key: ours[key] for key in form("x")} == form("AllTraffic")


@pytest.mark.parametrize(
    "policy",
    [
        _custom(name="queue-AllTraffic"),
        _custom({"Name": "Queue", "Value": "AllTraffic"}),
        {"PolicyType": "StepScaling", "StepScalingPolicyConfiguration": _STEPS},
    ],
)
def test_what_cannot_be_made_the_shadows_is_left_out_and_that_is_said(policy: Json) -> None:
    """A shadow that followed production's queue would tell nothing about itself."""
    test = following(policy)

    assert "shadow" not in test.scaling
    assert [one.id for one in warnings_of(test)] == ["shadow-constructs:scaling-not-followed"]


def test_a_metric_of_no_variant_is_followed_by_both() -> None:
    """A queue in front of the endpoint counts for each."""
    policy = _custom({"Name": "Q", "Value": "in"}, name="Depth")

    assert following(policy).scaling["shadow"].policies == following(policy).scaling["AllTraffic"].policies


def _insights(name: str) -> Json:
    return _tracking({"Metrics": [{"Id": "a", "Expression": f"SELECT MAX(x) WHERE VariantName = '{name}'"}]})


def _of_endpoint(name: str, endpoint: str = "churn") -> Json:
    return _custom({"Name": "EndpointName", "Value": endpoint}, _of(name))


def own(policy: Json, *, tested: bool = False, **changes: Any) -> ShadowTest:  # noqa: ANN401 - whatever a test takes
    """A test of which one variant scales by a policy, and the other doesn't."""
    scales, still = Scaling(max_count=4, policies=[{"PolicyName": "own", **policy}]), Scaling.off()
    production = variant("v1", scaling=still if tested else scales)
    return shadow_test(
        **{"production": production, "shadow": variant("v2", scaling=scales if tested else still)} | changes
    )


NAMING = [_simple, _math, _insights, _of_endpoint]


@pytest.mark.parametrize("form", NAMING)
@pytest.mark.parametrize(
    ("tested", "name"), [(False, "nobody"), (False, "Production"), (True, "nobody"), (False, "shadow")]
)
def test_a_policy_that_would_follow_nobody_is_refused(form: Any, tested: bool, name: str) -> None:  # noqa: ANN401
    """A variant that there isn't, in whatever way it is named; nor does production follow what a promotion removes."""
    with pytest.raises(InvalidValueError, match=f"'policies.own.' must name .* got '{name}'; it would never scale"):
        own(form(name), tested=tested)


@pytest.mark.parametrize(
    "test",
    [
        *(partial(own, form("production"), tested=True) for form in NAMING),
        partial(own, _of_endpoint("production", "chess")),
        partial(own, _of_endpoint("anybody", "chess"), tested=True),
        partial(own, _simple("b"), shadow=None, other_production=[variant("v3", "b")]),
    ],
)
def test_a_policy_that_follows_another_is_warned_about(test: Any) -> None:  # noqa: ANN401 - makes a test
    """The same scaling given to both variants has the shadow follow production, which AWS takes."""
    assert "shadow-constructs:policies-of-another" in [one.id for one in warnings_of(test())]


@pytest.mark.parametrize(
    "test",
    [
        *(partial(own, form("production")) for form in NAMING),
        *(partial(own, form("shadow"), tested=True) for form in NAMING),
        *(partial(following, form("AllTraffic")) for form in (*NAMING, _label)),
        # The user's own metrics, what only CloudFormation knows, and what is left out or looked for by a part.
        partial(own, _custom({"Name": "VariantName", "Value": "nobody"}, namespace="Mine")),
        partial(own, _of_endpoint("${Token[TOKEN.7]}")),
        partial(own, _of_endpoint("nobody", "${Token[TOKEN.7]}")),
        partial(own, _custom({"Name": "EndpointName", "Value": "churn"})),
        *(
            partial(own, _tracking({"Metrics": [{"Id": "a", "Expression": f"SEARCH('{one}', 'Sum')"}]}))
            for one in (
                "VariantName=prod",
                'NOT VariantName="nobody"',
                'VariantName="nobody" OR VariantName="production"',
            )
        ),
    ],
)
def test_a_policy_of_its_own_is_taken_without_a_word(test: Any) -> None:  # noqa: ANN401 - makes a test
    """Whatever else it reads."""
    assert "shadow-constructs:policies-of-another" not in [one.id for one in warnings_of(test())]


_LEAVES = st.sampled_from(["production", "x", 'VariantName="production"', "variant/production", "production-2"])
_POLICIES = st.recursive(
    _LEAVES | st.integers() | st.builds(_of, st.sampled_from(["production", "other"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["A", "B", "Value"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["Configuration", "Other"]), _POLICIES, max_size=2))
def test_no_policy_of_the_shadows_ever_names_production(policy: Json) -> None:
    """Either the name is gone everywhere, or the policy is."""
    made = of_other(policy, "production", "shadow")

    if made is not None:
        text = json.dumps(made).replace("production-2", "")
        assert "production" not in text
