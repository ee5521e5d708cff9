"""Which way CloudFormation goes: on, or back. Pure functions."""

from __future__ import annotations

import hashlib
import json

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.aws.records import Pending
from shadow_ops.contract.asked import Asked
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import Seen, Unread, known


def is_over(status: str | None) -> bool:
    """Whether CloudFormation is done with a stack.

    What has failed isn't over: people continue it, and its resources are then as the failure left them.
    """
    return status is None or status.endswith("_COMPLETE")


def at_rest(status: str | None) -> bool:
    """Whether nothing goes on in a stack, and nobody can go on with what did: a deletion that failed begins anew."""
    return is_over(status) or status in ("DELETE_FAILED", "ROLLBACK_FAILED")


def goes(status: str | Unread | None) -> bool:
    """Whether the stack itself goes: it is deleted, or the rollback of its creation removes everything."""
    return isinstance(status, str) and (status.startswith("DELETE") or status.startswith("ROLLBACK"))


def is_rolling_back(request: Request, seen: Seen) -> bool:
    """Whether CloudFormation is taking a deployment back, so that nothing may stand in its way."""
    if isinstance(seen.stack, str):
        return "ROLLBACK" in seen.stack
    # Without CloudFormation's word the record tells: what is asked for is what served before.
    record, live = known(seen.pending, None), known(seen.live, None)
    asked = request.asked.config
    # Done or not: a deployment whose end went well is taken back for another resource's sake, too.
    came_from = None if request.old is None else request.old.config
    # Where somebody's config served before, the record tells it by what the code declared then.
    came_to = record is not None and (asked == record.source or record.was == fingerprint(request.asked))
    if record is not None and came_to and asked != record.target == came_from:
        return True
    if record is not None and request.asked.step == "after" and is_of(record, request):
        return False
    # A config that serves already brings no candidate to anybody, nor does one that nobody updates the endpoint to.
    stays = leaves_alone(request) and live is not None and record is not None and is_foreign(live, record)
    # A deployment comes from what was let through; whoever comes from anything else goes back.
    keeps = known(seen.keeps, {})
    refused = asked in keeps and came_from not in (None, *keeps)
    return goes_to_the_past(seen) or (live is not None and live.config.name == asked) or stays or refused


def is_ours(request: Request, seen: Seen) -> bool:
    """Whether the endpoint is this stack's, where a deployment is taken back and CloudFormation may not be asked.

    The record was written when the endpoint was known to be this stack's. If not even that can be read, a resource that
    was there before and keeps its endpoint's name has come past that question, too.
    """
    if not isinstance(seen.owned, Unread):
        return seen.owned
    if isinstance(seen.pending, Unread):
        return request.old is not None and request.old.endpoint == request.asked.endpoint
    return seen.pending is not None and seen.pending.stack == request.stack


def fingerprint(asked: Asked | None) -> str:
    """What tells one declaration from another, for the step after the update as for the one before it."""
    if asked is None:
        return ""
    scaling = [one.to_json() for _, one in sorted(asked.scaling.items())]
    said = [asked.endpoint, asked.config, asked.variant, asked.version, scaling]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def is_of(record: Pending, request: Request) -> bool:
    """Whether the record was written before the very update that a request comes after, and not for an earlier one."""
    return record.was == fingerprint(request.old) and record.target == request.asked.config


def leaves_alone(request: Request) -> bool:
    """Whether CloudFormation doesn't update the endpoint: the code asks for the config that it asked for before."""
    old, asked = request.old, request.asked
    return old is not None and (old.endpoint, old.config) == (asked.endpoint, asked.config)


def is_foreign(live: LiveEndpoint, record: Pending) -> bool:
    """Whether a config serves that no deployment asked for: somebody has updated the endpoint, perhaps long ago."""
    return live.config.name not in (record.target, *record.keeps)


def goes_to_the_past(seen: Seen) -> bool:
    """Whether the config that is asked for was made before the one that serves.

    A deployment makes its config; only a rollback, or a change behind CloudFormation's back, leads to an older one.
    """
    live, asked = known(seen.live, None), known(seen.asked, None)
    return live is not None and asked is not None and asked.created < live.config.created


def went_beyond(seen: Seen) -> bool:
    """Whether a rollback came to a config of the stack's from before its last deployment, over several failures."""
    live, record = known(seen.live, None), known(seen.pending, None)
    if live is None or record is None:
        return False
    if live.config.name in (record.source, record.target):
        # The way back has a record of its own once its first step was called.
        return record.back and record.done and record.source == record.target
    return "ROLLBACK" in (known(seen.stack, None) or "") and live.config.name in record.keeps


def refuse_stale(request: Request, seen: Seen) -> None:
    """Refuse a request whose deployment is over, or was cancelled while the guard was at it.

    Raises:
        Refusal: CloudFormation doesn't listen any more.
    """
    if isinstance(seen.stack, Unread):
        return
    if is_over(seen.stack):
        state = seen.stack or "gone"
        raise Refusal(f"the stack {request.stack_name} is {state}: this request of it came too late, nothing was done")
    if seen.began_forward and "ROLLBACK" in (seen.stack or ""):
        raise Refusal(f"the deployment of {request.stack_name} was cancelled meanwhile; nothing was done")
