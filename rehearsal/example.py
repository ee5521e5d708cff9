"""The example app as the rehearsals deploy it: their own models, and an openly short policy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from rehearsal.stage import ENDPOINT, MODEL_BUCKET
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule

CONTEXT: Mapping[str, str] = {
    # What is in cdk.json may be edited to point at somebody's own models; a rehearsal brings its own.
    "endpoint_name": ENDPOINT,
    "v1_artifact": f"s3://{MODEL_BUCKET}/churn/v1/model.tar.gz",
    "v2_artifact": f"s3://{MODEL_BUCKET}/churn/v2/model.tar.gz",
    "sampling_percent": "50",
    "delete_captures_with_stack": "true",
}

SHORT_POLICY = GatePolicy(
    rules=(
        Rule.latency(percentile=50, max_increase_percent=100),
        Rule.error_rate(errors="model", max_increase_points=5),
    ),
    period_seconds=1,
    min_duration_minutes=0.2,
    min_requests=200,
    warm_up_minutes=0,
)
"""Seconds where a real test takes hours, and looser bounds, because a laptop is a noisy host: the judge is the same."""


def with_policy(folder: Path, policy: GatePolicy) -> dict[str, str]:
    """The context of the example with a policy of its own.

    Args:
        folder: For the file that holds the policy.
        policy: The policy.
    """
    file = folder / "policy.json"
    file.write_text(json.dumps(policy.to_json(), indent=1) + "\n", encoding="utf-8")
    return {**CONTEXT, "gate_policy": str(file)}
