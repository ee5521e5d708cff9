"""Every fact that a value holds twice: the two are held together, in the test, on promotion and in the docs."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    Dashboard,
    Guard,
    Guardrails,
    InvalidValueError,
    ManagedShadowTest,
    MetricsPublishing,
    Network,
    Scaling,
    Serverless,
    ShadowEndpoint,
    ShadowTest,
    Variant,
    Watch,
)
from shadow_constructs.values import instance_types
from shadow_constructs.values.warnings import managed_warnings, warnings_of
from shadow_ops.contract import hosting
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from tests.constructs.rendering import IRELAND, new_stack
from tests.values.samples import IMAGE, KEY_ARN, ROLE_ARN, STEP, hardware, model, serving, shadow_test, variant
from tools.fact_pairs import PAGE, every_pair, page

LATER = datetime.datetime(2027, 1, 4, 8, tzinfo=datetime.UTC)
OFF, SCALED = Guard.off("no functions here"), Scaling(max_count=4, invocations_per_instance=600)
SERVERLESS = Serverless(memory_mb=2048, max_concurrency=5)
NETWORK = Network(subnet_ids=["subnet-0a", "subnet-0b"], security_group_ids=["sg-0a"])
TOPIC = "arn:aws:sns:{}:111122223333:oncall"
GPU_IMAGE = Container.deep_learning("huggingface-pytorch-tgi-inference", "2.4.0-tgi3.0.1-gpu-py311-cu124-ubuntu22.04")
NEURON_IMAGE = Container.deep_learning("djl-inference", "0.30.0-neuronx-sdk2.20.1")
ARM_IMAGE = Container.deep_learning("pytorch-inference-graviton", "2.4.0-cpu-py311-ubuntu22.04-sagemaker")
BY_ADDRESS = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference"
AGREES = GatePolicy(rules=[Rule.agreement()])
DRAWN = "dashboard-period-and-publishing"
MINUTES = GatePolicy(period_seconds=60)
SELDOM: dict[str, Any] = {
    "metrics": MetricsPublishing(frequency_seconds=300),
    "alerts": Alerts(period_seconds=300),
    "dashboard": Dashboard(period_seconds=300),
}


def on(instance_type: str, container: Container | None = None, version: str = "v1") -> Variant:
    """A version on a type, served by a container."""
    one = model(version) if container is None else model(version, container=container)
    return variant(version, model=one, hardware=hardware(instance_type))


def following(name: str) -> dict[str, Any]:
    """A policy that scales by the CPU of a variant."""
    metric = {
        "MetricName": "CPUUtilization",
        "Namespace": "/aws/sagemaker/Endpoints",
        "Statistic": "Average",
        "Dimensions": [{"Name": "EndpointName", "Value": "churn"}, {"Name": "VariantName", "Value": name}],
    }
    tracking = {"TargetValue": 50, "CustomizedMetricSpecification": metric}
    return {
        "PolicyName": "own",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": tracking,
    }


def _published(seconds: int, *, enhanced: bool = True) -> dict[str, Any]:
    return {"metrics": MetricsPublishing(frequency_seconds=seconds, enhanced=enhanced)}


def _judged(period: int | None, every: int, enhanced: bool) -> ShadowTest:
    return shadow_test(gate=GatePolicy(period_seconds=period), **_published(every, enhanced=enhanced))


def _serverless(**changes: object) -> ShadowTest:
    return serving(production=variant(hardware=SERVERLESS), **{"capture": Capture.off(), **changes})


def _managed(**changes: Any) -> ManagedShadowTest:  # noqa: ANN401 - whatever ShadowTest takes
    return ManagedShadowTest(test=shadow_test(**changes))


def _deployed(test: ShadowTest, env: cdk.Environment = IRELAND) -> None:
    ShadowEndpoint(new_stack(env), "E", test=test)


def _with_a_role_as_key() -> None:
    stack = new_stack(IRELAND)
    role = iam.Role(stack, "R", assumed_by=iam.AnyPrincipal())
    ShadowEndpoint(stack, "E", test=serving(volume_key_arn=role.role_arn))


CLASHES: dict[str, list[Callable[[], object]]] = {
    "volume-and-instance-type": [
        lambda: hardware("ml.m5d.large", volume_gb=30),
        lambda: hardware("ml.g5.xlarge", volume_gb=30),
        lambda: hardware("ml.p5en.48xlarge", volume_gb=30),
        lambda: hardware("ml.inf1.xlarge", volume_gb=30),
        lambda: hardware("ml.inf2.xlarge", volume_gb=30),
        lambda: hardware("ml.trn1.2xlarge", volume_gb=30),
    ],
    "gpu-ami-and-instance-type": [
        lambda: hardware("ml.m5.xlarge", inference_ami_version="al2-ami-sagemaker-inference-gpu-2"),
        lambda: hardware("ml.inf2.xlarge", inference_ami_version="al2023-ami-sagemaker-inference-gpu-4-1"),
    ],
    "neuron-ami-and-instance-type": [
        lambda: hardware("ml.g5.xlarge", inference_ami_version="al2-ami-sagemaker-inference-neuron-2"),
    ],
    "image-and-processors": [
        lambda: on("ml.c7g.large"),
        lambda: on("ml.c7g.large", Container.deep_learning("pytorch-inference", "2.6.0-cpu-py312")),
        lambda: on("ml.m6g.large", Container.uri(f"{BY_ADDRESS}:2.6.0-cpu-py312")),
        lambda: on("ml.m5.large", ARM_IMAGE),
        lambda: on("ml.m5.large", Container.uri(f"{BY_ADDRESS}-arm64:2.6.0-cpu-py312")),
        lambda: on("ml.m5.large", Container.ecr("pytorch-inference-graviton", "2.4.0-cpu", account="763104351884")),
        lambda: variant(model=model(container=ARM_IMAGE), hardware=SERVERLESS),
        lambda: shadow_test(shadow=on("ml.c7g.large", version="v2")),
    ],
    "image-and-device": [
        lambda: on("ml.m5.large", GPU_IMAGE),
        lambda: on("ml.m5.large", Container.uri(f"{BY_ADDRESS}:2.6.0-gpu-py312-cu124")),
        lambda: variant(model=model(container=GPU_IMAGE), hardware=SERVERLESS),
        lambda: on("ml.g5.xlarge", NEURON_IMAGE),
        lambda: variant(model=model(container=NEURON_IMAGE), hardware=SERVERLESS),
    ],
    "serverless-and-model": [
        lambda: variant(model=model(network=NETWORK), hardware=SERVERLESS),
        lambda: variant(model=model(network=Network(isolated=True)), hardware=SERVERLESS),
        lambda: variant(model=model(artifact="s3://my-models/all/", multi_model=True), hardware=SERVERLESS),
        lambda: variant(
            model=model(container=Container.private_registry("registry.example/x:1"), network=NETWORK),
            hardware=SERVERLESS,
        ),
    ],
    "managed-and-shadow": [lambda: ManagedShadowTest(test=serving())],
    "managed-and-share": [lambda: _managed(sampling_percent=12.5), lambda: _managed(sampling_percent=0.5)],
    "managed-and-hardware": [
        lambda: _managed(shadow=variant("v2", hardware=hardware(volume_gb=30))),
        lambda: _managed(shadow=variant("v2", hardware=hardware(startup_timeout_seconds=600))),
        lambda: _managed(shadow=variant("v2", hardware=hardware(ssm_access=False))),
    ],
    "managed-and-scaling": [lambda: _managed(shadow=variant("v2", scaling=SCALED))],
    "managed-and-capture": [
        lambda: _managed(capture=Capture(percent=50)),
        lambda: _managed(capture=Capture(requests=False)),
    ],
    "managed-and-guard": [lambda: _managed(guard=OFF)],
    "native-and-start": [lambda: replace(_managed(), native=True)],
    "native-and-scaling": [
        lambda: replace(_managed(production=variant(scaling=SCALED)), native=True, starts=LATER),
    ],
    "scaling-and-hardware": [
        lambda: variant(hardware=SERVERLESS, scaling=Scaling(max_count=2, concurrent_requests=3)),
        lambda: variant(hardware=hardware("ml.t2.large"), scaling=Scaling(max_count=2, concurrent_requests=3)),
    ],
    "serverless-and-endpoint": [
        lambda: _serverless(capture=Capture()),
        lambda: _serverless(other_production=[variant("v2", name="other")]),
        lambda: _serverless(guardrails=Guardrails.rolling()),
    ],
    "agreement-and-capture": [
        lambda: shadow_test(gate=AGREES, watch=Watch(), capture=Capture.off()),
        lambda: shadow_test(gate=AGREES, watch=Watch(), capture=Capture(responses=False)),
        lambda: shadow_test(gate=AGREES, watch=Watch(), capture=Capture(percent=0)),
        lambda: shadow_test(gate=AGREES, watch=Watch(answers=False)),
        lambda: shadow_test(gate=AGREES, watch=Watch(every_minutes=61)),
        lambda: shadow_test(gate=AGREES, watch=Watch.off("an example")),
        lambda: shadow_test(gate=AGREES, watch=Watch(), guard=OFF),
    ],
    "no-guard": [
        lambda: shadow_test(guard=OFF, production=variant(scaling=SCALED)),
        lambda: shadow_test(guard=OFF, shadow=variant("v2", scaling=SCALED)),
        lambda: shadow_test(
            guard=OFF,
            production=variant(scaling=SCALED),
            shadow=variant("v2", hardware=hardware("ml.c5.large"), scaling=Scaling.off()),
            promote_on="shadow",
        ),
        lambda: shadow_test(guard=OFF, capture=Capture(delete_with_stack=True)),
    ],
    "names-of-policies": [
        lambda: serving(
            production=variant(
                scaling=Scaling(
                    max_count=4,
                    invocations_per_instance=600,
                    policies=[{**STEP, "PolicyName": "production-invocations-per-instance"}],
                )
            )
        ),
    ],
    "policies-and-variants": [
        lambda: serving(production=variant(scaling=Scaling(max_count=4, policies=[following("nobody")]))),
        lambda: shadow_test(production=variant(scaling=Scaling(max_count=4, policies=[following("shadow")]))),
    ],
    "alarm-period-and-publishing": [
        lambda: serving(alerts=Alerts(period_seconds=30)),
        lambda: serving(alerts=Alerts(period_seconds=30), metrics=MetricsPublishing(frequency_seconds=10)),
        lambda: serving(alerts=Alerts(period_seconds=60), metrics=MetricsPublishing(frequency_seconds=120)),
        lambda: serving(
            alerts=Alerts(period_seconds=20), metrics=MetricsPublishing(frequency_seconds=30, enhanced=True)
        ),
    ],
    "gate-period-and-publishing": [
        partial(_judged, period, every, False)
        for every in (120, 180, 240, 300)
        for period in (1, 10, 60, 240)
        if period < every
    ],
    "regions-of-one-endpoint": [
        lambda: serving(volume_key_arn=KEY_ARN, alerts=Alerts(topic_arn=TOPIC.format("us-east-1"))),
        lambda: serving(volume_key_arn=KEY_ARN, capture=Capture(key_arn=KEY_ARN.replace("eu-west-1", "us-east-1"))),
        lambda: serving(
            production=on("ml.m5.large", Container.uri(IMAGE)), alerts=Alerts(topic_arn=TOPIC.format("us-east-1"))
        ),
        lambda: serving(
            production=variant(model=model(role_arn=ROLE_ARN.replace("arn:aws:", "arn:aws-cn:"))),
            volume_key_arn=KEY_ARN,
        ),
    ],
    "regions-and-stack": [
        lambda: _deployed(serving(alerts=Alerts(topic_arn=TOPIC.format("us-east-1")))),
        lambda: _deployed(serving(alerts=Alerts(action_arns=["arn:aws:lambda:us-east-1:111122223333:function:page"]))),
        lambda: _deployed(serving(volume_key_arn=KEY_ARN.replace("eu-west-1", "us-east-1"))),
        lambda: _deployed(serving(capture=Capture(key_arn=KEY_ARN.replace("eu-west-1", "us-east-1")))),
        lambda: _deployed(
            serving(production=on("ml.m5.large", Container.uri(IMAGE.replace("eu-west-1", "us-east-1"))))
        ),
        lambda: _deployed(serving(production=on("ml.m5.large", Container.ecr("churn", "7", region="us-east-1")))),
        lambda: _deployed(serving(production=variant(model=model(role_arn=ROLE_ARN.replace(":aws:", ":aws-us-gov:"))))),
    ],
    "kinds-of-resources": [_with_a_role_as_key],
    "role-and-stack": [
        lambda: _deployed(serving(production=variant(model=model(role_arn=ROLE_ARN.replace("1111", "9999"))))),
    ],
    "image-owner-and-region": [
        lambda: _deployed(serving(), cdk.Environment(account="111122223333", region="eusc-de-east-1")),
        lambda: _deployed(
            serving(production=on("ml.m5.large", Container.deep_learning("pytorch-inference", "2.6.0-cpu"))),
            cdk.Environment(account="111122223333", region="us-iso-east-1"),
        ),
    ],
}
"""Values in which two facts don't agree, by the pair."""

