"""Hypothesis strategies of valid shadow tests: every kind of model, hardware, capture, guardrail and scaling."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from shadow_constructs import (
    Capture,
    Container,
    CoreDump,
    GatePolicy,
    Guardrails,
    Hardware,
    MetricsPublishing,
    Model,
    ModelPackage,
    Network,
    Routing,
    Rule,
    Scaling,
    Schedule,
    ShadowTest,
    Variant,
)
from shadow_constructs.values import instance_types
from shadow_constructs.values.hardware import AMI_VERSIONS
from shadow_constructs.values.xgboost_images import TAGS
from shadow_ops.contract import hosting
from tests.values.samples import IMAGE, KEY_ARN, OTHER_KEY_ARN, PACKAGE_ARN, RESERVATION_ARN, ROLE_ARN

NAMES = st.from_regex(r"[a-zA-Z0-9](-{0,2}[a-zA-Z0-9]){0,20}", fullmatch=True)
_FLAGS = st.booleans()
_KEYS = st.none() | st.sampled_from([KEY_ARN, OTHER_KEY_ARN])
_TEXT = st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20)


def _optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


_TYPES = sorted(
    one for one in hosting.listed() if not instance_types.excludes_shadow(one) and not instance_types.is_arm(one)
)

_ANY_HARDWARE = st.fixed_dictionaries(
    {
        "count": st.integers(1, 40),
        "model_download_timeout_seconds": _optional(st.integers(60, 3600)),
        "startup_timeout_seconds": _optional(st.integers(60, 3600)),
        "instance_provision_timeout_seconds": _optional(st.integers(300, 3600)),
        "routing": _optional(
            st.sampled_from([Routing("RANDOM"), Routing("LEAST_OUTSTANDING_REQUESTS")])
            | st.builds(Routing, st.just("PREFIX_AWARE"), st.integers(1024, 65536), st.integers(1, 1024))
        ),
        "ssm_access": _optional(_FLAGS),
        "core_dump": _optional(st.builds(CoreDump, st.sampled_from(["s3://dumps", "s3://dumps/churn/"]), _KEYS)),
        "capacity_reservation_arn": _optional(st.just(RESERVATION_ARN)),
    }
)


def _amis(instance_type: str) -> list[str]:
    gpu, neuron = instance_types.has_gpu(instance_type) is not False, instance_types.is_neuron(instance_type)
    return [one for one in AMI_VERSIONS if (gpu and "-gpu-" in one) or (neuron and "-neuron-" in one)]


@st.composite
def _hardware(draw: st.DrawFn) -> Hardware:
    instance_type = draw(st.sampled_from(_TYPES))
    fixed = instance_types.has_fixed_storage(instance_type)
    return Hardware(
        instance_type,
        volume_gb=None if fixed else draw(_optional(st.integers(1, 512))),
        inference_ami_version=draw(st.sampled_from([None, *_amis(instance_type)])),
        **draw(_ANY_HARDWARE),
    )


HARDWARE: st.SearchStrategy[Hardware] = _hardware()

_CONTAINERS = st.one_of(
    st.sampled_from(sorted(TAGS)).map(Container.xgboost),
    st.just(Container.uri(IMAGE)),
    st.just(Container.uri("111122223333.dkr-ecr.eu-west-1.on.aws/team/churn@sha256:" + "0" * 64)),
    st.just(Container.ecr("team/churn", "7")),
    st.just(Container.deep_learning("huggingface-pytorch-inference", "2.6.0-transformers4.49.0-cpu-py312")),
)

_NETWORKS = st.sampled_from(
    [
        Network(),
        Network(isolated=True),
        Network(subnet_ids=["subnet-0a", "subnet-0b"], security_group_ids=["sg-0a"]),
    ]
)

_SHARED = {"network": _NETWORKS, "role_arn": _optional(st.just(ROLE_ARN)), "grant_role": _FLAGS}
_ENVIRONMENT = st.dictionaries(st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,20}", fullmatch=True), _TEXT, max_size=5)


def _models(version: str) -> st.SearchStrategy[Model]:
    artifacts = [f"s3://my-models/churn/{version}/model.tar.gz", f"s3://my-models/churn/{version}/"]
    with_container = st.builds(
        Model,
        version=st.just(version),
        container=_CONTAINERS,
        artifact=st.sampled_from(artifacts),
        environment=_ENVIRONMENT,
        artifact_key_arn=_KEYS,
        accept_eula=_FLAGS,
        **_SHARED,
    )
    packaged = st.builds(
        Model,
        version=st.just(version),
        package=st.just(ModelPackage(PACKAGE_ARN, artifact=artifacts[0], image=IMAGE)),
        environment=_ENVIRONMENT,
        **_SHARED,
    )
    existing = st.builds(
        Model, version=st.just(version), model_name=NAMES, role_arn=_SHARED["role_arn"], grant_role=_FLAGS
    )
    return with_container | packaged | existing


_CAPTURES = st.one_of(
    st.just(Capture.off()),
    st.builds(
        Capture,
        percent=st.integers(0, 100),
        requests=_FLAGS,
        csv_content_types=st.lists(st.sampled_from(["text/csv", "application/x-csv"]), max_size=10),
        json_content_types=st.lists(st.sampled_from(["application/json", "application/vnd.a.b"]), max_size=10),
        prefix=st.sampled_from(["captured", "", "a/b"]),
        key_arn=_KEYS,
        expire_after_days=_optional(st.integers(1, 3650)),
        delete_with_stack=_FLAGS,
    ),
    st.builds(Capture, bucket=st.just("my-captures"), key_arn=_KEYS),
    st.builds(Capture, customer_managed_key=st.just(True)),
)

_METRICS = st.builds(
    MetricsPublishing,
    frequency_seconds=st.sampled_from([10, 30, 60, 120, 180, 240, 300]),
    enhanced=_FLAGS,
    detailed_observability=_FLAGS,
)

# What is known to be undocumented is said to be known, as a user must say it.
GUARDRAILS: st.SearchStrategy[Guardrails] = st.one_of(
    st.just(Guardrails.off("a prototype")),
    st.builds(
        Guardrails,
        bake_minutes=st.integers(0, 60) | st.floats(0, 60),
        timeout_minutes=_optional(st.integers(61, 480)),
        alarm_names=st.lists(st.sampled_from(["checkout-errors", "orders late"]), max_size=4, unique=True),
        own_alarms=_FLAGS,
    ),
    st.builds(
        Guardrails.canary,
        size_percent=st.integers(1, 50),
        wait_minutes=st.floats(0, 60),
        bake_minutes=st.floats(0, 60),
        reason=st.just("tried by hand"),
    ),
    st.builds(
        Guardrails.linear,
        step_percent=st.integers(10, 50),
        wait_minutes=st.floats(0, 40),
        reason=st.just("tried by hand"),
    ),
)

_SCHEDULES = st.builds(
    Schedule,
    name=st.just("day"),
    when=st.sampled_from(["cron(0 7 ? * MON-FRI *)", "rate(1 day)", "at(2026-12-24T18:00:00)"]),
    min_count=st.integers(1, 4),
    max_count=_optional(st.integers(4, 9)),
    timezone=_optional(st.just("Europe/Berlin")),
)


@st.composite
def scalings(draw: st.DrawFn) -> Scaling:
    """A variant's scaling, by a target at least."""
    low = draw(st.integers(1, 20))
    return Scaling(
        min_count=low,
        max_count=low + draw(st.integers(0, 20)),
        concurrent_requests=draw(st.floats(0.001, 1e6)),
        invocations_per_instance=draw(_optional(st.floats(0.001, 1e6))),
        cooldown_seconds=draw(st.integers(0, 3600)),
        schedules=draw(st.lists(_SCHEDULES, max_size=1)),
    )


