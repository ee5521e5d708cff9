"""What holds for every valid value, not only for the examples that come to mind."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
import re
from decimal import Decimal
from typing import Any

import pytest
from botocore.loaders import Loader
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shadow_constructs import (
    Capture,
    Container,
    Hardware,
    InvalidValueError,
    MetricsPublishing,
    Model,
    ModelPackage,
    Network,
    Scaling,
    ShadowTest,
    Variant,
)
from shadow_constructs.values.hardware import AMI_VERSIONS
from shadow_constructs.values.promotion import PromoteOn
from shadow_constructs.values.warnings import promotion_warnings
from shadow_ops.contract import hosting
from shadow_ops.contract.names import SERVICE_NAME
from tests.support.api_model import compiled
from tests.values.samples import IMAGE, KEY_ARN, RESERVATION_ARN, hardware, model, shadow_test, variant
from tests.values.strategies import HARDWARE, SHADOW_TESTS, burstable

API = Loader().load_service_model("sagemaker", "service-2")["shapes"]
PERCENT = st.decimals(min_value=Decimal("0.0001"), max_value=100, places=4) | st.integers(1, 100)


@given(PERCENT)
def test_any_sampling_is_its_hundredth_as_weight(percent: Decimal | int) -> None:
    """33.3 % is 0.333 and not 0.33299999999999996: the decimal a user wrote, within (0, 1]."""
    written = float(percent) if isinstance(percent, Decimal) else percent
    test = shadow_test(sampling_percent=written)

    assert Decimal(repr(test.shadow_weight)) == Decimal(percent) / 100
    assert 0 < test.shadow_weight <= 1


@given(st.floats(min_value=0, max_value=100, exclude_min=True))
def test_any_number_in_range_is_taken_or_refused_as_too_small(percent: float) -> None:
    """No number above 0 becomes a weight of 0, which would mean something else."""
    try:
        weight = shadow_test(sampling_percent=percent).shadow_weight
    except InvalidValueError:
        assert percent / 100 < 1e-6
    else:
        assert 1e-6 <= weight <= 1


def _may_take(test: ShadowTest, hardware: object) -> bool:
    """Whether production may move there: not where it scales and the hardware can't."""
    return test.production.scaling is None or not (isinstance(hardware, Hardware) and burstable(hardware))


@given(SHADOW_TESTS, st.sampled_from(["production", "shadow"]))
def test_promotion_keeps_the_name_and_takes_the_model(test: ShadowTest, choice: PromoteOn) -> None:
    """The shadow's model serves under the production variant's name; else only the hardware asked for changes."""
    assert test.shadow is not None
    assume(choice == "production" or _may_take(test, test.shadow.hardware))
    promoted = dataclasses.replace(test, promote_on=choice).promoted()

    assert promoted.production.name == test.production.name
    assert promoted.production.model == test.shadow.model
    assert promoted.production.hardware == (test.shadow if choice == "shadow" else test.production).hardware
    assert promoted.shadow is None
    same = (
        "endpoint_name",
        "capture",
        "metrics",
        "volume_key_arn",
        "tags",
        "gate",
        "alerts",
        "dashboard",
        "guardrails",
        "guard",
    )
    assert [getattr(promoted, name) for name in same] == [getattr(test, name) for name in same]


@given(SHADOW_TESTS, HARDWARE)
def test_promotion_equals_what_is_folded_by_hand(test: ShadowTest, other: Hardware) -> None:
    """The value that a user writes after the promotion is the promoted one, so nothing changes when it is deployed."""
    assert test.shadow is not None
    assume(_may_take(test, other))
    production = Variant(
        model=test.shadow.model, hardware=other, name=test.production.name, scaling=test.production.scaling
    )
    folded = ShadowTest(
        endpoint_name=test.endpoint_name,
        production=production,
        capture=test.capture,
        metrics=test.metrics,
        volume_key_arn=test.volume_key_arn,
        gate=test.gate,
        guardrails=test.guardrails,
        guard=test.guard,
        tags=test.tags,
    )

    assert dataclasses.replace(test, promote_on=other).promoted() == folded


def test_fails_to_promote_a_scaled_production_to_burstable_instances() -> None:
    """T2 can't be scaled, so the promotion is refused rather than its scaling dropped."""
    scaling = Scaling(max_count=4, concurrent_requests=2)
    shadow = variant("v2", hardware=hardware("ml.t2.large"))
    with pytest.raises(InvalidValueError, match=r"'promote_on' must .*'scaling' must be left out with T2 instances"):
        shadow_test(production=variant(scaling=scaling), shadow=shadow, promote_on="shadow")


