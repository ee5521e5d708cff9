"""CDK tokens: accepted where documented, refused with a reason elsewhere, told from plain values without the CDK."""

from __future__ import annotations

from collections.abc import Callable

import aws_cdk as cdk
import pytest

from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    CoreDump,
    Guard,
    Guardrails,
    Hardware,
    InvalidValueError,
    Model,
    ModelPackage,
    Network,
    Scaling,
    Schedule,
    Variant,
    Watch,
)
from shadow_constructs.values.tokens import is_token
from tests.values.samples import IMAGE, PACKAGE_ARN, hardware, model, shadow_test

TEXT, OTHER = cdk.Fn.import_value("text"), cdk.Fn.import_value("other")
LIST = cdk.Token.as_list(cdk.Fn.ref("List"))
NUMBER = cdk.Token.as_number(cdk.Fn.ref("Number"))

ACCEPTED: dict[str, Callable[[], object]] = {
    "model name": lambda: Model(version="v1", model_name=TEXT),
    "artifact of a package": lambda: ModelPackage(PACKAGE_ARN, artifact=TEXT, image=IMAGE),
    "artifact's bucket": lambda: model(artifact=f"s3://{TEXT}/model.tar.gz"),
    "artifact's folder": lambda: model(artifact=f"s3://{TEXT}/model/"),
    "environment value": lambda: model(environment={"BUCKET": TEXT}),
    "role": lambda: model(role_arn=TEXT),
    "artifact key": lambda: model(artifact_key_arn=TEXT),
    "package": lambda: ModelPackage(TEXT, artifact="s3://bucket/k.tar.gz", image=TEXT),
    "image": lambda: Container.uri(TEXT),
    "private image": lambda: Container.private_registry(TEXT, credentials_provider_arn=TEXT),
    "repository": lambda: Container.ecr(TEXT, TEXT, account=TEXT, region=TEXT),
    "subnets": lambda: Network(subnet_ids=[TEXT, OTHER], security_group_ids=[TEXT]),
    "list of subnets": lambda: Network(subnet_ids=LIST, security_group_ids=LIST),
    "capture bucket": lambda: Capture(bucket=TEXT, key_arn=TEXT),
    "core dumps": lambda: CoreDump(f"s3://{TEXT}/dumps", key_arn=TEXT),
    "reservation": lambda: hardware(capacity_reservation_arn=TEXT),
    "volume key": lambda: shadow_test(volume_key_arn=TEXT),
    "tag": lambda: shadow_test(tags={"team": TEXT}),
}

