"""How large a stack of many endpoints is, beside what CloudFormation takes: ``python -m benchmarks.sizes``."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import aws_cdk as cdk

from shadow_constructs import (
    Alerts,
    Capture,
    Container,
    Guardrails,
    Hardware,
    MetricsPublishing,
    Model,
    Scaling,
    Schedule,
    ShadowEndpoint,
    ShadowTest,
    Variant,
)

# CloudFormation User Guide, quotas; of bytes as the service refuses more.
MOST_RESOURCES, MOST_BYTES = 500, 1_000_000


@dataclass(frozen=True)
class Size:
    """A stack's size.

    Attributes:
        resources: Their number.
        bytes: Of its template, as it is uploaded.
    """

    resources: int
    bytes: int


def default(name: str) -> ShadowTest:
    """An endpoint with what is on by default."""
    v1, v2 = (
        Model(version=one, container=Container.xgboost("3.0-5"), artifact=f"s3://my-models/{one}/model.tar.gz")
        for one in ("v1", "v2")
    )
    return ShadowTest(
        endpoint_name=name,
        production=Variant(model=v1, hardware=Hardware("ml.m5.xlarge", count=2)),
        shadow=Variant(model=v2, hardware=Hardware("ml.m5.xlarge")),
        sampling_percent=50,
    )


def everything(name: str) -> ShadowTest:
    """An endpoint with everything on that can be, in a bucket, with a key and a topic of its own."""
    day = Schedule(name="day", when="cron(0 7 ? * MON-FRI *)", min_count=3, timezone="Europe/Berlin")
    scaling = Scaling(min_count=2, max_count=8, invocations_per_instance=600, schedules=[day])
    usual = default(name)
    return replace(
        usual,
        production=replace(usual.production, scaling=scaling),
        capture=Capture(customer_managed_key=True, delete_with_stack=True),
        metrics=MetricsPublishing(frequency_seconds=10, enhanced=True, detailed_observability=True),
        alerts=Alerts(emails=["team@example.com"]),
        guardrails=Guardrails(alarm_names=["checkout-errors"]),
        tags={"team": "churn"},
    )


def size_of(tests: Iterable[ShadowTest]) -> Size:
    """The size of one stack with these endpoints."""
    with tempfile.TemporaryDirectory() as out:
        # Counted here: with the CDK's own limit nothing above it could be shown.
        app = cdk.App(outdir=out, analytics_reporting=False, context={"@aws-cdk/core:stackResourceLimit": 0})
        stack = cdk.Stack(app, "Endpoints", suppress_template_indentation=True)
        for test in tests:
            ShadowEndpoint(stack, test.endpoint_name, test=test)
        text = Path(app.synth().get_stack_artifact(stack.artifact_id).template_full_path).read_bytes()
    return Size(len(json.loads(text)["Resources"]), len(text))


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 12, 13], help="endpoints in a stack")
    print(f"endpoints  {'':10s}  resources (of {MOST_RESOURCES})  bytes (of {MOST_BYTES:,})")
    for count in parser.parse_args().counts:
        for make in (default, everything):
            size = size_of(make(f"churn-{number}") for number in range(count))
            print(f"{count:9d}  {make.__name__:10s}  {size.resources:18d}  {size.bytes:20,d}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
