"""The AWS services that the command line calls, made when they are first needed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from shadow_ops.aws.boto import Client


@dataclass(frozen=True)
class Clients:
    """boto3 clients of one profile and region.

    Everything else is as boto3 has it: environment, configuration files, ``AWS_ENDPOINT_URL``. A call that fails in
    passing is repeated in botocore's standard mode, as often as ``AWS_MAX_ATTEMPTS`` says.

    Attributes:
        profile: Name of a profile. By default boto3's choice.
        region: Name of a region. By default that of AWS_REGION, else boto3's choice.
    """

    profile: str | None = None
    region: str | None = None

    @cached_property
    def athena(self) -> Client:
        """Queries over captured files."""
        return self._client("athena")

    @cached_property
    def cloudwatch(self) -> Client:
        """Metrics and alarms."""
        return self._client("cloudwatch")

    @cached_property
    def sagemaker(self) -> Client:
        """Endpoints and their configs."""
        return self._client("sagemaker")

    @cached_property
    def ssm(self) -> Client:
        """Settings and history of an endpoint."""
        return self._client("ssm")

    @cached_property
    def sts(self) -> Client:
        """Who calls."""
        return self._client("sts")

    @cached_property
    def cloudformation(self) -> Client:
        """Stacks."""
        return self._client("cloudformation")

    @cached_property
    def autoscaling(self) -> Client:
        """Application Auto Scaling."""
        return self._client("application-autoscaling")

    @cached_property
    def s3(self) -> Client:
        """Captured data; read by several threads at once."""
        return self._client("s3", max_pool_connections=32)

    def runtime(self, connections: int) -> Client:
        """The service that answers requests. It repeats nothing: who measures must see each failure.

        Args:
            connections: How many requests are under way at once.
        """
        retries = {"mode": "standard", "total_max_attempts": 1}
        return self._client("sagemaker-runtime", retries=retries, max_pool_connections=connections)

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401 - a boto3 session
        # Loading boto3 takes longer than showing a help text.
        import boto3
        from botocore.session import get_session

        from shadow_ops.aws.parsing import Parsers

        core = get_session()
        core.register_component("response_parser_factory", Parsers())
        # The AWS CLI and every other SDK read AWS_REGION, before AWS_DEFAULT_REGION; boto3 reads the latter only.
        region = self.region or os.environ.get("AWS_REGION") or None
        return boto3.Session(botocore_session=core, profile_name=self.profile, region_name=region)

    def _client(self, service: str, **options: Any) -> Any:  # noqa: ANN401 - a boto3 client and options of it
        from botocore.config import Config

        from shadow_ops.aws.parsing import Answers, check_sender

        config = Config(**{"retries": {"mode": "standard"}, "user_agent_extra": "shadow-test", **options})
        client = self._session.client(service, config=config)
        answers, events = Answers(), client.meta.events
        events.register("before-parse", check_sender)
        events.register("before-parameter-build", answers.asked)
        events.register("after-call", answers.answered)
        return client
