"""Where things are in the AWS console, from how its addresses begin in the partition."""

from __future__ import annotations

HOST_LOG_GROUP = "/aws/sagemaker/Endpoints/"
"""Containers write there, one stream per variant and instance (SageMaker Developer Guide, logging-cloudwatch)."""


def endpoint(console: str, region: str, name: str) -> str:
    """An endpoint."""
    return f"{console}/sagemaker/home?region={region}#/endpoints/{name}"


def endpoint_config(console: str, region: str, name: str) -> str:
    """An endpoint config."""
    return f"{console}/sagemaker/home?region={region}#/endpointConfig/{name}"


def logs(console: str, region: str, endpoint_name: str) -> str:
    """What an endpoint's containers wrote."""
    # The console's own escape for a slash in what follows the '#'.
    group = (HOST_LOG_GROUP + endpoint_name).replace("/", "$252F")
    return f"{console}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}"


def s3_folder(console: str, region: str, uri: str) -> str:
    """A folder of a bucket, ``s3://bucket/folder``."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    return f"{console}/s3/buckets/{bucket}?region={region}&prefix={prefix.rstrip('/')}/"


def dashboard(console: str, region: str, name: str) -> str:
    """A CloudWatch dashboard."""
    return f"{console}/cloudwatch/home?region={region}#dashboards/dashboard/{name}"