FITS: list[Callable[[], object]] = [
    lambda: hardware("ml.m5.large", volume_gb=30),
    lambda: hardware("ml.g5.xlarge", inference_ami_version="al2-ami-sagemaker-inference-gpu-2"),
    lambda: hardware("ml.p2.xlarge", inference_ami_version="al2-ami-sagemaker-inference-gpu-2"),
    lambda: hardware("ml.trn1.2xlarge", inference_ami_version="al2-ami-sagemaker-inference-neuron-2"),
    lambda: hardware("ml.q9.large", unlisted_type=True, inference_ami_version="al2-ami-sagemaker-inference-gpu-2"),
    lambda: on("ml.c7g.large", ARM_IMAGE),
    lambda: on("ml.c7g.large", Container.ecr("my-own-x86", "gpu-arm64")),
    lambda: on("ml.g5.xlarge", GPU_IMAGE),
    lambda: on("ml.g5.xlarge", Container.deep_learning("pytorch-inference", "2.6.0-cpu-py312")),
    lambda: on("ml.inf2.xlarge", NEURON_IMAGE),
    lambda: on("ml.m5.large", Container.uri(f"{BY_ADDRESS}@sha256:{'0' * 64}")),
    lambda: _serverless(),
    lambda: shadow_test(gate=AGREES, watch=Watch()),
    lambda: shadow_test(gate=AGREES, watch=Watch()).promoted(),
    lambda: serving(gate=AGREES),
    lambda: serving(alerts=Alerts(period_seconds=10), metrics=MetricsPublishing(frequency_seconds=10, enhanced=True)),
    lambda: serving(alerts=Alerts.off("nobody"), metrics=MetricsPublishing(frequency_seconds=300)),
    *(
        partial(_judged, period, every, enhanced)
        for every in (10, 60, 120, 300)
        for period in (None, 1, 10, 60, 120, 300, 900)
        for enhanced in (False, True)
        # What SageMaker publishes as seldom as the requests is missing in no period that has any.
        if enhanced or every <= max(period or 300, 60)
    ),
    lambda: shadow_test(gate=replace(MINUTES, rules=[Rule.latency(percentile=50)]), **SELDOM, capture=Capture.off()),
    lambda: shadow_test(
        gate=replace(MINUTES, rules=[Rule.latency(percentile=50), Rule.utilization(resource="cpu", report_only=True)]),
        capture=Capture.off(),
        **SELDOM,
    ),
    lambda: serving(gate=MINUTES, **SELDOM),
    lambda: serving(volume_key_arn=KEY_ARN, alerts=Alerts(topic_arn=TOPIC.format("eu-west-1"))),
    lambda: _deployed(
        serving(alerts=Alerts(action_arns=["arn:aws:ssm-incidents::111122223333:response-plan/page"])),
    ),
    lambda: _deployed(serving(production=variant(model=model(role_arn=ROLE_ARN)))),
]


