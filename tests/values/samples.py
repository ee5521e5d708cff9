"""Valid values that the tests start from, each as short as it can be."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

from shadow_constructs import Container, Hardware, Model, Scaling, ShadowTest, Variant, Watch

KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/0f1e2d3c-0000-4000-8000-000000000000"
OTHER_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/aaaabbbb-0000-4000-8000-000000000000"
ROLE_ARN = "arn:aws:iam::111122223333:role/serving/models"
PACKAGE_ARN = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/churn/7"
RESERVATION_ARN = "arn:aws:sagemaker:eu-west-1:111122223333:training-plan/capacity"
IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:7"
TEN = Scaling(min_count=2, max_count=10, invocations_per_instance=600)
STEP = {
    "PolicyName": "mine",
    "PolicyType": "StepScaling",
    "StepScalingPolicyConfiguration": {
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    },
}


def model(version: str = "v1", **changes: Any) -> Model:  # noqa: ANN401 - whatever Model takes
    """A version served by the built-in XGBoost from an archive of its own."""
    values: dict[str, Any] = {
        "container": Container.xgboost("3.0-5"),
        "artifact": f"s3://my-models/churn/{version}/model.tar.gz",
    }
    return Model(version=version, **{**values, **changes})


def hardware(instance_type: str = "ml.m5.xlarge", **changes: Any) -> Hardware:  # noqa: ANN401 - whatever it takes
    """One instance of the usual type."""
    return Hardware(instance_type, **changes)


def variant(version: str = "v1", name: str | None = None, **changes: Any) -> Variant:  # noqa: ANN401 - whatever it takes
    """A version on one instance."""
    return Variant(**{"model": model(version), "hardware": hardware(), "name": name, **changes})


def shadow_test(**changes: Any) -> ShadowTest:  # noqa: ANN401 - whatever ShadowTest takes
    """Version 2 beside version 1, all requests copied; without a watch, which has tests of its own."""
    variants: dict[str, Any] = {"production": variant("v1"), "shadow": variant("v2")}
    values = {"endpoint_name": "churn", **variants, "watch": Watch.off("an example")}
    return ShadowTest(**{**values, **changes})


def serving(**changes: Any) -> ShadowTest:  # noqa: ANN401 - whatever ShadowTest takes
    """Version 1 alone."""
    return shadow_test(**{"shadow": None, **changes})


def packed(path: Path, content: bytes = b"weights") -> Path:
    """A model.tar.gz with one file in it."""
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("model")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return path
