"""SageMaker's events on the local EventBridge: an endpoint's and a deployment's changes of state."""

from __future__ import annotations

import json
import logging
import threading

from local_aws import ACCOUNT_ID
from local_aws.glue import private
from local_aws.sagemaker.records import Endpoint

logger = logging.getLogger(__name__)
_TYPES = ("SageMaker Endpoint State Change", "SageMaker Endpoint Deployment State Change")


def announce(endpoint: Endpoint) -> None:
    """Put an endpoint's state on the bus; rules and their targets are ministack's.

    Targets such as Lambda functions take their time, so this happens beside the loop that serves.
    """
    detail = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.config_name,
        "EndpointStatus": endpoint.status.upper(),
        **({"FailureReason": endpoint.failure_reason} if endpoint.failure_reason else {}),
    }
    threading.Thread(target=_put, args=(endpoint.region, endpoint.arn, detail), daemon=True).start()


def _put(region: str, arn: str, detail: dict[str, str]) -> None:
    entries = [
        {"Source": "aws.sagemaker", "DetailType": kind, "Detail": json.dumps(detail), "Resources": [arn]}
        for kind in _TYPES
    ]
    try:
        with private.module("core.responses").request_scope(ACCOUNT_ID, region):
            private.module("services.eventbridge")._put_events({"Entries": entries}, allow_aws_source=True)
    except Exception:
        # An event that can't be delivered is no reason to fail a deployment.
        logger.exception("could not announce a change of %s", arn)
