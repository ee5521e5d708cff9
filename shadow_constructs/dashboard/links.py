"""Where things are in the AWS console."""

from __future__ import annotations

HOST_LOG_GROUP = "/aws/sagemaker/Endpoints/"
"""Containers write there, one stream per variant and instance (SageMaker Developer Guide, logging-cloudwatch)."""


def endpoint(region: str, name: str) -> str:
    """An endpoint."""
    return f"{_console(region)}/sagemaker/home?region={region}#/endpoints/{name}"


def endpoint_config(region: str, name: str) -> str:
    """An endpoint config."""
    return f"{_console(region)}/sagemaker/home?region={region}#/endpointConfig/{name}"


def logs(region: str, endpoint_name: str) -> str:
    """What an endpoint's containers wrote."""
    # The console's own escape for a slash in what follows the '#'.
    group = (HOST_LOG_GROUP + endpoint_name).replace("/", "$252F")
    return f"{_console(region)}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}"


def s3_folder(region: str, uri: str) -> str:
    """A folder of a bucket, ``s3://bucket/folder``."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    return f"{_console(region)}/s3/buckets/{bucket}?region={region}&prefix={prefix.rstrip('/')}/"


def dashboard(region: str, name: str) -> str:
    """A CloudWatch dashboard."""
    return f"{_console(region)}/cloudwatch/home?region={region}#dashboards/dashboard/{name}"


def _console(region: str) -> str:
    return f"https://{region}.console.aws.amazon.com"
