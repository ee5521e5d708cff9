"""ARNs that are put together of text and CDK tokens: what stands in them is held to the same rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import aws_cdk as cdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    CoreDump,
    Guard,
    InvalidValueError,
    ManagedShadowTest,
    ModelPackage,
    Watch,
)
from shadow_constructs.values.arns import completed, parts_of, role_name_of
from tests.values.samples import (
    IMAGE,
    KEY_ARN,
    PACKAGE_ARN,
    RESERVATION_ARN,
    ROLE_ARN,
    hardware,
    model,
    shadow_test,
)

TOPIC_ARN = "arn:aws:sns:eu-west-1:111122223333:oncall"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111122223333:function:credentials"
BOUNDARY_ARN = "arn:aws:iam::111122223333:policy/boundary"
REGION = cdk.Aws.REGION

ROLES: list[Callable[[str], object]] = [
    lambda arn: model(role_arn=arn),
    lambda arn: Guard(role_arn=arn),
    lambda arn: Watch(role_arn=arn),
    lambda arn: ManagedShadowTest(test=shadow_test(), role_arn=arn),
]
BOUNDARY: Callable[[str], object] = lambda arn: Guard(permissions_boundary=arn)  # noqa: E731 - stands in lists
FUNCTIONS: list[Callable[[str], object]] = [
    lambda arn: Container.private_registry("registry.example/x:1", credentials_provider_arn=arn),
    lambda arn: Alerts(action_arns=[arn]),
]
TOPICS: list[Callable[[str], object]] = [lambda arn: Alerts(topic_arn=arn), lambda arn: Alerts(action_arns=[arn])]
ACTION: tuple[Callable[[str], object], str] = (lambda arn: Alerts(action_arns=[arn]), TOPIC_ARN)
TAKES: list[tuple[Callable[[str], object], str]] = [
    (lambda arn: Alerts(topic_arn=arn), TOPIC_ARN),
    ACTION,
    (lambda arn: shadow_test(volume_key_arn=arn), KEY_ARN),
    (lambda arn: Capture(key_arn=arn), KEY_ARN),
    (lambda arn: CoreDump("s3://bucket/dumps", key_arn=arn), KEY_ARN),
    (lambda arn: Guard(log_key_arn=arn), KEY_ARN),
    (lambda arn: model(artifact_key_arn=arn), KEY_ARN),
    *((make, ROLE_ARN) for make in ROLES),
    (BOUNDARY, BOUNDARY_ARN),
    (FUNCTIONS[0], FUNCTION_ARN),
    (lambda arn: ModelPackage(arn, artifact="s3://bucket/k.tar.gz", image=IMAGE), PACKAGE_ARN),
    (lambda arn: hardware(capacity_reservation_arn=arn), RESERVATION_ARN),
]
"""Whatever takes an ARN, and one that it takes."""


def _with_token(arn: str, number: int) -> str:
    parts = arn.split(":", 5)
    return ":".join([*parts[:number], REGION, *parts[number + 1 :]])


@pytest.mark.parametrize(("make", "arn"), TAKES)
def test_any_part_of_an_arn_may_be_a_token(make: Callable[[str], object], arn: str) -> None:
    """Its partition, Region, account, resource, several of them, or the rest of it."""
    make(arn)
    make(REGION)
    for number in range(1, 6):
        make(_with_token(arn, number))
        make(":".join([*arn.split(":", 5)[:number], REGION]))
    make(f"{arn.rsplit('/', 1)[0]}/{REGION}" if "/" in arn else f"{arn.rsplit(':', 1)[0]}:{REGION}")


@pytest.mark.parametrize(("make", "arn"), TAKES)
@pytest.mark.parametrize("number", [1, 3, 4])
def test_a_token_beside_it_hides_no_mistake(make: Callable[[str], object], arn: str, number: int) -> None:
    """Text that begins no ARN, and a partition that AWS doesn't have."""
    parts = _with_token(arn, number).split(":", 5)
    texts = [f"hello {REGION}", f"xx{REGION}", ":".join(["xx", *parts[1:]])]
    if number != 1:
        texts.append(":".join(["arn", "azure", *parts[2:]]))
    for text in texts:
        with pytest.raises(InvalidValueError):
            make(text)


