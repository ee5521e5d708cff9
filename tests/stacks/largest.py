"""The largest tests that the values take: the longest names, the most variants, every option with its longest text."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk

from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    CoreDump,
    Dashboard,
    GatePolicy,
    Guardrails,
    Hardware,
    MetricsPublishing,
    Model,
    Network,
    Rule,
    Scaling,
    Schedule,
    ShadowTest,
    Variant,
)
from shadow_ops.contract.rules import ERRORS, RESOURCES

# Upper case too: SageMaker writes names in ARNs in lower case, and some permissions name both.
NAME = "Churn-" + "e" * 57
ACCOUNT = "111122223333"
REGION = "ap-southeast-1"
HERE = cdk.Environment(account=ACCOUNT, region=REGION)


def key(number: int) -> str:
    """The ARN of a multi-Region key, the longest that there are."""
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/mrk-{number:032x}"


def network(count: int = 16) -> Network:
    """As many subnets and groups as a model takes."""
    return Network(
        subnet_ids=[f"subnet-{number:017x}" for number in range(count)],
        security_group_ids=[f"sg-{number:017x}" for number in range(5)],
    )


def version(number: int) -> str:
    """A version's name of 63 characters."""
    return f"{number:02d}-{'v' * 60}"


def model(number: int, **changes: Any) -> Model:  # noqa: ANN401 - whatever Model takes
    """A version with all that needs a right."""
    values: dict[str, Any] = {
        "container": Container.ecr("r" * 76, "t" * 128, account=ACCOUNT),
        "artifact": f"s3://{'b' * 63}/{'k' * 900}/",
        "artifact_key_arn": key(100),
        "network": network(),
    }
    return Model(version=version(number), **{**values, **changes})


def hardware(number: int, **changes: Any) -> Hardware:  # noqa: ANN401 - whatever Hardware takes
    """Instances with a core dump of their own and sessions."""
    destination = f"s3://{'d' * 63}/{number:02d}{'x' * 440}"
    dump = CoreDump(destination, key_arn=key(number))
    return Hardware("ml.g5.48xlarge", count=99, ssm_access=True, core_dump=dump, **changes)


def scaling() -> Scaling:
    """All that scales, by both targets and as many schedules as anybody has."""
    schedules = [
        Schedule(
            name=f"{number}-{'s' * 50}",
            when="cron(0 7 ? * MON,TUE,WED,THU,FRI 2026)",
            min_count=3,
            max_count=9,
            timezone="America/Argentina/ComodRivadavia",
        )
        for number in range(5)
    ]
    return Scaling(
        min_count=2, max_count=900, invocations_per_instance=60_000.5, concurrent_requests=1234.5, schedules=schedules
    )


def policy() -> GatePolicy:
    """Every kind of rule with every bound."""
    return GatePolicy(
        rules=[
            *(Rule.latency(percentile=one, max_milliseconds=12_345.5) for one in (50, 90, 95, 99, 99.9)),
            *(Rule.error_rate(errors=one, max_percent=12.25) for one in ERRORS),
            *(Rule.utilization(resource=one, max_percent=99.5) for one in RESOURCES),
        ]
    )


def options() -> dict[str, Any]:
    """Everything of a test but its variants."""
    alarms = [f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{number}{'f' * 63}" for number in range(4)]
    return {
        "endpoint_name": NAME,
        "capture": Capture(bucket="c" * 63, prefix="p" * 380, key_arn=key(101)),
        "metrics": MetricsPublishing(frequency_seconds=10, enhanced=True, detailed_observability=True),
        "volume_key_arn": None,
        "gate": policy(),
        "alerts": Alerts(
            emails=[f"{'m' * 60}{number}@{'example' * 20}.com" for number in range(20)], action_arns=alarms
        ),
        "dashboard": Dashboard(name="n" * 255),
        "tags": {f"{number:02d}{'t' * 126}": "w" * 256 for number in range(49)},
    }


def shadow_test(**changes: Any) -> ShadowTest:  # noqa: ANN401 - whatever ShadowTest takes
    """One production variant and a shadow."""
    alarm_names = [f"{number}-{'a' * 253}" for number in range(1)]
    production = Variant(model=model(1), hardware=hardware(1), name="P" + "p" * 62, scaling=scaling())
    shadow = Variant(model=model(2), hardware=hardware(2), name="S" + "s" * 62)
    values = {"production": production, "shadow": shadow, "guardrails": Guardrails(alarm_names=alarm_names)}
    return ShadowTest(**{**options(), **values, **changes})


def captured_by_us() -> Capture:
    """Captured data in a bucket of the library's, with a key of its own."""
    return Capture(customer_managed_key=True, delete_with_stack=True, prefix="p" * 380)


def ten_variants(model_of: dict[str, Any] | None = None, **changes: Any) -> ShadowTest:  # noqa: ANN401 - likewise
    """Ten production variants of one version, each with a core dump of its own."""
    served = model(1, **(model_of or {}))
    variants = [
        Variant(model=served, hardware=hardware(n), name=f"{n:02d}{'p' * 61}", scaling=scaling()) for n in range(10)
    ]
    return ShadowTest(**{**options(), "production": variants[0], "other_production": variants[1:], **changes})
