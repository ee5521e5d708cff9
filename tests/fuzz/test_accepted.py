"""What a value accepts, the service accepts: whatever is rendered from it fits the API's model.

``make fuzz`` tries ten thousand cases of each.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from inspect import signature
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    CoreDump,
    Dashboard,
    GatePolicy,
    Guard,
    Guardrails,
    Hardware,
    InvalidValueError,
    MetricsPublishing,
    Model,
    ModelPackage,
    Network,
    Routing,
    Rule,
    Scaling,
    Schedule,
    Serverless,
    ShadowTest,
    Variant,
    Watch,
)
from shadow_ops.contract import hosting
from tests.constructs.rendering import rendered
from tests.fuzz.odd import CASES, FEW, NUMBERS, TEXTS
from tests.support.beside import problems_beside
from tests.support.templates import problems_of
from tests.values.samples import IMAGE, KEY_ARN, PACKAGE_ARN, ROLE_ARN, hardware, model, serving, shadow_test, variant

FLAGS = st.booleans()
IDS = st.lists(st.sampled_from(["subnet-0a1b", "subnet-1a2b", "sg-0a", "a" * 32, "a" * 33, "a_b", "é"]), max_size=6)
TYPES = st.lists(st.sampled_from(["text/csv", "a/b", "application/vnd.a+json", "é/b", "a" * 300 + "/b"]), max_size=11)
Make = Callable[..., ShadowTest]


def on(**changes: Any) -> ShadowTest:  # noqa: ANN401 - whatever Variant takes
    """An endpoint that serves one variant."""
    return serving(production=variant(**changes))


# What is made of fuzzed arguments, what it is put into, and arguments with which it is fine.
KINDS: dict[str, tuple[Make, dict[str, Any], dict[str, st.SearchStrategy[Any]]]] = {
    "Hardware": (
        lambda **given: on(hardware=Hardware(**given)),
        {"instance_type": "ml.m5.xlarge"},
        {
            "instance_type": st.sampled_from([*sorted(hosting.listed()), "ml.x9.large", "m5.xlarge"]),
            **dict.fromkeys(["count", "volume_gb", "model_download_timeout_seconds"], NUMBERS),
            **dict.fromkeys(["startup_timeout_seconds", "instance_provision_timeout_seconds"], NUMBERS),
            "inference_ami_version": TEXTS | st.just("al2-ami-sagemaker-inference-gpu-3-1"),
            "ssm_access": FLAGS,
            "capacity_reservation_arn": TEXTS,
        },
    ),
    "Routing": (
        lambda **given: on(hardware=hardware(routing=Routing(**given))),
        {"strategy": "RANDOM"},
        {
            "strategy": st.sampled_from(["RANDOM", "LEAST_OUTSTANDING_REQUESTS", "PREFIX_AWARE", "ROUND"]),
            "prefix_length": NUMBERS,
            "concurrency_threshold": NUMBERS,
        },
    ),
    "CoreDump": (
        lambda **given: on(hardware=hardware(core_dump=CoreDump(**given))),
        {"destination": "s3://dumps/churn"},
        {"destination": TEXTS, "key_arn": TEXTS},
    ),
    "Serverless": (
        lambda **given: serving(production=variant(hardware=Serverless(**given)), capture=Capture.off()),
        {"memory_mb": 1024, "max_concurrency": 5},
        dict.fromkeys(["memory_mb", "max_concurrency", "provisioned_concurrency"], NUMBERS),
    ),
    "Model": (
        lambda **given: on(model=Model(**given)),
        {"version": "v1", "container": Container.uri(IMAGE)},
        {
            "version": TEXTS,
            "artifact": TEXTS.map(lambda text: f"s3://bucket/{text}") | TEXTS,
            "environment": st.dictionaries(TEXTS, TEXTS, max_size=4),
            "role_arn": TEXTS | st.just(ROLE_ARN),
            **dict.fromkeys(["grant_role", "accept_eula"], FLAGS),
            "artifact_key_arn": TEXTS,
        },
    ),
    "ModelPackage": (
        lambda **given: on(model=Model(version="v1", package=ModelPackage(**given))),
        {"arn": PACKAGE_ARN, "artifact": "s3://bucket/a.tar.gz", "image": IMAGE},
        {"arn": TEXTS.map(lambda text: f"{PACKAGE_ARN}{text}"), "inference_specification": TEXTS, "image": TEXTS},
    ),
    "an existing model": (
        lambda **given: on(model=Model(version="v1", **given)),
        {"model_name": "churn-7"},
        {"model_name": TEXTS, "role_arn": TEXTS},
    ),
    "Network": (
        lambda **given: on(model=model(network=Network(**given))),
        {},
        {"subnet_ids": IDS, "security_group_ids": IDS, "isolated": FLAGS},
    ),
    "Container.uri": (
        lambda **given: on(model=model(container=Container.uri(**given))),
        {"uri": IMAGE},
        {"uri": TEXTS.map(lambda text: f"{IMAGE}{text}") | TEXTS},
    ),
    "Container.ecr": (
        lambda **given: on(model=model(container=Container.ecr(**given))),
        {"repository": "team/churn", "tag_or_digest": "7"},
        {"repository": TEXTS, "tag_or_digest": TEXTS, "account": TEXTS, "region": TEXTS},
    ),
    "Capture": (
        lambda **given: serving(capture=Capture(**given)),
        {},
        {
            "percent": NUMBERS,
            "csv_content_types": TYPES,
            "json_content_types": TYPES,
            **dict.fromkeys(["bucket", "prefix", "key_arn"], TEXTS),
            **dict.fromkeys(["requests", "responses", "customer_managed_key", "delete_with_stack"], FLAGS),
            "expire_after_days": NUMBERS,
        },
    ),
    "MetricsPublishing": (
        lambda **given: serving(metrics=MetricsPublishing(**given)),
        {},
        {"frequency_seconds": NUMBERS, "enhanced": FLAGS, "detailed_observability": FLAGS},
    ),
    "Guardrails": (
        lambda **given: serving(guardrails=Guardrails(**given)),
        {"reason": "tried"},
        {
            "shift": st.sampled_from(["all_at_once", "canary", "linear", "rolling", "off", "blue"]),
            **dict.fromkeys(["size_percent", "wait_minutes", "bake_minutes", "timeout_minutes"], NUMBERS),
            "alarm_names": st.lists(TEXTS, max_size=11),
            "own_alarms": FLAGS,
        },
    ),
    "Variant": (
        lambda **given: serving(production=Variant(model=model(), hardware=hardware(), **given)),
        {},
        {"name": TEXTS, "weight": NUMBERS},
    ),
    "ShadowTest": (
        lambda **given: ShadowTest(production=variant(), shadow=variant("v2"), **given),
        {"endpoint_name": "churn"},
        {
            "endpoint_name": TEXTS,
            "sampling_percent": NUMBERS,
            "volume_key_arn": TEXTS | st.just(KEY_ARN),
            "tags": st.dictionaries(TEXTS, TEXTS, max_size=4),
        },
    ),
}
RULES: dict[str, Callable[..., Any]] = {
    "latency": Rule.latency,
    "error_rate": Rule.error_rate,
    "utilization": Rule.utilization,
    "overhead": Rule.overhead,
}


def rule(kind: str, given: dict[str, Any]) -> Any:  # noqa: ANN401 - of any kind
    """A rule, of the arguments that its kind takes."""
    return RULES[kind](**{name: one for name, one in given.items() if name in signature(RULES[kind]).parameters})


POLICY = {
    "PolicyName": "mine",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 50.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    },
}
# What stands beside SageMaker's own resources, and which of the quiet values it is about.
KINDS |= {
    "Scaling": (
        lambda **given: on(scaling=Scaling(**given)),
        {"max_count": 8, "invocations_per_instance": 600},
        {
            **dict.fromkeys(["min_count", "max_count", "cooldown_seconds"], NUMBERS),
            **dict.fromkeys(["invocations_per_instance", "concurrent_requests"], NUMBERS),
            "policies": st.lists(TEXTS.map(lambda text: {**POLICY, "PolicyName": text}), max_size=3),
        },
    ),
    "Schedule": (
        lambda **given: on(scaling=Scaling(max_count=8, schedules=[Schedule(**given)])),
        {"name": "night", "when": "rate(1 day)", "min_count": 2},
        {
            "name": TEXTS,
            "when": st.sampled_from(["cron(0 7 ? * MON-FRI *)", "at(2026-12-24T18:00:00)", "rate(0 days)", "cron(é)"]),
            **dict.fromkeys(["min_count", "max_count"], NUMBERS),
            "timezone": st.sampled_from(["Europe/Berlin", "UTC", "Mars/Base", "localtime", ""]),
        },
    ),
    "Guard": (
        lambda **given: serving(guard=Guard(**given)),
        {},
        {
            **dict.fromkeys(["role_arn", "permissions_boundary"], TEXTS | st.just(ROLE_ARN)),
            "log_key_arn": TEXTS,
            "log_retention_days": NUMBERS,
            "grant_role": FLAGS,
        },
    ),
    "Watch": (
        lambda **given: shadow_test(watch=Watch(**given)),
        {},
        {
            **dict.fromkeys(["every_minutes", "expires_after_days", "price_per_instance_hour"], NUMBERS),
            "currency": st.sampled_from(["USD", "usd", "EUR", "€"]),
            "role_arn": TEXTS | st.just(ROLE_ARN),
            "answers": FLAGS,
        },
    ),
    "Alerts": (
        lambda **given: shadow_test(alerts=Alerts(**given)),
        {},
        {
            "emails": st.lists(st.sampled_from(["team@example.com", "é@example.com", "a", "a@b"]), max_size=3),
            "topic_arn": TEXTS | st.just("arn:aws:sns:eu-west-1:111122223333:people"),
            "action_arns": st.lists(TEXTS | st.just("arn:aws:ssm:eu-west-1:111122223333:opsitem:1"), max_size=6),
            **dict.fromkeys(["period_seconds", "periods", "min_requests", "warm_up_minutes"], NUMBERS),
        },
    ),
    "Rule": (
        lambda kind, **given: shadow_test(gate=GatePolicy(rules=[rule(kind, given)])),
        {"kind": "latency"},
        {
            "kind": st.sampled_from(sorted(RULES)),
            "percentile": st.sampled_from([50, 90, 95, 99, 99.9, 0, 100, 101]),
            **dict.fromkeys(["max_milliseconds", "max_increase_percent", "max_percent"], NUMBERS),
            "errors": st.sampled_from(["5xx", "4xx", "model", "6xx"]),
            "resource": st.sampled_from(["cpu", "gpu", "memory", "gpu_memory", "disk", "net"]),
        },
    ),
}
LOUD = {"Alerts": ("alerts",), "Rule": ("alerts", "dashboard", "gate")}
# What is as costly to render as it is no matter here.
QUIET = {
    "alerts": Alerts.off("a rehearsal"),
    "dashboard": Dashboard.off(),
    "gate": GatePolicy.none(reason="a rehearsal"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_accepted_fits_the_api(kind: str) -> None:
    """Around every limit and pattern: refused in printable lines, or taken by the service's own model."""
    make, fine, strategies = KINDS[kind]
    seen: Counter[str] = Counter()
    quiet = {name: one for name, one in QUIET.items() if name not in LOUD.get(kind, ())}

    @settings(
        max_examples=max(CASES // 3, 12),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=CASES < FEW,
    )
    @given(st.fixed_dictionaries({}, optional=strategies))
    def tried(values: dict[str, Any]) -> None:
        refused: tuple[str, ...] = ()
        try:
            template = rendered(ShadowTest(**{**vars(make(**{**fine, **values})), **quiet}))
        except InvalidValueError as error:
            refused = error.problems
        else:
            assert problems_of(template) + problems_beside(template) == []
            assert json.dumps(template, ensure_ascii=False).isascii()
        assert all(line.isprintable() and len(line) < 1000 for line in refused), refused
        seen["refused" if refused else "accepted"] += 1

    tried()
    # Otherwise nothing was shown.
    assert min(seen["refused"], seen["accepted"]) > 0
