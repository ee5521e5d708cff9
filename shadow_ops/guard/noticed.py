"""When SageMaker says that an endpoint changed: give back what a guard that died had taken away."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shadow_ops.aws.endpoint import describe
from shadow_ops.guard.context import Context, give_back, stack_status, write_history

LOG = logging.getLogger(__name__)

# As long as a custom resource may take to answer (CloudFormation User Guide, custom resources: one hour), twice.
_LONGEST_DEPLOYMENT = datetime.timedelta(hours=2)


def endpoint_of(event: Mapping[str, Any]) -> str | None:
    """The endpoint that an event of SageMaker is about; None if it is about something else."""
    name = event.get("detail", {}).get("EndpointName")
    return name if isinstance(name, str) and name else None


def noticed(context: Context) -> bool:
    """Recover if a deployment is over and left something open.

    Returns:
        Whether there was something to recover.

    Raises:
        ClientError: If a call is refused.
    """
    pending = context.pending()
    if pending is None or pending.done:
        return False
    live = describe(context.clients.sagemaker, context.endpoint)
    if live is None or live.status != "InService" or live.config.name not in (pending.source, pending.target):
        return False
    status = stack_status(context.clients, pending.stack)
    under_way = status is None or status.endswith("_IN_PROGRESS")
    if under_way and context.clock.now() - pending.started < _LONGEST_DEPLOYMENT:
        # The deployment's own next step does it, and knows better.
        return False
    LOG.warning("%s: a deployment left scaling behind; it is given back", context.endpoint)
    write_history(context, live, pending, taken_back=live.config.name == pending.source != pending.target)
    context.save(replace(give_back(context, live, pending), done=True))
    return True
