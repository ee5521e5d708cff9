"""What every step of the guard works with, and what it does to the records in more than one step."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.aws import records
from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.records import Pending
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard.asking import Gate
from shadow_ops.guard.clients import Clients, Clock
from shadow_ops.guard.endpoint import variants
from shadow_ops.guard.request import Request
from shadow_ops.guard.scaling import Scaling

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Context:
    """An endpoint and the means to work on it.

    Attributes:
        clients: The services.
        clock: Time.
        gate: Judges a shadow test.
        endpoint: The endpoint's name.
    """

    clients: Clients
    clock: Clock
    gate: Gate
    endpoint: str

    @property
    def scaling(self) -> Scaling:
        """The scaling of the endpoint's variants."""
        return Scaling(self.clients, self.endpoint)

    def pending(self) -> Pending | None:
        """The deployment under way, or the last one."""
        return records.pending(self.clients.ssm, self.endpoint)

    def save(self, record: Pending) -> None:
        """Replace the record of the deployment under way."""
        records.save_pending(self.clients.ssm, self.endpoint, record)

    def recorded(self, names: Iterable[str]) -> dict[str, Scaled]:
        """The recorded scaling of those of the variants that have one."""
        found = {name: records.scaling(self.clients.ssm, self.endpoint, name) for name in names}
        return {name: Scaled.from_json(data) for name, data in found.items() if data is not None}

    def record_scaling(self, scaled: Scaled) -> None:
        """Record the scaling of a variant."""
        records.save_scaling(self.clients.ssm, self.endpoint, scaled.variant, scaled.to_json())


def stack_status(clients: Clients, stack: str) -> str | None:
    """CloudFormation's word for a stack.

    Returns:
        The status; None if there is no such stack, or it can't be told.
    """
    try:
        found: dict[str, Any] = clients.cloudformation.describe_stacks(StackName=stack)
    except ClientError as error:
        LOG.warning("the state of the stack is unknown: %s", error)
        return None
    return str(found["Stacks"][0]["StackStatus"])


def is_rolling_back(clients: Clients, request: Request, pending: Pending | None) -> bool:
    """Whether CloudFormation is taking the deployment back, so that nothing may stand in its way."""
    status = stack_status(clients, request.stack)
    if status is not None:
        return "ROLLBACK" in status
    # Without an answer the record tells: what is asked for is what served before.
    asked = request.asked.config
    return pending is not None and not pending.done and asked == pending.source != pending.target


def give_back(context: Context, live: LiveEndpoint, record: Pending) -> Pending:
    """Make every variant that was deregistered, and still is there, scale as recorded.

    Returns:
        The record, in which nothing is taken any more. It isn't saved.
    """
    there = [one.name for one in variants(live) if one.name in record.taken]
    current = context.scaling.read(there)
    for name, recorded in context.recorded(there).items():
        # Somebody may have registered it by hand meanwhile; what he did holds.
        now = current.get(name)
        context.scaling.put(recorded if now is None else now.over(recorded), now)
    return replace(record, taken=())


def write_history(context: Context, live: LiveEndpoint, record: Pending, *, taken_back: bool) -> None:
    """Bring the history up to what a deployment came to."""
    entry = record.entry
    if entry is None:
        return
    if live.config.name == record.target and not taken_back:
        records.add_entry(context.clients.ssm, context.endpoint, replace(entry, at=context.clock.now()))
    elif live.config.name == record.source:
        records.undo_entry(context.clients.ssm, context.endpoint, entry.id, context.clock.now())
