"""The endpoint as the guard meets it: described, waited for, and what of it would stand in an update's way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from shadow_ops.aws.endpoint import Config, LiveEndpoint, LiveVariant, describe, is_missing
from shadow_ops.contract.scaled import Scaled
from shadow_ops.guard.clients import Clients, Clock
from shadow_ops.guard.refusal import Refusal

# States that pass by themselves, and what they mean for a deployment (API shape EndpointStatus).
PASSING_STATES = frozenset(("Creating", "Updating", "SystemUpdating", "RollingBack"))
_WHAT_TO_DO = {
    "Deleting": "wait until it is deleted, then deploy again",
    "Failed": "delete it, which is all that SageMaker allows now, then deploy again",
    "OutOfService": "find out why in its logs, delete it or bring it back, then deploy again",
    "UpdateRollbackFailed": "its instances run different configs; delete it or ask AWS Support, then deploy again",
}
_POLL_SECONDS = 2
# Left for refusing, restoring and answering.
_RESERVE_SECONDS = 30


def settled(clients: Clients, clock: Clock, name: str) -> LiveEndpoint | None:
    """Describe an endpoint once it isn't changing any more, or time is nearly up.

    Returns:
        The endpoint, whose status says whether it was worth waiting; None if there is none.

    Raises:
        Refusal: If the config that serves has been deleted.
        ClientError: If a call is refused.
    """
    while True:
        try:
            live = describe(clients.sagemaker, name)
        except ClientError as error:
            if not is_missing(error):
                raise
            raise Refusal(
                f"the endpoint config that {name} serves with has been deleted, and SageMaker can't update from it "
                f"({error.response['Error']['Message']}); create a config of that name again, then deploy again"
            ) from None
        if live is None or live.status not in PASSING_STATES or clock.remaining() < _RESERVE_SECONDS:
            return live
        clock.sleep(_POLL_SECONDS)


def refuse_unless_ready(live: LiveEndpoint) -> None:
    """Check that an endpoint can be updated.

    Raises:
        Refusal: With its state and what to do.
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


def variants(live: LiveEndpoint) -> tuple[LiveVariant, ...]:
    """All variants of an endpoint, the shadow last."""
    return (*live.production, *(() if live.shadow is None else (live.shadow,)))


def asked_variants(config: Config) -> dict[str, Mapping[str, Any]]:
    """All variants of a config by name."""
    return {one["VariantName"]: one for one in (*config.production, *config.shadow)}


def production(live: LiveEndpoint, name: str) -> LiveVariant | None:
    """The production variant of that name; None if it isn't there."""
    return next((one for one in live.production if one.name == name), None)


def blocking(live: LiveEndpoint, requested: Config, scaled: Iterable[Scaled]) -> tuple[str, ...]:
    """Names of the variants whose scaling makes SageMaker refuse an update.

    It refuses to change the instance type of a scaled variant, and to remove one (SageMaker Developer Guide,
    endpoint-scaling-update). That it means shadow variants as well is an inference.
    """
    asked = asked_variants(requested)
    types = {one.name: one.instance_type for one in variants(live)}
    names = [one.variant for one in scaled if one.variant in types]
    return tuple(name for name in names if name not in asked or asked[name].get("InstanceType") != types[name])


def keeps_live_count(live: LiveEndpoint, requested: Config, variant: str, *, scaled: bool) -> bool:
    """Whether production must start the new config with its live instance count.

    So it must if it has more than the code asks for, and not because the code asks for less now: it was scaled out, or
    somebody raised it by hand.

    Args:
        live: The endpoint.
        requested: The config that shall serve.
        variant: The production variant's name.
        scaled: Whether it is a scalable target.
    """
    serving, asked = production(live, variant), asked_variants(requested).get(variant)
    if serving is None or asked is None or serving.desired_count is None:
        return False
    initial = asked.get("InitialInstanceCount")
    if initial is None or serving.desired_count <= initial:
        return False
    return scaled or bool(initial == serving.initial_count)