def test_every_pair_of_facts_has_values_that_clash() -> None:
    """A pair without an example here would be a check that nobody has seen refuse."""
    assert set(CLASHES) == {pair.id for pair in every_pair() if pair.then == "refused"}


@pytest.mark.parametrize(("pair", "make"), [(pair, make) for pair, several in CLASHES.items() for make in several])
def test_two_facts_that_do_not_agree_are_refused_in_one_line(pair: str, make: Callable[[], object]) -> None:
    """Before anything is deployed, with what to do."""
    with pytest.raises(InvalidValueError) as refused:
        make()

    for line in refused.value.problems:
        assert line.isprintable(), pair
        assert " must " in line
        assert "; " in line


@pytest.mark.parametrize("make", FITS)
def test_facts_that_agree_or_are_not_known_are_taken(make: Callable[[], object]) -> None:
    """Nothing is guessed from the name of an image of the user's, or of a type that isn't known."""
    make()


@pytest.mark.parametrize(
    ("test", "warned"),
    [
        (lambda: serving(production=on("ml.g5.xlarge"), volume_key_arn=KEY_ARN), "volume-key-and-disks"),
        (lambda: serving(production=on("ml.inf1.xlarge")), "guardrails-and-inf1"),
        (
            lambda: shadow_test(
                guard=OFF, production=variant(scaling=SCALED), shadow=variant("v2", scaling=Scaling.off())
            ),
            "no-guard-and-counts",
        ),
        (lambda: serving(guard=OFF, production=variant(scaling=SCALED)), "no-guard-after-guard"),
        (
            lambda: shadow_test(gate=AGREES, watch=Watch(), capture=Capture(percent=50)),
            "agreement-and-percent",
        ),
        (
            lambda: shadow_test(shadow=variant("v2", scaling=Scaling(max_count=4, policies=[following("production")]))),
            "policies-of-another",
        ),
        (lambda: serving(guard=Guard(network=_in_vpc("PUBLIC"))), "guard-and-public-subnets"),
        *(
            (
                lambda every=every, period=period: serving(
                    dashboard=Dashboard(period_seconds=period), **_published(every)
                ),
                DRAWN,
            )
            for every, period in ((120, 60), (300, 60), (300, 240))
        ),
        (lambda: serving(dashboard=Dashboard(period_seconds=60), metrics=SELDOM["metrics"]), DRAWN),
    ],
)
def test_what_is_legal_but_not_what_it_seems_is_warned_about(test: Callable[[], ShadowTest], warned: str) -> None:
    """The key that doesn't reach a disk, the guardrails that fall back, the count that isn't applied."""
    assert f"shadow-constructs:{warned}" in {one.id for one in warnings_of(test())}
    assert {pair.id for pair in every_pair() if pair.then == "warned"} == {
        "volume-key-and-disks",
        "guardrails-and-inf1",
        "no-guard-and-counts",
        "no-guard-after-guard",
        "agreement-and-percent",
        "guard-and-public-subnets",
        "managed-and-production",
        DRAWN,
        "policies-of-another",
    }