def burstable(hardware: Hardware) -> bool:
    """Whether Application Auto Scaling refuses it, before a promotion or after."""
    return hardware.instance_type.startswith("ml.t2.")


@st.composite
def _variants(draw: st.DrawFn, version: str, name: str) -> Variant:
    hardware = draw(HARDWARE)
    scaling = None if burstable(hardware) else draw(_optional(scalings()))
    return Variant(
        model=draw(_models(version)), hardware=hardware, name=draw(st.sampled_from([None, name])), scaling=scaling
    )


_POLICIES = st.sampled_from(
    [
        GatePolicy(),
        GatePolicy.none(reason="a prototype"),
        GatePolicy(rules=(Rule.latency(percentile=99, max_milliseconds=250.5), Rule.error_rate(errors="5xx"))),
    ]
)

SHADOW_TESTS: st.SearchStrategy[ShadowTest] = st.builds(
    ShadowTest,
    endpoint_name=NAMES,
    production=_variants("v1", "AllTraffic"),
    shadow=_variants("v2", "candidate"),
    promote_on=st.sampled_from([None, "production"]),
    sampling_percent=_optional(st.integers(1, 100) | st.sampled_from([0.1, 33.3, 99.99])),
    capture=_CAPTURES,
    metrics=_METRICS,
    volume_key_arn=_KEYS,
    gate=_POLICIES,
    guardrails=GUARDRAILS,
    tags=st.dictionaries(st.sampled_from(["team", "cost centre"]), st.sampled_from(["", "churn", "a+b=c@d"])),
)
"""Shadow tests in which everything that can be left out sometimes is."""
