"""When one of the guard's resources is deleted: leave nothing, break nothing, and never stand in the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from shadow_ops.aws import records
from shadow_ops.aws.endpoint import LiveEndpoint, describe
from shadow_ops.guard.context import Context, give_back, stack_status
from shadow_ops.guard.request import Request

LOG = logging.getLogger(__name__)


def delete(context: Context, request: Request) -> None:
    """Clean up; whatever fails is logged and left.

    - The stack goes: scaling that the code declares is deregistered, every record is removed.
    - The stack stays and the endpoint with it, so only the guard was taken out of the template: production keeps
      scaling, what is still taken away is given back, and the history stays.
    - The stack stays and the endpoint doesn't, because another one replaced it: every record is removed.
    """
    status = stack_status(context.clients, request.stack)
    # The rollback of a first creation deletes everything, as the deletion of a stack does.
    stack_goes = status is not None and (status.startswith("DELETE") or status.startswith("ROLLBACK"))
    if request.asked.step == "after":
        if stack_goes:
            for name in request.asked.scaling:
                _try(lambda name=name: context.scaling.deregister(name))  # type: ignore[misc] # mypy can't infer a lambda with a default
        return
    if not stack_goes:
        live = _try(lambda: describe(context.clients.sagemaker, context.endpoint))
        if isinstance(live, LiveEndpoint) and live.status != "Deleting":
            _try(lambda: _give_back(context, live))
            _try(lambda: records.forget(context.clients.ssm, context.endpoint, keep_history=True))
            return
    _try(lambda: records.forget(context.clients.ssm, context.endpoint, keep_history=False))


def _give_back(context: Context, live: LiveEndpoint) -> None:
    pending = context.pending()
    if pending is not None and not pending.done:
        context.save(replace(give_back(context, live, pending), done=True))


def _try(step: Callable[[], object]) -> object:
    try:
        return step()
    except Exception:
        LOG.exception("left as it is")
        return None