@pytest.mark.parametrize(("make", "arn"), [one for one in TAKES if one is not ACTION])
def test_a_token_beside_it_makes_one_service_no_other(make: Callable[[str], object], arn: str) -> None:
    """Only an alarm's action may be of several services."""
    parts = _with_token(arn, 1).split(":", 5)
    for text in (":".join([*parts[:2], "dynamodb", *parts[3:]]), ":".join(["arn", "aws", "dynamodb", REGION])):
        with pytest.raises(InvalidValueError):
            make(text)


@pytest.mark.parametrize("hidden", [None, 4, 5])
@pytest.mark.parametrize(("make", "arn"), TAKES)
def test_an_arn_doesn_t_contradict_itself(make: Callable[[str], object], arn: str, hidden: int | None) -> None:
    """Its partition is one of AWS's and its Region's own; what the refusal says to write is taken."""
    plain = arn.split(":", 5)
    parts = plain if hidden is None else [*plain[:hidden], REGION, *plain[hidden + 1 :]]
    changes = [(1, "aws-mars")]
    if parts[3]:
        changes += [(1, "aws-cn"), (1, "aws-us-gov"), (3, "cn-north-1"), (3, "us-isob-east-1")]
    for at, other in changes:
        wrong = [*parts[:at], other, *parts[at + 1 :]]
        with pytest.raises(InvalidValueError) as refused:
            make(":".join(wrong))
        [line] = refused.value.problems
        assert "must be of " in line
        if "begin it with " in line:
            make(f"{line.rsplit('begin it with ', 1)[1]}{':'.join(wrong[2:])}")


@pytest.mark.parametrize(("make", "arn"), TAKES)
def test_an_arn_names_something(make: Callable[[str], object], arn: str) -> None:
    """What stands last is a name, also behind a path and behind tokens."""
    unnamed = arn.removesuffix(re.split("[:/]", arn)[-1])
    for text in (f"{arn}/", unnamed, f"{unnamed}{REGION}/", f"{_with_token(arn, 1)}/"):
        with pytest.raises(InvalidValueError):
            make(text)


LONGEST: dict[str, tuple[str, Sequence[Callable[[str], object]]]] = {
    "a role's name (IAM API, roleNameType)": (f"arn:aws:iam::111122223333:role/{'x' * 64}", ROLES),
    "a role's path (IAM API, pathType)": (f"arn:aws:iam::111122223333:role/{'p' * 510}/x", ROLES),
    "a policy's name (IAM API, policyNameType)": (f"arn:aws:iam::111122223333:policy/{'x' * 128}", [BOUNDARY]),
    "a policy's path (IAM API, policyPathType)": (f"arn:aws:iam::aws:policy/{'p' * 510}/x", [BOUNDARY]),
    "a function's name (Lambda API, CreateFunction)": (FUNCTION_ARN.replace("credentials", "x" * 64), FUNCTIONS),
    "a function's alias (Lambda API, Alias)": (f"{FUNCTION_ARN}:{'x' * 128}", FUNCTIONS),
    "a topic's name (SNS API, CreateTopic)": (f"arn:aws:sns:eu-west-1:111122223333:{'x' * 256}", TOPICS),
}


@pytest.mark.parametrize("case", LONGEST)
def test_what_an_arn_names_is_as_long_as_its_service_allows(case: str) -> None:
    """And no longer."""
    arn, makers = LONGEST[case]
    for make in makers:
        make(arn)
        with pytest.raises(InvalidValueError):
            make(arn.replace("xx", "xxx", 1) if "xx" in arn else arn.replace("pp", "ppp", 1))


@given(st.lists(st.booleans(), min_size=6, max_size=6))
def test_a_part_is_known_exactly_where_no_token_stands(hidden: list[bool]) -> None:
    """Each on its own, whatever stands in the others."""
    parts = ROLE_ARN.split(":", 5)
    arn = ":".join(REGION if hide else part for hide, part in zip(hidden, parts, strict=True))

    assert parts_of(arn) == tuple(None if hide else part for hide, part in zip(hidden, parts, strict=True))
    assert completed(arn, ROLE_ARN) == ROLE_ARN


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        (ROLE_ARN, "models"),
        (f"arn:{REGION}:iam::111122223333:role/team/x", "x"),
        (f"arn:aws:iam::{REGION}:role/x", "x"),
        (f"{REGION}:role/team/sub/x", "x"),
        (f"arn:aws:iam::111122223333:role/team/{REGION}", REGION),
        (REGION, None),
    ],
    ids=range(6),
)
def test_the_name_of_a_role_is_read_wherever_it_can_be(arn: str, name: str | None) -> None:
    """Its path never is part of it."""
    assert role_name_of(arn) == name
