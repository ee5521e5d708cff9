"""After the update: does the config serve that was asked for, and is everything back that was out of the way."""

from __future__ import annotations

import logging
from dataclasses import replace

from botocore.exceptions import ClientError

from shadow_ops.aws.endpoint import LiveEndpoint, describe_config
from shadow_ops.aws.records import Pending
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard import endpoint as endpoints
from shadow_ops.guard.clients import error_code
from shadow_ops.guard.context import Context, give_back, is_rolling_back, write_history
from shadow_ops.guard.refusal import Refusal
from shadow_ops.guard.request import Request

LOG = logging.getLogger(__name__)


def after(context: Context, request: Request) -> dict[str, str]:
    """Check an update and bring scaling back.

    Returns:
        The attributes of the resource: none.

    Raises:
        Refusal: If what serves isn't what was asked for.
        ClientError: If a call is refused.
    """
    pending = context.pending()
    taking_back = is_rolling_back(context.clients, request, pending)
    live = endpoints.settled(context.clients, context.clock, context.endpoint)
    if live is None:
        raise Refusal(
            f"there is no endpoint {context.endpoint} any more; something other than this deployment deleted it"
        )
    record = pending if pending is not None and request.asked.config in (pending.source, pending.target) else None
    problem = _problem(live, request.asked.config)
    if problem is not None:
        if record is not None and live.status == "InService":
            write_history(context, live, record, taken_back=taking_back)
            context.save(replace(give_back(context, live, record), done=True))
        raise Refusal(problem)
    _scale(context, request, live, record, taking_back=taking_back)
    _count(context, request, live, record, taking_back=taking_back)
    if record is not None:
        write_history(context, live, record, taken_back=taking_back)
        context.save(replace(record, taken=(), done=True))
    return {}


def _problem(live: LiveEndpoint, asked: str) -> str | None:
    why = f" ({live.failure_reason})" if live.failure_reason else ""
    if live.status in endpoints.PASSING_STATES:
        return f"{live.name} is still {live.status}, as long as this deployment can wait{why}"
    if live.status != "InService":
        return f"{live.name} is {live.status} after the update{why}"
    if live.config.name != asked:
        return (
            f"SageMaker took the update of {live.name} back: the config {asked} was asked for, "
            f"{live.config.name} serves{why or '; SageMaker gives no reason, see the endpoint in its console'}"
        )
    for one in endpoints.variants(live):
        if one.current_count == 0 and one.desired_count != 0:
            return f"the variant {one.name} of {live.name} has no instance in service after the update{why}"
    return None


def _scale(
    context: Context, request: Request, live: LiveEndpoint, record: Pending | None, *, taking_back: bool
) -> None:
    names = [one.name for one in endpoints.variants(live)]
    current = context.scaling.read(names)
    relevant = () if record is None else (*record.taken, *(record.variants if taking_back else ()))
    recorded = context.recorded(name for name in names if name in relevant)
    before_deployment = () if record is None or not taking_back else record.variants
    new = request.asked.scaling
    old = {} if request.old is None else request.old.scaling
    for name in names:
        now = current.get(name)
        if name in before_deployment and name in recorded:
            wanted: Scaled | None = recorded[name]
        else:
            wanted = _wanted(_as_it_was(now, recorded.get(name)), new.get(name), old.get(name))
        if wanted is not None:
            context.scaling.put(wanted, now)
        elif now is not None:
            context.scaling.deregister(name)
        ours = old.get(name)
        if wanted is not None and now is not None and ours is not None:
            policies = [one for one in ours.policies if one not in wanted.policies]
            schedules = [one for one in ours.schedules if one not in wanted.schedules]
            context.scaling.remove(name, now, policies, schedules)


def _as_it_was(now: Scaled | None, taken: Scaled | None) -> Scaled | None:
    # Somebody may have registered by hand what was taken away; what he did holds.
    return taken if now is None else now.over(taken)


def _wanted(was: Scaled | None, new: Scaled | None, old: Scaled | None) -> Scaled | None:
    """How a variant shall scale.

    Args:
        was: How it scaled before the deployment; None if it didn't.
        new: How the code wants it to, or None.
        old: How the code wanted it to before this deployment, or None.
    """
    if new is None:
        if was is None or old is None:
            return was
        rest = was.without(old)
        # What others hung on a target that isn't declared any more keeps it alive.
        return rest if rest.policies or rest.schedules else None
    if was is None:
        return new
    # Where the code says what it said before, what people changed by hand since stays.
    return was if new == old else new.over(was.without(old))


def _count(
    context: Context, request: Request, live: LiveEndpoint, record: Pending | None, *, taking_back: bool
) -> None:
    """Set instance counts that the update left other than they must be."""
    if record is None or (record.source == record.target and not taking_back):
        return
    wanted: dict[str, int] = {}
    scaled = set(context.scaling.read(one.name for one in endpoints.variants(live)))
    earlier = {} if taking_back else _initial_counts(context, record.source)
    for one in endpoints.variants(live):
        if one.desired_count is None or one.initial_count is None:
            continue
        counted = record.counts.get(one.name, 0)
        in_code = one.name in earlier and earlier[one.name] != one.initial_count
        if one.name == request.asked.variant and (record.keep or taking_back) and one.desired_count < counted:
            wanted[one.name] = counted
        elif record.keep and not taking_back and one.name not in scaled and in_code:
            # Keeping the live counts has swallowed a count that the code changed.
            wanted[one.name] = one.initial_count
    changed = {one.name: one.desired_count for one in endpoints.variants(live)}
    for name, count in wanted.items():
        if changed[name] == count:
            continue
        LOG.info("%s: %s instances for the variant %s instead of %s", live.name, count, name, changed[name])
        try:
            context.clients.sagemaker.update_endpoint_weights_and_capacities(
                EndpointName=live.name,
                DesiredWeightsAndCapacities=[{"VariantName": name, "DesiredInstanceCount": count}],
            )
        except ClientError as error:
            if error_code(error) != "ValidationException":
                raise
            raise Refusal(
                f"the variant {name} of {live.name} has {changed[name]} instances after the update and should have "
                f"{count}, but SageMaker refuses to change that ({error.response['Error']['Message']})"
            ) from None


def _initial_counts(context: Context, config: str) -> dict[str, int]:
    try:
        found = endpoints.asked_variants(describe_config(context.clients.sagemaker, config))
    except ClientError as error:
        LOG.warning("the config from before is not there to compare with: %s", error)
        return {}
    return {name: one["InitialInstanceCount"] for name, one in found.items() if "InitialInstanceCount" in one}
