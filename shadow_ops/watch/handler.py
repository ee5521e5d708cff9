"""The Lambda function of the watch: looks at each endpoint that its schedule names."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Mapping
from typing import Any

from shadow_ops.aws.boto import clients_of
from shadow_ops.contract.problems import shown
from shadow_ops.contract.watched import Watched
from shadow_ops.watch.look import Clients, look

LOG = logging.getLogger(__name__)


class NotLookedError(Exception):
    """Some endpoints couldn't be looked at; a line says which and why."""


def handle(event: Mapping[str, Any], _context: object) -> None:
    """Look at each endpoint. The entry point of the Lambda function.

    Raises:
        NotLookedError: If one couldn't be looked at, after all others were; Lambda then tries again.
    """
    logging.getLogger().setLevel(logging.INFO)
    look_at_all(event, real_clients())


def look_at_all(event: Mapping[str, Any], clients: Clients) -> None:
    """Look at each endpoint that an event names; one that can't be looked at keeps no other from it.

    Raises:
        NotLookedError: If there is such a one.
    """
    failed = []
    for one in event["endpoints"]:
        try:
            look(clients, Watched.from_json(one), datetime.datetime.now(datetime.UTC))
        except Exception as error:
            LOG.exception("%s", one)
            failed.append(f"{one.get('endpoint') if isinstance(one, dict) else shown(one)}: {error}")
    if failed:
        raise NotLookedError("; ".join(failed))


def real_clients() -> Clients:
    """The services of the account and region that the Lambda function runs in."""
    client = clients_of("shadow-watch", read_timeout=30)
    return Clients(
        sagemaker=client("sagemaker"),
        cloudwatch=client("cloudwatch"),
        ssm=client("ssm"),
        events=client("events"),
        sns=client("sns"),
        s3=client("s3"),
    )
