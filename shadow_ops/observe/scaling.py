"""How an endpoint scales, and where that isn't as the code of its stack says."""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shadow_ops.aws.boto import Client
from shadow_ops.aws.clients import Clients
from shadow_ops.aws.errors import error_code
from shadow_ops.aws.records import Pending
from shadow_ops.aws.scaling import Scaling
from shadow_ops.contract.declared import DeclaredVariant
from shadow_ops.contract.scaled import Scaled
from shadow_ops.contract.schedules import comes_due

_AFTER = "Custom::EndpointUpdateGuardAfter"
# What only CloudFormation knows, in the template's text.
_UNKNOWN = "\N{OBJECT REPLACEMENT CHARACTER}"
_FIX = "put it back, or say it in the code"
_DIMENSION = "sagemaker:variant:DesiredInstanceCount"


@dataclass(frozen=True)
class Limits:
    """How far a variant may scale.

    Attributes:
        minimum: Instances at least.
        maximum: Instances at most.
        suspended: What of it somebody has suspended, in the API's words.
    """

    minimum: int
    maximum: int
    suspended: tuple[str, ...] = ()


def limits_of(autoscaling: Client, endpoint: str, variants: Iterable[str]) -> dict[str, Limits]:
    """How far each of an endpoint's variants may scale, of those that scale.

    Raises:
        ClientError: If the call is refused.
    """
    resources = {f"endpoint/{endpoint}/variant/{variant}": variant for variant in variants}
    answer = autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=list(resources))
    return {
        resources[target["ResourceId"]]: Limits(
            target["MinCapacity"],
            target["MaxCapacity"],
            tuple(name for name, flag in target.get("SuspendedState", {}).items() if flag),
        )
        for target in answer["ScalableTargets"]
        if target["ScalableDimension"] == _DIMENSION
    }


def stopped(endpoint: str, said: DeclaredVariant, limits: Limits | None) -> Iterator[str]:
    """Where a variant that the code has scale doesn't, or not in full: code suspends nothing.

    Args:
        endpoint: The endpoint's name.
        said: What the code says of the variant.
        limits: How far it may scale; None if it doesn't.
    """
    if limits is None:
        yield (
            f"{said.name} doesn't scale, the code says from {said.minimum} to {said.maximum} instances: "
            "somebody stopped it, or a deployment could not bring it back; take its scaling out of the code, deploy, "
            "put it back and deploy: CloudFormation does nothing where nothing changes"
        )
    elif limits.suspended:
        resumed = ",".join(f"{one}=false" for one in limits.suspended)
        yield (
            f"{said.name} doesn't scale in full, somebody has suspended {', '.join(limits.suspended)}: resume it "
            "(aws application-autoscaling register-scalable-target --service-namespace sagemaker --scalable-dimension "
            f"{_DIMENSION} --resource-id endpoint/{endpoint}/variant/{said.name} --suspended-state {resumed})"
        )


def scaling_drifts(clients: Clients, endpoint: str, scales: Collection[str], record: Pending | None) -> tuple[str, ...]:
    """Where declared policies, schedules and limits are gone or were changed by hand, one line each.

    What the code says in full is in the template alone; the settings have its limits. While a deployment is under way,
    and where no guard has recorded one, nothing is compared.

    Args:
        clients: The services.
        endpoint: The endpoint's name.
        scales: The variants that scale, and that the code has scale.
        record: The guard's record of the last deployment, or None.

    Raises:
        ClientError: If a call is refused.
    """
    if not scales or record is None or not record.done:
        return ()
    said = {one.variant: one for one in _declared(clients, record.stack, endpoint) if one.variant in scales}
    live = Scaling(clients, endpoint).read(said)
    return tuple(line for name, one in said.items() if name in live for line in _differences(one, live[name]))


def _declared(clients: Clients, stack: str, endpoint: str) -> list[Scaled]:
    try:
        found = clients.cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    except clients.cloudformation.exceptions.ClientError as error:
        if error_code(error) == "ValidationError":
            # There is no such stack any more.
            return []
        raise
    try:
        template = json.loads(found) if isinstance(found, str) else found
        asked = (one.get("Properties", {}) for one in template["Resources"].values() if one["Type"] == _AFTER)
        said = next((one["Scaling"] for one in asked if one.get("EndpointName") == endpoint), "[]")
        return [Scaled.from_json(one) for one in json.loads(_text(said))]
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        # Another release's, or somebody's own.
        return []


def _text(said: str | Mapping[str, Any]) -> str:
    parts = [said] if isinstance(said, str) else said["Fn::Join"][1]
    return "".join(one if isinstance(one, str) else _UNKNOWN for one in parts)


def _differences(said: Scaled, live: Scaled) -> Iterator[str]:
    for what, ours, theirs in (("policy", said.policies, live.policies), ("schedule", said.schedules, live.schedules)):
        for name, wanted in ours.items():
            found = theirs.get(name)
            if found is None:
                # The service forgets a time that is over.
                if what == "policy" or comes_due(wanted, datetime.datetime.now(datetime.UTC)):
                    yield f"{said.variant} scales without the {what} {name} that the code has: {_FIX}"
            else:
                yield from (f"{said.variant}, {what} {name}: {one}; {_FIX}" for one in _unlike(wanted, found, ""))
    # Schedules change the limits.
    if not said.schedules and not live.schedules and (said.minimum, said.maximum) != (live.minimum, live.maximum):
        yield (
            f"{said.variant} scales from {live.minimum} to {live.maximum} instances, the code says {said.minimum} to "
            f"{said.maximum}: {_FIX}"
        )


def _unlike(wanted: object, found: object, where: str) -> Iterator[str]:
    """Where something isn't as it was asked for; what the service adds is none of it."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for name, one in wanted.items():
            yield from _unlike(one, found.get(name), f"{where}.{name}" if where else name)
    elif isinstance(wanted, list | tuple) and isinstance(found, list | tuple) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _unlike(one, other, f"{where}[{number}]")
    elif wanted != found and not (isinstance(wanted, str) and _UNKNOWN in wanted):
        there = "absent" if found is None else json.dumps(found, default=str)
        yield f"{where} is {there}, the code says {json.dumps(wanted)}"