@given(SHADOW_TESTS)
def test_a_value_survives_being_rebuilt_from_its_parts(test: ShadowTest) -> None:
    """A value made anew from its own attributes is equal: validation loses and adds nothing."""
    parts = {field.name: getattr(test, field.name) for field in dataclasses.fields(test)}

    assert ShadowTest(**parts) == test
    assert hash(ShadowTest(**parts)) == hash(test)


@given(st.text(alphabet="abZ09-_.é", max_size=70) | st.from_regex(SERVICE_NAME, fullmatch=True))
def test_a_name_is_taken_exactly_when_the_service_takes_it(name: str) -> None:
    """The pattern and the length are those of botocore's model, for endpoints and for variants."""
    limits = API["EndpointName"], API["VariantName"]
    allowed = all(re.fullmatch(limit["pattern"], name, re.ASCII) and len(name) <= limit["max"] for limit in limits)

    assert _accepts(lambda: shadow_test(endpoint_name=name)) == allowed
    assert _accepts(lambda: variant(name=name)) == allowed


@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from([0.5, 10, 25, 33.3, 50, 99.9, 100]))
def test_an_untested_load_is_warned_of_exactly_when_it_is_untested(shown: int, needed: int, percent: float) -> None:
    """The warning comes when an instance must carry more after the promotion than a shadow instance carried."""
    test = shadow_test(
        production=variant("v1", hardware=hardware(count=needed)),
        shadow=variant("v2", hardware=hardware(count=shown)),
        sampling_percent=percent,
    )

    warned = any(warning.id.endswith("untested-load") for warning in promotion_warnings(test))

    exact = Decimal(str(percent)) / shown
    assert warned == (Decimal(100) / needed > exact * (1 + Decimal("1e-9")))


@given(SHADOW_TESTS)
def test_a_warning_names_its_id_and_says_what_to_do(test: ShadowTest) -> None:
    """Each warning can be acknowledged by name, whatever the promotion."""
    for warning in promotion_warnings(test):
        assert warning.id.startswith("shadow-constructs:")
        assert len(warning.text) > 60


AWS_TEXT = st.text(alphabet="abZ09-_./:=+@ \t\n\r\u00a0\u0085é²!", max_size=12)


