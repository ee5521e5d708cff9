"""Errors of AWS: one sentence each, with what to do, said at one place."""

from __future__ import annotations

import pytest
from botocore import exceptions

from shadow_ops.cli.errors import Failure, of_aws, translated
from tests.ops.cli.conftest import Run
from tests.ops.cli.services import Services, refused

NOT_ALLOWED = (
    "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sagemaker:DescribeEndpoint on resource: x"
)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (exceptions.NoCredentialsError(), 1, "no AWS credentials"),
        (exceptions.PartialCredentialsError(provider="env", cred_var="secret"), 1, "no AWS credentials"),
        (exceptions.UnauthorizedSSOTokenError(), 1, "could not be fetched"),
        (exceptions.NoRegionError(), 2, "--region"),
        (exceptions.ProfileNotFound(profile="nope"), 2, "nope"),
        (exceptions.EndpointConnectionError(endpoint_url="https://x"), 1, "could not be reached"),
        (exceptions.ReadTimeoutError(endpoint_url="https://x"), 1, "could not be reached"),
        (refused("ExpiredTokenException", "old", "DescribeEndpoint"), 1, "have expired"),
        (refused("UnrecognizedClientException", "who?", "DescribeEndpoint"), 1, "doesn't accept the credentials"),
        (refused("AccessDeniedException", NOT_ALLOWED, "DescribeEndpoint"), 1, "lack sagemaker:DescribeEndpoint;"),
        (refused("AccessDenied", "no", "GetMetricData"), 1, "lack cloudwatch:GetMetricData;"),
        (refused("AccessDenied", "no", "DescribeScalableTargets"), 1, "application-autoscaling:Describe"),
        (refused("ThrottlingException", "slow", "GetMetricData"), 1, "throttles GetMetricData"),
        (refused("InternalFailure", "oh", "GetMetricData", 500), 1, "AWS refused GetMetricData: oh (InternalFailure)"),
    ],
)
def test_each_error_of_aws_is_one_sentence(
    run: Run, services: Services, error: Exception, code: int, said: str
) -> None:
    """What AWS or boto3 says comes out as one line on standard error, without a trace."""
    services.errors["DescribeEndpoint"] = error
    result = run("gate", "churn")
    (line,) = result.stderr.splitlines()
    assert (result.exit_code, result.stdout) == (code, "")
    assert line.startswith("error: ")
    assert said in line


def test_a_query_that_failed_is_no_verdict(run: Run, services: Services) -> None:
    """When CloudWatch can't answer, the exit code is that of a failure, not of INCONCLUSIVE."""
    services.metrics.status["ModelLatency"] = "InternalError"
    result = run("gate", "churn")
    assert result.exit_code == 1
    assert "CloudWatch could not give" in result.stderr


@pytest.mark.parametrize("command", ["gate", "compare", "status"])
def test_a_mistyped_name_lists_those_near(run: Run, command: str) -> None:
    """No such endpoint: the message has the region and the names that are near."""
    result = run(command, "chrun")
    assert result.exit_code == 1
    assert "there is no endpoint 'chrun' in eu-west-1; there is churn" in result.stderr


def test_who_may_not_list_endpoints_still_hears_that_there_is_none(run: Run, services: Services) -> None:
    """Names are a help; lacking the right to list them hides nothing."""
    services.errors["ListEndpoints"] = refused("AccessDeniedException", "no", "ListEndpoints")
    assert "there is no endpoint 'chrun' in eu-west-1; check" in run("gate", "chrun").stderr


@pytest.mark.parametrize("command", ["gate", "compare"])
def test_an_endpoint_without_a_shadow_says_where_to_look(run: Run, services: Services, command: str) -> None:
    """Without a shadow there is nothing to judge; it is a failure, never a verdict."""
    services.configs["churn-config"]["ShadowProductionVariants"] = []
    result = run(command, "churn")
    assert result.exit_code == 1
    assert "error: churn has no shadow" in result.stderr
    assert "shadow-test history churn" in result.stderr


def test_a_bug_keeps_its_trace() -> None:
    """What isn't expected isn't dressed up."""
    assert of_aws(ValueError("odd")) is None
    with pytest.raises(ZeroDivisionError), translated():
        _ = 1 / 0


def test_a_file_that_cannot_be_read_is_named() -> None:
    """An error of the file system names the file."""
    with pytest.raises(Failure, match=r"a\.json: No space left"), translated():
        raise OSError(28, "No space left", "a.json")