# A token within a text: what stands beside it is held to the same rule.
WITHIN: dict[str, tuple[Callable[[str], object], list[str], list[str]]] = {
    "model name": (
        lambda one: Model(version="v1", model_name=one),
        [f"{TEXT}-model", f"model-{TEXT}-{OTHER}"],
        [f"team/{TEXT}", f"arn:aws:sagemaker:eu-west-1:111122223333:model/{TEXT}", f"-{TEXT}"],
    ),
    "repository": (
        lambda one: Container.ecr(one, "1"),
        [f"team/{TEXT}", f"{TEXT}/churn-{OTHER}"],
        [f"Team/{TEXT}", f"{TEXT}:1", f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/{TEXT}"],
    ),
    "tag or digest": (
        lambda one: Container.ecr("churn", one),
        [f"v{TEXT}", f"sha256:{TEXT}", f"{TEXT}.{OTHER}"],
        [f"v {TEXT}", f"sha512:{TEXT}", f"-{TEXT}"],
    ),
    "region": (
        lambda one: Container.ecr("churn", "1", region=one),
        [f"eu-west-{TEXT}", f"{TEXT}-1", f"eu-{TEXT}-1"],
        [f"EU-{TEXT}"],
    ),
    "alarm": (
        lambda one: Guardrails(alarm_names=[one]),
        [f"{TEXT}-alarm"],
        [f"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:{TEXT}"],
    ),
    "subnet": (
        lambda one: Network(subnet_ids=["subnet-1", one], security_group_ids=["sg-1"]),
        [f"subnet-{TEXT}"],
        [f"subnet_{TEXT}"],
    ),
    "bucket": (lambda one: Capture(bucket=one), [f"{TEXT}-captured"], [f"{TEXT}_captured", f"{TEXT}-s3alias"]),
    "core dumps": (lambda one: CoreDump(one), [f"s3://{TEXT}/dumps"], [f"{TEXT}/dumps", TEXT, f"s3://{TEXT}/*"]),
}


@pytest.mark.parametrize("what", WITHIN)
def test_what_stands_beside_a_token_is_checked(what: str) -> None:
    """A token may stand for whatever a text needs, and mends nothing that is wrong without it."""
    make, accepted, refused = WITHIN[what]
    for one in accepted:
        make(one)
    for one in refused:
        with pytest.raises(InvalidValueError):
            make(one)


# The same with the text that stands for a list, each where one text is asked for.
ONE_OF_LIST: dict[str, Callable[[], object]] = {
    "model name": lambda: Model(version="v1", model_name=LIST[0]),
    "artifact of a package": lambda: ModelPackage(PACKAGE_ARN, artifact=LIST[0], image=IMAGE),
    "package": lambda: ModelPackage(LIST[0], artifact="s3://bucket/k.tar.gz", image=IMAGE),
    "image of a package": lambda: ModelPackage(PACKAGE_ARN, artifact="s3://bucket/k.tar.gz", image=LIST[0]),
    "artifact's bucket": lambda: model(artifact=f"s3://{LIST[0]}/model.tar.gz"),
    "artifact's folder": lambda: model(artifact=f"s3://{LIST[0]}/model/"),
    "environment value": lambda: model(environment={"BUCKET": LIST[0]}),
    "role": lambda: model(role_arn=LIST[0]),
    "artifact key": lambda: model(artifact_key_arn=LIST[0]),
    "image": lambda: Container.uri(LIST[0]),
    "private image": lambda: Container.private_registry(LIST[0]),
    "credentials": lambda: Container.private_registry("r.example.com/x:1", credentials_provider_arn=LIST[0]),
    **{
        f"repository's {number}": lambda number=number: Container.ecr(  # type: ignore[misc] # bound now
            *(LIST[0] if n == number else "churn" for n in (0, 1)),
            **{name: LIST[0] for n, name in ((2, "account"), (3, "region")) if n == number},
        )
        for number in range(4)
    },
    "subnets beside another": lambda: Network(subnet_ids=["subnet-0a", *LIST], security_group_ids=LIST),
    "groups beside another": lambda: Network(subnet_ids=LIST, security_group_ids=[*LIST, "sg-0a"]),
    "part of a subnet": lambda: Network(subnet_ids=[f"subnet-{LIST[0]}"], security_group_ids=LIST),
    "capture bucket": lambda: Capture(bucket=LIST[0]),
    "capture key": lambda: Capture(key_arn=LIST[0]),
    "core dumps": lambda: CoreDump(f"s3://{LIST[0]}/dumps"),
    "reservation": lambda: hardware(capacity_reservation_arn=LIST[0]),
    "volume key": lambda: shadow_test(volume_key_arn=LIST[0]),
    "tag": lambda: shadow_test(tags={"team": LIST[0]}),
    "topic": lambda: Alerts(topic_arn=LIST[0]),
    "alarm actions": lambda: Alerts(action_arns=LIST),
    "alarms": lambda: Guardrails(alarm_names=LIST),
    "guard's role": lambda: Guard(role_arn=LIST[0]),
    "boundary": lambda: Guard(permissions_boundary=LIST[0]),
    "log key": lambda: Guard(log_key_arn=LIST[0]),
    "watch's role": lambda: Watch(role_arn=LIST[0]),
    "schedule's name": lambda: Schedule(name=LIST[0], when="rate(1 day)", min_count=1),
    "schedule": lambda: Schedule(name="night", when=LIST[0], min_count=1),
    "time zone": lambda: Schedule(name="night", when="cron(0 0 * * ? *)", min_count=1, timezone=LIST[0]),
    "scaling policy": lambda: Scaling(max_count=2, policies=[{"PolicyName": "p", "PolicyType": LIST[0]}]),
}

LITERAL = "give a literal, not a CDK token"
PLAIN_NUMBER = "give a plain number, not a CDK token"

REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "endpoint name": (lambda: shadow_test(endpoint_name=TEXT), LITERAL),
    "variant name": (lambda: Variant(model(), hardware(), TEXT), LITERAL),
    "version": (lambda: Model(version=TEXT, container=Container.xgboost("3.0-5")), LITERAL),
    "instance type": (lambda: Hardware(TEXT), LITERAL),
    "capture prefix": (lambda: Capture(prefix=TEXT), LITERAL),
    "content type": (lambda: Capture(csv_content_types=[TEXT]), LITERAL),
    "DLC tag": (lambda: Container.deep_learning("pytorch-inference", TEXT), LITERAL),
    "whole artifact": (lambda: model(artifact=TEXT), "must start with a literal s3://"),
    "whole core dump address": (lambda: CoreDump(TEXT), "must start with a literal s3://"),
    "XGBoost version": (lambda: Container.xgboost(TEXT), "must be one of"),
    "tag's key": (lambda: shadow_test(tags={TEXT: "x"}), "'tags' must have keys of"),
    "count": (lambda: hardware(count=NUMBER), PLAIN_NUMBER),
    "volume": (lambda: hardware(volume_gb=NUMBER), PLAIN_NUMBER),
    "sampling": (lambda: shadow_test(sampling_percent=NUMBER), PLAIN_NUMBER),
    "sampling as text": (lambda: shadow_test(sampling_percent=TEXT), PLAIN_NUMBER),
    "capture percent": (lambda: Capture(percent=NUMBER), PLAIN_NUMBER),  # type: ignore[arg-type] # on purpose
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_tokens_are_taken_where_documented(case: str) -> None:
    """What another construct knows only at deployment can be passed on."""
    assert ACCEPTED[case]() is not None


@pytest.mark.parametrize("case", ONE_OF_LIST)
def test_fails_for_a_list_known_at_deployment_where_one_text_stands(case: str) -> None:
    """Nor beside other elements of a list: the CDK would end in an exception of its own."""
    with pytest.raises(InvalidValueError) as refused:
        ONE_OF_LIST[case]()

    assert any("a list that is known" in line or "literal" in line for line in refused.value.problems)


@pytest.mark.parametrize("case", REFUSED)
def test_fails_with_the_reason_where_synth_has_to_know_the_value(case: str) -> None:
    """A token is never judged as if it were the value: it is named as what it is."""
    make, reason = REFUSED[case]

    with pytest.raises(InvalidValueError) as refused:
        make()

    assert reason in str(refused.value)


@pytest.mark.parametrize(
    "value",
    [
        TEXT,
        f"s3://{TEXT}/key",
        NUMBER,
        cdk.Aws.REGION,
        cdk.Token.as_number(cdk.Fn.import_value("other")),
        "",
        "plain",
        "${AWS::Region}",
        0,
        1.5,
        -1e300,
        -1.5e289,
        -1.9e289,
    ],
    # Not the values: the CDK numbers its tokens, and two test processes number them differently.
    ids=lambda value: type(value).__name__,
)
def test_telling_tokens_agrees_with_the_cdk(value: object) -> None:
    """The values never ask the CDK, and yet say what it would say."""
    assert is_token(value) == cdk.Token.is_unresolved(value)


@pytest.mark.parametrize("value", [None, True, float("nan"), float("inf"), float("-inf"), [], {}])
def test_what_cannot_be_a_token_is_none(value: object) -> None:
    """Odd values, some of which the CDK couldn't even be asked about, are plain."""
    assert not is_token(value)


def test_an_element_of_a_token_list_is_a_token() -> None:
    """A list of tokens is one element until deployment, which says nothing about its length."""
    assert cdk.Token.is_unresolved(LIST)
    assert [is_token(element) for element in LIST] == [True]


def test_many_number_tokens_are_told() -> None:
    """The range of encoded numbers is wide enough for the tokens of a large app."""
    numbers = [cdk.Token.as_number(cdk.Fn.ref(f"N{n}")) for n in range(200)]

    assert all(is_token(number) for number in numbers)
