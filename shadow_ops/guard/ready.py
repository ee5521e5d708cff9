"""Is an endpoint this stack's to update, and can it be updated at all. Pure functions."""

from __future__ import annotations

from shadow_ops.aws.endpoint import LiveEndpoint
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.request import Request
from shadow_ops.guard.seen import PASSING_STATES, Seen, need

_WHAT_TO_DO = {
    "Deleting": "wait until it is deleted, then deploy again",
    "Failed": "delete it, which is all that SageMaker allows now, then deploy again",
    "OutOfService": "find out why in its logs, delete it or bring it back, then deploy again",
    "UpdateRollbackFailed": "its instances run different configs; delete it or ask AWS Support, then deploy again",
}


def refuse_not_ours(request: Request, seen: Seen, live: LiveEndpoint) -> None:
    """Refuse to touch an endpoint that isn't the very resource that is updated.

    Raises:
        Refusal: If it is no resource of the stack, or has the new name of one that has another.
    """
    if not need(seen.owned):
        raise Refusal(
            f"there is an endpoint {live.name} already, and it isn't a resource of the stack {request.stack_name}: "
            "nothing of it is touched; have the stack adopt it as docs/adopting.md says, or take another endpoint_name"
        )
    if request.old is not None and request.old.endpoint != request.asked.endpoint:
        raise Refusal(
            f"there is an endpoint {live.name} already, which isn't {request.old.endpoint}: nothing of it is touched; "
            "take an endpoint_name that no endpoint has"
        )


def refuse_two_owners(request: Request, native: tuple[str, ...]) -> None:
    """Refuse to be the second who scales a variant: CloudFormation removes what a template drops after all else.

    Raises:
        Refusal: With both steps that hand scaling over.
    """
    both = [name for name in native if name in request.asked.scaling]
    if both:
        raise Refusal(
            f"the stack {request.stack_name} scales {', '.join(both)} by resources of its own (Guard.off), and "
            "CloudFormation would end that after this deployment, whatever the guard has put there; first deploy with "
            "the guard and without scaling, which keeps the live counts, then with scaling"
        )


def refuse_unless_ready(live: LiveEndpoint) -> None:
    """Refuse to update an endpoint that isn't InService.

    Raises:
        Refusal: With what to do.
    """
    if live.status == "InService":
        return
    why = f" ({live.failure_reason})" if live.failure_reason else ""
    if live.status in PASSING_STATES:
        raise Refusal(
            f"{live.name} is still {live.status}{why}, and this deployment can't wait any longer; "
            "deploy again when it is InService"
        )
    what = _WHAT_TO_DO.get(live.status, "bring it to InService, then deploy again")
    raise Refusal(f"{live.name} is {live.status}{why} and can't be updated; {what}")
