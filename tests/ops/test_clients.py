"""The clients of boto3: the command line's, whose Region is found as the AWS CLI finds it, and a function's."""

from __future__ import annotations

import pytest

from shadow_ops.aws.boto import clients_of
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


def test_a_functions_clients_call_in_its_name_and_as_patiently_as_it_says() -> None:
    """Five seconds to connect; throttled calls wait longer each time."""
    config = clients_of("shadow-guard", attempts=8, read_timeout=7)("sts", region_name="eu-west-1").meta.config
    assert (config.user_agent_extra, config.connect_timeout, config.read_timeout) == ("shadow-guard", 5, 7)
    assert config.retries.items() >= {"mode": "standard", "total_max_attempts": 8}.items()
