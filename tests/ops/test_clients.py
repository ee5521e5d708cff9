"""The Region of the command line's calls is found as the AWS CLI finds it."""

from __future__ import annotations

import pytest

from shadow_ops.aws.clients import Clients


@pytest.mark.parametrize(
    ("option", "variables", "region"),
    [
        (None, {"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        (None, {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}, "eu-west-1"),
        (None, {"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
        (None, {"AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
        ("eu-north-1", {"AWS_REGION": "eu-west-1"}, "eu-north-1"),
    ],
)
def test_the_region_is_the_options_else_aws_regions_else_the_defaults(
    monkeypatch: pytest.MonkeyPatch, option: str | None, variables: dict[str, str], region: str
) -> None:
    """A pipeline's machine often has AWS_REGION alone, which boto3 doesn't read."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    assert Clients(region=option).sagemaker.meta.region_name == region