@pytest.mark.parametrize(
    ("shapes", "make"),
    [
        (["TagKey"], lambda text: shadow_test(tags={text: ""})),
        (["TagValue"], lambda text: shadow_test(tags={"key": text})),
        (["EnvironmentKey"], lambda text: model(environment={text: ""})),
        (["EnvironmentValue"], lambda text: model(environment={"KEY": text})),
        (["CsvContentType"], lambda text: Capture(csv_content_types=[text])),
        (["JsonContentType"], lambda text: Capture(json_content_types=[text])),
        (["ContainerImage"], lambda text: Container.uri(text)),
        (["SubnetId"], lambda text: Network(subnet_ids=[text, "subnet-2"], security_group_ids=["sg-1"])),
        (["SecurityGroupId"], lambda text: Network(subnet_ids=["subnet-1", "subnet-2"], security_group_ids=[text])),
        (["ModelName"], lambda text: Model(version="v1", model_name=text)),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
@given(text=AWS_TEXT)
def test_a_text_that_is_taken_is_one_the_service_takes(shapes: list[str], make: Any, text: str) -> None:  # noqa: ANN401 - a factory
    """No pattern here is laxer than the API model's."""
    if _accepts(lambda: make(text)):
        for shape in shapes:
            limits = API[shape]
            assert limits.get("min", 0) <= len(text) <= limits.get("max", math.inf)
            assert compiled(limits.get("pattern", r"[\S\s]*")).fullmatch(text)


ARNS = st.builds(
    ":".join,
    st.tuples(
        st.just("arn"),
        st.sampled_from(["aws", "aws-cn", "aws2", ""]),
        st.sampled_from(["iam", "kms", "sagemaker", "s3"]),
        st.sampled_from(["", "eu-west-1", "EU"]),
        st.sampled_from(["111122223333", "", "1"]),
        st.sampled_from(["role/", "role/a/b", "key/0f1e-2d", "key/", "key/a b", "alias/x", "model-package/churn/7"])
        | st.sampled_from(["model-package/-x", "model-package/x/y", "role/ä", "training-plan/x", "plan", "/x"]),
    ),
)


@pytest.mark.parametrize(
    ("shape", "make"),
    [
        ("RoleArn", lambda arn: model(role_arn=arn)),
        ("KmsKeyId", lambda arn: shadow_test(volume_key_arn=arn)),
        ("VersionedArnOrName", lambda arn: ModelPackage(arn, artifact="s3://bucket/k.tar.gz", image=IMAGE)),
        ("MlReservationArn", lambda arn: hardware(capacity_reservation_arn=arn)),
    ],
    ids=["role", "key", "package", "reservation"],
)
@settings(max_examples=200)
@given(arn=ARNS)
def test_an_arn_that_is_taken_is_one_the_service_takes(shape: str, make: Any, arn: str) -> None:  # noqa: ANN401 - a factory
    """Account, region, kind and ending are where the API model wants them."""
    if _accepts(lambda: make(arn)):
        assert compiled(API[shape]["pattern"]).fullmatch(arn)


@pytest.mark.parametrize(
    ("limit", "make"),
    [
        (258, lambda ending: hardware(capacity_reservation_arn=f"{RESERVATION_ARN}{ending}")),
        (2048, lambda ending: model(artifact_key_arn=f"{KEY_ARN}{ending}")),
    ],
    ids=["reservation", "key"],
)
def test_an_arn_has_the_length_the_service_takes(limit: int, make: Any) -> None:  # noqa: ANN401 - a factory
    """The last character allowed is taken, one more is not."""
    base = len(RESERVATION_ARN if limit == 258 else KEY_ARN)

    assert _accepts(lambda: make("x" * (limit - base)))
    assert not _accepts(lambda: make("x" * (limit - base + 1)))


@settings(max_examples=300)
@given(st.text(max_size=8), st.integers(-10, 700), st.integers(-10, 400))
def test_refusals_never_come_as_another_error(text: str, number: int, percent: int) -> None:
    """Whatever the input, a value is made or refused with a line; nothing else is raised."""
    for make in (
        lambda: hardware(text, count=number, volume_gb=number),
        lambda: model(text, artifact=text),
        lambda: shadow_test(endpoint_name=text, sampling_percent=percent, tags={text: text}),
        lambda: Capture(prefix=text, bucket=text, percent=percent, csv_content_types=[text]),
    ):
        _accepts(make)


def test_every_listed_instance_type_is_botocores() -> None:
    """The list of this release is the API model's, complete."""
    assert hosting.listed() == set(API["ProductionVariantInstanceType"]["enum"])


def test_every_ami_version_is_botocores() -> None:
    """So are the versions of the inference AMI."""
    assert set(AMI_VERSIONS) == set(API["ProductionVariantInferenceAmiVersion"]["enum"])


@pytest.mark.parametrize("seconds", range(0, 400, 10))
def test_a_publishing_frequency_is_taken_exactly_when_the_service_takes_it(seconds: int) -> None:
    """The frequencies are those of the API's documentation; its model has no enum for them."""
    text = API["MetricsConfig"]["members"]["MetricPublishFrequencyInSeconds"]["documentation"]
    allowed = [int(number) for number in re.findall(r"<code>(\d+)</code>", text.split("Valid values:")[1])]

    assert _accepts(lambda: MetricsPublishing(frequency_seconds=seconds)) == (seconds in allowed)


def _accepts(make: object) -> bool:
    assert callable(make)
    try:
        make()
    except InvalidValueError as refused:
        if not refused.problems or any("\n" in problem for problem in refused.problems):
            raise AssertionError("a refusal must have one line per mistake") from refused
        return False
    return True


def test_a_default_name_belongs_to_the_place() -> None:
    """The fold that everybody writes first, and the swap, need no names; a name of the user's goes where it is put."""
    test = shadow_test(sampling_percent=50)
    shadow = test.shadow
    assert shadow is not None
    alone: dict[str, Any] = {"shadow": None, "sampling_percent": None}
    fold = dataclasses.replace(test, production=shadow, **alone)
    bigger = dataclasses.replace(test, production=dataclasses.replace(shadow, hardware=hardware(count=3)), **alone)
    swapped = dataclasses.replace(test, production=shadow, shadow=test.production)
    named = dataclasses.replace(test, production=dataclasses.replace(shadow, name="shadow"), **alone)

    assert fold == test.promoted()
    assert bigger.production.name == "production"
    assert [one.name for one in swapped.variants] == ["production", "shadow"]
    assert [one.model.version for one in swapped.variants] == ["v2", "v1"]
    assert swapped.shadow is not None
    assert dataclasses.replace(swapped, production=swapped.shadow, shadow=swapped.production) == test
    assert named.production.name == "shadow"


def test_a_default_name_stays_one_in_copies() -> None:
    """Of a value that came from another process, or was copied."""
    for copied in (copy.deepcopy(shadow_test()), pickle.loads(pickle.dumps(shadow_test()))):
        assert dataclasses.replace(copied, production=copied.shadow, shadow=None).production.name == "production"
