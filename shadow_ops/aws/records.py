"""What the guard remembers of an endpoint between two of its steps, in SSM parameters beside the template's settings.

- ``…/pending``: the deployment that is under way, or was the last one.
- ``…/scaling/<variant>``: the scaling of a variant as it was before that deployment.
- ``…/state``: what the guard answered for the last few endpoint configs. The record of the deployment has it as well:
  whoever deletes one of them by hand loses nothing.

Each names its stack; a stack reads and removes its own only. The history and the journal lie beside them.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from shadow_ops.aws import parameters
from shadow_ops.aws.boto import Client
from shadow_ops.aws.history import Entry
from shadow_ops.contract.declared import prefix
from shadow_ops.contract.scaled import TIMES, Scaled
from shadow_ops.contract.typed import damage, fields_in, whole

_ASIDE = ("verdict", "told", "reasons")
_NOBODY = "nobody that is known"


@dataclass(frozen=True)
class Earlier:
    """What was before one of the last few deployments.

    Attributes:
        counts: Desired instances per variant.
        changed: What of declared scaling it changed: a variant by its name, and what the code says no more of it, such
            as ``production/policies/track``.
    """

    counts: Mapping[str, int]
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A deployment that the guard let through.

    Attributes:
        id: CloudFormation's id of the request that began it.
        stack: ARN of the stack.
        started: When it began, in UTC.
        source: The endpoint config that served before.
        target: The endpoint config that was asked for.
        variants: The variants whose scaling is recorded.
        taken: Those of them that were deregistered and aren't back yet. A variant is named here before it is touched.
        counts: Desired instances per variant, as they were before.
        initial: Instances per variant that the code asked for before.
        keep: Whether the update keeps the live instance counts.
        was: Tells what the code declared before; it is what a rollback will ask for. Empty if that isn't known.
        entry: What goes to the history when the target serves. None where nothing is promoted or taken back.
        done: Whether the deployment is over and all scaling is back.
        lost: What could not be brought back, a sentence each.
        back: Whether it was taken back, though perhaps not to the end.
        surplus: What scales although it must not any more, because that could not be ended: a variant by its name, or
            what it scales by, such as ``production/policies/track`` or ``production/schedules/night``.
        keeps: What was answered for the last few endpoint configs.
        earlier: What was before each of the last few deployments, by its `was`: where failures are left without a
            rollback, the way back may lead beyond any of them.
    """

    id: str
    stack: str
    started: datetime.datetime
    source: str
    target: str
    variants: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    initial: Mapping[str, int] = field(default_factory=dict)
    keep: bool = False
    was: str = ""
    entry: Entry | None = None
    done: bool = False
    lost: tuple[str, ...] = ()
    back: bool = False
    surplus: tuple[str, ...] = ()
    keeps: Mapping[str, bool] = field(default_factory=dict)
    earlier: Mapping[str, Earlier] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        return {
            **{one.name: getattr(self, one.name) for one in fields(self)},
            "started": self.started.isoformat(),
            "counts": dict(self.counts),
            "initial": dict(self.initial),
            "entry": None if self.entry is None else self.entry.to_json(),
            "keeps": dict(self.keeps),
            "earlier": {was: {"counts": dict(one.counts), "changed": one.changed} for was, one in self.earlier.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Pending:
        """Read a record; what a later version of the guard added is left out."""
        known = fields_in(cls, data)
        entry = data.get("entry")
        known |= {
            "started": parameters.time_of(data["started"]),
            "variants": _names(data.get("variants", [])),
            "taken": _names(data.get("taken", [])),
            "counts": _counts(data.get("counts", {})),
            "initial": _counts(data.get("initial", {})),
            "entry": None if entry is None else Entry.from_json(entry),
            "lost": _names(data.get("lost", [])),
            "surplus": _names(data.get("surplus", [])),
            "keeps": _flags(data.get("keeps", {})),
            "earlier": {
                str(was): Earlier(_counts(one["counts"]), _names(one["changed"]))
                for was, one in data.get("earlier", {}).items()
            },
        }
        return cls(**known)


def pending(ssm: Client, endpoint: str) -> Pending | None:
    """The deployment under way, or the last one; None if there was none.

    Raises:
        DamagedRecordError: If the record can't be read.
        ClientError: If the call is refused.
    """
    data = parameters.read(ssm, f"{prefix(endpoint)}/pending")
    try:
        return None if data is None else Pending.from_json(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise parameters.DamagedRecordError(
            f"the record of the last deployment can't be read ({damage(error)})"
        ) from None


def save_pending(ssm: Client, endpoint: str, record: Pending) -> None:
    """Replace the record of the deployment under way."""
    parameters.write(ssm, f"{prefix(endpoint)}/pending", record.to_json())


def scalings(ssm: Client, endpoint: str, stack: str) -> dict[str, Mapping[str, Any]]:
    """The recorded scaling by variant as JSON, as far as it is a stack's, or doesn't say whose; damaged ones not."""
    base = f"{prefix(endpoint)}/scaling"
    found: dict[str, Mapping[str, Any]] = {}
    for name, value in parameters.under(ssm, base).items():
        with contextlib.suppress(parameters.DamagedRecordError):
            data = parameters.unpack(value)
            if data.get("stack", stack) == stack:
                found[name.removeprefix(f"{base}/")] = data
    return found


def scaling_name(endpoint: str, variant: str) -> str:
    """Name of the parameter that holds the recorded scaling of a variant."""
    return f"{prefix(endpoint)}/scaling/{variant}"


def save_scaling(ssm: Client, endpoint: str, variant: str, data: Mapping[str, Any], stack: str) -> None:
    """Replace the recorded scaling of a variant.

    Raises:
        RecordTooLargeError: If Parameter Store can't hold it; nothing was written.
    """
    parameters.write(ssm, scaling_name(endpoint, variant), {**data, "stack": stack})


def keeps(ssm: Client, endpoint: str) -> Mapping[str, bool]:
    """For an endpoint config, whether its update kept the live instance counts; the last few configs only."""
    data = parameters.read(ssm, f"{prefix(endpoint)}/state") or {}
    found = data.get("keep", {})
    return _flags(found) if isinstance(found, Mapping) else {}


def save_keeps(ssm: Client, endpoint: str, keeps: Mapping[str, bool], stack: str) -> None:
    """Replace what was answered for endpoint configs."""
    parameters.write(ssm, f"{prefix(endpoint)}/state", {"keep": dict(keeps), "stack": stack})


def _names(found: Any) -> tuple[str, ...]:  # noqa: ANN401 - as it stands in a record
    if not isinstance(found, list | tuple) or not all(isinstance(one, str) for one in found):
        raise ValueError("a list of names is none")
    return tuple(found)


def _counts(found: Mapping[str, Any]) -> dict[str, int]:
    return {str(name): whole(count) for name, count in found.items()}


def _flags(found: Mapping[str, Any]) -> dict[str, bool]:
    return {str(name): bool(flag) for name, flag in found.items()}


def own_names(
    ssm: Client,
    endpoint: str,
    stack: str,
    *,
    gone: bool = False,
) -> tuple[str, ...]:
    """Names of the parameters that a stack's functions keep for an endpoint, the history aside.

    A record that doesn't say whose it is, as earlier versions wrote them, is that of the deployment on record. People's
    reasons are those of the stack that is known to be here; where its record is gone, of the one that all others name.
    Each is for what served when it was written: where the endpoint is gone, and no record says whose it was, whoever
    cleans up takes them.

    Args:
        ssm: The client.
        endpoint: The endpoint's name.
        stack: ARN of the stack.
        gone: Whether there is no endpoint of that name any more.
    """
    found: dict[str, str] = {}
    base = prefix(endpoint)
    for name, value in parameters.under(ssm, base).items():
        kind = name.removeprefix(f"{base}/").split("/")[0]
        if kind in ("pending", "state", "scaling", "requests", "lock", *_ASIDE):
            found[name] = _stack_of(value)
    owner = found.get(f"{base}/pending", "")
    named = {of for of in found.values() if of not in ("", _NOBODY)}
    told = [of for of in (owner, found.get(f"{base}/state")) if of in named]
    here = told[0] if told else stack if gone else named.pop() if len(named) == 1 else _NOBODY
    found |= {name: here for name in found if name.startswith(f"{base}/reasons/")}
    return tuple(name for name, of in found.items() if of == stack or (of == "" and owner in ("", stack)))


def is_aside(name: str) -> bool:
    """Whether a parameter is what the watch or a person keeps, which says nothing of a deployment."""
    return name.split("/")[3] in _ASIDE


def _stack_of(value: str) -> str:
    try:
        return str(parameters.unpack(value).get("stack", ""))
    except parameters.DamagedRecordError:
        return _NOBODY


def plausible(variant: str, data: Mapping[str, Any]) -> Scaled | None:
    """A record as scaling; None if it can't have been written for that variant: then it is as good as not there."""
    try:
        scaled = Scaled.from_json(data)
        made = scaled.variant == variant and scaled.minimum <= scaled.maximum
        made = made and all(type(flag) is bool for flag in (scaled.suspended or {}).values())
        made = made and all(isinstance(one["PolicyType"], str) for one in scaled.policies.values())
        made = made and all(isinstance(one["Schedule"], str) for one in scaled.schedules.values())
        times = [one[name] for one in scaled.schedules.values() for name in TIMES if name in one]
        return scaled if made and all(datetime.datetime.fromisoformat(time) for time in times) else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