@pytest.mark.parametrize("dashboard", [Dashboard(), Dashboard(period_seconds=300), Dashboard.off()])
def test_a_dashboard_that_draws_what_there_is_is_not_warned_about(dashboard: Dashboard) -> None:
    """Whose period is as long as metrics are published in, or CloudWatch's choice."""
    test = serving(metrics=SELDOM["metrics"], dashboard=dashboard)
    assert f"shadow-constructs:{DRAWN}" not in {one.id for one in warnings_of(test)}


def _in_vpc(kind: str) -> Network:
    vpc = ec2.Vpc.from_vpc_attributes(
        new_stack(),
        "V",
        vpc_id="vpc-1",
        availability_zones=["a", "b"],
        private_subnet_ids=["subnet-1", "subnet-2"],
        public_subnet_ids=["subnet-3", "subnet-4"],
    )
    chosen = ec2.SubnetSelection(subnet_type=getattr(ec2.SubnetType, kind))
    group = ec2.SecurityGroup.from_security_group_id(new_stack(), "G", "sg-1")
    return Network.in_vpc(vpc, security_groups=[group], subnets=chosen)


def test_a_guard_in_private_subnets_is_not_warned_about() -> None:
    """Nor a model in public ones, which has nothing to reach."""
    private = serving(guard=Guard(network=_in_vpc("PRIVATE_WITH_EGRESS")))
    model_in_public = serving(production=variant(model=model(network=_in_vpc("PUBLIC"))))

    for test in (private, model_in_public):
        assert "shadow-constructs:guard-and-public-subnets" not in {one.id for one in warnings_of(test)}


def test_what_a_managed_test_may_lose_of_production_is_warned_about() -> None:
    """Settings that a managed test can't say; of a plain instance type there is nothing to lose."""
    found = list(managed_warnings(_managed(production=variant(hardware=hardware(volume_gb=30)))))
    assert [one.id for one in found] == ["shadow-constructs:managed-and-production"]
    assert "got volume_gb" in found[0].text
    assert list(managed_warnings(_managed())) == []


@pytest.mark.parametrize(
    ("shadow", "promote_on"),
    [
        (on("ml.c7g.large", ARM_IMAGE, "v2"), "production"),
        (on("ml.g5.xlarge", GPU_IMAGE, "v2"), "production"),
        (on("ml.inf2.xlarge", NEURON_IMAGE, "v2"), "production"),
        (on("ml.m5.large", version="v2"), hardware("ml.c7g.large")),
    ],
)
def test_a_promotion_never_brings_together_what_the_test_kept_apart(shadow: Variant, promote_on: object) -> None:
    """Model and hardware that each were fine in the test are refused together, with the way out."""
    with pytest.raises(InvalidValueError, match="'promote_on' must be hardware that the promoted variant can run on"):
        shadow_test(shadow=shadow, promote_on=promote_on)
    assert shadow_test(shadow=shadow, promote_on="shadow").promoted().production.model == shadow.model


def test_every_listed_type_with_gpus_is_known_to_have_them() -> None:
    """Families p and g have GPUs, but for Graviton's; the others have none."""
    for one in hosting.listed():
        family = one.split(".")[1]
        assert instance_types.has_gpu(one) in ((True,) if family[0] in "pg" else (False, None)), one


def test_the_docs_list_the_pairs_that_the_code_checks() -> None:
    """The page is written by tools/fact_pairs.py, and nothing is on it that isn't checked."""
    assert Path(PAGE).read_text(encoding="utf-8") == page()
